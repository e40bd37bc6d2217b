// SPDX-License-Identifier: Apache-2.0
/*
 * report_top: the answer to "top": sums, ports, the hottest flows. See report.h
 * and rate.h.
 */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "report_part.h"

struct report_top {
	uint64_t connections;
	uint64_t interval_ms;
	uint64_t n_flows[2];	/* [0] software, [1] hardware */
	struct ranking_sum sum[2];
	bool counted;		/* software, by conntrack */
	size_t n_ports, next_port;
	struct ranking_port *ports;	/* owned */
	size_t n_top, next_top;
	struct ranking_flow top[RANKING_TOP_MAX];
};

static const char *const report_ways[2] = { "software", "hardware" };

/* "packets 40": fills in order and number. */
static bool parse(const char *words, enum ranking_order *order, size_t *max)
{
	static const char *const names[RANKING_ORDERS] = {
		[RANKING_BY_PACKETS] = "packets ", [RANKING_BY_BYTES] = "bytes ",
	};
	size_t i, len;
	char *end;

	for (i = 0; i < RANKING_ORDERS; i++) {
		len = strlen(names[i]);
		if (strncmp(words, names[i], len) || words[len] < '0' ||
		    words[len] > '9')
			continue;
		*order = i;
		*max = strtoul(words + len, &end, 10);
		return !*end && *max <= RANKING_TOP_MAX;
	}
	return false;
}

static bool copy_ports(struct report_top *top, const struct ranking *ranking)
{
	size_t i;

	for (i = 0; i < RANKING_PORTS; i++)
		top->n_ports += ranking->ports[i].ifindex != 0;
	top->ports = calloc(top->n_ports ? top->n_ports : 1,
			    sizeof(*top->ports));
	if (!top->ports)
		return false;
	top->n_ports = 0;
	for (i = 0; i < RANKING_PORTS; i++)
		if (ranking->ports[i].ifindex)
			top->ports[top->n_ports++] = ranking->ports[i];
	return true;
}

static int by_ifindex(const void *a, const void *b)
{
	const struct ranking_port *left = a, *right = b;

	return left->ifindex < right->ifindex ? -1 :
	       left->ifindex > right->ifindex;
}

struct report_top *report_top_new(struct agent *agent, const char *words)
{
	struct ranking *ranking = &agent->ranking;
	struct report_top *top;
	enum ranking_order order;
	size_t max;

	if (!parse(words, &order, &max))
		return NULL;
	top = calloc(1, sizeof(*top));
	if (!top || !copy_ports(top, ranking)) {
		free(top);
		return NULL;
	}
	qsort(top->ports, top->n_ports, sizeof(*top->ports), by_ifindex);
	top->connections = agent->connections.n;
	top->interval_ms = ranking_interval(ranking);
	memcpy(top->n_flows, ranking->flows, sizeof(top->n_flows));
	memcpy(top->sum, ranking->sum, sizeof(top->sum));
	top->counted = agent->software.counted;
	top->n_top = ranking_top(ranking, order, top->top, max);
	ranking_watch(ranking);
	return top;
}

void report_top_free(struct report_top *top)
{
	if (!top)
		return;
	free(top->ports);
	free(top);
}

static void put_sum(json_object *object, const char *key,
		    const struct ranking_sum *sum)
{
	json_object *part = json_object_new_object();

	if (!part)
		return;
	report_put_number(part, "packets_per_s", sum->packets_per_s);
	report_put_number(part, "bytes_per_s", sum->bytes_per_s);
	json_object_object_add(object, key, part);
}

static json_object *top_totals(const struct report_top *top)
{
	json_object *object = json_object_new_object();
	json_object *flows = json_object_new_object();
	int way;

	if (!object || !flows) {
		json_object_put(object);
		json_object_put(flows);
		return NULL;
	}
	report_put_string(object, "type", "totals");
	report_put_number(object, "interval_ms", top->interval_ms);
	report_put_number(object, "connections", top->connections);
	json_object_object_add(object, "flows", flows);
	for (way = 1; way >= 0; way--) {
		report_put_number(flows, report_ways[way], top->n_flows[way]);
		put_sum(object, report_ways[way], &top->sum[way]);
	}
	report_put_bool(object, "software_counted", top->counted);
	return object;
}

static json_object *top_port(struct agent *agent, const struct ranking_port *port)
{
	json_object *object = json_object_new_object();
	json_object *part;
	int way;

	if (!object)
		return NULL;
	report_put_string(object, "type", "port_rate");
	report_put_port_name(object, "name", agent, port->ifindex);
	for (way = 1; way >= 0; way--) {
		part = json_object_new_object();
		if (!part)
			break;
		report_put_number(part, "flows", port->flows[way]);
		put_sum(part, "in", &port->in[way]);
		put_sum(part, "out", &port->out[way]);
		json_object_object_add(object, report_ways[way], part);
	}
	return object;
}

/* NULL without memory; *@gone: it has ended since, and there is no object. */
static json_object *top_flow(struct agent *agent, const struct ranking_flow *hot,
			     bool *gone)
{
	static const char *const names[2] = { "original", "reply" };
	const struct connection_side *side;
	struct connection *connection;
	uint64_t id = hot->id;
	json_object *object;

	connection = connections_find(&agent->connections, id);
	*gone = !connection || !connection->sides[id & 1].known;
	if (*gone)
		return NULL;
	side = &connection->sides[id & 1];
	object = json_object_new_object();
	if (!object)
		return NULL;
	report_put_string(object, "type", "flow");
	report_put_number(object, "connection", connection->number);
	report_put_string(object, "direction", names[id & 1]);
	report_put_protocol(object, side->tuple.ip_proto);
	/* As the walk has found it, of which the sums are, too. */
	report_put_number(object, "packets_per_s", hot->packets_per_s);
	report_put_number(object, "bytes_per_s", hot->bytes_per_s);
	report_put_side(object, agent, connection, id & 1, report_put_view);
	return object;
}

json_object *report_top(struct report *report)
{
	struct report_top *top = report->top;
	json_object *object = NULL;
	bool gone = true;

	if (!report->n) {
		object = top_totals(top);
		gone = false;
	} else if (top->next_port < top->n_ports) {
		object = top_port(report->agent, &top->ports[top->next_port++]);
		gone = false;
	}
	while (!object && gone && top->next_top < top->n_top)
		object = top_flow(report->agent, &top->top[top->next_top++],
				  &gone);
	report->broken |= !object && !gone;
	return object;
}
