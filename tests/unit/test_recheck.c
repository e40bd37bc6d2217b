// SPDX-License-Identifier: Apache-2.0
/*
 * test_recheck: which flows a change concerns, and that each connection
 * concerned is handed out once, soon, and the others not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <poll.h>

#include "recheck.h"
#include "table_host.h"

static const uint8_t hop[6] = { 2, 0, 0, 0, 0, 9 };

static struct nfo_change prefix4(const char *addr, uint8_t len)
{
	struct nfo_change change = {
		.kind = NFO_CHANGE_PREFIX,
		.family = AF_INET,
		.len = len,
	};

	inet_pton(AF_INET, addr, &change.addr);
	return change;
}

static void add_next_hop(struct nfo_rule *rule, const char *nat)
{
	struct nfo_set value = { 0 }, mask = { 0 };

	memcpy(value.eth_dst, hop, 6);
	memset(mask.eth_dst, 0xff, 6);
	if (nat) {
		inet_pton(AF_INET, nat, &value.ipv4_dst);
		mask.ipv4_dst = 0xffffffff;
	}
	assert_int_equal(nfo_rule_add_set(rule, &value, &mask), 0);
}

/* A flow from port 2 to 3, 10.0.0.2 to 10.0.1.2, which @nat makes another. */
static struct nfo_change_flow flow4(const char *nat)
{
	struct nfo_change_flow flow;
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	rule.key.eth_type = htons(ETH_P_IP);
	inet_pton(AF_INET, "10.0.0.2", &rule.key.ipv4_src);
	inet_pton(AF_INET, "10.0.1.2", &rule.key.ipv4_dst);
	add_next_hop(&rule, nat);
	assert_int_equal(nfo_rule_add_redirect(&rule, 3), 0);
	nfo_change_flow_init(&flow, 2, &rule);
	nfo_rule_uninit(&rule);
	return flow;
}

static void test_prefix(void **state)
{
	struct nfo_change_flow plain = flow4(NULL), nat = flow4("192.168.7.9");
	struct nfo_change change;
	static const struct {
		const char *addr;
		uint8_t len;
		bool plain, nat;
	} cases[] = {
		{ "0.0.0.0", 0, true, true },
		{ "10.0.1.0", 24, true, false },
		{ "10.0.1.2", 32, true, false },
		{ "10.0.1.3", 32, false, false },
		{ "10.0.0.0", 23, true, false },
		{ "10.0.0.0", 24, false, false },
		{ "10.0.1.2", 31, true, false },
		{ "10.0.1.4", 30, false, false },
		{ "192.168.7.8", 30, false, true },
		{ "192.168.0.0", 16, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		change = prefix4(cases[i].addr, cases[i].len);
		assert_int_equal(nfo_change_concerns(&change, &plain),
				 cases[i].plain);
		assert_int_equal(nfo_change_concerns(&change, &nat),
				 cases[i].nat);
	}
	change = prefix4("0.0.0.0", 0);
	change.family = AF_INET6;
	assert_false(nfo_change_concerns(&change, &plain));
	/* No IP prefix is longer; nothing is read past the address. */
	change.len = 255;
	assert_false(nfo_change_concerns(&change, &plain));
}

static void test_prefix6(void **state)
{
	struct nfo_change change = {
		.kind = NFO_CHANGE_PREFIX,
		.family = AF_INET6,
		.len = 128,
	};
	struct nfo_change_flow flow;
	struct nfo_rule rule;

	(void)state;
	nfo_rule_init(&rule);
	rule.key.eth_type = htons(ETH_P_IPV6);
	inet_pton(AF_INET6, "fd00:1::2", &rule.key.ipv6_dst);
	nfo_change_flow_init(&flow, 2, &rule);
	nfo_rule_uninit(&rule);
	inet_pton(AF_INET6, "fd00:1::2", &change.addr);
	assert_true(nfo_change_concerns(&change, &flow));
	inet_pton(AF_INET6, "fd00:1::3", &change.addr);
	assert_false(nfo_change_concerns(&change, &flow));
	change.len = 127;
	assert_true(nfo_change_concerns(&change, &flow));
}

/* The outer header's way is the flow's way, too. */
static void test_tunnel(void **state)
{
	struct nfo_action action = { .type = NFO_ACT_TUNNEL_SET };
	struct nfo_change_flow flow;
	struct nfo_change change;
	struct nfo_rule rule;

	(void)state;
	nfo_rule_init(&rule);
	inet_pton(AF_INET, "172.16.0.1", &action.tunnel.dst);
	assert_int_equal(nfo_rule_add(&rule, &action), 0);
	nfo_change_flow_init(&flow, 2, &rule);
	nfo_rule_uninit(&rule);
	change = prefix4("172.16.0.0", 12);
	assert_true(nfo_change_concerns(&change, &flow));
	change = prefix4("172.32.0.0", 12);
	assert_false(nfo_change_concerns(&change, &flow));
}

static void test_mac_and_device(void **state)
{
	struct nfo_change_flow flow = flow4(NULL), none;
	struct nfo_change change = { .kind = NFO_CHANGE_MAC };

	(void)state;
	memcpy(change.mac, hop, 6);
	assert_true(nfo_change_concerns(&change, &flow));
	change.mac[5]++;
	assert_false(nfo_change_concerns(&change, &flow));

	change.kind = NFO_CHANGE_DEVICE;
	for (uint32_t ifindex = 1; ifindex < 5; ifindex++) {
		change.ifindex = ifindex;
		assert_int_equal(nfo_change_concerns(&change, &flow),
				 ifindex == 2 || ifindex == 3);
	}
	/* One that was rejected, without a rule. */
	nfo_change_flow_init(&none, 2, NULL);
	change.ifindex = 2;
	assert_true(nfo_change_concerns(&change, &none));
	change = prefix4("0.0.0.0", 0);
	assert_false(nfo_change_concerns(&change, &none));
	change.kind = NFO_CHANGE_ALL;
	assert_true(nfo_change_concerns(&change, &none));
}

/* --- in a table --- */

#define MAX_IDS	64

static struct {
	uint64_t id[MAX_IDS];
	unsigned int n;
} handed;

static void hand(void *arg, uint64_t id)
{
	(void)arg;
	assert_true(handed.n < MAX_IDS);
	handed.id[handed.n++] = id;
}

static struct nfo_recheck *recheck;

static int setup(void **state)
{
	struct host *host = host_new();

	*state = host;
	memset(&handed, 0, sizeof(handed));
	return nfo_recheck_open(&recheck, host->table, host->eswitch, hand,
				NULL);
}

static int teardown(void **state)
{
	nfo_recheck_close(recheck);
	host_free(*state);
	return 0;
}

/* Until nothing is due any more; @n connections have been handed out then. */
static void run(unsigned int n)
{
	struct pollfd pollfd = {
		.fd = nfo_recheck_fd(recheck),
		.events = POLLIN,
	};
	struct nfo_recheck_counters before, after;

	nfo_recheck_counters(recheck, &before);
	handed.n = 0;
	do {
		assert_int_equal(poll(&pollfd, 1, 60000), 1);
		nfo_recheck_run(recheck);
		nfo_recheck_counters(recheck, &after);
	} while (after.walks == before.walks);
	assert_int_equal(handed.n, n);
	assert_int_equal(after.flows - before.flows, n);
}

/* Flow N goes from port 2 to 3, with N for a source port; see make_rule(). */
static void test_walk(void **state)
{
	struct nfo_change change = { .kind = NFO_CHANGE_MAC };
	struct host *host = *state;
	struct nfo_change_flow flow;
	struct nfo_rule rule;

	for (uint64_t id = 2; id < 12; id++)
		put(host, id, id < 6 ? 1 : 2);
	make_rule(&rule, 2, 1, 3);
	nfo_change_flow_init(&flow, 2, &rule);
	nfo_rule_uninit(&rule);

	/* Ids 2 to 5, that is connections 1 and 2, each with two flows. */
	memcpy(change.mac, flow.mac, 6);
	nfo_recheck_change(recheck, &change);
	nfo_recheck_change(recheck, &change);
	assert_int_equal(handed.n, 0);
	run(2);
	assert_int_equal(handed.id[0] >> 1, 1);
	assert_int_equal(handed.id[1] >> 1, 2);

	change.mac[0] ^= 0x80;
	nfo_recheck_change(recheck, &change);
	run(0);
	change = (struct nfo_change){ .kind = NFO_CHANGE_ALL };
	nfo_recheck_change(recheck, &change);
	run(5);
}

/* More changes than are kept apart: then rather all flows. */
static void test_many_changes(void **state)
{
	struct nfo_change change = prefix4("203.0.113.0", 32);

	put(*state, 2, 1);
	for (uint32_t i = 0; i < 300; i++) {
		change.addr.s6_addr[3] = i;
		change.addr.s6_addr[2] = i >> 8;
		nfo_recheck_change(recheck, &change);
	}
	run(1);
}

/* A device over ports: a VLAN device on a bridge that a port is in. */
static void test_device_above(void **state)
{
	struct nfo_change change = { .kind = NFO_CHANGE_DEVICE };
	struct host *host = *state;
	struct fake_tc *tc = host->tc;

	put(host, 2, 1);
	tc->links[6].ifindex = 40;
	tc->links[7].ifindex = 50;
	tc->links[7].link = 40;
	tc->links[2].master = 40;
	assert_int_equal(nfo_eswitch_refresh(host->eswitch, NULL, NULL), 0);

	change.ifindex = 50;
	nfo_recheck_change(recheck, &change);
	run(1);
	change.ifindex = 40;
	nfo_recheck_change(recheck, &change);
	run(1);
	/* A port beneath nothing. */
	change.ifindex = 1;
	nfo_recheck_change(recheck, &change);
	run(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_prefix6),
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_mac_and_device),
		cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_changes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_device_above, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
