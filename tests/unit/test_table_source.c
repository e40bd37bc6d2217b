// SPDX-License-Identifier: Apache-2.0
/*
 * test_table_source: what the table does for a source that has a datapath of
 * its own for what is refused, as Open vSwitch has: flows withdrawn, flushed,
 * behind a chain, in TC software, and found again without being told anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"
#include "tc_flower.h"

#define OVS	NFO_SOURCE_OVS
#define RULES	NFO_BAND_PRIO_OVS, NFO_BAND_PRIO_END - 1

/* The port of the next rules. */
static uint32_t in = 2;

static int setup(void **state)
{
	host_sources = 1U << OVS;
	host_flags = 0;
	*state = host_new();
	return 0;
}

static int teardown(void **state)
{
	host_free(*state);
	host_sources = SOURCES;
	host_flags = 0;
	in = 2;
	return 0;
}

/* A rule for @type in @chain; to port @out, or @next if not 0. */
static void put_ovs(struct host *host, uint64_t id, uint16_t type,
		    uint32_t chain, uint32_t out, uint32_t next)
{
	struct nfo_place where = { .ifindex = in, .chain = chain };

	put_ovs_at(host, id, &where, type, out, next);
}

/* What was refused and withdrawn is not tried again, whatever happens. */
static void test_withdraw(void **state)
{
	struct host *host = *state;

	host->tc->fail_news = 1;
	host->tc->fail_err = -ENOSPC;
	put_ovs(host, 1, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(nfo_table_withdraw(host->batch, OVS, nfo_id(1),
					    seen.reason, "full"), 0);
	clock_ms += 100000;
	assert_int_equal(nfo_table_retry(host->batch, 10), 0);
	nfo_table_port_changed(host->batch, 2);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_TABLE_FULL);
	assert_string_equal(seen.text, "full");
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);

	/* A rule that lies goes. */
	put_ovs(host, 2, 0x0800, 0, 3, 0);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 1);
	nfo_table_withdraw(host->batch, OVS, nfo_id(2),
			   NFT_OFFLOAD_REASON_BUSY, NULL);
	nfo_table_commit(host->batch);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);
	assert_int_equal(nfo_table_withdraw(host->batch, OVS, nfo_id(9),
					    NFT_OFFLOAD_REASON_BUSY, NULL),
			 -ENOENT);
	/* Put anew it is wanted again. */
	put_ovs(host, 1, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_true(seen.in_hw);
}

static void test_flush(void **state)
{
	struct host *host = *state;

	put_ovs(host, 1, 0x0800, 0, 3, 0);
	put_ovs(host, 2, 0x0800, 0, 3, 0);
	put(host, 7, 1);
	assert_int_equal(stats(host).in_hw_of[OVS], 2);
	assert_int_equal(stats(host).in_hw_of[FLOWTABLE], 1);
	assert_int_equal(nfo_table_flush(host->batch, OVS), 0);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);
	assert_int_equal(fake_tc_filters(host->tc, FLOWS), 1);
	assert_int_equal(stats(host).in_hw_of[OVS], 0);
	assert_int_equal(stats(host).entries, 1);
}

/* A chain is reached while a rule that goes there is in the kernel. */
static void test_chain(void **state)
{
	struct host *host = *state;

	assert_false(nfo_table_chain_reached(host->table, 5));
	put_ovs(host, 1, 0x0800, 0, 0, 5);
	put_ovs(host, 2, 0x0800, 0, 0, 5);
	assert_true(nfo_table_chain_reached(host->table, 5));
	assert_false(nfo_table_chain_reached(host->table, 6));
	/* Replaced by one that goes elsewhere. */
	put_ovs(host, 1, 0x0800, 0, 0, 6);
	assert_true(nfo_table_chain_reached(host->table, 5));
	assert_true(nfo_table_chain_reached(host->table, 6));
	nfo_table_del(host->batch, OVS, nfo_id(2));
	nfo_table_commit(host->batch);
	assert_false(nfo_table_chain_reached(host->table, 5));
	host->tc->fail_news = 1;
	host->tc->fail_err = -EOPNOTSUPP;
	put_ovs(host, 3, 0x0800, 0, 0, 8);
	assert_false(nfo_table_chain_reached(host->table, 8));
	nfo_table_flush(host->batch, OVS);
	assert_false(nfo_table_chain_reached(host->table, 6));
}

/*
 * A type that has no priority of its own stays in software: under "all types" flower
 * would find it behind tags, too.
 */
static void test_rare_type(void **state)
{
	struct host *host = *state;

	put_ovs(host, 1, 0x88cc, 0, 3, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED);
	assert_string_equal(seen.text, "Ethernet type 0x88cc");
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);
	assert_int_equal(nfo_band_prio(OVS, htons(ETH_P_ALL)), NFO_BAND_PRIO_OVS_ANY);
}

/* Software does where no NIC can: only with NFO_TABLE_ANY. */
static void test_any(void **state)
{
	struct host *host = *state;

	/* Port 6 belongs to no switch. */
	put_ovs(host, 1, 0x0800, 0, 6, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
	process_stop(host);

	host_flags = NFO_TABLE_ANY;
	process_start(host);
	put_ovs(host, 1, 0x0800, 0, 6, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_false(seen.in_hw);
	/* A rule that a NIC may take is known to be there when it is read. */
	put_ovs(host, 2, 0x0800, 0, 3, 0);
	nfo_table_read_counters(host->batch, 0);
	state_of(host, 2);
	assert_true(seen.in_hw);
	state_of(host, 1);
	assert_false(seen.in_hw);
	nfo_table_reconcile(host->batch, 0);
	assert_int_equal(stats(host).vanished, 0);
}

/* Port 7 becomes a tunnel netdev, and the port of the next rules. */
static void tunnel(struct host *host)
{
	in = 7;
	host->tc->links[6].ifindex = in;
	host->tc->links[6].indirect = true;
	assert_int_equal(nfo_eswitch_refresh(host->eswitch, NULL, NULL), 0);
}

/* TC takes no skip_sw on a tunnel netdev: the echo tells who has the rule. */
static void test_indirect(void **state)
{
	struct host *host = *state;

	tunnel(host);
	put_ovs(host, 1, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_true(seen.in_hw);
	/* Replaced, with what the rule before has counted. */
	fake_tc_first(host->tc, RULES)->packets = 11;
	put_ovs(host, 1, 0x0800, 0, 4, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_int_equal(host->tc->replaces, 1);
	assert_int_equal(seen.counters.packets, 11);

	/* No driver takes the next ones: each goes, in a word of the driver. */
	host->tc->undriven = "too deep";
	put_ovs(host, 1, 0x0800, 0, 3, 0);
	put_ovs(host, 2, 0x0800, 0, 3, 0);
	for (int id = 1; id < 3; id++) {
		assert_int_equal(state_of(host, id), NFO_STATE_KNOWN);
		assert_int_equal(seen.reason,
				 NFT_OFFLOAD_REASON_DRIVER_REFUSED);
		assert_string_equal(seen.text, "too deep");
	}
	assert_int_equal(seen.counters.packets, 0);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);
	host->tc->undriven = "";
	put_ovs(host, 3, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 3), NFO_STATE_KNOWN);
	assert_string_equal(seen.text, "no driver has taken it");
	host->tc->undriven = NULL;
	nfo_table_del(host->batch, OVS, nfo_id(1));
	nfo_table_commit(host->batch);
	put_ovs(host, 1, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);

	/* The driver drops it later: put again, and then out with it. */
	fake_tc_first(host->tc, RULES)->not_in_hw = true;
	host->tc->undriven = "full";
	nfo_table_reconcile(host->batch, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_string_equal(seen.text, "full");
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);

	/* Nobody knows whether that passes: it is tried again. */
	host->tc->undriven = NULL;
	clock_ms += 60000;
	assert_true(nfo_table_retry(host->batch, 10) > 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
}

/* Answers are lost: what is there is asked, and has to be in hardware. */
static void test_indirect_lost(void **state)
{
	struct host *host = *state;

	tunnel(host);
	host->tc->lose = 1;
	host->tc->undriven = "full";
	put_ovs(host, 1, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_KNOWN);
	assert_int_equal(seen.reason, NFT_OFFLOAD_REASON_DRIVER_REFUSED);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 0);
	host->tc->lose = 1;
	host->tc->undriven = NULL;
	put_ovs(host, 2, 0x0800, 0, 3, 0);
	assert_int_equal(state_of(host, 2), NFO_STATE_IN_HW);
}

/* Puts what @action makes of a rule in @chain of port 2. Is it in software? */
static bool is_in_software(struct host *host, uint32_t chain,
			   const struct nfo_action *action)
{
	struct nfo_place where = { .ifindex = 2, .chain = chain };
	struct nfo_tc_info info;
	struct nfo_rule rule;

	nfo_table_flush(host->batch, OVS);
	nfo_rule_init(&rule);
	rule.key.eth_type = htons(0x0800);
	rule.mask.eth_type = 0xffff;
	if (action)
		assert_int_equal(nfo_rule_add(&rule, action), 0);
	nfo_rule_add_redirect(&rule, 3);
	nfo_rule_normalise(&rule);
	assert_int_equal(nfo_table_put(host->batch, OVS, nfo_id(1), &where,
				       &rule, NULL, NULL), 0);
	nfo_rule_uninit(&rule);
	assert_int_equal(nfo_table_commit(host->batch), 0);
	assert_int_equal(state_of(host, 1), NFO_STATE_IN_HW);
	assert_int_equal(nfo_tc_flower_parse((struct nlmsghdr *)
			 fake_tc_first(host->tc, RULES)->msg, NULL, NULL,
			 &info), 0);
	assert_false(info.skip_hw);
	return !info.skip_sw;
}

/* What the host goes on with has to be there for it. */
static void test_both(void **state)
{
	struct nfo_action police = { .type = NFO_ACT_POLICE, .police = 5 };
	struct nfo_action ct = { .type = NFO_ACT_CT };
	struct nfo_action mirror = { .type = NFO_ACT_MIRROR };

	mirror.port.ifindex = 4;
	assert_false(is_in_software(*state, 0, NULL));
	assert_false(is_in_software(*state, 0, &mirror));
	assert_true(is_in_software(*state, 0, &ct));
	assert_true(is_in_software(*state, 0, &police));
	assert_true(is_in_software(*state, 7, NULL));
}

/* After a restart: what recirculates goes, the rest is shown and adopted. */
static void test_leftovers(void **state)
{
	struct host *host = *state;
	struct nfo_leftover *left;
	unsigned int news;

	put_ovs(host, 1, 0x0800, 0, 3, 0);
	put_ovs(host, 2, 0x0800, 0, 0, 5);
	put_ovs(host, 3, 0x0800, 5, 3, 0);
	put_ovs(host, 4, 0x0800, 5, 0, 6);
	fake_tc_first(host->tc, RULES)->packets = 11;
	process_stop(host);
	process_start(host);
	news = host->tc->news;
	assert_int_equal(nfo_table_read_back(host->batch), 4);
	assert_int_equal(nfo_table_reap_chains(host->batch, FLOWTABLE), 0);
	assert_int_equal(nfo_table_reap_chains(host->batch, OVS), 3);
	assert_int_equal(fake_tc_filters(host->tc, RULES), 1);
	assert_int_equal(nfo_table_leftovers(host->table, FLOWTABLE, 8, &left), 0);
	nfo_leftovers_free(left, 0);
	assert_int_equal(nfo_table_leftovers(host->table, OVS, 8, &left), 1);
	assert_int_equal(left->counters.packets, 11);
	assert_int_equal(nfo_table_put(host->batch, OVS, nfo_id(77),
				       &left->place, &left->rule, NULL, NULL),
			 0);
	nfo_leftovers_free(left, 1);
	nfo_table_commit(host->batch);
	assert_int_equal(state_of(host, 77), NFO_STATE_IN_HW);
	assert_int_equal(seen.counters.packets, 11);
	assert_true(seen.in_hw);
	assert_int_equal(host->tc->news, news);
	assert_int_equal(stats(host).orphans, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_withdraw, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rare_type, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leftovers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_indirect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_indirect_lost, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_both, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
