// SPDX-License-Identifier: Apache-2.0
/*
 * test_table: the table against a fake kernel: what becomes of flows that are
 * put, changed and deleted. See test_table_adopt.c too.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"

static void test_life(void **state)
{
	struct host *host = host_new();
	struct told told;

	(void)state;
	put(host, 1, 1);
	assert_string_equal(host->told.history, "H");
	assert_string_equal(host->tc->log, "GF");
	assert_int_equal(host->tc->no_qdisc, 0);
	assert_int_equal(stats(host).in_hw, 1);
	assert_int_equal(stats(host).guards, 1);
	look(host, 1, &told);
	assert_int_equal(told.state, NFO_STATE_IN_HW);
	assert_int_equal(told.place.prio, NFO_BAND_PRIO_FLOWTABLE);

	/* The second one shares the guard. */
	put(host, 2, 1);
	assert_string_equal(host->tc->log, "GFF");
	/* The same once more: nothing to send, but an answer. */
	put(host, 2, 1);
	assert_string_equal(host->told.history, "HHH");
	assert_int_equal(host->tc->news, 3);

	del(host, 1);
	assert_string_equal(host->tc->log, "GFFf");
	del(host, 2);
	assert_string_equal(host->tc->log, "GFFffg");
	assert_int_equal(host->told.gone, 2);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	assert_int_equal(nfo_table_get(host->table, FLOWTABLE, nfo_id(1),
				       view_fn, &told), -ENOENT);
	assert_int_equal(nfo_table_del(host->batch, FLOWTABLE, nfo_id(1)),
			 -ENOENT);
	assert_int_equal(stats(host).entries, 0);
	assert_int_equal(stats(host).in_hw, 0);
	assert_int_equal(stats(host).guards, 0);
	host_free(host);
}

static void test_refuse(void **state)
{
	struct host *host = host_new();

	(void)state;
	host->tc->fail_news = 1;
	host->tc->fail_err = -EOPNOTSUPP;
	host->tc->fail_text = "driver: cannot";
	put(host, 1, 1);
	assert_string_equal(host->told.history, "K");
	assert_int_not_equal(host->told.reason, 0);
	assert_string_equal(host->told.text, "driver: cannot");
	/* A guard for nothing goes. */
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	/* The same rule again gets the same answer without asking. */
	put(host, 1, 1);
	assert_string_equal(host->told.history, "KK");
	assert_int_equal(nfo_table_retry(host->batch, 10), 0);
	/* Another one is tried. */
	put(host, 1, 2);
	assert_string_equal(host->told.history, "KKH");
	del(host, 1);

	/* The ports say no. */
	assert_int_equal(put_by(host->batch, 2, 1, 6, 3, NULL, NULL), 0);
	nfo_table_commit(host->batch);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
	assert_string_equal(host->told.text, "port6");

	/* The source says no: what was in hardware goes. */
	put(host, 3, 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	assert_int_equal(nfo_table_reject(host->batch, FLOWTABLE, nfo_id(3),
					  NULL, NFT_OFFLOAD_REASON_MTU,
					  "1500 > 1400", NULL, NULL), 0);
	nfo_table_commit(host->batch);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_MTU);
	assert_string_equal(host->told.text, "1500 > 1400");
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	assert_int_equal(stats(host).in_hw, 0);
	host_free(host);
}

/* A refusal that comes when something else is wanted, or nothing any more. */
static void test_refuse_late(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 9, 1);
	host->tc->fail_news = 1;
	host->tc->fail_err = -EOPNOTSUPP;
	host->tc->fail_text = "driver: cannot";
	assert_int_equal(put_by(host->batch, 1, 1, 2, 3, NULL, NULL), 0);
	put(host, 1, 2);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);

	host->tc->fail_news = 1;
	host->tc->fail_err = -ENOSPC;
	assert_int_equal(put_by(host->batch, 2, 1, 2, 3, NULL, NULL), 0);
	assert_int_equal(nfo_table_reject(host->batch, FLOWTABLE, nfo_id(2),
					  NULL, NFT_OFFLOAD_REASON_MTU, NULL,
					  NULL, NULL), 0);
	nfo_table_commit(host->batch);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_MTU);
	clock_ms += 100;
	assert_int_equal(nfo_table_retry(host->batch, 10), 0);
	look(host, 2, &host->told);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_MTU);
	host_free(host);
}

static void test_guard_refused(void **state)
{
	struct host *host = host_new();

	(void)state;
	host->tc->fail_guards = true;
	host->tc->fail_err = -EOPNOTSUPP;
	host->tc->fail_text = "no ttl";
	put(host, 1, 1);
	assert_string_equal(host->told.history, "K");
	assert_string_equal(host->told.text, "rule for TTL 0 and 1: no ttl");
	assert_string_equal(host->tc->log, "");
	host->tc->fail_guards = false;
	put(host, 2, 1);
	assert_string_equal(host->tc->log, "GF");
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	host_free(host);
}

static void test_replace(void **state)
{
	struct host *host = host_new();
	struct fake_filter *filter;
	uint32_t handle;

	(void)state;
	put(host, 1, 1);
	filter = fake_tc_first(host->tc, FLOWS);
	handle = filter->place.handle;
	filter->packets = 10;
	filter->bytes = 1000;
	put(host, 1, 2);
	filter = fake_tc_first(host->tc, FLOWS);
	assert_int_equal(filter->place.handle, handle);
	assert_int_equal(host->tc->replaces, 1);
	assert_int_equal(host->tc->dels, 0);
	assert_string_equal(host->told.history, "HH");
	assert_int_equal(host->told.counters.packets, 10);

	/* The new rule counts on top. */
	filter->packets = 3;
	filter->bytes = 300;
	assert_int_equal(nfo_table_read_counters(host->batch, 0), 0);
	look(host, 1, &host->told);
	assert_int_equal(host->told.counters.packets, 13);
	assert_int_equal(host->told.counters.bytes, 1300);

	/* Where it cannot be replaced it goes first. */
	host->tc->fail_replaces = true;
	filter->packets = 4;
	put(host, 1, 3);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	/* But the guard stays. */
	assert_int_equal(host->tc->dels, 1);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	assert_int_equal(host->told.counters.packets, 14);

	/* Another port is another rule. */
	assert_int_equal(put_by(host->batch, 1, 3, 4, 3, NULL, NULL), 0);
	nfo_table_commit(host->batch);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	assert_int_equal(fake_tc_first(host->tc, FLOWS)->place.ifindex, 4);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
	assert_int_equal(fake_tc_first(host->tc, GUARDS)->place.ifindex, 4);
	assert_int_equal(host->told.counters.packets, 14);
	host_free(host);
}

static void test_counters(void **state)
{
	struct nfo_counters before = { 100, 10000, 50 };
	struct host *host = host_new();
	struct fake_filter *filter;
	struct told told = { 0 };

	(void)state;
	assert_int_equal(put_by(host->batch, 1, 1, 2, 3, &before, NULL), 0);
	nfo_table_commit(host->batch);
	assert_int_equal(host->told.counters.packets, 100);
	filter = fake_tc_first(host->tc, FLOWS);
	filter->packets = 5;
	filter->bytes = 500;
	clock_ms += 1000;
	nfo_table_read_counters(host->batch, 0);
	nfo_table_changed_counters(host->table, FLOWTABLE, view_fn, &told);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.counters.packets, 105);
	assert_int_equal(told.counters.bytes, 10500);
	assert_int_equal(told.counters.idle_ms, 0);
	nfo_table_changed_counters(host->table, FLOWTABLE, view_fn, &told);
	assert_int_equal(told.calls, 1);

	/* Idle. */
	clock_ms += 700;
	nfo_table_read_counters(host->batch, 0);
	look(host, 1, &told);
	assert_int_equal(told.counters.idle_ms, 700);

	/* Backwards: a rule made anew by somebody. */
	filter->packets = 2;
	filter->bytes = 200;
	nfo_table_read_counters(host->batch, 1);
	look(host, 1, &told);
	assert_int_equal(told.counters.packets, 107);
	assert_int_equal(told.counters.bytes, 10700);

	/* The last ones come with the removal. */
	filter->packets = 9;
	filter->bytes = 900;
	del(host, 1);
	assert_int_equal(host->told.state, NFO_STATE_GONE);
	assert_int_equal(host->told.counters.packets, 114);
	host_free(host);
}

static void test_retry(void **state)
{
	struct host *host = host_new();

	(void)state;
	host->tc->fail_err = -EBUSY;
	host->tc->fail_news = 2;
	put(host, 0, 1);
	put(host, 1, 1);
	assert_int_equal(stats(host).in_hw, 0);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_BUSY);
	assert_int_equal(nfo_table_retry(host->batch, 10), 0);
	clock_ms += 100;
	host->tc->fail_news = 1;
	assert_int_equal(nfo_table_retry(host->batch, 1), 1);
	assert_int_equal(nfo_table_retry(host->batch, 10), 1);
	assert_int_equal(stats(host).in_hw, 1);
	/* Twice as long now. */
	clock_ms += 100;
	assert_int_equal(nfo_table_retry(host->batch, 10), 0);
	clock_ms += 100;
	assert_int_equal(nfo_table_retry(host->batch, 10), 1);
	assert_int_equal(stats(host).in_hw, 2);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	host_free(host);
}

/* A qdisc is made when the port is there, not when packets pass. */
static void test_prepare(void **state)
{
	struct host *host = host_new();

	(void)state;
	assert_false(host->tc->links[1].qdisc);
	assert_int_equal(nfo_table_port_prepare(host->batch, 2), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_true(host->tc->links[1].qdisc);
	/* Once more, and for a port that is gone: no harm. */
	assert_int_equal(nfo_table_port_prepare(host->batch, 2), 0);
	assert_int_equal(nfo_table_port_prepare(host->batch, 99), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	put(host, 1, 1);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	host_free(host);
}

/* The driver has a block of others: that is the reason, until it has not. */
static void test_taken(void **state)
{
	struct host *host = host_new();

	(void)state;
	host->tc->links[1].taken = true;
	put(host, 1, 1);
	assert_int_equal(host->told.state, NFO_STATE_KNOWN);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_BUSY);
	assert_non_null(strstr(host->told.text, "netdev chain"));
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	host->tc->links[1].taken = false;
	clock_ms += 60000;
	/* The guard; the flow follows. */
	assert_int_equal(nfo_table_retry(host->batch, 10), 1);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	host_free(host);
}

static void test_port(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	host->tc->links[1].tc_offload = false;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	assert_int_equal(nfo_table_port_changed(host->batch, 2), 0);
	assert_int_equal(host->told.reason,
			 NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	host->tc->links[1].tc_offload = true;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	assert_int_equal(nfo_table_port_changed(host->batch, 2), 0);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);

	/* The output goes. */
	host->tc->links[2].ifindex = 0;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	assert_int_equal(nfo_table_port_changed(host->batch, 3), 0);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_PORT_GONE);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	host->tc->links[2].ifindex = 3;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	nfo_table_port_changed(host->batch, 3);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);

	/* The port itself goes, and with it its rules. */
	while (fake_tc_first(host->tc, 0, 0xffff))
		fake_tc_drop(host->tc, fake_tc_first(host->tc, 0, 0xffff));
	host->tc->links[1].ifindex = 0;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	assert_int_equal(nfo_table_port_changed(host->batch, 2), 0);
	assert_int_equal(host->told.reason, NFT_OFFLOAD_REASON_PORT_GONE);
	assert_int_equal(stats(host).in_hw, 0);
	assert_int_equal(stats(host).guards, 0);
	host_free(host);
}

static void test_info(void **state)
{
	struct nfo_place where = { .ifindex = 2 };
	struct host *host = host_new();
	struct nfo_rule rule;
	struct nfo_id *ids;

	(void)state;
	infos_freed = 0;
	assert_int_equal(put_by(host->batch, 1, 1, 2, 3, NULL, malloc(1)), 0);
	assert_int_equal(put_by(host->batch, 1, 1, 2, 3, NULL, malloc(1)), 0);
	assert_int_equal(put_by(host->batch, 2, 1, 2, 3, NULL, malloc(1)), 0);
	make_rule(&rule, 3, 1, 3);
	assert_int_equal(nfo_table_put(host->batch, NFO_SOURCE_GUARD, nfo_id(3), &where,
				       &rule, NULL, malloc(1)), -EINVAL);
	nfo_rule_uninit(&rule);
	nfo_table_commit(host->batch);
	assert_int_equal(nfo_table_ids(host->table, FLOWTABLE, &ids), 2);
	free(ids);
	del(host, 1);
	host_free(host);
	assert_int_equal(infos_freed, 4);
}

/* Deleted and put again before anything was sent. */
static void test_revive(void **state)
{
	struct host *host = host_new();

	(void)state;
	put(host, 1, 1);
	assert_int_equal(nfo_table_del(host->batch, FLOWTABLE, nfo_id(1)), 0);
	assert_int_equal(put_by(host->batch, 1, 2, 2, 3, NULL, NULL), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);

	/* Put and deleted likewise. */
	assert_int_equal(put_by(host->batch, 2, 2, 2, 3, NULL, NULL), 0);
	assert_int_equal(nfo_table_del(host->batch, FLOWTABLE, nfo_id(2)), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_int_equal(host->told.state, NFO_STATE_GONE);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);

	/* Two flows with one match: the second has its turn. */
	assert_int_equal(put_by(host->batch, 1 << 16 | 1, 1, 2, 3, NULL, NULL),
			 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_int_equal(host->told.state, NFO_STATE_IN_HW);
	host_free(host);
}

#define THREADS	4
#define ROUNDS	400

struct worker {
	pthread_t thread;
	struct host *host;
	unsigned int seed;
};

static void ignore(void *arg, const struct nfo_view *view)
{
	(void)arg;
	(void)view;
}

/* Puts, changes, deletes and looks at a few flows that all workers share. */
static void *work(void *arg)
{
	struct worker *worker = arg;
	struct host *host = worker->host;
	struct nfo_rtnl *rtnl = fake_tc_rtnl(host->tc);
	struct nfo_batch *batch = NULL;

	nfo_batch_open(&batch, host->table, rtnl, ignore, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		for (int j = 0; j < 8; j++) {
			uint64_t id = rand_r(&worker->seed) % 16;
			uint8_t mac = rand_r(&worker->seed) % 3;

			if (rand_r(&worker->seed) % 3)
				put_by(batch, id, mac, 1 + id % 2, 3, NULL,
				       malloc(1));
			else
				nfo_table_del(batch, FLOWTABLE, nfo_id(id));
			nfo_table_get(host->table, FLOWTABLE, nfo_id(id),
				      ignore, NULL);
		}
		nfo_table_commit(batch);
		nfo_table_foreach(host->table, 0, ignore, NULL);
	}
	nfo_batch_close(batch);
	nfo_rtnl_close(rtnl);
	return NULL;
}

static void test_threads(void **state)
{
	struct worker workers[THREADS];
	struct host *host = host_new();

	(void)state;
	infos_freed = 0;
	for (int i = 0; i < THREADS; i++) {
		workers[i].host = host;
		workers[i].seed = i;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < 200; i++) {
		__atomic_add_fetch(&clock_ms, 50, __ATOMIC_RELAXED);
		nfo_table_read_counters(host->batch, 0);
		nfo_table_retry(host->batch, 16);
		nfo_table_reconcile(host->batch, 2);
		nfo_table_reap(host->batch, 1000);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);

	/* What is refused because another batch was busy comes in time. */
	for (int i = 0; i < 20; i++) {
		clock_ms += 60000;
		nfo_table_retry(host->batch, 1000);
	}
	assert_int_equal(stats(host).in_hw, stats(host).entries);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), stats(host).in_hw);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS),
			 stats(host).guards);
	assert_int_equal(host->tc->no_qdisc, 0);
	assert_int_equal(nfo_table_clear(host->batch), 0);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	assert_int_equal(stats(host).entries, 0);
	assert_int_equal(stats(host).guards, 0);
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_refuse_late),
		cmocka_unit_test(test_guard_refused),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_revive),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
