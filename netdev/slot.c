// SPDX-License-Identifier: Apache-2.0
/*
 * slot: a rule of an entry in the kernel, found by where it lies. See
 * table_private.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "table_private.h"

/* Handles are consecutive, and hardly ever the same on two hooks. */
static unsigned long place_hash(const struct nfo_place *place)
{
	return place->handle * 0x9e3779b97f4a7c15ULL >> 16;
}

static int place_match(struct cds_lfht_node *node, const void *key)
{
	const struct nfo_slot *slot =
		caa_container_of(node, struct nfo_slot, node);
	const struct nfo_place *place = key;

	return slot->place.handle == place->handle &&
	       slot->place.ifindex == place->ifindex &&
	       slot->place.shared == place->shared &&
	       slot->place.egress == place->egress &&
	       slot->place.chain == place->chain &&
	       slot->place.prio == place->prio;
}

/* A handle that was not in use for as long as possible. */
static uint32_t handle_next(struct nfo_table *table)
{
	uint32_t n = __atomic_add_fetch(&table->handle, 1, __ATOMIC_RELAXED);

	return NFO_BAND_HANDLE_MIN +
	       n % (NFO_BAND_HANDLE_MAX - NFO_BAND_HANDLE_MIN);
}

int nfo_slot_open(struct nfo_entry *entry, const struct nfo_place *place)
{
	struct nfo_table *table = entry->table;
	struct nfo_slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	slot->hook = nfo_hook_get(table, place);
	if (!slot->hook) {
		free(slot);
		return -ENOMEM;
	}
	slot->entry = entry;
	slot->place = *place;
	if (!slot->place.handle)
		slot->place.handle = handle_next(table);
	slot->epoch = nfo_load(&table->epoch);
	nfo_count(&slot->hook->slots[place->prio - NFO_BAND_PRIO_GUARD], 1);
	nfo_store(&entry->slot, slot);
	cds_lfht_add(table->slots, place_hash(&slot->place), &slot->node);
	return 0;
}

static void slot_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct nfo_slot, rcu));
}

void nfo_slot_have(struct nfo_slot *slot, struct nfo_body *body)
{
	struct nfo_body *old = slot->body;

	/* The new one first: what both go to is not unreached in between. */
	if (body)
		nfo_chain_count(slot->entry->table, body, 1);
	slot->body = body;
	if (old)
		nfo_chain_count(slot->entry->table, old, -1);
	nfo_body_unref(old);
}

void nfo_slot_close(struct nfo_entry *entry)
{
	struct nfo_slot *slot = entry->slot;

	entry->exposed = false;
	nfo_store(&entry->slot, NULL);
	cds_lfht_del(entry->table->slots, &slot->node);
	nfo_count(&slot->hook->slots[slot->place.prio - NFO_BAND_PRIO_GUARD],
		  -1);
	nfo_slot_have(slot, NULL);
	urcu_memb_call_rcu(&slot->rcu, slot_free);
}

struct nfo_slot *nfo_slot_find(struct nfo_table *table,
			       const struct nfo_place *place)
{
	struct cds_lfht_node *node;
	struct cds_lfht_iter iter;

	cds_lfht_lookup(table->slots, place_hash(place), place_match, place,
			&iter);
	node = cds_lfht_iter_get_node(&iter);
	return node ? caa_container_of(node, struct nfo_slot, node) : NULL;
}
