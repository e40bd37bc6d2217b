// SPDX-License-Identifier: Apache-2.0
/*
 * entry: a flow a source has told us of, and what hangs off it. See
 * table_private.h for who may touch what.
 *
 * What readers look at is replaced as a whole and freed by RCU, never changed
 * in place; single numbers are stored atomically.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "placer.h"

/* --- bodies --- */

struct nfo_body *nfo_body_new(enum nfo_source source,
			      const struct nfo_place *where,
			      const struct nfo_rule *rule)
{
	struct nfo_body *body = calloc(1, sizeof(*body));

	if (!body)
		return NULL;
	if (nfo_rule_copy(&body->rule, rule)) {
		free(body);
		return NULL;
	}
	body->refs = 1;
	body->hash = nfo_rule_hash(rule);
	body->place = *where;
	body->place.handle = 0;
	body->place.prio = nfo_band_prio(source, nfo_rule_protocol(rule));
	return body;
}

struct nfo_body *nfo_body_ref(struct nfo_body *body)
{
	__atomic_add_fetch(&body->refs, 1, __ATOMIC_RELAXED);
	return body;
}

static void body_free(struct rcu_head *head)
{
	struct nfo_body *body = caa_container_of(head, struct nfo_body, rcu);

	nfo_rule_uninit(&body->rule);
	free(body);
}

void nfo_body_unref(struct nfo_body *body)
{
	if (body && !__atomic_sub_fetch(&body->refs, 1, __ATOMIC_ACQ_REL))
		urcu_memb_call_rcu(&body->rcu, body_free);
}

bool nfo_body_same_match(const struct nfo_body *a, const struct nfo_body *b)
{
	return a->hash == b->hash && a->place.ifindex == b->place.ifindex &&
	       a->place.shared == b->place.shared &&
	       a->place.egress == b->place.egress &&
	       a->place.chain == b->place.chain &&
	       a->place.prio == b->place.prio &&
	       nfo_rule_match_equal(&a->rule, &b->rule);
}

bool nfo_body_equal(const struct nfo_body *a, const struct nfo_body *b)
{
	return nfo_body_same_match(a, b) &&
	       nfo_rule_actions_equal(&a->rule, &b->rule);
}

/* --- finding --- */

struct entry_key {
	enum nfo_source source;
	struct nfo_id id;
};

/* Spreads bits, for ids are often small and consecutive numbers. */
static unsigned long mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ x >> 29;
}

static unsigned long id_hash(enum nfo_source source, struct nfo_id id)
{
	return mix(mix(id.hi ^ source) ^ id.lo);
}

static int entry_match(struct cds_lfht_node *node, const void *key)
{
	const struct nfo_entry *entry =
		caa_container_of(node, struct nfo_entry, node);
	const struct entry_key *k = key;

	return entry->source == k->source && entry->id.lo == k->id.lo &&
	       entry->id.hi == k->id.hi;
}

static pthread_mutex_t *shard_of(struct nfo_table *table,
				 enum nfo_source source, struct nfo_id id)
{
	/* The high bits: the hash table's buckets go by the low ones. */
	return &table->shards[id_hash(source, id) >> 32 & (NFO_SHARDS - 1)];
}

pthread_mutex_t *nfo_entry_shard(const struct nfo_entry *entry)
{
	return shard_of(entry->table, entry->source, entry->id);
}

struct nfo_entry *nfo_entry_find(struct nfo_table *table,
				 enum nfo_source source, struct nfo_id id)
{
	struct entry_key key = { source, id };
	struct cds_lfht_node *node;
	struct cds_lfht_iter iter;

	cds_lfht_lookup(table->entries, id_hash(source, id), entry_match, &key,
			&iter);
	node = cds_lfht_iter_get_node(&iter);
	return node ? caa_container_of(node, struct nfo_entry, node) : NULL;
}

struct nfo_entry *nfo_entry_lock(struct nfo_table *table,
				 enum nfo_source source, struct nfo_id id,
				 bool create)
{
	pthread_mutex_t *shard = shard_of(table, source, id);
	struct nfo_entry *entry;

	pthread_mutex_lock(shard);
	/* Entries come and go under this lock, so what is found stays. */
	entry = nfo_entry_find(table, source, id);
	if (!entry && create) {
		entry = calloc(1, sizeof(*entry));
		if (entry) {
			entry->table = table;
			entry->source = source;
			entry->id = id;
			entry->used_ms = nfo_table_now(table);
			CDS_INIT_LIST_HEAD(&entry->retry);
			CDS_INIT_LIST_HEAD(&entry->op.parked);
			cds_lfht_add(table->entries, id_hash(source, id),
				     &entry->node);
			if (source != NFO_SOURCE_GUARD)
				nfo_count(&table->stats.entries, 1);
		}
	}
	if (!entry)
		pthread_mutex_unlock(shard);
	return entry;
}

/* --- changing --- */

static void refusal_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct nfo_refusal, rcu));
}

void nfo_entry_hold(struct nfo_entry *entry, enum nft_offload_reason reason,
		    const char *text)
{
	/* For when there is no memory for the words. */
	static struct nfo_refusal no_memory = {
		.reason = NFT_OFFLOAD_REASON_NO_MEMORY,
	};
	struct nfo_refusal *old = entry->hold;
	struct nfo_refusal *new = NULL;

	if (reason) {
		new = calloc(1, sizeof(*new));
		if (new) {
			new->reason = reason;
			strncpy(new->text, text ? text : "",
				sizeof(new->text) - 1);
		} else {
			new = &no_memory;
		}
	}
	nfo_store(&entry->hold, new);
	entry->no_place = false;
	if ((old ? old->reason : NFT_OFFLOAD_REASON_NONE) != reason)
		nfo_store(&entry->state_ms, nfo_table_now(entry->table));
	if (old && old != &no_memory)
		urcu_memb_call_rcu(&old->rcu, refusal_free);
}

void nfo_entry_publish(struct nfo_entry *entry)
{
	enum nfo_state old = entry->state;
	enum nfo_state state = NFO_STATE_KNOWN;
	struct nfo_table_stats *stats = &entry->table->stats;
	uint64_t *in_hw = entry->source == NFO_SOURCE_GUARD ?
		&stats->guards : &stats->in_hw;

	nfo_placer_sync(entry);
	if (entry->deleted)
		state = NFO_STATE_REMOVING;
	else if (entry->op.type == NFO_OP_DEL && entry->hold)
		state = NFO_STATE_REMOVING;
	else if (entry->op.type)
		state = NFO_STATE_PLACING;
	else if (entry->slot && entry->said && !entry->hold &&
		 !entry->unsure && !entry->slot->broken &&
		 entry->slot->body == entry->said)
		state = NFO_STATE_IN_HW;

	if ((state == NFO_STATE_IN_HW) != (old == NFO_STATE_IN_HW)) {
		int by = state == NFO_STATE_IN_HW ? 1 : -1;

		nfo_count(in_hw, by);
		nfo_count(&stats->in_hw_of[entry->source], by);
	}
	if (state == old)
		return;
	nfo_store(&entry->state_ms, nfo_table_now(entry->table));
	nfo_store(&entry->state, state);
}

void nfo_entry_want(struct nfo_entry *entry, struct nfo_body *body)
{
	struct nfo_body *old = entry->wanted;

	nfo_store(&entry->wanted, body);
	nfo_body_unref(old);
	nfo_entry_unsay(entry);
}

struct info {
	struct rcu_head rcu;
	void (*free)(void *info);
	void *info;
};

static void info_free(struct rcu_head *head)
{
	struct info *info = caa_container_of(head, struct info, rcu);

	info->free(info->info);
	free(info);
}

void nfo_entry_set_info(struct nfo_entry *entry, void *info)
{
	void (*free_fn)(void *) = entry->table->config.info_free;
	void *old = entry->info;
	struct info *later;

	if (old == info)
		return;
	nfo_store(&entry->info, info);
	if (!old || !free_fn)
		return;
	later = malloc(sizeof(*later));
	if (!later)
		return;	/* leaking it beats freeing it under a reader */
	later->free = free_fn;
	later->info = old;
	urcu_memb_call_rcu(&later->rcu, info_free);
}

void nfo_entry_count(struct nfo_entry *entry, uint64_t packets, uint64_t bytes)
{
	struct nfo_slot *slot = entry->slot;

	/* Less than before: the rule was made anew, all of it is new. */
	if (packets < slot->packets || bytes < slot->bytes)
		slot->packets = slot->bytes = 0;
	nfo_placer_count(entry, packets - slot->packets);
	if (packets != slot->packets)
		nfo_store(&entry->used_ms, nfo_table_now(entry->table));
	nfo_store(&entry->packets, entry->packets + packets - slot->packets);
	nfo_store(&entry->bytes, entry->bytes + bytes - slot->bytes);
	slot->packets = packets;
	slot->bytes = bytes;
}

void nfo_entry_view(const struct nfo_entry *entry, struct nfo_view *view)
{
	struct nfo_refusal *hold = nfo_load(&entry->hold);
	struct nfo_body *wanted = nfo_load(&entry->wanted);
	struct nfo_slot *slot = nfo_load(&entry->slot);
	uint64_t now = nfo_table_now(entry->table);
	uint64_t used = nfo_load(&entry->used_ms);
	uint64_t known = nfo_load(&entry->known_ms);
	uint64_t since = nfo_load(&entry->state_ms);

	memset(view, 0, sizeof(*view));
	view->source = entry->source;
	view->id = entry->id;
	view->state = nfo_load(&entry->state);
	view->text = "";
	if (hold && view->state != NFO_STATE_IN_HW) {
		view->reason = hold->reason;
		view->text = hold->text;
	}
	view->counters.packets = nfo_load(&entry->packets);
	view->counters.bytes = nfo_load(&entry->bytes);
	view->counters.idle_ms = now > used ? now - used : 0;
	view->known_ms = now > known ? now - known : 0;
	view->state_ms = now > since ? now - since : 0;
	if (slot) {
		view->place = slot->place;
		view->in_hw = view->state == NFO_STATE_IN_HW &&
			nfo_load(&slot->in_hw);
	} else if (wanted) {
		view->place = wanted->place;
	} else {
		view->place.ifindex = nfo_load(&entry->ifindex);
	}
	view->rule = wanted ? &wanted->rule : NULL;
	view->info = nfo_load(&entry->info);
}

/* --- going --- */

static void entry_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct nfo_entry, rcu));
}

void nfo_entry_forget(struct nfo_entry *entry)
{
	nfo_retry_cancel(entry);
	nfo_placer_leave(entry);
	entry->dead = true;
	cds_lfht_del(entry->table->entries, &entry->node);
	if (entry->source != NFO_SOURCE_GUARD)
		nfo_count(&entry->table->stats.entries, -1);
	nfo_entry_want(entry, NULL);
	nfo_entry_hold(entry, NFT_OFFLOAD_REASON_NONE, NULL);
	nfo_entry_set_info(entry, NULL);
	urcu_memb_call_rcu(&entry->rcu, entry_free);
}

void nfo_entry_free_all(struct nfo_table *table)
{
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;

	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->entries, &iter, entry, node) {
		if (entry->slot)
			nfo_slot_close(entry);
		nfo_entry_forget(entry);
	}
	nfo_rcu_unlock();
}
