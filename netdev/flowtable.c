// SPDX-License-Identifier: Apache-2.0
/*
 * flowtable: see flowtable.h. Here the message is taken apart and the match
 * translated; the actions: flowtable_action.c.
 */
#include "flowtable_part.h"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <string.h>

/* FIN, SYN and RST (RFC 9293, section 3.1). */
#define FLOWTABLE_TCP_ENDS	0x0007

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
		[NFT_OFFLOAD_FLOW_ATTR_TEXT] = MNL_TYPE_NUL_STRING,
		[NFT_OFFLOAD_FLOW_ATTR_PACKETS] = MNL_TYPE_U64,
		[NFT_OFFLOAD_FLOW_ATTR_BYTES] = MNL_TYPE_U64,
		[NFT_OFFLOAD_FLOW_ATTR_IDLE_MS] = MNL_TYPE_U64,
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
	case NFT_OFFLOAD_FLOW_ATTR_TEXT:
		flow->text = mnl_attr_get_str(attr);
		break;
	case NFT_OFFLOAD_FLOW_ATTR_PACKETS:
		flow->packets = mnl_attr_get_u64(attr);
		flow->counted = true;
		break;
	case NFT_OFFLOAD_FLOW_ATTR_IDLE_MS:
		flow->idle_ms = mnl_attr_get_u64(attr);
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
	case NFT_OFFLOAD_MATCH_ATTR_TUNNEL_ID:
		return flowtable_exact(attr, &key->tun_id, &mask->tun_id, 4);
	case NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_SRC:
		return flowtable_exact(attr, &key->tun_ipv4_src,
				       &mask->tun_ipv4_src, 4);
	case NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_DST:
		return flowtable_exact(attr, &key->tun_ipv4_dst,
				       &mask->tun_ipv4_dst, 4);
	case NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_SRC:
		return flowtable_exact(attr, &key->tun_ipv6_src,
				       &mask->tun_ipv6_src, 16);
	case NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_DST:
		return flowtable_exact(attr, &key->tun_ipv6_dst,
				       &mask->tun_ipv6_dst, 16);
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

/* Does @actions put on the header of a tunnel that is to have no key? */
static bool flowtable_keyless(const struct nlattr *actions)
{
	struct nft_offload_tunnel tunnel;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, actions) {
		if (mnl_attr_get_type(attr) != NFT_OFFLOAD_ACTION_ATTR_TUNNEL_SET ||
		    flowtable_size(attr, sizeof(tunnel)) < 0)
			continue;
		memcpy(&tunnel, mnl_attr_get_payload(attr), sizeof(tunnel));
		return !(tunnel.flags & NFT_OFFLOAD_TUNNEL_KEY);
	}
	return false;
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
	flow->text = "";
	/*
	 * A message of the kernel is as long as its attributes, which are padded;
	 * libmnl takes any length for that rounded up, and would read past it.
	 */
	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
	    nlh->nlmsg_len % NLMSG_ALIGNTO)
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
	if (flow->actions) {
		flow->oif = flowtable_u32(flow->actions,
					  NFT_OFFLOAD_ACTION_ATTR_REDIRECT);
		flow->keyless = flowtable_keyless(flow->actions);
	}
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
		reason = nfo_flowtable_actions(flow->actions, rule);
	if (!reason && flow->mtu && iif_mtu > flow->mtu)
		reason = NFT_OFFLOAD_REASON_MTU;
	if (reason) {
		nfo_rule_uninit(rule);
		return reason;
	}
	nfo_rule_normalise(rule);
	return NFT_OFFLOAD_REASON_NONE;
}
