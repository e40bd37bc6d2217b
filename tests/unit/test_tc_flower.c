// SPDX-License-Identifier: Apache-2.0
/*
 * test_tc_flower: rules to TC bytes and back: every field and action of the
 * corpus, bytes worked out by hand, refusals, counters, and that no broken
 * message does any harm (worth most when built with the address sanitizer).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule_corpus.h"
#include "tc_attr.h"
#include "tc_compat.h"
#include "tc_flower.h"

static const uint8_t cookie[NFO_COOKIE_LEN] = "0123456789abcdef";

static const struct nfo_place place = {
	.ifindex = 7, .chain = 3, .prio = 0x1234, .handle = 0xabc,
};

static uint32_t words[NFO_TC_FLOWER_MSG_MAX / 4];
static uint8_t *const msg = (uint8_t *)words;

/* Puts @rule; any error fails the test. Returns the length. */
static int put(const struct nfo_rule *rule, uint32_t flags)
{
	enum nft_offload_reason reason;
	int len = nfo_tc_flower_put(msg, sizeof(words), rule, &place, cookie,
				    flags, &reason);

	assert_true(len > 0);
	assert_int_equal(len % 4, 0);
	assert_int_equal(reason, NFT_OFFLOAD_REASON_NONE);
	assert_int_equal(((struct nlmsghdr *)msg)->nlmsg_len, len);
	return len;
}

static void corpus_round_trip(void **state)
{
	char want[4096], got[4096];
	struct nfo_rule rule, back;
	struct nfo_place where;
	struct nfo_tc_info info;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < corpus_size; i++) {
		nfo_rule_init(&rule);
		corpus[i].make(&rule, 5);
		nfo_rule_normalise(&rule);
		put(&rule, NFO_TC_SKIP_SW);
		err = nfo_tc_flower_parse((void *)msg, &back, &where, &info);
		if (err)
			fail_msg("%s: %s", corpus[i].name, strerror(-err));
		nfo_rule_to_string(&rule, want, sizeof(want));
		nfo_rule_to_string(&back, got, sizeof(got));
		if (!nfo_rule_equal(&rule, &back))
			fail_msg("%s: put %s, got %s", corpus[i].name, want,
				 got);
		assert_string_equal(want, got);
		assert_int_equal(nfo_rule_hash(&rule), nfo_rule_hash(&back));
		assert_memory_equal(&where, &place, sizeof(place));
		assert_true(info.has_cookie);
		assert_memory_equal(info.cookie, cookie, sizeof(cookie));
		assert_true(info.skip_sw);
		assert_false(info.skip_hw);
		assert_false(info.in_hw);
		nfo_rule_uninit(&rule);
		nfo_rule_uninit(&back);
	}
}

static void flags_and_hooks(void **state)
{
	const struct nlmsghdr *nlh = (void *)msg;
	struct nfo_place at = { .ifindex = 9, .shared = true, .prio = 1 }, where;
	struct nfo_tc_info info;
	struct nfo_rule rule;

	(void)state;
	nfo_rule_init(&rule);
	corpus[0].make(&rule, 5);
	put(&rule, NFO_TC_SKIP_HW);
	assert_int_equal(nlh->nlmsg_type, RTM_NEWTFILTER);
	assert_int_equal(nlh->nlmsg_flags,
			 NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	assert_int_equal(nfo_tc_flower_parse(nlh, NULL, NULL, &info), 0);
	assert_true(info.skip_hw);
	put(&rule, NFO_TC_REPLACE);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE);
	/* Software and hardware cannot both be skipped. */
	assert_int_equal(nfo_tc_flower_put(msg, sizeof(words), &rule, &place,
					   NULL, NFO_TC_SKIP_SW |
					   NFO_TC_SKIP_HW, NULL), -EINVAL);
	assert_true(nfo_tc_flower_put(msg, sizeof(words), &rule, &at, NULL, 0,
				      NULL) > 0);
	assert_int_equal(nfo_tc_flower_parse(nlh, NULL, &where, &info), 0);
	assert_memory_equal(&where, &at, sizeof(at));
	assert_false(info.has_cookie);
	at = (struct nfo_place){ .ifindex = 4, .egress = true, .prio = 65535 };
	assert_true(nfo_tc_flower_put(msg, sizeof(words), &rule, &at, NULL, 0,
				      NULL) > 0);
	assert_int_equal(nfo_tc_flower_parse(nlh, NULL, &where, NULL), 0);
	assert_memory_equal(&where, &at, sizeof(at));
	at.prio = 0;
	assert_int_equal(nfo_tc_flower_put(msg, sizeof(words), &rule, &at,
					   NULL, 0, NULL), -EINVAL);
	nfo_rule_uninit(&rule);
}

static void other_messages(void **state)
{
	const struct nlmsghdr *nlh = (void *)msg;
	const struct tcmsg *tcm = NLMSG_DATA(nlh);
	struct nfo_place none = { .ifindex = 1, .prio = 1 };
	int len;

	(void)state;
	len = nfo_tc_flower_del(msg, sizeof(words), &place);
	/* Two headers, kind "flower", chain. */
	assert_int_equal(len, 16 + 20 + 12 + 8);
	assert_int_equal(nlh->nlmsg_len, len);
	assert_int_equal(nlh->nlmsg_type, RTM_DELTFILTER);
	assert_int_equal(tcm->tcm_ifindex, 7);
	assert_int_equal(tcm->tcm_handle, 0xabc);
	assert_int_equal(tcm->tcm_info, 0x12340000);
	assert_int_equal(tcm->tcm_parent, 0xfffffff2);
	assert_int_equal(nfo_tc_flower_del(msg, len - 1, &place), -EMSGSIZE);
	assert_int_equal(nfo_tc_flower_del(msg, sizeof(words), &none), -EINVAL);
	assert_int_equal(nfo_tc_flower_get(msg, sizeof(words), &place), len);
	assert_int_equal(nlh->nlmsg_type, RTM_GETTFILTER);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST);
	len = nfo_tc_flower_dump(msg, sizeof(words), &none, false,
				 NFO_TC_TERSE);
	assert_int_equal(len, 16 + 20 + 12);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(nfo_tc_flower_dump(msg, sizeof(words), &none, true,
					    0), 16 + 20 + 8);
}

/*
 * A whole message, byte by byte, worked out from the uapi headers: IPv4, TTL
 * less one, out of port 5, in hardware only.
 */
static void golden_bytes(void **state)
{
	static const uint8_t want[] = {
		/* nlmsghdr: length, RTM_NEWTFILTER, REQUEST|EXCL|CREATE */
		0x10, 1, 0, 0, 0x2c, 0, 0x01, 0x06, 0, 0, 0, 0, 0, 0, 0, 0,
		/* tcmsg: family, port 7, handle, parent ffff:fff2, prio, IP */
		0, 0, 0, 0, 7, 0, 0, 0, 0xbc, 0x0a, 0, 0,
		0xf2, 0xff, 0xff, 0xff, 0x08, 0x00, 0x34, 0x12,
		/* TCA_KIND "flower", TCA_CHAIN 3 */
		11, 0, 1, 0, 'f', 'l', 'o', 'w', 'e', 'r', 0, 0,
		8, 0, 11, 0, 3, 0, 0, 0,
		/* TCA_OPTIONS: ETH_TYPE 0x0800, FLAGS skip_sw, ACT */
		0xd8, 0, 2, 0x80, 6, 0, 8, 0, 0x08, 0x00, 0, 0,
		8, 0, 22, 0, 2, 0, 0, 0,
		0xc4, 0, 3, 0x80,
		/* 1: "pedit", cookie, no per-CPU counters, options */
		0x80, 0, 1, 0x80, 10, 0, 1, 0, 'p', 'e', 'd', 'i', 't', 0, 0,
		0, 20, 0, 6, 0, '0', '1', '2', '3', '4', '5', '6', '7', '8',
		'9', 'a', 'b', 'c', 'd', 'e', 'f',
		12, 0, 7, 0, 1, 0, 0, 0, 1, 0, 0, 0,
		0x50, 0, 2, 0x80,
		/* PARMS_EX: pipe, one key: TTL, mask keeps 1-3, add 0xff */
		52, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
		0x00, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 8, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		/* KEYS_EX: header IPv4, command add */
		24, 0, 5, 0x80, 20, 0, 6, 0x80,
		6, 0, 1, 0, 2, 0, 0, 0, 6, 0, 2, 0, 1, 0, 0, 0,
	};
	struct nfo_rule rule;
	int len;

	(void)state;
	nfo_rule_init(&rule);
	rule.key.eth_type = htons(ETH_P_IP);
	rule.mask.eth_type = 0xffff;
	assert_int_equal(nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL), 0);
	assert_int_equal(nfo_rule_add_redirect(&rule, 5), 0);
	len = put(&rule, NFO_TC_SKIP_SW);
	assert_true((size_t)len > sizeof(want));
	if (htons(1) != 1) /* the table is for little endian */
		assert_memory_equal(msg, want, sizeof(want));
	nfo_rule_uninit(&rule);
}

static void small_buffer(void **state)
{
	enum nft_offload_reason reason;
	struct nfo_rule rule;
	size_t i, size, len;
	uint8_t *small;

	(void)state;
	for (i = 0; i < corpus_size; i++) {
		nfo_rule_init(&rule);
		corpus[i].make(&rule, 5);
		len = put(&rule, 0);
		for (size = 0; size < len; size += len > 1000 ? 61 : 1) {
			small = malloc(size ? size : 1);
			assert_non_null(small);
			assert_int_equal(nfo_tc_flower_put(small, size, &rule,
							   &place, cookie, 0,
							   &reason),
					 -EMSGSIZE);
			free(small);
		}
		nfo_rule_uninit(&rule);
	}
}

/* A rule that starts as a UDP flow to port 5, without actions. */
static void udp_flow(struct nfo_rule *rule)
{
	nfo_rule_init(rule);
	rule->key.eth_type = htons(ETH_P_IP);
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = IPPROTO_UDP;
	rule->mask.ip_proto = 0xff;
}

static void refuses(struct nfo_rule *rule, int err,
		    enum nft_offload_reason want)
{
	enum nft_offload_reason reason;

	assert_int_equal(nfo_tc_flower_put(msg, sizeof(words), rule, &place,
					   cookie, 0, &reason), err);
	assert_int_equal(reason, want);
	nfo_rule_uninit(rule);
}

static void refused_matches(void **state)
{
	const int match = NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	struct nfo_rule rule;

	(void)state;
	/* Fields of a protocol that is not pinned. */
	udp_flow(&rule);
	rule.mask.ip_proto = 0;
	rule.mask.sport = 0xffff;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	udp_flow(&rule);
	rule.mask.tcp_flags = htons(1);
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	udp_flow(&rule);
	rule.mask.ipv6_src.s6_addr[3] = 1;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	udp_flow(&rule);
	rule.mask.mpls_lse = 1;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	/* Masks where TC knows none. */
	udp_flow(&rule);
	rule.mask.ip_proto = 0x7f;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	udp_flow(&rule);
	rule.mask.tun_id = htonl(0xff);
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	udp_flow(&rule);
	rule.key.vlan_tpid[0] = htons(ETH_P_8021Q);
	rule.mask.vlan_tpid[0] = 0xffff;
	rule.mask.vlan_vid[0] = 0xf;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	/* An inner tag without an outer one; a tag as a type. */
	udp_flow(&rule);
	rule.key.vlan_tpid[1] = htons(ETH_P_8021Q);
	rule.mask.vlan_tpid[1] = 0xffff;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	nfo_rule_init(&rule);
	rule.key.eth_type = htons(ETH_P_8021Q);
	rule.mask.eth_type = 0xffff;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, match);
	/* Two outer headers. */
	udp_flow(&rule);
	rule.mask.tun_ipv4_dst = 0xffffffff;
	rule.mask.tun_ipv6_dst.s6_addr[0] = 0xff;
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EINVAL, NFT_OFFLOAD_REASON_INTERNAL);
}

static void refused_actions(void **state)
{
	const int action = NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	struct nfo_action a = { .type = NFO_ACT_CHECK_PKT_LEN };
	struct nfo_set value, mask;
	struct nfo_rule rule;

	(void)state;
	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	udp_flow(&rule);
	refuses(&rule, -EINVAL, NFT_OFFLOAD_REASON_NO_OUTPUT);
	udp_flow(&rule);
	nfo_rule_add_goto(&rule, 1 << 28);
	refuses(&rule, -EOPNOTSUPP, action);
	/* A rewrite of a header the packet does not have, or of nothing. */
	udp_flow(&rule);
	nfo_rule_add_set(&rule, &value, &mask);
	refuses(&rule, -EINVAL, NFT_OFFLOAD_REASON_INTERNAL);
	mask.ipv6_dst.s6_addr[9] = 1;
	udp_flow(&rule);
	nfo_rule_add_set(&rule, &value, &mask);
	refuses(&rule, -EOPNOTSUPP, action);
	memset(&mask, 0, sizeof(mask));
	mask.sport = 0xffff;
	udp_flow(&rule);
	rule.key.ip_proto = IPPROTO_SCTP;
	nfo_rule_add_set(&rule, &value, &mask);
	refuses(&rule, -EOPNOTSUPP, action);
	udp_flow(&rule);
	rule.mask.eth_type = 0;
	rule.mask.ip_proto = 0;
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	refuses(&rule, -EOPNOTSUPP, action);
	/* Branches that reach too far; what nobody reaches. */
	udp_flow(&rule);
	a.check.len = 100;
	a.check.n_longer = 2;
	nfo_rule_add(&rule, &a);
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EINVAL, NFT_OFFLOAD_REASON_INTERNAL);
	udp_flow(&rule);
	nfo_rule_add_redirect(&rule, 5);
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EINVAL, NFT_OFFLOAD_REASON_INTERNAL);
	/* A policer of somebody else cannot jump for us. */
	udp_flow(&rule);
	a.check.n_longer = 1;
	a.check.n_other = 1;
	nfo_rule_add(&rule, &a);
	a.type = NFO_ACT_POLICE;
	a.police = 4;
	nfo_rule_add(&rule, &a);
	nfo_rule_add_mirror(&rule, 6);
	nfo_rule_add_redirect(&rule, 5);
	refuses(&rule, -EOPNOTSUPP, action);
}

/* Set and decrement are one pedit; a jump to the decrement parts them. */
static void merged_pedit(void **state)
{
	struct nfo_rule rule, back;
	struct nfo_set value, mask;
	int both, apart;

	(void)state;
	memset(&value, 0, sizeof(value));
	memset(&mask, 0xff, sizeof(mask));
	memset(&mask.ipv6_src, 0, 32);
	udp_flow(&rule);
	assert_int_equal(nfo_rule_add_set(&rule, &value, &mask), 0);
	assert_int_equal(nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL), 0);
	assert_int_equal(nfo_rule_add_redirect(&rule, 5), 0);
	nfo_rule_normalise(&rule);
	value = rule.actions[0].set.value;
	mask = rule.actions[0].set.mask;
	both = put(&rule, 0);
	rule.actions[0].type = NFO_ACT_DEC_TTL;
	rule.actions[1].type = NFO_ACT_SET;
	rule.actions[1].set.value = value;
	rule.actions[1].set.mask = mask;
	apart = put(&rule, 0);
	/* One more: nest, kind, flags, options, parameters, key nest. */
	assert_int_equal(apart - both, 4 + 12 + 12 + 4 + 4 + 24 + 4);
	assert_int_equal(nfo_tc_flower_parse((void *)msg, &back, NULL, NULL),
			 0);
	nfo_rule_normalise(&rule);
	assert_true(nfo_rule_equal(&rule, &back));
	nfo_rule_uninit(&back);
	nfo_rule_uninit(&rule);
}

/* Writes what the kernel dumps for a rule on VLANs: the innermost type. */
static void dumped_types(void **state)
{
	struct nfo_tc_writer w = { .buf = msg, .size = sizeof(words) };
	struct tc_mirred mirred = { .action = TC_ACT_STOLEN, .ifindex = 5,
				    .eaction = TCA_EGRESS_REDIR };
	struct nlmsghdr *nlh = nfo_tc_reserve(&w, 16);
	struct tcmsg *tcm = nfo_tc_reserve(&w, sizeof(*tcm));
	size_t options, acts, act, opts;
	struct nfo_rule rule;

	(void)state;
	nlh->nlmsg_type = RTM_NEWTFILTER;
	tcm->tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_8021AD));
	nfo_tc_put_str(&w, TCA_KIND, "flower");
	options = nfo_tc_nest(&w, TCA_OPTIONS);
	nfo_tc_put_u16(&w, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IPV6));
	nfo_tc_put_u16(&w, TCA_FLOWER_KEY_VLAN_ID, 4);
	nfo_tc_put_u16(&w, TCA_FLOWER_KEY_VLAN_ETH_TYPE, htons(ETH_P_8021Q));
	nfo_tc_put_u16(&w, TCA_FLOWER_KEY_CVLAN_ID, 6);
	nfo_tc_put_u16(&w, TCA_FLOWER_KEY_CVLAN_ETH_TYPE, htons(ETH_P_IPV6));
	acts = nfo_tc_nest(&w, TCA_FLOWER_ACT);
	act = nfo_tc_nest(&w, 1);
	nfo_tc_put_str(&w, TCA_ACT_KIND, "mirred");
	opts = nfo_tc_nest(&w, TCA_ACT_OPTIONS);
	nfo_tc_put(&w, TCA_MIRRED_PARMS, &mirred, sizeof(mirred));
	nfo_tc_nest_end(&w, opts);
	nfo_tc_nest_end(&w, act);
	nfo_tc_nest_end(&w, acts);
	nfo_tc_nest_end(&w, options);
	nlh->nlmsg_len = w.len;
	assert_int_equal(nfo_tc_flower_parse(nlh, &rule, NULL, NULL), 0);
	assert_int_equal(rule.key.vlan_tpid[0], htons(ETH_P_8021AD));
	assert_int_equal(rule.key.vlan_tpid[1], htons(ETH_P_8021Q));
	assert_int_equal(rule.key.vlan_vid[1], 6);
	assert_int_equal(rule.key.eth_type, htons(ETH_P_IPV6));
	nfo_rule_uninit(&rule);
	/* A type that is neither the outer nor the inner one. */
	tcm->tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ARP));
	assert_int_equal(nfo_tc_flower_parse(nlh, &rule, NULL, NULL),
			 -EOPNOTSUPP);
}

static const struct nlattr *nested(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* The cookie says whose counters to believe: these kinds know no hardware. */
static void cookie_counts(void **state)
{
	const struct nlattr *attr, *acts = NULL, *act;
	struct nfo_rule rule;
	unsigned int n = 0;
	const char *kind;

	(void)state;
	for (size_t i = 0; i < corpus_size; i++) {
		nfo_rule_init(&rule);
		corpus[i].make(&rule, 5);
		put(&rule, 0);
		mnl_attr_for_each(attr, (struct nlmsghdr *)msg,
				  sizeof(struct tcmsg))
			if (mnl_attr_get_type(attr) == TCA_OPTIONS)
				acts = nested(attr, TCA_FLOWER_ACT);
		mnl_attr_for_each_nested(act, acts) {
			if (!nested(act, TCA_ACT_COOKIE))
				continue;
			n++;
			kind = mnl_attr_get_str(nested(act, TCA_ACT_KIND));
			assert_string_not_equal(kind, "csum");
			assert_string_not_equal(kind, "tunnel_key");
		}
		nfo_rule_uninit(&rule);
	}
	assert_int_equal(n, corpus_size);
}

/* One action with counters, as in a terse dump, with a cookie or without. */
static void put_counted(struct nfo_tc_writer *w, uint16_t number,
			const uint8_t *id, uint32_t packets, uint64_t wide)
{
	struct gnet_stats_basic basic = { .bytes = packets * 100ull,
					  .packets = packets };
	struct gnet_stats_basic hw = { .bytes = packets * 10ull,
				       .packets = packets / 2 };
	size_t act = nfo_tc_nest(w, number), stats;

	nfo_tc_put_str(w, TCA_ACT_KIND, "gact");
	stats = nfo_tc_nest(w, TCA_ACT_STATS);
	nfo_tc_put(w, TCA_STATS_BASIC, &basic, sizeof(basic));
	nfo_tc_put(w, TCA_STATS_BASIC_HW, &hw, sizeof(hw));
	if (wide)
		nfo_tc_put(w, TCA_STATS_PKT64, &wide, sizeof(wide));
	nfo_tc_nest_end(w, stats);
	if (id)
		nfo_tc_put(w, TCA_ACT_COOKIE, id, NFO_COOKIE_LEN);
	nfo_tc_nest_end(w, act);
}

static void counters(void **state)
{
	struct nfo_tc_writer w = { .buf = msg, .size = sizeof(words) };
	struct nlmsghdr *nlh = nfo_tc_reserve(&w, 16);
	struct nfo_tc_info info;
	size_t options, acts;
	struct nfo_rule rule;

	(void)state;
	nfo_tc_reserve(&w, sizeof(struct tcmsg));
	nlh->nlmsg_type = RTM_NEWTFILTER;
	nfo_tc_put_str(&w, TCA_KIND, "flower");
	nfo_tc_put_str(&w, TCA_EXT_WARN_MSG, "no room in tcam");
	options = nfo_tc_nest(&w, TCA_OPTIONS);
	nfo_tc_put_u32(&w, TCA_FLOWER_FLAGS,
		       TCA_CLS_FLAGS_SKIP_SW | TCA_CLS_FLAGS_IN_HW);
	nfo_tc_put_u32(&w, TCA_FLOWER_IN_HW_COUNT, 2);
	acts = nfo_tc_nest(&w, TCA_FLOWER_ACT);
	put_counted(&w, 1, NULL, 1000, 0);
	put_counted(&w, 2, cookie, 20, 5000000000ull);
	nfo_tc_nest_end(&w, acts);
	nfo_tc_nest_end(&w, options);
	nlh->nlmsg_len = w.len;
	assert_int_equal(nfo_tc_flower_parse(nlh, NULL, NULL, &info), 0);
	assert_true(info.in_hw && info.skip_sw && info.has_cookie);
	assert_int_equal(info.in_hw_count, 2);
	assert_int_equal(info.packets, 20);
	assert_int_equal(info.bytes, 2000);
	assert_int_equal(info.hw_packets, 5000000000ull);
	assert_int_equal(info.hw_bytes, 200);
	assert_false(info.has_times);
	assert_string_equal(info.text, "no room in tcam");
	/* No options: a terse dump has no rule in it. */
	assert_int_equal(nfo_tc_flower_parse(nlh, &rule, NULL, NULL), -EINVAL);
}

/* Flips bits of a good message and cuts it: errors are fine, harm is not. */
static void broken_messages(void **state)
{
	struct nfo_place where;
	struct nfo_tc_info info;
	struct nfo_rule rule;
	uint32_t *copy;
	size_t i;
	int len, at, bit;

	(void)state;
	for (i = 0; i < corpus_size; i++) {
		nfo_rule_init(&rule);
		corpus[i].make(&rule, 5);
		len = put(&rule, 0);
		nfo_rule_uninit(&rule);
		copy = malloc(len);
		assert_non_null(copy);
		for (at = 0; at < len; at += len > 1500 ? 7 : 1) {
			for (bit = 0; bit < 8; bit++) {
				memcpy(copy, msg, len);
				((uint8_t *)copy)[at] ^= 1 << bit;
				((struct nlmsghdr *)copy)->nlmsg_len = len;
				nfo_tc_flower_parse((void *)copy, &rule,
						    &where, &info);
				nfo_rule_uninit(&rule);
			}
		}
		free(copy);
		for (at = 0; at < len; at += len > 1500 ? 7 : 1) {
			copy = malloc(at < 16 ? 16 : at);
			assert_non_null(copy);
			memcpy(copy, msg, at < 16 ? 16 : at);
			((struct nlmsghdr *)copy)->nlmsg_len = at;
			assert_true(nfo_tc_flower_parse((void *)copy, &rule,
							&where, &info) < 0 ||
				    rule.n_actions);
			nfo_rule_uninit(&rule);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_round_trip),
		cmocka_unit_test(flags_and_hooks),
		cmocka_unit_test(other_messages),
		cmocka_unit_test(golden_bytes),
		cmocka_unit_test(small_buffer),
		cmocka_unit_test(refused_matches),
		cmocka_unit_test(refused_actions),
		cmocka_unit_test(merged_pedit),
		cmocka_unit_test(dumped_types),
		cmocka_unit_test(cookie_counts),
		cmocka_unit_test(counters),
		cmocka_unit_test(broken_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
