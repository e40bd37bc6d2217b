// SPDX-License-Identifier: Apache-2.0
/*
 * verdict: what placement says is to be done, and doing it. See placer.h.
 *
 * Placement may be asked while one shard is locked, and speak of entries of other
 * shards: that is noted in the batch, and carried out when it is run.
 */
#include <stdlib.h>

#include "placer.h"

/* What is asked of placement in one go; its lock is held meanwhile. */
#define VERDICTS	256
/* While an entry of one's own waits for the answer. */
#define VERDICTS_ADMIT	16
/* Rounds of one call, at most. */
#define ROUNDS		32

static bool room_for_verdict(struct nfo_batch *batch)
{
	size_t room = batch->room_verdicts ? batch->room_verdicts * 2 : 64;
	struct nfo_note *verdicts;

	if (batch->n_verdicts + 2 <= batch->room_verdicts)
		return true;
	verdicts = reallocarray(batch->verdicts, room, sizeof(*verdicts));
	if (!verdicts)
		return false;
	batch->verdicts = verdicts;
	batch->room_verdicts = room;
	return true;
}

/* Placer locked, and there is room: @seat's entry has something to do. */
static void note(struct nfo_batch *batch, const struct nfo_placement_flow *seat)
{
	const struct nfo_entry *entry;

	if (!seat)
		return;
	/* It stays while it is in placement: nfo_placer_leave() goes first. */
	entry = caa_container_of(seat, struct nfo_entry, seat);
	batch->verdicts[batch->n_verdicts++] = (struct nfo_note){
		entry->source, entry->id
	};
}

/*
 * Placer locked: asks for up to @max verdicts, or until @own may have a place as
 * it is. Who gets that of another is noted behind it: what goes is sent first.
 * False: there is nothing more to ask.
 */
static bool ask(struct nfo_batch *batch, struct nfo_placer *placer,
		const struct nfo_placement_flow *own, unsigned int max)
{
	struct nfo_placement_verdict verdict;

	for (unsigned int i = 0; i < max; i++) {
		if (!room_for_verdict(batch) ||
		    !nfo_placement_next(placer->placement,
					nfo_table_now(placer->table), &verdict))
			return false;
		if (own && verdict.place == own && !verdict.evict)
			return true;
		note(batch, verdict.evict);
		note(batch, verdict.place);
		if (own && verdict.place == own)
			return false;
	}
	return !own;
}

bool nfo_verdict_admit(struct nfo_batch *batch, struct nfo_entry *entry)
{
	struct nfo_placer *placer = entry->placer;
	bool admitted = true;

	if (!nfo_placer_takes_part(entry))
		return true;
	pthread_mutex_lock(&placer->lock);
	/* Without memory to take part it is put as if there were room. */
	if (entry->seat.state == NFO_PLACEMENT_NONE)
		nfo_placer_join(entry, false);
	if (entry->seat.state == NFO_PLACEMENT_OUTSIDE)
		admitted = ask(batch, placer, &entry->seat, VERDICTS_ADMIT);
	else if (entry->seat.state == NFO_PLACEMENT_EVICTING)
		admitted = false;
	pthread_mutex_unlock(&placer->lock);
	if (admitted)
		nfo_placer_set_outside(entry, false);
	else
		nfo_placer_stay_outside(entry);
	return admitted;
}

/* What placement has said of the entry, if that is still so. */
static void carry_out_one(struct nfo_batch *batch, const struct nfo_note *verdict)
{
	struct nfo_entry *entry = nfo_entry_lock(batch->table, verdict->source,
						 verdict->id, false);
	unsigned int state = NFO_PLACEMENT_NONE;

	if (!entry)
		return;
	if (entry->placer) {
		pthread_mutex_lock(&entry->placer->lock);
		state = entry->seat.state;
		pthread_mutex_unlock(&entry->placer->lock);
	}
	if (state == NFO_PLACEMENT_PLACING && entry->outside) {
		nfo_placer_set_outside(entry, false);
		if (entry->no_place)
			nfo_entry_hold(entry, NFT_OFFLOAD_REASON_NONE, NULL);
	} else if (state == NFO_PLACEMENT_EVICTING && nfo_placer_takes_part(entry)) {
		nfo_placer_stay_outside(entry);
	}
	nfo_entry_publish(entry);
	pthread_mutex_unlock(nfo_entry_shard(entry));
	nfo_batch_landed(batch, entry);
}

bool nfo_verdict_carry_out(struct nfo_batch *batch)
{
	struct nfo_note *verdicts = batch->verdicts;
	size_t n = batch->n_verdicts;

	/* Carrying one out may admit others, with verdicts of their own. */
	batch->verdicts = NULL;
	batch->n_verdicts = batch->room_verdicts = 0;
	for (size_t i = 0; i < n; i++)
		carry_out_one(batch, &verdicts[i]);
	free(verdicts);
	return n;
}

int nfo_table_place(struct nfo_batch *batch)
{
	struct nfo_table *table = batch->table;
	bool more = true;
	int ret = 0;

	for (int i = 0; i < ROUNDS && more && !ret; i++) {
		struct nfo_placer *placer;

		more = false;
		nfo_rcu_lock();
		cds_list_for_each_entry_rcu(placer, &table->placers, list) {
			if (!nfo_load(&placer->waiting))
				continue;
			pthread_mutex_lock(&placer->lock);
			more |= ask(batch, placer, NULL, VERDICTS);
			pthread_mutex_unlock(&placer->lock);
		}
		more |= batch->n_verdicts;
		nfo_rcu_unlock();
		ret = nfo_batch_run(batch);
	}
	return ret;
}

