// SPDX-License-Identifier: Apache-2.0
/*
 * report_flow: the answers to "flows" and "why": connections of flowtables and
 * flows of Open vSwitch. See report.h.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reason.h"
#include "report_part.h"

/* --- members --- */

static void put_address(struct line *line, const char *key, int family,
			const void *address)
{
	char text[INET6_ADDRSTRLEN];

	if (family && inet_ntop(family, address, text, sizeof(text)))
		line_string(line, key, text);
}

void report_put_port_name(struct line *line, const char *key,
			  struct nfo_eswitch *eswitch, uint32_t ifindex)
{
	struct nfo_port port;
	char number[16];

	if (!ifindex)
		return;
	if (nfo_eswitch_port(eswitch, ifindex, &port) == 0) {
		line_string(line, key, port.name);
	} else {
		snprintf(number, sizeof(number), "#%u", ifindex);
		line_string(line, key, number);
	}
}

void report_put_protocol(struct line *line, uint8_t ip_proto)
{
	char text[8];

	connection_protocol(ip_proto, text, sizeof(text));
	line_string(line, "protocol", text);
}

/* What the table says of a flow. */
static void put_view(struct line *line, const struct nfo_view *view)
{
	line_string(line, "state", nfo_state_name(view->state));
	if (view->state != NFO_STATE_IN_HW && view->reason) {
		line_string(line, "reason", nfo_reason_name(view->reason));
		line_string(line, "reason_text", nfo_reason_text(view->reason));
		if (view->text[0])
			line_string(line, "driver_text", view->text);
	}
	line_number(line, "packets", view->counters.packets);
	line_number(line, "bytes", view->counters.bytes);
	line_number(line, "idle_ms", view->counters.idle_ms);
}

/* And the rest, for one who asks for this one flow. */
static void put_story(struct line *line, const struct nfo_view *view)
{
	char *text;

	line_number(line, "known_ms", view->known_ms);
	line_number(line, "state_ms", view->state_ms);
	if (view->place.handle) {
		line_string(line, "hook", view->place.egress ? "egress" :
			    "ingress");
		line_number(line, "chain", view->place.chain);
		line_number(line, "pref", view->place.prio);
		line_number(line, "handle", view->place.handle);
	}
	if (!view->rule)
		return;
	text = nfo_rule_to_new_string(view->rule);
	if (text)
		line_string(line, "rule", text);
	else
		line->failed = true;
	free(text);
}

/* --- connections --- */

/* For nfo_table_get(); @arg is the report. */
static void side_view(void *arg, const struct nfo_view *view)
{
	struct report *report = arg;

	put_view(&report->line, view);
	if (report->source)
		put_story(&report->line, view);
}

void report_put_side(struct report *report,
		     const struct connection *connection, int dir)
{
	const struct connection_side *side = &connection->sides[dir];
	struct report_host *host = report->host;
	uint64_t id = connection->number << 1 | dir;
	struct line *line = &report->line;

	line_number(line, "id", id);
	put_address(line, "src", side->tuple.family, &side->tuple.src);
	line_number(line, "sport", ntohs(side->tuple.sport));
	put_address(line, "dst", side->tuple.family, &side->tuple.dst);
	line_number(line, "dport", ntohs(side->tuple.dport));
	if (side->tuple.vlan)
		line_number(line, "vlan", side->tuple.vlan);
	report_put_port_name(line, "ingress", host->eswitch, side->iif);
	report_put_port_name(line, "egress", host->eswitch, side->oif);
	nfo_table_get(host->table, NFO_SOURCE_FLOWTABLE, nfo_id(id), side_view,
		      report);
}

static void put_connection(struct report *report,
			   const struct connection *connection)
{
	static const char *const names[2] = { "original", "reply" };
	struct line *line = &report->line;
	int dir;

	line_begin(line);
	line_string(line, "type", "connection");
	line_number(line, "connection", connection->number);
	line_string(line, "table", connection->table);
	line_string(line, "flowtable", connection->flowtable);
	line_number(line, "conntrack_id", connection->ct_id);
	line_number(line, "conntrack_zone", connection->ct_zone);
	dir = connection->sides[0].known ? 0 : 1;
	report_put_protocol(line, connection->sides[dir].tuple.ip_proto);
	for (dir = 0; dir < 2; dir++) {
		if (!connection->sides[dir].known)
			continue;
		line_open(line, names[dir]);
		report_put_side(report, connection, dir);
		line_close(line);
	}
}

/* --- flows of Open vSwitch --- */

static bool is_whole(const void *mask, size_t len)
{
	const uint8_t *byte = mask;

	while (len && *byte == 0xff) {
		byte++;
		len--;
	}
	return !len;
}

/* The ends, as those of a connection: where the flow is of one alone. */
static void put_ends(struct line *line, const struct nfo_rule *rule)
{
	const struct nfo_key *key = &rule->key, *mask = &rule->mask;
	bool is_ipv6 = key->eth_type == htons(ETH_P_IPV6);

	if (mask->ip_proto)
		report_put_protocol(line, key->ip_proto);
	if (is_ipv6 && is_whole(&mask->ipv6_src, sizeof(mask->ipv6_src)))
		put_address(line, "src", AF_INET6, &key->ipv6_src);
	if (is_ipv6 && is_whole(&mask->ipv6_dst, sizeof(mask->ipv6_dst)))
		put_address(line, "dst", AF_INET6, &key->ipv6_dst);
	if (!is_ipv6 && is_whole(&mask->ipv4_src, sizeof(mask->ipv4_src)))
		put_address(line, "src", AF_INET, &key->ipv4_src);
	if (!is_ipv6 && is_whole(&mask->ipv4_dst, sizeof(mask->ipv4_dst)))
		put_address(line, "dst", AF_INET, &key->ipv4_dst);
	if (is_whole(&mask->sport, sizeof(mask->sport)))
		line_number(line, "sport", ntohs(key->sport));
	if (is_whole(&mask->dport, sizeof(mask->dport)))
		line_number(line, "dport", ntohs(key->dport));
}

void report_put_datapath(struct report *report, const struct nfo_view *view)
{
	struct report_host *host = report->host;
	struct line *line = &report->line;

	host->datapath->put(host->aux, line, view);
	if (view->rule)
		put_ends(line, view->rule);
	report_put_port_name(line, "ingress", host->eswitch,
			     view->place.ifindex);
	if (view->rule)
		report_put_port_name(line, "egress", host->eswitch,
				     nfo_rule_egress(view->rule));
	put_view(line, view);
}

/* For nfo_table_get(); @arg is the report. */
static void datapath_view(void *arg, const struct nfo_view *view)
{
	struct report *report = arg;

	line_begin(&report->line);
	line_string(&report->line, "type", "datapath_flow");
	report_put_datapath(report, view);
	if (report->source)
		put_story(&report->line, view);
}

/* --- flows --- */

void report_flows_start(struct report *report)
{
	struct report_host *host = report->host;

	connections_mark(host->connections, &report->mark);
	report->marked = true;
	if (!host->datapath)
		return;
	report->n_ids = nfo_table_ids(host->table, NFO_SOURCE_OVS,
				      &report->ids);
	report->broken = report->n_ids < 0;
}

bool report_flows(struct report *report)
{
	struct report_host *host = report->host;
	struct connection *connection;

	connection = connections_next(host->connections, &report->mark);
	if (connection) {
		put_connection(report, connection);
		return true;
	}
	while (report->next_id < report->n_ids)
		if (!nfo_table_get(host->table, NFO_SOURCE_OVS,
				   report->ids[report->next_id++],
				   datapath_view, report))
			return true;
	return false;
}

/* --- why --- */

void report_why_start(struct report *report, const char *text)
{
	struct report_host *host = report->host;
	unsigned long long number;
	char *end;

	number = strtoull(text, &end, 10);
	if (*text && !*end) {
		report->source = NFO_SOURCE_FLOWTABLE;
		report->id = nfo_id(number << 1);
	} else if (host->datapath &&
		   host->datapath->find(host->aux, text, &report->id)) {
		report->source = NFO_SOURCE_OVS;
	}
}

/* The one that is asked for, if it is there still. */
bool report_why(struct report *report)
{
	struct report_host *host = report->host;
	struct connection *connection;

	if (report->n || !report->source)
		return false;
	if (report->source == NFO_SOURCE_OVS)
		return !nfo_table_get(host->table, NFO_SOURCE_OVS, report->id,
				      datapath_view, report);
	connection = connections_find(host->connections, report->id.lo);
	if (connection)
		put_connection(report, connection);
	return connection != NULL;
}
