/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again: a difference as one word, for differential --again: the rules of a set
 * that are there, and a packet.
 *
 *	KIND/PORT:CHAIN:PRIO:RULE/.../PORT:PACKET
 *
 * KIND is h where hardware's rules are in hardware only, b where in both. RULE is, in
 * hex digits, the kernel's message for it (RTM_NEWTFILTER) with port numbers for
 * those of devices. Threads: the caller's only.
 */
#ifndef AGAIN_H
#define AGAIN_H

#include <stdio.h>

#include "frame.h"
#include "ruleset.h"

/* Writes the word for the rules and @frame. 0, or a negative errno, then part of it. */
int again_print(const struct ruleset *set, const struct frame *frame, FILE *to);

/*
 * Reads a word: its rules become the entries of @set, which has none, and are not
 * there yet. 0, -EINVAL if it is none, or -ENOMEM.
 */
int again_read(struct ruleset *set, struct frame *frame, const char *word);

#endif /* AGAIN_H */
