/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialect_part: what the files that make up the dialect share. Private to them;
 * the interface is dialect.h.
 *
 *	dialect_data.c		the drivers, a row each
 *	dialect_rephrase.c	other words for the same
 *	dialect_match.c		may the match be said?
 *	dialect_action.c	may the actions be said?
 *	dialect_set.c		may a rewrite be said?
 *	dialect.c		find, say
 */
#ifndef NFO_DIALECT_PART_H
#define NFO_DIALECT_PART_H

#include "dialect.h"

/* A rule that is to be said, on its way. */
struct nfo_saying {
	const struct nfo_dialect *dialect;
	const struct nfo_dialect_place *place;
	struct nfo_rule *rule;		/* as said up to now */
	bool hw_only;
	char *text;			/* NFT_OFFLOAD_TEXT_MAX bytes */
};

/* Says why not, after the dialect's name. False, for the caller to return. */
bool nfo_saying_refuse(struct nfo_saying *saying, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Puts what the rule says in the words that its driver knows, as far as there
 * are any. 0 or -ENOMEM.
 */
int nfo_saying_rephrase(struct nfo_saying *saying);

/* May the match, the actions, a rewrite be said? Else why not. */
bool nfo_saying_match(struct nfo_saying *saying);
bool nfo_saying_actions(struct nfo_saying *saying);
bool nfo_saying_sets(struct nfo_saying *saying);

#endif /* NFO_DIALECT_PART_H */
