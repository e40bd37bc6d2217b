/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace: what was seen of which flow when, in order of time; made by a mix
 * (mix.h) or read from a file.
 *
 * The file is text, one record a line, in order of time:
 *
 *	TIME FLOW PACKETS BYTES
 *
 * TIME in seconds since any start, a fraction allowed (milliseconds count);
 * FLOW any word without blanks, the flow's name; PACKETS and BYTES that flow has
 * had since its record before, whole numbers. What is behind # is a comment.
 * The finer the records, the truer the figures: 100 ms or less.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdint.h>

struct trace_record {
	uint32_t	time_ms;
	uint32_t	flow;	/* from 0 */
	uint32_t	packets;
	uint32_t	bytes;
};

struct trace {
	struct trace_record	*records;
	size_t			n;
	size_t			room;
	uint32_t		n_flows;
};

/* trace_add: at the end, in no order. Ends the program without memory. */
void trace_add(struct trace *trace, uint64_t time_ms, uint32_t flow,
	       uint64_t packets, uint64_t bytes);

/* trace_sort: by time; records of one time stay as they were added. */
void trace_sort(struct trace *trace);

/* trace_read: from file @path, or ends the program with a word on why. */
void trace_read(struct trace *trace, const char *path);
void trace_free(struct trace *trace);

#endif /* TRACE_H */
