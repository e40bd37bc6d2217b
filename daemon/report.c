// SPDX-License-Identifier: Apache-2.0
/*
 * report: see report.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "report.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "connection.h"
#include "metrics.h"
#include "reason.h"
#include "report_part.h"

void report_put_string(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

void report_put_number(json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void report_put_bool(json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/* --- flows --- */

static void put_address(json_object *object, const char *key, int family,
			const struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (family && inet_ntop(family, address, text, sizeof(text)))
		report_put_string(object, key, text);
}

void report_put_port_name(json_object *object, const char *key,
			  struct agent *agent, uint32_t ifindex)
{
	struct nfo_port port;
	char number[16];

	if (!ifindex)
		return;
	if (nfo_eswitch_port(agent->eswitch, ifindex, &port) == 0) {
		report_put_string(object, key, port.name);
	} else {
		snprintf(number, sizeof(number), "#%u", ifindex);
		report_put_string(object, key, number);
	}
}

/* What the table says of one direction. */
void report_put_view(void *arg, const struct nfo_view *view)
{
	json_object *object = arg;

	report_put_string(object, "state", nfo_state_name(view->state));
	if (view->state != NFO_STATE_IN_HW && view->reason) {
		report_put_string(object, "reason", nfo_reason_name(view->reason));
		report_put_string(object, "reason_text",
			   nfo_reason_text(view->reason));
		if (view->text[0])
			report_put_string(object, "driver_text", view->text);
	}
	report_put_number(object, "packets", view->counters.packets);
	report_put_number(object, "bytes", view->counters.bytes);
	report_put_number(object, "idle_ms", view->counters.idle_ms);
}

/* And all the rest, for one who asks for this one connection. */
static void put_story(void *arg, const struct nfo_view *view)
{
	json_object *object = arg;
	char *text;

	report_put_view(arg, view);
	report_put_number(object, "known_ms", view->known_ms);
	report_put_number(object, "state_ms", view->state_ms);
	if (view->place.handle) {
		report_put_number(object, "pref", view->place.prio);
		report_put_number(object, "handle", view->place.handle);
	}
	if (!view->rule)
		return;
	text = nfo_rule_to_new_string(view->rule);
	if (text)
		report_put_string(object, "rule", text);
	free(text);
}

void report_put_side(json_object *object, struct agent *agent,
		     const struct connection *connection, int dir,
		     nfo_table_view_fn *put)
{
	const struct connection_side *side = &connection->sides[dir];
	uint64_t id = connection->number << 1 | dir;

	report_put_number(object, "id", id);
	put_address(object, "src", side->tuple.family, &side->tuple.src);
	report_put_number(object, "sport", ntohs(side->tuple.sport));
	put_address(object, "dst", side->tuple.family, &side->tuple.dst);
	report_put_number(object, "dport", ntohs(side->tuple.dport));
	if (side->tuple.vlan)
		report_put_number(object, "vlan", side->tuple.vlan);
	report_put_port_name(object, "ingress", agent, side->iif);
	report_put_port_name(object, "egress", agent, side->oif);
	nfo_table_get(agent->table, NFO_SOURCE_FLOWTABLE, nfo_id(id), put,
		      object);
}

static json_object *report_side(struct agent *agent,
				const struct connection *connection, int dir,
				nfo_table_view_fn *put)
{
	json_object *object = json_object_new_object();

	if (object)
		report_put_side(object, agent, connection, dir, put);
	return object;
}

void report_put_protocol(json_object *object, uint8_t ip_proto)
{
	char text[8];

	connection_protocol(ip_proto, text, sizeof(text));
	report_put_string(object, "protocol", text);
}

/* @put says what the table has of each direction. NULL: no memory. */
static json_object *report_connection(struct agent *agent,
				      const struct connection *connection,
				      nfo_table_view_fn *put)
{
	static const char *const names[2] = { "original", "reply" };
	json_object *object = json_object_new_object();
	int dir;

	if (!object)
		return NULL;
	report_put_string(object, "type", "connection");
	report_put_number(object, "connection", connection->number);
	report_put_string(object, "table", connection->table);
	report_put_string(object, "flowtable", connection->flowtable);
	report_put_number(object, "conntrack_id", connection->ct_id);
	report_put_number(object, "conntrack_zone", connection->ct_zone);
	dir = connection->sides[0].known ? 0 : 1;
	report_put_protocol(object, connection->sides[dir].tuple.ip_proto);
	for (dir = 0; dir < 2; dir++)
		if (connection->sides[dir].known)
			json_object_object_add(object, names[dir],
					       report_side(agent, connection,
							   dir, put));
	return object;
}

static json_object *report_flow(struct report *report)
{
	struct agent *agent = report->agent;
	struct connection *connection;
	json_object *object;

	connection = connections_next(&agent->connections, &report->mark);
	if (!connection)
		return NULL;
	object = report_connection(agent, connection,
				   report_put_view);
	report->broken |= !object;
	return object;
}

/* The one that is asked for, if it is there still. */
static json_object *report_why(struct report *report)
{
	struct agent *agent = report->agent;
	struct connection *connection;
	json_object *object;

	if (report->n)
		return NULL;
	connection = connections_find(&agent->connections,
				      report->number << 1);
	if (!connection)
		return NULL;
	object = report_connection(agent, connection, put_story);
	report->broken |= !object;
	return object;
}

/* --- ports --- */

static json_object *report_port(struct report *report)
{
	static const char digits[] = "0123456789abcdef";
	char switch_id[2 * NFO_SWITCH_ID_MAX + 1];
	const struct nfo_port *port;
	json_object *object;
	const char *text;
	int i;

	if ((ssize_t)report->n >= report->n_ports)
		return NULL;
	port = &report->ports[report->n];
	object = json_object_new_object();
	if (!object) {
		report->broken = true;
		return NULL;
	}
	for (i = 0; i < port->switch_id_len; i++) {
		switch_id[2 * i] = digits[port->switch_id[i] >> 4];
		switch_id[2 * i + 1] = digits[port->switch_id[i] & 15];
	}
	switch_id[2 * i] = 0;
	report_put_string(object, "type", "port");
	report_put_string(object, "name", port->name);
	report_put_number(object, "ifindex", port->ifindex);
	report_put_string(object, "port_name", port->port_name);
	report_put_string(object, "switch_id", switch_id);
	report_put_bool(object, "up", port->up);
	report_put_bool(object, "hw_tc_offload", port->hw_tc_offload);
	report_put_string(object, "dialect",
			  port->dialect ? port->dialect->name : "");
	report_put_number(object, "mtu", port->mtu);
	report_put_string(object, "verdict", agent_verdict(port, &text));
	report_put_string(object, "verdict_text", text);
	return object;
}

/* --- stats --- */

struct reason_counts {
	uint64_t in_hw;
	uint64_t states[NFO_STATE_GONE + 1];
	uint64_t reasons[__NFT_OFFLOAD_REASON_MAX];
};

static void count_view(void *arg, const struct nfo_view *view)
{
	struct reason_counts *counts = arg;

	counts->states[view->state]++;
	if (view->state != NFO_STATE_IN_HW &&
	    (unsigned int)view->reason < __NFT_OFFLOAD_REASON_MAX)
		counts->reasons[view->reason]++;
}

/* Every reason, by name; those with 0, too, for whoever draws graphs. */
static json_object *report_reasons(const uint64_t *counts)
{
	json_object *object = json_object_new_object();
	int reason;

	for (reason = 1; object && reason < __NFT_OFFLOAD_REASON_MAX; reason++)
		report_put_number(object, nfo_reason_name(reason), counts[reason]);
	return object;
}

static json_object *report_rules(const struct nfo_table_stats *stats)
{
	json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	report_put_number(object, "in_hw", stats->in_hw);
	report_put_number(object, "guards", stats->guards);
	report_put_number(object, "orphans", stats->orphans);
	report_put_number(object, "added", stats->added);
	report_put_number(object, "replaced", stats->replaced);
	report_put_number(object, "removed", stats->removed);
	report_put_number(object, "adopted", stats->adopted);
	report_put_number(object, "adopted_replaced", stats->adopted_replaced);
	report_put_number(object, "reaped", stats->reaped);
	report_put_number(object, "vanished", stats->vanished);
	report_put_number(object, "doubted", stats->doubted);
	report_put_number(object, "retried", stats->retried);
	report_put_number(object, "answers_lost", stats->lost);
	return object;
}

static json_object *report_places(struct agent *agent)
{
	json_object *object = json_object_new_object();
	struct nfo_table_places places;

	if (!object)
		return NULL;
	nfo_table_places(agent->table, &places);
	report_put_number(object, "taken", places.taken);
	report_put_number(object, "waiting", places.waiting);
	if (places.limited)
		report_put_number(object, "limit", places.limit);
	report_put_number(object, "evicted", places.evicted);
	report_put_number(object, "recalled", places.recalled);
	return object;
}

static json_object *report_module(struct agent *agent)
{
	struct nfo_provider *provider =
		nfo_flowtable_source_provider(agent->source);
	struct nfo_provider_status status = { 0 };
	struct nfo_provider_counters counters;
	json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	nfo_provider_status(provider, &status);
	nfo_provider_counters(provider, &counters);
	report_put_number(object, "flows_known", status.flows_known);
	report_put_number(object, "flows_in_hw", status.flows_in_hw);
	report_put_number(object, "messages_lost", status.messages_lost);
	report_put_number(object, "results_stale", status.results_stale);
	report_put_number(object, "overruns", counters.overruns);
	report_put_number(object, "resyncs", counters.resyncs);
	report_put_number(object, "swept", counters.swept);
	report_put_number(object, "malformed", counters.malformed);
	report_put_number(object, "refused", counters.refused);
	return object;
}

static json_object *report_changes(struct agent *agent)
{
	struct nfo_recheck_counters counters;
	json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	nfo_flowtable_source_rechecks(agent->source, &counters);
	report_put_number(object, "heard", counters.changes);
	report_put_number(object, "teardowns", counters.flows);
	return object;
}

static json_object *report_stats(struct report *report)
{
	struct agent *agent = report->agent;
	struct reason_counts counts = { 0 };
	struct nfo_table_stats stats;
	json_object *object, *flows;
	int state;

	if (report->n)
		return NULL;
	object = json_object_new_object();
	flows = json_object_new_object();
	if (!object || !flows) {
		json_object_put(object);
		json_object_put(flows);
		report->broken = true;
		return NULL;
	}
	nfo_table_foreach(agent->table, NFO_SOURCE_FLOWTABLE, count_view,
			  &counts);
	nfo_table_stats(agent->table, &stats);
	report_put_string(object, "type", "stats");
	report_put_number(object, "connections", agent->connections.n);
	for (state = 0; state < NFO_STATE_GONE; state++)
		report_put_number(flows, nfo_state_name(state), counts.states[state]);
	json_object_object_add(object, "flows", flows);
	/* Now, and how often since the start. */
	json_object_object_add(object, "reasons",
			       report_reasons(counts.reasons));
	json_object_object_add(object, "refusals",
			       report_reasons(stats.refused));
	json_object_object_add(object, "rules", report_rules(&stats));
	json_object_object_add(object, "places", report_places(agent));
	json_object_object_add(object, "changes", report_changes(agent));
	json_object_object_add(object, "module", report_module(agent));
	return object;
}

static json_object *report_version(struct report *report)
{
	json_object *object;

	if (report->n)
		return NULL;
	object = json_object_new_object();
	if (!object) {
		report->broken = true;
		return NULL;
	}
	report_put_string(object, "type", "version");
	report_put_string(object, "version", PACKAGE_VERSION);
	report_put_number(object, "pid", getpid());
	report_put_bool(object, "synced",
		 nfo_flowtable_source_synced(report->agent->source));
	return object;
}

/* --- all of them --- */

struct report *report_start(struct agent *agent, const char *word)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report)
		return NULL;
	report->agent = agent;
	if (!strcmp(word, "flows")) {
		report->next = report_flow;
		connections_mark(&agent->connections, &report->mark);
		report->marked = true;
	} else if (!strcmp(word, "ports")) {
		report->next = report_port;
		report->n_ports = nfo_eswitch_ports(agent->eswitch, false,
						    &report->ports);
		if (report->n_ports < 0)
			report->broken = true;
	} else if (!strcmp(word, "stats")) {
		report->next = report_stats;
	} else if (!strcmp(word, "metrics")) {
		report->next = report_stats;
		report->metrics = true;
	} else if (!strcmp(word, "version")) {
		report->next = report_version;
	} else if (!strncmp(word, "top ", 4)) {
		report->next = report_top;
		report->top = report_top_new(agent, word + 4);
		if (!report->top) {
			free(report);
			return NULL;
		}
	} else if (!strncmp(word, "why ", 4)) {
		report->next = report_why;
		report->number = strtoull(word + 4, NULL, 10);
	} else {
		free(report);
		return NULL;
	}
	return report;
}

static json_object *report_last(struct report *report)
{
	json_object *object;

	if (report->ended || report->broken)
		return NULL;
	report->ended = true;
	object = json_object_new_object();
	if (!object)
		return NULL;
	report_put_string(object, "type", "end");
	report_put_number(object, "objects", report->n);
	return object;
}

/* All of it at once; it ends with a mark of its own. */
static const char *report_metrics(struct report *report, size_t *len)
{
	if (report->text)
		return NULL;
	report->object = report_stats(report);
	report->text = report->object ? metrics_text(report->object) : NULL;
	*len = report->text ? strlen(report->text) : 0;
	return report->text;
}

const char *report_next(struct report *report, size_t *len)
{
	if (report->metrics)
		return report_metrics(report, len);
	json_object_put(report->object);
	report->object = NULL;
	if (!report->ended && !report->broken)
		report->object = report->next(report);
	if (report->object)
		report->n++;
	else
		report->object = report_last(report);
	if (!report->object)
		return NULL;
	return json_object_to_json_string_length(report->object,
						 JSON_C_TO_STRING_PLAIN, len);
}

void report_end(struct report *report)
{
	if (!report)
		return;
	json_object_put(report->object);
	if (report->marked)
		connections_unmark(&report->mark);
	free(report->ports);
	report_top_free(report->top);
	free(report->text);
	free(report);
}
