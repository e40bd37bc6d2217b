/* SPDX-License-Identifier: Apache-2.0 */

/* leftover: the rules that an ovs-vswitchd with the provider left in hardware,
 * for one that runs without it.
 *
 * Hardware goes on with them when the process ends, for the next one to take
 * them over.  One that knows nothing of them would never see the packets that
 * they forward, whatever its OpenFlow tables say. */

#ifndef LEFTOVER_H
#define LEFTOVER_H 1

/* Runs "nft-offload flush ovs" and waits for it.  Returns 0, or a positive
 * errno (EIO: it said on stderr why it failed).  For the loader, who has libc
 * alone, before main(): as long as the process has all its rights. */
int leftover_flush(void);

#endif /* leftover.h */
