/* SPDX-License-Identifier: Apache-2.0 */

/* listener: the socket over which nft-offload and nft-offload-exporter ask, as
 * they ask nft-offloadd: nft-offload.sock in OVS's run directory.
 *
 * What is answered is made by the daemon's own code (daemon/control.h,
 * daemon/report.h); here is what only OVS knows of its flows.  Besides the user
 * of ovs-vswitchd members of the group nft-offload may ask, if there is one and
 * ovs-vswitchd may give the socket to it.  Nothing can be changed this way.
 *
 * All functions: the worker's thread, under OVS's RCU. */

#ifndef LISTENER_H
#define LISTENER_H 1

struct listener;
struct nft;
struct nft_offload;

/* One that does not listen yet.  'nft' must live longer. */
struct listener *listener_create(struct nft_offload *, struct nft *);

/* Hangs up and removes the socket.  NULL is fine. */
void listener_destroy(struct listener *);

/* Listens, if it does not yet and can; answers what can be answered without
 * waiting; works out rates while somebody looks. */
void listener_run(struct listener *);

/* Wakes up poll_block() when listener_run() has something to do. */
void listener_wait(struct listener *);

#endif /* listener.h */
