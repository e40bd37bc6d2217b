// SPDX-License-Identifier: Apache-2.0
/*
 * pace: see pace.h.
 */
#include "pace.h"

#include <math.h>

#define PERIOD_MS	100
#define THRESHOLD_MAX	(1 << 16)
/*
 * What a new flow brings. Of a campus' flows one in fifteen has 28 packets or more,
 * and these have 96 of 100 packets (tests/bench.d/mix.c).
 */
#define BUDGET_ARRIVAL	0.065
/* Without new flows each place may change its flow once in that time. */
#define BUDGET_TURN_S	40
/* What is kept of it, in tables: to fill it, and to fill it anew. */
#define BUDGET_TABLES	2

void nfo_pace_init(struct nfo_pace *pace, uint32_t window,
		   uint32_t swaps_per_s, uint64_t now_ms)
{
	*pace = (struct nfo_pace){
		.threshold = 1,
		.window = window,
		.period_ms = now_ms,
		.swaps = swaps_per_s,
		.budget = INFINITY,
		.swaps_per_s = swaps_per_s,
		.budget_ms = now_ms,
	};
}

static void period_end(struct nfo_pace *pace, uint64_t now_ms)
{
	uint64_t passed = now_ms - pace->period_ms;

	if (passed < PERIOD_MS)
		return;
	if (pace->short_of) {
		double rate = pace->done * 1000.0 / passed;

		pace->rate = pace->rate ? pace->rate * 0.75 + rate * 0.25 :
			rate;
		if (pace->threshold < THRESHOLD_MAX)
			pace->threshold *= 2;
	} else if (pace->in_flight < pace->window / 2) {
		/* A long time without a call is many periods. */
		for (; passed >= PERIOD_MS && pace->threshold > 1;
		     passed -= PERIOD_MS)
			pace->threshold /= 2;
	}
	pace->short_of = false;
	pace->done = 0;
	pace->period_ms = now_ms;
}

bool nfo_pace_room(struct nfo_pace *pace, uint64_t now_ms)
{
	period_end(pace, now_ms);
	if (pace->in_flight < pace->window)
		return true;
	pace->short_of = true;
	return false;
}

void nfo_pace_put(struct nfo_pace *pace, uint64_t now_ms)
{
	period_end(pace, now_ms);
	pace->in_flight++;
}

void nfo_pace_done(struct nfo_pace *pace, uint64_t now_ms)
{
	period_end(pace, now_ms);
	if (pace->in_flight)
		pace->in_flight--;
	pace->done++;
}

uint32_t nfo_pace_threshold(struct nfo_pace *pace, uint64_t now_ms)
{
	period_end(pace, now_ms);
	return pace->threshold;
}

static void earn(struct nfo_pace *pace, double inserts, uint32_t size)
{
	double most = (double)size * BUDGET_TABLES;

	pace->budget += inserts;
	if (pace->budget > most)
		pace->budget = most;
}

void nfo_pace_arrival(struct nfo_pace *pace, uint32_t size)
{
	earn(pace, BUDGET_ARRIVAL, size);
}

bool nfo_pace_may_pay(struct nfo_pace *pace, uint32_t size, bool swap,
		      uint64_t now_ms)
{
	double seconds = (now_ms - pace->budget_ms) / 1000.0;

	pace->budget_ms = now_ms;
	earn(pace, seconds * size / BUDGET_TURN_S, size);
	pace->swaps += seconds * pace->swaps_per_s;
	if (pace->swaps > pace->swaps_per_s)
		pace->swaps = pace->swaps_per_s;
	return pace->budget >= 1 && (!swap || pace->swaps >= 1);
}

void nfo_pace_pay(struct nfo_pace *pace, bool swap)
{
	pace->budget -= 1;
	if (swap)
		pace->swaps -= 1;
}
