// SPDX-License-Identifier: Apache-2.0
/*
 * heat: see heat.h. Buckets are numbered for all times; those from base on, as
 * many as there are, lie in the ring. As time goes by the coldest is emptied
 * into the next one.
 */
#include "heat.h"

#define MASK (NFO_HEAT_BUCKETS - 1)

static int64_t number_of(double heat)
{
	return (int64_t)floor(heat * NFO_HEAT_PER_OCTAVE);
}

static void mark(struct nfo_heat_ring *ring, int64_t number, bool used)
{
	uint64_t bit = 1ULL << (number & 63);
	uint64_t *word = &ring->used[(number & MASK) / 64];

	*word = used ? *word | bit : *word & ~bit;
}

static struct cds_list_head *bucket_of(struct nfo_heat_ring *ring,
				       int64_t number)
{
	return &ring->bucket[number & MASK];
}

static bool is_empty(const struct nfo_heat_ring *ring)
{
	for (unsigned int i = 0; i < NFO_HEAT_BUCKETS / 64; i++)
		if (ring->used[i])
			return false;
	return true;
}

/* The coldest bucket is that of what is cold @now. */
static void advance(struct nfo_heat_ring *ring, double now)
{
	int64_t base = number_of(now + NFO_HEAT_COLD);

	if (base > ring->base && is_empty(ring))
		ring->base = base;
	while (ring->base < base) {
		struct cds_list_head *from = bucket_of(ring, ring->base);

		if (!cds_list_empty(from)) {
			/* Colder ones first: behind is what was warmer. */
			cds_list_splice(from, bucket_of(ring, ring->base + 1));
			CDS_INIT_LIST_HEAD(from);
			mark(ring, ring->base, false);
			mark(ring, ring->base + 1, true);
		}
		ring->base++;
	}
}

/* Where a flow of @heat is. */
static int64_t place_of(const struct nfo_heat_ring *ring, double heat)
{
	int64_t number;

	if (!(heat * NFO_HEAT_PER_OCTAVE > (double)ring->base))
		return ring->base;
	number = number_of(heat);
	return number < ring->base + MASK ? number : ring->base + MASK;
}

int64_t nfo_heat_key(double heat)
{
	return heat == INFINITY ? INT64_MAX : number_of(heat);
}

void nfo_heat_ring_init(struct nfo_heat_ring *ring, double now)
{
	for (unsigned int i = 0; i < NFO_HEAT_BUCKETS; i++)
		CDS_INIT_LIST_HEAD(&ring->bucket[i]);
	for (unsigned int i = 0; i < NFO_HEAT_BUCKETS / 64; i++)
		ring->used[i] = 0;
	ring->base = number_of(now + NFO_HEAT_COLD);
}

void nfo_heat_put(struct nfo_heat_ring *ring, struct cds_list_head *item,
		  double heat, double now)
{
	int64_t number;

	advance(ring, now);
	number = place_of(ring, heat);
	cds_list_add_tail(item, bucket_of(ring, number));
	mark(ring, number, true);
}

void nfo_heat_take(struct nfo_heat_ring *ring, struct cds_list_head *item,
		   double heat, double now)
{
	int64_t number;

	advance(ring, now);
	number = place_of(ring, heat);
	cds_list_del(item);
	if (cds_list_empty(bucket_of(ring, number)))
		mark(ring, number, false);
}

int64_t nfo_heat_hottest_key(const struct nfo_heat_ring *ring)
{
	/* Numbers go round in the ring: the words from the top one down. */
	for (int64_t top = ring->base + MASK; top >= ring->base;
	     top = (top & ~63LL) - 1) {
		uint64_t word = ring->used[(top & MASK) / 64];
		int64_t first = top & ~63LL;
		int64_t number;

		word &= ~0ULL >> (63 - (top & 63));
		if (!word)
			continue;
		number = first + 63 - __builtin_clzll(word);
		return number >= ring->base ? number : NFO_HEAT_EMPTY;
	}
	return NFO_HEAT_EMPTY;
}

int64_t nfo_heat_coldest_key(const struct nfo_heat_ring *ring)
{
	for (int64_t low = ring->base; low <= ring->base + MASK;
	     low = (low | 63) + 1) {
		uint64_t word = ring->used[(low & MASK) / 64];

		word &= ~0ULL << (low & 63);
		if (word)
			return (low & ~63LL) + __builtin_ctzll(word);
	}
	return NFO_HEAT_EMPTY;
}

struct cds_list_head *nfo_heat_hottest(struct nfo_heat_ring *ring, double now)
{
	int64_t number;

	advance(ring, now);
	number = nfo_heat_hottest_key(ring);
	return number == NFO_HEAT_EMPTY ? NULL : bucket_of(ring, number)->next;
}

struct cds_list_head *nfo_heat_coldest(struct nfo_heat_ring *ring, double now)
{
	int64_t number;

	advance(ring, now);
	number = nfo_heat_coldest_key(ring);
	return number == NFO_HEAT_EMPTY ? NULL : bucket_of(ring, number)->next;
}
