// SPDX-License-Identifier: Apache-2.0
/*
 * first: first come, first served: what OVS and the kernel's flowtable do. A
 * flow is tried when it comes, and if the table is full stays in software.
 */
#include "policy.h"

static void come(struct sim *sim, void *self, struct sim_flow *flow)
{
	(void)self;
	sim_insert(sim, flow);
}

const struct policy policy_first = {
	.name = "first come first served",
	.come = come,
};
