/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: the same TC rules at both sides, in hardware only (skip_sw) at one
 * and in software only (skip_hw) at the other, by the library's own words
 * (netdev/tc_flower). Or the same rules of OpenFlow in two bridges.
 *
 * Some sets, where that is asked for, are in software and in hardware at the one
 * side: what hardware leaves to software goes on there, as it does for a user. Only
 * such have tunnels and connection tracking.
 *
 * What the NIC or the kernel refuses is at neither side. Threads: the caller's
 * only.
 */
#ifndef RULESET_H
#define RULESET_H

#include <stdbool.h>
#include <stdint.h>

#include "dice.h"
#include "packet.h"
#include "rtnl.h"
#include "rule.h"
#include "side.h"
#include "track.h"
#include "tunnel.h"

#define RULESET_MAX	24
/* Chains 0 to this; topology.sh leads a miss in each to the slow path. */
#define RULESET_CHAINS	3
/* Policers of hardware have index 1 to this, those of software as many more. */
#define RULESET_POLICERS 3

struct ruleset_entry {
	struct nfo_rule	rule;		/* ports as in invent.h */
	uint8_t		port;		/* where packets come in; or a tunnel device */
	uint32_t	chain;
	uint16_t	prio;
	bool		there;		/* at both sides */
};

struct ruleset {
	struct nfo_rtnl		*rtnl[2];
	unsigned int		n_ports;
	bool			chains;	/* the kernel goes on in a chain */
	bool			mistake; /* software's rules do not decrement */
	/* Rules of OpenFlow, in the bridges "hbr" and "sbr", instead. */
	bool			bridge;
	/* There are tunnel devices, and conntrack. */
	bool			state;
	bool			both;	/* this set is in software, too */
	struct tracks		tracks;
	/* Devices by number: representors, then tunnel devices. */
	uint32_t		reps[2][SIDE_PORTS_MAX + TUNNEL_KINDS];
	uint32_t		slow;	/* of software; 0: there is none */
	unsigned int		n;
	struct ruleset_entry	entries[RULESET_MAX];
	uint64_t		refused;	/* rules, since the opening */
	uint64_t		taken;
};

/*
 * For the sides @hw and @sw. @chains: rules may lead to a chain. 0 or a
 * negative errno. What else is the caller's to set is all false.
 */
int ruleset_open(struct ruleset *set, const struct side *hw,
		 const struct side *sw, bool chains);

/* Removes its rules, too. */
void ruleset_close(struct ruleset *set);

/* Other rules, at random, in place of those that are there. 0 or -errno. */
int ruleset_renew(struct ruleset *set, struct dice *dice);

/*
 * Puts entry @i at both sides or, with @there false, takes it from both. 0 or
 * a negative errno, then it is at neither.
 */
int ruleset_put(struct ruleset *set, unsigned int i, bool there);

/*
 * Where a packet that comes in by @port is to match a rule: there, or, if that is
 * the uplink, on a tunnel device.
 */
unsigned int ruleset_device(const struct ruleset *set, unsigned int port,
			    struct dice *dice);

/* A packet that comes in by this port or tunnel device and may well match a rule. */
void ruleset_packet(const struct ruleset *set, unsigned int device,
		    struct dice *dice, struct packet *packet);

/* Writes the rules that are there, a line each. */
void ruleset_print(const struct ruleset *set, FILE *to);

#endif /* RULESET_H */
