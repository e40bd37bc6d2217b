/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts a rule is made of; private to rule*.c. */
#ifndef NFT_OFFLOAD_RULE_PART_H
#define NFT_OFFLOAD_RULE_PART_H

#include <linux/types.h>

struct flow_offload_tuple;
struct flow_rule;
struct ip_tunnel_info;
struct sk_buff;

/**
 * struct rule_draft - a rule in the making
 * @in: the direction of the flowtable's entry that it is for
 * @out: the other one, which says how packets leave
 * @skb: collects the attributes
 * @iif: as in struct rule
 * @oif: as in struct rule
 * @tunnel: as in struct rule
 * @reason: the first one found
 * @text: its words
 */
struct rule_draft {
	const struct flow_offload_tuple	*in;
	const struct flow_offload_tuple	*out;
	struct sk_buff			*skb;
	int				iif;
	int				oif;
	bool				tunnel;
	u32				reason;
	const char			*text;
};

void rule_draft_refuse(struct rule_draft *draft, u32 reason, const char *text);

/* rule_tag.c */
int rule_put_tags(struct rule_draft *draft);
int rule_put_tag_actions(struct rule_draft *draft);

/* rule_tunnel.c */
int rule_put_tunnel(struct rule_draft *draft, const struct flow_rule *rule);
int rule_put_tunnel_set(struct rule_draft *draft,
			const struct ip_tunnel_info *info);

#endif /* NFT_OFFLOAD_RULE_PART_H */
