/* SPDX-License-Identifier: Apache-2.0 */

/* command: "ovs-appctl nft-offload/...", in text and with --format json.
 *
 *     flows [ovs|flowtable]   each flow with state, reason, place, counters
 *     why UFID|FLOW           the whole story of one flow
 *     stats                   what has happened so far, refusals by reason
 *     table                   how many flows by source and port
 *
 * Commands run in the main thread, and read the table without a lock of its
 * own; nothing of the hardware waits for them. */

#ifndef COMMAND_H
#define COMMAND_H 1

struct nft_offload;

/* 'offload' is what commands are about from now on.  Registers them with the
 * first. */
void command_attach(struct nft_offload *);

/* No command touches 'offload' any more. */
void command_detach(struct nft_offload *);

#endif /* command.h */
