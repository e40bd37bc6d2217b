// SPDX-License-Identifier: Apache-2.0
/*
 * capacity: see capacity.h.
 */
#include "capacity.h"

/* After a refusal one more is tried. */
#define PROBE_MS	1000
/* And no place is given to another. */
#define BACKOFF_MIN_MS	1000
#define BACKOFF_MAX_MS	60000

void nfo_capacity_init(struct nfo_capacity *capacity, uint32_t size)
{
	*capacity = (struct nfo_capacity){
		.size = size,
		.limit = size,
	};
}

void nfo_capacity_resize(struct nfo_capacity *capacity, uint32_t size)
{
	if (size != capacity->size)
		nfo_capacity_init(capacity, size);
}

uint32_t nfo_capacity_limit(struct nfo_capacity *capacity, uint64_t now_ms)
{
	uint32_t room = capacity->size - capacity->base;

	if (!capacity->learnt || now_ms < capacity->probe_ms)
		return capacity->limit;
	return capacity->base + (capacity->step < room ? capacity->step : room);
}

bool nfo_capacity_may_swap(const struct nfo_capacity *capacity,
			   uint64_t now_ms)
{
	return now_ms >= capacity->swap_ms;
}

void nfo_capacity_taken(struct nfo_capacity *capacity, uint32_t used,
			uint64_t now_ms)
{
	if (!capacity->learnt || used <= capacity->limit)
		return;
	capacity->limit = used;
	/* When all that was tried is in, on to more. */
	if (used >= nfo_capacity_limit(capacity, now_ms)) {
		capacity->base = used;
		capacity->step *= 2;
		capacity->probe_ms = now_ms;
	}
	capacity->backoff_ms = 0;
	if (capacity->limit < capacity->size)
		return;
	capacity->limit = capacity->size;
	capacity->learnt = false;
}

void nfo_capacity_refused(struct nfo_capacity *capacity, uint32_t used,
			  uint64_t now_ms)
{
	bool probe = capacity->learnt && now_ms >= capacity->probe_ms;

	capacity->refusals++;
	/* Of several in flight the later ones say nothing new. */
	if (capacity->learnt && used >= capacity->limit && !probe)
		return;
	if (used > capacity->size)
		used = capacity->size;
	capacity->limit = used;
	capacity->base = used;
	capacity->step = 1;
	capacity->probe_ms = now_ms + PROBE_MS;
	if (!probe) {
		capacity->backoff_ms *= 2;
		if (capacity->backoff_ms < BACKOFF_MIN_MS)
			capacity->backoff_ms = BACKOFF_MIN_MS;
		if (capacity->backoff_ms > BACKOFF_MAX_MS)
			capacity->backoff_ms = BACKOFF_MAX_MS;
		capacity->swap_ms = now_ms + capacity->backoff_ms;
	}
	capacity->learnt = true;
}
