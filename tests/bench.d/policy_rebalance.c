// SPDX-License-Identifier: Apache-2.0
/*
 * rebalance: OVS's other_config:offload-rebalance (udpif_run_flow_rebalance() in
 * ofproto/ofproto-dpif-upcall.c). A flow is tried when it comes. Every 3 s, if some
 * were refused, those outside are gone through from the fastest, by packets a
 * second since the last time: each takes a free place, or that of the slowest
 * inside if it is faster than that. At most 1024 at a time.
 */
#include "policy.h"

#include <err.h>
#include <stdlib.h>

#define PERIOD_MS	3000
#define MOST		1024

struct self {
	uint32_t	next_ms;
	bool		full;	/* one was refused since the last time */
	struct sim_flow	**outside;
	struct sim_flow	**inside;
};

static void *start(struct sim *sim)
{
	struct self *self = calloc(1, sizeof(*self));

	if (self) {
		self->outside = calloc(sim_flows(sim), sizeof(*self->outside));
		self->inside = calloc(sim_flows(sim), sizeof(*self->inside));
	}
	if (!self || !self->outside || !self->inside)
		err(1, "rebalance");
	self->next_ms = PERIOD_MS;
	return self;
}

static void stop(struct sim *sim, void *self_)
{
	struct self *self = self_;

	(void)sim;
	free(self->outside);
	free(self->inside);
	free(self);
}

static void come(struct sim *sim, void *self, struct sim_flow *flow)
{
	(void)self;
	flow->value = 1;
	sim_insert(sim, flow);
}

static void seen(struct sim *sim, void *self, struct sim_flow *flow,
		 uint32_t packets, bool hardware)
{
	(void)sim;
	(void)self;
	(void)hardware;
	flow->value += packets;
}

static void inserted(struct sim *sim, void *self_, struct sim_flow *flow,
		     bool taken)
{
	struct self *self = self_;

	(void)sim;
	(void)flow;
	self->full |= !taken;
}

static int faster(const void *a, const void *b)
{
	const struct sim_flow *x = *(struct sim_flow *const *)a;
	const struct sim_flow *y = *(struct sim_flow *const *)b;

	return (x->value < y->value) - (x->value > y->value);
}

static void rebalance(struct sim *sim, struct self *self)
{
	uint32_t room = sim_config(sim)->table - sim_used(sim);
	size_t n_outside = 0, n_inside = 0, n = 0;

	for (uint32_t i = 0; i < sim_flows(sim); i++) {
		struct sim_flow *flow = sim_flow(sim, i);

		if (!flow->known || flow->inserting || flow->removing)
			continue;
		if (flow->in_hw)
			self->inside[n_inside++] = flow;
		else
			self->outside[n_outside++] = flow;
	}
	qsort(self->outside, n_outside, sizeof(*self->outside), faster);
	qsort(self->inside, n_inside, sizeof(*self->inside), faster);
	for (; n < n_outside && n < MOST; n++) {
		if (room) {
			room--;
		} else {
			if (!n_inside || self->outside[n]->value <=
			    self->inside[n_inside - 1]->value)
				break;
			sim_remove(sim, self->inside[--n_inside]);
		}
		sim_insert(sim, self->outside[n]);
	}
}

static void tick(struct sim *sim, void *self_)
{
	struct self *self = self_;

	if (sim_now(sim) < self->next_ms)
		return;
	self->next_ms += PERIOD_MS;
	if (self->full)
		rebalance(sim, self);
	self->full = sim_used(sim) >= sim_config(sim)->table;
	for (uint32_t i = 0; i < sim_flows(sim); i++)
		sim_flow(sim, i)->value = 0;
}

const struct policy policy_rebalance = {
	.name = "OVS offload-rebalance",
	.start = start,
	.stop = stop,
	.come = come,
	.seen = seen,
	.inserted = inserted,
	.tick = tick,
};
