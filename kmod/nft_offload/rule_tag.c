// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tags of a flow: VLAN ids on input, what is taken off and put on.
 *
 * They are those of the flowtable's entry, outer one first, both ways
 * (flow_offload_fill_route() in net/netfilter/nf_flow_table_core.c). A tag in
 * in_vlan_ingress is one that the packets have for the host only, not on the
 * wire: a switch adds and removes it (DEV_PATH_BR_VLAN_UNTAG_HW).
 */
#include <linux/if_ether.h>
#include <linux/nft_offload.h>
#include <net/flow_offload.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netlink.h>
#include "rule_part.h"

static bool rule_on_wire(const struct flow_offload_tuple *tuple, int i)
{
	return !(tuple->in_vlan_ingress & BIT(i));
}

static bool rule_is_tag(__be16 proto)
{
	return proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD);
}

/**
 * rule_put_tags() - puts the tags that packets come in with into the match
 * @draft: the rule; refused if there is something other than a tag
 *
 * Return: 0 or -EMSGSIZE.
 */
int rule_put_tags(struct rule_draft *draft)
{
	static const u16 ids[NF_FLOW_TABLE_ENCAP_MAX] = {
		NFT_OFFLOAD_MATCH_ATTR_VLAN_ID,
		NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID,
	};
	static const u16 tpids[NF_FLOW_TABLE_ENCAP_MAX] = {
		NFT_OFFLOAD_MATCH_ATTR_VLAN_TPID,
		NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID,
	};
	const struct flow_offload_tuple *tuple = draft->in;
	int i, n = 0;

	for (i = 0; i < tuple->encap_num; i++) {
		if (!rule_on_wire(tuple, i))
			continue;
		if (!rule_is_tag(tuple->encap[i].proto)) {
			rule_draft_refuse(draft,
					  NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
					  "comes in as PPPoE, which TC cannot take off");
			return 0;
		}
		if (nla_put_u16(draft->skb, ids[n], tuple->encap[i].id) ||
		    nla_put_be16(draft->skb, tpids[n], tuple->encap[i].proto))
			return -EMSGSIZE;
		n++;
	}
	return 0;
}

/**
 * rule_put_tag_actions() - takes off what came in, puts on what is to go out
 * @draft: the rule; refused if there is something other than a tag
 *
 * The tag put on last is the outer one.
 *
 * Return: 0 or -EMSGSIZE.
 */
int rule_put_tag_actions(struct rule_draft *draft)
{
	struct nft_offload_vlan vlan;
	int i;

	for (i = 0; i < draft->in->encap_num; i++)
		if (rule_on_wire(draft->in, i) &&
		    nla_put_flag(draft->skb, NFT_OFFLOAD_ACTION_ATTR_VLAN_POP))
			return -EMSGSIZE;
	for (i = draft->out->encap_num - 1; i >= 0; i--) {
		if (!rule_on_wire(draft->out, i))
			continue;
		if (!rule_is_tag(draft->out->encap[i].proto)) {
			rule_draft_refuse(draft,
					  NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED,
					  "leaves as PPPoE, which TC cannot put on");
			return 0;
		}
		vlan.id = draft->out->encap[i].id;
		vlan.tpid = draft->out->encap[i].proto;
		if (nla_put(draft->skb, NFT_OFFLOAD_ACTION_ATTR_VLAN_PUSH,
			    sizeof(vlan), &vlan))
			return -EMSGSIZE;
	}
	return 0;
}
