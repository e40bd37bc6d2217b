/* SPDX-License-Identifier: Apache-2.0 */
/*
 * track: connections through rules with ct, of which conntrack and then hardware
 * know, and packets of them.
 *
 * Each is between two ports, in a zone. Both ports have a rule that asks conntrack
 * and goes to chain 1, and rules there for what is new and what is established.
 * Threads: the caller's only.
 */
#ifndef TRACK_H
#define TRACK_H

#include <stdbool.h>

#include "dice.h"
#include "packet.h"
#include "rule.h"

#define TRACK_MAX	3
/* Rules of one connection. */
#define TRACK_RULES	5
/* The chain behind ct. */
#define TRACK_CHAIN	1

/* One direction, as its packets come in. */
struct track_end {
	uint8_t		port;
	struct nfo_key	key;
	struct nfo_key	mask;
};

struct track {
	struct track_end ends[2];	/* original, reply */
	uint16_t	zone;
};

struct tracks {
	unsigned int	n;
	struct track	list[TRACK_MAX];
};

/* Invents one, between two of @n_ports ports. */
void track_invent(struct track *track, struct dice *dice, unsigned int n_ports);

/*
 * Makes rule @i of its TRACK_RULES, which is for port *@port and chain *@chain;
 * ports as in invent.h. 0, or -ENOMEM or -E2BIG; the rule is to be freed.
 */
int track_rule(const struct track *track, unsigned int i, struct dice *dice,
	       struct nfo_rule *rule, uint8_t *port, uint32_t *chain);

/* A packet of a connection that comes in by @port; false if there is none. */
bool track_packet(const struct tracks *tracks, unsigned int port, struct dice *dice,
		  struct packet *packet);

#endif /* TRACK_H */
