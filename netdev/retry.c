// SPDX-License-Identifier: Apache-2.0
/*
 * retry: entries whose next step has to wait. See table_private.h.
 *
 * The lists are in no order of time, for back-offs differ; each look at one
 * goes over a bounded part and moves what is not due to the end.
 *
 * A back-off alone would leave flows in software for up to a minute after a
 * NIC takes rules again. So each second a few of those that wait are tried
 * before their time: few enough to cost nothing while the answer is no, and
 * when it is yes for all of them, it is time for the rest.
 */
#include <errno.h>
#include <stdlib.h>

#include "table_private.h"

#define BACKOFF_MIN_MS	100
#define BACKOFF_MAX_MS	60000
/* Of a guard, for all flows of its port wait with it. */
#define BACKOFF_GUARD_MS 1000
/* Entries of one list that are tried before their time, and how often. */
#define PROBES		8
#define PROBE_MS	1000
/* Rounds of one call, at most. */
#define ROUNDS		16
/* Entries looked at for each that may be tried. */
#define LOOK_FACTOR	8

/* Shard locked: @entry waits in list @waits until @due_ms. */
static void wait_until(struct nfo_entry *entry, unsigned int waits,
		       uint64_t due_ms)
{
	struct nfo_table *table = entry->table;

	entry->waiting = true;
	pthread_mutex_lock(&table->retry_lock);
	if (entry->queued && entry->waits != waits) {
		cds_list_del_init(&entry->retry);
		entry->queued = false;
	}
	entry->due_ms = due_ms;
	entry->refused_ms = nfo_table_now(table);
	entry->waits = waits;
	if (!entry->queued)
		cds_list_add_tail(&entry->retry, &table->waiting[waits].list);
	entry->queued = true;
	pthread_mutex_unlock(&table->retry_lock);
}

void nfo_retry_later(struct nfo_entry *entry)
{
	uint64_t max = entry->source == NFO_SOURCE_GUARD ? BACKOFF_GUARD_MS :
		BACKOFF_MAX_MS;

	entry->backoff_ms *= 2;
	if (entry->backoff_ms < BACKOFF_MIN_MS)
		entry->backoff_ms = BACKOFF_MIN_MS;
	if (entry->backoff_ms > max)
		entry->backoff_ms = max;
	wait_until(entry, NFO_WAIT_PASSES,
		   nfo_table_now(entry->table) + entry->backoff_ms);
}

void nfo_retry_driver(struct nfo_entry *entry)
{
	if (entry->source == NFO_SOURCE_GUARD)
		nfo_retry_later(entry);
	else
		wait_until(entry, NFO_WAIT_DRIVER, UINT64_MAX);
}

void nfo_retry_cancel(struct nfo_entry *entry)
{
	struct nfo_table *table = entry->table;

	entry->waiting = false;
	pthread_mutex_lock(&table->retry_lock);
	if (entry->queued)
		cds_list_del_init(&entry->retry);
	entry->queued = false;
	pthread_mutex_unlock(&table->retry_lock);
}

/*
 * Is it @entry's turn? @probes counts those before their time. The lock of the
 * lists is held.
 */
static bool is_due(const struct nfo_entry *entry, uint64_t now,
		   unsigned int *probes)
{
	const struct nfo_table *table = entry->table;

	if (entry->due_ms <= now ||
	    entry->refused_ms < table->waiting[entry->waits].thaw_ms)
		return true;
	return now - entry->refused_ms >= PROBE_MS && (*probes)++ < PROBES;
}

/* Takes up to @max entries whose turn it is off list @waits. Their number. */
static size_t take_due(struct nfo_table *table, unsigned int waits,
		       struct nfo_note *notes, size_t max)
{
	struct cds_list_head *list = &table->waiting[waits].list;
	uint64_t now = nfo_table_now(table);
	struct nfo_entry *entry, *next;
	unsigned int probes = 0;
	CDS_LIST_HEAD(later);
	size_t looked = 0;
	size_t n = 0;

	pthread_mutex_lock(&table->retry_lock);
	cds_list_for_each_entry_safe(entry, next, list, retry) {
		if (n == max || looked++ == max * LOOK_FACTOR)
			break;
		cds_list_del_init(&entry->retry);
		if (!is_due(entry, now, &probes)) {
			cds_list_add_tail(&entry->retry, &later);
			continue;
		}
		entry->queued = false;
		notes[n++] = (struct nfo_note){ entry->source, entry->id };
	}
	cds_list_for_each_entry_safe(entry, next, &later, retry) {
		cds_list_del(&entry->retry);
		cds_list_add_tail(&entry->retry, list);
	}
	pthread_mutex_unlock(&table->retry_lock);
	return n;
}

/* The time of @note's entry has come. Was it still waiting? */
static bool retry_one(struct nfo_batch *batch, const struct nfo_note *note)
{
	struct nfo_entry *entry = nfo_entry_lock(batch->table, note->source,
						 note->id, false);
	bool waiting;

	if (!entry)
		return false;
	waiting = entry->waiting;
	entry->waiting = false;
	if (waiting && entry->from_tc && !entry->exposed)
		nfo_entry_hold(entry, NFT_OFFLOAD_REASON_NONE, NULL);
	pthread_mutex_unlock(nfo_entry_shard(entry));
	if (waiting)
		nfo_batch_step(batch, entry);
	return waiting;
}

/* Are none of @notes[@n] waiting again? */
static bool all_taken(struct nfo_table *table, const struct nfo_note *notes,
		      size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n && all; i++) {
		struct nfo_entry *entry = nfo_entry_lock(table,
							 notes[i].source,
							 notes[i].id, false);

		if (!entry)
			continue;
		all = !entry->waiting && !entry->op.type;
		pthread_mutex_unlock(nfo_entry_shard(entry));
	}
	return all;
}

/* With a guard back, what waits for it need not wait any longer. */
static bool has_guard(const struct nfo_note *notes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (notes[i].source == NFO_SOURCE_GUARD)
			return true;
	return false;
}

/*
 * One round over list @waits with room for @max @notes: how many were tried,
 * or a negative errno. *@thawed: the cause has passed, as it seems.
 */
static ssize_t retry_round(struct nfo_batch *batch, unsigned int waits,
			   struct nfo_note *notes, size_t max, bool *thawed)
{
	struct nfo_table *table = batch->table;
	ssize_t tried = 0;
	size_t n;
	int err;

	n = take_due(table, waits, notes, max);
	nfo_rcu_lock();
	for (size_t i = 0; i < n; i++)
		tried += retry_one(batch, &notes[i]);
	nfo_rcu_unlock();
	nfo_count(&table->stats.retried, tried);
	err = nfo_batch_run(batch);
	if (err)
		return err;
	nfo_rcu_lock();
	*thawed = tried && all_taken(table, notes, n);
	nfo_rcu_unlock();
	if (!*thawed)
		return tried;
	table->waiting[waits].thaw_ms = nfo_table_now(table);
	if (has_guard(notes, n))
		table->waiting[NFO_WAIT_DRIVER].thaw_ms =
			nfo_table_now(table);
	return tried;
}

ssize_t nfo_table_retry(struct nfo_batch *batch, unsigned int max)
{
	struct nfo_note *notes = calloc(max ? max : 1, sizeof(*notes));
	ssize_t n = 0, tried = 0;
	int err;

	if (!notes)
		return -ENOMEM;
	for (unsigned int waits = 0; waits < NFO_WAITS && n >= 0; waits++) {
		bool thawed = true;

		for (int i = 0; i < ROUNDS && thawed; i++) {
			n = retry_round(batch, waits, notes, max, &thawed);
			if (n < 0)
				break;
			tried += n;
		}
	}
	free(notes);
	if (n < 0)
		return n;
	err = nfo_table_place(batch);
	return err ? err : tried;
}
