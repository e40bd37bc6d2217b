/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placement: who gets a place in the one hardware table.
 *
 * The caller tells which flows there are and what they carry, asks what to do
 * next, and tells how that went. While all fit, all are placed: at once if
 * inserts keep up, else once they have shown some packets (pace.h). When they do
 * not all fit the table holds those that save most packets per second and rule
 * (heat.h), within what sources and ports are guaranteed (share.h).
 *
 * A flow is outside, on its way in, inside, or on its way out:
 *
 *	         next(): .place          placed
 *	OUTSIDE ---------------> PLACING -------> INSIDE
 *	   ^  ^                     | refused        | next(): .evict
 *	   |  +---------------------+                v
 *	   +----------------------------------- EVICTING
 *	                    evicted
 *
 * Pure policy: no I/O, no clock (times are milliseconds of any clock that does
 * not run backwards), no allocation but for a new port. Whatever happens to one
 * flow costs the same with ten flows and with a million; a verdict looks at one
 * number for each source and port. Not thread-safe: the caller locks.
 */
#ifndef NFO_PLACEMENT_H
#define NFO_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "capacity.h"
#include "rate.h"
#include "share.h"

struct nfo_placement;

enum nfo_placement_state {
	NFO_PLACEMENT_NONE,	/* not told of, or gone again */
	NFO_PLACEMENT_OUTSIDE,
	NFO_PLACEMENT_PLACING,
	NFO_PLACEMENT_INSIDE,
	NFO_PLACEMENT_EVICTING,
};

/* Embedded in the caller's flow; zeroed before nfo_placement_add(). */
struct nfo_placement_flow {
	struct cds_list_head	list;
	double			heat;	/* what it is ranked by */
	uint64_t		key;	/* a hash of what the flow is */
	struct nfo_rate		rate;
	struct nfo_share_at	at;
	uint16_t		rules;	/* that it takes */
	uint8_t			state : 7; /* enum nfo_placement_state */
	uint8_t			refused : 1; /* and not counted since */
};

struct nfo_placement_config {
	/* Rules that the table holds. NFO_CAPACITY_UNKNOWN: to be learnt. */
	uint32_t	size;
	/* After that time a packet counts half. 0: 4 s. */
	uint32_t	half_life_ms;
	/*
	 * How often packets are counted, at least; those of hardware are late by
	 * as much. Flows that are counted less often seem to have ceased. 0: 0.5 s
	 * in software, 1 s in hardware.
	 */
	uint32_t	software_ms;
	uint32_t	hardware_ms;
	/* A newcomer must be hotter by this. 0: 25 %. */
	uint32_t	margin_percent;
	/* At most. 0: 500. */
	uint32_t	swaps_per_s;
	/* Rules on their way at a time. 0: 512. */
	uint32_t	window;
	/* Packets by rule, the old less, to deserve a scarce place. 0: 8. */
	uint32_t	worth;
	/* Parts of the table that are guaranteed: of each source, */
	uint32_t	source_percent[NFO_SHARE_SOURCES];
	/* and of all ports together, in equal parts. */
	uint32_t	ports_percent;
	/* Flows to be remembered when gone. 0: 65536. */
	uint32_t	ghosts;
};

/*
 * What to do next. For a swap both are set: first evict, then place. To evict
 * alone makes room for one that needs more rules than the one that goes had.
 * Neither: many flows had to be looked at; ask again, the lock may be let go.
 */
struct nfo_placement_verdict {
	struct nfo_placement_flow *place;
	struct nfo_placement_flow *evict;
};

struct nfo_placement_stats {
	uint64_t	flows;		/* now */
	uint64_t	inside;		/* now */
	uint64_t	rules;		/* now, in use or on their way in */
	uint64_t	placed;
	uint64_t	evicted;	/* all for another flow */
	uint64_t	refused;	/* for lack of room */
	uint64_t	recalled;	/* came back and were remembered */
	uint32_t	limit;		/* rules that fit, as far as known */
	bool		learnt;		/* by refusals */
	uint32_t	threshold;	/* packets, before an insert */
	double		inserts_per_s;	/* that the NIC sustains; 0: unknown */
	uint64_t	steps;		/* flows touched: what it all cost */
};

/* 0, -ENOMEM or -EINVAL (more than all is guaranteed). */
int nfo_placement_create(struct nfo_placement **placementp,
			 const struct nfo_placement_config *config,
			 uint64_t now_ms);
void nfo_placement_destroy(struct nfo_placement *placement);

/*
 * nfo_placement_add: @flow, of @source on port @ifindex, needs @rules. @key: a
 * hash of its match, by which it is known when it comes back. @inside: it has a
 * place already. 0, or -ENOMEM, -ENOSPC (too many ports), -EINVAL.
 */
int nfo_placement_add(struct nfo_placement *placement,
		      struct nfo_placement_flow *flow, unsigned int source,
		      uint32_t ifindex, unsigned int rules, uint64_t key,
		      bool inside, uint64_t now_ms);

/* nfo_placement_del: the flow has gone, and with it its rule, in any state. */
void nfo_placement_del(struct nfo_placement *placement,
		       struct nfo_placement_flow *flow, uint64_t now_ms);

/*
 * nfo_placement_count: @packets of @flow were seen since the last time, in
 * software or hardware. 0 has to be told of one inside: it has ceased.
 */
void nfo_placement_count(struct nfo_placement *placement,
			 struct nfo_placement_flow *flow, uint64_t packets,
			 uint64_t now_ms);

/*
 * nfo_placement_next: the next thing to do; false: nothing for now. What it
 * says has to be done and answered, by one of the three below or _del().
 */
bool nfo_placement_next(struct nfo_placement *placement, uint64_t now_ms,
			struct nfo_placement_verdict *verdict);

void nfo_placement_placed(struct nfo_placement *placement,
			  struct nfo_placement_flow *flow, uint64_t now_ms);
/*
 * @full: there was no room; otherwise the cause was another, which passes, and it
 * is not tried again before packets of it have been counted. One that the NIC will
 * never take has to be deleted.
 */
void nfo_placement_refused(struct nfo_placement *placement,
			   struct nfo_placement_flow *flow, bool full,
			   uint64_t now_ms);
/* The rule of an evicted flow is gone, or one inside has lost it otherwise. */
void nfo_placement_evicted(struct nfo_placement *placement,
			   struct nfo_placement_flow *flow, uint64_t now_ms);

/*
 * nfo_placement_share: these parts are guaranteed from now on, as in the
 * configuration. 0 or -EINVAL (more than all).
 */
int nfo_placement_share(struct nfo_placement *placement,
			const uint32_t source_percent[NFO_SHARE_SOURCES],
			uint32_t ports_percent);

/* nfo_placement_resize: devlink says now that the table holds @size rules. */
void nfo_placement_resize(struct nfo_placement *placement, uint32_t size);

/* nfo_placement_rate: packets a second of @flow, as it is ranked. */
double nfo_placement_rate(const struct nfo_placement *placement,
			  const struct nfo_placement_flow *flow,
			  uint64_t now_ms);

void nfo_placement_stats(struct nfo_placement *placement, uint64_t now_ms,
			 struct nfo_placement_stats *stats);

#endif /* NFO_PLACEMENT_H */
