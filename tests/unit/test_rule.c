// SPDX-License-Identifier: Apache-2.0
/*
 * test_rule: normal form, equality, hash, actions, checksums and text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "rule_corpus.h"

static void make(struct nfo_rule *rule, size_t i)
{
	nfo_rule_init(rule);
	corpus[i].make(rule, 5);
	nfo_rule_normalise(rule);
}

/* Bits that the mask does not look at make no difference once normalised. */
static void normal_form(void **state)
{
	struct nfo_rule a, b;
	uint8_t *key, *mask;
	uint64_t hash;
	size_t i, at;

	(void)state;
	for (i = 0; i < corpus_size; i++) {
		make(&a, i);
		assert_int_equal(nfo_rule_copy(&b, &a), 0);
		hash = nfo_rule_hash(&a);
		key = (uint8_t *)&b.key;
		mask = (uint8_t *)&b.mask;
		for (at = 0; at < sizeof(b.key); at++)
			key[at] |= ~mask[at];
		memset(b.mask.reserved, 0xff, sizeof(b.mask.reserved));
		b.mask.vlan_vid[0] |= 0xf000;
		assert_false(nfo_rule_match_equal(&a, &b));
		nfo_rule_normalise(&b);
		assert_true(nfo_rule_equal(&a, &b));
		assert_int_equal(nfo_rule_hash(&b), hash);
		nfo_rule_normalise(&b);
		assert_true(nfo_rule_equal(&a, &b));
		nfo_rule_uninit(&a);
		nfo_rule_uninit(&b);
	}
}

/* Every bit of key and mask counts, in equality and in the hash. */
static void every_bit(void **state)
{
	struct nfo_rule a, b;
	size_t at;
	int bit;

	(void)state;
	nfo_rule_init(&a);
	nfo_rule_init(&b);
	memset(&a.mask, 0xff, sizeof(a.mask));
	memset(&b.mask, 0xff, sizeof(b.mask));
	nfo_rule_normalise(&a);
	for (at = 0; at < sizeof(a.key); at++) {
		for (bit = 0; bit < 8; bit++) {
			memset(&b.key, 0, sizeof(b.key));
			((uint8_t *)&b.key)[at] = 1 << bit;
			nfo_rule_normalise(&b);
			if (!((uint8_t *)&b.key)[at])
				continue; /* no field has this bit */
			assert_false(nfo_rule_equal(&a, &b));
			assert_true(nfo_rule_hash(&a) != nfo_rule_hash(&b));
		}
	}
	memset(&b.key, 0, sizeof(b.key));
	for (at = 0; at < sizeof(a.mask) - 3; at++) {
		b.mask = a.mask;
		((uint8_t *)&b.mask)[at] ^= 1;
		nfo_rule_normalise(&b);
		if (((uint8_t *)&b.mask)[at] == ((uint8_t *)&a.mask)[at])
			continue;
		assert_false(nfo_rule_match_equal(&a, &b));
		assert_true(nfo_rule_hash(&a) != nfo_rule_hash(&b));
	}
}

/*
 * The number of a match is kept in the kernel over restarts and upgrades, so
 * it must never change: these were worked out apart from the library.
 */
static void hash_is_kept(void **state)
{
	struct nfo_rule rule;

	(void)state;
	nfo_rule_init(&rule);
	assert_int_equal(nfo_rule_hash(&rule), 0xcbf29ce484222325ull);
	rule.key.ip_proto = IPPROTO_UDP;
	rule.mask.ip_proto = 0xff;
	rule.key.sport = htons(0x1234);
	rule.mask.sport = 0xffff;
	rule.key.ct_zone = 0x0102;
	rule.mask.ct_zone = 0xffff;
	assert_int_equal(nfo_rule_hash(&rule), 0x42fcc289bd772273ull);
	nfo_rule_uninit(&rule);
}

static void rules_differ(void **state)
{
	struct nfo_rule a, b;
	size_t i, j;

	(void)state;
	for (i = 0; i < corpus_size; i++) {
		make(&a, i);
		for (j = 0; j < corpus_size; j++) {
			make(&b, j);
			assert_true(nfo_rule_equal(&a, &b) == (i == j));
			assert_true(nfo_rule_match_equal(&a, &b) ==
				    (nfo_rule_hash(&a) == nfo_rule_hash(&b)));
			nfo_rule_uninit(&b);
		}
		nfo_rule_uninit(&a);
	}
}

static void copies(void **state)
{
	struct nfo_rule a, b;
	size_t i;

	(void)state;
	for (i = 0; i < corpus_size; i++) {
		make(&a, i);
		assert_int_equal(nfo_rule_copy(&b, &a), 0);
		assert_true(nfo_rule_equal(&a, &b));
		assert_int_equal(b.room, b.n_actions);
		nfo_rule_uninit(&a);
		/* Nothing is shared: the copy lives on and grows. */
		if (b.n_actions < NFO_ACTIONS_MAX)
			assert_int_equal(nfo_rule_add_plain(&b, NFO_ACT_DROP),
					 0);
		nfo_rule_uninit(&b);
	}
	nfo_rule_uninit(NULL);
}

static void bounds(void **state)
{
	uint8_t opts[NFO_GENEVE_MAX + 4];
	struct nfo_rule rule;
	int i;

	(void)state;
	nfo_rule_init(&rule);
	for (i = 0; i < NFO_ACTIONS_MAX; i++)
		assert_int_equal(nfo_rule_add_mirror(&rule, 1), 0);
	assert_int_equal(nfo_rule_add_redirect(&rule, 1), -E2BIG);
	assert_int_equal(rule.n_actions, NFO_ACTIONS_MAX);
	memset(opts, 0, sizeof(opts));
	assert_int_equal(nfo_rule_match_geneve(&rule, opts, opts,
					       sizeof(opts)), -E2BIG);
	assert_int_equal(nfo_rule_match_geneve(&rule, opts, opts, 6), -EINVAL);
	opts[3] = 1;
	assert_int_equal(nfo_rule_match_geneve(&rule, opts, opts, 4), -EINVAL);
	assert_null(rule.geneve);
	assert_int_equal(nfo_rule_match_geneve(&rule, opts, opts, 8), 0);
	assert_int_equal(rule.geneve->len, 8);
	assert_int_equal(nfo_rule_match_geneve(&rule, opts, opts, 0), 0);
	assert_null(rule.geneve);
	nfo_rule_uninit(&rule);
}

static void protocols(void **state)
{
	struct nfo_rule rule;

	(void)state;
	nfo_rule_init(&rule);
	assert_int_equal(nfo_rule_protocol(&rule), htons(ETH_P_ALL));
	rule.key.eth_type = htons(ETH_P_IPV6);
	rule.mask.eth_type = 0xffff;
	assert_int_equal(nfo_rule_protocol(&rule), htons(ETH_P_IPV6));
	rule.key.vlan_tpid[0] = htons(ETH_P_8021AD);
	rule.mask.vlan_tpid[0] = 0xffff;
	assert_int_equal(nfo_rule_protocol(&rule), htons(ETH_P_8021AD));
}

static void flow(struct nfo_rule *rule, uint16_t type, uint8_t proto)
{
	nfo_rule_init(rule);
	rule->key.eth_type = htons(type);
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = proto;
	rule->mask.ip_proto = proto ? 0xff : 0;
}

/* Flags of the one CSUM that fixing @rule adds; 0 if none; or the error. */
static int fixed(struct nfo_rule *rule)
{
	int err, flags = 0, i;

	err = nfo_rule_fix_csum(rule);
	for (i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_CSUM)
			flags |= rule->actions[i].csum;
	nfo_rule_uninit(rule);
	return err ? err : flags;
}

static void checksums(void **state)
{
	struct nfo_set value, src, port;
	struct nfo_rule rule;

	(void)state;
	memset(&value, 0, sizeof(value));
	memset(&src, 0, sizeof(src));
	memset(&port, 0, sizeof(port));
	src.ipv4_src = 0xffffffff;
	port.dport = 0xffff;
	flow(&rule, ETH_P_IP, IPPROTO_TCP);
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), NFO_CSUM_IPV4);
	flow(&rule, ETH_P_IPV6, IPPROTO_TCP);
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), 0);
	flow(&rule, ETH_P_IP, IPPROTO_UDP);
	nfo_rule_add_set(&rule, &value, &src);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), NFO_CSUM_IPV4 | NFO_CSUM_UDP);
	flow(&rule, ETH_P_IP, IPPROTO_TCP);
	nfo_rule_add_set(&rule, &value, &port);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), NFO_CSUM_TCP);
	flow(&rule, ETH_P_IP, IPPROTO_ICMP);
	nfo_rule_add_set(&rule, &value, &src);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), NFO_CSUM_IPV4);
	/* Nobody can tell which checksum it would be. */
	flow(&rule, ETH_P_IP, 0);
	nfo_rule_add_set(&rule, &value, &src);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), -EOPNOTSUPP);
	memset(&src, 0, sizeof(src));
	src.ipv6_dst.s6_addr[15] = 0xff;
	flow(&rule, ETH_P_IPV6, IPPROTO_ICMPV6);
	nfo_rule_add_set(&rule, &value, &src);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), NFO_CSUM_ICMP);
	flow(&rule, ETH_P_IPV6, IPPROTO_UDP);
	nfo_rule_add_set(&rule, &value, &src);
	nfo_rule_add_redirect(&rule, 1);
	assert_int_equal(fixed(&rule), NFO_CSUM_UDP);
}

/* One CSUM behind a run of rewrites; none where there is one; in branches. */
static void checksum_places(void **state)
{
	static const enum nfo_action_type want[] = {
		NFO_ACT_CHECK_PKT_LEN, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		NFO_ACT_MIRROR, NFO_ACT_DROP, NFO_ACT_SET, NFO_ACT_DEC_TTL,
		NFO_ACT_CSUM, NFO_ACT_VLAN_POP, NFO_ACT_DEC_TTL, NFO_ACT_CSUM,
		NFO_ACT_REDIRECT,
	};
	struct nfo_action check = { .type = NFO_ACT_CHECK_PKT_LEN };
	struct nfo_set value, mask;
	struct nfo_rule rule;
	size_t i;

	(void)state;
	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	mask.ipv4_dst = 0xffffffff;
	flow(&rule, ETH_P_IP, IPPROTO_UDP);
	check.check.len = 1000;
	check.check.n_longer = 2;
	check.check.n_other = 1;
	nfo_rule_add(&rule, &check);
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	nfo_rule_add_mirror(&rule, 2);
	nfo_rule_add_plain(&rule, NFO_ACT_DROP);
	nfo_rule_add_set(&rule, &value, &mask);
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	nfo_rule_add_plain(&rule, NFO_ACT_VLAN_POP);
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	nfo_rule_add_csum(&rule, NFO_CSUM_IPV4);
	nfo_rule_add_redirect(&rule, 3);
	assert_int_equal(nfo_rule_fix_csum(&rule), 0);
	assert_int_equal(rule.n_actions, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < rule.n_actions; i++)
		assert_int_equal(rule.actions[i].type, want[i]);
	assert_int_equal(rule.actions[0].check.n_longer, 3);
	assert_int_equal(rule.actions[0].check.n_other, 1);
	assert_int_equal(rule.actions[7].csum, NFO_CSUM_IPV4 | NFO_CSUM_UDP);
	/* Once more changes nothing. */
	assert_int_equal(nfo_rule_fix_csum(&rule), 0);
	assert_int_equal(rule.n_actions, sizeof(want) / sizeof(want[0]));
	nfo_rule_uninit(&rule);
}

/* What follows a first branch that ends belongs to the second. */
static void check_normal_form(void **state)
{
	struct nfo_action check = { .type = NFO_ACT_CHECK_PKT_LEN };
	struct nfo_rule rule;

	(void)state;
	nfo_rule_init(&rule);
	check.check.len = 1000;
	check.check.n_longer = 1;
	nfo_rule_add(&rule, &check);
	nfo_rule_add_plain(&rule, NFO_ACT_DROP);
	nfo_rule_add_plain(&rule, NFO_ACT_VLAN_POP);
	nfo_rule_add_redirect(&rule, 4);
	nfo_rule_normalise(&rule);
	assert_int_equal(rule.actions[0].check.n_longer, 1);
	assert_int_equal(rule.actions[0].check.n_other, 2);
	nfo_rule_uninit(&rule);
}

static void text(void **state)
{
	static const char want[] =
		"src_mac=02:00:00:00:00:01 vlan_tpid=0x8100 vlan_id=10 "
		"eth_type=ipv4 ip_proto=tcp src_ip=10.0.0.1 "
		"dst_ip=10.1.0.0/255.255.0.0 src_port=80 "
		"tcp_flags=0x0/0x7 ct_state=-new+est+trk"
		" -> set( dst_mac=02:00:00:00:00:02 ), dec_ttl, csum(ipv4), "
		"redirect(dev 9)";
	struct nfo_place place = { .ifindex = 4, .prio = 2, .handle = 10 };
	char buf[512], *small;
	struct nfo_rule rule;
	struct nfo_set value, mask;
	size_t len, size, i;

	(void)state;
	flow(&rule, ETH_P_IP, IPPROTO_TCP);
	memcpy(rule.key.eth_src, "\x02\0\0\0\0\x01", 6);
	memset(rule.mask.eth_src, 0xff, 6);
	rule.key.vlan_tpid[0] = htons(ETH_P_8021Q);
	rule.mask.vlan_tpid[0] = 0xffff;
	rule.key.vlan_vid[0] = 10;
	rule.mask.vlan_vid[0] = 0xfff;
	rule.key.ipv4_src = htonl(0x0a000001);
	rule.mask.ipv4_src = 0xffffffff;
	rule.key.ipv4_dst = htonl(0x0a010000);
	rule.mask.ipv4_dst = htonl(0xffff0000);
	rule.key.sport = htons(80);
	rule.mask.sport = 0xffff;
	rule.mask.tcp_flags = htons(7);
	rule.key.ct_state = NFO_CT_EST | NFO_CT_TRK;
	rule.mask.ct_state = NFO_CT_EST | NFO_CT_TRK | NFO_CT_NEW;
	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	memcpy(value.eth_dst, "\x02\0\0\0\0\x02", 6);
	memset(mask.eth_dst, 0xff, 6);
	nfo_rule_add_set(&rule, &value, &mask);
	nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL);
	nfo_rule_add_csum(&rule, NFO_CSUM_IPV4);
	nfo_rule_add_redirect(&rule, 9);
	len = nfo_rule_to_string(&rule, buf, sizeof(buf));
	assert_string_equal(buf, want);
	assert_int_equal(len, strlen(buf));
	for (size = 0; size < len; size += 7) {
		small = malloc(size + 1);
		assert_non_null(small);
		assert_int_equal(nfo_rule_to_string(&rule, small, size + 1),
				 len);
		assert_int_equal(strlen(small), size);
		free(small);
	}
	assert_int_equal(nfo_rule_to_string(&rule, NULL, 0), len);
	nfo_rule_uninit(&rule);
	nfo_place_to_string(&place, buf, sizeof(buf));
	assert_string_equal(buf, "dev 4 ingress chain 0 prio 2 handle 0xa");
	nfo_rule_to_string(&rule, buf, sizeof(buf));
	assert_string_equal(buf, "any -> nothing");
	for (i = 0; i <= NFO_ACT_COUNT; i++)
		assert_int_equal(!strcmp(nfo_action_name(i), "?"),
				 i == NFO_ACT_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal_form),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(hash_is_kept),
		cmocka_unit_test(rules_differ),
		cmocka_unit_test(copies),
		cmocka_unit_test(bounds),
		cmocka_unit_test(protocols),
		cmocka_unit_test(checksums),
		cmocka_unit_test(checksum_places),
		cmocka_unit_test(check_normal_form),
		cmocka_unit_test(text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
