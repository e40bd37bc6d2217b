// SPDX-License-Identifier: Apache-2.0
/*
 * test_table_lag: rules of a bond, in the block that its members share.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"

#define OVS	NFO_SOURCE_OVS
#define RULES	NFO_BAND_PRIO_OVS, NFO_BAND_PRIO_END - 1
#define BOND	7

/* Port 7 is a bond, port 1 its member, and had a qdisc before. */
static int setup(void **state)
{
	struct host *host;

	host_sources = 1U << OVS;
	host = host_new();
	host->tc->links[6].ifindex = BOND;
	host->tc->links[6].lag = true;
	host->tc->links[0].master = BOND;
	host->tc->links[0].qdisc = true;
	assert_int_equal(nfo_eswitch_refresh(host->eswitch, NULL, NULL), 0);
	*state = host;
	return 0;
}

static int teardown(void **state)
{
	host_free(*state);
	host_sources = SOURCES;
	return 0;
}

/* Port @n joins @master, or leaves (0). */
static void enslave(struct host *host, uint32_t n, uint32_t master)
{
	host->tc->links[n - 1].master = master;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	assert_int_equal(nfo_table_port_changed(host->batch, n), 0);
}

static void put_at(struct host *host, uint64_t id, uint32_t in, uint32_t out)
{
	struct nfo_place where = { .ifindex = in, .shared = in == BOND };

	put_ovs_at(host, id, &where, 0x0800, out, 0);
}

static void test_rules(void **state)
{
	struct host *host = *state;
	struct fake_filter *filter;

	assert_int_equal(nfo_table_port_prepare(host->batch, BOND), 0);
	assert_int_equal(host->tc->links[0].block, BOND);
	/* Again: it is there. */
	assert_int_equal(nfo_table_port_prepare(host->batch, BOND), 0);
	/* A member's qdisc is not touched any more. */
	assert_int_equal(nfo_table_port_prepare(host->batch, 1), 0);
	put_at(host, 1, BOND, 2);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	filter = fake_tc_first(host->tc, RULES);
	assert_true(filter->place.shared);
	assert_int_equal(filter->place.ifindex, BOND);
	put_at(host, 2, 2, BOND);
	assert_int_equal(state_of(host, 2), NFO_STATE_IN_HW);

	filter->packets = 11;
	assert_int_equal(nfo_table_read_counters(host->batch, 0), 0);
	state_of(host, 1);
	assert_int_equal(seen.counters.packets, 11);

	fake_tc_drop(host->tc, filter);
	assert_int_equal(nfo_table_reconcile(host->batch, 0), 0);
	assert_int_equal(stats(host).vanished, 1);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 2);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
}

static void test_restart(void **state)
{
	struct host *host = *state;
	struct nfo_rtnl *rtnl = fake_tc_rtnl(host->tc);
	unsigned int news;

	nfo_table_port_prepare(host->batch, BOND);
	put_at(host, 1, BOND, 2);
	process_stop(host);
	process_start(host);
	news = host->tc->news;
	assert_int_equal(nfo_table_read_back(host->batch), 1);
	put_at(host, 1, BOND, 2);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_int_equal(host->tc->news, news);
	assert_int_equal(stats(host).adopted, 1);
	assert_int_equal(nfo_table_purge(rtnl, host->eswitch, 1U << OVS), 1);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);
	nfo_rtnl_close(rtnl);
}

/* Members come, go, and are not all of one switch. */
static void test_members(void **state)
{
	struct host *host = *state;

	nfo_table_port_prepare(host->batch, BOND);
	put_at(host, 1, BOND, 2);
	enslave(host, 4, BOND);
	assert_int_equal(host->tc->links[3].block, BOND);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);

	enslave(host, 5, BOND);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_OTHER_SWITCH);
	enslave(host, 5, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_false(host->tc->links[4].qdisc);

	enslave(host, 1, 0);
	assert_false(host->tc->links[0].qdisc);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	enslave(host, 4, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
	assert_string_equal(seen.text, "port7 has no member");
}

/* A device of the bond goes for good. */
static void test_gone(void **state)
{
	struct host *host = *state;

	nfo_table_port_prepare(host->batch, BOND);
	put_at(host, 1, BOND, 2);
	put_at(host, 2, 2, BOND);
	host->tc->links[0].ifindex = 0;
	nfo_eswitch_refresh(host->eswitch, NULL, NULL);
	nfo_table_port_changed(host->batch, 1);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(state_of(host, 2), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
}

/* Filters of others, and a bond of which nobody spoke. */
static void test_refused(void **state)
{
	struct host *host = *state;

	enslave(host, 1, 0);
	put_at(host, 1, 1, 2);
	enslave(host, 1, BOND);
	assert_int_equal(nfo_table_port_prepare(host->batch, BOND), -EBUSY);
	assert_int_equal(host->tc->links[0].block, 0);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 1);
	put_at(host, 2, BOND, 2);
	assert_int_equal(state_of(host, 2), NFO_STATE_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
