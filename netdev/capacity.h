/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity: how many rules the hardware table holds: what devlink says, or what
 * refusals have taught.
 *
 * A refusal means that there is no room beyond what is in use. That may pass:
 * somebody else's rules go, or it was a matter of which rules collide. So after
 * a second one more is tried, then two more, four and so on for as long as they
 * are taken. That costs one refusal a second, and after a fault that has passed
 * the table is full again at once. A refusal where there was room until now also
 * ends swaps for a while, which doubles each time: what was put out would be lost.
 *
 * Pure; milliseconds from the caller; the caller locks.
 */
#ifndef NFO_CAPACITY_H
#define NFO_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#define NFO_CAPACITY_UNKNOWN	UINT32_MAX

struct nfo_capacity {
	uint32_t	size;		/* devlink's; UNKNOWN: it says nothing */
	uint32_t	limit;		/* rules that may be used as far as known */
	uint32_t	base;		/* that were known when a probe began */
	uint32_t	step;		/* how many more that probe tries */
	uint32_t	backoff_ms;	/* of swaps */
	uint64_t	probe_ms;	/* not before that */
	uint64_t	swap_ms;	/* no swap before that */
	uint64_t	refusals;	/* so far */
	bool		learnt;		/* there was one, and nothing against it */
};

/* nfo_capacity_init: @size as in the structure. */
void nfo_capacity_init(struct nfo_capacity *capacity, uint32_t size);

/* nfo_capacity_resize: devlink says @size now. */
void nfo_capacity_resize(struct nfo_capacity *capacity, uint32_t size);

/* nfo_capacity_limit: rules that may be in use @now_ms, probes included. */
uint32_t nfo_capacity_limit(struct nfo_capacity *capacity, uint64_t now_ms);

/* nfo_capacity_may_swap: will one rule be taken for another? */
bool nfo_capacity_may_swap(const struct nfo_capacity *capacity,
			   uint64_t now_ms);

/* nfo_capacity_taken: a rule was taken; @used with it. */
void nfo_capacity_taken(struct nfo_capacity *capacity, uint32_t used,
			uint64_t now_ms);

/* nfo_capacity_refused: there is no room beyond @used rules. */
void nfo_capacity_refused(struct nfo_capacity *capacity, uint32_t used,
			  uint64_t now_ms);

#endif /* NFO_CAPACITY_H */
