// SPDX-License-Identifier: Apache-2.0
/*
 * threshold: first come, first served, of flows that have had 20 packets: what
 * kube-proxy's rule for its flowtable asks for. A flow that is refused is tried
 * again once a second while it has packets, as the kernel does.
 */
#include "policy.h"

#define PACKETS		20
#define AGAIN_MS	1000

static void come(struct sim *sim, void *self, struct sim_flow *flow)
{
	(void)sim;
	(void)self;
	flow->value = 1;
}

static void seen(struct sim *sim, void *self, struct sim_flow *flow,
		 uint32_t packets, bool hardware)
{
	(void)self;
	if (hardware)
		return;
	flow->value += packets;
	if (flow->value < PACKETS || sim_now(sim) < flow->mark)
		return;
	flow->mark = sim_now(sim) + AGAIN_MS;
	sim_insert(sim, flow);
}

const struct policy policy_threshold = {
	.name = "threshold of 20 packets",
	.come = come,
	.seen = seen,
};
