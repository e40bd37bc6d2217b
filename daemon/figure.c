// SPDX-License-Identifier: Apache-2.0
/*
 * figure: see figure.h.
 */
#include "figure.h"

#include <assert.h>

#include "connection.h"
#include "flowtable_source.h"
#include "reason.h"
#include "report.h"

static void put(struct figures *figures, const char *group, const char *name,
		uint64_t value)
{
	assert(figures->n < FIGURES_MAX);
	figures->list[figures->n++] = (struct figure){ group, name, value };
}

/* --- flows --- */

struct flow_counts {
	uint64_t states[NFO_SOURCE_COUNT][NFO_STATE_GONE + 1];
	uint64_t reasons[__NFT_OFFLOAD_REASON_MAX];
};

static void count_view(void *arg, const struct nfo_view *view)
{
	struct flow_counts *counts = arg;

	counts->states[view->source][view->state]++;
	if (view->state != NFO_STATE_IN_HW &&
	    (unsigned int)view->reason < __NFT_OFFLOAD_REASON_MAX)
		counts->reasons[view->reason]++;
}

static void put_states(struct figures *figures, const char *group,
		       const uint64_t *counts)
{
	int state;

	for (state = 0; state < NFO_STATE_GONE; state++)
		put(figures, group, nfo_state_name(state), counts[state]);
}

/* Every reason, by name; those with 0, too, for whoever draws graphs. */
static void put_reasons(struct figures *figures, const char *group,
			const uint64_t *counts)
{
	int reason;

	for (reason = 1; reason < __NFT_OFFLOAD_REASON_MAX; reason++)
		put(figures, group, nfo_reason_name(reason), counts[reason]);
}

/* --- the rest --- */

static void put_rules(struct figures *figures,
		      const struct nfo_table_stats *stats)
{
	put(figures, "rules", "in_hw", stats->in_hw);
	put(figures, "rules", "guards", stats->guards);
	put(figures, "rules", "orphans", stats->orphans);
	put(figures, "rules", "added", stats->added);
	put(figures, "rules", "replaced", stats->replaced);
	put(figures, "rules", "removed", stats->removed);
	put(figures, "rules", "adopted", stats->adopted);
	put(figures, "rules", "adopted_replaced", stats->adopted_replaced);
	put(figures, "rules", "reaped", stats->reaped);
	put(figures, "rules", "vanished", stats->vanished);
	put(figures, "rules", "doubted", stats->doubted);
	put(figures, "rules", "retried", stats->retried);
	put(figures, "rules", "answers_lost", stats->lost);
}

static void put_places(struct figures *figures, struct nfo_table *table)
{
	struct nfo_table_places places;

	nfo_table_places(table, &places);
	put(figures, "places", "taken", places.taken);
	put(figures, "places", "waiting", places.waiting);
	if (places.limited)
		put(figures, "places", "limit", places.limit);
	put(figures, "places", "evicted", places.evicted);
	put(figures, "places", "recalled", places.recalled);
}

static void put_changes(struct figures *figures,
			const struct nfo_flowtable_source *source)
{
	struct nfo_recheck_counters counters;

	nfo_flowtable_source_rechecks(source, &counters);
	put(figures, "changes", "heard", counters.changes);
	put(figures, "changes", "teardowns", counters.flows);
}

static void put_module(struct figures *figures,
		       struct nfo_flowtable_source *source)
{
	struct nfo_provider *provider = nfo_flowtable_source_provider(source);
	struct nfo_provider_status status = { 0 };
	struct nfo_provider_counters counters;

	nfo_provider_status(provider, &status);
	nfo_provider_counters(provider, &counters);
	put(figures, "module", "flows_known", status.flows_known);
	put(figures, "module", "flows_in_hw", status.flows_in_hw);
	put(figures, "module", "messages_lost", status.messages_lost);
	put(figures, "module", "results_stale", status.results_stale);
	put(figures, "module", "overruns", counters.overruns);
	put(figures, "module", "resyncs", counters.resyncs);
	put(figures, "module", "swept", counters.swept);
	put(figures, "module", "malformed", counters.malformed);
	put(figures, "module", "refused", counters.refused);
}

void figures_collect(struct figures *figures, const struct report_host *host)
{
	struct flow_counts counts = { 0 };
	struct nfo_table_stats stats;

	figures->n = 0;
	nfo_table_foreach(host->table, 0, count_view, &counts);
	nfo_table_stats(host->table, &stats);
	put(figures, "", "connections", host->connections->n);
	put_states(figures, "flows", counts.states[NFO_SOURCE_FLOWTABLE]);
	if (host->datapath)
		put_states(figures, "datapath_flows",
			   counts.states[NFO_SOURCE_OVS]);
	/* Now, and how often since the start. */
	put_reasons(figures, "reasons", counts.reasons);
	put_reasons(figures, "refusals", stats.refused);
	put_rules(figures, &stats);
	put_places(figures, host->table);
	if (host->source) {
		put_changes(figures, host->source);
		put_module(figures, host->source);
	}
}
