/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bridge: a set of rules in the bridges "hbr" and "sbr" of Open vSwitch, the same
 * in both, by ovs-ofctl, which says itself what it does not like.
 *
 * One rule more gives back by the port where they came in, as if each had never
 * been seen before, frames that side.h calls bells.
 *
 * Threads: the caller's only.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stdbool.h>

#include "ruleset.h"

/*
 * Puts those of @set that are there into both, in place of all others, and
 * makes the datapath forget what it knew. 0 or a negative errno: -EINVAL where
 * Open vSwitch does not take them.
 */
int bridge_load(const struct ruleset *set);

/* The same, but for entry @i only, there or not. As bridge_load(). */
int bridge_put(const struct ruleset *set, unsigned int i, bool there);

#endif /* BRIDGE_H */
