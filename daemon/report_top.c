// SPDX-License-Identifier: Apache-2.0
/*
 * report_top: the answer to "top": sums, ports, the hottest flows. See report.h
 * and rate.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ranking.h"
#include "report_part.h"

struct report_top {
	uint64_t connections;
	uint64_t interval_ms;
	uint64_t n_flows[2];	/* [0] software, [1] hardware */
	struct ranking_sum sum[2];
	bool counted;		/* software, by conntrack */
	bool datapath;		/* flows of Open vSwitch are among them */
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

bool report_top_start(struct report *report, const char *words)
{
	struct report_host *host = report->host;
	struct ranking *ranking = host->ranking;
	enum ranking_order order;
	struct report_top *top;
	size_t max;

	if (!parse(words, &order, &max))
		return false;
	top = calloc(1, sizeof(*top));
	report->top = top;
	if (!top || !copy_ports(top, ranking))
		return false;
	qsort(top->ports, top->n_ports, sizeof(*top->ports), by_ifindex);
	top->connections = host->connections->n;
	top->interval_ms = ranking_interval(ranking);
	memcpy(top->n_flows, ranking->flows, sizeof(top->n_flows));
	memcpy(top->sum, ranking->sum, sizeof(top->sum));
	top->counted = *host->software_counted;
	top->datapath = host->datapath != NULL;
	top->n_top = ranking_top(ranking, order, top->top, max);
	ranking_watch(ranking);
	return true;
}

void report_top_free(struct report_top *top)
{
	if (!top)
		return;
	free(top->ports);
	free(top);
}

static void put_sum(struct line *line, const char *key,
		    const struct ranking_sum *sum)
{
	line_open(line, key);
	line_number(line, "packets_per_s", sum->packets_per_s);
	line_number(line, "bytes_per_s", sum->bytes_per_s);
	line_close(line);
}

static void top_totals(struct line *line, const struct report_top *top)
{
	int way;

	line_begin(line);
	line_string(line, "type", "totals");
	line_number(line, "interval_ms", top->interval_ms);
	line_number(line, "connections", top->connections);
	line_open(line, "flows");
	for (way = 1; way >= 0; way--)
		line_number(line, report_ways[way], top->n_flows[way]);
	line_close(line);
	for (way = 1; way >= 0; way--)
		put_sum(line, report_ways[way], &top->sum[way]);
	line_bool(line, "software_counted", top->counted);
	line_bool(line, "datapath", top->datapath);
}

static void top_port(struct line *line, struct nfo_eswitch *eswitch,
		     const struct ranking_port *port)
{
	int way;

	line_begin(line);
	line_string(line, "type", "port_rate");
	report_put_port_name(line, "name", eswitch, port->ifindex);
	for (way = 1; way >= 0; way--) {
		line_open(line, report_ways[way]);
		line_number(line, "flows", port->flows[way]);
		put_sum(line, "in", &port->in[way]);
		put_sum(line, "out", &port->out[way]);
		line_close(line);
	}
}

/* As the walk has found it, of which the sums are, too. */
static void put_rate(struct line *line, const struct ranking_flow *hot)
{
	line_number(line, "packets_per_s", hot->packets_per_s);
	line_number(line, "bytes_per_s", hot->bytes_per_s);
}

static bool top_connection(struct report *report,
			   const struct ranking_flow *hot)
{
	static const char *const names[2] = { "original", "reply" };
	struct report_host *host = report->host;
	struct line *line = &report->line;
	struct connection *connection;
	int dir = hot->id.lo & 1;

	connection = connections_find(host->connections, hot->id.lo);
	if (!connection || !connection->sides[dir].known)
		return false;
	line_begin(line);
	line_string(line, "type", "flow");
	line_number(line, "connection", connection->number);
	line_string(line, "direction", names[dir]);
	report_put_protocol(line, connection->sides[dir].tuple.ip_proto);
	put_rate(line, hot);
	report_put_side(report, connection, dir);
	return true;
}

/* For nfo_table_get(); @arg is the report. */
static void datapath_view(void *arg, const struct nfo_view *view)
{
	struct report *report = arg;
	struct report_top *top = report->top;

	line_begin(&report->line);
	line_string(&report->line, "type", "flow");
	put_rate(&report->line, &top->top[top->next_top]);
	report_put_datapath(report, view);
}

/* The next flow; false: it has ended since. */
static bool top_flow(struct report *report, const struct ranking_flow *hot)
{
	if (hot->source == NFO_SOURCE_OVS)
		return !nfo_table_get(report->host->table, NFO_SOURCE_OVS,
				      hot->id, datapath_view, report);
	return top_connection(report, hot);
}

bool report_top(struct report *report)
{
	struct report_top *top = report->top;
	bool told = false;

	if (!report->n) {
		top_totals(&report->line, top);
		return true;
	}
	if (top->next_port < top->n_ports) {
		top_port(&report->line, report->host->eswitch,
			 &top->ports[top->next_port++]);
		return true;
	}
	for (; !told && top->next_top < top->n_top; top->next_top++)
		told = top_flow(report, &top->top[top->next_top]);
	return told;
}
