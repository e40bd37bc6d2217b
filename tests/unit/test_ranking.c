// SPDX-License-Identifier: Apache-2.0
/*
 * test_ranking: how fast flows are, by what hardware and conntrack count, and which
 * are the hottest.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "netlink.h"
#include "ranking.h"
#include "software.h"
#include "table_host.h"

/* A table over a fake kernel, connections, rates. */
struct bed {
	struct host *host;
	struct connections connections;
	struct ranking ranking;
};

static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	bed->host = host_new();
	assert_int_equal(connections_init(&bed->connections), 0);
	ranking_init(&bed->ranking, &bed->connections, NULL);
	return bed;
}

static void bed_free(struct bed *bed)
{
	connections_free(&bed->connections);
	host_free(bed->host);
	free(bed);
}

static void learn(struct bed *bed, uint64_t id, uint32_t iif, uint32_t oif)
{
	struct nfo_flowtable_flow flow = {
		.id = id, .iif = iif, .oif = oif, .ct_id = 1000 + (id >> 1),
		.table = "t", .flowtable = "f",
	};

	assert_int_equal(connections_learn(&bed->connections, &flow), 0);
}

/* In software. */
static void reject(struct bed *bed, uint64_t id)
{
	assert_int_equal(nfo_table_reject(bed->host->batch, FLOWTABLE,
					  nfo_id(id), NULL,
					  NFT_OFFLOAD_REASON_TABLE_FULL, NULL,
					  NULL, NULL), 0);
}

static struct connection_rate *rate_of(struct bed *bed, uint64_t id)
{
	return &connections_find(&bed->connections, id)->sides[id & 1].rate;
}

/* Hardware has carried more of the flow that came last, and is asked. */
static void carry(struct bed *bed, uint64_t packets, uint64_t bytes)
{
	struct fake_filter *filter = fake_tc_first(bed->host->tc, FLOWS);

	filter->packets += packets;
	filter->bytes += bytes;
	assert_int_equal(nfo_table_read_counters(bed->host->batch, 0), 0);
}

static void walk(struct bed *bed, uint64_t ms)
{
	ranking_walk(&bed->ranking, bed->host->table, ms);
}

static void test_hardware(void **state)
{
	struct ranking_flow top[4];
	struct bed *bed = bed_new();
	const struct ranking *ranking = &bed->ranking;
	unsigned int i;

	(void)state;
	learn(bed, 2, 2, 3);
	learn(bed, 3, 3, 2);
	put(bed->host, 2, 1);
	reject(bed, 3);
	/* Nobody looks: nothing is worked out. */
	carry(bed, 700, 70000);
	walk(bed, 1000);
	assert_int_equal(ranking->flows[1], 0);

	ranking_watch(&bed->ranking);
	walk(bed, 2000);
	assert_int_equal(ranking->interval_ms, 0);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 0);
	/* 1.5 s long. */
	carry(bed, 3000, 4500000);
	walk(bed, 3500);
	assert_int_equal(ranking->interval_ms, 1500);
	/* One flow is in software, and conntrack had no time yet. */
	assert_int_equal(ranking_interval(ranking), 0);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 2000);
	assert_int_equal(rate_of(bed, 2)->bytes_per_s, 3000000);
	assert_int_equal(ranking->flows[1], 1);
	assert_int_equal(ranking->flows[0], 1);
	assert_int_equal(ranking->sum[1].packets_per_s, 2000);
	assert_int_equal(ranking->sum[0].packets_per_s, 0);
	assert_int_equal(ranking_top(ranking, RANKING_BY_BYTES, top, 4), 2);
	assert_int_equal(top[0].id.lo, 2);
	assert_int_equal(top[0].key, 3000000);
	assert_int_equal(top[1].id.lo, 3);
	assert_int_equal(ranking_top(ranking, RANKING_BY_PACKETS, top, 1), 1);
	assert_int_equal(top[0].id.lo, 2);
	assert_int_equal(top[0].key, 2000);
	for (i = 0; i < RANKING_PORTS; i++) {
		const struct ranking_port *port = &ranking->ports[i];

		if (port->ifindex == 2) {
			assert_int_equal(port->flows[1], 1);
			assert_int_equal(port->flows[0], 0);
			assert_int_equal(port->in[1].packets_per_s, 2000);
			assert_int_equal(port->out[1].packets_per_s, 0);
		} else if (port->ifindex == 3) {
			assert_int_equal(port->flows[1], 0);
			assert_int_equal(port->flows[0], 1);
			assert_int_equal(port->out[1].bytes_per_s, 3000000);
		} else {
			assert_int_equal(port->ifindex, 0);
		}
	}
	/* Idle. */
	walk(bed, 4500);
	assert_int_equal(ranking_interval(ranking), 1000);
	assert_int_equal(ranking->sum[1].packets_per_s, 0);
	/* Nobody looks any more, and then somebody does again: from new. */
	for (i = 0; i < 20; i++)
		walk(bed, 5500 + 1000 * i);
	assert_false(ranking_watched(&bed->ranking));
	carry(bed, 1000000, 100000000);
	ranking_watch(&bed->ranking);
	walk(bed, 60000);
	assert_int_equal(ranking->interval_ms, 0);
	assert_int_equal(ranking->sum[1].packets_per_s, 0);
	carry(bed, 10, 1000);
	walk(bed, 61000);
	assert_int_equal(ranking->sum[1].packets_per_s, 10);
	bed_free(bed);
}

/* What conntrack says of one connection. */
static void tell(struct software *software, uint32_t ct_id, uint64_t packets,
		 uint64_t bytes)
{
	static const uint16_t nests[2] = { CTA_COUNTERS_ORIG,
					   CTA_COUNTERS_REPLY };
	char buf[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	nlh = netlink_nfnl(buf, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW,
			   0, AF_INET);
	for (int dir = 0; dir < 2; dir++) {
		nest = mnl_attr_nest_start(nlh, nests[dir]);
		mnl_attr_put_u64(nlh, CTA_COUNTERS_PACKETS,
				 htobe64(packets * (dir + 1)));
		mnl_attr_put_u64(nlh, CTA_COUNTERS_BYTES,
				 htobe64(bytes * (dir + 1)));
		mnl_attr_nest_end(nlh, nest);
	}
	mnl_attr_put_u32(nlh, CTA_ID, htonl(ct_id));
	software_take(software, nlh);
}

static void test_software(void **state)
{
	struct bed *bed = bed_new();
	struct software software;

	(void)state;
	software_init(&software, &bed->connections, NULL);
	learn(bed, 2, 2, 3);
	learn(bed, 3, 3, 2);
	reject(bed, 2);
	reject(bed, 3);
	ranking_watch(&bed->ranking);
	walk(bed, 1000);
	tell(&software, 1001, 5000, 500000);
	walk(bed, 2000);
	assert_int_equal(bed->ranking.sum[0].packets_per_s, 0);
	software.elapsed_ms = 2000;
	tell(&software, 1001, 5400, 540000);
	tell(&software, 77, 1, 1);
	walk(bed, 3000);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 200);
	assert_int_equal(rate_of(bed, 3)->packets_per_s, 400);
	assert_int_equal(rate_of(bed, 3)->bytes_per_s, 40000);
	assert_int_equal(bed->ranking.sum[0].packets_per_s, 600);
	assert_int_equal(software.entries, 3);
	assert_int_equal(software.counters, 3);

	/* Into hardware: what it carries is not counted twice. */
	put(bed->host, 2, 1);
	carry(bed, 10, 1000);
	walk(bed, 4000);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 0);
	carry(bed, 50, 5000);
	tell(&software, 1001, 9000, 900000);
	walk(bed, 5000);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 50);
	assert_int_equal(bed->ranking.sum[1].packets_per_s, 50);
	/* And back: nothing of before is taken for a rate. */
	reject(bed, 2);
	assert_int_equal(nfo_table_commit(bed->host->batch), 0);
	walk(bed, 6000);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 0);
	tell(&software, 1001, 9100, 910000);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 0);
	tell(&software, 1001, 9200, 920000);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 50);
	/* Conntrack has a new entry under the id: counters begin anew. */
	tell(&software, 1001, 3, 300);
	assert_int_equal(rate_of(bed, 2)->packets_per_s, 0);
	bed_free(bed);
}

/* The kernel's other messages, and broken ones. */
static void test_software_broken(void **state)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct bed *bed = bed_new();
	struct software software;
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	(void)state;
	software_init(&software, &bed->connections, NULL);
	learn(bed, 2, 2, 3);
	nlh = netlink_nfnl(buf, 0, 0, AF_INET);
	mnl_attr_put_u16(nlh, CTA_ID, 1);
	nest = mnl_attr_nest_start(nlh, CTA_COUNTERS_ORIG);
	mnl_attr_put_u32(nlh, CTA_COUNTERS_PACKETS, 1);
	mnl_attr_nest_end(nlh, nest);
	software_take(&software, nlh);
	mnl_attr_put_u32(nlh, CTA_ID, htonl(1001));
	software_take(&software, nlh);
	assert_int_equal(rate_of(bed, 2)->counter, CONNECTION_UNCOUNTED);
	nlh->nlmsg_len = NLMSG_HDRLEN;
	software_take(&software, nlh);
	assert_int_equal(software.entries, 2);
	bed_free(bed);
}

static int greater_first(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return (*left < *right) - (*left > *right);
}

/* Of many, those that are kept are the hottest ones. */
static void test_many(void **state)
{
	enum { N = 5000 };
	static uint32_t wanted[2 * N];
	static struct ranking_flow top[RANKING_TOP_MAX];
	struct bed *bed = bed_new();
	uint32_t seed = 1;
	uint64_t id;
	size_t i;

	(void)state;
	for (id = 0; id < 2 * N; id++) {
		learn(bed, id, 2, 3);
		reject(bed, id);
	}
	assert_int_equal(nfo_table_commit(bed->host->batch), 0);
	ranking_watch(&bed->ranking);
	walk(bed, 1000);
	for (id = 0; id < 2 * N; id++) {
		struct connection *connection =
			connections_find(&bed->connections, id);

		seed = seed * 1103515245 + 12345;
		wanted[id] = seed >> 8;
		ranking_software(connection, id & 1, 0, 0, 0);
		ranking_software(connection, id & 1, wanted[id], id, 1000);
		assert_ptr_equal(connections_by_conntrack(&bed->connections,
							  1000 + (id >> 1)),
				 connection);
	}
	walk(bed, 2000);
	qsort(wanted, 2 * N, sizeof(*wanted), greater_first);
	assert_int_equal(ranking_top(&bed->ranking, RANKING_BY_PACKETS, top,
				   RANKING_TOP_MAX), RANKING_TOP_MAX);
	for (i = 0; i < RANKING_TOP_MAX; i++) {
		assert_int_equal(top[i].key, wanted[i]);
		assert_int_equal(rate_of(bed, top[i].id.lo)->packets_per_s,
				 wanted[i]);
	}
	assert_int_equal(ranking_top(&bed->ranking, RANKING_BY_BYTES, top, 3), 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(top[i].id.lo, 2 * N - 1 - i);
	/* Ended ones are not found by either name. */
	for (id = 0; id < 2 * N; id++)
		connections_forget(&bed->connections, id);
	assert_null(connections_by_conntrack(&bed->connections, 1000));
	bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hardware),
		cmocka_unit_test(test_software),
		cmocka_unit_test(test_software_broken),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
