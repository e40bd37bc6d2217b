// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_corpus: rules as Open vSwitch and flowtables have them. See
 * dialect_corpus.h.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "dialect_corpus.h"

static void match_no_fragment(struct nfo_rule *rule)
{
	MATCH(rule, ip_frag, 0, NFO_FRAG_ANY);
}

/* IPv4, no ports. */
void make_ovs_ip(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	match_no_fragment(rule);
	out(rule, ifindex);
}

void make_ovs_udp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_UDP);
	MATCH(rule, dport, htons(53), 0xffff);
	match_no_fragment(rule);
	out(rule, ifindex);
}

void make_ovs_udp6(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_UDP);
	MATCH(rule, dport, htons(53), 0xffff);
	match_no_fragment(rule);
	out(rule, ifindex);
}

/* Ports below 256, which are those that a fragment seems to have. */
void make_ovs_port_low(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_UDP);
	MATCH(rule, dport, 0, htons(0xff00));
	match_no_fragment(rule);
	out(rule, ifindex);
}

/* A mask with a hole. */
void make_ovs_hole(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ipv4_src, htonl(0x0a000002), htonl(0xff0000ff));
	out(rule, ifindex);
}

void make_ovs_first_fragment(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ip_frag, NFO_FRAG_ANY | NFO_FRAG_FIRST,
	      NFO_FRAG_ANY | NFO_FRAG_FIRST);
	out(rule, ifindex);
}

void make_ovs_exact_macs(struct nfo_rule *rule, uint32_t ifindex)
{
	match_bytes(rule->key.eth_src, rule->mask.eth_src,
		    "\x02\x00\x5e\x10\x20\x30", "\xff\xff\xff\xff\xff\xff", 6);
	match_bytes(rule->key.eth_dst, rule->mask.eth_dst,
		    "\x02\x11\x22\x33\x44\x55", "\xff\xff\xff\xff\xff\xff", 6);
	match_flow(rule);
	match_no_fragment(rule);
	must(nfo_rule_add_vlan_push(rule, htons(ETH_P_8021Q), 5, 0));
	out(rule, ifindex);
}

/* Routed by OpenFlow: the TTL is matched and set to one less. */
static void route(struct nfo_rule *rule, uint8_t ttl, uint32_t ifindex)
{
	struct nfo_set value, mask;

	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	value.ttl = ttl;
	mask.ttl = 0xff;
	match_no_fragment(rule);
	MATCH(rule, ttl, 64, 0xff);
	set_macs(rule);
	must(nfo_rule_add_set(rule, &value, &mask));
	must(nfo_rule_fix_csum(rule));
	out(rule, ifindex);
}

void make_ovs_route(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	route(rule, 63, ifindex);
}

void make_ovs_route_other(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	route(rule, 17, ifindex);
}

void make_ovs_route_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_TCP);
	match_ports(rule);
	route(rule, 63, ifindex);
}

/* A flow of a flowtable: TTL of any value, less one. */
static void connection(struct nfo_rule *rule, const struct nfo_set *value,
		       const struct nfo_set *mask, uint32_t ifindex)
{
	match_no_fragment(rule);
	set_macs(rule);
	if (mask)
		must(nfo_rule_add_set(rule, value, mask));
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_fix_csum(rule));
	out(rule, ifindex);
}

void make_nft_udp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	connection(rule, NULL, NULL, ifindex);
}

void make_nft_tcp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_TCP);
	match_ports(rule);
	MATCH(rule, tcp_flags, 0, htons(7));
	connection(rule, NULL, NULL, ifindex);
}

void make_nft_snat(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_set value, mask;

	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	value.ipv4_src = htonl(0xcb007101);
	mask.ipv4_src = 0xffffffff;
	value.sport = htons(4000);
	mask.sport = 0xffff;
	match_flow(rule);
	connection(rule, &value, &mask, ifindex);
}

/* The same with a TTL that is matched: as many rules for one flow have it. */
void make_nft_pinned(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ttl, 64, 0xff);
	connection(rule, NULL, NULL, ifindex);
}

void make_nft_half_pinned(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ttl, 64, 0xc0);
	connection(rule, NULL, NULL, ifindex);
}

static void nat(struct nfo_rule *rule, const struct nfo_set *value,
		const struct nfo_set *mask, uint32_t ifindex)
{
	match_flow(rule);
	match_no_fragment(rule);
	must(nfo_rule_add_set(rule, value, mask));
	must(nfo_rule_fix_csum(rule));
	out(rule, ifindex);
}

void make_ovs_snat(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_set value = { .ipv4_src = 1, .sport = htons(9) };
	struct nfo_set mask = { .ipv4_src = 0xffffffff, .sport = 0xffff };

	nat(rule, &value, &mask, ifindex);
}

void make_ovs_dnat(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_set value = { .ipv4_dst = 1 };
	struct nfo_set mask = { .ipv4_dst = 0xffffffff };

	nat(rule, &value, &mask, ifindex);
}

void make_ovs_dnat_port(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_set value = { .ipv4_dst = 1, .dport = htons(9) };
	struct nfo_set mask = { .ipv4_dst = 0xffffffff, .dport = 0xffff };

	nat(rule, &value, &mask, ifindex);
}

void make_ovs_two_ports(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	must(nfo_rule_add_mirror(rule, ifindex + 1));
	out(rule, ifindex);
}

void make_ovs_push_pcp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	must(nfo_rule_add_vlan_push(rule, htons(ETH_P_8021Q), 5, 3));
	out(rule, ifindex);
}

void make_ovs_vxlan(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_TUNNEL_SET };

	match_flow(rule);
	a.tunnel.id = htonl(7);
	a.tunnel.has_id = true;
	a.tunnel.ttl = 64;
	a.tunnel.dport = htons(4789);
	a.tunnel.flags = NFO_TUN_DF;
	inet_pton(AF_INET, "172.16.5.6", &a.tunnel.src);
	inet_pton(AF_INET, "172.16.7.8", &a.tunnel.dst);
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

#define ENTRY(make) { #make, make_##make, 0 }

const struct corpus_entry dialect_corpus[] = {
	ENTRY(ovs_ip), ENTRY(ovs_udp), ENTRY(ovs_udp6), ENTRY(ovs_port_low),
	ENTRY(ovs_hole), ENTRY(ovs_first_fragment), ENTRY(ovs_exact_macs),
	ENTRY(ovs_route), ENTRY(ovs_route_other), ENTRY(ovs_route_ipv6),
	ENTRY(nft_udp), ENTRY(nft_tcp), ENTRY(nft_snat), ENTRY(nft_pinned),
	ENTRY(nft_half_pinned), ENTRY(ovs_snat), ENTRY(ovs_dnat),
	ENTRY(ovs_dnat_port), ENTRY(ovs_two_ports), ENTRY(ovs_push_pcp),
	ENTRY(ovs_vxlan),
};

const size_t dialect_corpus_size =
	sizeof(dialect_corpus) / sizeof(dialect_corpus[0]);
