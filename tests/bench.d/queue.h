/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue: flows in an order, for policies that keep one; a flow is in one at most.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include "sim.h"

struct queue {
	struct sim_flow	*first;
	struct sim_flow	*last;
	uint32_t	n;
};

static inline void queue_add(struct queue *queue, struct sim_flow *flow)
{
	flow->prev = queue->last;
	flow->next = NULL;
	*(queue->last ? &queue->last->next : &queue->first) = flow;
	queue->last = flow;
	queue->n++;
}

static inline void queue_take(struct queue *queue, struct sim_flow *flow)
{
	*(flow->prev ? &flow->prev->next : &queue->first) = flow->next;
	*(flow->next ? &flow->next->prev : &queue->last) = flow->prev;
	flow->prev = flow->next = NULL;
	queue->n--;
}

#endif /* QUEUE_H */
