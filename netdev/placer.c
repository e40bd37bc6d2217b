// SPDX-License-Identifier: Apache-2.0
/*
 * placer: see placer.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "placer.h"

/* Rules on their way: what one thread reads at once must not pass for a storm. */
#define WINDOW		16384
/*
 * Between two counts of a flow: hardware's are read each second, by ovs-vswitchd
 * more often if there are few; software's are asked for when these are there.
 */
#define HARDWARE_MS	1000
#define SOFTWARE_MS	1500
#define COUNT_MIN_MS	750

/* --- one for each switch --- */

static struct nfo_placer *placer_new(struct nfo_table *table,
				     const struct nfo_port *port)
{
	struct nfo_placement_config config = {
		.size = NFO_CAPACITY_UNKNOWN,
		.software_ms = SOFTWARE_MS,
		.hardware_ms = HARDWARE_MS,
		.window = WINDOW,
		.source_percent[NFO_SOURCE_FLOWTABLE] = table->shares.flowtable,
		.source_percent[NFO_SOURCE_OVS] = table->shares.ovs,
		.ports_percent = table->shares.ports,
	};
	struct nfo_placer *placer = calloc(1, sizeof(*placer));

	if (!placer)
		return NULL;
	if (nfo_placement_create(&placer->placement, &config,
				 nfo_table_now(table))) {
		free(placer);
		return NULL;
	}
	placer->table = table;
	memcpy(placer->switch_id, port->switch_id, port->switch_id_len);
	placer->switch_id_len = port->switch_id_len;
	pthread_mutex_init(&placer->lock, NULL);
	return placer;
}

/* The placer of the switch that @port is of; NULL: none, or no memory. */
static struct nfo_placer *placer_of(struct nfo_table *table,
				    const struct nfo_port *port)
{
	struct nfo_placer *placer, *found = NULL;

	if (!port->switch_id_len)
		return NULL;
	pthread_mutex_lock(&table->placers_lock);
	cds_list_for_each_entry(placer, &table->placers, list)
		if (placer->switch_id_len == port->switch_id_len &&
		    !memcmp(placer->switch_id, port->switch_id,
			    port->switch_id_len))
			found = placer;
	if (!found) {
		found = placer_new(table, port);
		if (found)
			cds_list_add_tail_rcu(&found->list, &table->placers);
	}
	pthread_mutex_unlock(&table->placers_lock);
	return found;
}

void nfo_placer_free_all(struct nfo_table *table)
{
	struct nfo_placer *placer, *next;

	cds_list_for_each_entry_safe(placer, next, &table->placers, list) {
		nfo_placement_destroy(placer->placement);
		pthread_mutex_destroy(&placer->lock);
		free(placer);
	}
}

/* --- one entry --- */

/* Without a place its rule lies in software: nothing to be told, or held for. */
static bool has_software(const struct nfo_entry *entry)
{
	return entry->source == NFO_SOURCE_OVS;
}

void nfo_placer_set_outside(struct nfo_entry *entry, bool outside)
{
	if (entry->outside == outside)
		return;
	entry->outside = outside;
	nfo_count(&entry->placer->waiting, outside ? 1 : -1);
}

bool nfo_placer_takes_part(const struct nfo_entry *entry)
{
	return entry->placer && !entry->dead && !entry->deleted &&
	       entry->said && !entry->software &&
	       (!entry->hold || entry->no_place);
}

int nfo_placer_join(struct nfo_entry *entry, bool inside)
{
	const struct nfo_body *said = entry->said;

	memset(&entry->seat, 0, sizeof(entry->seat));
	entry->uncounted = 0;
	return nfo_placement_add(entry->placer->placement, &entry->seat,
				 entry->source, said->place.ifindex,
				 nfo_guard_rules(entry, said),
				 said->hash ^ said->place.ifindex, inside,
				 nfo_table_now(entry->table));
}

/* Placer locked: why there is no place now, for people. */
static enum nft_offload_reason words(const struct nfo_placer *placer,
				     char text[NFT_OFFLOAD_TEXT_MAX])
{
	struct nfo_placement_stats stats;

	nfo_placement_stats(placer->placement, nfo_table_now(placer->table),
			    &stats);
	if (stats.rules < stats.limit && !stats.learnt) {
		snprintf(text, NFT_OFFLOAD_TEXT_MAX,
			 "inserts do not keep up; flows wait for their packet %u",
			 stats.threshold);
		return NFT_OFFLOAD_REASON_BUSY;
	}
	if (placer->text[0])
		snprintf(text, NFT_OFFLOAD_TEXT_MAX, "%s", placer->text);
	else
		snprintf(text, NFT_OFFLOAD_TEXT_MAX, "all %u places are taken",
			 stats.limit);
	return NFT_OFFLOAD_REASON_TABLE_FULL;
}

void nfo_placer_stay_outside(struct nfo_entry *entry)
{
	struct nfo_placer *placer = entry->placer;
	char text[NFT_OFFLOAD_TEXT_MAX];
	enum nft_offload_reason reason;

	nfo_placer_set_outside(entry, true);
	if (has_software(entry))
		return;
	pthread_mutex_lock(&placer->lock);
	reason = words(placer, text);
	pthread_mutex_unlock(&placer->lock);
	nfo_entry_hold(entry, reason, text);
	entry->from_tc = true;
	entry->no_place = true;
	nfo_count(&entry->table->stats.refused[reason], 1);
}

void nfo_placer_assign(struct nfo_entry *entry, const struct nfo_port *port)
{
	struct nfo_placer *placer = NULL;
	bool takes_part = entry->source == NFO_SOURCE_FLOWTABLE;

	/*
	 * Open vSwitch's flows can wait in TC's software, if they may lie there; but
	 * a policer has one set of flags, which are those of all its rules.
	 */
	if (entry->source == NFO_SOURCE_OVS)
		takes_part = entry->table->config.flags & NFO_TABLE_ANY &&
			!nfo_rule_has(&entry->wanted->rule, NFO_ACT_POLICE);
	if (takes_part)
		placer = placer_of(entry->table, port);
	if (placer == entry->placer)
		return;
	nfo_placer_leave(entry);
	entry->placer = placer;
}

void nfo_placer_leave(struct nfo_entry *entry)
{
	struct nfo_placer *placer = entry->placer;

	if (!placer)
		return;
	nfo_placer_set_outside(entry, false);
	pthread_mutex_lock(&placer->lock);
	nfo_placement_del(placer->placement, &entry->seat,
			  nfo_table_now(entry->table));
	pthread_mutex_unlock(&placer->lock);
	entry->placer = NULL;
}

/* Placer locked: what has become of @entry, with nothing in flight. */
static void sync_idle(struct nfo_entry *entry, bool candidate)
{
	struct nfo_placement *placement = entry->placer->placement;
	bool there = entry->slot && !entry->slot->outside;
	uint64_t now = nfo_table_now(entry->table);

	switch (entry->seat.state) {
	case NFO_PLACEMENT_NONE:
		/* One that was adopted. Without memory it just is there. */
		if (candidate && there)
			nfo_placer_join(entry, true);
		return;
	case NFO_PLACEMENT_PLACING:
		if (there && entry->slot->body == entry->said)
			nfo_placement_placed(placement, &entry->seat, now);
		else if (entry->no_place)
			nfo_placement_refused(placement, &entry->seat,
					      entry->hold->reason ==
					      NFT_OFFLOAD_REASON_TABLE_FULL,
					      now);
		break;
	case NFO_PLACEMENT_INSIDE:
	case NFO_PLACEMENT_EVICTING:
		/* Who is about to be put again keeps the place. */
		if (!there && (entry->hold || entry->outside))
			nfo_placement_evicted(placement, &entry->seat, now);
		break;
	}
	if (!candidate && (!there || entry->software))
		nfo_placement_del(placement, &entry->seat, now);
}

void nfo_placer_sync(struct nfo_entry *entry)
{
	struct nfo_placer *placer = entry->placer;
	bool candidate;

	if (!placer)
		return;
	candidate = nfo_placer_takes_part(entry);
	if (!candidate) {
		nfo_placer_set_outside(entry, false);
		/* Should it come back it asks anew. */
		if (entry->no_place)
			nfo_entry_hold(entry, NFT_OFFLOAD_REASON_NONE, NULL);
	}
	if (entry->op.type)
		return;
	pthread_mutex_lock(&placer->lock);
	sync_idle(entry, candidate);
	pthread_mutex_unlock(&placer->lock);
}

void nfo_placer_count(struct nfo_entry *entry, uint64_t packets)
{
	struct nfo_placer *placer = entry->placer;
	uint64_t now = nfo_table_now(entry->table);

	if (!placer)
		return;
	/* What comes in small parts would pass for a small rate. */
	entry->uncounted += packets;
	if ((uint32_t)now - entry->seat.rate.seen_ms < COUNT_MIN_MS)
		return;
	pthread_mutex_lock(&placer->lock);
	/* One that waits may need a guard no more, or again. */
	if (entry->seat.state == NFO_PLACEMENT_OUTSIDE && entry->said &&
	    entry->seat.rules != nfo_guard_rules(entry, entry->said)) {
		nfo_placement_del(placer->placement, &entry->seat, now);
		packets = entry->uncounted;
		nfo_placer_join(entry, false);
		entry->uncounted = packets;
	}
	nfo_placement_count(placer->placement, &entry->seat, entry->uncounted,
			    now);
	pthread_mutex_unlock(&placer->lock);
	entry->uncounted = 0;
}

/* Placer locked: the NIC said that it is full. */
static void keep_words(struct nfo_placer *placer, const char *text)
{
	snprintf(placer->text, sizeof(placer->text), "%s", text);
}

bool nfo_placer_full(struct nfo_entry *entry, const char *text)
{
	struct nfo_placer *placer = entry->placer;
	bool placing;

	if (!placer)
		return false;
	pthread_mutex_lock(&placer->lock);
	placing = entry->seat.state == NFO_PLACEMENT_PLACING ||
		entry->seat.state == NFO_PLACEMENT_INSIDE;
	if (placing)
		keep_words(placer, text);
	pthread_mutex_unlock(&placer->lock);
	if (placing) {
		nfo_placer_set_outside(entry, true);
		entry->no_place = true;
	}
	return placing;
}

bool nfo_placer_waits(const struct nfo_entry *entry, bool skip_hw)
{
	return skip_hw && entry->placer && has_software(entry) &&
	       !entry->software;
}

void nfo_placer_missing(struct nfo_entry *entry)
{
	struct nfo_placer *placer = entry->placer;

	if (!placer || entry->outside || entry->software ||
	    !has_software(entry))
		return;
	pthread_mutex_lock(&placer->lock);
	nfo_placement_evicted(placer->placement, &entry->seat,
			      nfo_table_now(placer->table));
	pthread_mutex_unlock(&placer->lock);
	/* As it lies; with a place it is asked for again, by force if that can be. */
	if (!entry->misses++) {
		entry->slot->outside = true;
		nfo_placer_set_outside(entry, true);
	} else {
		entry->software = true;
	}
	nfo_entry_publish(entry);
}

void nfo_placer_refused(struct nfo_entry *entry, bool full, bool later,
			const char *text)
{
	struct nfo_placer *placer = entry->placer;

	pthread_mutex_lock(&placer->lock);
	if (full)
		keep_words(placer, text);
	nfo_placement_refused(placer->placement, &entry->seat, full,
			      nfo_table_now(placer->table));
	pthread_mutex_unlock(&placer->lock);
	/* For software, until its ports or its rule are others. */
	entry->software = !later;
	entry->slot->outside = later;
	nfo_placer_set_outside(entry, later);
}

/* --- what people say and see --- */

int nfo_table_share(struct nfo_table *table,
		    const struct nfo_table_shares *shares)
{
	uint32_t percent[NFO_SHARE_SOURCES] = {
		[NFO_SOURCE_FLOWTABLE] = shares->flowtable,
		[NFO_SOURCE_OVS] = shares->ovs,
	};
	struct nfo_placer *placer;
	int ret = 0;

	if (shares->flowtable > 50 || shares->ovs > 50 || shares->ports > 100)
		return -EINVAL;
	pthread_mutex_lock(&table->placers_lock);
	table->shares = *shares;
	cds_list_for_each_entry(placer, &table->placers, list) {
		pthread_mutex_lock(&placer->lock);
		ret = nfo_placement_share(placer->placement, percent,
					  shares->ports);
		pthread_mutex_unlock(&placer->lock);
	}
	pthread_mutex_unlock(&table->placers_lock);
	return ret;
}

uint64_t nfo_table_waiting(struct nfo_table *table)
{
	struct nfo_placer *placer;
	uint64_t n = 0;

	nfo_rcu_lock();
	cds_list_for_each_entry_rcu(placer, &table->placers, list)
		n += nfo_load(&placer->waiting);
	nfo_rcu_unlock();
	return n;
}

void nfo_table_carried(struct nfo_table *table, enum nfo_source source,
			struct nfo_id id, uint64_t packets)
{
	struct nfo_entry *entry;

	nfo_rcu_lock();
	entry = nfo_entry_lock(table, source, id, false);
	if (entry) {
		if (entry->outside)
			nfo_placer_count(entry, packets);
		pthread_mutex_unlock(nfo_entry_shard(entry));
	}
	nfo_rcu_unlock();
}

void nfo_table_places(struct nfo_table *table, struct nfo_table_places *places)
{
	struct nfo_placement_stats stats;
	struct nfo_placer *placer;

	*places = (struct nfo_table_places){ 0 };
	places->waiting = nfo_table_waiting(table);
	nfo_rcu_lock();
	places->limited = !cds_list_empty(&table->placers);
	cds_list_for_each_entry_rcu(placer, &table->placers, list) {
		pthread_mutex_lock(&placer->lock);
		nfo_placement_stats(placer->placement, nfo_table_now(table),
				    &stats);
		pthread_mutex_unlock(&placer->lock);
		places->taken += stats.rules;
		places->evicted += stats.evicted;
		places->recalled += stats.recalled;
		if (stats.limit == NFO_CAPACITY_UNKNOWN)
			places->limited = false;
		else
			places->limit += stats.limit;
	}
	nfo_rcu_unlock();
}
