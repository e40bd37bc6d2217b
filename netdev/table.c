// SPDX-License-Identifier: Apache-2.0
/*
 * table: what sources want. See table.h; what follows from it is batch.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "placer.h"

uint64_t nfo_table_now(const struct nfo_table *table)
{
	return table->config.now_ms ? table->config.now_ms() : nfo_clock_ms();
}

/* --- life --- */

static struct cds_lfht *hash_new(void)
{
	return cds_lfht_new_flavor(64, 64, 0,
				   CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING,
				   &urcu_memb_flavor, NULL);
}

static void table_free(struct nfo_table *table)
{
	/* What was forgotten is freed by callbacks that look at the table. */
	urcu_memb_barrier();
	if (table->entries)
		cds_lfht_destroy(table->entries, NULL);
	if (table->slots)
		cds_lfht_destroy(table->slots, NULL);
	if (table->hooks)
		cds_lfht_destroy(table->hooks, NULL);
	if (table->orphans.hash)
		cds_lfht_destroy(table->orphans.hash, NULL);
	if (table->chains.hash)
		cds_lfht_destroy(table->chains.hash, NULL);
	for (int i = 0; i < NFO_SHARDS; i++)
		pthread_mutex_destroy(&table->shards[i]);
	pthread_mutex_destroy(&table->orphans.lock);
	pthread_mutex_destroy(&table->chains.lock);
	pthread_mutex_destroy(&table->placers_lock);
	pthread_mutex_destroy(&table->retry_lock);
	pthread_mutex_destroy(&table->hook_lock);
	free(table);
}

int nfo_table_create(struct nfo_table **tablep,
		     const struct nfo_table_config *config)
{
	struct nfo_table *table;

	if (!config->eswitch)
		return -EINVAL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	nfo_rcu_register();
	table->config = *config;
	table->config.sources = nfo_table_sources(config->sources);
	for (int i = 0; i < NFO_SHARDS; i++)
		pthread_mutex_init(&table->shards[i], NULL);
	pthread_mutex_init(&table->orphans.lock, NULL);
	pthread_mutex_init(&table->chains.lock, NULL);
	pthread_mutex_init(&table->placers_lock, NULL);
	CDS_INIT_LIST_HEAD(&table->placers);
	table->shares = (struct nfo_table_shares){
		NFO_SHARE_PERCENT, NFO_SHARE_PERCENT, NFO_SHARE_PERCENT
	};
	pthread_mutex_init(&table->retry_lock, NULL);
	pthread_mutex_init(&table->hook_lock, NULL);
	CDS_INIT_LIST_HEAD(&table->orphans.list);
	for (int i = 0; i < NFO_WAITS; i++)
		CDS_INIT_LIST_HEAD(&table->waiting[i].list);
	CDS_INIT_LIST_HEAD(&table->hook_list);
	table->entries = hash_new();
	table->slots = hash_new();
	table->hooks = hash_new();
	table->orphans.hash = hash_new();
	table->chains.hash = hash_new();
	if (!table->entries || !table->slots || !table->hooks ||
	    !table->orphans.hash || !table->chains.hash) {
		table_free(table);
		return -ENOMEM;
	}
	*tablep = table;
	return 0;
}

void nfo_table_destroy(struct nfo_table *table)
{
	if (!table)
		return;
	nfo_entry_free_all(table);
	nfo_orphan_free_all(table);
	nfo_hook_free_all(table);
	nfo_placer_free_all(table);
	table_free(table);
}

/* --- wishes --- */

void nfo_table_check(struct nfo_entry *entry)
{
	const struct nfo_table *table = entry->table;
	const struct nfo_body *wanted = entry->wanted;
	enum nft_offload_reason reason = NFT_OFFLOAD_REASON_NONE;
	char text[NFT_OFFLOAD_TEXT_MAX] = "";
	struct nfo_port in;

	if (!wanted->place.prio) {
		reason = NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
		snprintf(text, sizeof(text), "Ethernet type 0x%04x",
			 ntohs(nfo_rule_protocol(&wanted->rule)));
	} else if (!(table->config.flags & NFO_TABLE_SKIP_HW)) {
		reason = nfo_eswitch_check(table->config.eswitch,
					   &wanted->rule, &wanted->place, &in,
					   text, sizeof(text));
		entry->indirect = in.indirect;
		nfo_placer_assign(entry, &in);
		if (!reason)
			reason = nfo_entry_say(entry, in.dialect, text,
					       sizeof(text));
		/* What no NIC can take is not even offered to one. */
		entry->software = reason &&
			entry->source == NFO_SOURCE_OVS &&
			table->config.flags & NFO_TABLE_ANY;
		if (entry->software)
			reason = NFT_OFFLOAD_REASON_NONE;
	}
	/* To software as it is. */
	if (entry->software || (!entry->said && !reason))
		nfo_entry_say(entry, NULL, text, sizeof(text));
	/* What TC has said stands until retried, unless a port objects. */
	if (!reason && entry->hold && entry->from_tc)
		return;
	nfo_entry_hold(entry, reason, text);
	entry->from_tc = false;
	if (reason)
		nfo_retry_cancel(entry);
}

/* Shard locked: what put and reject have in common. */
static void entry_told(struct nfo_entry *entry, const struct nfo_place *where,
		       const struct nfo_counters *told, void *info)
{
	uint64_t now = nfo_table_now(entry->table);

	if (!entry->known && told) {
		nfo_store(&entry->packets, told->packets);
		nfo_store(&entry->bytes, told->bytes);
		nfo_store(&entry->used_ms,
			  now > told->idle_ms ? now - told->idle_ms : 0);
		entry->told_packets = told->packets;
		entry->told_bytes = told->bytes;
	}
	if (!entry->known) {
		nfo_store(&entry->known_ms, now);
		nfo_store(&entry->state_ms, now);
	}
	entry->known = true;
	entry->deleted = false;
	if (where)
		nfo_store(&entry->ifindex, where->ifindex);
	nfo_entry_set_info(entry, info);
}

/* Shard locked: @entry now wants @body, whose reference passes. */
static void entry_put(struct nfo_entry *entry, struct nfo_body *body)
{
	if (entry->wanted && nfo_body_equal(entry->wanted, body)) {
		nfo_body_unref(body);
	} else {
		nfo_entry_want(entry, body);
		/* Another rule may be taken where the last one was not. */
		nfo_entry_hold(entry, NFT_OFFLOAD_REASON_NONE, NULL);
		nfo_retry_cancel(entry);
		entry->backoff_ms = 0;
	}
	nfo_table_check(entry);
	if (entry->hold && !entry->from_tc)
		nfo_count(&entry->table->stats.refused[entry->hold->reason], 1);
	if (!entry->slot && !entry->hold && !entry->op.type)
		nfo_orphan_adopt(entry);
	nfo_entry_publish(entry);
}

/* An info pointer that found no entry. */
static void info_drop(struct nfo_table *table, void *info)
{
	if (info && table->config.info_free)
		table->config.info_free(info);
}

static bool source_valid(enum nfo_source source)
{
	return source > NFO_SOURCE_GUARD && source < NFO_SOURCE_COUNT;
}

int nfo_table_put(struct nfo_batch *batch, enum nfo_source source,
		  struct nfo_id id, const struct nfo_place *where,
		  const struct nfo_rule *rule, const struct nfo_counters *told,
		  void *info)
{
	struct nfo_table *table = batch->table;
	struct nfo_entry *entry;
	struct nfo_body *body;

	if (!source_valid(source)) {
		info_drop(table, info);
		return -EINVAL;
	}
	nfo_rcu_lock();
	body = nfo_body_new(source, where, rule);
	entry = body ? nfo_entry_lock(table, source, id, true) : NULL;
	if (!entry) {
		nfo_body_unref(body);
		nfo_rcu_unlock();
		info_drop(table, info);
		return -ENOMEM;
	}
	entry_told(entry, where, told, info);
	entry_put(entry, body);
	pthread_mutex_unlock(nfo_entry_shard(entry));
	nfo_batch_landed(batch, entry);
	nfo_rcu_unlock();
	return 0;
}

int nfo_table_reject(struct nfo_batch *batch, enum nfo_source source,
		     struct nfo_id id, const struct nfo_place *where,
		     enum nft_offload_reason reason, const char *text,
		     const struct nfo_counters *told, void *info)
{
	struct nfo_table *table = batch->table;
	struct nfo_entry *entry;

	if (!source_valid(source)) {
		info_drop(table, info);
		return -EINVAL;
	}
	nfo_rcu_lock();
	entry = nfo_entry_lock(table, source, id, true);
	if (!entry) {
		nfo_rcu_unlock();
		info_drop(table, info);
		return -ENOMEM;
	}
	entry_told(entry, where, told, info);
	nfo_entry_want(entry, NULL);
	nfo_entry_hold(entry, reason, text);
	nfo_count(&table->stats.refused[reason], 1);
	entry->from_tc = false;
	nfo_retry_cancel(entry);
	nfo_entry_publish(entry);
	pthread_mutex_unlock(nfo_entry_shard(entry));
	nfo_batch_landed(batch, entry);
	nfo_rcu_unlock();
	return 0;
}

int nfo_table_withdraw(struct nfo_batch *batch, enum nfo_source source,
		       struct nfo_id id, enum nft_offload_reason reason,
		       const char *text)
{
	struct nfo_entry *entry;

	nfo_rcu_lock();
	entry = nfo_entry_lock(batch->table, source, id, false);
	if (entry) {
		nfo_entry_want(entry, NULL);
		nfo_entry_hold(entry, reason, text);
		entry->from_tc = false;
		nfo_retry_cancel(entry);
		nfo_entry_publish(entry);
		pthread_mutex_unlock(nfo_entry_shard(entry));
		nfo_batch_landed(batch, entry);
	}
	nfo_rcu_unlock();
	return entry ? 0 : -ENOENT;
}

int nfo_table_del(struct nfo_batch *batch, enum nfo_source source,
		  struct nfo_id id)
{
	struct nfo_entry *entry;
	int err = -ENOENT;

	nfo_rcu_lock();
	entry = nfo_entry_lock(batch->table, source, id, false);
	if (entry) {
		if (!entry->deleted) {
			err = 0;
			entry->deleted = true;
			nfo_retry_cancel(entry);
			nfo_entry_publish(entry);
		}
		pthread_mutex_unlock(nfo_entry_shard(entry));
		if (!err)
			nfo_batch_step(batch, entry);
	}
	nfo_rcu_unlock();
	return err;
}

int nfo_table_commit(struct nfo_batch *batch)
{
	return nfo_batch_run(batch);
}

int nfo_table_flush(struct nfo_batch *batch, enum nfo_source source)
{
	struct nfo_table *table = batch->table;
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;

	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->entries, &iter, entry, node)
		if (source ? entry->source == source :
		    entry->source != NFO_SOURCE_GUARD)
			nfo_table_del(batch, entry->source, entry->id);
	nfo_rcu_unlock();
	return nfo_batch_run(batch);
}

int nfo_table_clear(struct nfo_batch *batch)
{
	ssize_t reaped;
	int err;

	err = nfo_table_flush(batch, 0);
	reaped = nfo_table_reap(batch, 0);
	return err || reaped >= 0 ? err : (int)reaped;
}

/* --- ports --- */

/* Does @entry's rule lie at the port or send packets there? */
static bool entry_uses(const struct nfo_entry *entry, uint32_t ifindex)
{
	const struct nfo_body *wanted = entry->wanted;

	if (!wanted)
		return false;
	if (wanted->place.ifindex == ifindex ||
	    (entry->slot && entry->slot->place.ifindex == ifindex))
		return true;
	for (unsigned int i = 0; i < wanted->rule.n_actions; i++) {
		const struct nfo_action *action = &wanted->rule.actions[i];

		if ((action->type == NFO_ACT_REDIRECT ||
		     action->type == NFO_ACT_MIRROR) &&
		    action->port.ifindex == ifindex)
			return true;
	}
	return false;
}

/* Looks at @entry's ports again. True if what is to be done may be new. */
static bool entry_recheck(struct nfo_entry *entry, uint32_t ifindex)
{
	struct nfo_table *table = entry->table;
	struct nfo_port port;
	bool again;

	again = !entry->deleted && entry_uses(entry, ifindex);
	if (!again)
		return false;
	/* With the device the kernel has taken away its rules. */
	if (entry->slot && !entry->op.type &&
	    nfo_eswitch_port(table->config.eswitch,
			     entry->slot->place.ifindex, &port)) {
		nfo_slot_close(entry);
		entry->unsure = false;
	}
	nfo_table_check(entry);
	nfo_entry_publish(entry);
	return true;
}

static void recheck_all(struct nfo_batch *batch, uint32_t ifindex)
{
	struct nfo_table *table = batch->table;
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;

	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->entries, &iter, entry, node) {
		pthread_mutex_t *shard = nfo_entry_shard(entry);
		bool again;

		if (entry->source == NFO_SOURCE_GUARD)
			continue;
		pthread_mutex_lock(shard);
		again = !entry->dead && entry_recheck(entry, ifindex);
		pthread_mutex_unlock(shard);
		if (again)
			nfo_batch_landed(batch, entry);
	}
	nfo_rcu_unlock();
}

int nfo_table_port_changed(struct nfo_batch *batch, uint32_t ifindex)
{
	struct nfo_hook *hook = NULL;

	while ((hook = nfo_hook_next(batch->table, hook)))
		if (nfo_hook_follow(batch, hook, ifindex))
			recheck_all(batch, hook->ifindex);
	recheck_all(batch, ifindex);
	return nfo_batch_run(batch);
}

/* --- views --- */

int nfo_table_get(struct nfo_table *table, enum nfo_source source,
		  struct nfo_id id, nfo_table_view_fn *fn, void *arg)
{
	struct nfo_entry *entry;
	struct nfo_view view;

	nfo_rcu_lock();
	entry = nfo_entry_find(table, source, id);
	if (entry) {
		nfo_entry_view(entry, &view);
		fn(arg, &view);
	}
	nfo_rcu_unlock();
	return entry ? 0 : -ENOENT;
}

void nfo_table_foreach(struct nfo_table *table, enum nfo_source source,
		       nfo_table_view_fn *fn, void *arg)
{
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;
	struct nfo_view view;

	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->entries, &iter, entry, node) {
		if (source ? entry->source != source :
		    entry->source == NFO_SOURCE_GUARD)
			continue;
		nfo_entry_view(entry, &view);
		fn(arg, &view);
	}
	nfo_rcu_unlock();
}

ssize_t nfo_table_ids(struct nfo_table *table, enum nfo_source source,
		      struct nfo_id **idsp)
{
	/* Some more may come while this is read; the rest is left out. */
	size_t room = nfo_load(&table->stats.entries) + 64;
	struct nfo_id *ids = calloc(room, sizeof(*ids));
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;
	size_t n = 0;

	*idsp = ids;
	if (!ids)
		return -ENOMEM;
	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->entries, &iter, entry, node)
		if (entry->source == source && n < room)
			ids[n++] = entry->id;
	nfo_rcu_unlock();
	return n;
}

void nfo_table_stats(struct nfo_table *table, struct nfo_table_stats *stats)
{
	const uint64_t *from = (const uint64_t *)&table->stats;
	uint64_t *to = (uint64_t *)stats;

	for (size_t i = 0; i < sizeof(*stats) / sizeof(*to); i++)
		to[i] = nfo_load(&from[i]);
}

const char *nfo_state_name(enum nfo_state state)
{
	static const char *const names[] = {
		[NFO_STATE_KNOWN] = "known",
		[NFO_STATE_PLACING] = "placing",
		[NFO_STATE_IN_HW] = "in_hw",
		[NFO_STATE_REMOVING] = "removing",
		[NFO_STATE_GONE] = "gone",
	};

	return (unsigned int)state < sizeof(names) / sizeof(names[0]) ?
		names[state] : "?";
}
