/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heat: how much a flow is used, and flows in order of it.
 *
 * The heat of a flow is the logarithm (base 2) of its packets, each of which
 * counts half as much for every half-life that has gone by since. Instead of
 * making what was counted smaller as time goes by, what comes later is counted
 * as more ("forward decay": Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009). So
 * the heat of a flow that nobody touches does not change, and neither does the
 * order of two: nothing ever has to be walked to let it cool down.
 *
 * A ring keeps flows in buckets of a quarter of an octave. Bringing in, taking
 * out, moving, and finding the hottest and the coldest cost the same whatever
 * the number of flows.
 *
 * Times are half-lives since some start, the same for all that is compared.
 * Pure: no I/O, no clock, no allocation. The caller locks.
 */
#ifndef NFO_HEAT_H
#define NFO_HEAT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#define NFO_HEAT_BUCKETS	128	/* a power of two */
#define NFO_HEAT_PER_OCTAVE	4
/* What has cooled down to a quarter of a packet is cold, all in one bucket. */
#define NFO_HEAT_COLD		(-2.0)
/* No flow has more than 2^29 packets in a half-life. */
#define NFO_HEAT_HOT		29.0
/* Of a flow without any packet. */
#define NFO_HEAT_NONE		(-INFINITY)

/* Not in a ring: the key of an empty one. */
#define NFO_HEAT_EMPTY		INT64_MIN

struct nfo_heat_ring {
	struct cds_list_head	bucket[NFO_HEAT_BUCKETS];
	uint64_t		used[NFO_HEAT_BUCKETS / 64]; /* not empty */
	int64_t			base;	/* the coldest bucket's number */
};

/* nfo_heat_add: @heat with @packets more at @now. */
static inline double nfo_heat_add(double heat, double packets, double now)
{
	double sum = now + log2(exp2(heat - now) + packets);

	return sum > now + NFO_HEAT_HOT ? now + NFO_HEAT_HOT : sum;
}

/* nfo_heat_level: the packets that @heat means at @now, the older counted less. */
static inline double nfo_heat_level(double heat, double now)
{
	return exp2(heat - now);
}

void nfo_heat_ring_init(struct nfo_heat_ring *ring, double now);

/* nfo_heat_put: @item, which is in no ring, has @heat. */
void nfo_heat_put(struct nfo_heat_ring *ring, struct cds_list_head *item,
		  double heat, double now);

/* nfo_heat_take: takes @item out; @heat is what it was put with. */
void nfo_heat_take(struct nfo_heat_ring *ring, struct cds_list_head *item,
		   double heat, double now);

/*
 * nfo_heat_hottest, nfo_heat_coldest: of those in the ring, to a quarter of an
 * octave; the one that has been there longest. NULL: none.
 */
struct cds_list_head *nfo_heat_hottest(struct nfo_heat_ring *ring, double now);
struct cds_list_head *nfo_heat_coldest(struct nfo_heat_ring *ring, double now);

/*
 * nfo_heat_hottest_key, nfo_heat_coldest_key: the bucket where that one is, for
 * comparing rings; NFO_HEAT_EMPTY: none. As of the last call for the ring.
 */
int64_t nfo_heat_hottest_key(const struct nfo_heat_ring *ring);
int64_t nfo_heat_coldest_key(const struct nfo_heat_ring *ring);

/* nfo_heat_key: the bucket for @heat; the highest of all for INFINITY. */
int64_t nfo_heat_key(double heat);

#endif /* NFO_HEAT_H */
