// SPDX-License-Identifier: Apache-2.0
/*
 * placement_host: see placement_host.h.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "placement_host.h"

struct world world;

void world_make(struct nfo_placement_config config, uint32_t room)
{
	world = (struct world){ .room = room, .now = 1000000 };
	world.flows = calloc(FLOWS_MAX, sizeof(*world.flows));
	assert_non_null(world.flows);
	assert_int_equal(nfo_placement_create(&world.placement, &config,
					      world.now), 0);
}

int world_end(void **state)
{
	(void)state;
	nfo_placement_destroy(world.placement);
	free(world.flows);
	return 0;
}

struct nfo_placement_flow *come_with(unsigned int source, uint32_t ifindex,
				     unsigned int rules, uint64_t key)
{
	struct nfo_placement_flow *flow = &world.flows[world.n++];

	memset(flow, 0, sizeof(*flow));
	assert_int_equal(nfo_placement_add(world.placement, flow, source,
					   ifindex, rules, key, false,
					   world.now), 0);
	nfo_placement_count(world.placement, flow, 1, world.now);
	return flow;
}

struct nfo_placement_flow *come(unsigned int source, uint32_t ifindex)
{
	return come_with(source, ifindex, 1, world.n + 1);
}

bool is_inside(const struct nfo_placement_flow *flow)
{
	return flow->state == NFO_PLACEMENT_INSIDE;
}

unsigned int obey(void)
{
	struct nfo_placement_verdict verdict;
	unsigned int n = 0;

	while (nfo_placement_next(world.placement, world.now, &verdict)) {
		assert_true(++n < 1000000);
		if (verdict.evict) {
			assert_int_equal(verdict.evict->state,
					 NFO_PLACEMENT_EVICTING);
			world.used -= verdict.evict->rules;
			world.evicted++;
			nfo_placement_evicted(world.placement, verdict.evict,
					      world.now);
		}
		if (!verdict.place)
			continue;
		if (world.used + verdict.place->rules <= world.room) {
			world.used += verdict.place->rules;
			world.placed++;
			nfo_placement_placed(world.placement, verdict.place,
					     world.now);
		} else {
			world.refused++;
			nfo_placement_refused(world.placement, verdict.place,
					      true, world.now);
		}
	}
	return n;
}

void second(uint64_t (*packets)(uint32_t i))
{
	world.now += 1000;
	for (uint32_t i = 0; i < world.n; i++)
		if (world.flows[i].state != NFO_PLACEMENT_NONE)
			nfo_placement_count(world.placement, &world.flows[i],
					    packets(i), world.now);
	obey();
}

uint32_t count_inside(uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < to; i++)
		n += is_inside(&world.flows[i]);
	return n;
}

uint64_t hundred(uint32_t i)
{
	(void)i;
	return 100;
}

uint64_t chance(uint32_t i)
{
	(void)i;
	return random() % 4 ? 0 : random() % 10000;
}
