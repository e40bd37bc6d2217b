// SPDX-License-Identifier: Apache-2.0
/*
 * rate: see rate.h.
 */
#include "rate.h"

#include <stdlib.h>
#include <string.h>

/* Walks after somebody has asked, one a second: one who asks is not gone yet. */
#define RATE_WATCHED	10

void rates_init(struct rates *rates, struct connections *connections)
{
	memset(rates, 0, sizeof(*rates));
	rates->connections = connections;
}

void rates_watch(struct rates *rates)
{
	rates->watched = RATE_WATCHED;
}

bool rates_watched(const struct rates *rates)
{
	return rates->watched;
}

uint64_t rates_interval(const struct rates *rates)
{
	unsigned int wanted = rates->flows[0] ? 3 : 2;

	return rates->walks >= wanted ? rates->interval_ms : 0;
}

/* --- of one flow --- */

/* @now is as seen after @elapsed_ms, 0: the first time by this counter. */
static void rate_count(struct connection_rate *rate,
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

void rates_software(struct connection *connection, int dir, uint64_t packets,
		    uint64_t bytes, uint64_t elapsed_ms)
{
	struct connection_rate *rate = &connection->sides[dir].rate;

	/* What hardware has, conntrack is told of afterwards. */
	if (rate->counter != CONNECTION_HARDWARE)
		rate_count(rate, CONNECTION_SOFTWARE, packets, bytes,
			   elapsed_ms);
}

/* --- the hottest --- */

/* The least hot one is the first; no parent is hotter than its children. */
static void heap_sink(struct rate_heap *heap, struct rate_flow flow)
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

static void heap_rise(struct rate_heap *heap, struct rate_flow flow)
{
	size_t at = heap->n++, parent;

	while (at && heap->flows[parent = (at - 1) / 2].key > flow.key) {
		heap->flows[at] = heap->flows[parent];
		at = parent;
	}
	heap->flows[at] = flow;
}

/* Keeps @id, if it is hot by @key. */
static void heap_offer(struct rate_heap *heap, uint64_t key, uint64_t id,
		       const struct connection_rate *rate)
{
	const struct rate_flow flow = {
		.key = key,
		.id = id,
		.packets_per_s = rate->packets_per_s,
		.bytes_per_s = rate->bytes_per_s,
	};

	if (heap->n < RATE_TOP_MAX)
		heap_rise(heap, flow);
	else if (key > heap->flows[0].key)
		heap_sink(heap, flow);
}

static int hotter_first(const void *a, const void *b)
{
	const struct rate_flow *left = a, *right = b;

	if (left->key != right->key)
		return left->key < right->key ? 1 : -1;
	/* The older one, so that those which are as hot do not dance. */
	return left->id < right->id ? -1 : left->id > right->id;
}

size_t rates_top(const struct rates *rates, enum rate_order order,
		 struct rate_flow *flows, size_t max)
{
	struct rate_flow sorted[RATE_TOP_MAX];
	const struct rate_heap *heap = &rates->heaps[order];

	memcpy(sorted, heap->flows, heap->n * sizeof(*sorted));
	qsort(sorted, heap->n, sizeof(*sorted), hotter_first);
	if (max > heap->n)
		max = heap->n;
	memcpy(flows, sorted, max * sizeof(*flows));
	return max;
}

/* --- sums --- */

/* The place of @ifindex, a new one if need be; NULL if there is none. */
static struct rate_port *port_of(struct rates *rates, uint32_t ifindex)
{
	uint32_t i, at = ifindex * 2654435761u;

	for (i = 0; i < RATE_PORTS; i++, at++) {
		struct rate_port *port = &rates->ports[at & (RATE_PORTS - 1)];

		if (!port->ifindex)
			port->ifindex = ifindex;
		if (port->ifindex == ifindex)
			return port;
	}
	return NULL;
}

static void sum_add(struct rate_sum *sum, const struct connection_rate *rate)
{
	sum->packets_per_s += rate->packets_per_s;
	sum->bytes_per_s += rate->bytes_per_s;
}

static void sum_side(struct rates *rates, const struct connection_side *side,
		     bool in_hw)
{
	struct rate_port *in = side->iif ? port_of(rates, side->iif) : NULL;
	struct rate_port *out = side->oif ? port_of(rates, side->oif) : NULL;

	rates->flows[in_hw]++;
	sum_add(&rates->sum[in_hw], &side->rate);
	if (in) {
		in->flows[in_hw]++;
		sum_add(&in->in[in_hw], &side->rate);
	}
	if (out)
		sum_add(&out->out[in_hw], &side->rate);
}

/* --- the walk --- */

static void walk_view(void *arg, const struct nfo_view *view)
{
	struct rates *rates = arg;
	bool in_hw = view->state == NFO_STATE_IN_HW;
	struct connection *connection;
	struct connection_side *side;
	struct connection_rate *rate;

	connection = connections_find(rates->connections, view->id.lo);
	if (!connection)
		return;
	side = &connection->sides[view->id.lo & 1];
	rate = &side->rate;
	if (in_hw)
		rate_count(rate, CONNECTION_HARDWARE, view->counters.packets,
			   view->counters.bytes, rates->interval_ms);
	else if (rate->counter == CONNECTION_HARDWARE || !rates->interval_ms)
		memset(rate, 0, sizeof(*rate));
	sum_side(rates, side, in_hw);
	heap_offer(&rates->heaps[RATE_BY_PACKETS], rate->packets_per_s,
		   view->id.lo, rate);
	heap_offer(&rates->heaps[RATE_BY_BYTES], rate->bytes_per_s,
		   view->id.lo, rate);
}

void rates_walk(struct rates *rates, struct nfo_table *table, uint64_t now_ms)
{
	int order;

	if (!rates->watched) {
		rates->last_ms = 0;
		rates->interval_ms = 0;
		rates->walks = 0;
		return;
	}
	rates->watched--;
	rates->walks++;
	rates->interval_ms = rates->last_ms ? now_ms - rates->last_ms : 0;
	rates->last_ms = now_ms;
	for (order = 0; order < RATE_ORDERS; order++)
		rates->heaps[order].n = 0;
	memset(rates->flows, 0, sizeof(rates->flows));
	memset(rates->sum, 0, sizeof(rates->sum));
	memset(rates->ports, 0, sizeof(rates->ports));
	nfo_table_foreach(table, NFO_SOURCE_FLOWTABLE, walk_view, rates);
}
