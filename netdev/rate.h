/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: what a flow is likely to send, from counts that come late.
 *
 * The packets of a flow, each of which counts half as much for every half-life,
 * give its rate only when it is old; a young one is divided by what there could
 * be of it by now, and so is ranked at once where it belongs, if it has had enough
 * packets to say so. Time in which a
 * flow pauses does not count: when it goes on it has the rate it had. One in
 * hardware of which no packets are counted has ceased, unless it is so new there
 * that its first count cannot have come yet.
 *
 * Pure; milliseconds from the caller, of which 32 bits are kept.
 */
#ifndef NFO_RATE_H
#define NFO_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "heat.h"

struct nfo_rate {
	double		sum;		/* of the packets: a heat */
	uint32_t	born_ms;	/* pauses left out */
	uint32_t	seen_ms;	/* last count, with packets or without */
	uint32_t	packet_ms;	/* last count with packets */
	uint32_t	moved_ms;	/* in hardware, or out of it */
};

/* How the caller counts; all but 0. */
struct nfo_rate_config {
	uint32_t	half_life_ms;
	uint32_t	software_ms;	/* between counts of software */
	uint32_t	hardware_ms;	/* of hardware */
	uint32_t	enough;		/* packets, the old counted less */
};

/* nfo_rate_start: of a flow that is new. */
void nfo_rate_start(struct nfo_rate *rate, uint64_t now_ms);

/* nfo_rate_resume: of one that had @sum at @packet_ms, and was away. */
void nfo_rate_resume(struct nfo_rate *rate, const struct nfo_rate_config *config,
		     double sum, uint32_t packet_ms, uint64_t now_ms);

/*
 * nfo_rate_count: @packets since the last count. @inside: by hardware. The heat
 * by which it is to be ranked from now on.
 */
double nfo_rate_count(struct nfo_rate *rate, const struct nfo_rate_config *config,
		      double packets, bool inside, uint64_t now_ms);

/* nfo_rate_ceased: of one outside: was there no packet in the last counts? */
bool nfo_rate_ceased(const struct nfo_rate *rate,
		     const struct nfo_rate_config *config, uint64_t now_ms);

#endif /* NFO_RATE_H */
