/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim: one NIC, one policy and a trace, in virtual time.
 *
 * A flow is known from its first packet until it has been idle for idle_ms. Its
 * packets go by hardware while its rule is there, else by software. The NIC has
 * a table of a fixed size and carries out inserts and deletes one after the
 * other; one too many is refused. What software sees is told to the policy each
 * software_ms, what hardware counted each hardware_ms and late by as much.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

struct sim;
struct policy;

/* As the policy sees it, too. */
struct sim_flow {
	uint32_t	number;
	bool		known;
	bool		in_hw;
	bool		inserting;	/* on their way */
	bool		removing;
	/* The policy's, zeroed when the flow becomes known. */
	uint32_t	value;
	uint32_t	mark;
	struct sim_flow	*next;
	struct sim_flow	*prev;
	/* The simulation's. */
	uint32_t	last_ms;	/* packet */
	uint32_t	software;	/* packets not told of yet */
	uint32_t	hardware;	/* since the last dump */
	uint32_t	late;		/* of the dump before that */
	uint32_t	resident;	/* index among those in hardware */
	bool		dirty;		/* has packets of software */
};

struct sim_config {
	uint32_t table;		/* rules */
	uint32_t idle_ms;
	uint32_t ops_per_s;	/* inserts and deletes that the NIC sustains */
	uint32_t software_ms;
	uint32_t hardware_ms;
	uint32_t warm_ms;	/* before anything is counted */
};

struct sim_result {
	uint64_t packets, bytes;	/* all */
	uint64_t hw_packets, hw_bytes;
	uint64_t asked;			/* inserts sent to the NIC */
	uint64_t inserts;		/* taken by it */
	uint64_t refused;
	uint64_t swaps;			/* rules removed of flows that go on */
	double	 in_hw;			/* rules, on average */
};

/* Runs @trace. Ends the program without memory. */
void sim_run(const struct trace *trace, const struct sim_config *config,
	     const struct policy *policy, struct sim_result *result);

/* The mean number of flows known, and of those that go on, after the warm-up. */
void sim_known(const struct trace *trace, const struct sim_config *config,
	       double *known, double *active);

/* --- for policies --- */

uint32_t sim_now(const struct sim *sim);
const struct sim_config *sim_config(const struct sim *sim);

/* Number of flows in the trace, and the one with a number. */
uint32_t sim_flows(const struct sim *sim);
struct sim_flow *sim_flow(struct sim *sim, uint32_t number);

/* Rules in the table. */
uint32_t sim_used(const struct sim *sim);

/*
 * Sends it to the NIC, which answers later. Nothing if the flow is there
 * already (is not there), or one of the two is on its way.
 */
void sim_insert(struct sim *sim, struct sim_flow *flow);
void sim_remove(struct sim *sim, struct sim_flow *flow);

#endif /* SIM_H */
