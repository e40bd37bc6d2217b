// SPDX-License-Identifier: Apache-2.0
/*
 * test_table_adopt: the table finds in the kernel what it did not just put
 * there: rules of an earlier process, of others, changed by others, or put by
 * a message whose answer was lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"
#include "tc_flower.h"

static void test_adopt(void **state)
{
	struct nfo_counters before = { 20, 2000, 0 };
	struct host *host = host_new();
	struct fake_filter *filter;
	unsigned int news;
	uint32_t handle;

	(void)state;
	put(host, 1, 1);
	put(host, 2, 1);
	put(host, 3, 1);
	fake_tc_first(host->tc, FLOWS)->packets = 30;
	handle = fake_tc_first(host->tc, FLOWS)->place.handle;
	process_stop(host);
	news = host->tc->news;

	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), 4);
	assert_int_equal(stats(host).orphans, 4);
	/* Equal: nothing is sent; other ids do not matter. */
	assert_int_equal(put_by(host->batch, 1, 1, 2, 3, &before, NULL), 0);
	nfo_table_commit(host->batch);
	assert_string_equal(host->told.history, "H");
	assert_int_equal(host->tc->news, news);
	assert_int_equal(host->told.place.handle, handle);
	assert_int_equal(host->told.counters.packets, 30);
	assert_int_equal(host->told.counters.bytes, 2000);
	/* The guard with it. */
	assert_int_equal(stats(host).adopted, 2);
	assert_int_equal(stats(host).guards, 1);
	/* Counters go on. */
	filter = fake_tc_first(host->tc, FLOWS);
	filter->packets = 33;
	clock_ms += 1;
	nfo_table_read_counters(host->batch, 0);
	look(host, 1, &host->told);
	assert_int_equal(host->told.counters.packets, 33);

	/* Other actions: replaced in place. */
	put(host, 2, 9);
	assert_int_equal(host->tc->news, news + 1);
	assert_int_equal(host->tc->replaces, 1);
	assert_int_equal(host->tc->dels, 0);

	/* A new one does not take a handle that is in use. */
	put(host, 4, 1);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 4);

	/* The third is nobody's. */
	assert_int_equal(nfo_table_reap(host->batch, 5000), 0);
	clock_ms += 5000;
	assert_int_equal(nfo_table_reap(host->batch, 5000), 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 3);
	/* The guard was adopted with the first. */
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
	assert_int_equal(stats(host).orphans, 0);

	assert_int_equal(nfo_table_clear(host->batch), 0);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	host_free(host);
}

static void expect_taken(void *arg, int err, const char *text)
{
	(void)arg;
	(void)text;
	assert_int_equal(err, 0);
}

/* Puts a rule without our cookie at @prio on port 2. */
static void put_foreign(struct fake_tc *tc, uint16_t prio, uint32_t handle)
{
	struct nfo_place place = {
		.ifindex = 2, .prio = prio, .handle = handle,
	};
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct nlmsghdr *nlh = nfo_rtnl_room(rtnl);
	struct nfo_rule rule;

	make_rule(&rule, 77, 1, 3);
	assert_true(nfo_tc_flower_put(nlh, NFO_RTNL_MSG_MAX, &rule, &place,
				      NULL, NFO_TC_SKIP_SW, NULL) > 0);
	nfo_rule_uninit(&rule);
	assert_int_equal(nfo_rtnl_queue(rtnl, expect_taken, NULL, NULL), 0);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	nfo_rtnl_close(rtnl);
}

static void test_foreign(void **state)
{
	struct host *host = host_new();

	(void)state;
	put_foreign(host->tc, NFO_BAND_PRIO_FLOWTABLE, 5);
	put_foreign(host->tc, 2, 1);
	put(host, 1, 1);
	process_stop(host);
	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), 2);
	clock_ms += 1;
	assert_int_equal(nfo_table_reap(host->batch, 0), 2);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 2);
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 2);

	put(host, 1, 1);
	assert_int_equal(nfo_table_purge(host->rtnl, host->eswitch,
					 1U << NFO_SOURCE_OVS), 0);
	assert_int_equal(nfo_table_purge(host->rtnl, host->eswitch, SOURCES),
			 2);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 2);
	host_free(host);
}

/* Another source comes and goes while the table lives. */
static void test_claim(void **state)
{
	const uint32_t ovs = 1U << NFO_SOURCE_OVS;
	struct nfo_table_config config = { .sources = ovs };
	struct host *host = host_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(host->tc);
	struct nfo_batch *batch;
	struct nfo_table *table;

	(void)state;
	put(host, 1, 1);
	put(host, 2, 1);
	process_stop(host);
	config.eswitch = host->eswitch;
	assert_int_equal(nfo_table_create(&table, &config), 0);
	assert_int_equal(nfo_batch_open(&batch, table, rtnl, view_fn,
					&host->told), 0);

	/* Rules of a source that is not its own are left alone. */
	assert_int_equal(nfo_table_read_back(batch), 0);
	assert_int_equal(nfo_table_reconcile(batch, 0), 0);
	assert_int_equal(nfo_table_reap_sources(batch, SOURCES), 0);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 2);

	/* Two flows and their guard; a flow takes its rule over. */
	assert_int_equal(nfo_table_claim(batch, SOURCES), 3);
	assert_int_equal(put_by(batch, 1, 1, 2, 3, NULL, NULL), 0);
	nfo_table_commit(batch);
	assert_int_equal(nfo_table_reap_sources(batch, ovs), 0);
	assert_int_equal(nfo_table_reap_sources(batch, SOURCES), 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);

	/* What is left over stays, for the next one, or goes. */
	assert_int_equal(nfo_table_del(batch, FLOWTABLE, nfo_id(1)), 0);
	nfo_table_commit(batch);
	put_foreign(host->tc, NFO_BAND_PRIO_FLOWTABLE, 5);
	process_start(host);
	put(host, 3, 1);
	process_stop(host);
	assert_int_equal(nfo_table_claim(batch, SOURCES), 2);
	assert_int_equal(nfo_table_disclaim(batch, SOURCES, false), 0);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 2);
	assert_int_equal(nfo_table_claim(batch, SOURCES), 2);
	assert_int_equal(nfo_table_disclaim(batch, SOURCES, true), 0);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 0);

	nfo_batch_close(batch);
	nfo_table_destroy(table);
	nfo_rtnl_close(rtnl);
	process_start(host);
	host_free(host);
}

static void test_reconcile(void **state)
{
	struct host *host = host_new();
	struct fake_filter *filter;

	(void)state;
	put(host, 1, 1);
	put(host, 2, 1);
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	assert_int_equal(stats(host).vanished, 0);

	/* Somebody takes one away; the guard too. */
	filter = fake_tc_first(host->tc, FLOWS);
	filter->packets = 7;
	nfo_table_read_counters(host->batch, 0);
	fake_tc_drop(host->tc, filter);
	fake_tc_drop(host->tc, fake_tc_first(host->tc, GUARDS));
	memset(host->told.history, 0, sizeof(host->told.history));
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	assert_int_equal(stats(host).vanished, 2);
	assert_string_equal(host->told.history, "KH");
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 2);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
	look(host, 1, &host->told);
	assert_int_equal(host->told.counters.packets, 7);

	/* One falls out of hardware: replaced where it lies. */
	fake_tc_first(host->tc, FLOWS)->not_in_hw = true;
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	assert_int_equal(stats(host).vanished, 3);
	assert_int_equal(host->tc->replaces, 1);
	assert_int_equal(stats(host).in_hw, 2);

	/* All ports in slices. */
	filter = fake_tc_first(host->tc, FLOWS);
	fake_tc_drop(host->tc, filter);
	for (int i = 0; i < 5; i++)
		assert_int_equal(nfo_table_reconcile(host->batch, 1), 0);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 2);
	host_free(host);
}

/* Lets all retries fall due, a few times over. */
static void retry_all(struct host *host)
{
	for (int i = 0; i < 4; i++) {
		clock_ms += 60000;
		assert_true(nfo_table_retry(host->batch, 100) >= 0);
	}
}

/* Somebody takes the guard away, and then there is no room for it. */
static void test_guard_lost(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	put(host, 2, 1);
	fake_tc_first(host->tc, FLOWS)->packets = 9;
	fake_tc_drop(host->tc, fake_tc_first(host->tc, GUARDS));
	host->tc->fail_guards = true;
	host->tc->fail_err = -ENOSPC;
	host->tc->fail_text = "full";
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	/* No rule forwards without it. */
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 0);
	assert_int_equal(stats(host).in_hw, 0);
	look(host, 1, &host->told);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_TABLE_FULL);
	assert_string_equal(host->told.text, "rule for TTL 0 and 1: full");
	assert_int_equal(host->told.counters.packets, 9);
	retry_all(host);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 0);

	host->tc->fail_guards = false;
	retry_all(host);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 2);
	look(host, 1, &host->told);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	assert_int_equal(host->told.counters.packets, 9);
	host_free(host);
}

/* The rule cannot be taken away at once either. */
static void test_guard_lost_del(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	fake_tc_drop(host->tc, fake_tc_first(host->tc, GUARDS));
	host->tc->fail_guards = true;
	host->tc->fail_err = -ENOSPC;
	host->tc->fail_text = "full";
	host->tc->fail_dels = 2;
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	retry_all(host);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 0);
	host_free(host);
}

/* A rule of the former process whose guard went in between. */
static void test_guard_lost_adopt(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	process_stop(host);
	fake_tc_drop(host->tc, fake_tc_first(host->tc, GUARDS));
	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), 1);
	host->tc->fail_guards = true;
	host->tc->fail_err = -EBUSY;
	host->tc->fail_text = "busy";
	put(host, 1, 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 0);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	host->tc->fail_guards = false;
	retry_all(host);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	host_free(host);
}

static void test_lost(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	/* Lost, but done. */
	host->tc->lose = 1;
	put(host, 2, 1);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	assert_int_equal(stats(host).lost, 1);
	assert_int_equal(host->tc->gets, 1);
	assert_int_equal(host->tc->news, 3);
	/* Lost, and not done. */
	host->tc->lose = 1;
	host->tc->fail_news = 1;
	host->tc->fail_err = -EIO;
	put(host, 3, 1);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 3);
	/* Lost again and again: waits, then sees. */
	host->tc->lose = 3;
	put(host, 4, 1);
	assert_int_not_equal(stats(host).in_hw, 4);
	clock_ms += 100;
	assert_int_equal(nfo_table_retry(host->batch, 10), 1);
	clock_ms += 200;
	assert_int_equal(nfo_table_retry(host->batch, 10), 1);
	assert_int_equal(stats(host).in_hw, 4);
	/* A lost deletion. */
	host->tc->lose = 1;
	del(host, 4);
	assert_int_equal(host->told.state, NFO_STATE_GONE);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 3);
	host_free(host);
}

/* A port goes while nobody knows what became of a rule there. */
static void test_lost_port(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	host->tc->lose = 2;
	put(host, 2, 1);
	host->tc->links[1].ifindex = 0;
	assert_int_equal(nfo_eswitch_refresh(host->eswitch, NULL, NULL), 0);
	assert_int_equal(nfo_table_port_changed(host->batch, 2), 0);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_PORT_GONE);
	assert_int_equal(stats(host).in_hw, 0);
	del(host, 2);
	assert_int_equal(host->told.gone, 1);
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_reconcile),
		cmocka_unit_test(test_guard_lost),
		cmocka_unit_test(test_guard_lost_del),
		cmocka_unit_test(test_guard_lost_adopt),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_lost_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
