// SPDX-License-Identifier: Apache-2.0
/*
 * rule_corpus_match: the rules of the corpus that are there for their match.
 */
#include "rule_corpus_part.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

static void match_eth(struct nfo_rule *rule)
{
	match_bytes(rule->key.eth_src, rule->mask.eth_src,
		    "\x02\x00\x5e\x10\x20\x30", "\xff\xff\xff\xff\xff\xff", 6);
	match_bytes(rule->key.eth_dst, rule->mask.eth_dst,
		    "\x02\x11\x22\x33\x00\x00", "\xff\xff\xff\xff\x00\x00", 6);
}

void make_any(struct nfo_rule *rule, uint32_t ifindex)
{
	out(rule, ifindex);
}

void make_ethernet(struct nfo_rule *rule, uint32_t ifindex)
{
	match_eth(rule);
	match_type(rule, 0x88b5);
	out(rule, ifindex);
}

void make_vlan_no_type(struct nfo_rule *rule, uint32_t ifindex)
{
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[0], 0x123, 0xfff);
	out(rule, ifindex);
}

void make_vlan_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[0], 0, 0xfff);
	MATCH(rule, vlan_pcp[0], 5, 7);
	out(rule, ifindex);
}

void make_vlan_any_id(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_UDP);
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021AD), 0xffff);
	out(rule, ifindex);
}

void make_qinq(struct nfo_rule *rule, uint32_t ifindex)
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

void make_qinq_no_type(struct nfo_rule *rule, uint32_t ifindex)
{
	MATCH(rule, vlan_tpid[0], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_tpid[1], htons(ETH_P_8021Q), 0xffff);
	MATCH(rule, vlan_vid[1], 7, 0xfff);
	out(rule, ifindex);
}

void make_mpls(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_MPLS_UC);
	MATCH(rule, mpls_lse, htonl(0x12345b40), htonl(0xfffff1ff));
	out(rule, ifindex);
}

void make_mpls_tc(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_MPLS_MC);
	MATCH(rule, mpls_lse, htonl(0x00000a00), htonl(0x00000e00));
	out(rule, ifindex);
}

void make_ipv4(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, 47);
	MATCH(rule, tos, 0xb8, 0xfc);
	MATCH(rule, ttl, 0, 0xfe);
	MATCH(rule, ip_frag, 0, NFO_FRAG_ANY);
	out(rule, ifindex);
}

void make_ipv4_later_fragment(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, ip_frag, NFO_FRAG_ANY, NFO_FRAG_ANY | NFO_FRAG_FIRST);
	out(rule, ifindex);
}

void make_ipv6(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, 50);
	MATCH(rule, tos, 0x20, 0xff);
	MATCH(rule, ttl, 63, 0xff);
	out(rule, ifindex);
}

void make_tcp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_TCP);
	match_ports(rule);
	MATCH(rule, tcp_flags, 0, htons(0x0007));
	out(rule, ifindex);
}

void make_sctp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_SCTP);
	match_ports(rule);
	out(rule, ifindex);
}

void make_icmp(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv4(rule, IPPROTO_ICMP);
	MATCH(rule, icmp_type, 8, 0xff);
	MATCH(rule, icmp_code, 0, 0xff);
	out(rule, ifindex);
}

void make_icmpv6(struct nfo_rule *rule, uint32_t ifindex)
{
	match_ipv6(rule, IPPROTO_ICMPV6);
	MATCH(rule, icmp_type, 129, 0xff);
	MATCH(rule, icmp_code, 1, 0x0f);
	out(rule, ifindex);
}

void make_arp(struct nfo_rule *rule, uint32_t ifindex)
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

void make_conntrack(struct nfo_rule *rule, uint32_t ifindex)
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

void make_conntrack_related(struct nfo_rule *rule, uint32_t ifindex)
{
	match_flow(rule);
	MATCH(rule, ct_state, NFO_CT_TRK | NFO_CT_REL,
	      NFO_CT_TRK | NFO_CT_REL);
	out(rule, ifindex);
}

void make_tunnel_ipv4(struct nfo_rule *rule, uint32_t ifindex)
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

void make_tunnel_ipv6_gbp(struct nfo_rule *rule, uint32_t ifindex)
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

const uint8_t geneve_value[GENEVE_LEN] = {
	0x01, 0x02, 0x03, 0x01, 0x11, 0x22, 0x33, 0x44,
	0xff, 0xf0, 0x80, 0x02, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0, 0,
};
static const uint8_t geneve_mask[GENEVE_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0, 0,
};

void make_tunnel_geneve(struct nfo_rule *rule, uint32_t ifindex)
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

void make_tunnel_flags(struct nfo_rule *rule, uint32_t ifindex)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, tun_id, htonl(0x42), 0xffffffff);
	MATCH(rule, tun_flags, NFO_TUN_CSUM | NFO_TUN_CRIT,
	      NFO_TUN_CSUM | NFO_TUN_DF | NFO_TUN_OAM | NFO_TUN_CRIT);
	out(rule, ifindex);
}
