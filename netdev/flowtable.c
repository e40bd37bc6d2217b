// SPDX-License-Identifier: Apache-2.0
/*
 * flowtable: see flowtable.h.
 *
 * Facts: net/netfilter/nf_flow_table_offload.c for what the kernel says (four
 * 32-bit mangles of the Ethernet header, with NAT one or four per address and
 * one per port, then the redirect), include/uapi/linux/tc_act/tc_pedit.h for
 * header types, RFC 791, 8200, 9293 and 768 for where the fields are.
 */
#include "flowtable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/tc_act/tc_pedit.h>
#include <net/if.h>
#include <string.h>

/* FIN, SYN and RST (RFC 9293, section 3.1). */
#define FLOWTABLE_TCP_ENDS	0x0007
#define FLOWTABLE_VID_MAX	4094

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
	uint32_t oif;		/* 0: no redirect yet */
};

static int flowtable_size(const struct nlattr *attr, size_t size)
{
	return mnl_attr_get_payload_len(attr) == size ? 0 : -EBADMSG;
}

/* One attribute of a flow; of those unknown here nothing is wanted. */
static int flowtable_parse_attr(const struct nlattr *attr,
				struct nfo_flowtable_flow *flow)
{
	static const uint8_t types[NFT_OFFLOAD_FLOW_ATTR_MAX + 1] = {
		[NFT_OFFLOAD_FLOW_ATTR_ID] = MNL_TYPE_U64,
		[NFT_OFFLOAD_FLOW_ATTR_GEN] = MNL_TYPE_U32,
		[NFT_OFFLOAD_FLOW_ATTR_CT_ID] = MNL_TYPE_U32,
		[NFT_OFFLOAD_FLOW_ATTR_CT_ZONE] = MNL_TYPE_U16,
		[NFT_OFFLOAD_FLOW_ATTR_TABLE] = MNL_TYPE_NUL_STRING,
		[NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE] = MNL_TYPE_NUL_STRING,
		[NFT_OFFLOAD_FLOW_ATTR_PRIORITY] = MNL_TYPE_U32,
		[NFT_OFFLOAD_FLOW_ATTR_MATCH] = MNL_TYPE_NESTED,
		[NFT_OFFLOAD_FLOW_ATTR_ACTIONS] = MNL_TYPE_NESTED,
		[NFT_OFFLOAD_FLOW_ATTR_MTU] = MNL_TYPE_U32,
		[NFT_OFFLOAD_FLOW_ATTR_STATE] = MNL_TYPE_U8,
		[NFT_OFFLOAD_FLOW_ATTR_REASON] = MNL_TYPE_U32,
		[NFT_OFFLOAD_FLOW_ATTR_PACKETS] = MNL_TYPE_U64,
		[NFT_OFFLOAD_FLOW_ATTR_BYTES] = MNL_TYPE_U64,
	};
	uint16_t type = mnl_attr_get_type(attr);

	if (type > NFT_OFFLOAD_FLOW_ATTR_MAX || !types[type])
		return 0;
	if (mnl_attr_validate(attr, types[type]) < 0)
		return -EBADMSG;

	switch (type) {
	case NFT_OFFLOAD_FLOW_ATTR_ID:
		flow->id = mnl_attr_get_u64(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_GEN:
		flow->gen = mnl_attr_get_u32(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_CT_ID:
		flow->ct_id = mnl_attr_get_u32(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_CT_ZONE:
		flow->ct_zone = mnl_attr_get_u16(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_TABLE:
		flow->table = mnl_attr_get_str(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE:
		flow->flowtable = mnl_attr_get_str(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_PRIORITY:
		flow->priority = (int32_t)mnl_attr_get_u32(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_MATCH:
		flow->match = attr;
		break;
	case NFT_OFFLOAD_FLOW_ATTR_ACTIONS:
		flow->actions = attr;
		break;
	case NFT_OFFLOAD_FLOW_ATTR_MTU:
		flow->mtu = mnl_attr_get_u32(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_STATE:
		flow->state = mnl_attr_get_u8(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_REASON:
		flow->reason = mnl_attr_get_u32(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_PACKETS:
		flow->packets = mnl_attr_get_u64(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_BYTES:
		flow->bytes = mnl_attr_get_u64(attr);
		break;
	}
	return 0;
}

/* Copies an attribute of exactly @size bytes to @value, and 1s to @mask. */
static int flowtable_exact(const struct nlattr *attr, void *value, void *mask,
			   size_t size)
{
	if (flowtable_size(attr, size) < 0)
		return -EBADMSG;
	memcpy(value, mnl_attr_get_payload(attr), size);
	memset(mask, 0xff, size);
	return 0;
}

static int flowtable_vid(const struct nlattr *attr, uint16_t *value,
			 uint16_t *mask)
{
	if (flowtable_exact(attr, value, mask, sizeof(*value)) < 0 ||
	    *value > FLOWTABLE_VID_MAX)
		return -EBADMSG;
	*mask = 0x0fff;
	return 0;
}

/* 0, -EBADMSG, or -EOPNOTSUPP for what a later module may match. */
static int flowtable_match_attr(const struct nlattr *attr,
				struct nfo_key *key, struct nfo_key *mask)
{
	switch (mnl_attr_get_type(attr)) {
	case NFT_OFFLOAD_MATCH_ATTR_IIF:
		return flowtable_size(attr, sizeof(uint32_t));
	case NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE:
		return flowtable_exact(attr, &key->eth_type, &mask->eth_type, 2);
	case NFT_OFFLOAD_MATCH_ATTR_IP_PROTO:
		return flowtable_exact(attr, &key->ip_proto, &mask->ip_proto, 1);
	case NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC:
		return flowtable_exact(attr, &key->ipv4_src, &mask->ipv4_src, 4);
	case NFT_OFFLOAD_MATCH_ATTR_IPV4_DST:
		return flowtable_exact(attr, &key->ipv4_dst, &mask->ipv4_dst, 4);
	case NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC:
		return flowtable_exact(attr, &key->ipv6_src, &mask->ipv6_src, 16);
	case NFT_OFFLOAD_MATCH_ATTR_IPV6_DST:
		return flowtable_exact(attr, &key->ipv6_dst, &mask->ipv6_dst, 16);
	case NFT_OFFLOAD_MATCH_ATTR_SPORT:
		return flowtable_exact(attr, &key->sport, &mask->sport, 2);
	case NFT_OFFLOAD_MATCH_ATTR_DPORT:
		return flowtable_exact(attr, &key->dport, &mask->dport, 2);
	case NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS:
		if (flowtable_size(attr, 2) < 0)
			return -EBADMSG;
		memcpy(&key->tcp_flags, mnl_attr_get_payload(attr), 2);
		return 0;
	case NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK:
		if (flowtable_size(attr, 2) < 0)
			return -EBADMSG;
		memcpy(&mask->tcp_flags, mnl_attr_get_payload(attr), 2);
		return 0;
	case NFT_OFFLOAD_MATCH_ATTR_VLAN_ID:
		return flowtable_vid(attr, &key->vlan_vid[0],
				     &mask->vlan_vid[0]);
	case NFT_OFFLOAD_MATCH_ATTR_VLAN_TPID:
		return flowtable_exact(attr, &key->vlan_tpid[0],
				       &mask->vlan_tpid[0], 2);
	case NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID:
		return flowtable_vid(attr, &key->vlan_vid[1],
				     &mask->vlan_vid[1]);
	case NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID:
		return flowtable_exact(attr, &key->vlan_tpid[1],
				       &mask->vlan_tpid[1], 2);
	default:
		return -EOPNOTSUPP;
	}
}

/* The first attribute of @type in @nest as a number; 0 if there is none. */
static uint32_t flowtable_u32(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			return mnl_attr_get_u32(attr);
	return 0;
}

/*
 * What is wanted of the match even where it does not translate: the port, and
 * the addresses for people.
 */
static void flowtable_parse_match(const struct nlattr *match,
				  struct nfo_flowtable_flow *flow)
{
	struct nfo_flowtable_tuple *tuple = &flow->tuple;
	struct nfo_key key = { 0 }, mask = { 0 };
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, match)
		flowtable_match_attr(attr, &key, &mask);
	flow->iif = flowtable_u32(match, NFT_OFFLOAD_MATCH_ATTR_IIF);
	tuple->ip_proto = key.ip_proto;
	tuple->sport = key.sport;
	tuple->dport = key.dport;
	tuple->vlan = key.vlan_vid[0];
	if (key.eth_type == htons(ETH_P_IP)) {
		tuple->family = AF_INET;
		memcpy(&tuple->src, &key.ipv4_src, sizeof(key.ipv4_src));
		memcpy(&tuple->dst, &key.ipv4_dst, sizeof(key.ipv4_dst));
	} else if (key.eth_type == htons(ETH_P_IPV6)) {
		tuple->family = AF_INET6;
		tuple->src = key.ipv6_src;
		tuple->dst = key.ipv6_dst;
	}
}

int nfo_flowtable_parse(const struct nlmsghdr *nlh,
			struct nfo_flowtable_flow *flow)
{
	const struct nlattr *nest = NULL;
	const struct nlattr *attr;
	bool has_id = false;

	memset(flow, 0, sizeof(*flow));
	flow->table = "";
	flow->flowtable = "";
	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -EBADMSG;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == NFT_OFFLOAD_ATTR_FLOW)
			nest = attr;
	if (!nest)
		return -EBADMSG;
	mnl_attr_for_each_nested(attr, nest) {
		if (flowtable_parse_attr(attr, flow) < 0)
			continue;
		if (mnl_attr_get_type(attr) == NFT_OFFLOAD_FLOW_ATTR_ID)
			has_id = true;
	}
	if (!has_id)
		return -EBADMSG;
	if (flow->match)
		flowtable_parse_match(flow->match, flow);
	if (flow->actions)
		flow->oif = flowtable_u32(flow->actions,
					  NFT_OFFLOAD_ACTION_ATTR_REDIRECT);
	return 0;
}

/* Do the parts of the match go together? */
static enum nft_offload_reason
flowtable_match_check(const struct nfo_key *key, const struct nfo_key *mask)
{
	bool ipv4 = mask->ipv4_src || mask->ipv4_dst;
	bool ipv6 = mask->ipv6_src.s6_addr[0] || mask->ipv6_dst.s6_addr[0];
	bool ports = mask->sport || mask->dport;
	int i;

	if (!mask->eth_type || !mask->ip_proto)
		return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	if (key->eth_type == htons(ETH_P_IP) ? ipv6 : ipv4)
		return NFT_OFFLOAD_REASON_MALFORMED;
	if (key->eth_type != htons(ETH_P_IP) &&
	    key->eth_type != htons(ETH_P_IPV6))
		return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	if (mask->tcp_flags && key->ip_proto != IPPROTO_TCP)
		return NFT_OFFLOAD_REASON_MALFORMED;
	if (ports && key->ip_proto != IPPROTO_TCP &&
	    key->ip_proto != IPPROTO_UDP)
		return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	for (i = 0; i < 2; i++) {
		if (!mask->vlan_vid[i] != !mask->vlan_tpid[i])
			return NFT_OFFLOAD_REASON_MALFORMED;
		if (mask->vlan_tpid[i] &&
		    key->vlan_tpid[i] != htons(ETH_P_8021Q) &&
		    key->vlan_tpid[i] != htons(ETH_P_8021AD))
			return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	}
	if (mask->vlan_tpid[1] && !mask->vlan_tpid[0])
		return NFT_OFFLOAD_REASON_MALFORMED;
	return NFT_OFFLOAD_REASON_NONE;
}

static enum nft_offload_reason
flowtable_match(const struct nlattr *match, struct nfo_rule *rule)
{
	struct nfo_key *mask = &rule->mask;
	struct nfo_key *key = &rule->key;
	enum nft_offload_reason reason;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, match) {
		switch (flowtable_match_attr(attr, key, mask)) {
		case 0:
			break;
		case -EOPNOTSUPP:
			return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
		default:
			return NFT_OFFLOAD_REASON_MALFORMED;
		}
	}
	reason = flowtable_match_check(key, mask);
	if (reason)
		return reason;

	/* A flow of fragments, or of SYNs, is none that hardware may have. */
	if (ntohs(key->tcp_flags) & ntohs(mask->tcp_flags) & FLOWTABLE_TCP_ENDS)
		return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	if (key->ip_proto == IPPROTO_TCP) {
		mask->tcp_flags |= htons(FLOWTABLE_TCP_ENDS);
		key->tcp_flags &= ~htons(FLOWTABLE_TCP_ENDS);
	}
	mask->ip_frag = NFO_FRAG_ANY;
	return NFT_OFFLOAD_REASON_NONE;
}

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
	default:
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	}
}

/*
 * Writes the actions in the order that TC and the NICs take: headers first,
 * while the packet is as the match has seen it, checksums, then tags.
 */
static int flowtable_build(const struct flowtable_actions *actions,
			   struct nfo_rule *rule)
{
	unsigned int i;
	int err = 0;

	if (actions->rewrites)
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
	if (!err)
		err = nfo_rule_add_redirect(rule, actions->oif);
	return err;
}

static enum nft_offload_reason
flowtable_actions(const struct nlattr *nest, struct nfo_rule *rule)
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

enum nft_offload_reason
nfo_flowtable_translate(const struct nfo_flowtable_flow *flow,
			uint32_t iif_mtu, struct nfo_rule *rule)
{
	enum nft_offload_reason reason;

	nfo_rule_init(rule);
	/* The module could not say it in our words, and has said why. */
	if (!flow->actions && flow->state == NFT_OFFLOAD_STATE_REFUSED &&
	    flow->reason)
		return flow->reason;
	if (!flow->match || !flow->actions || !flow->iif)
		return NFT_OFFLOAD_REASON_MALFORMED;
	reason = flowtable_match(flow->match, rule);
	if (!reason)
		reason = flowtable_actions(flow->actions, rule);
	if (!reason && flow->mtu && iif_mtu > flow->mtu)
		reason = NFT_OFFLOAD_REASON_MTU;
	if (reason) {
		nfo_rule_uninit(rule);
		return reason;
	}
	nfo_rule_normalise(rule);
	return NFT_OFFLOAD_REASON_NONE;
}
