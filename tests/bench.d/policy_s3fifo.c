// SPDX-License-Identifier: Apache-2.0
/*
 * s3fifo: S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi, SOSP 2023). A newcomer waits in
 * a small queue, of a tenth of the table; only one that was used again while
 * there goes on to the main queue, where one that is used comes round again.
 * Who was put out of the small queue is remembered, and when it comes back goes to
 * the main one at once. A use is a packet, known when it is counted.
 */
#include "policy.h"

#include <err.h>
#include <stdlib.h>

#include "queue.h"

#define USED_MAX	3

enum { NOWHERE, SMALL, MAIN };	/* flow->mark */

struct self {
	struct queue	small;
	struct queue	main;
	uint32_t	*ghosts;	/* when each flow was put out; 0: not */
	uint32_t	clock;
};

static void *start(struct sim *sim)
{
	struct self *self = calloc(1, sizeof(*self));

	if (self)
		self->ghosts = calloc(sim_flows(sim), sizeof(*self->ghosts));
	if (!self || !self->ghosts)
		err(1, "s3fifo");
	return self;
}

static void stop(struct sim *sim, void *self)
{
	(void)sim;
	free(((struct self *)self)->ghosts);
	free(self);
}

static void go(struct sim *sim, void *self_, struct sim_flow *flow)
{
	struct self *self = self_;

	(void)sim;
	if (flow->mark)
		queue_take(flow->mark == SMALL ? &self->small : &self->main,
			   flow);
	flow->mark = NOWHERE;
}

/* The one to go, out of the queues; NULL: its insert is still on its way. */
static struct sim_flow *evict(struct sim *sim, struct self *self)
{
	uint32_t least = sim_config(sim)->table / 10;

	for (;;) {
		bool small = self->small.n > least || !self->main.n;
		struct queue *queue = small ? &self->small : &self->main;
		struct sim_flow *flow = queue->first;

		if (!flow->in_hw || flow->removing)
			return NULL;
		queue_take(queue, flow);
		if (small && flow->value > 1) {
			flow->value = 0;
			flow->mark = MAIN;
			queue_add(&self->main, flow);
		} else if (!small && flow->value > 0) {
			flow->value--;
			queue_add(&self->main, flow);
		} else {
			if (small)
				self->ghosts[flow->number] = ++self->clock;
			flow->mark = NOWHERE;
			return flow;
		}
	}
}

static void miss(struct sim *sim, struct self *self, struct sim_flow *flow)
{
	uint32_t table = sim_config(sim)->table;
	uint32_t ghost = self->ghosts[flow->number];
	struct sim_flow *victim;

	if (flow->mark || flow->in_hw || flow->inserting)
		return;
	if (self->small.n + self->main.n >= table) {
		victim = evict(sim, self);
		if (!victim)
			return;
		sim_remove(sim, victim);
	}
	flow->value = 0;
	flow->mark = ghost && self->clock - ghost < table ? MAIN : SMALL;
	queue_add(flow->mark == MAIN ? &self->main : &self->small, flow);
	sim_insert(sim, flow);
}

static void come(struct sim *sim, void *self, struct sim_flow *flow)
{
	miss(sim, self, flow);
}

static void seen(struct sim *sim, void *self, struct sim_flow *flow,
		 uint32_t packets, bool hardware)
{
	if (!packets)
		return;
	if (!flow->mark && !hardware)
		miss(sim, self, flow);
	else if (packets > USED_MAX - flow->value)
		flow->value = USED_MAX;
	else
		flow->value += packets;
}

static void inserted(struct sim *sim, void *self, struct sim_flow *flow,
		     bool taken)
{
	if (!taken)
		go(sim, self, flow);
}

const struct policy policy_s3fifo = {
	.name = "S3-FIFO",
	.start = start,
	.stop = stop,
	.come = come,
	.go = go,
	.seen = seen,
	.inserted = inserted,
};
