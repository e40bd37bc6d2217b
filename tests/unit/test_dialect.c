// SPDX-License-Identifier: Apache-2.0
/* Unit tests of dialect: which driver is told what, over the corpus of rules. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cookie.h"
#include "dialect.h"
#include "dialect_corpus.h"
#include "dialect_judge.h"
#include "tc_flower.h"

#define PORT 7

static const struct corpus_entry *entry_at(size_t i)
{
	return i < corpus_size ? &corpus[i] : &dialect_corpus[i - corpus_size];
}

static void rule_make(struct nfo_rule *rule, const struct corpus_entry *entry)
{
	nfo_rule_init(rule);
	entry->make(rule, PORT);
	nfo_rule_normalise(rule);
}

static const struct nfo_dialect_place chain_0;

/* Says @rule, which is normalised; the caller frees what is said. */
static enum nft_offload_reason say(const char *name, const struct nfo_rule *rule,
				   struct nfo_said *said)
{
	char driver[32];

	snprintf(driver, sizeof(driver), "eswsim-%s", name);
	return nfo_dialect_say(nfo_dialect_find(driver), rule, &chain_0, said);
}

/* --- who takes what --- */

/*
 * For each rule what the drivers are told, in the order of the judges: = the
 * rule, ~ the rule in other words, - nothing. Held against the source of the
 * drivers line by line.
 */
static const struct {
	const char *rule;
	const char *told;
} matrix[] = {
	{ "any", "====-~" }, { "ethernet", "=-==--" },
	{ "vlan_no_type", "====-~" }, { "vlan_ipv4", "====-~" },
	{ "vlan_any_id", "===--~" }, { "qinq", "====-~" },
	{ "qinq_no_type", "====-~" }, { "mpls", "-----~" },
	{ "mpls_tc", "-=---~" }, { "ipv4", "===---" },
	{ "ipv4_later_fragment", "-==---" }, { "ipv6", "===---" },
	{ "tcp", "===--~" }, { "sctp", "-=---~" }, { "icmp", "=---=~" },
	{ "icmpv6", "=----~" }, { "arp", "------" },
	{ "conntrack", "------" }, { "conntrack_related", "------" },
	{ "tunnel_ipv4", "=-----" }, { "tunnel_ipv6_gbp", "=-----" },
	{ "tunnel_geneve", "==----" }, { "tunnel_flags", "------" },
	{ "drop", "======" }, { "trap", "=-----" }, { "pass", "=-----" },
	{ "goto_chain", "=-----" }, { "ports", "------" },
	{ "internal_port", "==----" }, { "vlan_actions", "=-----" },
	{ "mpls_actions", "------" }, { "route_ipv4", "=-----" },
	{ "route_ipv6", "------" }, { "nat_ipv4", "==----" },
	{ "nat_ipv6", "------" }, { "encap_ipv4", "=-----" },
	{ "encap_ipv6", "=-----" }, { "encap_df", "=~~---" },
	{ "ct_clear", "=-----" }, { "ct_commit", "=-----" },
	{ "ct_nat_ipv6", "=-----" }, { "ct_restore", "===---" },
	{ "police", "==----" }, { "sample", "=-----" },
	{ "csum_all", "------" }, { "check_drop", "=-----" },
	{ "check_join", "=-----" }, { "check_one_side", "=-----" },
	{ "check_nested", "=-----" }, { "check_open_end", "=-----" },
	{ "many_actions", "===---" }, { "ovs_ip", "===---" },
	{ "ovs_udp", "===~~~" }, { "ovs_udp6", "===~~~" },
	{ "ovs_port_low", "===---" }, { "ovs_hole", "====-~" },
	{ "ovs_first_fragment", "-==---" }, { "ovs_exact_macs", "===-~-" },
	{ "ovs_route", "=~~---" }, { "ovs_route_other", "=~----" },
	{ "ovs_route_ipv6", "=~=---" }, { "nft_udp", "=-----" },
	{ "nft_tcp", "=-----" }, { "nft_snat", "=-----" },
	{ "nft_pinned", "=~~---" }, { "nft_half_pinned", "=-~---" },
	{ "ovs_snat", "==--~-" }, { "ovs_dnat", "==--~-" },
	{ "ovs_dnat_port", "==----" }, { "ovs_two_ports", "===---" },
	{ "ovs_push_pcp", "===---" }, { "ovs_vxlan", "=~~-~-" },
};

static void test_matrix(void **state)
{
	(void)state;
	assert_int_equal(sizeof(matrix) / sizeof(matrix[0]),
			 corpus_size + dialect_corpus_size);
	for (size_t i = 0; i < corpus_size + dialect_corpus_size; i++) {
		char told[DIALECT_JUDGES + 1] = "";
		struct nfo_rule rule;
		struct nfo_said said;

		rule_make(&rule, entry_at(i));
		for (int d = 0; d < DIALECT_JUDGES; d++) {
			enum nft_offload_reason reason = say(dialect_judges[d].name, &rule, &said);

			told[d] = reason ? '-' : said.same ? '=' : '~';
			if (!reason)
				assert_string_equal(said.text, "");
			else
				assert_int_equal(reason, NFT_OFFLOAD_REASON_NIC_UNABLE);
			nfo_rule_uninit(&said.rule);
		}
		assert_string_equal(matrix[i].rule, entry_at(i)->name);
		if (strcmp(told, matrix[i].told))
			fail_msg("%s: %s, should be %s", entry_at(i)->name,
				 told, matrix[i].told);
		nfo_rule_uninit(&rule);
	}
}

/* --- what is said is nothing that the driver gets wrong --- */

/* Judges what driver @d is told for @rule; a refusal has to say something. */
static void judge(int d, const struct nfo_rule *rule, const char *what)
{
	const char *wrong, *other;
	struct nfo_said said, again;
	const struct nfo_rule *told = &said.rule;

	if (say(dialect_judges[d].name, rule, &said)) {
		assert_int_equal(strncmp(said.text, dialect_judges[d].name,
					 strlen(dialect_judges[d].name)), 0);
		assert_true(strlen(said.text) > strlen(dialect_judges[d].name) + 2);
		assert_int_equal(said.rule.n_actions, 0);
		return;
	}
	if (said.same)
		told = rule;
	wrong = dialect_judges[d].wrong(told);
	if (wrong)
		fail_msg("%s is told %s by %s", dialect_judges[d].name, wrong, what);
	other = dialect_other_meaning(rule, told);
	if (other)
		fail_msg("%s is told %s for %s", dialect_judges[d].name, other, what);
	/* Read back from the kernel and said again, it is the same. */
	if (strcmp(dialect_judges[d].name, "octeontx2")) {
		assert_int_equal(say(dialect_judges[d].name, told, &again), 0);
		assert_true(again.same);
	}
	nfo_rule_uninit(&said.rule);
}

static void test_invariants(void **state)
{
	(void)state;
	for (size_t i = 0; i < corpus_size + dialect_corpus_size; i++) {
		struct nfo_rule rule;

		rule_make(&rule, entry_at(i));
		for (int d = 0; d < DIALECT_JUDGES; d++)
			judge(d, &rule, entry_at(i)->name);
		nfo_rule_uninit(&rule);
	}
}

/* Part of the match of one rule, the actions of another. */
static void rule_cross(struct nfo_rule *rule, unsigned int *seed)
{
	size_t n = corpus_size + dialect_corpus_size;
	struct nfo_rule match;

	rule_make(&match, entry_at(rand_r(seed) % n));
	rule_make(rule, entry_at(rand_r(seed) % n));
	free(rule->geneve);
	rule->geneve = match.geneve;
	match.geneve = NULL;
	rule->key = match.key;
	rule->mask = match.mask;
	if (rand_r(seed) & 1)
		MATCH(rule, ip_frag, 0, NFO_FRAG_ANY);
	if (rand_r(seed) & 1)
		MATCH(rule, ttl, rand_r(seed), rand_r(seed) & 1 ? 0xff : 0xc0);
	if (!(rand_r(seed) % 4))
		MATCH(rule, tcp_flags, htons(rand_r(seed) & 0xfff),
		      htons(rand_r(seed) & 0xfff));
	nfo_rule_normalise(rule);
	nfo_rule_uninit(&match);
}

/* Is it one that TC can be told of at all? */
static bool is_sane(const struct nfo_rule *rule)
{
	static const uint8_t cookie[NFO_COOKIE_LEN];
	const struct nfo_place place = { .ifindex = 2, .prio = 1 };
	enum nft_offload_reason reason;
	char buf[16 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));

	return nfo_tc_flower_put(buf, sizeof(buf), rule, &place, cookie, 0,
				 &reason) > 0;
}

static void test_random(void **state)
{
	unsigned int seed = 1;
	int sane = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct nfo_rule rule;

		rule_cross(&rule, &seed);
		if (is_sane(&rule)) {
			sane++;
			for (int d = 0; d < DIALECT_JUDGES; d++)
				judge(d, &rule, "a crossed rule");
		}
		nfo_rule_uninit(&rule);
	}
	assert_true(sane > 5000);
}

/* --- single things --- */

/* What is said for @make; its text with @size bytes. */
static void expect(const char *name, corpus_make *make, const char *end)
{
	struct nfo_rule rule;
	struct nfo_said said;
	char text[NFO_RULE_STRLEN];
	size_t len;

	nfo_rule_init(&rule);
	make(&rule, PORT);
	nfo_rule_normalise(&rule);
	if (say(name, &rule, &said))
		snprintf(text, sizeof(text), "%s", said.text);
	else
		nfo_rule_to_string(said.same ? &rule : &said.rule, text,
				   sizeof(text));
	len = strlen(text);
	assert_true(len >= strlen(end));
	assert_string_equal(text + len - strlen(end), end);
	nfo_rule_uninit(&said.rule);
	nfo_rule_uninit(&rule);
}

static void test_words(void **state)
{
	(void)state;
	/* In other words. */
	expect("sfc", make_ovs_route, "set( ip_ttl=63 ), redirect(dev 7)");
	expect("nfp", make_nft_pinned,
	       "set( ip_ttl=63 ), csum(ipv4,udp), redirect(dev 7)");
	expect("nfp", make_ovs_route_ipv6, "csum(tcp), redirect(dev 7)");
	expect("ice", make_ovs_udp, "dst_port=53 -> redirect(dev 7)");
	expect("octeontx2", make_ovs_udp, "-> redirect(ingress dev 7)");
	/* Not at all, and why. */
	expect("ice", make_nft_udp, "ice: cannot rewrite headers");
	expect("ice", make_nft_tcp, "ice: cannot match tcp_flags");
	expect("ice", make_ovs_two_ports, "ice: cannot mirror packets");
	expect("bnxt", make_nft_udp, "bnxt: cannot decrement the TTL");
	expect("bnxt", make_nft_tcp, "bnxt: would take no notice of tcp_flags");
	expect("bnxt", make_ovs_two_ports, "bnxt: would take no notice of mirror");
	expect("bnxt", make_ovs_push_pcp, "bnxt: would lose the priority of the tag");
	expect("nfp", make_nft_udp, "nfp: cannot decrement the TTL");
	expect("sfc", make_nft_udp, "sfc: has no priorities, so nothing keeps TTL 1 from being decremented");
	expect("octeontx2", make_nft_udp, "octeontx2: cannot rewrite headers");
	expect("octeontx2", make_internal_port,
	       "octeontx2: cannot hand packets to a port as if received there");
}

/* What software would get wrong must not lie there as well. */
static void test_hw_only(void **state)
{
	struct nfo_dialect_place place = { .indirect = true };
	const struct nfo_dialect *sfc = nfo_dialect_find("sfc");
	struct nfo_rule rule;
	struct nfo_said said;

	(void)state;
	nfo_rule_init(&rule);
	make_ovs_route(&rule, PORT);
	nfo_rule_normalise(&rule);
	assert_int_equal(nfo_dialect_say(sfc, &rule, &chain_0, &said), 0);
	assert_true(said.hw_only);
	nfo_rule_uninit(&said.rule);
	assert_int_equal(nfo_dialect_say(sfc, &rule, &place, &said),
			 NFT_OFFLOAD_REASON_NIC_UNABLE);
	place = (struct nfo_dialect_place){ .chain = 3 };
	assert_int_equal(nfo_dialect_say(sfc, &rule, &place, &said),
			 NFT_OFFLOAD_REASON_NIC_UNABLE);
	nfo_rule_uninit(&rule);
}

static void test_find(void **state)
{
	static const struct {
		const char *driver;
		const char *name;
	} cases[] = {
		{ "mlx5e_rep", "mlx5" }, { "mlx5_core", "mlx5" },
		{ "nfp", "nfp" }, { "sfc", "sfc" }, { "efx_ef100_rep", "sfc" },
		{ "ice", "ice" }, { "bnxt_en", "bnxt" },
		{ "rvu_rep", "octeontx2" }, { "eswsim-ice", "ice" },
		{ "eswsim", "generic" }, { "eswsim-deep", "generic" },
		{ "mlxsw_spectrum", "generic" }, { "", "generic" },
		{ NULL, "generic" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(nfo_dialect_find(cases[i].driver)->name,
				    cases[i].name);
}

static void test_full(void **state)
{
	(void)state;
	assert_true(nfo_dialect_is_full(&nfo_dialect_generic, -ENOSPC));
	assert_false(nfo_dialect_is_full(&nfo_dialect_generic, -ENOENT));
	assert_true(nfo_dialect_is_full(nfo_dialect_find("nfp"), ENOENT));
	assert_true(nfo_dialect_is_full(nfo_dialect_find("rvu_rep"), -ENOMEM));
	assert_true(nfo_dialect_is_full(nfo_dialect_find("mlx5e_rep"), -EAGAIN));
	assert_false(nfo_dialect_is_full(nfo_dialect_find("ice"), 0));
}

/* One that is not known is told all, as it is. */
static void test_generic(void **state)
{
	(void)state;
	for (size_t i = 0; i < corpus_size + dialect_corpus_size; i++) {
		struct nfo_rule rule;
		struct nfo_said said;

		rule_make(&rule, entry_at(i));
		assert_int_equal(nfo_dialect_say(&nfo_dialect_generic, &rule,
						 &chain_0, &said), 0);
		assert_true(said.same && !said.hw_only);
		nfo_rule_uninit(&rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_invariants),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hw_only),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_generic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
