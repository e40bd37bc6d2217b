/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: how many packets and bytes each flow has a second, for `nft-offload top`:
 * the hottest ones, and the sums of all, by port.
 *
 * Worked out once a second in one walk through the table, and only while
 * somebody looks. Who asks, however often, gets what the last walk has found.
 * Of flows in hardware the table has the counters; those in software are
 * counted by conntrack (software.h). One thread.
 */
#ifndef NFT_OFFLOADD_RATE_H
#define NFT_OFFLOADD_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "table.h"

#define RATE_TOP_MAX	1000	/* flows that are kept of each order */
#define RATE_PORTS	1024	/* a power of two; ports that are told apart */

/* In which order flows are hot. */
enum rate_order {
	RATE_BY_PACKETS,
	RATE_BY_BYTES,
	RATE_ORDERS,
};

/* A flow, and what it is ordered by. */
struct rate_flow {
	uint64_t key;		/* packets or bytes per second */
	uint64_t id;
	uint64_t bytes_per_s;
	uint32_t packets_per_s;
};

/* The hottest flows of one order, in no order. */
struct rate_heap {
	size_t n;
	struct rate_flow flows[RATE_TOP_MAX];
};

struct rate_sum {
	uint64_t packets_per_s;
	uint64_t bytes_per_s;
};

/* What goes on at a port. [0] software, [1] hardware. */
struct rate_port {
	uint32_t ifindex;	/* 0: none */
	uint64_t flows[2];	/* that come in by it */
	struct rate_sum in[2];
	struct rate_sum out[2];
};

struct rates {
	struct connections *connections;
	unsigned int watched;	/* more walks, as far as anybody asked for */
	unsigned int walks;	/* since somebody looks */
	uint64_t last_ms;	/* of the last walk; 0: there was none */
	uint64_t interval_ms;	/* from the walk before; 0: no rates yet */
	uint64_t flows[2];
	struct rate_sum sum[2];
	struct rate_heap heaps[RATE_ORDERS];
	struct rate_port ports[RATE_PORTS];	/* a hash table by ifindex */
};

/* rates_init: of @connections, which must live longer. */
void rates_init(struct rates *rates, struct connections *connections);

/* rates_watch: somebody looks; the next seconds are worked out. */
void rates_watch(struct rates *rates);

/* rates_watched: does anybody look? */
bool rates_watched(const struct rates *rates);

/*
 * rates_interval: milliseconds that the rates are of; 0 while there are none:
 * hardware has to be looked at twice, and conntrack tells between two walks.
 */
uint64_t rates_interval(const struct rates *rates);

/*
 * rates_walk: works out the rates since the last walk from the counters in
 * @table as they are at @now_ms (monotonic). Nothing happens if nobody looks.
 */
void rates_walk(struct rates *rates, struct nfo_table *table, uint64_t now_ms);

/*
 * rates_software: conntrack has counted @packets and @bytes of direction @dir of
 * @connection, and looked @elapsed_ms before (0: it had not).
 */
void rates_software(struct connection *connection, int dir, uint64_t packets,
		    uint64_t bytes, uint64_t elapsed_ms);

/*
 * rates_top: at most @max of the hottest flows that the last walk has found, at
 * @flows, the hottest first. Their number.
 */
size_t rates_top(const struct rates *rates, enum rate_order order,
		 struct rate_flow *flows, size_t max);

#endif
