/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tunnel: rules that put an outer header on or look at one that is taken off,
 * and packets with one.
 *
 * A side has a tunnel device of each kind, behind its last port, which is the
 * uplink: topology.sh, where the addresses are, too. The devices' numbers follow
 * those of the ports. Threads: nothing here locks or keeps state.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "dice.h"
#include "frame.h"
#include "rule.h"

enum tunnel_kind {
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,

	TUNNEL_KINDS,
};

/* What a side's device of this kind is called behind the side's letter. */
extern const char *const tunnel_names[TUNNEL_KINDS];

/*
 * Makes a rule that ends in an output end in a tunnel: @first is the number in
 * rules (invent.h) of the first tunnel device. 0, or -ENOMEM or -E2BIG.
 */
int tunnel_send(struct nfo_rule *rule, struct dice *dice, unsigned int first);

/*
 * Makes a rule one of a tunnel device: it matches the outer header, too, and
 * forgets it. As tunnel_send().
 */
int tunnel_receive(struct nfo_rule *rule, struct dice *dice);

/*
 * Puts outer headers before a frame, for the device of @kind or nearly so, up to
 * @max bytes in all; a longer frame is cut.
 */
void tunnel_wrap(struct frame *frame, struct dice *dice, enum tunnel_kind kind,
		 unsigned int max);

#endif /* TUNNEL_H */
