// SPDX-License-Identifier: Apache-2.0
/* exempt: see exempt.h. */
#include "exempt.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "tuple.h"

/* Bytes of SCTP's common header (RFC 9260, 3.1). */
#define SCTP_HEADER	12

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

/*
 * The type behind any tags, and at *@at where it is; a tag's own, if the frame's
 * end cuts off what is behind it.
 */
static unsigned int type_behind_tags(const struct frame *frame, unsigned int *at)
{
	unsigned int type = 0;

	for (*at = 12; *at + 2 <= frame->len; *at += 4) {
		type = frame->bytes[*at] << 8 | frame->bytes[*at + 1];
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			break;
	}
	return type;
}

/* Of an IPv4 header at @l3 no more than 20 bytes or some more are there. */
static bool ip4_is_cut(const struct frame *frame, unsigned int l3)
{
	return l3 + 20 <= frame->len && l3 + (frame->bytes[l3] & 15) * 4 > frame->len;
}

/*
 * What act_csum (net/sched/act_csum.c) is not of one mind with hardware about:
 *
 * An IPv4 header that is longer than the frame: it makes sure of 20 bytes only,
 * and sums up what is in memory behind the frame (tcf_csum_ipv4(), by
 * ip_send_check()). Also behind a label or two, which a rule may take off before.
 *
 * A second tag, or a further one, that the frame's end cuts off: it drops the
 * frame (tcf_csum_act(), by pskb_may_pull()). Of a first one nothing need be said:
 * the frame does not get that far (skb_vlan_untag() in net/core/skbuff.c).
 */
bool exempt_frame(const struct frame *frame)
{
	unsigned int at, type = type_behind_tags(frame, &at);

	if (type == ETH_P_8021Q || type == ETH_P_8021AD)
		return at > 16;
	if (type == ETH_P_IP)
		return ip4_is_cut(frame, at + 2);
	return type == ETH_P_MPLS_UC && (ip4_is_cut(frame, at + 6) || ip4_is_cut(frame, at + 10));
}

/* Bytes of the transport header that a flowtable wants to see. */
static unsigned int header_of(const struct tuple *t)
{
	if (!t->l4)
		return 0;
	return t->key.ip_proto == IPPROTO_TCP ? 20 : t->key.ip_proto == IPPROTO_UDP ? 8 : 0;
}

/*
 * A transport header that the frame's end cuts off, behind the ports: the flow
 * dissector finds the ports, and flags where it finds any
 * (__skb_flow_dissect_ports() and __skb_flow_dissect_tcp() in
 * net/core/flow_dissector.c), so that a rule of TC matches; a flowtable in
 * software wants the header whole (nf_flow_tuple_ip() in
 * net/netfilter/nf_flow_table_ip.c) and leaves it to the stack.
 */
static bool header_is_cut(const struct tuple *t, const struct frame *frame)
{
	return t->l4 && t->l4 + 4 <= frame->len && t->l4 + header_of(t) > frame->len;
}

/*
 * And so Open vSwitch, in the kernel as well (udphdr_ok() and its neighbours in
 * net/openvswitch/flow.c), which takes the ports of a header for 0 that is cut or,
 * with TCP, longer than the frame or shorter than it can be.
 */
bool exempt_bridged(const struct frame *frame)
{
	struct tuple t;
	unsigned int len;

	if (!tuple_read(&t, frame) || !t.l4)
		return false;
	if (header_is_cut(&t, frame))
		return true;
	if (t.key.ip_proto == IPPROTO_SCTP)
		return t.l4 + 4 <= frame->len && t.l4 + SCTP_HEADER > frame->len;
	if (t.key.ip_proto != IPPROTO_TCP || t.l4 + header_of(&t) > frame->len)
		return false;
	len = (frame->bytes[t.l4 + 12] >> 4) * 4;
	return len < header_of(&t) || t.l4 + len > frame->len;
}

/*
 * act_ct takes off what is behind the packet, by IP's word (tcf_ct_skb_network_trim()
 * in net/sched/act_ct.c), and conntrack calls invalid what is amiss (udp_error() and
 * its neighbours in net/netfilter/nf_conntrack_proto_udp.c); a NIC that knows the
 * connection does neither.
 */
bool exempt_tracked(const struct frame *frame)
{
	struct tuple t;

	return tuple_read(&t, frame) &&
	       (t.end != frame->len || !tuple_sums_right(frame) ||
		frame->bytes[t.l3] >> 4 != (t.key.eth_type == htons(ETH_P_IP) ? 4 : 6));
}

/* A length by IP's word that the frame has not, or that leaves no room for the transport header. */
static bool length_lies(const struct tuple *t, const struct frame *frame)
{
	return t->l4 && (t->end > frame->len || t->end < t->l4 + header_of(t));
}

/* Priority or DEI bit of the outer tag. */
static bool has_priority(const struct tuple *t, const struct frame *frame)
{
	return t->mask.vlan_tpid[0] && frame->bytes[14] & 0xf0;
}

/*
 * Is it for a network that router.sh has a route to? A flowtable sends also where
 * there is none, the way that the connection's first packet came
 * (nft_flow_route() names the device, and ip_route_output_key_hash_rcu() takes the
 * address for one on the link then); the stack does not.
 */
static bool is_routed(const struct tuple *t)
{
	const uint8_t *to = t->key.ipv6_dst.s6_addr;
	uint32_t ip4 = ntohl(t->key.ipv4_dst);
	unsigned int network;

	if (t->key.eth_type == htons(ETH_P_IP)) {
		network = ip4 >> 8 & 255;
		return (ip4 >> 16 == 0x0a00 || ip4 >> 16 == 0xc000) &&
		       (network < 4 || network == 10);
	}
	network = to[2] << 8 | to[3];
	return (to[0] == 0xfd && !to[1] && (network < 4 || network == 0x10)) ||
	       (to[0] == 0x20 && to[1] == 0x01 && network == 0x0db8);
}

/* Of UDP: no longer than the packet, and no shorter than its header. */
static bool udp_length_fits(const struct tuple *t, const struct frame *frame)
{
	unsigned int len = frame->bytes[t->l4 + 4] << 8 | frame->bytes[t->l4 + 5];

	return len >= header_of(t) && t->l4 + len <= t->end;
}

/*
 * Does the stack with its conntrack find nothing amiss: whom it is for, the
 * version, lengths, nothing behind the packet, sums, TCP's flags and offset?
 */
static bool is_flawless(const struct tuple *t, const struct frame *frame)
{
	const uint8_t router[6] = { 0x02, 0, 0, 1, 0, frame->port };
	const bool ip4 = t->key.eth_type == htons(ETH_P_IP);
	const uint8_t *ip = frame->bytes + t->l3, *l4 = frame->bytes + t->l4;

	if (memcmp(frame->bytes, router, sizeof(router)) || ip[0] >> 4 != (ip4 ? 4 : 6) ||
	    t->end != frame->len || !tuple_sums_right(frame) || !is_routed(t))
		return false;
	if (t->key.ip_proto == IPPROTO_UDP && t->l4)
		return udp_length_fits(t, frame);
	return t->key.ip_proto != IPPROTO_TCP || !t->l4 ||
	       (l4[12] >> 4 == 5 && (t->tcp_flags & 0x37) == 0x10);
}

/* From an address to the same. */
static bool is_to_itself(const struct tuple *t)
{
	return t->key.eth_type == htons(ETH_P_IP) ?
	       t->key.ipv4_src == t->key.ipv4_dst :
	       !memcmp(&t->key.ipv6_src, &t->key.ipv6_dst, sizeof(t->key.ipv6_src));
}

/*
 * Who talks to himself is a new connection, and with NAT about its two directions
 * can want the same tuple: then conntrack gives one of them any port, by chance
 * (nf_nat_l4proto_unique_tuple() in net/netfilter/nf_nat_core.c).
 *
 * A flowtable in software forwards what is not flawless, as hardware does, but not
 * with a tag of any priority, for it compares that, too (nf_flow_tuple_encap()),
 * and leaves it to the stack.
 */
bool exempt_routed(const struct frame *frame)
{
	struct tuple t;

	return tuple_read(&t, frame) &&
	       (header_is_cut(&t, frame) || is_to_itself(&t) ||
		(has_priority(&t, frame) && !is_flawless(&t, frame)));
}

/*
 * A lie of the length, again: act_csum, which a rule with NAT needs, drops what it
 * cannot sum up (tcf_csum_skb_nextlayer() in net/sched/act_csum.c).
 */
bool exempt_drop(const struct frame *frame)
{
	struct tuple t;

	return tuple_read(&t, frame) && length_lies(&t, frame);
}
