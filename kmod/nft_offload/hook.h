/* SPDX-License-Identifier: GPL-2.0-only */
/* The packet path of flowtables of family inet. */
#ifndef NFT_OFFLOAD_HOOK_H
#define NFT_OFFLOAD_HOOK_H

#include <linux/netfilter.h>

unsigned int hook_inet(void *priv, struct sk_buff *skb,
		       const struct nf_hook_state *state);

#endif /* NFT_OFFLOAD_HOOK_H */
