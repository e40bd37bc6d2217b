// SPDX-License-Identifier: Apache-2.0
/*
 * rule_corpus_action: the rules of the corpus that are there for their actions.
 */
#include "rule_corpus_part.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

void make_drop(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_flow(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_DROP));
}

void make_trap(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_type(rule, ETH_P_IP);
	MATCH(rule, ttl, 0, 0xfe);
	must(nfo_rule_add_plain(rule, NFO_ACT_TRAP));
}

void make_pass(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_flow(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_PASS));
}

void make_goto_chain(struct nfo_rule *rule, uint32_t ifindex)
{
	(void)ifindex;
	match_flow(rule);
	must(nfo_rule_add_goto(rule, 0x0fffffff));
}

void make_ports(struct nfo_rule *rule, uint32_t ifindex)
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

void make_internal_port(struct nfo_rule *rule, uint32_t ifindex)
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

void make_vlan_actions(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action modify = { .type = NFO_ACT_VLAN_MODIFY };

	make_vlan_ipv4(rule, ifindex);
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

void make_mpls_actions(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_MPLS_MODIFY };

	make_mpls(rule, ifindex);
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
void make_route_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	make_tcp(rule, ifindex);
	rule->n_actions = 0;
	MATCH(rule, ip_frag, 0, NFO_FRAG_ANY);
	set_macs(rule);
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	must(nfo_rule_add_csum(rule, NFO_CSUM_IPV4));
	out(rule, ifindex);
}

void make_route_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	make_sctp(rule, ifindex);
	rule->n_actions = 0;
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	set_macs(rule);
	out(rule, ifindex);
}

void make_nat_ipv4(struct nfo_rule *rule, uint32_t ifindex)
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

void make_nat_ipv6(struct nfo_rule *rule, uint32_t ifindex)
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

void make_encap_ipv4(struct nfo_rule *rule, uint32_t ifindex)
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

void make_encap_ipv6(struct nfo_rule *rule, uint32_t ifindex)
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

void make_encap_df(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_TUNNEL_SET };

	match_flow(rule);
	a.tunnel.flags = NFO_TUN_DF;
	inet_pton(AF_INET, "172.16.5.6", &a.tunnel.src);
	inet_pton(AF_INET, "172.16.7.8", &a.tunnel.dst);
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

void make_ct_clear(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_CT };

	match_flow(rule);
	a.ct.flags = NFO_CT_CLEAR;
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

void make_ct_commit(struct nfo_rule *rule, uint32_t ifindex)
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

void make_ct_nat_ipv6(struct nfo_rule *rule, uint32_t ifindex)
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

void make_ct_restore(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_CT };

	(void)ifindex;
	match_flow(rule);
	a.ct.flags = NFO_CT_NAT;
	a.ct.zone = 9;
	must(nfo_rule_add(rule, &a));
	must(nfo_rule_add_goto(rule, 7));
}

void make_police(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action a = { .type = NFO_ACT_POLICE };

	match_flow(rule);
	a.police = CORPUS_POLICER;
	must(nfo_rule_add(rule, &a));
	out(rule, ifindex);
}

void make_sample(struct nfo_rule *rule, uint32_t ifindex)
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

void make_csum_all(struct nfo_rule *rule, uint32_t ifindex)
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

void make_check_drop(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 1514, 1, 1);
	must(nfo_rule_add_plain(rule, NFO_ACT_DROP));
	out(rule, ifindex);
}

void make_check_join(struct nfo_rule *rule, uint32_t ifindex)
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

void make_check_one_side(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 100, 0, 1);
	set_macs(rule);
	check(rule, 200, 1, 0);
	must(nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL));
	out(rule, ifindex);
}

void make_check_nested(struct nfo_rule *rule, uint32_t ifindex)
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

void make_check_open_end(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	check(rule, 1000, 1, 1);
	must(nfo_rule_add_mirror(rule, ifindex));
	must(nfo_rule_add_mirror(rule, ifindex));
}

void make_many_actions(struct nfo_rule *rule, uint32_t ifindex)
{
	int i;

	match_flow(rule);
	for (i = 0; i < NFO_ACTIONS_MAX - 1; i++)
		must(nfo_rule_add_mirror(rule, ifindex));
	out(rule, ifindex);
}
