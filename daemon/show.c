// SPDX-License-Identifier: Apache-2.0
/*
 * show: see show.h. The objects are described in nft-offloadd(8).
 */
#include "show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "column.h"
#include "member.h"

struct show {
	const struct show_options *options;
	struct column column;
};

/* --- flows --- */

static bool side_in_hw(json_object *side)
{
	return !strcmp(member_text(side, "state"), "in_hw");
}

/* Both directions; one alone is half a connection. */
static bool connection_in_hw(json_object *object)
{
	json_object *original, *reply;

	return json_object_object_get_ex(object, "original", &original) &&
	       json_object_object_get_ex(object, "reply", &reply) &&
	       side_in_hw(original) && side_in_hw(reply);
}

static const char *or_none(const char *text)
{
	return *text ? text : "-";
}

static const char *state_word(const char *state)
{
	if (!strcmp(state, "in_hw"))
		return "yes";
	if (!strcmp(state, "placing"))
		return "soon";
	return "no";
}

static int show_why(struct show *show, json_object *side)
{
	const char *driver = member_text(side, "driver_text");
	char line[512];

	if (!member_text(side, "reason")[0])
		return 0;
	snprintf(line, sizeof(line), "%s: %s%s%s%s", member_text(side, "reason"),
		 member_text(side, "reason_text"), driver[0] ? " (" : "", driver,
		 driver[0] ? ")" : "");
	return column_note(&show->column, line);
}

/* @side is a direction of a connection, or a flow of Open vSwitch. */
static int show_row(struct show *show, json_object *side, const char *protocol,
		    const char *direction, const char *whose)
{
	char from[COLUMN_CELL], to[COLUMN_CELL];
	char packets[24], bytes[24], idle[24];
	uint64_t idle_ms;

	member_endpoint(from, sizeof(from), side, "src", "sport");
	member_endpoint(to, sizeof(to), side, "dst", "dport");
	snprintf(packets, sizeof(packets), "%" PRIu64,
		 member_number(side, "packets"));
	snprintf(bytes, sizeof(bytes), "%" PRIu64, member_number(side, "bytes"));
	idle_ms = member_number(side, "idle_ms");
	if (side_in_hw(side))
		snprintf(idle, sizeof(idle), "%" PRIu64 ".%us",
			 idle_ms / 1000, (unsigned int)(idle_ms % 1000 / 100));
	else
		strcpy(idle, "-");

	return column_row(&show->column, (const char *[]){
		or_none(protocol), direction, or_none(from), or_none(to),
		state_word(member_text(side, "state")), packets, bytes, idle,
		or_none(member_text(side, "ingress")),
		or_none(member_text(side, "egress")), whose });
}

static int show_side(struct show *show, json_object *object, const char *name)
{
	char where[COLUMN_CELL];
	json_object *side;
	int err;

	if (!json_object_object_get_ex(object, name, &side))
		return 0;
	snprintf(where, sizeof(where), "%s/%s", member_text(object, "table"),
		 member_text(object, "flowtable"));
	err = show_row(show, side, member_text(object, "protocol"), name, where);
	return err ? err : show_why(show, side);
}

/* A flow of Open vSwitch; ends are told where it is of one alone. */
static int show_datapath(struct show *show, json_object *object)
{
	char line[1024];
	int err;

	err = show_row(show, object, member_text(object, "protocol"), "-",
		       "Open vSwitch");
	if (!err)
		err = show_why(show, object);
	snprintf(line, sizeof(line), "%s, %s, actions:%s",
		 member_text(object, "ufid"), member_text(object, "flow"),
		 member_text(object, "actions"));
	return err ? err : column_note(&show->column, line);
}

static int show_flow(void *arg, const char *line, json_object *object)
{
	bool is_datapath = !strcmp(member_text(object, "type"),
				   "datapath_flow");
	bool in_hw = is_datapath ? side_in_hw(object) :
		     connection_in_hw(object);
	struct show *show = arg;
	int err;

	if ((show->options->in_hw && !in_hw) ||
	    (show->options->not_in_hw && in_hw))
		return 0;
	if (show->options->json)
		return puts(line) < 0 ? -errno : 0;
	if (is_datapath)
		return show_datapath(show, object);
	err = show_side(show, object, "original");
	return err ? err : show_side(show, object, "reply");
}

int show_flows(const struct show_options *options)
{
	static const char *const heads[] = {
		"PROTO", "DIRECTION", "FROM", "TO", "HARDWARE", ">PACKETS",
		">BYTES", ">IDLE", "IN", "OUT", "FLOWTABLE",
	};
	static struct show show;
	int err = 0;

	show.options = options;
	if (!options->json)
		err = column_init(&show.column, heads, 11);
	if (!err)
		err = client_ask(options->socket, "flows", show_flow,
				 &show);
	/* What came before an error is worth seeing, but no bare heading. */
	if (!err || show.column.n_rows > 1)
		column_flush(&show.column);
	return err;
}

/* --- ports --- */

static int show_port(void *arg, const char *line, json_object *object)
{
	struct show *show = arg;
	bool is_port = member_text(object, "switch_id")[0];
	char mtu[16];

	if (show->options->json)
		return puts(line) < 0 ? -errno : 0;
	snprintf(mtu, sizeof(mtu), "%" PRIu64, member_number(object, "mtu"));
	return column_row(&show->column, (const char *[]){
		member_text(object, "name"),
		is_port ? member_text(object, "switch_id") : "-",
		is_port ? member_text(object, "port_name") : "-",
		member_bool(object, "up") ? "up" : "down", mtu,
		member_bool(object, "hw_tc_offload") ? "on" : "off",
		is_port ? member_text(object, "dialect") : "-",
		member_text(object, "verdict") });
}

int show_ports(const struct show_options *options)
{
	static const char *const heads[] = {
		"DEVICE", "SWITCH", "PORT", "LINK", ">MTU", "HW-TC-OFFLOAD",
		"DIALECT", "VERDICT",
	};
	static struct show show;
	int err = 0;

	show.options = options;
	if (!options->json)
		err = column_init(&show.column, heads, 8);
	if (!err)
		err = client_ask(options->socket, "ports", show_port, &show);
	if (!err || show.column.n_rows > 1)
		column_flush(&show.column);
	return err;
}

/* --- stats --- */

/* All numbers of one group; @all: also those that are 0. */
static void show_group(json_object *object, const char *key,
		       const char *heading, bool all)
{
	json_object *group;

	if (!json_object_object_get_ex(object, key, &group))
		return;
	printf("%s\n", heading);
	json_object_object_foreach(group, name, value)
		if (all || json_object_get_uint64(value))
			printf("  %-24s %12" PRIu64 "\n", name,
			       json_object_get_uint64(value));
}

static int show_stat(void *arg, const char *line, json_object *object)
{
	const struct show_options *options = arg;

	if (options->json)
		return puts(line) < 0 ? -errno : 0;
	printf("%-26s %12" PRIu64 "\n", "connections",
	       member_number(object, "connections"));
	show_group(object, "flows", "directions of these now, by state", true);
	show_group(object, "datapath_flows", "flows of Open vSwitch now, by state",
		   true);
	show_group(object, "reasons", "flows now not in hardware, by reason",
		   false);
	show_group(object, "rules", "rules since the start", true);
	show_group(object, "refusals", "rules refused since then, by reason",
		   false);
	show_group(object, "places", "places in hardware", true);
	show_group(object, "changes", "changes of routes, neighbours, links, ruleset",
		   true);
	show_group(object, "module", "what went between module and provider",
		   true);
	return 0;
}

int show_stats(const struct show_options *options)
{
	return client_ask(options->socket, "stats", show_stat,
			  (void *)options);
}
