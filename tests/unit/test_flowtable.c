// SPDX-License-Identifier: Apache-2.0
/*
 * test_flowtable: what the module says becomes the right rule, or the right
 * reason. Messages are built as nft_offload.ko builds them, with the mangles
 * that net/netfilter/nf_flow_table_offload.c writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/tc_act/tc_pedit.h>
#include <stdlib.h>
#include <string.h>

#include "flowtable.h"

#define IIF	7
#define OIF	9

/* What a message is to be made of; zeroed is the plainest flow. */
struct recipe {
	int family;		/* AF_INET unless AF_INET6 */
	uint8_t proto;		/* TCP if 0 */
	bool snat, dnat;	/* original direction */
	int match_tags;		/* VLAN tags that the match has */
	int pop, push;
	uint32_t mtu;
	void (*extra_match)(struct nlmsghdr *nlh);
	void (*extra_action)(struct nlmsghdr *nlh);
	bool no_iif, no_redirect, no_match, no_actions, no_flags;
};

static char buf[8192] __attribute__((aligned(8)));

static const uint8_t mac_src[6] = { 2, 0, 0, 0, 0, 0x11 };
static const uint8_t mac_dst[6] = { 2, 0, 0, 0, 0, 0x22 };
static const uint8_t v6_a[16] = { 0xfd, 1, [15] = 1 };
static const uint8_t v6_b[16] = { 0xfd, 2, [15] = 2 };
static const uint8_t v6_nat[16] = { 0xfd, 9, [7] = 5, [15] = 9 };

/* @mask and @value as in the packet: 4 bytes each. */
static void put_mangle(struct nlmsghdr *nlh, uint32_t htype, uint32_t offset,
		       const void *mask, const void *value)
{
	struct nft_offload_mangle mangle = { .htype = htype, .offset = offset };

	memcpy(&mangle.mask, mask, 4);
	memcpy(&mangle.value, value, 4);
	mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_MANGLE, sizeof(mangle),
		     &mangle);
}

/* The four words by which the kernel writes both MACs. */
static void put_eth(struct nlmsghdr *nlh)
{
	static const uint8_t all[4], high[4] = { 0, 0, 0xff, 0xff };
	static const uint8_t low[4] = { 0xff, 0xff, 0, 0 };
	uint8_t word[4] = { 0, 0, mac_src[0], mac_src[1] };
	uint8_t word2[4] = { mac_dst[4], mac_dst[5], 0, 0 };

	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 4, low, word);
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 8, all, mac_src + 2);
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 0, all, mac_dst);
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 4, high, word2);
}

static void put_nat(struct nlmsghdr *nlh, const struct recipe *r, bool src)
{
	static const uint8_t all[4], keep_low[4] = { 0, 0, 0xff, 0xff };
	static const uint8_t keep_high[4] = { 0xff, 0xff, 0, 0 };
	static const uint8_t v4[4] = { 192, 0, 2, 1 };
	uint8_t sport[4] = { 0x12, 0x34 }, dport[4] = { 0, 0, 0x56, 0x78 };
	uint32_t l4 = r->proto == IPPROTO_UDP ? TCA_PEDIT_KEY_EX_HDR_TYPE_UDP :
						TCA_PEDIT_KEY_EX_HDR_TYPE_TCP;
	int i;

	if (r->family == AF_INET6)
		for (i = 0; i < 4; i++)
			put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_IP6,
				   (src ? 8 : 24) + 4 * i, all, v6_nat + 4 * i);
	else
		put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_IP4, src ? 12 : 16,
			   all, v4);
	put_mangle(nlh, l4, 0, src ? keep_low : keep_high, src ? sport : dport);
}

static void put_match(struct nlmsghdr *nlh, const struct recipe *r)
{
	uint8_t proto = r->proto ? r->proto : IPPROTO_TCP;
	bool v6 = r->family == AF_INET6;
	struct nlattr *nest;

	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_FLOW_ATTR_MATCH);
	if (!r->no_iif)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_IIF, IIF);
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE,
			 htons(v6 ? ETH_P_IPV6 : ETH_P_IP));
	mnl_attr_put_u8(nlh, NFT_OFFLOAD_MATCH_ATTR_IP_PROTO, proto);
	if (v6) {
		mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC, 16, v6_a);
		mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV6_DST, 16, v6_b);
	} else {
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC,
				 htonl(0x0a000002));
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV4_DST,
				 htonl(0x0a000102));
	}
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_SPORT, htons(1000));
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_DPORT, htons(80));
	}
	if (proto == IPPROTO_TCP && !r->no_flags) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS, 0);
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK,
				 htons(0x05));
	}
	if (r->match_tags > 0) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_VLAN_ID, 100);
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_VLAN_TPID,
				 htons(ETH_P_8021AD));
	}
	if (r->match_tags > 1) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID, 200);
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID,
				 htons(ETH_P_8021Q));
	}
	if (r->extra_match)
		r->extra_match(nlh);
	mnl_attr_nest_end(nlh, nest);
}

static void put_actions(struct nlmsghdr *nlh, const struct recipe *r)
{
	struct nft_offload_vlan vlan = { .tpid = htons(ETH_P_8021Q) };
	struct nlattr *nest;
	int i;

	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_FLOW_ATTR_ACTIONS);
	put_eth(nlh);
	for (i = 0; i < r->pop; i++)
		mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_VLAN_POP, 0, NULL);
	for (i = 0; i < r->push; i++) {
		vlan.id = 300 + i;
		mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_VLAN_PUSH,
			     sizeof(vlan), &vlan);
	}
	if (r->snat)
		put_nat(nlh, r, true);
	if (r->dnat)
		put_nat(nlh, r, false);
	if ((r->snat || r->dnat) && r->family != AF_INET6)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_ACTION_ATTR_CSUM, 1 | 8);
	if (r->extra_action)
		r->extra_action(nlh);
	if (!r->no_redirect)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_ACTION_ATTR_REDIRECT, OIF);
	mnl_attr_nest_end(nlh, nest);
}

static struct nlmsghdr *make(const struct recipe *r)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	struct nlattr *nest;

	nlh->nlmsg_type = 30;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = NFT_OFFLOAD_CMD_FLOW_NEW;
	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_ID, 43);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_GEN, 3);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_CT_ID, 77);
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_FLOW_ATTR_CT_ZONE, 5);
	mnl_attr_put_strz(nlh, NFT_OFFLOAD_FLOW_ATTR_TABLE, "filter");
	mnl_attr_put_strz(nlh, NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE, "fast");
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_PRIORITY, -10);
	if (r->mtu)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_MTU, r->mtu);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_PACKETS, 11);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_BYTES, 1100);
	if (!r->no_match)
		put_match(nlh, r);
	if (!r->no_actions)
		put_actions(nlh, r);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

static enum nft_offload_reason translate(const struct recipe *r,
					 uint32_t iif_mtu,
					 struct nfo_rule *rule)
{
	struct nfo_flowtable_flow flow;

	assert_int_equal(nfo_flowtable_parse(make(r), &flow), 0);
	return nfo_flowtable_translate(&flow, iif_mtu, rule);
}

static void refused(const struct recipe *r, enum nft_offload_reason reason)
{
	struct nfo_rule rule;

	assert_int_equal(translate(r, 0, &rule), reason);
	assert_int_equal(rule.n_actions, 0);
	assert_null(rule.actions);
}

/* Translates what must translate, and checks the order of the actions. */
static void accepted(const struct recipe *r, struct nfo_rule *rule,
		     const enum nfo_action_type *types, size_t n)
{
	size_t i;

	assert_int_equal(translate(r, 0, rule), NFT_OFFLOAD_REASON_NONE);
	assert_int_equal(rule->n_actions, n);
	for (i = 0; i < n; i++)
		assert_int_equal(rule->actions[i].type, types[i]);
	assert_int_equal(rule->actions[n - 1].port.ifindex, OIF);
}

#define ACCEPTED(r, rule, ...) do {					\
	const enum nfo_action_type types[] = { __VA_ARGS__ };		\
	accepted(r, rule, types, sizeof(types) / sizeof(types[0]));	\
} while (0)

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

static void vlan_wrong(void **state)
{
	struct recipe pop = { .match_tags = 1, .pop = 2 };
	struct recipe push = { .push = 3 };

	(void)state;
	refused(&pop, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
	refused(&push, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
}

static void mtu(void **state)
{
	struct recipe r = { .mtu = 1400 };
	struct nfo_rule rule;

	(void)state;
	assert_int_equal(translate(&r, 1500, &rule), NFT_OFFLOAD_REASON_MTU);
	assert_int_equal(translate(&r, 1400, &rule), NFT_OFFLOAD_REASON_NONE);
	nfo_rule_uninit(&rule);
	assert_int_equal(translate(&r, 0, &rule), NFT_OFFLOAD_REASON_NONE);
	nfo_rule_uninit(&rule);
}

static void missing_parts(void **state)
{
	struct recipe no_match = { .no_match = true };
	struct recipe no_actions = { .no_actions = true };
	struct recipe no_iif = { .no_iif = true };
	struct recipe no_redirect = { .no_redirect = true };
	struct recipe no_flags = { .no_flags = true };
	struct nfo_rule rule;

	(void)state;
	refused(&no_match, NFT_OFFLOAD_REASON_MALFORMED);
	refused(&no_actions, NFT_OFFLOAD_REASON_MALFORMED);
	refused(&no_iif, NFT_OFFLOAD_REASON_MALFORMED);
	refused(&no_redirect, NFT_OFFLOAD_REASON_NO_OUTPUT);
	ACCEPTED(&no_flags, &rule, NFO_ACT_SET, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		 NFO_ACT_REDIRECT);
	assert_int_equal(rule.mask.tcp_flags, htons(0x07));
	nfo_rule_uninit(&rule);
}

/* What the module could not put into words comes with its reason. */
static void refused_by_module(void **state)
{
	struct recipe r = { .no_actions = true };
	struct nfo_flowtable_flow flow;
	struct nfo_rule rule;

	(void)state;
	assert_int_equal(nfo_flowtable_parse(make(&r), &flow), 0);
	flow.state = NFT_OFFLOAD_STATE_REFUSED;
	flow.reason = NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	assert_int_equal(nfo_flowtable_translate(&flow, 0, &rule),
			 NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
}

static void mangle_ttl(struct nlmsghdr *nlh)
{
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_IP4, 8, "\0\xff\xff\xff",
		   "\x40\0\0");
}

static void mangle_far(struct nlmsghdr *nlh)
{
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 0xfffffffe, "\0\0\0",
		   "\1\1\1");
}

static void mangle_network(struct nlmsghdr *nlh)
{
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_NETWORK, 12, "\0\0\0",
		   "\1\1\1");
}

static void mangle_ip6(struct nlmsghdr *nlh)
{
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_IP6, 8, "\0\0\0", "\1\1\1");
}

static void mangle_udp(struct nlmsghdr *nlh)
{
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_UDP, 0, "\0\0\0", "\1\1\1");
}

static void mangle_short(struct nlmsghdr *nlh)
{
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_ACTION_ATTR_MANGLE, 1);
}

static void action_pppoe(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_ACTION_ATTR_PPPOE_PUSH, 1);
}

static void action_new(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_ACTION_ATTR_MAX + 1, 1);
}

static void action_early(struct nlmsghdr *nlh)
{
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_ACTION_ATTR_REDIRECT, OIF);
}

static void actions_wrong(void **state)
{
	static const struct {
		void (*put)(struct nlmsghdr *nlh);
		enum nft_offload_reason reason;
	} cases[] = {
		{ mangle_ttl, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ mangle_far, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ mangle_network, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ mangle_ip6, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ mangle_udp, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ mangle_short, NFT_OFFLOAD_REASON_MALFORMED },
		{ action_pppoe, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ action_new, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
		{ action_early, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED },
	};
	struct recipe r = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.extra_action = cases[i].put;
		refused(&r, cases[i].reason);
	}
}

static void match_new(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_MAX + 1, 1);
}

static void match_short(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC, 1);
}

static void match_ip6(struct nlmsghdr *nlh)
{
	mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC, 16, v6_a);
}

static void match_vid(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_VLAN_ID, 7);
}

static void match_cvlan(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID, 7);
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID,
			 htons(ETH_P_8021Q));
}

static void match_syn(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS, htons(2));
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK, htons(2));
}

static void match_arp(struct nlmsghdr *nlh)
{
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE,
			 htons(ETH_P_ARP));
}

static void matches_wrong(void **state)
{
	static const struct {
		void (*put)(struct nlmsghdr *nlh);
		enum nft_offload_reason reason;
	} cases[] = {
		{ match_new, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED },
		{ match_short, NFT_OFFLOAD_REASON_MALFORMED },
		{ match_ip6, NFT_OFFLOAD_REASON_MALFORMED },
		{ match_vid, NFT_OFFLOAD_REASON_MALFORMED },
		{ match_cvlan, NFT_OFFLOAD_REASON_MALFORMED },
		{ match_syn, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED },
		{ match_arp, NFT_OFFLOAD_REASON_MALFORMED },
	};
	struct recipe r = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.extra_match = cases[i].put;
		refused(&r, cases[i].reason);
	}
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

/*
 * Every truncation of a message, and every byte of it set to 0x00 and 0xff:
 * nothing is read beyond its end (the copies are exact, for ASan to see).
 */
static void broken_bytes(void **state)
{
	struct recipe r = { .snat = true, .match_tags = 1, .pop = 1, .push = 1 };
	static const uint8_t values[] = { 0, 0xff };
	struct nfo_flowtable_flow flow;
	struct nlmsghdr *copy;
	struct nfo_rule rule;
	uint32_t len, at;
	size_t i;

	(void)state;
	len = make(&r)->nlmsg_len;
	for (at = sizeof(*copy); at <= len; at++) {
		copy = malloc(at);
		memcpy(copy, buf, at);
		copy->nlmsg_len = at;
		if (nfo_flowtable_parse(copy, &flow) == 0) {
			nfo_flowtable_translate(&flow, 0, &rule);
			nfo_rule_uninit(&rule);
		}
		free(copy);
	}
	copy = malloc(len);
	for (at = sizeof(*copy); at < len; at++) {
		for (i = 0; i < sizeof(values); i++) {
			memcpy(copy, buf, len);
			((uint8_t *)copy)[at] = values[i];
			if (nfo_flowtable_parse(copy, &flow) < 0)
				continue;
			nfo_flowtable_translate(&flow, 0, &rule);
			nfo_rule_uninit(&rule);
		}
	}
	free(copy);
}

static void no_id(void **state)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfo_flowtable_flow flow;

	(void)state;
	assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW));
	assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
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
		cmocka_unit_test(vlan_wrong),
		cmocka_unit_test(mtu),
		cmocka_unit_test(missing_parts),
		cmocka_unit_test(refused_by_module),
		cmocka_unit_test(actions_wrong),
		cmocka_unit_test(matches_wrong),
		cmocka_unit_test(gre),
		cmocka_unit_test(broken_bytes),
		cmocka_unit_test(no_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
