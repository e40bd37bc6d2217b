/* SPDX-License-Identifier: Apache-2.0 */

/* worker: the one housekeeping thread of a provider: reads counters, follows
 * links, puts back what has vanished, removes what nobody claims; and looks
 * after the connections of nftables flowtables (nft.h), and answers people who
 * ask (listener.h).
 *
 * Counters are read as often as a tenth of the thread's time allows, from ten
 * times a second to once in three seconds, so that dumps, which come from
 * memory, are never older than that. */

#ifndef WORKER_H
#define WORKER_H 1

struct nft_offload;
struct worker;

/* Starts the thread; stops and joins it. */
struct worker *worker_create(struct nft_offload *);
void worker_destroy(struct worker *);

/* Has the counters read now.  Does not wait.  Any thread. */
void worker_kick(struct worker *);

/* The same, and waits until they are, a second at the most, for people who
 * look at a small table right after their packets; a large one is not waited
 * for.  With a table, any thread but the revalidators'. */
void worker_kick_and_wait(struct worker *);

#endif /* worker.h */
