/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: a process that outlives nft-offloadd.
 *
 * Rules in hardware go on forwarding when the daemon has died, past every
 * change of the firewall. The module takes its flows back to software after
 * the grace, but cannot remove rules. So the daemon forks a guard at its
 * start, when it is still small: it holds nothing but the end of a pipe, and
 * when the daemon is gone without a word, waits for the grace and then, if no
 * other provider has come, removes all rules of ours.
 */
#ifndef NFT_OFFLOADD_GUARD_H
#define NFT_OFFLOADD_GUARD_H

#include <stdint.h>

struct guard {
	int fd;		/* the daemon's end of the pipe; -1: no guard */
};

/*
 * guard_start: forks the guard. It does nothing until it is armed. @grace_ms:
 * how long it waits, milliseconds. 0 or negative errno. Before any thread and
 * before anything that the guard should not have.
 */
int guard_start(struct guard *guard, uint32_t grace_ms);

/* guard_grace: it waits @grace_ms milliseconds from now on. */
void guard_grace(struct guard *guard, uint32_t grace_ms);

/* guard_arm: from now on there may be rules to remove. */
void guard_arm(struct guard *guard);

/* guard_dismiss: all rules are gone in good order; the guard ends, too. */
void guard_dismiss(struct guard *guard);

#endif
