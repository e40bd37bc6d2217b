// SPDX-License-Identifier: Apache-2.0
/*
 * test_placement: who gets a place, what it costs, and what must not happen.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "placement_host.h"

/* --- all fit --- */

static void test_at_once(void **state)
{
	world_make((struct nfo_placement_config){ .size = 100 }, 100);
	for (int i = 0; i < 100; i++) {
		struct nfo_placement_flow *flow = come(0, 1);

		assert_int_equal(obey(), 1);
		assert_true(is_inside(flow));
	}
	assert_int_equal(world.refused + world.evicted, 0);
}

/* A NIC that takes 100 rules a second while 1000 flows come. */
static void test_threshold(void **state)
{
	struct nfo_placement_verdict verdict;
	struct nfo_placement_stats stats;
	struct nfo_placement_flow *way[16];
	unsigned int first = 0, n = 0;

	world_make((struct nfo_placement_config){
		.size = FLOWS_MAX, .window = 16 }, FLOWS_MAX);
	for (int ms = 0; ms < 5000; ms++) {
		world.now++;
		come(0, 1);
		if (n && ms % 10 == 0) {
			nfo_placement_placed(world.placement,
					     way[first++ % 16], world.now);
			n--;
		}
		while (nfo_placement_next(world.placement, world.now, &verdict))
			way[(first + n++) % 16] = verdict.place;
		assert_true(n <= 16);
	}
	nfo_placement_stats(world.placement, world.now, &stats);
	assert_true(stats.threshold > 1);
	assert_true(stats.inserts_per_s > 50 && stats.inserts_per_s < 200);
	/* One with more packets is not held up by those with one. */
	nfo_placement_count(world.placement, &world.flows[world.n - 1], 1000000,
			    world.now);
	while (n) {
		nfo_placement_placed(world.placement, way[first++ % 16],
				     world.now);
		n--;
	}
	assert_true(nfo_placement_next(world.placement, world.now, &verdict));
	assert_ptr_equal(verdict.place, &world.flows[world.n - 1]);
	nfo_placement_placed(world.placement, verdict.place, world.now);
	/* When inserts keep up all are placed, also those that are silent. */
	for (int i = 0; i < 100; i++) {
		world.now += 100;
		obey();
	}
	assert_int_equal(count_inside(0, world.n), world.n);
	nfo_placement_stats(world.placement, world.now, &stats);
	assert_int_equal(stats.threshold, 1);
}

/* --- not all fit --- */

/* Places that nobody better has asked for go to anybody, but for a part. */
static void test_room(void **state)
{
	world_make((struct nfo_placement_config){ .size = 80 }, 80);
	for (int i = 0; i < 1000; i++)
		come(0, 1);
	obey();
	assert_int_equal(count_inside(0, 1000), 70);
	/* The fewer too many, the less is kept. */
	for (int i = 120; i < 1000; i++) {
		world.used -= is_inside(&world.flows[i]);
		nfo_placement_del(world.placement, &world.flows[i], world.now);
	}
	obey();
	assert_int_equal(count_inside(0, 120), 75);
}

/* Those of the last hundred are hotter, the more so the later. */
static uint64_t late_are_hot(uint32_t i)
{
	return i < 900 ? 10 : 100 + i;
}

static void test_hottest(void **state)
{
	world_make((struct nfo_placement_config){ .size = 100 }, 100);
	for (int i = 0; i < 1000; i++)
		come(0, 1 + i % 5);
	obey();
	for (int i = 0; i < 3; i++)
		second(late_are_hot);
	assert_int_equal(count_inside(900, 1000), 100);
	assert_int_equal(world.refused, 0);
	assert_int_equal(world.used, 100);
}

/* What becomes hot is in hardware within 3 s, what ceases goes for it. */
static uint64_t early_are_hot(uint32_t i)
{
	return i < 100 ? 500 : i < 900 ? 10 : 0;
}

static void test_change(void **state)
{
	world_make((struct nfo_placement_config){ .size = 100 }, 100);
	for (int i = 0; i < 1000; i++)
		come(0, 1);
	for (int i = 0; i < 60; i++)
		second(late_are_hot);
	for (int i = 0; i < 100; i++)	/* Flows that come bring inserts. */
		for (int j = 0; j < 20; j++)
			nfo_placement_del(world.placement, come(1, 9),
					  world.now);
	for (int i = 0; i < 3; i++)
		second(early_are_hot);
	assert_int_equal(count_inside(0, 100), 100);
}

static uint64_t two_alike(uint32_t i)
{
	/* Each is ahead by a tenth in turn. */
	return 1000 + 100 * ((world.now / 1000 + i) % 2);
}

static void test_no_flapping(void **state)
{
	world_make((struct nfo_placement_config){ .size = 1 }, 1);
	come(0, 1);
	come(0, 1);
	for (int i = 0; i < 600; i++)
		second(two_alike);
	assert_int_equal(count_inside(0, 2), 1);
	/* One may have been taken for the better one at first. */
	assert_true(world.evicted <= 1);
}

static void test_swaps_bounded(void **state)
{
	world_make((struct nfo_placement_config){
		.size = 1000, .swaps_per_s = 50 }, 1000);
	srandom(1);
	for (int i = 0; i < 5000; i++)
		come(0, 1);
	obey();
	for (int i = 0; i < 60; i++) {
		uint32_t before = world.evicted;

		second(chance);
		assert_true(world.evicted - before <= 50);
	}
	assert_true(world.evicted > 100);
}

/* Without new flows no more is put than fills the table each 40 s. */
static void test_budget(void **state)
{
	world_make((struct nfo_placement_config){ .size = 200 }, 200);
	srandom(1);
	for (int i = 0; i < 2000; i++)
		come(0, 1);
	obey();
	for (int i = 0; i < 120; i++)
		second(chance);
	assert_true(world.evicted > 400);
	assert_true(world.evicted <= 2 * 200 + 200 * 120 / 40 + 1);
}

/* One that is new and twice as fast need not wait until that has added up. */
static uint64_t young_is_fast(uint32_t i)
{
	return i ? 1000 : 500;
}

static void test_young(void **state)
{
	world_make((struct nfo_placement_config){ .size = 1 }, 1);
	come(0, 1);
	for (int i = 0; i < 60; i++)
		second(young_is_fast);
	come(0, 1);
	second(young_is_fast);
	second(young_is_fast);
	assert_true(is_inside(&world.flows[1]));
}

/* Flows with a few packets each, ever new ones, do not stand before others. */
static uint64_t only_first_two(uint32_t i)
{
	return i == 0 ? 1 : i == 1 ? 6 : 0;
}

static void test_few_packets(void **state)
{
	world_make((struct nfo_placement_config){ .size = 1 }, 1);
	come(0, 1);
	for (int i = 0; i < 10; i++)
		second(only_first_two);
	assert_true(is_inside(&world.flows[0]));
	come(0, 1);
	for (int i = 0; i < 10; i++) {
		world.now += 900;
		nfo_placement_count(world.placement, come(0, 1), 6, world.now);
		world.now -= 900;
		second(only_first_two);
	}
	assert_true(is_inside(&world.flows[1]));
}

/* A flow that needs four rules is worth it only if it saves four times more. */
static void test_rules(void **state)
{
	struct nfo_placement_flow *big;

	world_make((struct nfo_placement_config){ .size = 8 }, 8);
	for (int i = 0; i < 8; i++)
		come(0, 1);
	big = come_with(0, 1, 4, 77);
	for (int i = 0; i < 10; i++)
		second(hundred);
	assert_false(is_inside(big));
	for (int i = 0; i < 10; i++) {
		nfo_placement_count(world.placement, big, 900, world.now);
		second(hundred);
	}
	assert_true(is_inside(big));
	assert_int_equal(count_inside(0, 8), 4);
	assert_int_equal(world.used, 8);
}

/* --- what was --- */

static uint64_t as_told(uint32_t i)
{
	return i == 10 ? 1000 : i < 10 ? 100 : 0;
}

static void test_ghost(void **state)
{
	struct nfo_placement_flow *hot;
	struct nfo_placement_stats stats;
	double before;

	world_make((struct nfo_placement_config){ .size = 5 }, 5);
	for (int i = 0; i < 10; i++)
		come(0, 1);
	hot = come_with(0, 1, 1, 4711);
	for (int i = 0; i < 30; i++)
		second(as_told);
	assert_true(is_inside(hot));
	before = nfo_placement_rate(world.placement, hot, world.now);
	assert_true(before > 900 && before < 1100);
	nfo_placement_del(world.placement, hot, world.now);
	world.used--;
	for (int i = 0; i < 20; i++)
		second(as_told);
	/* Its first packet tells who it is. */
	hot = come_with(0, 1, 1, 4711);
	assert_true(nfo_placement_rate(world.placement, hot, world.now) > 800);
	nfo_placement_stats(world.placement, world.now, &stats);
	assert_int_equal(stats.recalled, 1);
	obey();
	assert_true(is_inside(hot));
	/* One that was never there has to show it first. */
	assert_true(nfo_placement_rate(world.placement, come(0, 1),
				       world.now) < 10);
}

/* A rule that is refused for another cause holds up nobody. */
static void test_refused(void **state)
{
	struct nfo_placement_verdict verdict;
	struct nfo_placement_flow *bad;

	world_make((struct nfo_placement_config){ .size = 100 }, 100);
	bad = come(0, 1);
	for (int i = 0; i < 5; i++) {
		assert_true(nfo_placement_next(world.placement, world.now,
					       &verdict));
		assert_ptr_equal(verdict.place, bad);
		nfo_placement_refused(world.placement, bad, false, world.now);
		assert_false(nfo_placement_next(world.placement, world.now,
						&verdict));
		come(0, 1);
		assert_int_equal(obey(), 1);
		world.now += 1000;
		nfo_placement_count(world.placement, bad, 1000, world.now);
	}
	assert_int_equal(world.placed, 5);
}

/* --- bad input, going at any time --- */

static void test_states(void **state)
{
	struct nfo_placement_config config = {
		.size = 1, .source_percent = { 60, 60 } };
	struct nfo_placement_verdict verdict;
	struct nfo_placement_flow flow = { 0 };
	struct nfo_placement *none = NULL;

	assert_int_equal(nfo_placement_create(&none, &config, 0), -EINVAL);
	nfo_placement_destroy(none);
	world_make((struct nfo_placement_config){ .size = 1 }, 1);
	assert_int_equal(nfo_placement_add(world.placement, &flow,
					   NFO_SHARE_SOURCES, 1, 1, 1, false,
					   world.now), -EINVAL);
	assert_int_equal(nfo_placement_add(world.placement, &flow, 0, 1, 0, 1,
					   false, world.now), -EINVAL);
	/* Gone while its rule is on its way: the answer means nothing. */
	come(0, 1);
	assert_true(nfo_placement_next(world.placement, world.now, &verdict));
	nfo_placement_del(world.placement, verdict.place, world.now);
	nfo_placement_placed(world.placement, verdict.place, world.now);
	nfo_placement_refused(world.placement, verdict.place, true, world.now);
	nfo_placement_evicted(world.placement, verdict.place, world.now);
	nfo_placement_del(world.placement, verdict.place, world.now);
	assert_int_equal(verdict.place->state, NFO_PLACEMENT_NONE);
	/* Its place is free again. */
	come(0, 1);
	assert_int_equal(obey(), 1);
	/* One that is there already takes part. */
	assert_int_equal(nfo_placement_add(world.placement, &flow, 0, 1, 1, 9,
					   true, world.now), 0);
	assert_true(is_inside(&flow));
	nfo_placement_evicted(world.placement, &flow, world.now);
	assert_int_equal(flow.state, NFO_PLACEMENT_OUTSIDE);
	nfo_placement_del(world.placement, &flow, world.now);
}

/* What is known of the NIC's table and of the flows adds up. */
static void check_sums(uint32_t way, uint32_t leaving)
{
	struct nfo_placement_stats stats;
	uint32_t inside = 0, flows = 0;

	for (uint32_t i = 0; i < world.n; i++) {
		inside += is_inside(&world.flows[i]) ? world.flows[i].rules : 0;
		flows += world.flows[i].state != NFO_PLACEMENT_NONE;
	}
	nfo_placement_stats(world.placement, world.now, &stats);
	assert_int_equal(stats.flows, flows);
	assert_int_equal(stats.rules, inside + way);
	assert_int_equal(world.used, inside + leaving);
}

/* The NIC's answer, which may be no, or come when the flow is gone. */
static void answer(struct nfo_placement_flow *flow)
{
	bool room = world.used + flow->rules <= world.room;

	if (random() % 10 == 0) {
		nfo_placement_del(world.placement, flow, world.now);
	} else if (room && random() % 10) {
		world.used += flow->rules;
		nfo_placement_placed(world.placement, flow, world.now);
	} else {
		nfo_placement_refused(world.placement, flow, !room, world.now);
	}
}

/* A flow goes, another comes. */
static void replace(struct nfo_placement_flow *flow)
{
	if (is_inside(flow))
		world.used -= flow->rules;
	nfo_placement_del(world.placement, flow, world.now);
	memset(flow, 0, sizeof(*flow));
	assert_int_equal(nfo_placement_add(world.placement, flow, random() % 3,
					   1 + random() % 9, 1 + random() % 3,
					   random() % 1500, false, world.now),
			 0);
}

/* Anything at any time, answers late and in any order. */
static void test_random(void **state)
{
	struct nfo_placement_verdict verdict;
	struct nfo_placement_flow *way[64], *leaving[64];

	world_make((struct nfo_placement_config){
		.size = NFO_CAPACITY_UNKNOWN, .source_percent = { 20, 20, 20 },
		.ports_percent = 50 }, 200);
	srandom(4);
	for (int i = 0; i < 2000; i++)
		come_with(i % 3, 1 + i % 7, 1 + i % 3, i % 1500);
	for (int round = 0; round < 2000; round++) {
		uint32_t n = 0, out = 0, rules = 0;

		world.now += random() % 200;
		for (int i = 0; i < 100; i++)
			nfo_placement_count(world.placement,
					    &world.flows[random() % world.n],
					    random() % 1000, world.now);
		while (n < 64 && out < 64 &&
		       nfo_placement_next(world.placement, world.now,
					  &verdict)) {
			if (verdict.evict)
				leaving[out++] = verdict.evict;
			if (verdict.place)
				way[n++] = verdict.place;
		}
		for (uint32_t i = 0; i < n; i++)
			rules += way[i]->rules;
		for (uint32_t i = 0; i < out; i++) {
			world.used -= leaving[i]->rules;
			nfo_placement_evicted(world.placement, leaving[i],
					      world.now);
		}
		check_sums(rules, 0);
		for (uint32_t i = 0; i < n; i++)
			answer(way[i]);
		for (int i = 0; i < 5; i++)
			replace(&world.flows[random() % world.n]);
		check_sums(0, 0);
		if (round % 500 == 0)
			world.room = 100 + random() % 200;
	}
	assert_true(world.used > 50);
}

/* --- a million --- */

/* What is touched for each event must not depend on how many flows there are. */
static double steps_per_event(uint32_t n)
{
	struct nfo_placement_stats before, after;
	uint64_t events = 0;
	double per;

	world_make((struct nfo_placement_config){ .size = n / 10 }, n / 10);
	srandom(2);
	for (uint32_t i = 0; i < n; i++)
		come(i % 3, 1 + i % 64);
	obey();
	nfo_placement_stats(world.placement, world.now, &before);
	for (int i = 0; i < 200; i++) {
		world.now += 50;
		for (int j = 0; j < 1000; j++) {
			nfo_placement_count(world.placement,
					    &world.flows[random() % n],
					    random() % 1000, world.now);
			events++;
		}
		events += obey();
	}
	nfo_placement_stats(world.placement, world.now, &after);
	per = (double)(after.steps - before.steps) / events;
	world_end(NULL);
	return per;
}

/* Many that were hot and have ceased: no call takes long over them. */
static void test_past(void **state)
{
	struct nfo_placement_stats before, after;
	struct nfo_placement_verdict verdict;
	struct nfo_placement_flow *fresh;
	bool more;

	world_make((struct nfo_placement_config){ .size = 1 }, 1);
	for (int i = 0; i < 100000; i++)
		come(0, 1 + i % 3);
	second(hundred);
	for (uint32_t i = 0; i < world.n; i++)
		if (is_inside(&world.flows[i]))
			nfo_placement_del(world.placement, &world.flows[i],
					  world.now);
	world.now += 10000;
	fresh = come(0, 4);
	nfo_placement_count(world.placement, fresh, 10, world.now);
	do {
		nfo_placement_stats(world.placement, world.now, &before);
		more = nfo_placement_next(world.placement, world.now, &verdict);
		nfo_placement_stats(world.placement, world.now, &after);
		assert_true(after.steps - before.steps <= 4 * 512 + 4);
	} while (more && !verdict.place);
	assert_ptr_equal(verdict.place, fresh);
}

static void test_million(void **state)
{
	double few = steps_per_event(1000), many = steps_per_event(1000000);

	assert_true(sizeof(struct nfo_placement_flow) <= 64);
	assert_true(many < 8);
	assert_true(many < few * 1.5 + 1);
	world_make((struct nfo_placement_config){ .size = 1 }, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_at_once, world_end),
		cmocka_unit_test_teardown(test_threshold, world_end),
		cmocka_unit_test_teardown(test_room, world_end),
		cmocka_unit_test_teardown(test_hottest, world_end),
		cmocka_unit_test_teardown(test_change, world_end),
		cmocka_unit_test_teardown(test_no_flapping, world_end),
		cmocka_unit_test_teardown(test_swaps_bounded, world_end),
		cmocka_unit_test_teardown(test_budget, world_end),
		cmocka_unit_test_teardown(test_young, world_end),
		cmocka_unit_test_teardown(test_few_packets, world_end),
		cmocka_unit_test_teardown(test_rules, world_end),
		cmocka_unit_test_teardown(test_ghost, world_end),
		cmocka_unit_test_teardown(test_refused, world_end),
		cmocka_unit_test_teardown(test_states, world_end),
		cmocka_unit_test_teardown(test_random, world_end),
		cmocka_unit_test_teardown(test_past, world_end),
		cmocka_unit_test_teardown(test_million, world_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
