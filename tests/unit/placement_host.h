/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placement_host: a NIC with a table that is too small, flows on it, and the
 * time, for tests of placement.
 */
#ifndef PLACEMENT_HOST_H
#define PLACEMENT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "placement.h"

#define FLOWS_MAX	(1 << 20)

struct world {
	struct nfo_placement		*placement;
	struct nfo_placement_flow	*flows;
	uint32_t			n;
	uint32_t			room;	/* rules that the NIC takes */
	uint32_t			used;
	uint64_t			now;	/* ms */
	uint32_t			placed, evicted, refused; /* ever */
};

extern struct world world;

/* world_make: as @config says, on a NIC with @room for rules. */
void world_make(struct nfo_placement_config config, uint32_t room);

/* world_end: for cmocka, after each test. */
int world_end(void **state);

/* come: a new flow has its first packet. */
struct nfo_placement_flow *come(unsigned int source, uint32_t ifindex);
struct nfo_placement_flow *come_with(unsigned int source, uint32_t ifindex,
				     unsigned int rules, uint64_t key);

bool is_inside(const struct nfo_placement_flow *flow);
/* count_inside: of flows @from to before @to. */
uint32_t count_inside(uint32_t from, uint32_t to);

/* obey: the NIC carries out and answers what is said; how much that was. */
unsigned int obey(void);

/* second: a second goes by in which flow i has @packets(i). */
void second(uint64_t (*packets)(uint32_t i));

/* For second(): each flow 100; anything. */
uint64_t hundred(uint32_t i);
uint64_t chance(uint32_t i);

#endif /* PLACEMENT_HOST_H */
