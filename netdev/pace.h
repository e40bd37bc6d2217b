/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: how fast rules may be put, and what a flow must have shown before it is
 * worth one.
 *
 * The rate that the NIC sustains is measured while inserts wait for each other.
 * When more is asked for than that, the threshold, in packets, doubles until it
 * is not; when inserts keep up it is halved, down to 1: at once.
 *
 * Where places are scarce inserts are paid for. Each new flow brings a part of
 * what one costs, and so does time; what is not spent is kept, up to what fills
 * the table twice.
 *
 * Pure; milliseconds from the caller; the caller locks.
 */
#ifndef NFO_PACE_H
#define NFO_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct nfo_pace {
	uint32_t	threshold;	/* packets */
	uint32_t	in_flight;	/* rules being put */
	uint32_t	window;		/* of them at a time, at most */
	bool		short_of;	/* the window was full in this period */
	uint32_t	done;		/* answers in this period */
	uint64_t	period_ms;	/* when it began */
	double		rate;		/* inserts a second; 0: not yet known */
	double		swaps;		/* that may be made now */
	uint32_t	swaps_per_s;
	double		budget;		/* inserts that may be made now */
	uint64_t	budget_ms;	/* up to when swaps and budget were due */
};

/* nfo_pace_init: @window inserts in flight, @swaps_per_s swaps. */
void nfo_pace_init(struct nfo_pace *pace, uint32_t window,
		   uint32_t swaps_per_s, uint64_t now_ms);

/* nfo_pace_room: may one more be put? Call when one is wanted. */
bool nfo_pace_room(struct nfo_pace *pace, uint64_t now_ms);
/* nfo_pace_put, nfo_pace_done: one is on its way, was answered. */
void nfo_pace_put(struct nfo_pace *pace, uint64_t now_ms);
void nfo_pace_done(struct nfo_pace *pace, uint64_t now_ms);

/* nfo_pace_threshold: the packets that a flow must have had. */
uint32_t nfo_pace_threshold(struct nfo_pace *pace, uint64_t now_ms);

/* nfo_pace_arrival: a new flow, to a table that holds @size rules. */
void nfo_pace_arrival(struct nfo_pace *pace, uint32_t size);

/*
 * nfo_pace_may_pay: is there what an insert costs, to a table that is too small,
 * of @size rules; @swap: in another one's place? nfo_pace_pay() takes it.
 */
bool nfo_pace_may_pay(struct nfo_pace *pace, uint32_t size, bool swap,
		      uint64_t now_ms);
void nfo_pace_pay(struct nfo_pace *pace, bool swap);

#endif /* NFO_PACE_H */
