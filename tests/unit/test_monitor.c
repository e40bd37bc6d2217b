// SPDX-License-Identifier: Apache-2.0
/*
 * test_monitor: what events of the kernel are taken to mean, and that broken
 * ones mean nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/route/neighbour.h>

#include "monitor_part.h"

static struct {
	unsigned int n;
	struct nfo_change change;
} told;

static void tell(void *arg, const struct nfo_change *change)
{
	(void)arg;
	told.n++;
	told.change = *change;
}

static struct nfo_monitor monitor = { .fn = tell };

static struct nl_msg *message(int type, const void *header, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(nlmsg_put(msg, 0, 0, type, 0, 0));
	if (size)
		assert_int_equal(nlmsg_append(msg, (void *)header, size,
					      NLMSG_ALIGNTO), 0);
	return msg;
}

/* How many changes a message of rtnetlink is; the last one is in told. */
static unsigned int route_event(struct nl_msg *msg)
{
	told.n = 0;
	nfo_monitor_route(msg, &monitor);
	nlmsg_free(msg);
	return told.n;
}

static unsigned int plain_event(int type, const void *header, size_t size)
{
	return route_event(message(type, header, size));
}

static void test_route(void **state)
{
	struct rtmsg route = { .rtm_family = AF_INET, .rtm_dst_len = 24 };
	const uint8_t addr[] = { 10, 0, 1, 0 };
	struct nl_msg *msg;

	(void)state;
	msg = message(RTM_DELROUTE, &route, sizeof(route));
	nla_put(msg, RTA_DST, sizeof(addr), addr);
	assert_int_equal(route_event(msg), 1);
	assert_int_equal(told.change.kind, NFO_CHANGE_PREFIX);
	assert_int_equal(told.change.family, AF_INET);
	assert_int_equal(told.change.len, 24);
	assert_memory_equal(&told.change.addr, addr, sizeof(addr));

	/* The default route has no RTA_DST. */
	route.rtm_dst_len = 0;
	assert_int_equal(plain_event(RTM_NEWROUTE, &route, sizeof(route)), 1);
	assert_int_equal(told.change.len, 0);

	/* Exceptions that the kernel keeps by itself; other families. */
	route.rtm_flags = RTM_F_CLONED;
	assert_int_equal(plain_event(RTM_NEWROUTE, &route, sizeof(route)), 0);
	route.rtm_flags = 0;
	route.rtm_family = AF_MPLS;
	assert_int_equal(plain_event(RTM_NEWROUTE, &route, sizeof(route)), 0);
}

static void test_broken_route(void **state)
{
	struct rtmsg route = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };
	uint8_t addr[64] = { 0xfd };
	struct nl_msg *msg;

	(void)state;
	assert_int_equal(plain_event(RTM_NEWROUTE, &route, 4), 0);
	msg = message(RTM_NEWROUTE, &route, sizeof(route));
	nla_put(msg, RTA_DST, sizeof(addr), addr);
	assert_int_equal(route_event(msg), 0);
	assert_int_equal(plain_event(RTM_DELADDR, &route, 2), 0);
	assert_int_equal(plain_event(RTM_NEWLINK, &route, 2), 0);
}

static void test_device(void **state)
{
	struct ifaddrmsg address = { .ifa_family = AF_INET, .ifa_index = 7 };
	struct ifinfomsg link = { .ifi_family = AF_BRIDGE, .ifi_index = 9 };

	(void)state;
	assert_int_equal(plain_event(RTM_DELADDR, &address, sizeof(address)),
			 1);
	assert_int_equal(told.change.kind, NFO_CHANGE_DEVICE);
	assert_int_equal(told.change.ifindex, 7);
	/* A new address alone changes no flow. */
	assert_int_equal(plain_event(RTM_NEWADDR, &address, sizeof(address)),
			 0);

	assert_int_equal(plain_event(RTM_NEWLINK, &link, sizeof(link)), 1);
	assert_int_equal(told.change.kind, NFO_CHANGE_DEVICE);
	assert_int_equal(told.change.ifindex, 9);
	/* The link as such is the eswitch's matter. */
	link.ifi_family = AF_UNSPEC;
	assert_int_equal(plain_event(RTM_NEWLINK, &link, sizeof(link)), 0);
}

static void test_all(void **state)
{
	static const int types[] = {
		RTM_NEWRULE, RTM_DELRULE, RTM_NEWNEXTHOP, RTM_DELNEXTHOP,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(plain_event(types[i], NULL, 0), 1);
		assert_int_equal(told.change.kind, NFO_CHANGE_ALL);
	}
}

static unsigned int ruleset_event(int subsystem, int type)
{
	struct nl_msg *msg = message(subsystem << 8 | type, NULL, 0);

	told.n = 0;
	nfo_monitor_ruleset(msg, &monitor);
	nlmsg_free(msg);
	return told.n;
}

static void test_ruleset(void **state)
{
	static const int changes[] = {
		NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, NFT_MSG_NEWCHAIN,
		NFT_MSG_DELCHAIN, NFT_MSG_NEWRULE, NFT_MSG_DELRULE,
		NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, NFT_MSG_DELSET,
	};
	static const int others[] = {
		NFT_MSG_NEWGEN, NFT_MSG_TRACE, NFT_MSG_NEWOBJ,
		NFT_MSG_NEWFLOWTABLE, NFT_MSG_DELFLOWTABLE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(ruleset_event(NFNL_SUBSYS_NFTABLES,
					       changes[i]), 1);
		assert_int_equal(told.change.kind, NFO_CHANGE_ALL);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(ruleset_event(NFNL_SUBSYS_NFTABLES,
					       others[i]), 0);
	assert_int_equal(ruleset_event(NFNL_SUBSYS_CTNETLINK,
				       NFT_MSG_NEWRULE), 0);
}

/* --- neighbours --- */

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t mac_b[6] = { 2, 0, 0, 0, 0, 2 };

static struct rtnl_neigh *neighbour(int family, int nud, const uint8_t *mac)
{
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	struct nl_addr *addr;

	rtnl_neigh_set_family(neigh, family);
	rtnl_neigh_set_state(neigh, nud);
	if (mac) {
		addr = nl_addr_build(AF_LLC, mac, 6);
		rtnl_neigh_set_lladdr(neigh, addr);
		nl_addr_put(addr);
	}
	return neigh;
}

/* Is a step from @before to @after (either may be NULL) a change of @mac? */
static bool changes(struct rtnl_neigh *before, struct rtnl_neigh *after,
		    const uint8_t *mac)
{
	told.n = 0;
	nfo_monitor_neighbour(NULL, (struct nl_object *)before,
			      (struct nl_object *)after, 0,
			      !before ? NL_ACT_NEW : !after ? NL_ACT_DEL :
			      NL_ACT_CHANGE, &monitor);
	if (before)
		rtnl_neigh_put(before);
	if (after)
		rtnl_neigh_put(after);
	if (!told.n)
		return false;
	assert_int_equal(told.change.kind, NFO_CHANGE_MAC);
	assert_memory_equal(told.change.mac, mac, 6);
	return true;
}

#define N(nud, mac)	neighbour(AF_INET, nud, mac)
#define FDB(mac)	neighbour(AF_BRIDGE, NUD_REACHABLE, mac)

static void test_neighbour(void **state)
{
	(void)state;
	/* Another address, none any more, gone. */
	assert_true(changes(N(NUD_REACHABLE, mac_a), N(NUD_REACHABLE, mac_b),
			    mac_a));
	assert_true(changes(N(NUD_STALE, mac_a), N(NUD_FAILED, NULL), mac_a));
	assert_true(changes(N(NUD_PERMANENT, mac_a), NULL, mac_a));
	/* Older, confirmed: the same. */
	assert_false(changes(N(NUD_REACHABLE, mac_a), N(NUD_STALE, mac_a),
			     mac_a));
	assert_false(changes(N(NUD_PROBE, mac_a), N(NUD_REACHABLE, mac_a),
			     mac_a));
	/* No flow can have been made of what was not valid. */
	assert_false(changes(NULL, N(NUD_REACHABLE, mac_a), mac_a));
	assert_false(changes(N(NUD_INCOMPLETE, NULL), N(NUD_REACHABLE, mac_a),
			     mac_a));
	assert_false(changes(N(NUD_FAILED, NULL), NULL, mac_a));
}

static void test_fdb(void **state)
{
	(void)state;
	assert_true(changes(NULL, FDB(mac_a), mac_a));
	assert_true(changes(FDB(mac_a), FDB(mac_a), mac_a));
	assert_true(changes(FDB(mac_a), NULL, mac_a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_broken_route),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_ruleset),
		cmocka_unit_test(test_neighbour),
		cmocka_unit_test(test_fdb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
