// SPDX-License-Identifier: Apache-2.0
/*
 * test_table_fault: what the table does when a NIC refuses for a while, or
 * loses its rules and tells nobody.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"

#define MANY	40

static int setup(void **state)
{
	*state = host_new();
	return 0;
}

static int teardown(void **state)
{
	host_free(*state);
	return 0;
}

/* Flows, or guards, are refused with @err for @seconds, tried each second. */
static void refuse(struct host *host, int err, const char *text, int seconds,
		   bool guards)
{
	host->tc->fail_news = guards ? 0 : UINT32_MAX;
	host->tc->fail_guards = guards;
	host->tc->fail_err = err;
	host->tc->fail_text = text;
	for (int i = 0; i < MANY; i++)
		put(host, i, 1);
	assert_int_equal(stats(host).in_hw, 0);
	for (int i = 0; i < seconds; i++) {
		clock_ms += 1000;
		assert_true(nfo_table_retry(host->batch, 16) >= 0);
	}
	assert_int_equal(stats(host).in_hw, 0);
	host->tc->fail_news = 0;
	host->tc->fail_guards = false;
}

/* Two more looks, a second apart, and all of them lie in hardware. */
static void converge(struct host *host)
{
	for (int i = 0; i < 2; i++) {
		clock_ms += 1000;
		assert_true(nfo_table_retry(host->batch, 16) >= 0);
	}
	assert_int_equal(stats(host).in_hw, MANY);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), MANY);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
}

/* However long it was full: two minutes, and back-offs are at their longest. */
static void test_full(void **state)
{
	refuse(*state, -ENOSPC, "full", 120, false);
	converge(*state);
}

static void test_driver(void **state)
{
	refuse(*state, -EINVAL, "mlx5: no", 120, false);
	assert_int_equal(((struct host *)*state)->told.reason,
			 NFT_OFFLOAD_REASON_DRIVER_REFUSED);
	converge(*state);
}

static void test_exists(void **state)
{
	refuse(*state, -EEXIST, "there", 120, false);
	converge(*state);
}

/* Without a guard no flow is placed, and all wait for that one. */
static void test_guard(void **state)
{
	refuse(*state, -EINVAL, "mlx5: no", 120, true);
	converge(*state);
}

/* While it lasts only a few are tried, however many wait. */
static void test_probes(void **state)
{
	struct host *host = *state;
	uint64_t before;

	refuse(host, -EINVAL, "mlx5: no", 1, false);
	host->tc->fail_news = UINT32_MAX;
	before = stats(host).retried;
	for (int i = 0; i < 100; i++) {
		clock_ms += 1000;
		nfo_table_retry(host->batch, 16);
	}
	assert_in_range(stats(host).retried - before, 100, 800);
}

/* What no driver can do is not asked for again. */
static void test_unsupported(void **state)
{
	struct host *host = *state;

	host->tc->fail_news = 2;
	host->tc->fail_err = -EOPNOTSUPP;
	host->tc->fail_text = "mlx5: never";
	put(host, 1, 1);
	host->tc->fail_news = 0;
	clock_ms += 10000;
	assert_int_equal(nfo_table_retry(host->batch, 16), 0);
	assert_int_equal(stats(host).in_hw, 0);
}

/* A rule in doubt is put again where it lies, behind its guard. */
static void test_doubt(void **state)
{
	struct host *host = *state;
	struct nfo_counters counted;
	unsigned int replaces;

	put(host, 1, 1);
	clock_ms += 5000;
	fake_tc_first(host->tc, FLOWS)->packets = 10;
	nfo_table_read_counters(host->batch, 0);
	replaces = host->tc->replaces;
	memset(host->tc->log, 0, sizeof(host->tc->log));
	assert_int_equal(nfo_table_doubt(host->batch, FLOWTABLE, nfo_id(1)), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_int_equal(host->tc->replaces - replaces, 2);
	assert_string_equal(host->tc->log, "GF");
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	look(host, 1, &host->told);
	counted = host->told.counters;
	assert_int_equal(counted.packets, 10);
	assert_int_equal(stats(host).in_hw, 1);
	assert_int_equal(nfo_table_doubt(host->batch, FLOWTABLE, nfo_id(2)),
			 -ENOENT);
}

/* Packets that software always gets make it no busier than this. */
static void test_doubts(void **state)
{
	struct host *host = *state;
	unsigned int replaces;

	put(host, 1, 1);
	replaces = host->tc->replaces;
	for (int i = 0; i < 120; i++) {
		clock_ms += 1000;
		nfo_table_doubt(host->batch, FLOWTABLE, nfo_id(1));
		nfo_table_commit(host->batch);
	}
	assert_in_range(host->tc->replaces - replaces, 4, 20);
	/* After a long peace it is believed at once. */
	replaces = host->tc->replaces;
	clock_ms += 600000;
	nfo_table_doubt(host->batch, FLOWTABLE, nfo_id(1));
	nfo_table_commit(host->batch);
	assert_int_equal(host->tc->replaces - replaces, 2);
}

/* A driver that takes no second rule of the same match: out, and in again. */
static void test_doubt_exists(void **state)
{
	struct host *host = *state;

	put(host, 1, 1);
	host->tc->fail_replaces = true;
	clock_ms += 5000;
	assert_int_equal(nfo_table_doubt(host->batch, FLOWTABLE, nfo_id(1)), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_int_equal(stats(host).in_hw, 1);
	assert_int_equal(stats(host).guards, 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unsupported, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_doubt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doubts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doubt_exists, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
