/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module says: to the provider, to observers, in dumps. */
#ifndef NFT_OFFLOAD_MESSAGE_H
#define NFT_OFFLOAD_MESSAGE_H

#include <linux/types.h>

struct flow;
struct netlink_callback;
struct offload;
struct sk_buff;

/* The only multicast group, by its place in the family's list. */
#define MESSAGE_GROUP	0

int message_flow_new(struct offload *off, const struct flow *flow);
int message_flow_del(struct offload *off, u64 id);
void message_flow_unknown(struct offload *off, u64 id);
void message_flow_result(struct offload *off, const struct flow *flow);
void message_provider_bound(struct offload *off);
void message_provider_left(struct offload *off, u32 grace_ms);
int message_flow_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct flow *flow);
int message_flow_count(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct flow *flow);

#endif /* NFT_OFFLOAD_MESSAGE_H */
