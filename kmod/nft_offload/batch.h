/* SPDX-License-Identifier: GPL-2.0-only */
/* What the provider says of several flows at once. */
#ifndef NFT_OFFLOAD_BATCH_H
#define NFT_OFFLOAD_BATCH_H

#include <linux/nft_offload.h>
#include <net/netlink.h>

struct genl_info;
struct sk_buff;

extern const struct nla_policy batch_result_policy[NFT_OFFLOAD_ATTR_FLOWS + 1];
extern const struct nla_policy batch_stats_policy[NFT_OFFLOAD_ATTR_FLOWS + 1];
extern const struct nla_policy
batch_teardown_policy[NFT_OFFLOAD_ATTR_FLOWS + 1];

int batch_result(struct sk_buff *skb, struct genl_info *info);
int batch_stats(struct sk_buff *skb, struct genl_info *info);
int batch_teardown(struct sk_buff *skb, struct genl_info *info);

#endif /* NFT_OFFLOAD_BATCH_H */
