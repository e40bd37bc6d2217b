/* SPDX-License-Identifier: Apache-2.0 */

/* nft: the connections of nftables flowtables, beside the flows of OVS.
 *
 * Where OVS runs, this provider is the one for both sources: the kernel module
 * nft_offload.ko tells of the connections, and they go into the same table, in
 * a band of priorities of their own (band.h).  The work is the library's
 * (flowtable_source.h), as in nft-offloadd; here it is bound to the module,
 * when that is loaded and nobody else is bound.
 *
 * When OVS ends, the rules of connections go, and these are software's again:
 * nobody would be there to take the rules away when the connections end.
 *
 * All functions: the worker's thread. */

#ifndef NFT_H
#define NFT_H 1

struct connections;
struct nfo_flowtable_source;
struct nfo_port;
struct nft;
struct nft_offload;
struct sender;

/* A source for 'offload', bound to nothing yet, that puts rules by 'sender',
 * the worker's own, whose outcomes it wants from now on. */
struct nft *nft_create(struct nft_offload *, struct sender *);

/* Lets go of the module and removes the rules.  NULL is fine. */
void nft_destroy(struct nft *);

/* Binds if that can be done now; takes what the module says, tells it what has
 * become of it.  The kernel may take its time. */
void nft_run(struct nft *);

/* Wakes up poll_block() when nft_run() has something to do. */
void nft_wait(struct nft *);

/* Counters have been read. */
void nft_count(struct nft *);

/* A link came ('before' NULL), changed, or went ('after' NULL).  A nft of NULL
 * is fine. */
void nft_port_changed(struct nft *, const struct nfo_port *before,
                      const struct nfo_port *after);

/* What the module told of its connections, as long as 'nft' is there. */
struct connections *nft_connections(struct nft *);

/* The source while it is bound, or NULL. */
struct nfo_flowtable_source *nft_source(struct nft *);

/* While hw-offload is off: removes rules of an earlier process, unless another
 * provider is at work. */
void nft_remove_leftovers(void);

#endif /* nft.h */
