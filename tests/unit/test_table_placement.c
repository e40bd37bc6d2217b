// SPDX-License-Identifier: Apache-2.0
/*
 * test_table_placement: a NIC that holds fewer rules than there are flows: who is
 * there, what is asked of the driver, and that nothing is lost on the way.
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

#define PLACES	16
#define FLOWS_N	48

/* PLACES for flows, and one for the guard. */
static struct host *host_small(void)
{
	struct host *host = host_new();

	host->tc->capacity = PLACES + 1;
	for (int i = 0; i < FLOWS_N; i++)
		put(host, i, 1);
	return host;
}

static struct fake_filter *filter_of(struct host *host, uint64_t id)
{
	struct told told;

	look(host, id, &told);
	for (int i = 0; i < FAKE_FILTERS; i++)
		if (host->tc->filters[i].used && told.place.handle &&
		    host->tc->filters[i].place.handle == told.place.handle)
			return &host->tc->filters[i];
	return NULL;
}

static unsigned int inside(struct host *host, uint64_t first, uint64_t end)
{
	unsigned int n = 0;

	for (uint64_t id = first; id < end; id++) {
		struct told told;

		look(host, id, &told);
		n += told.state == NFO_STATE_IN_HW;
		assert_int_equal(told.state == NFO_STATE_IN_HW,
				 filter_of(host, id) != NULL);
	}
	return n;
}

/* A second in which flows of [@first, @end) have @packets each, others none. */
static void second(struct host *host, uint64_t first, uint64_t end,
		   uint64_t packets)
{
	clock_ms += 1000;
	for (uint64_t id = first; id < end; id++) {
		struct fake_filter *filter = filter_of(host, id);

		if (filter)
			filter->packets += packets;
		else
			nfo_table_carried(host->table, FLOWTABLE, nfo_id(id),
					  packets);
	}
	assert_int_equal(nfo_table_read_counters(host->batch, 0), 0);
	assert_true(nfo_table_retry(host->batch, 64) >= 0);
}

static void test_full(void **state)
{
	struct host *host = host_new();
	struct told told;

	(void)state;
	host->tc->capacity = PLACES + 1;
	host->tc->fail_text = "nic: full";
	for (int i = 0; i < PLACES; i++)
		put(host, i, 1);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	host->tc->fail_news = 1;
	host->tc->fail_err = -ENOSPC;
	for (int i = PLACES; i < FLOWS_N; i++)
		put(host, i, 1);
	/* One was enough to know, and it speaks for all. */
	assert_int_equal(host->tc->fail_news, 0);
	assert_int_equal(host->tc->news, PLACES + 1);
	assert_int_equal(nfo_table_waiting(host->table), FLOWS_N - PLACES);
	assert_int_equal(stats(host).in_hw, PLACES);
	look(host, FLOWS_N - 1, &told);
	assert_int_equal(told.state, NFO_STATE_KNOWN);
	assert_int_equal(told.reason, NFT_OFFLOAD_REASON_TABLE_FULL);
	assert_string_equal(told.text, "nic: full");
	/* Whoever goes makes room, for those that are silent as well. */
	for (int i = 0; i < 8; i++)
		del(host, i);
	clock_ms += 1000;
	assert_true(nfo_table_retry(host->batch, 64) >= 0);
	assert_true(stats(host).in_hw >= PLACES - PLACES / 8);
	host_free(host);
}

static void test_hottest(void **state)
{
	struct host *host = host_small();
	unsigned int news;

	(void)state;
	assert_int_equal(inside(host, 0, PLACES), PLACES);
	/* Those that have a place are silent, the last ones are not. */
	for (int i = 0; i < 8; i++)
		second(host, FLOWS_N - PLACES, FLOWS_N, 1000);
	assert_int_equal(inside(host, FLOWS_N - PLACES, FLOWS_N), PLACES);
	assert_int_equal(stats(host).in_hw, PLACES);
	/* And so it stays: no swap for nothing. */
	news = host->tc->news;
	for (int i = 0; i < 20; i++)
		second(host, FLOWS_N - PLACES, FLOWS_N, 1000);
	assert_int_equal(host->tc->news, news);
	assert_int_equal(stats(host).entries, FLOWS_N);
	host_free(host);
}

/* What hardware has counted stays, in and out and in again. */
static void test_counters(void **state)
{
	struct host *host = host_small();
	struct told told;

	(void)state;
	second(host, 0, 1, 500);
	look(host, 0, &told);
	assert_int_equal(told.counters.packets, 500);
	for (int i = 0; i < 8; i++)
		second(host, FLOWS_N - PLACES, FLOWS_N, 1000);
	assert_null(filter_of(host, 0));
	look(host, 0, &told);
	assert_int_equal(told.counters.packets, 500);
	for (int i = 0; i < 12; i++)
		second(host, 0, PLACES, 3000);
	assert_non_null(filter_of(host, 0));
	look(host, 0, &told);
	assert_true(told.counters.packets > 500);
	host_free(host);
}

/* More room is found within a second, for all of them. */
static void test_room(void **state)
{
	struct host *host = host_small();

	(void)state;
	host->tc->capacity = 0;
	clock_ms += 1000;
	assert_true(nfo_table_retry(host->batch, 64) >= 0);
	assert_int_equal(inside(host, 0, FLOWS_N), FLOWS_N);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	host_free(host);
}

/* A full NIC is asked once a second, however many flows come and wait. */
static void test_asked(void **state)
{
	struct host *host = host_small();
	uint64_t before = stats(host).refused[NFT_OFFLOAD_REASON_TABLE_FULL];
	unsigned int sends = host->tc->sends;

	(void)state;
	for (int i = 0; i < 100; i++) {
		clock_ms += 100;
		nfo_table_retry(host->batch, 64);
	}
	assert_in_range(host->tc->sends - sends, 9, 11);
	assert_in_range(stats(host).refused[NFT_OFFLOAD_REASON_TABLE_FULL] -
			before, 9, 11);
	host_free(host);
}

/* A full NIC, and flows of a port that has had none: they take a guard as well. */
static void test_guard(void **state)
{
	struct host *host = host_small();
	struct nfo_table_places places;
	uint64_t evicted;

	(void)state;
	for (int i = 0; i < 5; i++)
		second(host, 1, FLOWS_N, 1000);
	nfo_table_places(host->table, &places);
	evicted = places.evicted;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(put_by(host->batch, 100 + i, 1, 4, 3, NULL,
					NULL), 0);
		nfo_table_commit(host->batch);
	}
	/* Who is not hotter puts nobody out, however often it is tried. */
	for (int i = 0; i < 20; i++)
		second(host, 1, FLOWS_N, 1000);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 1);
	nfo_table_places(host->table, &places);
	assert_in_range(places.evicted - evicted, 0, 1);
	assert_int_equal(stats(host).in_hw, PLACES);
	for (int i = 0; i < 8; i++)
		second(host, 100, 104, 5000);
	assert_int_equal(fake_tc_filters(host->tc, GUARDS), 2);
	assert_int_equal(inside(host, 100, 104), 4);
	assert_true(stats(host).in_hw >= PLACES - 1 - PLACES / 8);
	host_free(host);
}

/* What waits can be changed, rejected and deleted like anything else. */
static void test_waiting(void **state)
{
	struct host *host = host_small();
	struct told told;

	(void)state;
	put(host, FLOWS_N - 1, 2);
	look(host, FLOWS_N - 1, &told);
	assert_int_equal(told.reason, NFT_OFFLOAD_REASON_TABLE_FULL);
	assert_int_equal(nfo_table_reject(host->batch, FLOWTABLE,
					  nfo_id(FLOWS_N - 2), NULL,
					  NFT_OFFLOAD_REASON_MTU, NULL, NULL,
					  NULL), 0);
	nfo_table_commit(host->batch);
	assert_int_equal(nfo_table_waiting(host->table), FLOWS_N - PLACES - 1);
	for (int i = FLOWS_N - 1; i >= 0; i--)
		del(host, i);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	assert_int_equal(stats(host).entries, 0);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	host_free(host);
}

/* A new process keeps who is there, and the places are theirs. */
static void test_restart(void **state)
{
	struct host *host = host_small();

	(void)state;
	for (int i = 0; i < 8; i++)
		second(host, FLOWS_N - PLACES, FLOWS_N, 1000);
	process_stop(host);
	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), PLACES + 1);
	for (int i = FLOWS_N - 1; i >= 0; i--)
		put(host, i, 1);
	assert_int_equal(inside(host, FLOWS_N - PLACES, FLOWS_N), PLACES);
	for (int i = 0; i < 5; i++)
		second(host, FLOWS_N - PLACES, FLOWS_N, 1000);
	assert_int_equal(inside(host, FLOWS_N - PLACES, FLOWS_N), PLACES);
	host_free(host);
}

static void test_stats(void **state)
{
	struct host *host = host_small();
	struct nfo_table_places places;

	(void)state;
	nfo_table_places(host->table, &places);
	/* With the guard, which came with the first of them. */
	assert_int_equal(places.taken, PLACES + 1);
	assert_int_equal(places.waiting, FLOWS_N - PLACES);
	assert_true(places.limited);
	assert_int_equal(places.limit, PLACES + 1);
	host->tc->capacity = 0;
	clock_ms += 1000;
	nfo_table_retry(host->batch, 64);
	nfo_table_places(host->table, &places);
	assert_int_equal(places.taken, FLOWS_N + 1);
	assert_int_equal(places.waiting, 0);
	host_free(host);
}

/* --- Open vSwitch: what has no place lies in TC's software --- */

static void put_all_ovs(struct host *host)
{
	const struct nfo_place where = { .ifindex = 2 };

	for (int i = 0; i < FLOWS_N; i++)
		put_ovs_at(host, i, &where, 0x0800, 3, 0);
}

static struct host *host_ovs(unsigned int capacity)
{
	struct host *host = host_new();

	host->tc->capacity = capacity;
	put_all_ovs(host);
	return host;
}

static int ovs_setup(void **state)
{
	(void)state;
	host_sources = 1U << NFO_SOURCE_OVS;
	host_flags = NFO_TABLE_ANY;
	return 0;
}

static int ovs_teardown(void **state)
{
	(void)state;
	host_sources = SOURCES;
	host_flags = 0;
	return 0;
}

/* In hardware, of [@first, @end); all of them lie in TC. */
static unsigned int ovs_inside(struct host *host, uint64_t first, uint64_t end)
{
	unsigned int n = 0;

	for (uint64_t id = first; id < end; id++) {
		assert_int_equal(state_of(host, id), NFO_STATE_IN_HW);
		n += seen.in_hw;
	}
	return n;
}

static void ovs_second(struct host *host, uint64_t first, uint64_t end)
{
	clock_ms += 1000;
	for (uint64_t id = first; id < end; id++) {
		state_of(host, id);
		for (int i = 0; i < FAKE_FILTERS; i++)
			if (host->tc->filters[i].place.handle == seen.place.handle)
				host->tc->filters[i].packets += 1000;
	}
	assert_int_equal(nfo_table_read_counters(host->batch, 0), 0);
	assert_true(nfo_table_retry(host->batch, 64) >= 0);
}

static unsigned int in_hardware(const struct host *host)
{
	unsigned int n = 0;

	for (int i = 0; i < FAKE_FILTERS; i++)
		n += host->tc->filters[i].used && !host->tc->filters[i].not_in_hw;
	return n;
}

static void test_ovs(void **state)
{
	struct host *host = host_ovs(PLACES);
	struct nfo_table_places places;
	uint64_t packets;

	(void)state;
	/* TC has not said that the NIC is full; the counters tell. */
	ovs_second(host, 0, 0);
	ovs_second(host, 0, 0);
	nfo_table_places(host->table, &places);
	assert_int_equal(places.limit, PLACES);
	assert_int_equal(places.taken, PLACES);
	assert_int_equal(nfo_table_waiting(host->table), FLOWS_N - PLACES);
	assert_int_equal(ovs_inside(host, 0, PLACES), PLACES);
	/* Others become hot, and are never without a rule. */
	for (int i = 0; i < 15; i++) {
		ovs_second(host, FLOWS_N - PLACES, FLOWS_N);
		assert_true(in_hardware(host) <= PLACES);
	}
	assert_int_equal(ovs_inside(host, FLOWS_N - PLACES, FLOWS_N), PLACES);
	assert_int_equal(ovs_inside(host, 0, FLOWS_N), PLACES);
	assert_int_equal(in_hardware(host), PLACES);
	assert_int_equal(host->tc->dels, 0);
	/* No packet is forgotten where a rule is put in another's place. */
	state_of(host, FLOWS_N - 1);
	packets = seen.counters.packets;
	assert_int_equal(packets, 15000);
	/* More room. */
	host->tc->capacity = 0;
	ovs_second(host, 0, 0);
	ovs_second(host, 0, 0);
	assert_int_equal(ovs_inside(host, 0, FLOWS_N), FLOWS_N);
	nfo_table_clear(host->batch);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	host_free(host);
}

/* A new process takes over what lies where, and goes on. */
static void test_ovs_restart(void **state)
{
	struct host *host = host_ovs(PLACES);
	unsigned int news;

	(void)state;
	for (int i = 0; i < 3; i++)
		ovs_second(host, 0, PLACES);
	news = host->tc->news;
	process_stop(host);
	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), FLOWS_N);
	put_all_ovs(host);
	assert_int_equal(ovs_inside(host, 0, PLACES), PLACES);
	assert_int_equal(host->tc->news, news);
	for (int i = 0; i < 15; i++)
		ovs_second(host, FLOWS_N - PLACES, FLOWS_N);
	assert_int_equal(ovs_inside(host, FLOWS_N - PLACES, FLOWS_N), PLACES);
	assert_int_equal(host->tc->dels, 0);
	host_free(host);
}

/* Rules that are for software anyhow wait for nothing. */
static void test_ovs_software(void **state)
{
	struct host *host;

	(void)state;
	host_flags = NFO_TABLE_SKIP_HW;
	host = host_ovs(0);
	process_stop(host);
	process_start(host);
	assert_int_equal(nfo_table_read_back(host->batch), FLOWS_N);
	put_all_ovs(host);
	ovs_second(host, 0, 0);
	assert_int_equal(host->tc->news, FLOWS_N);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	host_free(host);
}

/* No driver takes it, full or not: two tries, and it is let be. */
static void test_ovs_unable(void **state)
{
	const struct nfo_place where = { .ifindex = 2 };
	struct host *host;

	(void)state;
	host = host_new();
	host->tc->undriven = "nobody";
	host->tc->links[1].indirect = true;
	put_ovs_at(host, 1, &where, 0x0800, 3, 0);
	for (int i = 0; i < 20; i++)
		ovs_second(host, 1, 2);
	assert_int_equal(ovs_inside(host, 1, 2), 0);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	assert_in_range(host->tc->replaces, 0, 2);
	assert_int_equal(seen.counters.packets, 20000);
	host_free(host);
}

/* --- many threads --- */

#define THREADS	4
#define EACH	64

struct worker {
	struct host *host;
	unsigned int number;
	unsigned int seed;
	pthread_t thread;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct nfo_table *table = worker->host->table;
	struct nfo_rtnl *rtnl = fake_tc_rtnl(worker->host->tc);
	struct nfo_batch *batch;

	assert_int_equal(nfo_batch_open(&batch, table, rtnl, NULL, NULL), 0);
	for (int i = 0; i < 4000; i++) {
		unsigned int dice = rand_r(&worker->seed);
		uint64_t id = worker->number * EACH + dice / 8 % EACH;

		__atomic_add_fetch(&clock_ms, 1, __ATOMIC_RELAXED);
		switch (dice % 8) {
		case 0:
		case 1:
			nfo_table_del(batch, FLOWTABLE, nfo_id(id));
			break;
		case 2:
			nfo_table_carried(table, FLOWTABLE, nfo_id(id), dice % 1000);
			break;
		case 3:
			nfo_table_commit(batch);
			break;
		default:
			put_by(batch, id, dice / 512 % 2, 2, 3, NULL, NULL);
			break;
		}
	}
	nfo_batch_close(batch);
	nfo_rtnl_close(rtnl);
	return NULL;
}

static void test_threads(void **state)
{
	struct host *host = host_new();
	struct worker workers[THREADS];
	unsigned int in_hw = 0;
	struct nfo_table_places places;

	(void)state;
	host->tc->capacity = 41;
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ host, i, 7 * i + 1, 0 };
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < 300; i++) {
		nfo_table_retry(host->batch, 16);
		nfo_table_read_counters(host->batch, 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	/* All are alike, and deserve a place. */
	for (int i = 0; i < 8; i++) {
		clock_ms += 60000;
		for (int id = 0; id < THREADS * EACH; id++)
			nfo_table_carried(host->table, FLOWTABLE, nfo_id(id),
					  1000);
		nfo_table_retry(host->batch, 1000);
	}
	nfo_table_places(host->table, &places);
	in_hw = fake_tc_filters(host->tc, FLOWS);
	/* A count that leaks would end with a table that is never full. */
	assert_int_equal(stats(host).in_hw, in_hw);
	assert_in_range(places.taken, in_hw, in_hw + 4);
	assert_int_equal(nfo_table_waiting(host->table),
			 stats(host).entries - in_hw);
	assert_int_equal(in_hw, 40);
	nfo_table_clear(host->batch);
	assert_int_equal(fake_tc_filters(host->tc, 0, 0xffff), 0);
	assert_int_equal(nfo_table_waiting(host->table), 0);
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_hottest),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_stats),
		cmocka_unit_test_setup_teardown(test_ovs, ovs_setup,
						ovs_teardown),
		cmocka_unit_test_setup_teardown(test_ovs_restart, ovs_setup,
						ovs_teardown),
		cmocka_unit_test_setup_teardown(test_ovs_software, ovs_setup,
						ovs_teardown),
		cmocka_unit_test_setup_teardown(test_ovs_unable, ovs_setup,
						ovs_teardown),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
