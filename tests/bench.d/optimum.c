// SPDX-License-Identifier: Apache-2.0
/*
 * optimum: see optimum.h.
 */
#include "optimum.h"

#include <err.h>
#include <stdlib.h>

/* What a flow sends in one slot. */
struct sum {
	uint64_t packets;
	uint64_t bytes;
	uint32_t flow;
};

/* A pass over the trace in slots of time. */
struct pass {
	const struct sim_config	*config;
	uint32_t		slot_ms;
	uint32_t		slot;
	struct sum		*sums;	/* of this slot */
	uint32_t		n;
	uint32_t		*where;	/* a flow's place in sums, from 1 */
	uint32_t		*last;	/* a flow's last packet, ms from 1 */
	uint32_t		*held;	/* the slot for which it is held, from 1 */
	uint32_t		*counted; /* ms of a flow's first count by software */
	double			packets, bytes;	/* all */
	struct sum		ahead, behind, after;	/* carried */
};

static void *alloc(size_t n, size_t size)
{
	void *room = calloc(n ? n : 1, size);

	if (!room)
		err(1, "%zu flows", n);
	return room;
}

static int more(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	return (x->packets < y->packets) - (x->packets > y->packets);
}

static void add(struct sum *sum, uint64_t packets, uint64_t bytes)
{
	sum->packets += packets;
	sum->bytes += bytes;
}

static void slot_end(struct pass *pass)
{
	bool counts = pass->slot * pass->slot_ms >= pass->config->warm_ms;

	for (uint32_t i = 0; i < pass->n && counts; i++)
		if (pass->held[pass->sums[i].flow] == pass->slot + 1)
			add(&pass->behind, pass->sums[i].packets,
			    pass->sums[i].bytes);
	qsort(pass->sums, pass->n, sizeof(*pass->sums), more);
	for (uint32_t i = 0; i < pass->n; i++) {
		const struct sum *sum = &pass->sums[i];

		pass->where[sum->flow] = 0;
		if (i >= pass->config->table)
			continue;
		pass->held[sum->flow] = pass->slot + 2;
		if (counts)
			add(&pass->ahead, sum->packets, sum->bytes);
	}
	pass->n = 0;
}

static void record_add(struct pass *pass, const struct trace_record *record)
{
	uint32_t last = pass->last[record->flow];
	bool first = !last ||
		record->time_ms + 1 - last >= pass->config->idle_ms;

	if (first)
		pass->counted[record->flow] = record->time_ms /
			pass->config->software_ms * pass->config->software_ms +
			pass->config->software_ms;
	if (record->time_ms >= pass->config->warm_ms) {
		pass->packets += record->packets;
		pass->bytes += record->bytes;
		if (record->time_ms >= pass->counted[record->flow])
			add(&pass->after, record->packets, record->bytes);
	}
	if (!pass->where[record->flow]) {
		pass->sums[pass->n] = (struct sum){ .flow = record->flow };
		pass->where[record->flow] = ++pass->n;
	}
	if (!first)
		add(&pass->sums[pass->where[record->flow] - 1],
		    record->packets, record->bytes);
	pass->last[record->flow] = record->time_ms + 1;
}

static struct optimum_part part_of(const struct sum *sum,
				   const struct pass *pass)
{
	return (struct optimum_part){ sum->packets / pass->packets,
				      sum->bytes / pass->bytes };
}

static void pass_run(const struct trace *trace, const struct sim_config *config,
		     uint32_t slot_ms, struct optimum_part *ahead,
		     struct optimum_part *behind, struct optimum_part *counted)
{
	struct pass pass = {
		.config = config,
		.slot_ms = slot_ms,
		.sums = alloc(trace->n_flows, sizeof(*pass.sums)),
		.where = alloc(trace->n_flows, sizeof(*pass.where)),
		.last = alloc(trace->n_flows, sizeof(*pass.last)),
		.held = alloc(trace->n_flows, sizeof(*pass.held)),
		.counted = alloc(trace->n_flows, sizeof(*pass.counted)),
	};

	for (size_t i = 0; i < trace->n; i++) {
		const struct trace_record *record = &trace->records[i];

		if (record->time_ms / slot_ms != pass.slot) {
			slot_end(&pass);
			pass.slot = record->time_ms / slot_ms;
		}
		record_add(&pass, record);
	}
	slot_end(&pass);
	*ahead = part_of(&pass.ahead, &pass);
	*behind = part_of(&pass.behind, &pass);
	*counted = part_of(&pass.after, &pass);
	free(pass.sums);
	free(pass.where);
	free(pass.last);
	free(pass.held);
	free(pass.counted);
}

void optimum_find(const struct trace *trace, const struct sim_config *config,
		  struct optimum *optimum)
{
	struct optimum_part ignored;

	pass_run(trace, config, 100, &optimum->any, &ignored, &ignored);
	pass_run(trace, config, 1000, &optimum->second, &optimum->behind,
		 &optimum->counted);
}

double optimum_of_inserts(const struct trace *trace,
			  const struct sim_config *config, uint64_t inserts)
{
	struct sum *sums = alloc(trace->n_flows, sizeof(*sums));
	double all = 0, carried = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct trace_record *record = &trace->records[i];

		if (record->time_ms < config->warm_ms)
			continue;
		all += record->packets;
		sums[record->flow].packets += record->packets;
	}
	qsort(sums, trace->n_flows, sizeof(*sums), more);
	for (uint64_t i = 0; i < trace->n_flows && i < inserts + config->table;
	     i++)
		carried += sums[i].packets;
	free(sums);
	return carried / all;
}
