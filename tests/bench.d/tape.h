/* SPDX-License-Identifier: Apache-2.0 */

/* tape: the netlink messages that the provider sends, kept, so that they can be
 * sent once more without what it takes to make them: the most that TC gives.
 *
 * Between tape_record() and tape_stop() every rule that this process puts or
 * deletes by sendto(), which is how the library does it, goes onto the tape as
 * well. */

#ifndef TAPE_H
#define TAPE_H 1

#include <stddef.h>

struct tape {
    char *data;                 /* Messages, one behind the other, aligned. */
    size_t used, allocated;
    size_t n;                   /* How many. */
};

/* Empties 'tape' and records on it from now on. */
void tape_record(struct tape *tape);
void tape_stop(void);

/* Sends the messages of 'tape' from 'n_threads' sockets, a share each, in
 * batches of half a megabyte of which the last message asks for an answer.
 * Returns the seconds that it takes.  Ends the process where the kernel refuses
 * a message. */
double tape_replay(struct tape *tape, size_t n_threads);

#endif /* tape.h */
