/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ranking: how many packets and bytes each flow has a second, for `nft-offload top`:
 * the hottest ones, and the sums of all, by port.
 *
 * Worked out once a second in one walk through the table, and only while
 * somebody looks. Who asks, however often, gets what the last walk has found.
 * Of flows in hardware the table has the counters; connections in software are
 * counted by conntrack (software.h), flows of Open vSwitch by nobody who would
 * tell. One thread.
 */
#ifndef NFT_OFFLOADD_RANKING_H
#define NFT_OFFLOADD_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "table.h"

#define RANKING_TOP_MAX	1000	/* flows that are kept of each order */
#define RANKING_PORTS	1024	/* a power of two; ports that are told apart */

/* In which order flows are hot. */
enum ranking_order {
	RANKING_BY_PACKETS,
	RANKING_BY_BYTES,
	RANKING_ORDERS,
};

/* A flow, and what it is ordered by. */
struct ranking_flow {
	uint64_t key;		/* packets or bytes per second */
	enum nfo_source source;
	struct nfo_id id;
	uint64_t bytes_per_s;
	uint32_t packets_per_s;
};

/* The hottest flows of one order, in no order. */
struct ranking_heap {
	size_t n;
	struct ranking_flow flows[RANKING_TOP_MAX];
};

struct ranking_sum {
	uint64_t packets_per_s;
	uint64_t bytes_per_s;
};

/* What goes on at a port. [0] software, [1] hardware. */
struct ranking_port {
	uint32_t ifindex;	/* 0: none */
	uint64_t flows[2];	/* that come in by it */
	struct ranking_sum in[2];
	struct ranking_sum out[2];
};

/* ranking_rate: where the rate of a flow of Open vSwitch is kept, or NULL. */
typedef struct connection_rate *ranking_rate(const struct nfo_view *view);

struct ranking {
	struct connections *connections;
	ranking_rate *datapath_rate;	/* NULL: there are no such flows */
	unsigned int watched;	/* more walks, as far as anybody asked for */
	unsigned int walks;	/* since somebody looks */
	uint64_t last_ms;	/* of the last walk; 0: there was none */
	uint64_t interval_ms;	/* from the walk before; 0: no rates yet */
	uint64_t flows[2];
	struct ranking_sum sum[2];
	struct ranking_heap heaps[RANKING_ORDERS];
	struct ranking_port ports[RANKING_PORTS];	/* a hash table by ifindex */
};

/*
 * ranking_init: of @connections, which must live longer, and flows of Open vSwitch
 * where @datapath_rate is not NULL.
 */
void ranking_init(struct ranking *ranking, struct connections *connections,
		  ranking_rate *datapath_rate);

/* ranking_watch: somebody looks; the next seconds are worked out. */
void ranking_watch(struct ranking *ranking);

/* ranking_watched: does anybody look? */
bool ranking_watched(const struct ranking *ranking);

/*
 * ranking_interval: milliseconds that the rates are of; 0 while there are none:
 * hardware has to be looked at twice, and conntrack tells between two walks.
 */
uint64_t ranking_interval(const struct ranking *ranking);

/*
 * ranking_walk: works out the rates since the last walk from the counters in
 * @table as they are at @now_ms (monotonic). Nothing happens if nobody looks.
 */
void ranking_walk(struct ranking *ranking, struct nfo_table *table, uint64_t now_ms);

/*
 * ranking_software: conntrack has counted @packets and @bytes of direction @dir of
 * @connection, and looked @elapsed_ms before (0: it had not).
 */
void ranking_software(struct connection *connection, int dir, uint64_t packets,
		    uint64_t bytes, uint64_t elapsed_ms);

/*
 * ranking_top: at most @max of the hottest flows that the last walk has found, at
 * @flows, the hottest first. Their number.
 */
size_t ranking_top(const struct ranking *ranking, enum ranking_order order,
		 struct ranking_flow *flows, size_t max);

#endif
