// SPDX-License-Identifier: Apache-2.0
/*
 * table_probe: the library's table against the real TC and a NIC. Usage:
 *
 *	table_probe all IN OUT [FLOWS]
 *	table_probe purge
 *
 * "all" places FLOWS (1000) flows from IN to OUT, goes through two lives of a
 * process, and leaves nothing; "purge" removes what is ours. Says what it saw;
 * exits with 1 and one line where that is not as it should be.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table.h"
#include "tc_flower.h"

#define SOURCE	NFO_SOURCE_FLOWTABLE
#define SOURCES	(1U << SOURCE)

struct probe {
	uint32_t in;
	uint32_t out;
	unsigned int flows;
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;
	struct nfo_table *table;
	struct nfo_batch *batch;
	struct nfo_place first;		/* of flow 0 */
	uint64_t packets;		/* of flow 0 */
	unsigned int told_in_hw;
};

#define CHECK(what, ...) do {						\
	if (!(what)) {							\
		fprintf(stderr, "table_probe: " __VA_ARGS__);		\
		fprintf(stderr, " (%s)\n", #what);			\
		exit(1);						\
	}								\
} while (0)

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void told(void *arg, const struct nfo_view *view)
{
	struct probe *probe = arg;

	if (view->state == NFO_STATE_IN_HW)
		probe->told_in_hw++;
	else if (view->state == NFO_STATE_KNOWN &&
		 view->reason != NFT_OFFLOAD_REASON_RULE_VANISHED)
		fprintf(stderr, "flow %llu: %s: %s\n",
			(unsigned long long)view->id.lo,
			nfo_reason_name(view->reason), view->text);
	if (!view->id.lo) {
		probe->first = view->place;
		probe->packets = view->counters.packets;
	}
}

static void start(struct probe *probe)
{
	struct nfo_table_config config = {
		.eswitch = probe->eswitch,
		.sources = SOURCES,
	};

	CHECK(!nfo_rtnl_open(&probe->rtnl), "no socket");
	CHECK(!nfo_table_create(&probe->table, &config), "no table");
	CHECK(!nfo_batch_open(&probe->batch, probe->table, probe->rtnl, told,
			      probe), "no batch");
}

static void stop(struct probe *probe)
{
	nfo_batch_close(probe->batch);
	nfo_table_destroy(probe->table);
	nfo_rtnl_close(probe->rtnl);
}

static struct nfo_table_stats stats(struct probe *probe)
{
	struct nfo_table_stats s;

	nfo_table_stats(probe->table, &s);
	return s;
}

/* Flow @id to the next hop @mac, in IPv4 or, odd ones, IPv6 with a tag. */
static void put(struct probe *probe, unsigned int id, uint8_t mac)
{
	struct nfo_place where = { .ifindex = probe->in };
	struct nfo_set value = { .eth_dst = { 2, 0, 0, 0, 0, mac } };
	struct nfo_set mask;
	struct nfo_rule rule;

	memset(&mask, 0, sizeof(mask));
	memset(mask.eth_dst, 0xff, 6);
	nfo_rule_init(&rule);
	memset(&rule.mask.eth_type, 0xff, 2);
	rule.key.eth_type = htons(id % 2 ? 0x86dd : 0x0800);
	if (id % 2) {
		rule.key.vlan_tpid[0] = htons(0x8100);
		rule.mask.vlan_tpid[0] = 0xffff;
		rule.key.vlan_vid[0] = 7;
		rule.mask.vlan_vid[0] = 0xfff;
		memset(&rule.mask.ipv6_src, 0xff, 16);
	} else {
		rule.mask.ipv4_src = 0xffffffff;
	}
	rule.key.ip_proto = 17;
	rule.mask.ip_proto = 0xff;
	rule.mask.ip_frag = NFO_FRAG_ANY;
	rule.key.sport = htons(id >> 8);
	rule.key.dport = htons(id & 0xff);
	rule.mask.sport = rule.mask.dport = 0xffff;
	CHECK(!nfo_rule_add_set(&rule, &value, &mask) &&
	      !nfo_rule_add_plain(&rule, NFO_ACT_DEC_TTL) &&
	      !nfo_rule_fix_csum(&rule) &&
	      !nfo_rule_add_redirect(&rule, probe->out), "no rule");
	nfo_rule_normalise(&rule);
	CHECK(!nfo_table_put(probe->batch, SOURCE, nfo_id(id), &where, &rule,
			     NULL, NULL), "flow %u", id);
	nfo_rule_uninit(&rule);
}

static void put_all(struct probe *probe, uint8_t mac)
{
	double begin = now();

	probe->told_in_hw = 0;
	for (unsigned int i = 0; i < probe->flows; i++)
		put(probe, i, mac);
	CHECK(!nfo_table_commit(probe->batch), "commit");
	CHECK(probe->told_in_hw == probe->flows, "%u of %u told in hardware",
	      probe->told_in_hw, probe->flows);
	CHECK(stats(probe).in_hw == probe->flows && stats(probe).guards == 2,
	      "in hardware: %llu flows, %llu guards",
	      (unsigned long long)stats(probe).in_hw,
	      (unsigned long long)stats(probe).guards);
	printf("%u flows in %.3f s\n", probe->flows, now() - begin);
}

static void ignore(void *arg, int err, const char *text)
{
	(void)text;
	*(int *)arg = err;
}

/* Somebody else deletes flow 0. */
static void steal(struct probe *probe)
{
	int err = 1;

	CHECK(nfo_tc_flower_del(nfo_rtnl_room(probe->rtnl), NFO_RTNL_MSG_MAX,
				&probe->first) > 0, "no message");
	nfo_rtnl_queue(probe->rtnl, ignore, NULL, &err);
	nfo_rtnl_flush(probe->rtnl);
	CHECK(!err, "deleting flow 0: %d", err);
}

static void all(struct probe *probe)
{
	struct nfo_place first;
	double begin;

	start(probe);
	CHECK(!nfo_table_read_back(probe->batch), "rules are there already");
	put_all(probe, 1);
	first = probe->first;
	begin = now();
	CHECK(!nfo_table_read_counters(probe->batch, 0), "counters");
	printf("counters in %.3f s\n", now() - begin);
	begin = now();
	CHECK(!nfo_table_reconcile(probe->batch, 0), "reconcile");
	printf("reconciled in %.3f s\n", now() - begin);
	CHECK(!stats(probe).vanished && !stats(probe).orphans,
	      "reconciling changed what was right");
	steal(probe);
	CHECK(!nfo_table_reconcile(probe->batch, 0), "reconcile");
	CHECK(stats(probe).vanished == 1 &&
	      stats(probe).in_hw == probe->flows, "the stolen one is not back");
	put_all(probe, 2);
	CHECK(stats(probe).replaced == probe->flows, "replaced");
	first = probe->first;
	stop(probe);

	start(probe);
	CHECK(nfo_table_read_back(probe->batch) == (ssize_t)probe->flows + 2,
	      "read back");
	put_all(probe, 2);
	CHECK(stats(probe).adopted == probe->flows + 2 &&
	      !stats(probe).added && !stats(probe).replaced,
	      "adopted %llu", (unsigned long long)stats(probe).adopted);
	CHECK(probe->first.handle == first.handle, "another handle");
	CHECK(!stats(probe).orphans, "orphans");
	put_all(probe, 3);
	begin = now();
	CHECK(!nfo_table_clear(probe->batch), "clear");
	printf("cleared in %.3f s\n", now() - begin);
	CHECK(!stats(probe).entries && !stats(probe).guards, "entries left");
	CHECK(!nfo_table_read_back(probe->batch), "rules are left");
	stop(probe);

	/* A process that went without a word: another one cleans up. */
	start(probe);
	put_all(probe, 1);
	stop(probe);
}

static void purge(struct probe *probe)
{
	struct nfo_rtnl *rtnl;
	ssize_t n;

	CHECK(!nfo_rtnl_open(&rtnl), "no socket");
	n = nfo_table_purge(rtnl, probe->eswitch, SOURCES);
	CHECK(n >= 0, "purge: %zd", n);
	printf("purged %zd\n", n);
	nfo_rtnl_close(rtnl);
}

int main(int argc, char **argv)
{
	struct probe probe = { .flows = 1000 };

	if (nfo_eswitch_create(&probe.eswitch))
		return 1;
	if (argc == 2 && !strcmp(argv[1], "purge")) {
		purge(&probe);
	} else if (argc >= 4 && !strcmp(argv[1], "all")) {
		probe.in = if_nametoindex(argv[2]);
		probe.out = if_nametoindex(argv[3]);
		if (argc > 4)
			probe.flows = atoi(argv[4]);
		all(&probe);
	} else {
		fputs("usage: table_probe all IN OUT [FLOWS] | purge\n", stderr);
		return 2;
	}
	nfo_eswitch_destroy(probe.eswitch);
	return 0;
}
