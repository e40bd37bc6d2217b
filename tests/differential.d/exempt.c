// SPDX-License-Identifier: Apache-2.0
/* exempt: see exempt.h. */
#include "exempt.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "tuple.h"

/*
 * pedit takes what is behind the outer tag for the IP header
 * (pedit_skb_hdr_offset() in net/sched/act_pedit.c, by skb_network_offset(),
 * which skb_vlan_untag() and skb_vlan_push() in net/core/skbuff.c set so): behind
 * two tags it writes into the second tag, and finds no transport header.
 */
static bool edits_ip(const struct nfo_action *a)
{
	static const struct nfo_set none;
	struct nfo_set mask;

	if (a->type == NFO_ACT_DEC_TTL)
		return true;
	if (a->type != NFO_ACT_SET)
		return false;
	mask = a->set.mask;
	memset(mask.eth_src, 0, sizeof(mask.eth_src));
	memset(mask.eth_dst, 0, sizeof(mask.eth_dst));
	return memcmp(&mask, &none, sizeof(mask)) != 0;
}

static bool edits_behind_two_tags(const struct nfo_rule *rule)
{
	int tags = !!rule->mask.vlan_tpid[0] + !!rule->mask.vlan_tpid[1];
	unsigned int i;

	for (i = 0; i < rule->n_actions; i++) {
		if (tags > 1 && edits_ip(&rule->actions[i]))
			return true;
		tags += rule->actions[i].type == NFO_ACT_VLAN_PUSH;
		tags -= tags && rule->actions[i].type == NFO_ACT_VLAN_POP;
	}
	return false;
}

bool exempt_rule(const struct nfo_rule *rule)
{
	return edits_behind_two_tags(rule);
}

/* Where the IPv4 header is behind any tags; 0 if there is no whole one. */
static unsigned int ipv4_at(const struct frame *frame)
{
	unsigned int at = 12, type = 0;

	for (; at + 2 <= frame->len; at += 4) {
		type = frame->bytes[at] << 8 | frame->bytes[at + 1];
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			break;
	}
	at += 2;
	return type == ETH_P_IP && at + 20 <= frame->len ? at : 0;
}

/*
 * An IPv4 header that is longer than the frame: act_csum makes sure of 20 bytes
 * only, and sums up what is in memory behind the frame (tcf_csum_ipv4() in
 * net/sched/act_csum.c, by ip_send_check()).
 */
bool exempt_frame(const struct frame *frame)
{
	const unsigned int at = ipv4_at(frame);

	return at && at + (frame->bytes[at] & 15) * 4 > frame->len;
}

/*
 * A length by IP's word that the frame has not, or that leaves no room for the
 * transport header. A flowtable in software does not look at it
 * (nf_flow_tuple_ip() in net/netfilter/nf_flow_table_ip.c) and forwards; act_csum
 * drops what it cannot sum up, and the stack what is malformed.
 */
static bool length_lies(const struct frame *frame)
{
	struct tuple t;
	unsigned int need;

	if (!tuple_read(&t, frame))
		return false;
	need = t.key.ip_proto == IPPROTO_TCP ? 20 : t.key.ip_proto == IPPROTO_UDP ? 8 : 0;
	return t.end > frame->len || (t.l4 && t.end < t.l4 + need);
}

/*
 * Another version than the type says. TC and the flowtable do not look at it,
 * the stack drops it: which of them gets to see it is a matter of the rest.
 */
static bool version_lies(const struct frame *frame, unsigned int at, bool ip4)
{
	return at < frame->len && frame->bytes[at] >> 4 != (ip4 ? 4 : 6);
}

bool exempt_routed(const struct frame *frame)
{
	const bool ip4 = ipv4_at(frame);
	struct tuple t;
	bool whole = tuple_read(&t, frame);

	if (t.key.eth_type != htons(ip4 ? ETH_P_IP : ETH_P_IPV6))
		return false;
	if (version_lies(frame, t.l3, ip4) || !whole)
		return true;
	return length_lies(frame);
}
