// SPDX-License-Identifier: Apache-2.0
/*
 * rule_corpus: see rule_corpus.h. Values are such that no two bytes of a field
 * are alike, so that a swapped or shifted field shows.
 */
#include "rule_corpus.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

/* Both value and mask of a field; the value may have more bits. */
#define MATCH(rule, field, value_, mask_)		\
	do {						\
		(rule)->key.field = (value_);		\
		(rule)->mask.field = (mask_);		\
	} while (0)

static void must(int err)
{
	if (err)
		abort();
}

static void match_bytes(void *key, void *mask, const char *value,
			const char *bits, size_t len)
{
	memcpy(key, value, len);
	memcpy(mask, bits, len);
}

static void match_eth(struct nfo_rule *rule)
{
	match_bytes(rule->key.eth_src, rule->mask.eth_src,
		    "\x02\x00\x5e\x10\x20\x30", "\xff\xff\xff\xff\xff\xff", 6);
	match_bytes(rule->key.eth_dst, rule->mask.eth_dst,
		    "\x02\x11\x22\x33\x00\x00", "\xff\xff\xff\xff\x00\x00", 6);
}

static void match_type(struct nfo_rule *rule, uint16_t type)
{
	MATCH(rule, eth_type, htons(type), 0xffff);
}

static void match_ipv4(struct nfo_rule *rule, uint8_t proto)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, ip_proto, proto, 0xff);
	MATCH(rule, ipv4_src, htonl(0x0a000102), 0xffffffff);
	MATCH(rule, ipv4_dst, htonl(0xc0a80300), htonl(0xffffff00));
}

static void match_ipv6(struct nfo_rule *rule, uint8_t proto)
{
	match_type(rule, ETH_P_IPV6);
	MATCH(rule, ip_proto, proto, 0xff);
	inet_pton(AF_INET6, "2001:db8:1:2:3:4:5:6", &rule->key.ipv6_src);
	memset(&rule->mask.ipv6_src, 0xff, 16);
	inet_pton(AF_INET6, "2001:db8:7:8::", &rule->key.ipv6_dst);
	memset(&rule->mask.ipv6_dst, 0xff, 8);
}

static void match_ports(struct nfo_rule *rule)
{
	MATCH(rule, sport, htons(4660), 0xffff);
	MATCH(rule, dport, htons(0x5600), htons(0xff00));
}

static void match_flow(struct nfo_rule *rule)
{
	match_ipv4(rule, IPPROTO_UDP);
	match_ports(rule);
}

static void out(struct nfo_rule *rule, uint32_t ifindex)
{
	must(nfo_rule_add_redirect(rule, ifindex));
}

static void set_macs(struct nfo_rule *rule)
{
	struct nfo_set value, mask;

	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	match_bytes(value.eth_src, mask.eth_src, "\x02\xaa\xbb\xcc\xdd\xee",
		    "\xff\xff\xff\xff\xff\xff", 6);
	match_bytes(value.eth_dst, mask.eth_dst, "\x02\x01\x03\x05\x07\x09",
		    "\xff\xff\xff\xff\xff\xff", 6);
	must(nfo_rule_add_set(rule, &value, &mask));
}

/* --- matches --- */

static void any(struct nfo_rule *rule, uint32_t ifindex)
{
	out(rule, ifindex);
}

static void ethernet(struct nfo_rule *rule, uint32_t ifindex)
{
	match_eth(rule);
	match_type(rule, 0x88b5);
	out(rule, ifindex);
}

static void vlan_no_type(struct nfo_rule *rule, uint32_t ifindex)
{
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[0], 0x123, 0xfff);
	out(rule, ifindex);
}

static void vlan_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[0], 0, 0xfff);
	MATCH(rule, vlan_pcp[0], 5, 7);
	out(rule, ifindex);
}

static void vlan_any_id(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_UDP);
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021AD), 0xffff);
	out(rule, ifindex);
}

static void qinq(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021AD), 0xffff);
	MATCH(rule, vlan_vid[0], 0x456, 0xfff);
	MATCH(rule, vlan_pcp[0], 3, 7);
	MATCH(rule, vlan_tpid[1], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[1], 0x789, 0xfff);
	MATCH(rule, vlan_pcp[1], 0, 7);
	out(rule, ifindex);
}

static void qinq_no_type(struct nfo_rule *rule, uint32_t ifindex)
{
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_tpid[1], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[1], 7, 0xfff);
	out(rule, ifindex);
}

static void mpls(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_MPLS_UC);
	MATCH(rule, mpls_lse, htonl(0x12345b40), htonl(0xfffff1ff));
	out(rule, ifindex);
}

static void mpls_tc(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_MPLS_MC);
	MATCH(rule, mpls_lse, htonl(0x00000a00), htonl(0x00000e00));
	out(rule, ifindex);
}

static void ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, 47);
	MATCH(rule, tos, 0xb8, 0xfc);
	MATCH(rule, ttl, 0, 0xfe);
	MATCH(rule, ip_frag, 0, NFO_FRAG_ANY);
	out(rule, ifindex);
}

static void ipv4_later_fragment(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, ip_frag, NFO_FRAG_ANY, NFO_FRAG_ANY | NFO_FRAG_FIRST);
	out(rule, ifindex);
}

static void ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, 50);
	MATCH(rule, tos, 0x20, 0xff);
	MATCH(rule, ttl, 63, 0xff);
	out(rule, ifindex);
}

static void tcp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_TCP);
	match_ports(rule);
	MATCH(rule, tcp_flags, 0, htons(0x0007));
	out(rule, ifindex);
}

static void sctp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_SCTP);
	match_ports(rule);
	out(rule, ifindex);
}

static void icmp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_ICMP);
	MATCH(rule, icmp_type, 8, 0xff);
	MATCH(rule, icmp_code, 0, 0xff);
	out(rule, ifindex);
}

static void icmpv6(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_ICMPV6);
	MATCH(rule, icmp_type, 129, 0xff);
	MATCH(rule, icmp_code, 1, 0x0f);
	out(rule, ifindex);
}

static void arp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_ARP);
	MATCH(rule, arp_op, 1, 0xff);
	MATCH(rule, arp_sip, htonl(0x0a0b0c0d), 0xffffffff);
	MATCH(rule, arp_tip, htonl(0x0a0b0000), htonl(0xffff0000));
	match_bytes(rule->key.arp_sha, rule->mask.arp_sha,
		    "\x02\x01\x02\x03\x04\x05", "\xff\xff\xff\xff\xff\xff", 6);
	match_bytes(rule->key.arp_tha, rule->mask.arp_tha,
		    "\x02\x06\x00\x00\x00\x00", "\xff\xff\x00\x00\x00\x00", 6);
	out(rule, ifindex);
}

static void conntrack(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ct_state, NFO_CT_TRK | NFO_CT_EST | NFO_CT_RPL,
	      NFO_CT_TRK | NFO_CT_EST | NFO_CT_RPL | NFO_CT_NEW | NFO_CT_INV);
	MATCH(rule, ct_zone, 0x1234, 0xffff);
	MATCH(rule, ct_mark, 0x00560078, 0x00ff00ff);
	match_bytes(rule->key.ct_label, rule->mask.ct_label,
		    "\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\x0d\0\0\0",
		    "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\xff\0\0\0", 16);
	out(rule, ifindex);
}

static void conntrack_related(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ct_state, NFO_CT_TRK | NFO_CT_REL,
	      NFO_CT_TRK | NFO_CT_REL);
	out(rule, ifindex);
}

static void tunnel_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, tun_id, htonl(0x00abcdef), 0xffffffff);
	MATCH(rule, tun_ipv4_src, htonl(0xac100102), 0xffffffff);
	MATCH(rule, tun_ipv4_dst, htonl(0xac100000), htonl(0xffff0000));
	MATCH(rule, tun_sport, htons(0x8000), htons(0xc000));
	MATCH(rule, tun_dport, htons(4789), 0xffff);
	MATCH(rule, tun_tos, 0x10, 0x1c);
	MATCH(rule, tun_ttl, 64, 0xff);
	must(nfo_rule_add_plain(rule, NFO_ACT_TUNNEL_RELEASE));
	out(rule, ifindex);
}

static void tunnel_ipv6_gbp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IPV6);
	MATCH(rule, tun_id, htonl(5), 0xffffffff);
	inet_pton(AF_INET6, "fd00:1::2:3", &rule->key.tun_ipv6_src);
	memset(&rule->mask.tun_ipv6_src, 0xff, 16);
	inet_pton(AF_INET6, "fd00:4::5:6", &rule->key.tun_ipv6_dst);
	memset(&rule->mask.tun_ipv6_dst, 0xff, 16);
	MATCH(rule, tun_dport, htons(4789), 0xffff);
	MATCH(rule, tun_gbp, 0x00080123, UINT32_MAX);
	out(rule, ifindex);
}

/* Two options: class 0x0102 type 3, 4 bytes; class 0xfff0 type 0x80, 8. */
static const uint8_t geneve_value[] = {
	0x01, 0x02, 0x03, 0x01, 0x11, 0x22, 0x33, 0x44,
	0xff, 0xf0, 0x80, 0x02, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0, 0,
};
static const uint8_t geneve_mask[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0, 0,
};

static void tunnel_geneve(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, tun_id, htonl(0x42), 0xffffffff);
	MATCH(rule, tun_ipv4_src, htonl(0xac100102), 0xffffffff);
	MATCH(rule, tun_ipv4_dst, htonl(0xac100103), 0xffffffff);
	MATCH(rule, tun_dport, htons(6081), 0xffff);
	must(nfo_rule_match_geneve(rule, geneve_value, geneve_mask,
				   sizeof(geneve_value)));
	out(rule, ifindex);
}

static void tunnel_flags(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, tun_id, htonl(0x42), 0xffffffff);
	MATCH(rule, tun_flags, NFO_TUN_CSUM | NFO_TUN_CRIT,
	      NFO_TUN_CSUM | NFO_TUN_DF | NFO_TUN_OAM | NFO_TUN_CRIT);
	out(rule, ifindex);
}

/* --- actions --- */

static void drop(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_flow(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_DROP));
}

static void trap(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_type(rule, ETH_P_IP);
	MATCH(rule, ttl, 0, 0xfe);
	must(nfo_rule_add_plain(rule, NFO_ACT_TRAP));
}

static void pass(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_flow(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_PASS));
}

static void goto_chain(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_flow(rule);
	must(nfo_rule_add_goto(rule, 0x0fffffff));
}

static void ports(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action in = { .type = NFO_ACT_MIRROR };

	match_flow(rule);
	must(nfo_rule_add_mirror(rule, ifindex));
	in.port.ifindex = ifindex;
	in.port.ingress = true;
	must(nfo_rule_add(rule, &in));
	in.type = NFO_ACT_REDIRECT;
	must(nfo_rule_add(rule, &in));
}

static void internal_port(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action ptype = { .type = NFO_ACT_SKBEDIT_PTYPE };
	struct nfo_action in = { .type = NFO_ACT_REDIRECT };

	match_flow(rule);
	ptype.ptype = 0;
	must(nfo_rule_add(rule, &ptype));
	in.port.ifindex = ifindex;
	in.port.ingress = true;
	must(nfo_rule_add(rule, &in));
}

static void vlan_actions(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action modify = { .type = NFO_ACT_VLAN_MODIFY };

	vlan_ipv4(rule, ifindex);
	rule->n_actions = 0;
	modify.vlan.tpid = htons(ETH_P_8021Q);
	modify.vlan.vid = 0xabc;
	modify.vlan.pcp = 6;
	must(nfo_rule_add(rule, &modify));
	modify.vlan.tpid = htons(ETH_P_8021AD);
	modify.vlan.keep_pcp = true;
	must(nfo_rule_add(rule, &modify));
	must(nfo_rule_add_plain(rule, NFO_ACT_VLAN_POP));
	must(nfo_rule_add_vlan_push(rule, htons(ETH_P_8021Q), 0x321, 2));
	must(nfo_rule_add_vlan_push(rule, htons(ETH_P_8021AD), 0xffe, 0));
	out(rule, ifindex);
}

static void mpls_actions(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_MPLS_MODIFY };

	mpls(rule, ifindex);
	rule->n_actions = 0;
	a.mpls.lse = htonl(0xabcde03f);
	a.mpls.mask = htonl(0xfffff0ff);
	must(nfo_rule_add(rule, &a));
	a.type = NFO_ACT_MPLS_PUSH;
	a.mpls.proto = htons(ETH_P_MPLS_UC);
	a.mpls.lse = htonl(0x54321640);
	a.mpls.mask = 0xffffffff;
	must(nfo_rule_add(rule, &a));
	a.type = NFO_ACT_MPLS_POP;
	must(nfo_rule_add(rule, &a));
	a.mpls.proto = htons(ETH_P_IP);
	must(nfo_rule_add(rule, &a));
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_add_csum(rule, NFO_CSUM_IPV4));
	out(rule, ifindex);
}

/* A routed connection: MACs, TTL, checksum, out. */
static void route_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	tcp(rule, ifindex);
	rule->n_actions = 0;
	MATCH(rule, ip_frag, 0, NFO_FRAG_ANY);
	set_macs(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_add_csum(rule, NFO_CSUM_IPV4));
	out(rule, ifindex);
}

static void route_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	sctp(rule, ifindex);
	rule->n_actions = 0;
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	set_macs(rule);
	out(rule, ifindex);
}

static void nat_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_set value, mask;

	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	match_flow(rule);
	value.ipv4_src = htonl(0xcb007101);
	mask.ipv4_src = 0xffffffff;
	value.ipv4_dst = htonl(0x0a000000);
	mask.ipv4_dst = htonl(0xff000000);
	value.sport = htons(0x1234);
	mask.sport = 0xffff;
	value.dport = htons(0x0056);
	mask.dport = htons(0x00ff);
	value.tos = 0x48;
	mask.tos = 0xfc;
	value.ttl = 33;
	mask.ttl = 0xff;
	must(nfo_rule_add_set(rule, &value, &mask));
	must(nfo_rule_fix_csum(rule));
	out(rule, ifindex);
}

static void nat_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_set value, mask;

	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	match_ipv6(rule, IPPROTO_TCP);
	inet_pton(AF_INET6, "2001:db8:a:b:c:d:e:f", &value.ipv6_src);
	memset(&mask.ipv6_src, 0xff, 16);
	inet_pton(AF_INET6, "2001:db8:a1:b1:c1:d1:e1:f1", &value.ipv6_dst);
	memset(&mask.ipv6_dst, 0xff, 16);
	value.sport = htons(0x4321);
	mask.sport = 0xffff;
	value.tos = 0xa5;
	mask.tos = 0xff;
	value.ttl = 7;
	mask.ttl = 0xff;
	memcpy(value.eth_dst, "\x02\x01\x03\x05\x07\x09", 6);
	memset(mask.eth_dst, 0xff, 6);
	memcpy(value.eth_src, "\x02\xa1\xa3\xa5\xa7\xa9", 6);
	memset(mask.eth_src, 0xff, 6);
	must(nfo_rule_add_set(rule, &value, &mask));
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_fix_csum(rule));
	out(rule, ifindex);
}

static void encap_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_TUNNEL_SET };

	match_flow(rule);
	a.tunnel.id = htonl(0x00123456);
	a.tunnel.has_id = true;
	a.tunnel.tos = 0x28;
	a.tunnel.ttl = 60;
	a.tunnel.dport = htons(4789);
	a.tunnel.flags = NFO_TUN_CSUM;
	a.tunnel.has_gbp = true;
	a.tunnel.gbp = 0x00480012;
	inet_pton(AF_INET, "172.16.5.6", &a.tunnel.src);
	inet_pton(AF_INET, "172.16.7.8", &a.tunnel.dst);
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

static void encap_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_TUNNEL_SET };
	struct nfo_geneve geneve;

	memset(&geneve, 0, sizeof(geneve));
	memcpy(geneve.value, geneve_value, sizeof(geneve_value));
	geneve.len = sizeof(geneve_value);
	match_flow(rule);
	a.tunnel.id = htonl(7);
	a.tunnel.has_id = true;
	a.tunnel.is_ipv6 = true;
	a.tunnel.dport = htons(6081);
	inet_pton(AF_INET6, "fd00::1:2", &a.tunnel.src);
	inet_pton(AF_INET6, "fd00::3:4", &a.tunnel.dst);
	a.tunnel.geneve = &geneve;
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

static void encap_df(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_TUNNEL_SET };

	match_flow(rule);
	a.tunnel.flags = NFO_TUN_DF;
	inet_pton(AF_INET, "172.16.5.6", &a.tunnel.src);
	inet_pton(AF_INET, "172.16.7.8", &a.tunnel.dst);
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

static void ct_clear(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_CT };

	match_flow(rule);
	a.ct.flags = NFO_CT_CLEAR;
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

static void ct_commit(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_CT };

	(void)ifindex;
	match_flow(rule);
	a.ct.flags = NFO_CT_COMMIT | NFO_CT_FORCE | NFO_CT_NAT |
		     NFO_CT_NAT_SRC;
	a.ct.zone = 0x0203;
	a.ct.mark = 0x12003400;
	a.ct.mark_mask = 0xff00ff00;
	memcpy(a.ct.label, "\x01\x02\x03\x04\0\0\0\0\0\0\0\0\0\0\0\x10", 16);
	memcpy(a.ct.label_mask,
	       "\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\xf0", 16);
	inet_pton(AF_INET, "203.0.113.5", &a.ct.nat.addr_min);
	inet_pton(AF_INET, "203.0.113.9", &a.ct.nat.addr_max);
	a.ct.nat.port_min = htons(1024);
	a.ct.nat.port_max = htons(65535);
	must(nfo_rule_add(rule, &a));
	must(nfo_rule_add_goto(rule, 5));
}

static void ct_nat_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_CT };

	(void)ifindex;
	match_ipv6(rule, IPPROTO_UDP);
	a.ct.flags = NFO_CT_COMMIT | NFO_CT_NAT | NFO_CT_NAT_DST;
	a.ct.nat.is_ipv6 = true;
	inet_pton(AF_INET6, "2001:db8::7", &a.ct.nat.addr_min);
	must(nfo_rule_add(rule, &a));
	must(nfo_rule_add_goto(rule, 6));
}

static void ct_restore(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_CT };

	(void)ifindex;
	match_flow(rule);
	a.ct.flags = NFO_CT_NAT;
	a.ct.zone = 9;
	must(nfo_rule_add(rule, &a));
	must(nfo_rule_add_goto(rule, 7));
}

static void police(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_POLICE };

	match_flow(rule);
	a.police = CORPUS_POLICER;
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

static void sample(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_SAMPLE };

	match_flow(rule);
	a.sample.group = 3;
	a.sample.rate = 1000;
	a.sample.trunc = 128;
	must(nfo_rule_add(rule, &a));
	a.sample.trunc = 0;
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

static void csum_all(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	must(nfo_rule_add_csum(rule, NFO_CSUM_ICMP | NFO_CSUM_IGMP |
			       NFO_CSUM_UDPLITE | NFO_CSUM_SCTP));
	out(rule, ifindex);
}

static void check(struct nfo_rule *rule, uint32_t len, uint8_t longer,
		  uint8_t other)
{
	struct nfo_action a = { .type = NFO_ACT_CHECK_PKT_LEN };

	a.check.len = len;
	a.check.n_longer = longer;
	a.check.n_other = other;
	must(nfo_rule_add(rule, &a));
}

static void check_drop(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 1514, 1, 1);
	must(nfo_rule_add_plain(rule, NFO_ACT_DROP));
	out(rule, ifindex);
}

static void check_join(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 1514, 2, 1);
	must(nfo_rule_add_mirror(rule, ifindex));
	must(nfo_rule_add_mirror(rule, ifindex));
	set_macs(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_add_csum(rule, NFO_CSUM_IPV4));
	out(rule, ifindex);
}

static void check_one_side(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 100, 0, 1);
	set_macs(rule);
	check(rule, 200, 1, 0);
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	out(rule, ifindex);
}

static void check_nested(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 1000, 4, 3);
	check(rule, 1500, 1, 1);
	must(nfo_rule_add_mirror(rule, ifindex));
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_add_csum(rule, NFO_CSUM_IPV4));
	check(rule, 64, 1, 1);
	must(nfo_rule_add_mirror(rule, ifindex));
	must(nfo_rule_add_plain(rule, NFO_ACT_DROP));
	out(rule, ifindex);
}

static void check_open_end(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 1000, 1, 1);
	must(nfo_rule_add_mirror(rule, ifindex));
	must(nfo_rule_add_mirror(rule, ifindex));
}

static void many_actions(struct nfo_rule *rule, uint32_t ifindex)
{
	int i;

	match_flow(rule);
	for (i = 0; i < NFO_ACTIONS_MAX - 1; i++)
		must(nfo_rule_add_mirror(rule, ifindex));
	out(rule, ifindex);
}

#define ENTRY(make, kernel) { #make, make, kernel }

const struct corpus_entry corpus[] = {
	ENTRY(any, 0), ENTRY(ethernet, 0), ENTRY(vlan_no_type, 0),
	ENTRY(vlan_ipv4, 0), ENTRY(vlan_any_id, 0), ENTRY(qinq, 0),
	ENTRY(qinq_no_type, 0), ENTRY(mpls, 0), ENTRY(mpls_tc, 0),
	ENTRY(ipv4, 0), ENTRY(ipv4_later_fragment, 0), ENTRY(ipv6, 0),
	ENTRY(tcp, 0), ENTRY(sctp, 0), ENTRY(icmp, 0), ENTRY(icmpv6, 0),
	ENTRY(arp, 0), ENTRY(conntrack, 0), ENTRY(conntrack_related, 0),
	ENTRY(tunnel_ipv4, 0), ENTRY(tunnel_ipv6_gbp, 0),
	ENTRY(tunnel_geneve, 0), ENTRY(tunnel_flags, 612),
	ENTRY(drop, 0), ENTRY(trap, 0), ENTRY(pass, 0), ENTRY(goto_chain, 0),
	ENTRY(ports, 0), ENTRY(internal_port, 0), ENTRY(vlan_actions, 0),
	ENTRY(mpls_actions, 0), ENTRY(route_ipv4, 0), ENTRY(route_ipv6, 0),
	ENTRY(nat_ipv4, 0), ENTRY(nat_ipv6, 0), ENTRY(encap_ipv4, 0),
	ENTRY(encap_ipv6, 0), ENTRY(encap_df, 603), ENTRY(ct_clear, 0),
	ENTRY(ct_commit, 0), ENTRY(ct_nat_ipv6, 0), ENTRY(ct_restore, 0),
	ENTRY(police, 0), ENTRY(sample, 0), ENTRY(csum_all, 0),
	ENTRY(check_drop, 0), ENTRY(check_join, 0), ENTRY(check_one_side, 0),
	ENTRY(check_nested, 0), ENTRY(check_open_end, 0),
	ENTRY(many_actions, 0),
};

const size_t corpus_size = sizeof(corpus) / sizeof(corpus[0]);
