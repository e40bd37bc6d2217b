/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change: something that flows are made of is not what it was: a next hop, a
 * route, a port, the ruleset. And the question which flows it concerns.
 *
 * A flow is told with addresses and ports already looked up (the kernel did so
 * when the connection entered the flowtable), and does not say by which
 * neighbour or route. So the question is answered from the rule itself, and
 * rather with one flow too many: that one is looked up anew and comes back as it
 * was.
 *
 * Pure: no I/O, no state, any thread.
 */
#ifndef NFO_CHANGE_H
#define NFO_CHANGE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "rule.h"

enum nfo_change_kind {
	NFO_CHANGE_ALL,		/* every flow: the ruleset, a routing rule */
	NFO_CHANGE_DEVICE,	/* .ifindex, a device that packets may pass */
	NFO_CHANGE_MAC,		/* .mac: who was, or is, behind this address */
	NFO_CHANGE_PREFIX,	/* .family, .addr, .len: a route to there */
};

struct nfo_change {
	enum nfo_change_kind	kind;
	uint32_t		ifindex;
	uint8_t			mac[6];
	uint8_t			family;	/* AF_INET or AF_INET6 */
	uint8_t			len;	/* of the prefix, bits */
	struct in6_addr		addr;	/* IPv4 uses the first four bytes */
};

/* Where a flow's packets go to, as far as its rule says. */
struct nfo_change_end {
	uint8_t		family;		/* 0: none */
	struct in6_addr	addr;		/* as in struct nfo_change */
};

/* nfo_change_flow: what of a flow can be concerned by a change. */
struct nfo_change_flow {
	uint32_t		iif;	/* ingress port; 0: unknown */
	uint32_t		oif;	/* egress port; 0: none */
	uint8_t			mac[6];	/* next hop; 0: none */
	struct nfo_change_end	dst;	/* after NAT */
	struct nfo_change_end	tunnel;	/* far end, of the outer header */
};

/*
 * nfo_change_flow_init: the facts of a flow that comes in at @iif and has
 * @rule, which may be NULL: then nothing else is known.
 */
void nfo_change_flow_init(struct nfo_change_flow *flow, uint32_t iif,
			  const struct nfo_rule *rule);

/* nfo_change_concerns: may @change make @flow untrue? */
bool nfo_change_concerns(const struct nfo_change *change,
			 const struct nfo_change_flow *flow);

/* nfo_change_equal: do @a and @b say the same? */
bool nfo_change_equal(const struct nfo_change *a, const struct nfo_change *b);

#endif /* NFO_CHANGE_H */
