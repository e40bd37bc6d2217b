// SPDX-License-Identifier: Apache-2.0
/*
 * ghost: see ghost.h.
 */
#include "ghost.h"

#include <stdlib.h>

#include "heat.h"

#define WAYS	8	/* two cache lines */

struct place {
	uint32_t	tag;	/* 0: free */
	uint32_t	packet_ms;
	double		heat;
};

struct nfo_ghost {
	uint64_t	mask;
	struct place	places[][WAYS];
};

struct nfo_ghost *nfo_ghost_create(uint32_t n)
{
	struct nfo_ghost *ghost;
	uint64_t sets = 1;

	while (sets * WAYS < n)
		sets *= 2;
	ghost = calloc(1, sizeof(*ghost) + sets * sizeof(ghost->places[0]));
	if (ghost)
		ghost->mask = sets - 1;
	return ghost;
}

void nfo_ghost_destroy(struct nfo_ghost *ghost)
{
	free(ghost);
}

/* Keys may be hashes with bits of one kind only. */
static struct place *set_of(struct nfo_ghost *ghost, uint64_t key)
{
	return ghost->places[(key * 0x9e3779b97f4a7c15ULL >> 20) & ghost->mask];
}

static uint32_t tag_of(uint64_t key)
{
	uint32_t tag = key ^ key >> 32;

	return tag ? tag : 1;
}

void nfo_ghost_keep(struct nfo_ghost *ghost, uint64_t key, double heat,
		    uint32_t packet_ms)
{
	struct place *set = set_of(ghost, key);
	struct place *to = &set[0];
	uint32_t tag = tag_of(key);

	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].tag == tag) {
			to = &set[i];
			break;
		}
		if (to->tag && (!set[i].tag || set[i].heat < to->heat))
			to = &set[i];
	}
	if (!to->tag || to->tag == tag || to->heat < heat)
		*to = (struct place){ tag, packet_ms, heat };
}

double nfo_ghost_recall(struct nfo_ghost *ghost, uint64_t key,
			uint32_t *packet_ms)
{
	struct place *set = set_of(ghost, key);
	uint32_t tag = tag_of(key);

	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].tag == tag) {
			set[i].tag = 0;
			*packet_ms = set[i].packet_ms;
			return set[i].heat;
		}
	}
	return NFO_HEAT_NONE;
}
