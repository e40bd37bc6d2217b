/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: who gets a place; what the simulation calls.
 */
#ifndef POLICY_H
#define POLICY_H

#include "sim.h"

struct policy {
	const char *name;
	/*
	 * What a policy does not care for is NULL, all but name and come. start
	 * returns what it keeps, NULL if that is nothing.
	 */
	void *(*start)(struct sim *sim);
	void (*stop)(struct sim *sim, void *self);
	/* A flow is known from its first packet, which went by software. */
	void (*come)(struct sim *sim, void *self, struct sim_flow *flow);
	/* It is known no more; its rule is taken away by the simulation. */
	void (*go)(struct sim *sim, void *self, struct sim_flow *flow);
	/*
	 * @packets since the last time, also 0, of a flow that is (or was, when
	 * they were counted) in hardware; or some by software.
	 */
	void (*seen)(struct sim *sim, void *self, struct sim_flow *flow,
		     uint32_t packets, bool hardware);
	/* The NIC's answers. */
	void (*inserted)(struct sim *sim, void *self, struct sim_flow *flow,
			 bool taken);
	void (*removed)(struct sim *sim, void *self, struct sim_flow *flow);
	/* Each 100 ms, and after anything of the above. */
	void (*tick)(struct sim *sim, void *self);
};

/* What is measured. */
extern const struct policy policy_placement;	/* the project's */
extern const struct policy policy_first;	/* first come, first served */
extern const struct policy policy_threshold;	/* that, after 20 packets */
extern const struct policy policy_rebalance;	/* OVS's offload-rebalance */
extern const struct policy policy_lru;
extern const struct policy policy_s3fifo;

#endif /* POLICY_H */
