// SPDX-License-Identifier: Apache-2.0
/*
 * flowtable_action: the actions of a flow, translated.
 *
 * Facts: net/netfilter/nf_flow_table_offload.c for what the kernel says (four
 * 32-bit mangles of the Ethernet header, with NAT one or four per address and
 * one per port, then the redirect), include/uapi/linux/tc_act/tc_pedit.h for
 * header types, RFC 791, 8200, 9293 and 768 for where the fields are.
 */
#include "flowtable_part.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/tc_act/tc_pedit.h>
#include <string.h>

/* A field of a header that a flow may rewrite, and its place in nfo_set. */
struct flowtable_field {
	uint32_t htype;		/* enum pedit_header_type */
	uint8_t offset;		/* in the header, bytes */
	uint8_t len;		/* bytes */
	uint8_t set;		/* offset in struct nfo_set, bytes */
};

static const struct flowtable_field flowtable_fields[] = {
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 0, 6,
	  offsetof(struct nfo_set, eth_dst) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 6, 6,
	  offsetof(struct nfo_set, eth_src) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_IP4, 12, 4,
	  offsetof(struct nfo_set, ipv4_src) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_IP4, 16, 4,
	  offsetof(struct nfo_set, ipv4_dst) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_IP6, 8, 16,
	  offsetof(struct nfo_set, ipv6_src) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_IP6, 24, 16,
	  offsetof(struct nfo_set, ipv6_dst) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_TCP, 0, 2,
	  offsetof(struct nfo_set, sport) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_TCP, 2, 2,
	  offsetof(struct nfo_set, dport) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_UDP, 0, 2,
	  offsetof(struct nfo_set, sport) },
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_UDP, 2, 2,
	  offsetof(struct nfo_set, dport) },
};

/* What the actions of a flow come to, in whatever order they were said. */
struct flowtable_actions {
	struct nfo_set value;	/* all mangles folded into one rewrite */
	struct nfo_set mask;
	bool rewrites;
	unsigned int n_pop;
	unsigned int n_push;
	struct nft_offload_vlan push[2];
	bool has_tunnel;
	struct nft_offload_tunnel tunnel;
	bool release;		/* of the tunnel that it came by */
	uint32_t oif;		/* 0: no redirect yet */
};

/* The field that byte @offset of header @htype is in, or NULL. */
static const struct flowtable_field *
flowtable_field_at(uint32_t htype, uint64_t offset)
{
	const struct flowtable_field *field;
	size_t i;

	for (i = 0; i < sizeof(flowtable_fields) / sizeof(*field); i++) {
		field = &flowtable_fields[i];
		if (field->htype == htype && offset >= field->offset &&
		    offset < (uint64_t)field->offset + field->len)
			return field;
	}
	return NULL;
}

/* Is a header of this type in the packets that the flow matches? */
static bool flowtable_has_header(const struct nfo_key *key, uint32_t htype)
{
	switch (htype) {
	case TCA_PEDIT_KEY_EX_HDR_TYPE_ETH:
		return true;
	case TCA_PEDIT_KEY_EX_HDR_TYPE_IP4:
		return key->eth_type == htons(ETH_P_IP);
	case TCA_PEDIT_KEY_EX_HDR_TYPE_IP6:
		return key->eth_type == htons(ETH_P_IPV6);
	case TCA_PEDIT_KEY_EX_HDR_TYPE_TCP:
		return key->ip_proto == IPPROTO_TCP;
	case TCA_PEDIT_KEY_EX_HDR_TYPE_UDP:
		return key->ip_proto == IPPROTO_UDP;
	default:
		return false;
	}
}

/*
 * Folds one 32-bit mangle into the rewrite, byte by byte, for the words are
 * not aligned to fields: the second Ethernet word ends one address and begins
 * the other. A later mangle of the same bits wins, as in the kernel.
 */
static enum nft_offload_reason
flowtable_mangle(struct flowtable_actions *actions, const struct nfo_key *key,
		 const struct nlattr *attr)
{
	const struct flowtable_field *field;
	struct nft_offload_mangle mangle;
	uint8_t value[4], keep[4];
	size_t at;
	int i;

	if (flowtable_size(attr, sizeof(mangle)) < 0)
		return NFT_OFFLOAD_REASON_MALFORMED;
	memcpy(&mangle, mnl_attr_get_payload(attr), sizeof(mangle));
	if (!flowtable_has_header(key, mangle.htype))
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;

	memcpy(value, &mangle.value, sizeof(value));
	memcpy(keep, &mangle.mask, sizeof(keep));
	for (i = 0; i < 4; i++) {
		uint8_t bits = ~keep[i];
		uint8_t *set_value = (uint8_t *)&actions->value;
		uint8_t *set_mask = (uint8_t *)&actions->mask;

		if (!bits)
			continue;
		field = flowtable_field_at(mangle.htype,
					   (uint64_t)mangle.offset + i);
		if (!field)
			return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
		at = field->set + mangle.offset + i - field->offset;
		set_value[at] = (set_value[at] & ~bits) | (value[i] & bits);
		set_mask[at] |= bits;
		actions->rewrites = true;
	}
	return NFT_OFFLOAD_REASON_NONE;
}

static enum nft_offload_reason
flowtable_push(struct flowtable_actions *actions, const struct nlattr *attr)
{
	struct nft_offload_vlan *vlan;

	if (flowtable_size(attr, sizeof(*vlan)) < 0)
		return NFT_OFFLOAD_REASON_MALFORMED;
	if (actions->n_push == 2)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	vlan = &actions->push[actions->n_push++];
	memcpy(vlan, mnl_attr_get_payload(attr), sizeof(*vlan));
	if (vlan->id > FLOWTABLE_VID_MAX)
		return NFT_OFFLOAD_REASON_MALFORMED;
	if (vlan->tpid != htons(ETH_P_8021Q) &&
	    vlan->tpid != htons(ETH_P_8021AD))
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	return NFT_OFFLOAD_REASON_NONE;
}

static enum nft_offload_reason
flowtable_tunnel(struct flowtable_actions *actions, const struct nlattr *attr)
{
	if (flowtable_size(attr, sizeof(actions->tunnel)) < 0)
		return NFT_OFFLOAD_REASON_MALFORMED;
	/* One header, put on by the one device it leaves by. */
	if (actions->has_tunnel)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	actions->has_tunnel = true;
	memcpy(&actions->tunnel, mnl_attr_get_payload(attr),
	       sizeof(actions->tunnel));
	return NFT_OFFLOAD_REASON_NONE;
}

static enum nft_offload_reason
flowtable_action(struct flowtable_actions *actions, const struct nfo_key *key,
		 const struct nlattr *attr)
{
	/* The packet has left by then: what follows could only be ignored. */
	if (actions->oif)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;

	switch (mnl_attr_get_type(attr)) {
	case NFT_OFFLOAD_ACTION_ATTR_REDIRECT:
		if (flowtable_size(attr, sizeof(uint32_t)) < 0)
			return NFT_OFFLOAD_REASON_MALFORMED;
		actions->oif = mnl_attr_get_u32(attr);
		return actions->oif ? NFT_OFFLOAD_REASON_NONE :
				      NFT_OFFLOAD_REASON_MALFORMED;
	case NFT_OFFLOAD_ACTION_ATTR_MANGLE:
		return flowtable_mangle(actions, key, attr);
	case NFT_OFFLOAD_ACTION_ATTR_CSUM:
		/* nfo_rule_fix_csum() finds out itself, for IPv6 as well. */
		return flowtable_size(attr, sizeof(uint32_t)) < 0 ?
		       NFT_OFFLOAD_REASON_MALFORMED : NFT_OFFLOAD_REASON_NONE;
	case NFT_OFFLOAD_ACTION_ATTR_VLAN_PUSH:
		return flowtable_push(actions, attr);
	case NFT_OFFLOAD_ACTION_ATTR_VLAN_POP:
		actions->n_pop++;
		return NFT_OFFLOAD_REASON_NONE;
	case NFT_OFFLOAD_ACTION_ATTR_TUNNEL_SET:
		return flowtable_tunnel(actions, attr);
	case NFT_OFFLOAD_ACTION_ATTR_TUNNEL_RELEASE:
		actions->release = true;
		return NFT_OFFLOAD_REASON_NONE;
	default:
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	}
}

/*
 * The UDP port is the tunnel device's, and whether an id without the flag KEY is
 * sent depends on it, too: see flowtable_source.c.
 */
static int flowtable_tunnel_set(const struct nft_offload_tunnel *from,
				struct nfo_rule *rule)
{
	struct nfo_action action = {
		.type = NFO_ACT_TUNNEL_SET,
		.tunnel = {
			.id = from->id,
			.has_id = true,
			.is_ipv6 = from->flags & NFT_OFFLOAD_TUNNEL_IPV6,
			.tos = from->tos,
			.ttl = from->ttl,
		},
	};

	if (from->flags & NFT_OFFLOAD_TUNNEL_CSUM)
		action.tunnel.flags |= NFO_TUN_CSUM;
	if (from->flags & NFT_OFFLOAD_TUNNEL_DF)
		action.tunnel.flags |= NFO_TUN_DF;
	memcpy(&action.tunnel.src, from->src, sizeof(from->src));
	memcpy(&action.tunnel.dst, from->dst, sizeof(from->dst));
	return nfo_rule_add(rule, &action);
}

/*
 * Writes the actions in the order that TC and the NICs take: the outer header
 * off, headers while the packet is as the match has seen it, checksums, tags,
 * and an outer header on.
 */
static int flowtable_build(const struct flowtable_actions *actions,
			   struct nfo_rule *rule)
{
	unsigned int i;
	int err = 0;

	if (actions->release)
		err = nfo_rule_add_plain(rule, NFO_ACT_TUNNEL_RELEASE);
	if (!err && actions->rewrites)
		err = nfo_rule_add_set(rule, &actions->value, &actions->mask);
	if (!err)
		err = nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
	if (!err)
		err = nfo_rule_fix_csum(rule);
	for (i = 0; !err && i < actions->n_pop; i++)
		err = nfo_rule_add_plain(rule, NFO_ACT_VLAN_POP);
	for (i = 0; !err && i < actions->n_push; i++)
		err = nfo_rule_add_vlan_push(rule, actions->push[i].tpid,
					     actions->push[i].id, 0);
	if (!err && actions->has_tunnel)
		err = flowtable_tunnel_set(&actions->tunnel, rule);
	if (!err)
		err = nfo_rule_add_redirect(rule, actions->oif);
	return err;
}

enum nft_offload_reason
nfo_flowtable_actions(const struct nlattr *nest, struct nfo_rule *rule)
{
	struct flowtable_actions actions;
	enum nft_offload_reason reason;
	const struct nlattr *attr;
	unsigned int tags;

	memset(&actions, 0, sizeof(actions));
	mnl_attr_for_each_nested(attr, nest) {
		reason = flowtable_action(&actions, &rule->key, attr);
		if (reason)
			return reason;
	}
	if (!actions.oif)
		return NFT_OFFLOAD_REASON_NO_OUTPUT;

	/* Only tags that the match pins are there to be taken off. */
	tags = !!rule->mask.vlan_tpid[0] + !!rule->mask.vlan_tpid[1];
	if (actions.n_pop > tags)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	/* And only a tunnel that it pins; what came by one has to leave it. */
	if (actions.release != !!rule->mask.tun_id)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;

	switch (flowtable_build(&actions, rule)) {
	case 0:
		return NFT_OFFLOAD_REASON_NONE;
	case -ENOMEM:
		return NFT_OFFLOAD_REASON_NO_MEMORY;
	case -E2BIG:
		return NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS;
	default:
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	}
}
