// SPDX-License-Identifier: Apache-2.0
/*
 * test_flowtable: what the module says becomes the right rule. What becomes
 * none, and for what reason: test_flowtable_refuse.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "flow_message.h"

static void parse_all(void **state)
{
	struct recipe r = { .mtu = 1400 };
	struct nfo_flowtable_flow flow;

	(void)state;
	assert_int_equal(nfo_flowtable_parse(make(&r), &flow), 0);
	assert_int_equal(flow.id, 43);
	assert_int_equal(flow.gen, 3);
	assert_int_equal(flow.ct_id, 77);
	assert_int_equal(flow.ct_zone, 5);
	assert_string_equal(flow.table, "filter");
	assert_string_equal(flow.flowtable, "fast");
	assert_int_equal(flow.priority, -10);
	assert_int_equal(flow.iif, IIF);
	assert_int_equal(flow.oif, OIF);
	assert_int_equal(flow.mtu, 1400);
	assert_int_equal(flow.packets, 11);
	assert_int_equal(flow.bytes, 1100);
	assert_int_equal(flow.tuple.family, AF_INET);
	assert_int_equal(flow.tuple.ip_proto, IPPROTO_TCP);
	assert_int_equal(ntohs(flow.tuple.sport), 1000);
	assert_int_equal(ntohs(flow.tuple.dport), 80);
}

static void plain_tcp4(void **state)
{
	struct recipe r = { 0 };
	struct nfo_rule rule;
	struct nfo_set *set;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_REDIRECT);
	assert_int_equal(rule.key.eth_type, htons(ETH_P_IP));
	assert_int_equal(rule.mask.eth_type, 0xffff);
	assert_int_equal(rule.key.ip_proto, IPPROTO_TCP);
	assert_int_equal(rule.key.ipv4_src, htonl(0x0a000002));
	assert_int_equal(rule.mask.ipv4_dst, 0xffffffff);
	assert_int_equal(rule.key.sport, htons(1000));
	assert_int_equal(rule.key.dport, htons(80));
	/* The kernel asks for FIN and RST; SYN is ours. */
	assert_int_equal(rule.mask.tcp_flags, htons(0x07));
	assert_int_equal(rule.key.tcp_flags, 0);
	assert_int_equal(rule.mask.ip_frag, NFO_FRAG_ANY);
	assert_int_equal(rule.key.ip_frag, 0);
	assert_int_equal(rule.mask.ttl, 0);
	set = &rule.actions[0].set.value;
	assert_memory_equal(set->eth_src, mac_src, 6);
	assert_memory_equal(set->eth_dst, mac_dst, 6);
	set = &rule.actions[0].set.mask;
	assert_memory_equal(set->eth_src, "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(set->eth_dst, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(set->ipv4_src | set->sport | set->ttl, 0);
	assert_int_equal(rule.actions[2].csum, NFO_CSUM_IPV4);
	nfo_rule_uninit(&rule);
}

/* IPv6 has no header checksum, and TTL is in no other. */
static void plain_udp6(void **state)
{
	struct recipe r = { .family = AF_INET6, .proto = IPPROTO_UDP };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_REDIRECT);
	assert_memory_equal(&rule.key.ipv6_src, v6_a, 16);
	assert_memory_equal(&rule.key.ipv6_dst, v6_b, 16);
	assert_int_equal(rule.mask.tcp_flags, 0);
	assert_int_equal(rule.mask.ip_frag, NFO_FRAG_ANY);
	nfo_rule_uninit(&rule);
}

static void snat_tcp4(void **state)
{
	struct recipe r = { .snat = true };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_REDIRECT);
	assert_int_equal(rule.actions[0].set.value.ipv4_src, htonl(0xc0000201));
	assert_int_equal(rule.actions[0].set.value.sport, htons(0x1234));
	assert_int_equal(rule.actions[0].set.mask.sport, 0xffff);
	assert_int_equal(rule.actions[0].set.mask.dport, 0);
	assert_int_equal(rule.actions[0].set.mask.ipv4_dst, 0);
	assert_int_equal(rule.actions[2].csum, NFO_CSUM_IPV4 | NFO_CSUM_TCP);
	nfo_rule_uninit(&rule);
}

static void both_nat_udp4(void **state)
{
	struct recipe r = { .proto = IPPROTO_UDP, .snat = true, .dnat = true };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_REDIRECT);
	assert_int_equal(rule.actions[0].set.value.ipv4_dst, htonl(0xc0000201));
	assert_int_equal(rule.actions[0].set.value.sport, htons(0x1234));
	assert_int_equal(rule.actions[0].set.value.dport, htons(0x5678));
	assert_int_equal(rule.actions[2].csum, NFO_CSUM_IPV4 | NFO_CSUM_UDP);
	nfo_rule_uninit(&rule);
}

/* The kernel's rule has no checksum action here. */
static void dnat_tcp6(void **state)
{
	struct recipe r = { .family = AF_INET6, .dnat = true };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_REDIRECT);
	assert_memory_equal(&rule.actions[0].set.value.ipv6_dst, v6_nat, 16);
	assert_int_equal(rule.actions[0].set.value.dport, htons(0x5678));
	assert_int_equal(rule.actions[2].csum, NFO_CSUM_TCP);
	nfo_rule_uninit(&rule);
}

static void vlan_pop_push(void **state)
{
	struct recipe r = { .match_tags = 2, .pop = 2, .push = 1 };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_VLAN_POP, NFO_ACT_VLAN_POP, NFO_ACT_VLAN_PUSH,
		 NFO_ACT_REDIRECT);
	assert_int_equal(rule.key.vlan_tpid[0], htons(ETH_P_8021AD));
	assert_int_equal(rule.key.vlan_vid[0], 100);
	assert_int_equal(rule.mask.vlan_vid[0], 0x0fff);
	assert_int_equal(rule.key.vlan_vid[1], 200);
	assert_int_equal(rule.mask.vlan_pcp[0], 0);
	assert_int_equal(rule.actions[5].vlan.vid, 300);
	assert_int_equal(rule.actions[5].vlan.tpid, htons(ETH_P_8021Q));
	nfo_rule_uninit(&rule);
}

static void vlan_push_only(void **state)
{
	struct recipe r = { .push = 2 };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_VLAN_PUSH, NFO_ACT_VLAN_PUSH, NFO_ACT_REDIRECT);
	assert_int_equal(rule.actions[3].vlan.vid, 300);
	assert_int_equal(rule.actions[4].vlan.vid, 301);
	nfo_rule_uninit(&rule);
}

/* GRE: no ports, no checksum of its own; NAT by 3-tuple is not translated. */
static void gre(void **state)
{
	struct recipe r = { .proto = IPPROTO_GRE };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_REDIRECT);
	assert_int_equal(rule.mask.sport, 0);
	nfo_rule_uninit(&rule);
	r.snat = true;
	refused(&r, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
}

static void match_tunnel4(struct nlmsghdr *nlh)
{
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_ID, htonl(42));
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_SRC,
			 htonl(0xc0a80902));
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_DST,
			 htonl(0xc0a80901));
}

static void match_tunnel6(struct nlmsghdr *nlh)
{
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_ID, htonl(43));
	mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_SRC, 16, v6_b);
	mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_DST, 16, v6_a);
}

static void release_tunnel(struct nlmsghdr *nlh)
{
	mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_TUNNEL_RELEASE, 0, NULL);
}

/* What comes out of a tunnel: only out of that one. */
static void tunnel_release(void **state)
{
	struct recipe r = { .extra_match = match_tunnel4,
			    .extra_action = release_tunnel };
	struct nfo_rule rule;

	(void)state;
	ACCEPTED(&r, &rule, NFO_ACT_TUNNEL_RELEASE, NFO_ACT_SET,
		 NFO_ACT_DEC_TTL, NFO_ACT_CSUM, NFO_ACT_REDIRECT);
	assert_int_equal(rule.key.tun_id, htonl(42));
	assert_int_equal(rule.mask.tun_id, 0xffffffff);
	assert_int_equal(rule.key.tun_ipv4_src, htonl(0xc0a80902));
	assert_int_equal(rule.mask.tun_ipv4_src, 0xffffffff);
	assert_int_equal(rule.key.tun_ipv4_dst, htonl(0xc0a80901));
	nfo_rule_uninit(&rule);

	r.extra_match = match_tunnel6;
	ACCEPTED(&r, &rule, NFO_ACT_TUNNEL_RELEASE, NFO_ACT_SET,
		 NFO_ACT_DEC_TTL, NFO_ACT_CSUM, NFO_ACT_REDIRECT);
	assert_memory_equal(&rule.key.tun_ipv6_src, v6_b, 16);
	assert_memory_equal(&rule.key.tun_ipv6_dst, v6_a, 16);
	nfo_rule_uninit(&rule);

	r.extra_match = NULL;
	refused(&r, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
	r.extra_match = match_tunnel4;
	r.extra_action = NULL;
	refused(&r, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
}

static struct nft_offload_tunnel tunnel;

static void set_tunnel(struct nlmsghdr *nlh)
{
	mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_TUNNEL_SET, sizeof(tunnel),
		     &tunnel);
}

static void set_tunnel_twice(struct nlmsghdr *nlh)
{
	set_tunnel(nlh);
	set_tunnel(nlh);
}

static void tunnel_set(void **state)
{
	struct recipe r = { .extra_action = set_tunnel };
	struct nfo_rule rule;
	struct nfo_tunnel *set;

	(void)state;
	tunnel = (struct nft_offload_tunnel){
		.dst = { 192, 168, 9, 2 }, .id = htonl(42), .tos = 8, .ttl = 9,
		.flags = NFT_OFFLOAD_TUNNEL_KEY | NFT_OFFLOAD_TUNNEL_DF,
	};
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_TUNNEL_SET, NFO_ACT_REDIRECT);
	set = &rule.actions[3].tunnel;
	assert_true(set->has_id);
	assert_false(set->is_ipv6);
	assert_int_equal(set->id, htonl(42));
	assert_int_equal(set->tos, 8);
	assert_int_equal(set->ttl, 9);
	assert_int_equal(set->flags, NFO_TUN_DF);
	assert_memory_equal(&set->dst, tunnel.dst, 16);
	nfo_rule_uninit(&rule);

	tunnel.flags = NFT_OFFLOAD_TUNNEL_IPV6 | NFT_OFFLOAD_TUNNEL_CSUM;
	memcpy(tunnel.src, v6_a, 16);
	ACCEPTED(&r, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_TUNNEL_SET, NFO_ACT_REDIRECT);
	set = &rule.actions[3].tunnel;
	assert_true(set->has_id);
	assert_true(set->is_ipv6);
	assert_int_equal(set->flags, NFO_TUN_CSUM);
	assert_memory_equal(&set->src, v6_a, 16);
	nfo_rule_uninit(&rule);

	r.extra_action = set_tunnel_twice;
	refused(&r, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_all),
		cmocka_unit_test(plain_tcp4),
		cmocka_unit_test(plain_udp6),
		cmocka_unit_test(snat_tcp4),
		cmocka_unit_test(both_nat_udp4),
		cmocka_unit_test(dnat_tcp6),
		cmocka_unit_test(vlan_pop_push),
		cmocka_unit_test(vlan_push_only),
		cmocka_unit_test(gre),
		cmocka_unit_test(tunnel_release),
		cmocka_unit_test(tunnel_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
