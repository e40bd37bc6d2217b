// SPDX-License-Identifier: Apache-2.0
/*
 * sim: see sim.h.
 */
#include "sim.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

#define TICK_MS		100
#define WHEEL_MS	100
#define WHEEL		1024

/* An insert or delete on its way. */
struct op {
	uint64_t	done_us;
	struct sim_flow	*flow;
	bool		insert;
	bool		gone;	/* the flow is known no more */
};

struct sim {
	const struct trace	*trace;
	struct sim_config	config;
	const struct policy	*policy;
	void			*self;
	struct sim_result	*result;
	uint32_t		now_ms;
	struct sim_flow		*flows;

	/* The NIC. */
	struct op		*ops;	/* a ring */
	size_t			ops_room, ops_first, ops_n;
	uint64_t		free_us; /* when it can take the next */
	struct sim_flow		**residents;
	uint32_t		used;
	double			used_ms; /* sum over time */

	struct sim_flow		**dirty;
	size_t			n_dirty;
	uint32_t		next_tick, next_software, next_hardware;
	uint32_t		next_wheel;
	/* Flows by when to look whether they are idle. */
	struct { struct sim_flow **flows; size_t n, room; } wheel[WHEEL];
};

/* --- for policies --- */

uint32_t sim_now(const struct sim *sim)
{
	return sim->now_ms;
}

const struct sim_config *sim_config(const struct sim *sim)
{
	return &sim->config;
}

uint32_t sim_flows(const struct sim *sim)
{
	return sim->trace->n_flows;
}

struct sim_flow *sim_flow(struct sim *sim, uint32_t number)
{
	return &sim->flows[number];
}

uint32_t sim_used(const struct sim *sim)
{
	return sim->used;
}

static bool warm(const struct sim *sim)
{
	return sim->now_ms >= sim->config.warm_ms;
}

static void op_add(struct sim *sim, struct sim_flow *flow, bool insert,
		   bool gone)
{
	uint64_t now_us = sim->now_ms * 1000ULL;

	if (sim->ops_n == sim->ops_room)
		errx(1, "more than %zu operations on their way", sim->ops_room);
	if (sim->free_us < now_us)
		sim->free_us = now_us;
	sim->free_us += 1000000 / sim->config.ops_per_s;
	sim->ops[(sim->ops_first + sim->ops_n++) % sim->ops_room] = (struct op){
		.done_us = sim->free_us,
		.flow = flow,
		.insert = insert,
		.gone = gone,
	};
}

void sim_insert(struct sim *sim, struct sim_flow *flow)
{
	if (flow->in_hw || flow->inserting || !flow->known)
		return;
	flow->inserting = true;
	op_add(sim, flow, true, false);
	sim->result->asked += warm(sim);
}

void sim_remove(struct sim *sim, struct sim_flow *flow)
{
	if (!flow->in_hw || flow->removing)
		return;
	flow->removing = true;
	op_add(sim, flow, false, false);
}

/* --- the NIC --- */

static void seen(struct sim *sim, struct sim_flow *flow, uint32_t packets,
		 bool hardware)
{
	if (flow->known && sim->policy->seen)
		sim->policy->seen(sim, sim->self, flow, packets, hardware);
}

static void insert_done(struct sim *sim, struct sim_flow *flow)
{
	bool taken = sim->used < sim->config.table;

	flow->inserting = false;
	if (taken) {
		flow->in_hw = true;
		flow->hardware = flow->late = 0;
		flow->resident = sim->used;
		sim->residents[sim->used++] = flow;
	}
	sim->result->inserts += taken && warm(sim);
	sim->result->refused += !taken && warm(sim);
	if (!flow->known) {
		if (taken)
			sim_remove(sim, flow);
	} else if (sim->policy->inserted) {
		sim->policy->inserted(sim, sim->self, flow, taken);
	}
}

static void remove_done(struct sim *sim, struct sim_flow *flow, bool gone)
{
	struct sim_flow *last = sim->residents[--sim->used];

	flow->in_hw = flow->removing = false;
	last->resident = flow->resident;
	sim->residents[flow->resident] = last;
	/* The answer has the last counters. */
	seen(sim, flow, flow->hardware + flow->late, true);
	sim->result->swaps += !gone && warm(sim);
	if (flow->known && sim->policy->removed)
		sim->policy->removed(sim, sim->self, flow);
}

static void ops_run(struct sim *sim)
{
	while (sim->ops_n &&
	       sim->ops[sim->ops_first].done_us <= sim->now_ms * 1000ULL) {
		struct op op = sim->ops[sim->ops_first];

		sim->ops_first = (sim->ops_first + 1) % sim->ops_room;
		sim->ops_n--;
		if (op.insert)
			insert_done(sim, op.flow);
		else
			remove_done(sim, op.flow, op.gone);
		if (sim->policy->tick)
			sim->policy->tick(sim, sim->self);
	}
}

/* --- counters --- */

static void software_run(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_dirty; i++) {
		struct sim_flow *flow = sim->dirty[i];
		uint32_t packets = flow->software;

		flow->dirty = false;
		flow->software = 0;
		if (packets)
			seen(sim, flow, packets, false);
	}
	sim->n_dirty = 0;
}

static void hardware_run(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->used; i++) {
		struct sim_flow *flow = sim->residents[i];
		uint32_t packets = flow->late;

		flow->late = flow->hardware;
		flow->hardware = 0;
		seen(sim, flow, packets, true);
	}
}

/* --- flows --- */

static void wheel_add(struct sim *sim, struct sim_flow *flow)
{
	uint32_t slot = (flow->last_ms + sim->config.idle_ms) / WHEEL_MS + 1;
	__typeof__(&sim->wheel[0]) wheel;

	if (slot <= sim->next_wheel)
		slot = sim->next_wheel + 1;
	wheel = &sim->wheel[slot % WHEEL];
	if (wheel->n == wheel->room) {
		wheel->room = wheel->room ? wheel->room * 2 : 64;
		wheel->flows = reallocarray(wheel->flows, wheel->room,
					    sizeof(*wheel->flows));
		if (!wheel->flows)
			err(1, "flows");
	}
	wheel->flows[wheel->n++] = flow;
}

/* Those whose time may have come: they go, or are looked at again. */
static void wheel_run(struct sim *sim)
{
	__typeof__(&sim->wheel[0]) wheel = &sim->wheel[sim->next_wheel % WHEEL];
	size_t n = wheel->n;
	struct sim_flow **flows = wheel->flows;

	wheel->flows = NULL;
	wheel->n = wheel->room = 0;
	sim->next_wheel++;
	for (size_t i = 0; i < n; i++) {
		struct sim_flow *flow = flows[i];

		if (sim->now_ms - flow->last_ms < sim->config.idle_ms ||
		    flow->inserting || flow->removing) {
			wheel_add(sim, flow);
			continue;
		}
		if (sim->policy->go)
			sim->policy->go(sim, sim->self, flow);
		flow->known = false;
		if (flow->in_hw) {
			flow->removing = true;
			op_add(sim, flow, false, true);
		}
	}
	free(flows);
}

static void flow_come(struct sim *sim, struct sim_flow *flow)
{
	flow->known = true;
	flow->value = flow->mark = 0;
	flow->next = flow->prev = NULL;
	flow->software = 0;
	sim->policy->come(sim, sim->self, flow);
	if (sim->policy->tick)
		sim->policy->tick(sim, sim->self);
	wheel_add(sim, flow);
}

static void record_run(struct sim *sim, const struct trace_record *record)
{
	struct sim_flow *flow = &sim->flows[record->flow];
	struct sim_result *result = sim->result;
	bool hw = flow->in_hw;

	flow->last_ms = record->time_ms;
	if (hw) {
		flow->hardware += record->packets;
	} else if (flow->known) {
		flow->software += record->packets;
		if (!flow->dirty)
			sim->dirty[sim->n_dirty++] = flow;
		flow->dirty = true;
	}
	if (warm(sim)) {
		result->packets += record->packets;
		result->bytes += record->bytes;
		result->hw_packets += hw ? record->packets : 0;
		result->hw_bytes += hw ? record->bytes : 0;
	}
	/* While the rule of the last time is about to go it is no news. */
	if (!flow->known && !flow->removing)
		flow_come(sim, flow);
}

/* --- time --- */

static uint32_t next_event(const struct sim *sim)
{
	uint32_t next = sim->next_tick;

	if (sim->next_software < next)
		next = sim->next_software;
	if (sim->next_hardware < next)
		next = sim->next_hardware;
	if (sim->next_wheel * WHEEL_MS < next)
		next = sim->next_wheel * WHEEL_MS;
	if (sim->ops_n) {
		uint64_t done = (sim->ops[sim->ops_first].done_us + 999) / 1000;

		if (done < next)
			next = done;
	}
	return next;
}

/* Everything that is due before or at @until. */
static void time_run(struct sim *sim, uint32_t until)
{
	for (uint32_t next; (next = next_event(sim)) <= until;) {
		if (next >= sim->config.warm_ms && next > sim->now_ms)
			sim->used_ms += (double)sim->used *
				(next - sim->now_ms);
		sim->now_ms = next > sim->now_ms ? next : sim->now_ms;
		ops_run(sim);
		if (sim->next_software <= next) {
			sim->next_software += sim->config.software_ms;
			software_run(sim);
		}
		if (sim->next_hardware <= next) {
			sim->next_hardware += sim->config.hardware_ms;
			hardware_run(sim);
		}
		if (sim->next_wheel * WHEEL_MS <= next)
			wheel_run(sim);
		if (sim->next_tick <= next) {
			sim->next_tick += TICK_MS;
			if (sim->policy->tick)
				sim->policy->tick(sim, sim->self);
		}
	}
	if (until >= sim->config.warm_ms && until > sim->now_ms)
		sim->used_ms += (double)sim->used * (until - sim->now_ms);
	sim->now_ms = until;
}

static void *alloc(size_t n, size_t size)
{
	void *room = calloc(n ? n : 1, size);

	if (!room)
		err(1, "%zu flows", n);
	return room;
}

void sim_run(const struct trace *trace, const struct sim_config *config,
	     const struct policy *policy, struct sim_result *result)
{
	struct sim *sim = alloc(1, sizeof(*sim));

	*result = (struct sim_result){ 0 };
	sim->trace = trace;
	sim->config = *config;
	sim->policy = policy;
	sim->result = result;
	sim->flows = alloc(trace->n_flows, sizeof(*sim->flows));
	for (uint32_t i = 0; i < trace->n_flows; i++)
		sim->flows[i].number = i;
	sim->residents = alloc(trace->n_flows, sizeof(*sim->residents));
	sim->dirty = alloc(trace->n_flows, sizeof(*sim->dirty));
	sim->ops_room = (size_t)trace->n_flows * 2 + 16;
	sim->ops = alloc(sim->ops_room, sizeof(*sim->ops));
	sim->next_software = config->software_ms;
	sim->next_hardware = config->hardware_ms;
	sim->self = policy->start ? policy->start(sim) : NULL;

	for (size_t i = 0; i < trace->n; i++) {
		time_run(sim, trace->records[i].time_ms);
		record_run(sim, &trace->records[i]);
	}
	if (sim->now_ms > config->warm_ms)
		result->in_hw = sim->used_ms / (sim->now_ms - config->warm_ms);
	if (policy->stop)
		policy->stop(sim, sim->self);
	for (size_t i = 0; i < WHEEL; i++)
		free(sim->wheel[i].flows);
	free(sim->ops);
	free(sim->dirty);
	free(sim->residents);
	free(sim->flows);
	free(sim);
}

void sim_known(const struct trace *trace, const struct sim_config *config,
	       double *known, double *active)
{
	uint32_t *last = alloc(trace->n_flows, sizeof(*last));
	bool *seen_it = alloc(trace->n_flows, sizeof(*seen_it));
	double known_ms = 0, active_ms = 0, all_ms;
	uint32_t end = trace->n ? trace->records[trace->n - 1].time_ms : 0;

	/* A flow's time goes on at each record, by its idle time at most. */
	for (size_t i = 0; i < trace->n; i++) {
		const struct trace_record *record = &trace->records[i];
		uint32_t from = last[record->flow];
		uint32_t passed = record->time_ms - from;

		last[record->flow] = record->time_ms;
		if (!seen_it[record->flow]) {
			seen_it[record->flow] = true;
			continue;
		}
		if (from < config->warm_ms)
			continue;
		known_ms += passed < config->idle_ms ? passed : config->idle_ms;
		active_ms += passed < 1000 ? passed : 0;
	}
	for (uint32_t i = 0; i < trace->n_flows; i++) {
		uint32_t passed = end - last[i];

		if (last[i] >= config->warm_ms)
			known_ms += passed < config->idle_ms ? passed :
				config->idle_ms;
	}
	all_ms = end > config->warm_ms ? end - config->warm_ms : 1;
	*known = known_ms / all_ms;
	*active = active_ms / all_ms;
	free(last);
	free(seen_it);
}
