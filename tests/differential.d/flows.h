/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flows: connections through the router of either side, made by real packets,
 * and packets on and around them.
 *
 * The router is what topology.sh has set up: port N has the networks
 * 10.0.N.0/24 and fd00:N::/64, the router the address .1 and the MAC
 * 02:00:00:01:00:0N in them; hosts .2 to .4 are ours to play. What the router
 * does to a connection (NAT, tags) is learned from what comes out.
 *
 * Threads: the caller's only.
 */
#ifndef FLOWS_H
#define FLOWS_H

#include <stdbool.h>
#include <stdio.h>

#include "dice.h"
#include "duel.h"
#include "packet.h"
#include "rule.h"

#define FLOWS_MAX	48

/* One direction, as its packets come in. */
struct flow_end {
	uint8_t		port;
	struct nfo_key	key;
	struct nfo_key	mask;
	bool		hit;	/* hardware has carried a packet of it */
};

struct flow {
	struct flow_end	ends[2];	/* original, reply */
};

struct flows {
	unsigned int	n;
	struct flow	list[FLOWS_MAX];
	unsigned int	tried;		/* connections that were begun */
	unsigned int	hits;		/* directions in hardware */
};

/*
 * Makes new connections in place of those that are there, and waits until
 * hardware has them, or no more of them come. 1 if the sides differed, with
 * the difference told, 0, or a negative errno.
 */
int flows_renew(struct flows *flows, struct duel *duel, struct dice *dice);

/*
 * Sends, in each direction of each TCP connection, one packet with flags that
 * end it, or begin it anew. As flows_renew(), which is to be called next.
 */
int flows_end(struct flows *flows, struct duel *duel, struct dice *dice);

/* A packet that comes in by @port and may well be of a connection. */
void flows_packet(const struct flows *flows, unsigned int port,
		  struct dice *dice, struct packet *packet);

/* Writes the connections that @frame may be of, a line each direction. */
void flows_print(const struct flows *flows, const struct frame *frame, FILE *to);

#endif /* FLOWS_H */
