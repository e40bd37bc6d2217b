// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tunnel of a flow: a route with "encap ip" or "encap ip6" to a tunnel
 * device without addresses of its own ("external").
 *
 * The route's tunnel key is what packets are sent with, and turned round what
 * they must have come with (nf_flow_rule_lwt_match() and
 * flow_offload_encap_tunnel() in net/netfilter/nf_flow_table_offload.c). The
 * UDP port is the device's own, and user space knows it.
 */
#include <linux/nft_offload.h>
#include <net/flow_offload.h>
#include <net/ip_tunnels.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netlink.h>
#include "compat.h"
#include "rule_part.h"

static int rule_put_tunnel_ipv4(struct sk_buff *skb,
				const struct flow_rule *rule)
{
	struct flow_match_ipv4_addrs match;

	flow_rule_match_enc_ipv4_addrs(rule, &match);
	if (match.mask->src &&
	    nla_put_in_addr(skb, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_SRC,
			    match.key->src))
		return -EMSGSIZE;
	if (match.mask->dst &&
	    nla_put_in_addr(skb, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_DST,
			    match.key->dst))
		return -EMSGSIZE;
	return 0;
}

/*
 * The kernel says that it has IPv6 addresses, but not where in its key: its
 * dissector has the offset of the input device for them (6.1 to 7.2).
 */
static int rule_put_tunnel_ipv6(struct sk_buff *skb,
				const struct flow_rule *rule)
{
	const struct nf_flow_key *mask = rule->match.mask;
	const struct nf_flow_key *key = rule->match.key;

	if (!ipv6_addr_any(&mask->enc_ipv6.src) &&
	    nla_put_in6_addr(skb, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_SRC,
			     &key->enc_ipv6.src))
		return -EMSGSIZE;
	if (!ipv6_addr_any(&mask->enc_ipv6.dst) &&
	    nla_put_in6_addr(skb, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_DST,
			     &key->enc_ipv6.dst))
		return -EMSGSIZE;
	return 0;
}

/**
 * rule_put_tunnel() - puts the outer header on input into the match
 * @draft: the rule; @tunnel is set if there is one
 * @rule: the kernel's
 *
 * Return: 0 or -EMSGSIZE.
 */
int rule_put_tunnel(struct rule_draft *draft, const struct flow_rule *rule)
{
	struct flow_match_enc_keyid id;

	if (!flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_ENC_KEYID))
		return 0;
	draft->tunnel = true;
	flow_rule_match_enc_keyid(rule, &id);
	if (nla_put_be32(draft->skb, NFT_OFFLOAD_MATCH_ATTR_TUNNEL_ID,
			 id.key->keyid))
		return -EMSGSIZE;
	if (flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_ENC_IPV4_ADDRS))
		return rule_put_tunnel_ipv4(draft->skb, rule);
	if (flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_ENC_IPV6_ADDRS))
		return rule_put_tunnel_ipv6(draft->skb, rule);
	return 0;
}

/* What of a tunnel key has no word in struct nft_offload_tunnel, or NULL. */
static const char *rule_tunnel_complaint(const struct ip_tunnel_info *info)
{
	const struct ip_tunnel_key *key = &info->key;

	if (info->options_len)
		return "goes into a tunnel with options";
	if (compat_tunnel_flag(key, IP_TUNNEL_SEQ_BIT) ||
	    compat_tunnel_flag(key, IP_TUNNEL_OAM_BIT))
		return "goes into a tunnel with sequence numbers or OAM";
	if (be64_to_cpu(key->tun_id) >> 32)
		return "goes into a tunnel with an id of more than 32 bits";
	if (key->label || key->tp_src || key->tp_dst)
		return "goes into a tunnel with a flow label or ports of its own";
	return NULL;
}

/**
 * rule_put_tunnel_set() - puts the outer header to be put on into the actions
 * @draft: the rule; refused if it cannot be told
 * @info: what the route says; only its key is read
 *
 * Return: 0 or -EMSGSIZE.
 */
int rule_put_tunnel_set(struct rule_draft *draft,
			const struct ip_tunnel_info *info)
{
	const char *complaint = rule_tunnel_complaint(info);
	const struct ip_tunnel_key *key = &info->key;
	struct nft_offload_tunnel tunnel = {
		.id = tunnel_id_to_key32(key->tun_id),
		.tos = key->tos,
		.ttl = key->ttl,
	};

	if (complaint) {
		rule_draft_refuse(draft, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED,
				  complaint);
		return 0;
	}
	if (info->mode & IP_TUNNEL_INFO_IPV6) {
		tunnel.flags |= NFT_OFFLOAD_TUNNEL_IPV6;
		memcpy(tunnel.src, &key->u.ipv6.src, sizeof(tunnel.src));
		memcpy(tunnel.dst, &key->u.ipv6.dst, sizeof(tunnel.dst));
	} else {
		memcpy(tunnel.src, &key->u.ipv4.src, sizeof(key->u.ipv4.src));
		memcpy(tunnel.dst, &key->u.ipv4.dst, sizeof(key->u.ipv4.dst));
	}
	if (compat_tunnel_flag(key, IP_TUNNEL_KEY_BIT))
		tunnel.flags |= NFT_OFFLOAD_TUNNEL_KEY;
	if (compat_tunnel_flag(key, IP_TUNNEL_CSUM_BIT))
		tunnel.flags |= NFT_OFFLOAD_TUNNEL_CSUM;
	if (compat_tunnel_flag(key, IP_TUNNEL_DONT_FRAGMENT_BIT))
		tunnel.flags |= NFT_OFFLOAD_TUNNEL_DF;
	return nla_put(draft->skb, NFT_OFFLOAD_ACTION_ATTR_TUNNEL_SET,
		       sizeof(tunnel), &tunnel);
}
