// SPDX-License-Identifier: Apache-2.0
/*
 * placement: see placement.h.
 */
#include "placement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ghost.h"
#include "pace.h"

/* What a configuration of 0 means; docs/placement.md says how they were found. */
#define HALF_LIFE_MS	4000
#define SOFTWARE_MS	500
#define HARDWARE_MS	1000
#define MARGIN_PERCENT	25
#define SWAPS_PER_S	500
#define WINDOW		512
#define WORTH		8
#define GHOSTS		65536
/* One part in so many of a table too small is kept for those that deserve it. */
#define KEPT_PART	8
/* Flows that have ceased and are put behind in one call: some 0.1 ms. */
#define PAST_MAX	512

struct nfo_placement {
	double				margin;	/* octaves */
	struct nfo_rate_config		clock;
	struct nfo_capacity		capacity;
	struct nfo_share		share;
	struct nfo_pace			pace;
	struct nfo_ghost		*ghost;
	uint64_t			wanted;	/* rules of all flows */
	uint32_t			used;	/* inside or on their way in */
	uint32_t			inside;
	uint32_t			leaving; /* on their way out */
	struct nfo_placement_stats	stats;
};

/* --- life --- */

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

static bool shares_valid(const uint32_t source_percent[NFO_SHARE_SOURCES],
			 uint32_t ports_percent)
{
	uint64_t percent = 0;

	for (unsigned int s = 0; s < NFO_SHARE_SOURCES; s++)
		percent += source_percent[s];
	return percent <= 100 && ports_percent <= 100;
}

int nfo_placement_create(struct nfo_placement **placementp,
			 const struct nfo_placement_config *config,
			 uint64_t now_ms)
{
	struct nfo_placement *placement;

	if (!shares_valid(config->source_percent, config->ports_percent))
		return -EINVAL;
	placement = calloc(1, sizeof(*placement));
	if (!placement)
		return -ENOMEM;
	placement->ghost = nfo_ghost_create(or_else(config->ghosts, GHOSTS));
	if (!placement->ghost) {
		free(placement);
		return -ENOMEM;
	}
	placement->clock = (struct nfo_rate_config){
		.half_life_ms = or_else(config->half_life_ms, HALF_LIFE_MS),
		.software_ms = or_else(config->software_ms, SOFTWARE_MS),
		.hardware_ms = or_else(config->hardware_ms, HARDWARE_MS),
		.enough = or_else(config->worth, WORTH),
	};
	placement->margin = log2(1 + or_else(config->margin_percent,
					     MARGIN_PERCENT) / 100.0);
	nfo_capacity_init(&placement->capacity, config->size);
	nfo_share_init(&placement->share);
	memcpy(placement->share.percent, config->source_percent,
	       sizeof(config->source_percent));
	placement->share.ports_percent = config->ports_percent;
	nfo_pace_init(&placement->pace, or_else(config->window, WINDOW),
		      or_else(config->swaps_per_s, SWAPS_PER_S), now_ms);
	*placementp = placement;
	return 0;
}

void nfo_placement_destroy(struct nfo_placement *placement)
{
	if (!placement)
		return;
	nfo_ghost_destroy(placement->ghost);
	nfo_share_uninit(&placement->share);
	free(placement);
}

int nfo_placement_share(struct nfo_placement *placement,
			const uint32_t source_percent[NFO_SHARE_SOURCES],
			uint32_t ports_percent)
{
	if (!shares_valid(source_percent, ports_percent))
		return -EINVAL;
	memcpy(placement->share.percent, source_percent,
	       sizeof(placement->share.percent));
	placement->share.ports_percent = ports_percent;
	return 0;
}

void nfo_placement_resize(struct nfo_placement *placement, uint32_t size)
{
	nfo_capacity_resize(&placement->capacity, size);
}

/* --- where flows are --- */

/* Time in half-lives. */
static double when(const struct nfo_placement *placement, uint64_t now_ms)
{
	return (double)now_ms / placement->clock.half_life_ms;
}

/* Is there anything to be decided, so that it is kept in order? */
static bool is_ranked(const struct nfo_placement_flow *flow)
{
	return (flow->state == NFO_PLACEMENT_OUTSIDE && !flow->refused) ||
	       flow->state == NFO_PLACEMENT_INSIDE;
}

static bool is_used(unsigned int state)
{
	return state == NFO_PLACEMENT_PLACING || state == NFO_PLACEMENT_INSIDE;
}

static void rank_end(struct nfo_placement *placement,
		     struct nfo_placement_flow *flow, double now)
{
	if (!is_ranked(flow))
		return;
	placement->stats.steps++;
	nfo_share_take(&placement->share, flow->at,
		       flow->state == NFO_PLACEMENT_INSIDE, &flow->list,
		       flow->heat, now);
}

static void rank(struct nfo_placement *placement,
		 struct nfo_placement_flow *flow, double now)
{
	if (!is_ranked(flow))
		return;
	placement->stats.steps++;
	nfo_share_put(&placement->share, flow->at,
		      flow->state == NFO_PLACEMENT_INSIDE, &flow->list,
		      flow->heat, now);
}

static void move(struct nfo_placement *placement,
		 struct nfo_placement_flow *flow, unsigned int state,
		 uint64_t now_ms)
{
	int used = is_used(state) - is_used(flow->state);
	int leaving = (state == NFO_PLACEMENT_EVICTING) -
		(flow->state == NFO_PLACEMENT_EVICTING);
	int inside = (state == NFO_PLACEMENT_INSIDE) -
		(flow->state == NFO_PLACEMENT_INSIDE);
	double now = when(placement, now_ms);

	rank_end(placement, flow, now);
	placement->used += used * flow->rules;
	placement->inside += inside * flow->rules;
	placement->leaving += leaving * flow->rules;
	placement->stats.inside += inside;
	if (used)
		nfo_share_use(&placement->share, flow->at, used * flow->rules);
	flow->state = state;
	flow->rate.moved_ms = now_ms;
	rank(placement, flow, now);
}

int nfo_placement_add(struct nfo_placement *placement,
		      struct nfo_placement_flow *flow, unsigned int source,
		      uint32_t ifindex, unsigned int rules, uint64_t key,
		      bool inside, uint64_t now_ms)
{
	uint32_t packet_ms;
	double sum;
	int err;

	if (source >= NFO_SHARE_SOURCES || !rules || rules > UINT16_MAX)
		return -EINVAL;
	err = nfo_share_join(&placement->share, source, ifindex,
			     when(placement, now_ms), &flow->at);
	if (err)
		return err;
	flow->rules = rules;
	flow->key = key;
	flow->heat = NFO_HEAT_NONE;
	sum = nfo_ghost_recall(placement->ghost, key, &packet_ms);
	if (sum > NFO_HEAT_NONE) {
		nfo_rate_resume(&flow->rate, &placement->clock, sum, packet_ms,
				now_ms);
		placement->stats.recalled++;
	} else {
		nfo_rate_start(&flow->rate, now_ms);
	}
	placement->stats.flows++;
	placement->wanted += rules;
	nfo_pace_arrival(&placement->pace,
			 nfo_capacity_limit(&placement->capacity, now_ms));
	move(placement, flow, inside ? NFO_PLACEMENT_INSIDE :
	     NFO_PLACEMENT_OUTSIDE, now_ms);
	return 0;
}

void nfo_placement_del(struct nfo_placement *placement,
		       struct nfo_placement_flow *flow, uint64_t now_ms)
{
	if (flow->state == NFO_PLACEMENT_NONE)
		return;
	if (flow->state == NFO_PLACEMENT_PLACING)
		nfo_pace_done(&placement->pace, now_ms);
	if (flow->rate.sum > NFO_HEAT_NONE)
		nfo_ghost_keep(placement->ghost, flow->key, flow->rate.sum,
			       flow->rate.packet_ms);
	move(placement, flow, NFO_PLACEMENT_NONE, now_ms);
	nfo_share_leave(&placement->share, flow->at);
	placement->stats.flows--;
	placement->wanted -= flow->rules;
}

void nfo_placement_count(struct nfo_placement *placement,
			 struct nfo_placement_flow *flow, uint64_t packets,
			 uint64_t now_ms)
{
	bool inside = flow->state == NFO_PLACEMENT_INSIDE;
	double now = when(placement, now_ms);

	if (flow->state == NFO_PLACEMENT_NONE || (!packets && !inside))
		return;
	rank_end(placement, flow, now);
	flow->refused = false;
	/* By rule, for it is rules that are scarce. */
	flow->heat = nfo_rate_count(&flow->rate, &placement->clock,
				    (double)packets / flow->rules, inside,
				    now_ms);
	rank(placement, flow, now);
}

/* --- verdicts --- */

static struct nfo_placement_flow *flow_of(struct cds_list_head *item)
{
	return item ? caa_container_of(item, struct nfo_placement_flow, list) :
		NULL;
}

/*
 * Is the table too small, and would @flow take of what room is kept for those that
 * deserve it? As long as there is more, anybody may have it. The more flows there
 * are that do not fit the more is kept, up to a part of the table.
 */
static bool is_tight(const struct nfo_placement *placement,
		     const struct nfo_placement_flow *flow, uint32_t limit)
{
	uint64_t over, kept;

	if (placement->wanted <= limit)
		return false;
	over = placement->wanted - limit;
	kept = (over < limit ? over : limit) / KEPT_PART;
	return placement->used + flow->rules + kept > limit;
}

/* Packets by rule that an insert has to be worth. */
static uint32_t least_level(struct nfo_placement *placement, bool tight,
			    uint64_t now_ms)
{
	uint32_t least = nfo_pace_threshold(&placement->pace, now_ms);

	return tight && least < placement->clock.enough ?
		placement->clock.enough : least;
}

/* Was @flow hot, but has no packets any more? */
static bool is_past(const struct nfo_placement *placement,
		    const struct nfo_placement_flow *flow, uint64_t now_ms)
{
	return flow->heat > NFO_HEAT_NONE &&
	       nfo_rate_ceased(&flow->rate, &placement->clock, now_ms);
}

/* Puts those of @at that are past behind, up to one that is not. How many. */
static unsigned int past_behind(struct nfo_placement *placement,
				struct nfo_share_at at, uint64_t now_ms)
{
	double now = when(placement, now_ms);
	struct nfo_placement_flow *flow;
	unsigned int n = 0;

	while (n < PAST_MAX) {
		flow = flow_of(nfo_share_hottest_at(&placement->share, at,
						    now));
		if (!flow || !is_past(placement, flow, now_ms))
			break;
		rank_end(placement, flow, now);
		flow->heat = NFO_HEAT_NONE;
		rank(placement, flow, now);
		n++;
	}
	return n;
}

/* Who comes next; NULL: nobody, or (@again) not yet known. */
static struct nfo_placement_flow *candidate(struct nfo_placement *placement,
					    uint32_t limit, uint64_t now_ms,
					    bool *owed, bool *again)
{
	bool scarce = placement->wanted > limit;
	double now = when(placement, now_ms), least = INFINITY;
	struct nfo_placement_flow *flow;
	unsigned int past = 0;

	if (scarce)
		least = now + log2(least_level(placement, scarce, now_ms));
	while (past < PAST_MAX) {
		flow = flow_of(nfo_share_hottest(&placement->share, limit,
						 least, now, owed));
		if (!flow || !is_past(placement, flow, now_ms))
			return flow;
		past += past_behind(placement, flow->at, now_ms);
	}
	*again = true;
	return NULL;
}

/* Has @flow had enough packets for an insert? */
static bool deserves(struct nfo_placement *placement,
		     const struct nfo_placement_flow *flow, bool tight,
		     uint64_t now_ms)
{
	uint32_t least = least_level(placement, tight, now_ms);

	if (least <= 1)
		return true;
	return flow->heat > NFO_HEAT_NONE &&
	       nfo_heat_level(flow->rate.sum, when(placement, now_ms)) >=
	       least;
}

/* Who is to go for @flow, for which there is no room. NULL: nobody. */
static struct nfo_placement_flow *victim(struct nfo_placement *placement,
					 const struct nfo_placement_flow *flow,
					 uint32_t limit, bool owed,
					 uint64_t now_ms)
{
	double now = when(placement, now_ms);
	struct nfo_placement_flow *coldest = NULL;

	if (owed)
		coldest = flow_of(nfo_share_coldest(&placement->share, flow->at,
						    limit, true, now));
	if (coldest)
		return coldest;
	coldest = flow_of(nfo_share_coldest(&placement->share, flow->at, limit,
					    false, now));
	return coldest && flow->heat >= coldest->heat + placement->margin ?
		coldest : NULL;
}

/* May @flow be put, and for whom? *@paid: by the budget. */
static bool decide(struct nfo_placement *placement,
		   struct nfo_placement_flow *flow, uint32_t limit, bool owed,
		   uint64_t now_ms, struct nfo_placement_verdict *verdict,
		   bool *paid)
{
	uint64_t need = (uint64_t)placement->used + flow->rules;
	bool tight = is_tight(placement, flow, limit);
	/* To find out that there is more room takes no place from anybody. */
	bool probe = limit > placement->capacity.limit &&
		placement->used < limit && need > placement->capacity.limit;

	*paid = tight && !probe;
	*verdict = (struct nfo_placement_verdict){ .place = flow };
	if (!deserves(placement, flow, *paid, now_ms))
		return false;
	if (*paid && !nfo_pace_may_pay(&placement->pace, limit, need > limit,
				       now_ms))
		return false;
	if (need <= limit || probe)
		return true;
	if (!nfo_capacity_may_swap(&placement->capacity, now_ms))
		return false;
	verdict->evict = victim(placement, flow, limit, owed, now_ms);
	if (!verdict->evict)
		return false;
	if (need - verdict->evict->rules > limit)
		verdict->place = NULL;
	return true;
}

static void carry_out(struct nfo_placement *placement, bool paid,
		      const struct nfo_placement_verdict *verdict,
		      uint64_t now_ms)
{
	if (paid)
		nfo_pace_pay(&placement->pace, verdict->evict);
	if (verdict->evict) {
		move(placement, verdict->evict, NFO_PLACEMENT_EVICTING, now_ms);
		placement->stats.evicted++;
	}
	if (verdict->place) {
		move(placement, verdict->place, NFO_PLACEMENT_PLACING, now_ms);
		nfo_pace_put(&placement->pace, now_ms);
	}
}

bool nfo_placement_next(struct nfo_placement *placement, uint64_t now_ms,
			struct nfo_placement_verdict *verdict)
{
	uint32_t limit = nfo_capacity_limit(&placement->capacity, now_ms);
	struct nfo_placement_flow *flow;
	bool found = false, passed = false, owed = true, paid = false;
	bool again = false;

	/* Nobody waits behind one who is owed a place and cannot get it. */
	while (!found && owed) {
		flow = candidate(placement, limit, now_ms, &owed, &again);
		if (!flow || !nfo_pace_room(&placement->pace, now_ms))
			break;
		found = decide(placement, flow, limit, owed, now_ms, verdict,
			       &paid);
		if (!found && owed) {
			nfo_share_pass(&placement->share, flow->at);
			passed = true;
		}
	}
	if (passed)
		nfo_share_pass_none(&placement->share);
	if (found)
		carry_out(placement, paid, verdict, now_ms);
	else
		*verdict = (struct nfo_placement_verdict){ 0 };
	return found || again;
}

/* --- answers --- */

void nfo_placement_placed(struct nfo_placement *placement,
			  struct nfo_placement_flow *flow, uint64_t now_ms)
{
	if (flow->state != NFO_PLACEMENT_PLACING)
		return;
	nfo_pace_done(&placement->pace, now_ms);
	move(placement, flow, NFO_PLACEMENT_INSIDE, now_ms);
	nfo_capacity_taken(&placement->capacity, placement->inside, now_ms);
	placement->stats.placed++;
}

void nfo_placement_refused(struct nfo_placement *placement,
			   struct nfo_placement_flow *flow, bool full,
			   uint64_t now_ms)
{
	if (flow->state != NFO_PLACEMENT_PLACING)
		return;
	nfo_pace_done(&placement->pace, now_ms);
	/* For want of room any other would be refused as well. */
	flow->refused = !full;
	move(placement, flow, NFO_PLACEMENT_OUTSIDE, now_ms);
	if (!full)
		return;
	nfo_capacity_refused(&placement->capacity,
			     placement->inside + placement->leaving, now_ms);
	placement->stats.refused++;
}

void nfo_placement_evicted(struct nfo_placement *placement,
			   struct nfo_placement_flow *flow, uint64_t now_ms)
{
	if (flow->state == NFO_PLACEMENT_INSIDE ||
	    flow->state == NFO_PLACEMENT_EVICTING)
		move(placement, flow, NFO_PLACEMENT_OUTSIDE, now_ms);
}

/* --- looking --- */

double nfo_placement_rate(const struct nfo_placement *placement,
			  const struct nfo_placement_flow *flow,
			  uint64_t now_ms)
{
	double level = nfo_heat_level(flow->heat, when(placement, now_ms));

	/* What a steady rate r sums up to is r times half-life / ln 2. */
	return level * flow->rules * M_LN2 * 1000 /
		placement->clock.half_life_ms;
}

void nfo_placement_stats(struct nfo_placement *placement, uint64_t now_ms,
			 struct nfo_placement_stats *stats)
{
	*stats = placement->stats;
	stats->rules = placement->used;
	stats->limit = nfo_capacity_limit(&placement->capacity, now_ms);
	stats->learnt = placement->capacity.learnt;
	stats->threshold = nfo_pace_threshold(&placement->pace, now_ms);
	stats->inserts_per_s = placement->pace.rate;
}
