/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duel: the same packets through both sides, and whether the same came out.
 *
 * Threads: the caller's only.
 */
#ifndef DUEL_H
#define DUEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "side.h"

/* Frames of one burst, at the most; a rule may make five of one. */
#define DUEL_BURST	256

struct duel {
	struct side	hw;
	struct side	sw;
	uint64_t	packets;	/* sent into each */
	/*
	 * Some of the work is done by processes, later; and software corrects
	 * a checksum where hardware makes it anew, so that a wrong one is not
	 * compared.
	 */
	bool		late;
	bool		router;	/* numbers its own packets at random */
};

/*
 * Opens both sides; they must be of the same shape. @duel is all zero but for
 * what is said above. 0 or a negative errno.
 */
int duel_open(struct duel *duel);

void duel_close(struct duel *duel);

/* Is this frame one that cannot be compared (exempt.h)? */
bool duel_exempt(const struct duel *duel, const struct frame *frame);

/*
 * Sends @n frames, all of one port, into both. 1 if what came out differs, 0
 * if it does not, or a negative errno. Where some are late, those with right
 * checksums and those with wrong ones are best not mixed. One that is exempt
 * does not differ, and is not to be among others.
 */
int duel_burst(struct duel *duel, const struct frame *frames, size_t n);

/*
 * Sends one frame into both. 1 if one frame came out, the same at both: it is
 * in @out; 0 if none or more did, -EBADMSG if the sides differ, which is told,
 * or another negative errno.
 */
int duel_ask(struct duel *duel, const struct frame *frame, struct frame *out);

/* Sends one frame into both and writes what came out of each to @to. */
int duel_show(struct duel *duel, const struct frame *frame, FILE *to);

#endif /* DUEL_H */
