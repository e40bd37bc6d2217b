// SPDX-License-Identifier: Apache-2.0
/*
 * provider_flow: see provider_flow.h.
 */
#include "provider_flow.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS_MIN	1024	/* a power of two */

/* Ids count up, two by two, so that their low bits are a perfect hash. */
static struct nfo_provider_flow **
bucket_of(struct nfo_provider_flow **buckets, size_t n_buckets, uint64_t id)
{
	return &buckets[id & (n_buckets - 1)];
}

int nfo_provider_flows_init(struct nfo_provider_flows *flows)
{
	flows->n = 0;
	flows->n_buckets = BUCKETS_MIN;
	flows->buckets = calloc(flows->n_buckets, sizeof(*flows->buckets));
	return flows->buckets ? 0 : -ENOMEM;
}

static bool every(void *arg, struct nfo_provider_flow *flow)
{
	return true;
}

void nfo_provider_flows_free(struct nfo_provider_flows *flows)
{
	nfo_provider_flows_sweep(flows, every, NULL);
	free(flows->buckets);
	flows->buckets = NULL;
	flows->n_buckets = 0;
}

struct nfo_provider_flow *
nfo_provider_flow_find(const struct nfo_provider_flows *flows, uint64_t id)
{
	struct nfo_provider_flow *flow;

	flow = *bucket_of(flows->buckets, flows->n_buckets, id);
	while (flow && flow->id != id)
		flow = flow->next;
	return flow;
}

/* Twice as many buckets; if there is no memory, chains get longer instead. */
static void grow(struct nfo_provider_flows *flows)
{
	size_t n_buckets = flows->n_buckets * 2;
	struct nfo_provider_flow **buckets;
	struct nfo_provider_flow **bucket;
	struct nfo_provider_flow *flow;
	size_t i;

	buckets = calloc(n_buckets, sizeof(*buckets));
	if (!buckets)
		return;
	for (i = 0; i < flows->n_buckets; i++) {
		while ((flow = flows->buckets[i])) {
			flows->buckets[i] = flow->next;
			bucket = bucket_of(buckets, n_buckets, flow->id);
			flow->next = *bucket;
			*bucket = flow;
		}
	}
	free(flows->buckets);
	flows->buckets = buckets;
	flows->n_buckets = n_buckets;
}

struct nfo_provider_flow *
nfo_provider_flow_add(struct nfo_provider_flows *flows, uint64_t id)
{
	struct nfo_provider_flow **bucket;
	struct nfo_provider_flow *flow;

	flow = calloc(1, sizeof(*flow));
	if (!flow)
		return NULL;
	if (flows->n >= flows->n_buckets)
		grow(flows);
	flow->id = id;
	bucket = bucket_of(flows->buckets, flows->n_buckets, id);
	flow->next = *bucket;
	*bucket = flow;
	flows->n++;
	return flow;
}

void nfo_provider_flow_del(struct nfo_provider_flows *flows,
			   struct nfo_provider_flow *flow)
{
	struct nfo_provider_flow **link;

	link = bucket_of(flows->buckets, flows->n_buckets, flow->id);
	while (*link != flow)
		link = &(*link)->next;
	*link = flow->next;
	flows->n--;
	free(flow);
}

void nfo_provider_flows_sweep(struct nfo_provider_flows *flows,
			      bool (*dead)(void *arg,
					   struct nfo_provider_flow *flow),
			      void *arg)
{
	struct nfo_provider_flow **link;
	struct nfo_provider_flow *flow;
	size_t i;

	for (i = 0; i < flows->n_buckets; i++) {
		link = &flows->buckets[i];
		while ((flow = *link)) {
			if (!dead(arg, flow)) {
				link = &flow->next;
				continue;
			}
			*link = flow->next;
			flows->n--;
			free(flow);
		}
	}
}
