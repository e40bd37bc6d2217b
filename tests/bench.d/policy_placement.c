// SPDX-License-Identifier: Apache-2.0
/*
 * placement: the project's own policy, the code that runs in production
 * (netdev/placement.h).
 */
#include "policy.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "placement.h"

#define SOURCES	2
#define PORTS	8

struct self {
	struct nfo_placement		*placement;
	struct nfo_placement_flow	*flows;
};

static struct self *self_of(void *self)
{
	return self;
}

static void *start(struct sim *sim)
{
	struct self *self = calloc(1, sizeof(*self));
	struct nfo_placement_config config = {
		.size = sim_config(sim)->table,
		.software_ms = sim_config(sim)->software_ms,
		.hardware_ms = sim_config(sim)->hardware_ms,
		.source_percent = { 20, 20 },
		.ports_percent = 20,
	};

	if (self)
		self->flows = calloc(sim_flows(sim), sizeof(*self->flows));
	if (!self || !self->flows ||
	    nfo_placement_create(&self->placement, &config, 0))
		err(1, "placement");
	return self;
}

static void stop(struct sim *sim, void *self)
{
	(void)sim;
	nfo_placement_destroy(self_of(self)->placement);
	free(self_of(self)->flows);
	free(self);
}

static void come(struct sim *sim, void *self, struct sim_flow *flow)
{
	struct nfo_placement_flow *own = &self_of(self)->flows[flow->number];
	uint32_t port = flow->number * 0x9e3779b1u >> 16;

	if (nfo_placement_add(self_of(self)->placement, own,
			      flow->number % SOURCES, 1 + port % PORTS, 1,
			      flow->number + 1, false, sim_now(sim)))
		err(1, "placement");
	nfo_placement_count(self_of(self)->placement, own, 1, sim_now(sim));
}

static void go(struct sim *sim, void *self, struct sim_flow *flow)
{
	nfo_placement_del(self_of(self)->placement,
			  &self_of(self)->flows[flow->number], sim_now(sim));
}

static void seen(struct sim *sim, void *self, struct sim_flow *flow,
		 uint32_t packets, bool hardware)
{
	(void)hardware;
	nfo_placement_count(self_of(self)->placement,
			    &self_of(self)->flows[flow->number], packets,
			    sim_now(sim));
}

static void inserted(struct sim *sim, void *self, struct sim_flow *flow,
		     bool taken)
{
	struct nfo_placement_flow *own = &self_of(self)->flows[flow->number];

	if (taken)
		nfo_placement_placed(self_of(self)->placement, own,
				     sim_now(sim));
	else
		nfo_placement_refused(self_of(self)->placement, own, true,
				      sim_now(sim));
}

static void removed(struct sim *sim, void *self, struct sim_flow *flow)
{
	nfo_placement_evicted(self_of(self)->placement,
			      &self_of(self)->flows[flow->number],
			      sim_now(sim));
}

static void tick(struct sim *sim, void *self)
{
	struct nfo_placement_flow *flows = self_of(self)->flows;
	struct nfo_placement_verdict verdict;

	while (nfo_placement_next(self_of(self)->placement, sim_now(sim),
				  &verdict)) {
		if (verdict.evict)
			sim_remove(sim, sim_flow(sim, verdict.evict - flows));
		if (verdict.place)
			sim_insert(sim, sim_flow(sim, verdict.place - flows));
	}
}

const struct policy policy_placement = {
	.name = "placement",
	.start = start,
	.stop = stop,
	.come = come,
	.go = go,
	.seen = seen,
	.inserted = inserted,
	.removed = removed,
	.tick = tick,
};
