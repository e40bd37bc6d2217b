// SPDX-License-Identifier: Apache-2.0
/*
 * test_flowtable_refuse: what the module says and hardware must not or cannot
 * do becomes the right reason; broken messages do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/tc_act/tc_pedit.h>
#include <stdlib.h>
#include <string.h>

#include "flow_message.h"

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
		memcpy(copy, message, at);
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
			memcpy(copy, message, len);
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
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	struct nfo_flowtable_flow flow;

	(void)state;
	assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW));
	assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
}

/* The last attribute goes on behind the end, where libmnl would still read. */
static void no_padding(void **state)
{
	struct recipe r = { 0 };
	struct nfo_flowtable_flow flow;
	struct nlmsghdr *nlh = make(&r);
	int cut;

	(void)state;
	for (cut = 1; cut < 4; cut++) {
		nlh->nlmsg_len--;
		assert_int_equal(nfo_flowtable_parse(nlh, &flow), -EBADMSG);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vlan_wrong),
		cmocka_unit_test(mtu),
		cmocka_unit_test(missing_parts),
		cmocka_unit_test(refused_by_module),
		cmocka_unit_test(actions_wrong),
		cmocka_unit_test(matches_wrong),
		cmocka_unit_test(broken_bytes),
		cmocka_unit_test(no_id),
		cmocka_unit_test(no_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
