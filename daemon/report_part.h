/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_part: what the files of report (report.h) have of each other.
 */
#ifndef NFT_OFFLOADD_REPORT_PART_H
#define NFT_OFFLOADD_REPORT_PART_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "port.h"
#include "table.h"

struct agent;
struct report_top;

struct report {
	struct agent *agent;
	/* Makes the next object; NULL when there are no more. */
	json_object *(*next)(struct report *report);
	json_object *object;	/* the present one, owned */
	bool ended;		/* "end" has been told */
	bool broken;		/* an object got lost for lack of memory */
	uint64_t n;		/* objects told */
	struct connection_link mark;	/* of flows */
	bool marked;
	uint64_t number;		/* of why: the connection */
	bool metrics;			/* stats, but as text; once */
	char *text;			/* of metrics, owned */
	struct nfo_port *ports;		/* of ports, owned */
	ssize_t n_ports;
	struct report_top *top;		/* of top, owned */
};

/* Members of @object. */
void report_put_string(json_object *object, const char *key, const char *value);
void report_put_number(json_object *object, const char *key, uint64_t value);
void report_put_bool(json_object *object, const char *key, bool value);
void report_put_protocol(json_object *object, uint8_t ip_proto);
/* The name of a device, "#3" of one that is gone; nothing for 0. */
void report_put_port_name(json_object *object, const char *key,
			  struct agent *agent, uint32_t ifindex);
/* What the table says of one direction; @arg is the object. */
void report_put_view(void *arg, const struct nfo_view *view);
/* One direction; @put says what the table has of it. */
void report_put_side(json_object *object, struct agent *agent,
		     const struct connection *connection, int dir,
		     nfo_table_view_fn *put);

/*
 * report_top_new: begins "top" with the words behind it, "packets 40" or "bytes
 * 40": how flows are ordered, and how many are wanted. What it will tell is what
 * is known now, however slowly it is read. NULL if the words are not right or
 * without memory.
 */
struct report_top *report_top_new(struct agent *agent, const char *words);

/* report_top_free: NULL is fine. */
void report_top_free(struct report_top *top);

/* report_top: makes the next object of "top". */
json_object *report_top(struct report *report);

#endif
