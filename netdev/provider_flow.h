/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider_flow: what the provider remembers of each flow, found by id. Part
 * of provider.c, not of the library's interface. Not locked.
 */
#ifndef NFO_PROVIDER_FLOW_H
#define NFO_PROVIDER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nfo_provider_flow {
	struct nfo_provider_flow *next;	/* in its bucket */
	uint64_t id;
	uint32_t gen;		/* as told last */
	uint32_t round;		/* dump in which, or after which, it was seen */
	uint8_t state;		/* enum nft_offload_state: our last answer */
	/*
	 * Deleted while a dump was under way: the dump may still tell of it
	 * from before, and must not bring it back to life.
	 */
	bool deleted;
	uint64_t packets;	/* as told last */
	uint64_t bytes;
	uint64_t software;	/* packets, as heard last */
	bool heard;		/* that ever was */
};

/* A hash table that grows; ids are unique. */
struct nfo_provider_flows {
	struct nfo_provider_flow **buckets;
	size_t n_buckets;	/* a power of two */
	size_t n;
};

/* nfo_provider_flows_init: an empty table. 0 or -ENOMEM. */
int nfo_provider_flows_init(struct nfo_provider_flows *flows);

/* nfo_provider_flows_free: frees all flows and the table. */
void nfo_provider_flows_free(struct nfo_provider_flows *flows);

/* nfo_provider_flow_find: the flow with @id, or NULL. */
struct nfo_provider_flow *
nfo_provider_flow_find(const struct nfo_provider_flows *flows, uint64_t id);

/* nfo_provider_flow_add: a new, zeroed flow; @id is not there yet. Or NULL. */
struct nfo_provider_flow *
nfo_provider_flow_add(struct nfo_provider_flows *flows, uint64_t id);

/* nfo_provider_flow_del: frees @flow. */
void nfo_provider_flow_del(struct nfo_provider_flows *flows,
			   struct nfo_provider_flow *flow);

/*
 * nfo_provider_flows_sweep: frees each flow that @dead(@arg, flow) is true
 * for. @dead must not touch the table.
 */
void nfo_provider_flows_sweep(struct nfo_provider_flows *flows,
			      bool (*dead)(void *arg,
					   struct nfo_provider_flow *flow),
			      void *arg);

#endif
