// SPDX-License-Identifier: Apache-2.0
/*
 * lru: least recently used. Whatever has a packet in software takes the place of
 * the one of which no packet was counted for the longest time.
 */
#include "policy.h"

#include <err.h>
#include <stdlib.h>

#include "queue.h"

static void *start(struct sim *sim)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	(void)sim;
	if (!queue)
		err(1, "lru");
	return queue;
}

static void stop(struct sim *sim, void *self)
{
	(void)sim;
	free(self);
}

/* flow->mark: it is in the queue, which is what the table is to hold. */
static void miss(struct sim *sim, struct queue *queue, struct sim_flow *flow)
{
	struct sim_flow *oldest = queue->first;

	/* What is on its way is waited for. */
	if (flow->mark || flow->in_hw || flow->inserting)
		return;
	if (queue->n >= sim_config(sim)->table) {
		if (!oldest->in_hw || oldest->removing)
			return;
		queue_take(queue, oldest);
		oldest->mark = 0;
		sim_remove(sim, oldest);
	}
	flow->mark = 1;
	queue_add(queue, flow);
	sim_insert(sim, flow);
}

static void come(struct sim *sim, void *self, struct sim_flow *flow)
{
	miss(sim, self, flow);
}

static void go(struct sim *sim, void *self, struct sim_flow *flow)
{
	(void)sim;
	if (flow->mark)
		queue_take(self, flow);
	flow->mark = 0;
}

static void seen(struct sim *sim, void *self, struct sim_flow *flow,
		 uint32_t packets, bool hardware)
{
	if (!packets)
		return;
	if (!flow->mark && !hardware) {
		miss(sim, self, flow);
	} else if (flow->mark) {
		queue_take(self, flow);
		queue_add(self, flow);
	}
}

static void inserted(struct sim *sim, void *self, struct sim_flow *flow,
		     bool taken)
{
	if (!taken)
		go(sim, self, flow);
}

const struct policy policy_lru = {
	.name = "LRU",
	.start = start,
	.stop = stop,
	.come = come,
	.go = go,
	.seen = seen,
	.inserted = inserted,
};
