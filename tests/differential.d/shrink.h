/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shrink: a difference with all that does not matter taken away.
 */
#ifndef SHRINK_H
#define SHRINK_H

#include "duel.h"
#include "ruleset.h"

/*
 * Takes away rules and actions from @set (NULL: there are none of ours), cuts
 * @frame, and clears its bytes, as long as the sides still differ. 0 or a
 * negative errno.
 */
int shrink(struct duel *duel, struct ruleset *set, struct frame *frame);

#endif /* SHRINK_H */
