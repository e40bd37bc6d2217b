// SPDX-License-Identifier: Apache-2.0
/*
 * table_host: see table_host.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "table_host.h"

uint64_t clock_ms = 1000000;
uint32_t host_sources = SOURCES;
uint32_t host_flags;
const char *host_driver;
unsigned int infos_freed;

static uint64_t test_now(void)
{
	return __atomic_load_n(&clock_ms, __ATOMIC_RELAXED);
}

void view_fn(void *arg, const struct nfo_view *view)
{
	struct told *told = arg;
	size_t len = strlen(told->history);

	told->calls++;
	told->in_hw += view->state == NFO_STATE_IN_HW;
	told->known += view->state == NFO_STATE_KNOWN;
	told->gone += view->state == NFO_STATE_GONE;
	told->state = view->state;
	told->reason = view->reason;
	strncpy(told->text, view->text, sizeof(told->text) - 1);
	told->counters = view->counters;
	told->place = view->place;
	if (len + 1 < sizeof(told->history))
		told->history[len] = "KPHRG"[view->state];
}

static void info_free(void *info)
{
	__atomic_add_fetch(&infos_freed, 1, __ATOMIC_RELAXED);
	free(info);
}

void process_start(struct host *host)
{
	struct nfo_table_config config = {
		.eswitch = host->eswitch,
		.sources = host_sources,
		.flags = host_flags,
		.info_free = info_free,
		.now_ms = test_now,
	};

	memset(&host->told, 0, sizeof(host->told));
	host->rtnl = fake_tc_rtnl(host->tc);
	assert_int_equal(nfo_table_create(&host->table, &config), 0);
	assert_int_equal(nfo_batch_open(&host->batch, host->table, host->rtnl,
					view_fn, &host->told), 0);
}

void process_stop(struct host *host)
{
	nfo_batch_close(host->batch);
	nfo_table_destroy(host->table);
	nfo_rtnl_close(host->rtnl);
}

struct host *host_new(void)
{
	struct host *host = calloc(1, sizeof(*host));

	host->tc = fake_tc_new();
	host->tc->driver = host_driver;
	host->eswitch = fake_tc_eswitch(host->tc);
	process_start(host);
	return host;
}

void host_free(struct host *host)
{
	process_stop(host);
	nfo_eswitch_destroy(host->eswitch);
	fake_tc_free(host->tc);
	free(host);
}

void make_rule(struct nfo_rule *rule, uint64_t id, uint8_t mac, uint32_t out)
{
	struct nfo_set value = { .eth_dst = { 2, 0, 0, 0, 0, mac } };
	struct nfo_set mask;

	memset(&mask, 0, sizeof(mask));
	memset(mask.eth_dst, 0xff, 6);
	nfo_rule_init(rule);
	rule->key.eth_type = htons(0x0800);
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = IPPROTO_TCP;
	rule->mask.ip_proto = 0xff;
	rule->key.ipv4_src = htonl(0x0a000000 + (id >> 16));
	rule->mask.ipv4_src = 0xffffffff;
	rule->key.sport = htons(id);
	rule->mask.sport = 0xffff;
	nfo_rule_add_set(rule, &value, &mask);
	nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
	nfo_rule_fix_csum(rule);
	nfo_rule_add_redirect(rule, out);
	nfo_rule_normalise(rule);
}

int put_by(struct nfo_batch *batch, uint64_t id, uint8_t mac, uint32_t in,
	   uint32_t out, const struct nfo_counters *told, void *info)
{
	struct nfo_place where = { .ifindex = in };
	struct nfo_rule rule;
	int err;

	make_rule(&rule, id, mac, out);
	err = nfo_table_put(batch, FLOWTABLE, nfo_id(id), &where, &rule, told,
			    info);
	nfo_rule_uninit(&rule);
	return err;
}

void put(struct host *host, uint64_t id, uint8_t mac)
{
	assert_int_equal(put_by(host->batch, id, mac, 2, 3, NULL, NULL), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
}

void del(struct host *host, uint64_t id)
{
	assert_int_equal(nfo_table_del(host->batch, FLOWTABLE, nfo_id(id)), 0);
	assert_int_equal(nfo_table_commit(host->batch), 0);
}

void put_ovs_at(struct host *host, uint64_t id, const struct nfo_place *where,
		uint16_t type, uint32_t out, uint32_t next)
{
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	rule.key.eth_type = htons(type);
	rule.mask.eth_type = 0xffff;
	rule.key.eth_dst[5] = id;
	rule.mask.eth_dst[5] = 0xff;
	if (next)
		nfo_rule_add_goto(&rule, next);
	else
		nfo_rule_add_redirect(&rule, out);
	nfo_rule_normalise(&rule);
	assert_int_equal(nfo_table_put(host->batch, NFO_SOURCE_OVS, nfo_id(id),
				       where, &rule, NULL, NULL), 0);
	nfo_rule_uninit(&rule);
	assert_int_equal(nfo_table_commit(host->batch), 0);
}

struct nfo_view seen;

static void see(void *arg, const struct nfo_view *view)
{
	(void)arg;
	seen = *view;
}

enum nfo_state state_of(struct host *host, uint64_t id)
{
	assert_int_equal(nfo_table_get(host->table, NFO_SOURCE_OVS, nfo_id(id),
				       see, NULL), 0);
	return seen.state;
}

struct nfo_table_stats stats(struct host *host)
{
	struct nfo_table_stats s;

	nfo_table_stats(host->table, &s);
	return s;
}

void look(struct host *host, uint64_t id, struct told *told)
{
	memset(told, 0, sizeof(*told));
	assert_int_equal(nfo_table_get(host->table, FLOWTABLE, nfo_id(id),
				       view_fn, told), 0);
}
