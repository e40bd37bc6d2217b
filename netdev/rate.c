// SPDX-License-Identifier: Apache-2.0
/*
 * rate: see rate.h.
 */
#include "rate.h"

/* A flow is no younger than that, lest a first glimpse make it a hot one. */
#define AGE_MIN_MS	1000
/* In half-lives; older is all the same, and ages must not wrap. */
#define AGE_MAX		16
/* Packets that should have come for a silence to be a pause. */
#define PAUSE_PACKETS	8
/* One that sends less than one part in so many has ceased. */
#define CEASED_PART	4
/* Counts that must have passed to believe that there was nothing. */
#define COUNTS		3

static double when(const struct nfo_rate_config *config, uint64_t now_ms)
{
	return (double)now_ms / config->half_life_ms;
}

void nfo_rate_start(struct nfo_rate *rate, uint64_t now_ms)
{
	uint32_t now = now_ms;

	*rate = (struct nfo_rate){ NFO_HEAT_NONE, now, now, now, now };
}

void nfo_rate_resume(struct nfo_rate *rate, const struct nfo_rate_config *config,
		     double sum, uint32_t packet_ms, uint64_t now_ms)
{
	nfo_rate_start(rate, now_ms);
	rate->sum = sum;
	rate->packet_ms = packet_ms;
	rate->born_ms = packet_ms - AGE_MAX * config->half_life_ms;
}

/* The level that a flow which was always as it is now would have. */
static double steady_level(struct nfo_rate *rate,
			   const struct nfo_rate_config *config, uint64_t now_ms)
{
	uint32_t age = (uint32_t)now_ms - rate->born_ms;
	uint32_t max = AGE_MAX * config->half_life_ms;

	if (age > max) {
		rate->born_ms = (uint32_t)now_ms - max;
		age = max;
	}
	if (age < AGE_MIN_MS)
		age = AGE_MIN_MS;
	return nfo_heat_level(rate->sum, when(config, now_ms)) /
	       (1 - exp2(-(double)age / config->half_life_ms));
}

/* Leaves out the time since the last packet, if it was a pause. */
static void pause_skip(struct nfo_rate *rate, const struct nfo_rate_config *config,
		       bool inside, uint64_t now_ms)
{
	/* In the last interval there were packets. */
	uint32_t interval = inside ? config->hardware_ms : config->software_ms;
	uint32_t gap = (uint32_t)now_ms - rate->packet_ms;
	double level;

	if (gap <= 2 * interval)
		return;
	gap -= interval;
	/* Of a steady rate r the level is r * half-life / ln 2. */
	level = steady_level(rate, config, now_ms - gap - interval);
	if (level * M_LN2 / config->half_life_ms * gap < PAUSE_PACKETS)
		return;
	rate->sum += (double)gap / config->half_life_ms;
	rate->born_ms += gap;
}

double nfo_rate_count(struct nfo_rate *rate, const struct nfo_rate_config *config,
		      double packets, bool inside, uint64_t now_ms)
{
	double now = when(config, now_ms);
	uint32_t span = (uint32_t)now_ms - rate->seen_ms;
	double level, recent, sum;

	if (packets > 0) {
		if (rate->sum > NFO_HEAT_NONE)
			pause_skip(rate, config, inside, now_ms);
		rate->sum = nfo_heat_add(rate->sum, packets, now);
		rate->packet_ms = now_ms;
	}
	rate->seen_ms = now_ms;
	level = steady_level(rate, config, now_ms);
	sum = nfo_heat_level(rate->sum, now);
	if (sum < config->enough)
		level = sum;
	if (inside && (uint32_t)now_ms - rate->moved_ms >=
	    COUNTS * config->hardware_ms) {
		if (span < config->hardware_ms)
			span = config->hardware_ms;
		recent = packets / span * config->half_life_ms / M_LN2;
		if (recent * CEASED_PART < level)
			level = recent * CEASED_PART;
	}
	return level > 0 ? now + log2(level) : NFO_HEAT_NONE;
}

bool nfo_rate_ceased(const struct nfo_rate *rate,
		     const struct nfo_rate_config *config, uint64_t now_ms)
{
	return (uint32_t)now_ms - rate->packet_ms > COUNTS * config->software_ms;
}
