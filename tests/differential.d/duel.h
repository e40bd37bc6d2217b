/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duel: the same packets through both sides, and whether the same came out.
 *
 * Threads: all functions are for the one that opened it. Each side has a thread
 * and a CPU of its own; while they are busy with a burst, the caller may make the
 * next.
 */
#ifndef DUEL_H
#define DUEL_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "side.h"

/* Frames of one burst, at the most. */
#define DUEL_BURST	1024

/* The thread of a side, and what that is to exchange. */
struct duel_worker {
	struct side	*side;
	unsigned int	cpu;
	pthread_t	thread;
	sem_t		asked;
	sem_t		answered;
	/* From asked to answered the thread's. */
	const struct frame *frames;	/* NULL: the end */
	size_t		n;
	struct outcome	*outcome;
	int		err;
};

/* What is compared of a frame, with those of its class. */
enum duel_class {
	DUEL_RIGHT,	/* everything */
	DUEL_WRONG,	/* all but checksums, which were wrong before */
	DUEL_MAY_DROP,	/* as well; and hardware may drop it (exempt.h) */
	DUEL_EXEMPT,	/* nothing (exempt.h) */

	DUEL_CLASSES = DUEL_EXEMPT,
};

struct duel {
	struct side	hw;
	struct side	sw;
	uint64_t	packets;	/* sent into each */
	bool		router;	/* numbers its own packets at random */
	bool		state;	/* so do tunnels */
	/* Bridges: what they see first a process does, the next time it is done at once. */
	bool		bridge;
	bool		hasty;	/* what differs, soon does: not to wait long */
	/* Of the last burst, by hardware and by software. */
	struct outcome	outcomes[2];
	struct frame	kept[2][DUEL_BURST];
	struct duel_worker workers[2];
};

/*
 * Opens both sides; they must be of the same shape. @duel is all zero but for
 * what is said above. 0 or a negative errno.
 */
int duel_open(struct duel *duel);

void duel_close(struct duel *duel);

/* Which frame it is in this duel. */
enum duel_class duel_class(const struct duel *duel, const struct frame *frame);

/*
 * Has @n frames, all of one class, sent into both, as they come: those of one port,
 * one after the other, cost less. They are to stay as they are until duel_end(). One
 * that is exempt is not to be among others.
 */
void duel_start(struct duel *duel, const struct frame *frames, size_t n);

/*
 * Waits for what duel_start() has begun. 1 if what came out differs, 0 if it does
 * not, or a negative errno.
 */
int duel_end(struct duel *duel);

/*
 * Both of them, and, for a bridge, once more: what a process has done for the
 * first packets, hardware does for the second. One frame that is exempt does not
 * differ.
 */
int duel_burst(struct duel *duel, const struct frame *frames, size_t n);

/* Writes what came out of one side of the last burst, and not of the other, to @to. */
void duel_tell(const struct duel *duel, FILE *to);

/*
 * Sends one frame into both. 1 if one frame came out, the same at both: it is
 * in @out; 0 if none or more did, -EBADMSG if the sides differ, which is told,
 * or another negative errno.
 */
int duel_ask(struct duel *duel, const struct frame *frame, struct frame *out);

/*
 * Sends one frame into both and writes what came out of each to @to. As
 * duel_burst().
 */
int duel_show(struct duel *duel, const struct frame *frame, FILE *to);

#endif /* DUEL_H */
