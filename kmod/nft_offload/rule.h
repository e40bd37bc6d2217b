/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to be placed for one flow, as user space is told it. */
#ifndef NFT_OFFLOAD_RULE_H
#define NFT_OFFLOAD_RULE_H

#include <linux/types.h>

struct flow_offload;
struct flow_rule;

/**
 * struct rule - match and actions of a flow
 * @iif: ifindex it comes in by, 0 if the match does not say
 * @oif: ifindex it goes out by, 0 if no action says
 * @reason: why no provider can place it (enum nft_offload_reason), or NONE
 * @text: that in words, of static duration, or NULL
 * @tunnel: it comes out of a tunnel, @iif is the tunnel's device
 * @match_len: bytes of NFT_OFFLOAD_FLOW_ATTR_MATCH in @attrs, padded
 * @len: bytes of @attrs: the match, then NFT_OFFLOAD_FLOW_ATTR_ACTIONS,
 *	 which is missing where @reason was found on the way
 * @attrs: the attributes as they go into a message
 *
 * Two rules say the same if these bytes are the same. A rule is changed only
 * by rule_refuse(), before others see it, so it needs no lock.
 */
struct rule {
	int		iif;
	int		oif;
	u32		reason;
	const char	*text;
	bool		tunnel;
	u32		match_len;
	u32		len;
	u8		attrs[];
};

struct rule *rule_new(const struct flow_rule *flow_rule,
		      const struct flow_offload *offload, u8 dir);
void rule_refuse(struct rule *rule, u32 reason, const char *text);
bool rule_equal(const struct rule *a, const struct rule *b);
void rule_free(struct rule *rule);

#endif /* NFT_OFFLOAD_RULE_H */
