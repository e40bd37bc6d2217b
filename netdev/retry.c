// SPDX-License-Identifier: Apache-2.0
/*
 * retry: entries whose next step has to wait. See table_private.h.
 *
 * The list is in no order of time, for back-offs differ; each look at it goes
 * over a bounded part and moves what is not due to the end.
 */
#include <errno.h>
#include <stdlib.h>

#include "table_private.h"

#define BACKOFF_MIN_MS	100
#define BACKOFF_MAX_MS	60000
/* Entries looked at for each that may be tried. */
#define LOOK_FACTOR	8

void nfo_retry_later(struct nfo_entry *entry)
{
	struct nfo_table *table = entry->table;

	entry->backoff_ms *= 2;
	if (entry->backoff_ms < BACKOFF_MIN_MS)
		entry->backoff_ms = BACKOFF_MIN_MS;
	if (entry->backoff_ms > BACKOFF_MAX_MS)
		entry->backoff_ms = BACKOFF_MAX_MS;
	entry->due_ms = nfo_table_now(table) + entry->backoff_ms;
	entry->waiting = true;

	pthread_mutex_lock(&table->retry_lock);
	if (!entry->queued)
		cds_list_add_tail(&entry->retry, &table->retry);
	entry->queued = true;
	pthread_mutex_unlock(&table->retry_lock);
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

/* Takes up to @max entries that are due off the list. Their number. */
static size_t take_due(struct nfo_table *table, struct nfo_note *notes,
		       size_t max)
{
	uint64_t now = nfo_table_now(table);
	struct nfo_entry *entry, *next;
	CDS_LIST_HEAD(later);
	size_t looked = 0;
	size_t n = 0;

	pthread_mutex_lock(&table->retry_lock);
	cds_list_for_each_entry_safe(entry, next, &table->retry, retry) {
		if (n == max || looked++ == max * LOOK_FACTOR)
			break;
		cds_list_del_init(&entry->retry);
		if (nfo_load(&entry->due_ms) > now) {
			cds_list_add_tail(&entry->retry, &later);
			continue;
		}
		entry->queued = false;
		notes[n++] = (struct nfo_note){ entry->source, entry->id };
	}
	cds_list_for_each_entry_safe(entry, next, &later, retry) {
		cds_list_del(&entry->retry);
		cds_list_add_tail(&entry->retry, &table->retry);
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

ssize_t nfo_table_retry(struct nfo_batch *batch, unsigned int max)
{
	struct nfo_table *table = batch->table;
	struct nfo_note *notes = calloc(max ? max : 1, sizeof(*notes));
	ssize_t tried = 0;
	size_t n;
	int err;

	if (!notes)
		return -ENOMEM;
	n = take_due(table, notes, max);
	nfo_rcu_lock();
	for (size_t i = 0; i < n; i++)
		tried += retry_one(batch, &notes[i]);
	nfo_rcu_unlock();
	free(notes);
	nfo_count(&table->stats.retried, tried);
	err = nfo_batch_run(batch);
	return err ? err : tried;
}
