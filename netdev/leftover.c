// SPDX-License-Identifier: Apache-2.0
/*
 * leftover: orphans shown to their source, for one that is told of its flows
 * anew by nobody and has to find them itself. See table.h, table_private.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "table_private.h"

/* Fills in @to from @orphan. 0 or -ENOMEM. */
static int leftover_copy(struct nfo_leftover *to,
			 const struct nfo_orphan *orphan)
{
	to->place = orphan->place;
	to->counters = (struct nfo_counters){
		.packets = orphan->info.packets,
		.bytes = orphan->info.bytes,
		.idle_ms = orphan->info.has_times ? orphan->info.idle_ms : 0,
	};
	return nfo_rule_copy(&to->rule, &orphan->rule);
}

ssize_t nfo_table_leftovers(struct nfo_table *table, enum nfo_source source,
			    size_t max, struct nfo_leftover **leftoversp)
{
	struct nfo_orphan *orphan;
	struct nfo_leftover *leftovers;
	size_t n = 0;
	int err = 0;

	pthread_mutex_lock(&table->orphans.lock);
	leftovers = calloc(max, sizeof(*leftovers));
	cds_list_for_each_entry(orphan, &table->orphans.list, list) {
		if (!leftovers || err || n == max)
			break;
		if (!orphan->adoptable || orphan->source != source ||
		    orphan->shown)
			continue;
		err = leftover_copy(&leftovers[n++], orphan);
		orphan->shown = true;
	}
	pthread_mutex_unlock(&table->orphans.lock);
	if (!leftovers || err) {
		nfo_leftovers_free(leftovers, n);
		return -ENOMEM;
	}
	*leftoversp = leftovers;
	return n;
}

void nfo_leftovers_free(struct nfo_leftover *leftovers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nfo_rule_uninit(&leftovers[i].rule);
	free(leftovers);
}

/* The way into a chain. What the rule of an orphan says is not known of all. */
static bool goes(const struct nfo_orphan *orphan)
{
	for (unsigned int i = 0; i < orphan->rule.n_actions; i++)
		if (orphan->rule.actions[i].type == NFO_ACT_GOTO)
			return true;
	return false;
}

static bool pick_first(const struct nfo_orphan *orphan, void *source)
{
	return orphan->source == *(enum nfo_source *)source &&
	       !orphan->place.chain && goes(orphan);
}

static bool pick_behind(const struct nfo_orphan *orphan, void *source)
{
	return orphan->source == *(enum nfo_source *)source &&
	       orphan->place.chain;
}

ssize_t nfo_table_reap_chains(struct nfo_batch *batch, enum nfo_source source)
{
	ssize_t first, behind;

	/* In this order, lest a packet go where nothing lies any more. */
	first = nfo_orphan_reap(batch, pick_first, &source);
	if (first < 0)
		return first;
	behind = nfo_orphan_reap(batch, pick_behind, &source);
	return behind < 0 ? behind : first + behind;
}
