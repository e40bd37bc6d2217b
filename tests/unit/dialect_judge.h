/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialect_judge: what drivers get wrong, and whether two rules mean the same.
 * Written by hand from what is known of the drivers, without the data of the
 * dialects, for the unit tests to hold these against.
 */
#ifndef DIALECT_JUDGE_H
#define DIALECT_JUDGE_H

#include "rule.h"

struct dialect_judge {
	const char *name;	/* of the dialect */
	/* What its driver refuses, or gets wrong, in @rule; NULL: nothing. */
	const char *(*wrong)(const struct nfo_rule *rule);
};

#define DIALECT_JUDGES	6

extern const struct dialect_judge dialect_judges[DIALECT_JUDGES];

/* What @said does otherwise to the packets of @rule than @rule; NULL: nothing. */
const char *dialect_other_meaning(const struct nfo_rule *rule,
				  const struct nfo_rule *said);

#endif /* DIALECT_JUDGE_H */
