// SPDX-License-Identifier: Apache-2.0
/*
 * test_table_dialect: the table tells each NIC a rule in the words of its driver,
 * knows it again in these, and keeps the source's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"
#include "tc_flower.h"

#define OVS	NFO_SOURCE_OVS
#define LAID	NFO_BAND_PRIO_OVS, NFO_BAND_PRIO_END - 1

/* A host with NICs of @driver and a table for flows of Open vSwitch, too. */
static struct host *host_of(const char *driver, uint32_t flags)
{
	struct host *host;

	host_driver = driver;
	host_flags = flags;
	host_sources = SOURCES | 1U << OVS;
	host = host_new();
	host_driver = NULL;
	return host;
}

static void host_end(struct host *host)
{
	host_free(host);
	host_flags = 0;
	host_sources = SOURCES;
}

/* Open vSwitch's flow @id, UDP to port 53 routed with TTL 64 to @ttl. */
static void make_ovs(struct nfo_rule *rule, uint64_t id, uint8_t ttl)
{
	struct nfo_set value = { .eth_dst = { 2, 0, 0, 0, 0, 1 }, .ttl = ttl };
	struct nfo_set mask;

	memset(&mask, 0, sizeof(mask));
	memset(mask.eth_dst, 0xff, 6);
	nfo_rule_init(rule);
	rule->key.eth_type = htons(0x0800);
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = IPPROTO_UDP;
	rule->mask.ip_proto = 0xff;
	rule->mask.ip_frag = NFO_FRAG_ANY;
	rule->key.sport = htons(id);
	rule->mask.sport = 0xffff;
	rule->key.dport = htons(53);
	rule->mask.dport = 0xffff;
	if (ttl) {
		rule->key.ttl = 64;
		rule->mask.ttl = 0xff;
		mask.ttl = 0xff;
		nfo_rule_add_set(rule, &value, &mask);
		nfo_rule_fix_csum(rule);
	}
	nfo_rule_add_redirect(rule, 3);
	nfo_rule_normalise(rule);
}

static void put_ovs(struct host *host, uint64_t id, uint8_t ttl)
{
	const struct nfo_place where = { .ifindex = 2 };
	struct nfo_rule rule;

	make_ovs(&rule, id, ttl);
	assert_int_equal(nfo_table_put(host->batch, OVS, nfo_id(id), &where,
				       &rule, NULL, NULL), 0);
	nfo_rule_uninit(&rule);
	assert_int_equal(nfo_table_commit(host->batch), 0);
}

/* What lies for Open vSwitch: the one rule there is. */
static const struct fake_filter *laid(struct host *host)
{
	assert_int_equal(fake_tc_filters(host->tc, LAID), 1);
	return fake_tc_first(host->tc, LAID);
}

static struct nfo_tc_info info_of(const struct fake_filter *filter)
{
	struct nfo_tc_info info;

	assert_int_equal(nfo_tc_flower_parse((const void *)filter->msg, NULL,
					     NULL, &info), 0);
	return info;
}

static void seen_rule(void *arg, const struct nfo_view *view)
{
	bool *csum = arg;

	*csum = nfo_rule_has(view->rule, NFO_ACT_CSUM);
}

static void test_said(void **state)
{
	struct host *host = host_of("efx_ef100_rep", 0);
	bool csum = false;

	(void)state;
	put_ovs(host, 1, 63);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	/* The NIC's words are there; who asks is told the source's. */
	assert_false(nfo_rule_has(&laid(host)->rule, NFO_ACT_CSUM));
	nfo_table_get(host->table, OVS, nfo_id(1), seen_rule, &csum);
	assert_true(csum);

	/* It is what should be there. */
	nfo_table_reconcile(host->batch, 0);
	assert_int_equal(stats(host).vanished, 0);
	assert_int_equal(stats(host).orphans, 0);
	/* The same once more is nothing new. */
	put_ovs(host, 1, 63);
	assert_int_equal(host->tc->news, 1);
	/* What cannot be said takes the rule out. */
	put_ovs(host, 1, 17);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_NIC_UNABLE);
	assert_int_equal(fake_tc_filters(host->tc, LAID), 0);
	put_ovs(host, 1, 63);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	host_end(host);
}

static void test_adopted(void **state)
{
	struct host *host = host_of("ice", 0);
	unsigned int news;

	(void)state;
	put_ovs(host, 1, 0);
	assert_int_equal(laid(host)->rule.mask.ip_frag, 0);
	process_stop(host);
	news = host->tc->news;

	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), 1);
	put_ovs(host, 1, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_int_equal(stats(host).adopted, 1);
	assert_int_equal(host->tc->news, news);
	assert_int_equal(host->tc->dels, 0);
	host_end(host);
}

/* One that finds its flows in the kernel puts them as they are there. */
static void test_leftover(void **state)
{
	const struct nfo_place where = { .ifindex = 2 };
	struct host *host = host_of("bnxt_en", 0);
	struct nfo_leftover *left;
	unsigned int news;

	(void)state;
	put_ovs(host, 1, 0);
	process_stop(host);
	news = host->tc->news;

	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), 1);
	assert_int_equal(nfo_table_leftovers(host->table, OVS, 8, &left), 1);
	assert_int_equal(nfo_table_put(host->batch, OVS, nfo_id(9), &where,
				       &left[0].rule, NULL, NULL), 0);
	nfo_leftovers_free(left, 1);
	nfo_table_commit(host->batch);
	assert_int_equal(state_of(host, 9), NFO_STATE_IN_HW);
	assert_int_equal(stats(host).adopted, 1);
	assert_int_equal(host->tc->news, news);
	host_end(host);
}

static void test_refused(void **state)
{
	struct host *host = host_of("ice", 0);

	(void)state;
	put(host, 1, 1);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_NIC_UNABLE);
	assert_string_equal(host->told.text, "ice: cannot rewrite headers");
	assert_int_equal(stats(host).refused[NFT_OFFLOAD_REASON_NIC_UNABLE], 1);
	/* It was not asked, and is not asked again. */
	clock_ms += 100000;
	nfo_table_retry(host->batch, 100);
	assert_int_equal(host->tc->news, 0);
	assert_int_equal(stats(host).retried, 0);
	host_end(host);
}

/* A flow that decrements the TTL where no guard keeps TTL 1 away. */
static void test_no_priorities(void **state)
{
	struct host *host = host_of("sfc", 0);

	(void)state;
	put(host, 1, 1);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_NIC_UNABLE);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 0);
	assert_int_equal(host->tc->news, 0);
	host_end(host);
}

static void test_guarded(void **state)
{
	struct host *host = host_of("mlx5e_rep", 0);

	(void)state;
	put(host, 1, 1);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	assert_string_equal(host->tc->log, "GF");
	host_end(host);
}

static void test_full(void **state)
{
	static const struct {
		const char *driver;
		int err;
		enum nft_offload_reason reason;
	} cases[] = {
		{ "nfp", -ENOENT, NFT_OFFLOAD_REASON_TABLE_FULL },
		{ "mlx5_core", -EAGAIN, NFT_OFFLOAD_REASON_TABLE_FULL },
		{ "bnxt_en", -ENOMEM, NFT_OFFLOAD_REASON_TABLE_FULL },
		{ "ice", -ENOMEM, NFT_OFFLOAD_REASON_NO_MEMORY },
		{ NULL, -ENOENT, NFT_OFFLOAD_REASON_KERNEL_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host *host = host_of(cases[i].driver, 0);

		host->tc->fail_news = 1;
		host->tc->fail_err = cases[i].err;
		put_ovs(host, 1, 0);
		state_of(host, 1);
		assert_int_equal(seen.reason, cases[i].reason);
		/* The kernel's own words are not the driver's. */
		host->tc->fail_news = 1;
		host->tc->fail_text = "TC classifier not found";
		put_ovs(host, 2, 0);
		state_of(host, 2);
		assert_int_not_equal(seen.reason, NFT_OFFLOAD_REASON_TABLE_FULL);
		host->tc->fail_text = NULL;
		host_end(host);
	}
}

/* With software at hand: as the source says it, and what is for both. */
static void test_software(void **state)
{
	struct host *host = host_of("sfc", NFO_TABLE_ANY);

	(void)state;
	/* Software would leave a wrong checksum. */
	put_ovs(host, 1, 63);
	assert_true(info_of(laid(host)).skip_sw);
	/* Not to be said to the NIC: to software, all of it. */
	put_ovs(host, 1, 17);
	assert_true(info_of(laid(host)).skip_hw);
	assert_true(nfo_rule_has(&laid(host)->rule, NFO_ACT_CSUM));
	/* Nothing special. */
	put_ovs(host, 1, 0);
	assert_false(info_of(laid(host)).skip_sw);
	assert_false(info_of(laid(host)).skip_hw);
	/* And back. */
	put_ovs(host, 1, 63);
	assert_true(info_of(laid(host)).skip_sw);
	host_end(host);
}

static void put_at(struct host *host, uint64_t id, uint32_t ifindex, bool shared,
		   uint32_t out)
{
	const struct nfo_place where = { .ifindex = ifindex, .shared = shared };
	struct nfo_rule rule;

	make_ovs(&rule, id, 63);
	rule.actions[rule.n_actions - 1].port.ifindex = out;
	assert_int_equal(nfo_table_put(host->batch, OVS, nfo_id(id), &where,
				       &rule, NULL, NULL), 0);
	nfo_rule_uninit(&rule);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	state_of(host, id);
}

/* Of a tunnel or bond the NIC is that of the ports. */
static void test_others(void **state)
{
	struct host *host = host_of("ice", 0);

	(void)state;
	host->tc->links[6].ifindex = 7;
	host->tc->links[6].indirect = true;
	host->tc->links[7].ifindex = 8;
	host->tc->links[7].lag = true;
	host->tc->links[0].master = 8;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	put_at(host, 1, 7, false, 3);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_NIC_UNABLE);
	put_at(host, 2, 8, true, 3);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_NIC_UNABLE);
	assert_int_equal(host->tc->news, 0);
	host_end(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_leftover),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_priorities),
		cmocka_unit_test(test_guarded),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_software),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
