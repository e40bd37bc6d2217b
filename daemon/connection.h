/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection: what the module told of each connection, both directions
 * together, for people who ask. Rules, states and counters are in the
 * library's table; this is only names and addresses.
 *
 * Kept in hash tables by number and by conntrack id, and in a list by age. Who
 * walks the list slowly leaves a mark in it, and may lose no place when
 * connections come and go. One thread.
 */
#ifndef NFT_OFFLOADD_CONNECTION_H
#define NFT_OFFLOADD_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flowtable.h"

/* Who counted the packets of a direction last. */
enum connection_counter {
	CONNECTION_UNCOUNTED,
	CONNECTION_HARDWARE,
	CONNECTION_SOFTWARE,
};

/* How fast a direction is: rate.h, which is the only one to write it. */
struct connection_rate {
	uint64_t packets;	/* of @counter, when last seen */
	uint64_t bytes;
	uint64_t bytes_per_s;
	uint32_t packets_per_s;
	enum connection_counter counter;
};

/* One direction. */
struct connection_side {
	bool known;
	uint32_t iif;
	uint32_t oif;
	struct nfo_flowtable_tuple tuple;
	struct connection_rate rate;
};

/* connection_link: in the list by age, oldest first. */
struct connection_link {
	struct connection_link *prev;
	struct connection_link *next;
	bool mark;		/* not a connection: somebody's place */
};

struct connection {
	struct connection_link link;	/* the first member */
	struct connection *next;	/* in its bucket */
	struct connection *next_ct;	/* in that of its conntrack id */
	uint64_t number;		/* of its flows' ids, without bit 0 */
	uint32_t ct_id;
	uint16_t ct_zone;
	char *table;			/* nf_tables names, owned */
	char *flowtable;
	struct connection_side sides[2];	/* original, reply */
};

struct connections {
	struct connection_link list;
	struct connection **buckets;	/* by number */
	struct connection **ct_buckets;	/* by conntrack id, as many */
	size_t n_buckets;	/* a power of two */
	size_t n;
};

/* connections_init: an empty store. 0 or -ENOMEM. */
int connections_init(struct connections *connections);

/* connections_free: frees everything; there may be no mark left. */
void connections_free(struct connections *connections);

/*
 * connections_learn: keeps what @flow says of its direction. 0 or -ENOMEM.
 */
int connections_learn(struct connections *connections,
		      const struct nfo_flowtable_flow *flow);

/* connections_forget: flow @id has ended; the second one takes all along. */
void connections_forget(struct connections *connections, uint64_t id);

/* connections_find: by flow id, or NULL. */
struct connection *connections_find(const struct connections *connections,
				    uint64_t id);

/* connections_by_conntrack: the first one with this conntrack id, or NULL. */
struct connection *
connections_by_conntrack(const struct connections *connections, uint32_t ct_id);

/* Bytes that connection_text() takes at most, with NUL. */
#define CONNECTION_TEXT		128

/*
 * connection_text: direction @dir as `nft-offload why` takes it, "udp
 * 10.0.0.2:7001 10.0.1.2:5001", at @text, which has CONNECTION_TEXT bytes.
 */
void connection_text(const struct connection *connection, int dir, char *text);

/* connection_protocol: its name, or its number, at @text. */
void connection_protocol(uint8_t ip_proto, char *text, size_t size);

/* connections_mark: puts @mark, the caller's, before the first connection. */
void connections_mark(struct connections *connections,
		      struct connection_link *mark);

/* connections_unmark: takes @mark away. */
void connections_unmark(struct connection_link *mark);

/* connections_next: moves @mark past the next connection; that one, or NULL. */
struct connection *connections_next(struct connections *connections,
				    struct connection_link *mark);

#endif
