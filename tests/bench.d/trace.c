// SPDX-License-Identifier: Apache-2.0
/*
 * trace: see trace.h.
 */
#include "trace.h"

#include <err.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_add(struct trace *trace, uint64_t time_ms, uint32_t flow,
	       uint64_t packets, uint64_t bytes)
{
	if (trace->n == trace->room) {
		trace->room = trace->room ? trace->room * 2 : 1 << 16;
		trace->records = reallocarray(trace->records, trace->room,
					      sizeof(*trace->records));
		if (!trace->records)
			err(1, "%zu records", trace->room);
	}
	trace->records[trace->n++] = (struct trace_record){
		.time_ms = time_ms,
		.flow = flow,
		.packets = packets < UINT32_MAX ? packets : UINT32_MAX,
		.bytes = bytes < UINT32_MAX ? bytes : UINT32_MAX,
	};
	if (flow >= trace->n_flows)
		trace->n_flows = flow + 1;
}

/* By counting: one pass for where each millisecond begins, one to move. */
void trace_sort(struct trace *trace)
{
	struct trace_record *sorted;
	uint32_t last = 0;
	size_t *start;

	for (size_t i = 0; i < trace->n; i++)
		if (trace->records[i].time_ms > last)
			last = trace->records[i].time_ms;
	start = calloc((size_t)last + 2, sizeof(*start));
	sorted = calloc(trace->n ? trace->n : 1, sizeof(*sorted));
	if (!start || !sorted)
		err(1, "%zu records", trace->n);
	for (size_t i = 0; i < trace->n; i++)
		start[trace->records[i].time_ms + 1]++;
	for (size_t t = 0; t < last; t++)
		start[t + 1] += start[t];
	for (size_t i = 0; i < trace->n; i++)
		sorted[start[trace->records[i].time_ms]++] = trace->records[i];
	free(start);
	free(trace->records);
	trace->records = sorted;
	trace->room = trace->n;
}

/* --- from a file --- */

struct name {
	uint32_t	flow;
	char		text[];
};

static int name_compare(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text,
		      ((const struct name *)b)->text);
}

static uint32_t name_number(void **names, const char *text, uint32_t next)
{
	struct name *name = malloc(sizeof(*name) + strlen(text) + 1);
	struct name **found;

	if (!name)
		err(1, "flow %s", text);
	strcpy(name->text, text);
	name->flow = next;
	found = tsearch(name, names, name_compare);
	if (!found)
		err(1, "flow %s", text);
	if (*found != name)
		free(name);
	return (*found)->flow;
}

void trace_read(struct trace *trace, const char *path)
{
	unsigned long line = 0;
	void *names = NULL;
	char text[512];
	double last = 0;
	FILE *file = fopen(path, "r");

	if (!file)
		err(1, "%s", path);
	while (fgets(text, sizeof(text), file)) {
		unsigned long long packets, bytes;
		char flow[256], rest;
		double time;
		int n;

		line++;
		text[strcspn(text, "#\n")] = 0;
		if (!text[strspn(text, " \t")])
			continue;
		n = sscanf(text, "%lf %255s %llu %llu %c", &time, flow,
			   &packets, &bytes, &rest);
		if (n != 4 || !(time >= last) || time > 4e6)
			errx(1, "%s:%lu: not TIME FLOW PACKETS BYTES in order of time",
			     path, line);
		last = time;
		trace_add(trace, time * 1000,
			  name_number(&names, flow, trace->n_flows), packets,
			  bytes);
	}
	if (ferror(file))
		err(1, "%s", path);
	fclose(file);
	tdestroy(names, free);
	if (!trace->n)
		errx(1, "%s: no records", path);
}

void trace_free(struct trace *trace)
{
	free(trace->records);
	*trace = (struct trace){ 0 };
}
