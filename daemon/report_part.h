/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_part: what the files of report (report.h) have of each other.
 *
 * A function that makes objects writes the next one and says true, or false
 * when there are no more.
 */
#ifndef NFT_OFFLOADD_REPORT_PART_H
#define NFT_OFFLOADD_REPORT_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "connection.h"
#include "line.h"
#include "port.h"
#include "report.h"

struct report_top;

struct report {
	struct report_host *host;
	bool (*next)(struct report *report);	/* makes objects in @line */
	struct line line;
	bool ended;		/* "end" has been told */
	bool broken;		/* not all can be told, for lack of memory */
	uint64_t n;		/* objects told */
	struct connection_link mark;	/* of flows */
	bool marked;
	struct nfo_id *ids;		/* of flows: OVS's, owned */
	ssize_t n_ids, next_id;
	enum nfo_source source;		/* of why: 0: not found */
	struct nfo_id id;		/* a connection's: of either direction */
	char *text;			/* of metrics, owned */
	struct nfo_port *ports;		/* of ports, owned */
	ssize_t n_ports;
	struct report_top *top;		/* of top, owned */
};

/* --- flows, why --- */

void report_flows_start(struct report *report);
bool report_flows(struct report *report);
/* @text: the number of a connection, or what OVS calls a flow. */
void report_why_start(struct report *report, const char *text);
bool report_why(struct report *report);

/* Members of an object that several have. */
void report_put_protocol(struct line *line, uint8_t ip_proto);
/* The name of a device, "#3" of one that is gone; nothing for 0. */
void report_put_port_name(struct line *line, const char *key,
			  struct nfo_eswitch *eswitch, uint32_t ifindex);
/* One direction, as the table has it. */
void report_put_side(struct report *report,
		     const struct connection *connection, int dir);
/* A flow of Open vSwitch. */
void report_put_datapath(struct report *report, const struct nfo_view *view);

/* --- ports --- */

void report_ports_start(struct report *report);
bool report_ports(struct report *report);

/*
 * report_verdict: what @port is good for, in one word for machines and, at
 * *@text, a sentence for people. Static.
 */
const char *report_verdict(const struct nfo_port *port, const char **text);

/* --- top --- */

/*
 * report_top_start: begins "top" with the words behind it, "packets 40" or
 * "bytes 40": how flows are ordered, and how many are wanted. What it will tell
 * is what is known now, however slowly it is read. false if the words are not
 * right or without memory.
 */
bool report_top_start(struct report *report, const char *words);
bool report_top(struct report *report);
/* NULL is fine. */
void report_top_free(struct report_top *top);

#endif
