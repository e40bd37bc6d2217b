// SPDX-License-Identifier: Apache-2.0
/*
 * heap: see heap.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "heap.h"

#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif

bool heap_look(struct heap *heap, uint64_t flows)
{
	if (heap->due) {
		heap->due = false;
		heap->most = flows;
#ifdef HAVE_MALLOC_TRIM
		malloc_trim(0);
#endif
		return true;
	}
	if (flows > heap->most)
		heap->most = flows;
	heap->due = heap->most >= HEAP_FLOWS_MIN && flows < heap->most / 2;
	return false;
}
