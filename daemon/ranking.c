// SPDX-License-Identifier: Apache-2.0
/*
 * ranking: see ranking.h.
 */
#include "ranking.h"

#include <stdlib.h>
#include <string.h>

/* Walks after somebody has asked, one a second: one who asks is not gone yet. */
#define RANKING_WATCHED	10

void ranking_init(struct ranking *ranking, struct connections *connections,
		  ranking_rate *datapath_rate)
{
	memset(ranking, 0, sizeof(*ranking));
	ranking->connections = connections;
	ranking->datapath_rate = datapath_rate;
}

void ranking_watch(struct ranking *ranking)
{
	ranking->watched = RANKING_WATCHED;
}

bool ranking_watched(const struct ranking *ranking)
{
	return ranking->watched;
}

uint64_t ranking_interval(const struct ranking *ranking)
{
	unsigned int wanted = ranking->flows[0] ? 3 : 2;

	return ranking->walks >= wanted ? ranking->interval_ms : 0;
}

/* --- of one flow --- */

/* @now is as seen after @elapsed_ms, 0: the first time by this counter. */
static void ranking_count(struct connection_rate *rate,
		       enum connection_counter counter, uint64_t packets,
		       uint64_t bytes, uint64_t elapsed_ms)
{
	rate->packets_per_s = 0;
	rate->bytes_per_s = 0;
	if (rate->counter == counter && elapsed_ms &&
	    packets >= rate->packets && bytes >= rate->bytes) {
		uint64_t pps = (packets - rate->packets) * 1000 / elapsed_ms;

		rate->packets_per_s = pps < UINT32_MAX ? pps : UINT32_MAX;
		rate->bytes_per_s = (bytes - rate->bytes) * 1000 / elapsed_ms;
	}
	rate->counter = counter;
	rate->packets = packets;
	rate->bytes = bytes;
}

void ranking_software(struct connection *connection, int dir, uint64_t packets,
		    uint64_t bytes, uint64_t elapsed_ms)
{
	struct connection_rate *rate = &connection->sides[dir].rate;

	/* What hardware has, conntrack is told of afterwards. */
	if (rate->counter != CONNECTION_HARDWARE)
		ranking_count(rate, CONNECTION_SOFTWARE, packets, bytes,
			   elapsed_ms);
}

/* --- the hottest --- */

/* The least hot one is the first; no parent is hotter than its children. */
static void heap_sink(struct ranking_heap *heap, struct ranking_flow flow)
{
	size_t at = 0, child;

	while ((child = 2 * at + 1) < heap->n) {
		if (child + 1 < heap->n &&
		    heap->flows[child + 1].key < heap->flows[child].key)
			child++;
		if (heap->flows[child].key >= flow.key)
			break;
		heap->flows[at] = heap->flows[child];
		at = child;
	}
	heap->flows[at] = flow;
}

static void heap_rise(struct ranking_heap *heap, struct ranking_flow flow)
{
	size_t at = heap->n++, parent;

	while (at && heap->flows[parent = (at - 1) / 2].key > flow.key) {
		heap->flows[at] = heap->flows[parent];
		at = parent;
	}
	heap->flows[at] = flow;
}

/* Keeps the flow of @view, if it is hot by @key. */
static void heap_offer(struct ranking_heap *heap, uint64_t key,
		       const struct nfo_view *view,
		       const struct connection_rate *rate)
{
	const struct ranking_flow flow = {
		.key = key,
		.source = view->source,
		.id = view->id,
		.packets_per_s = rate->packets_per_s,
		.bytes_per_s = rate->bytes_per_s,
	};

	if (heap->n < RANKING_TOP_MAX)
		heap_rise(heap, flow);
	else if (key > heap->flows[0].key)
		heap_sink(heap, flow);
}

static int hotter_first(const void *a, const void *b)
{
	const struct ranking_flow *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? 1 : -1;
	/* The older connection, so that those which are as hot do not dance. */
	if (left->id.hi != right->id.hi)
		return left->id.hi < right->id.hi ? -1 : 1;
	return left->id.lo < right->id.lo ? -1 : left->id.lo > right->id.lo;
}

size_t ranking_top(const struct ranking *ranking, enum ranking_order order,
		 struct ranking_flow *flows, size_t max)
{
	struct ranking_flow sorted[RANKING_TOP_MAX];
	const struct ranking_heap *heap = &ranking->heaps[order];

	memcpy(sorted, heap->flows, heap->n * sizeof(*sorted));
	qsort(sorted, heap->n, sizeof(*sorted), hotter_first);
	if (max > heap->n)
		max = heap->n;
	memcpy(flows, sorted, max * sizeof(*flows));
	return max;
}

/* --- sums --- */

/* The place of @ifindex, a new one if need be; NULL if there is none. */
static struct ranking_port *port_of(struct ranking *ranking, uint32_t ifindex)
{
	uint32_t i, at = ifindex * 2654435761u;

	for (i = 0; i < RANKING_PORTS; i++, at++) {
		struct ranking_port *port = &ranking->ports[at & (RANKING_PORTS - 1)];

		if (!port->ifindex)
			port->ifindex = ifindex;
		if (port->ifindex == ifindex)
			return port;
	}
	return NULL;
}

static void sum_add(struct ranking_sum *sum, const struct connection_rate *rate)
{
	sum->packets_per_s += rate->packets_per_s;
	sum->bytes_per_s += rate->bytes_per_s;
}

/* A flow that comes in by @iif and goes out by @oif, 0: not known. */
static void sum_flow(struct ranking *ranking, uint32_t iif, uint32_t oif,
		     const struct connection_rate *rate, bool in_hw)
{
	struct ranking_port *in = iif ? port_of(ranking, iif) : NULL;
	struct ranking_port *out = oif ? port_of(ranking, oif) : NULL;

	ranking->flows[in_hw]++;
	sum_add(&ranking->sum[in_hw], rate);
	if (in) {
		in->flows[in_hw]++;
		sum_add(&in->in[in_hw], rate);
	}
	if (out)
		sum_add(&out->out[in_hw], rate);
}

/* --- the walk --- */

/* Where the rate of @view is kept, and its ports; NULL: it is not ranked. */
static struct connection_rate *rate_of(const struct ranking *ranking,
				       const struct nfo_view *view,
				       uint32_t *iif, uint32_t *oif)
{
	struct connection *connection;
	struct connection_side *side;

	if (view->source == NFO_SOURCE_OVS) {
		*iif = view->place.ifindex;
		*oif = view->rule ? nfo_rule_egress(view->rule) : 0;
		return ranking->datapath_rate ? ranking->datapath_rate(view) :
		       NULL;
	}
	connection = connections_find(ranking->connections, view->id.lo);
	if (!connection)
		return NULL;
	side = &connection->sides[view->id.lo & 1];
	*iif = side->iif;
	*oif = side->oif;
	return &side->rate;
}

static void walk_view(void *arg, const struct nfo_view *view)
{
	struct ranking *ranking = arg;
	bool in_hw = view->state == NFO_STATE_IN_HW;
	struct connection_rate *rate;
	uint32_t iif, oif;

	rate = rate_of(ranking, view, &iif, &oif);
	if (!rate)
		return;
	if (in_hw)
		ranking_count(rate, CONNECTION_HARDWARE, view->counters.packets,
			   view->counters.bytes, ranking->interval_ms);
	else if (rate->counter == CONNECTION_HARDWARE || !ranking->interval_ms)
		memset(rate, 0, sizeof(*rate));
	sum_flow(ranking, iif, oif, rate, in_hw);
	heap_offer(&ranking->heaps[RANKING_BY_PACKETS], rate->packets_per_s,
		   view, rate);
	heap_offer(&ranking->heaps[RANKING_BY_BYTES], rate->bytes_per_s, view,
		   rate);
}

void ranking_walk(struct ranking *ranking, struct nfo_table *table, uint64_t now_ms)
{
	int order;

	if (!ranking->watched) {
		ranking->last_ms = 0;
		ranking->interval_ms = 0;
		ranking->walks = 0;
		return;
	}
	ranking->watched--;
	ranking->walks++;
	ranking->interval_ms = ranking->last_ms ? now_ms - ranking->last_ms : 0;
	ranking->last_ms = now_ms;
	for (order = 0; order < RANKING_ORDERS; order++)
		ranking->heaps[order].n = 0;
	memset(ranking->flows, 0, sizeof(ranking->flows));
	memset(ranking->sum, 0, sizeof(ranking->sum));
	memset(ranking->ports, 0, sizeof(ranking->ports));
	nfo_table_foreach(table, 0, walk_view, ranking);
}
