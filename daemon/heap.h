/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap: memory of flows that have ended goes back to the system. malloc() keeps
 * what is freed in the midst of its arenas, so that a daemon that had 100,000
 * flows once would look for ever as if it had them still.
 */
#ifndef NFT_OFFLOADD_HEAP_H
#define NFT_OFFLOADD_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Fewer flows are not worth it. */
#define HEAP_FLOWS_MIN	16

struct heap {
	uint64_t most;		/* flows since memory was given back last */
	bool due;		/* with the next look */
};

/*
 * heap_look: to be called once a second with the number of @flows there are.
 * Gives memory back, where malloc() can, one call after they have become less
 * than half of the most that there were: until then RCU has freed them all. True
 * if it did. One thread; takes each arena's lock for a moment.
 */
bool heap_look(struct heap *heap, uint64_t flows);

#endif
