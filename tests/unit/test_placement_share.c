// SPDX-License-Identifier: Apache-2.0
/*
 * test_placement_share: what sources and ports are guaranteed, and how much there
 * is to be divided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "placement_host.h"

/* --- shares --- */

static uint64_t loud_source(uint32_t i)
{
	return world.flows[i].at.source == 0 ? 10000 : 20;
}

static void test_source_share(void **state)
{
	world_make((struct nfo_placement_config){
		.size = 100, .source_percent = { 10, 30 } }, 100);
	for (int i = 0; i < 400; i++)
		come(0, 1 + i % 4);
	for (int i = 0; i < 5; i++)
		second(loud_source);
	/* What the other does not ask for is lent. */
	assert_int_equal(count_inside(0, 400), 100);
	for (int i = 0; i < 400; i++)
		come(1, 1 + i % 4);
	for (int i = 0; i < 60; i++)
		second(loud_source);
	assert_int_equal(count_inside(400, 800), 30);
	assert_int_equal(count_inside(0, 400), 70);
	/* When it asks no more it is lent again. */
	for (int i = 400; i < 800; i++) {
		world.used -= is_inside(&world.flows[i]);
		nfo_placement_del(world.placement, &world.flows[i], world.now);
	}
	for (int i = 0; i < 60; i++)
		second(loud_source);
	assert_int_equal(count_inside(0, 400), 100);
}

static uint64_t loud_port(uint32_t i)
{
	return i < 400 ? 10000 : 20;
}

static void test_port_share(void **state)
{
	world_make((struct nfo_placement_config){
		.size = 100, .ports_percent = 40 }, 100);
	for (int i = 0; i < 400; i++)
		come(0, 1);
	for (int i = 0; i < 5; i++)
		second(loud_port);
	assert_int_equal(count_inside(0, 400), 100);
	for (int i = 0; i < 60; i++)
		come(0, 2 + i % 3);
	for (int i = 0; i < 60; i++)
		second(loud_port);
	/* Four ports: a tenth for each of the others. */
	for (uint32_t port = 2; port <= 4; port++) {
		uint32_t n = 0;

		for (int i = 0; i < 60; i++)
			n += 2 + (uint32_t)i % 3 == port &&
				is_inside(&world.flows[400 + i]);
		assert_int_equal(n, 10);
	}
}

/* A share that is asked for by one that cannot use it holds up nobody. */
static uint64_t quiet_source(uint32_t i)
{
	return world.flows[i].at.source == 0 ? 1000 : 0;
}

static void test_share_unused(void **state)
{
	world_make((struct nfo_placement_config){
		.size = 100, .source_percent = { 0, 50 } }, 100);
	for (int i = 0; i < 100; i++)
		come(1, 1);
	for (int i = 0; i < 200; i++)
		come(0, 1);
	for (int i = 0; i < 60; i++)
		second(quiet_source);
	assert_int_equal(count_inside(100, 300), 50 + 50);
}

/* --- capacity --- */

static void test_capacity_learnt(void **state)
{
	struct nfo_placement_stats stats;
	uint32_t refused;

	world_make((struct nfo_placement_config){
		.size = NFO_CAPACITY_UNKNOWN }, 64);
	for (int i = 0; i < 200; i++) {
		come(0, 1);
		obey();
	}
	nfo_placement_stats(world.placement, world.now, &stats);
	assert_true(stats.learnt);
	assert_int_equal(stats.limit, 64);
	assert_int_equal(stats.rules, 64);
	assert_int_equal(world.refused, 1);
	/* One is tried each second. */
	for (int i = 0; i < 600; i++)
		second(hundred);
	refused = world.refused;
	assert_true(refused > 500 && refused <= 601);
	/* Others take their rules away: there is more room. */
	world.room = 150;
	for (int i = 0; i < 3; i++)
		second(hundred);
	assert_int_equal(count_inside(0, 200), 150);
	/* And back: refusals teach less again when rules are gone. */
	world.room = 100;
	for (int i = 0; i < 100; i++) {
		world.used -= is_inside(&world.flows[i]);
		nfo_placement_del(world.placement, &world.flows[i], world.now);
	}
	for (int i = 0; i < 100; i++)
		come(0, 1);
	for (int i = 0; i < 200; i++)
		second(hundred);
	assert_int_equal(world.used, 100);
}

/* A NIC that took nothing at all, and then does. */
static void test_capacity_none(void **state)
{
	world_make((struct nfo_placement_config){
		.size = NFO_CAPACITY_UNKNOWN }, 0);
	for (int i = 0; i < 200; i++)
		come(0, 1);
	for (int i = 0; i < 30; i++)
		second(hundred);
	assert_int_equal(world.used, 0);
	world.room = 1000;
	/* A probe is due soon, and from there on twice as many each time. */
	for (int i = 0; i < 2; i++)
		second(hundred);
	assert_int_equal(count_inside(0, 200), 200);
}

static void test_capacity_known(void **state)
{
	struct nfo_placement_stats stats;

	world_make((struct nfo_placement_config){ .size = 64 }, 64);
	for (int i = 0; i < 200; i++)
		come(0, 1);
	for (int i = 0; i < 600; i++)
		second(hundred);
	assert_int_equal(world.refused, 0);
	nfo_placement_resize(world.placement, 128);
	world.room = 128;
	for (int i = 0; i < 300; i++)
		second(hundred);
	nfo_placement_stats(world.placement, world.now, &stats);
	assert_int_equal(stats.limit, 128);
	assert_int_equal(world.used, 128);
	assert_int_equal(world.refused, 0);
}

/* A NIC that takes nothing for a while: what is there stays there. */
static void test_capacity_lost(void **state)
{
	world_make((struct nfo_placement_config){
		.size = NFO_CAPACITY_UNKNOWN }, 100);
	srandom(3);
	for (int i = 0; i < 1000; i++)
		come(0, 1);
	for (int i = 0; i < 30; i++)
		second(chance);
	world.room = 0;
	for (int i = 0; i < 30; i++) {
		second(chance);
		/* Each swap costs a place: 1, 2, 4 s and so on between them. */
		assert_true(world.used >= 90);
	}
	assert_true(world.used < 100);
	world.room = 100;
	for (int i = 0; i < 60; i++)
		second(chance);
	assert_int_equal(world.used, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_source_share, world_end),
		cmocka_unit_test_teardown(test_port_share, world_end),
		cmocka_unit_test_teardown(test_share_unused, world_end),
		cmocka_unit_test_teardown(test_capacity_learnt, world_end),
		cmocka_unit_test_teardown(test_capacity_none, world_end),
		cmocka_unit_test_teardown(test_capacity_known, world_end),
		cmocka_unit_test_teardown(test_capacity_lost, world_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
