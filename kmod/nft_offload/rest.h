/* SPDX-License-Identifier: GPL-2.0-only */
/* What hardware carried of a flow that has ended and is not counted yet. */
#ifndef NFT_OFFLOAD_REST_H
#define NFT_OFFLOAD_REST_H

#include <linux/types.h>

struct flow;
struct offload;

void rest_net_init(struct offload *off);
void rest_net_exit(struct offload *off);
void rest_keep(struct offload *off, const struct flow *flow);
bool rest_settle(struct offload *off, u64 id, u64 packets, u64 bytes);

#endif /* NFT_OFFLOAD_REST_H */
