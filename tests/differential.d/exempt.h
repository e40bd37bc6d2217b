/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exempt: what is not compared, as the kernel's software is wrong there, or
 * not of one mind. Each case is as narrow as it can be, with the reason in
 * exempt.c.
 *
 * Threads: nothing here locks or keeps state.
 */
#ifndef EXEMPT_H
#define EXEMPT_H

#include <stdbool.h>

#include "frame.h"
#include "rule.h"

/* Does software do something else with this rule than what it says? */
bool exempt_rule(const struct nfo_rule *rule);

/* May software do what is not to be foreseen with this frame? */
bool exempt_frame(const struct frame *frame);

/* And with this one, where there is a router? */
bool exempt_routed(const struct frame *frame);

/* And with this one, where there is a bridge of Open vSwitch? */
bool exempt_bridged(const struct frame *frame);

/* And with this one, where there are rules with ct? */
bool exempt_tracked(const struct frame *frame);

/* May hardware drop this one where a router or a bridge in software does not? */
bool exempt_drop(const struct frame *frame);

#endif /* EXEMPT_H */
