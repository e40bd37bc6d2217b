// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns the kernel's flow rule into the attributes that user space
 * is told.
 *
 * What a flow rule of a flowtable can contain: net/netfilter/
 * nf_flow_table_offload.c, nf_flow_rule_match() and nf_flow_rule_route_*().
 * All its masks are exact but that of the TCP flags. What is not known here
 * makes the flow stay in software: a rule with a key or an action left out
 * would be a wrong one.
 *
 * Of tags the kernel's rule is not believed: it leaves out 802.1ad and puts
 * the outer tag on before the inner one. They are read from the flowtable's
 * entry, as the kernel's software does (rule_tag.c).
 */
#include <linux/err.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/nft_offload.h>
#include <net/flow_offload.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netlink.h>
#include "rule.h"
#include "rule_part.h"

/* All attributes of the match together, and all actions at their largest. */
#define RULE_MATCH_SIZE	256
#define RULE_SIZE	(RULE_MATCH_SIZE + NLA_HDRLEN + NFT_OFFLOAD_ACTIONS_MAX * \
			 nla_total_size(sizeof(struct nft_offload_mangle)) + \
			 nla_total_size(sizeof(struct nft_offload_tunnel)))

#define RULE_KEYS	(BIT_ULL(FLOW_DISSECTOR_KEY_META) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_CONTROL) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_BASIC) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_IPV4_ADDRS) |	\
			 BIT_ULL(FLOW_DISSECTOR_KEY_IPV6_ADDRS) |	\
			 BIT_ULL(FLOW_DISSECTOR_KEY_PORTS) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_TCP) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_VLAN) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_CVLAN) |		\
			 BIT_ULL(FLOW_DISSECTOR_KEY_ENC_CONTROL) |	\
			 BIT_ULL(FLOW_DISSECTOR_KEY_ENC_KEYID) |	\
			 BIT_ULL(FLOW_DISSECTOR_KEY_ENC_IPV4_ADDRS) |	\
			 BIT_ULL(FLOW_DISSECTOR_KEY_ENC_IPV6_ADDRS))

/**
 * rule_draft_refuse() - no provider can place what is in the making
 * @draft: the rule
 * @reason: why, unless it has been refused before
 * @text: that in words, of static duration, or NULL
 */
void rule_draft_refuse(struct rule_draft *draft, u32 reason, const char *text)
{
	if (draft->reason)
		return;
	draft->reason = reason;
	draft->text = text;
}

static bool rule_has(const struct flow_rule *rule, enum flow_dissector_key_id key)
{
	return flow_rule_match_key(rule, key);
}

static int rule_put_addresses(struct sk_buff *skb, const struct flow_rule *rule)
{
	struct flow_match_ipv4_addrs v4;
	struct flow_match_ipv6_addrs v6;

	if (rule_has(rule, FLOW_DISSECTOR_KEY_IPV4_ADDRS)) {
		flow_rule_match_ipv4_addrs(rule, &v4);
		if (nla_put_in_addr(skb, NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC,
				    v4.key->src) ||
		    nla_put_in_addr(skb, NFT_OFFLOAD_MATCH_ATTR_IPV4_DST,
				    v4.key->dst))
			return -EMSGSIZE;
	}
	if (rule_has(rule, FLOW_DISSECTOR_KEY_IPV6_ADDRS)) {
		flow_rule_match_ipv6_addrs(rule, &v6);
		if (nla_put_in6_addr(skb, NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC,
				     &v6.key->src) ||
		    nla_put_in6_addr(skb, NFT_OFFLOAD_MATCH_ATTR_IPV6_DST,
				     &v6.key->dst))
			return -EMSGSIZE;
	}
	return 0;
}

static int rule_put_transport(struct sk_buff *skb, const struct flow_rule *rule)
{
	struct flow_match_ports ports;
	struct flow_match_tcp tcp;

	if (rule_has(rule, FLOW_DISSECTOR_KEY_PORTS)) {
		flow_rule_match_ports(rule, &ports);
		if (nla_put_be16(skb, NFT_OFFLOAD_MATCH_ATTR_SPORT,
				 ports.key->src) ||
		    nla_put_be16(skb, NFT_OFFLOAD_MATCH_ATTR_DPORT,
				 ports.key->dst))
			return -EMSGSIZE;
	}
	if (rule_has(rule, FLOW_DISSECTOR_KEY_TCP)) {
		flow_rule_match_tcp(rule, &tcp);
		if (nla_put_be16(skb, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS,
				 tcp.key->flags) ||
		    nla_put_be16(skb, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK,
				 tcp.mask->flags))
			return -EMSGSIZE;
	}
	return 0;
}

static int rule_put_basics(struct rule_draft *draft, const struct flow_rule *rule)
{
	struct flow_match_control control;
	struct flow_match_basic basic;
	struct flow_match_meta meta;

	if (rule_has(rule, FLOW_DISSECTOR_KEY_META)) {
		flow_rule_match_meta(rule, &meta);
		draft->iif = meta.key->ingress_ifindex;
		if (nla_put_u32(draft->skb, NFT_OFFLOAD_MATCH_ATTR_IIF,
				draft->iif))
			return -EMSGSIZE;
	}
	if (rule_has(rule, FLOW_DISSECTOR_KEY_CONTROL)) {
		flow_rule_match_control(rule, &control);
		if (control.mask->flags)
			rule_draft_refuse(draft,
					  NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
					  "matches on fragments");
	}
	if (rule_has(rule, FLOW_DISSECTOR_KEY_BASIC)) {
		flow_rule_match_basic(rule, &basic);
		if (nla_put_be16(draft->skb, NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE,
				 basic.key->n_proto) ||
		    nla_put_u8(draft->skb, NFT_OFFLOAD_MATCH_ATTR_IP_PROTO,
			       basic.key->ip_proto))
			return -EMSGSIZE;
	}
	return 0;
}

/* Known keys are put even if the match is refused: they say which flow it is. */
static int rule_put_match(struct rule_draft *draft, const struct flow_rule *rule)
{
	u64 keys = rule->match.dissector->used_keys;
	struct nlattr *nest;

	nest = nla_nest_start(draft->skb, NFT_OFFLOAD_FLOW_ATTR_MATCH);
	if (!nest ||
	    rule_put_basics(draft, rule) ||
	    rule_put_addresses(draft->skb, rule) ||
	    rule_put_transport(draft->skb, rule) ||
	    rule_put_tags(draft) ||
	    rule_put_tunnel(draft, rule))
		return -EMSGSIZE;
	nla_nest_end(draft->skb, nest);

	if (keys & ~RULE_KEYS)
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
				  "matches on an unknown key");
	if (!draft->iif)
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
				  "does not match on the input device");
	return 0;
}

/* Returns 0, -EMSGSIZE, or -EOPNOTSUPP for what user space has no word for. */
static int rule_put_action(struct rule_draft *draft,
			   const struct flow_action_entry *entry)
{
	struct nft_offload_mangle mangle;
	struct sk_buff *skb = draft->skb;

	switch (entry->id) {
	case FLOW_ACTION_REDIRECT:
		draft->oif = entry->dev->ifindex;
		if (rule_put_tag_actions(draft))
			return -EMSGSIZE;
		return nla_put_u32(skb, NFT_OFFLOAD_ACTION_ATTR_REDIRECT,
				   draft->oif);
	case FLOW_ACTION_MANGLE:
		/* enum flow_action_mangle_base counts as pedit_header_type. */
		mangle.htype = entry->mangle.htype;
		mangle.offset = entry->mangle.offset;
		mangle.mask = entry->mangle.mask;
		mangle.value = entry->mangle.val;
		return nla_put(skb, NFT_OFFLOAD_ACTION_ATTR_MANGLE,
			       sizeof(mangle), &mangle);
	case FLOW_ACTION_CSUM:
		return nla_put_u32(skb, NFT_OFFLOAD_ACTION_ATTR_CSUM,
				   entry->csum_flags);
	case FLOW_ACTION_TUNNEL_ENCAP:
		return rule_put_tunnel_set(draft, entry->tunnel);
	case FLOW_ACTION_TUNNEL_DECAP:
		return nla_put_flag(skb, NFT_OFFLOAD_ACTION_ATTR_TUNNEL_RELEASE);
	/* See rule_put_tag_actions(). A tag without an action says ACCEPT. */
	case FLOW_ACTION_ACCEPT:
	case FLOW_ACTION_VLAN_POP:
	case FLOW_ACTION_VLAN_PUSH:
	case FLOW_ACTION_PPPOE_PUSH:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/*
 * The kernel's function has made no actions (flowtable_action()). What stops
 * it for each way of transmitting: flow_offload_eth_src(), .._eth_dst() and
 * .._redirect() in nf_flow_table_offload.c. While packets come in software it
 * is asked again about once a second, so what passes is noticed.
 */
static void rule_diagnose(struct rule_draft *draft,
			  const struct flow_offload_tuple *tuple)
{
	switch (tuple->xmit_type) {
	case FLOW_OFFLOAD_XMIT_XFRM:
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_XFRM, NULL);
		break;
	case FLOW_OFFLOAD_XMIT_NEIGH:
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_NEIGHBOUR, NULL);
		break;
	default:
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_PORT_GONE,
				  "the output device has gone");
	}
}

static int rule_put_actions(struct rule_draft *draft,
			    const struct flow_action *actions)
{
	struct nlattr *nest;
	unsigned int i;
	int err;

	if (actions->num_entries > NFT_OFFLOAD_ACTIONS_MAX) {
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS,
				  NULL);
		return 0;
	}
	nest = nla_nest_start(draft->skb, NFT_OFFLOAD_FLOW_ATTR_ACTIONS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < actions->num_entries; i++) {
		err = rule_put_action(draft, &actions->entries[i]);
		if (err == -EOPNOTSUPP) {
			nla_nest_cancel(draft->skb, nest);
			rule_draft_refuse(draft,
					  NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED,
					  "needs an unknown action");
			return 0;
		}
		if (err)
			return err;
	}
	nla_nest_end(draft->skb, nest);
	if (actions->entries[i - 1].id != FLOW_ACTION_REDIRECT)
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_NO_OUTPUT, NULL);
	return 0;
}

static struct rule *rule_from_draft(const struct rule_draft *draft, u32 match_len)
{
	struct rule *rule;

	rule = kmalloc(struct_size(rule, attrs, draft->skb->len), GFP_KERNEL);
	if (!rule)
		return ERR_PTR(-ENOMEM);
	rule->iif = draft->iif;
	rule->oif = draft->oif;
	rule->reason = draft->reason;
	rule->text = draft->text;
	rule->tunnel = draft->tunnel;
	rule->match_len = match_len;
	rule->len = draft->skb->len;
	memcpy(rule->attrs, draft->skb->data, draft->skb->len);
	return rule;
}

/**
 * rule_new() - takes down what the kernel wants placed
 * @flow_rule: the kernel's rule
 * @offload: the flowtable's entry
 * @dir: the direction that the rule is for: 0 original, 1 reply
 *
 * Return: a rule of the caller's, which may be one that no provider can place
 * (see @reason in struct rule), or an ERR_PTR: -ENOMEM, -EMSGSIZE.
 * Context: process; takes no lock.
 */
struct rule *rule_new(const struct flow_rule *flow_rule,
		      const struct flow_offload *offload, u8 dir)
{
	struct rule_draft draft = {
		.in = &offload->tuplehash[dir].tuple,
		.out = &offload->tuplehash[!dir].tuple,
	};
	struct rule *rule;
	u32 match_len;
	int err;

	draft.skb = alloc_skb(RULE_SIZE, GFP_KERNEL);
	if (!draft.skb)
		return ERR_PTR(-ENOMEM);

	err = rule_put_match(&draft, flow_rule);
	match_len = draft.skb->len;
	if (!flow_rule->action.num_entries)
		rule_diagnose(&draft, draft.in);
	if (!err && !draft.reason)
		err = rule_put_actions(&draft, &flow_rule->action);

	rule = err ? ERR_PTR(err) : rule_from_draft(&draft, match_len);
	kfree_skb(draft.skb);
	return rule;
}

/**
 * rule_refuse() - marks a rule as one that no provider can place
 * @rule: new, not yet seen by others
 * @reason: why, unless it has been refused before
 * @text: that in words, of static duration, or NULL
 */
void rule_refuse(struct rule *rule, u32 reason, const char *text)
{
	if (rule->reason)
		return;
	rule->reason = reason;
	rule->text = text;
}

/**
 * rule_equal() - do two rules say the same?
 * @a: one
 * @b: the other
 */
bool rule_equal(const struct rule *a, const struct rule *b)
{
	return a->reason == b->reason && a->len == b->len &&
	       !memcmp(a->attrs, b->attrs, a->len);
}

/**
 * rule_free() - ends a rule
 * @rule: may be NULL
 */
void rule_free(struct rule *rule)
{
	kfree(rule);
}
