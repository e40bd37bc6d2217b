// SPDX-License-Identifier: Apache-2.0
/*
 * orphan: rules of ours in the kernel that no entry of this process stands
 * for, left by one that has ended. See table_private.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "placer.h"

static int orphan_match(struct cds_lfht_node *node, const void *key)
{
	const struct nfo_orphan *orphan =
		caa_container_of(node, struct nfo_orphan, node);
	const uint64_t *hash = key;

	return orphan->hash == *hash;
}

static bool same_place(const struct nfo_place *a, const struct nfo_place *b)
{
	return a->ifindex == b->ifindex && a->shared == b->shared &&
	       a->egress == b->egress && a->chain == b->chain &&
	       a->prio == b->prio;
}

static void orphan_free(struct rcu_head *head)
{
	struct nfo_orphan *orphan = caa_container_of(head, struct nfo_orphan,
						     rcu);

	nfo_rule_uninit(&orphan->rule);
	free(orphan);
}

/* Orphans locked: it is one no more. */
static void orphan_remove(struct nfo_table *table, struct nfo_orphan *orphan)
{
	cds_list_del(&orphan->list);
	cds_lfht_del(table->orphans.hash, &orphan->node);
	nfo_count(&table->stats.orphans, -1);
	urcu_memb_call_rcu(&orphan->rcu, orphan_free);
}

int nfo_orphan_add(struct nfo_table *table, struct nfo_found *found,
		   bool adoptable)
{
	struct nfo_orphan *orphan = NULL;
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	int err = 0;

	nfo_rcu_lock();
	pthread_mutex_lock(&table->orphans.lock);
	cds_lfht_for_each_duplicate(table->orphans.hash, found->hash,
				    orphan_match, &found->hash, &iter, node) {
		orphan = caa_container_of(node, struct nfo_orphan, node);
		if (same_place(&orphan->place, &found->place) &&
		    orphan->place.handle == found->place.handle)
			goto out;
	}
	orphan = calloc(1, sizeof(*orphan));
	if (!orphan) {
		err = -ENOMEM;
		goto out;
	}
	orphan->source = found->source;
	orphan->hash = found->hash;
	orphan->place = found->place;
	orphan->info = found->info;
	orphan->since_ms = nfo_table_now(table);
	orphan->adoptable = adoptable && found->decoded;
	if (orphan->adoptable) {
		orphan->rule = found->rule;
		nfo_rule_init(&found->rule);
	}
	cds_list_add_tail(&orphan->list, &table->orphans.list);
	cds_lfht_add(table->orphans.hash, orphan->hash, &orphan->node);
	nfo_count(&table->stats.orphans, 1);
out:
	pthread_mutex_unlock(&table->orphans.lock);
	nfo_rcu_unlock();
	return err;
}

/* The orphan with what is said of @entry, taken off the list; NULL: none. */
static struct nfo_orphan *orphan_take(struct nfo_entry *entry)
{
	struct nfo_table *table = entry->table;
	const struct nfo_body *said = entry->said;
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;
	struct nfo_orphan *found = NULL;

	pthread_mutex_lock(&table->orphans.lock);
	cds_lfht_for_each_duplicate(table->orphans.hash, said->hash,
				    orphan_match, &said->hash, &iter, node) {
		struct nfo_orphan *orphan =
			caa_container_of(node, struct nfo_orphan, node);

		if (orphan->adoptable && orphan->source == entry->source &&
		    same_place(&orphan->place, &said->place) &&
		    nfo_rule_match_equal(&orphan->rule, &said->rule)) {
			orphan_remove(table, orphan);
			found = orphan;
			break;
		}
	}
	pthread_mutex_unlock(&table->orphans.lock);
	return found;
}

/* @told before, @now counted by the rule: told goes on, never backwards. */
static uint64_t carry_on(uint64_t told, uint64_t now)
{
	return told > now ? told : now;
}

bool nfo_orphan_adopt(struct nfo_entry *entry)
{
	struct nfo_table *table = entry->table;
	struct nfo_orphan *orphan;
	struct nfo_slot *slot;
	struct nfo_body *body;
	uint64_t now;

	if (!nfo_load(&table->stats.orphans) || !entry->said ||
	    !entry->said->place.prio)
		return false;
	orphan = orphan_take(entry);
	if (!orphan)
		return false;
	/* Without memory the rule is nobody's; the next reconcile sees it. */
	body = nfo_body_new(entry->source, &orphan->place, &orphan->rule);
	if (!body)
		return false;
	if (nfo_slot_open(entry, &orphan->place)) {
		nfo_body_unref(body);
		return false;
	}
	if (nfo_body_equal(body, entry->said)) {
		nfo_body_unref(body);
		body = nfo_body_ref(entry->said);
		nfo_count(&table->stats.adopted, 1);
	} else {
		nfo_count(&table->stats.adopted_replaced, 1);
	}
	slot = entry->slot;
	nfo_slot_have(slot, body);
	slot->broken = !orphan->info.in_hw && !nfo_table_software(table);
	nfo_store(&slot->in_hw, orphan->info.in_hw);
	slot->outside = nfo_placer_waits(entry, orphan->info.skip_hw);
	slot->packets = orphan->info.packets;
	slot->bytes = orphan->info.bytes;
	nfo_store(&entry->packets, carry_on(entry->packets, slot->packets));
	nfo_store(&entry->bytes, carry_on(entry->bytes, slot->bytes));
	now = nfo_table_now(table);
	if (orphan->info.has_times)
		nfo_store(&entry->used_ms, now > orphan->info.idle_ms ?
			  now - orphan->info.idle_ms : 0);
	return true;
}

/* --- read back, reap --- */

struct read_back {
	struct nfo_table *table;
	uint32_t sources;
	ssize_t n;
};

static int read_back_one(void *arg, struct nfo_found *found)
{
	struct read_back *back = arg;
	struct nfo_table *table = back->table;
	int err;

	if (!(back->sources & 1U << found->source))
		return 0;
	/* Handles of old rules are taken. */
	if (found->place.handle - NFO_BAND_HANDLE_MIN > table->handle &&
	    found->place.handle >= NFO_BAND_HANDLE_MIN &&
	    found->place.handle < NFO_BAND_HANDLE_MAX)
		nfo_store(&table->handle,
			  found->place.handle - NFO_BAND_HANDLE_MIN);
	err = nfo_orphan_add(table, found, true);
	back->n += !err;
	return err;
}

static ssize_t read_back(struct nfo_batch *batch, uint32_t sources)
{
	struct nfo_table *table = batch->table;
	struct read_back back = { .table = table, .sources = sources };
	struct nfo_port *ports;
	int ret = 0;
	ssize_t n;

	n = nfo_eswitch_ports(table->config.eswitch,
			      !nfo_table_software(table), &ports);
	if (n < 0)
		return n;
	for (ssize_t i = 0; i < n; i++) {
		int err = nfo_scan_port(batch->rtnl, &ports[i], read_back_one,
					&back);

		if (err && !ret)
			ret = err;
	}
	free(ports);
	return ret ? ret : back.n;
}

ssize_t nfo_table_read_back(struct nfo_batch *batch)
{
	return read_back(batch, batch->table->config.sources);
}

ssize_t nfo_table_claim(struct nfo_batch *batch, uint32_t sources)
{
	sources = nfo_table_sources(sources);
	batch->table->config.sources |= sources;
	return read_back(batch, sources);
}

static void reap_done(void *arg, int err, const char *text)
{
	ssize_t *reaped = arg;

	(void)text;
	if (!err)
		++*reaped;
}

ssize_t nfo_orphan_reap(struct nfo_batch *batch, nfo_orphan_pick_fn *pick,
			void *arg)
{
	struct nfo_table *table = batch->table;
	struct nfo_orphan *orphan, *next;
	ssize_t reaped = 0;
	int err = 0, ret;

	if (!nfo_load(&table->stats.orphans))
		return 0;
	nfo_rcu_lock();
	pthread_mutex_lock(&table->orphans.lock);
	cds_list_for_each_entry_safe(orphan, next, &table->orphans.list, list) {
		if (!pick(orphan, arg))
			continue;
		err = nfo_scan_remove(batch->rtnl, &orphan->place, reap_done,
				      &reaped);
		if (err)
			break;
		/* If that fails the next reconcile finds it again. */
		orphan_remove(table, orphan);
	}
	pthread_mutex_unlock(&table->orphans.lock);
	nfo_rcu_unlock();
	ret = nfo_batch_run(batch);
	nfo_count(&table->stats.reaped, reaped);
	if (!err)
		err = ret;
	return err ? err : reaped;
}

/* Of some sources, and not younger than some time. */
struct reap {
	uint64_t until_ms;
	uint32_t sources;
};

static bool reap_picks(const struct nfo_orphan *orphan, void *arg)
{
	const struct reap *reap = arg;

	return reap->sources & 1U << orphan->source &&
	       orphan->since_ms <= reap->until_ms;
}

/* Flows before guards: no flow's rule is ever without its guard. */
static ssize_t reap(struct nfo_batch *batch, uint64_t until_ms,
		    uint32_t sources)
{
	const uint32_t guards = 1U << NFO_SOURCE_GUARD;
	struct reap flows = { until_ms, sources & ~guards };
	struct reap last = { until_ms, sources & guards };
	ssize_t n, m;

	n = nfo_orphan_reap(batch, reap_picks, &flows);
	if (n < 0)
		return n;
	m = nfo_orphan_reap(batch, reap_picks, &last);
	return m < 0 ? m : n + m;
}

ssize_t nfo_table_reap(struct nfo_batch *batch, uint64_t grace_ms)
{
	uint64_t now = nfo_table_now(batch->table);

	return now < grace_ms ? 0 : reap(batch, now - grace_ms, UINT32_MAX);
}

ssize_t nfo_table_reap_sources(struct nfo_batch *batch, uint32_t sources)
{
	return reap(batch, UINT64_MAX, nfo_table_sources(sources));
}

/* Forgets the orphans of @sources; their rules stay. */
static void orphans_leave(struct nfo_table *table, uint32_t sources)
{
	struct nfo_orphan *orphan, *next;

	nfo_rcu_lock();
	pthread_mutex_lock(&table->orphans.lock);
	cds_list_for_each_entry_safe(orphan, next, &table->orphans.list, list)
		if (sources & 1U << orphan->source)
			orphan_remove(table, orphan);
	pthread_mutex_unlock(&table->orphans.lock);
	nfo_rcu_unlock();
}

int nfo_table_disclaim(struct nfo_batch *batch, uint32_t sources, bool remove)
{
	struct nfo_table *table = batch->table;
	ssize_t n = 0;

	sources = nfo_table_sources(sources);
	table->config.sources &= ~sources;
	if (remove)
		n = nfo_table_reap_sources(batch, sources);
	orphans_leave(table, sources);
	return n < 0 ? n : 0;
}

void nfo_orphan_free_all(struct nfo_table *table)
{
	orphans_leave(table, UINT32_MAX);
}
