/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ghost: the heat of flows that are known no more, so that one that comes back
 * need not prove itself anew.
 *
 * A fixed number of places, each for a tag and a heat; of those that a flow
 * could be in, the coldest is given up. As heats are comparable whatever their
 * age (heat.h) that is the right one, and nothing has to be aged.
 *
 * Not thread-safe; the caller locks.
 */
#ifndef NFO_GHOST_H
#define NFO_GHOST_H

#include <stdint.h>

struct nfo_ghost;

/* nfo_ghost_create: for about @n flows, 16 bytes each. NULL: no memory. */
struct nfo_ghost *nfo_ghost_create(uint32_t n);
void nfo_ghost_destroy(struct nfo_ghost *ghost);

/*
 * nfo_ghost_keep: the flow with hash @key has gone, and had @heat and its last
 * packet at @packet_ms.
 */
void nfo_ghost_keep(struct nfo_ghost *ghost, uint64_t key, double heat,
		    uint32_t packet_ms);

/*
 * nfo_ghost_recall: what was kept for @key, which is forgotten; NFO_HEAT_NONE
 * if there is none. Two flows may be taken for each other, once in some 10^9.
 */
double nfo_ghost_recall(struct nfo_ghost *ghost, uint64_t key,
			uint32_t *packet_ms);

#endif /* NFO_GHOST_H */
