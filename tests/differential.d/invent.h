/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invent: rules at random, in the shapes of both sources.
 *
 * Ports in a rule are the numbers of a side's ports and one (so that none is
 * 0), not yet those of devices. Threads: nothing here locks or keeps state.
 */
#ifndef INVENT_H
#define INVENT_H

#include "dice.h"
#include "rule.h"

/* What rules may lead to. */
struct invent_world {
	unsigned int	n_ports;	/* of a side */
	uint32_t	next_chain;	/* goto leads there; 0: there is none */
	uint32_t	policers;	/* with indices 1 to this; 0: there are none */
};

/* As netdev/flowtable makes them: a connection's direction, routed, NAT. */
void invent_flowtable(struct nfo_rule *rule, struct dice *dice,
		      const struct invent_world *world);

/* As ovs-plugin makes them: any fields, masks and actions in any order. */
void invent_openflow(struct nfo_rule *rule, struct dice *dice,
		     const struct invent_world *world);

#endif /* INVENT_H */
