// SPDX-License-Identifier: GPL-2.0-only
/*
 * action - what rules do to frames.
 *
 * The bytes that come out are those that the software actions make, with two exceptions where
 * software does what no one wants: pedit of an IP header finds the header behind any number of
 * VLAN tags (software writes into the second tag), and a VLAN modify to priority 0 keeps the
 * priority (TC does not tell a driver whether a priority was given).
 *
 * Everything here runs with bottom halves off under RCU, on any number of CPUs.
 *
 * Facts: net/sched/act_{mirred,vlan,pedit,csum}.c; RFC 768, 791, 1071, 8200.
 */
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "eswsim.h"

/* What is behind the IP header(s), for a checksum. */
struct payload {
	u8 *data;		/* first byte of the transport header */
	unsigned int length;	/* by the IP header's word, all of it is in the frame */
	u8 protocol;
	const struct iphdr *ip4;	/* one of these two */
	const struct ipv6hdr *ip6;
};

/* Sends @skb, which is consumed. */
static void output(struct sk_buff *skb, const struct asic_action *action)
{
	if (action->encap)
		asic_encap_send(skb, action);
	else
		eswsim_port_deliver(action->port, skb);
}

static void mirror(struct asic_packet *packet, const struct asic_action *action)
{
	struct sk_buff *copy = skb_clone(packet->skb, GFP_ATOMIC);

	if (copy)
		output(copy, action);
}

static bool has_tag(const struct sk_buff *skb)
{
	return eth_type_vlan(((const struct ethhdr *)skb->data)->h_proto);
}

/* Puts a tag right behind the addresses. */
static int vlan_push(struct asic_packet *packet, __be16 type, u16 tci)
{
	struct sk_buff *skb = packet->skb;
	struct vlan_ethhdr *eth;

	if (asic_packet_writable(packet, VLAN_HLEN))
		return -ENOMEM;
	skb_push(skb, VLAN_HLEN);
	skb_reset_mac_header(skb);
	eth = (struct vlan_ethhdr *)skb->data;
	memmove(eth, skb->data + VLAN_HLEN, 2 * ETH_ALEN);
	eth->h_vlan_proto = type;
	eth->h_vlan_TCI = htons(tci);
	return 0;
}

/* Takes the outermost tag off; a frame without any is left alone. */
static int vlan_pop(struct asic_packet *packet)
{
	struct sk_buff *skb = packet->skb;

	if (!has_tag(skb))
		return 0;
	if (skb->len < VLAN_ETH_HLEN || asic_packet_writable(packet, 0))
		return -EINVAL;
	memmove(skb->data + VLAN_HLEN, skb->data, 2 * ETH_ALEN);
	skb_pull(skb, VLAN_HLEN);
	skb_reset_mac_header(skb);
	return 0;
}

/* Rewrites the outermost tag; a frame without any is left alone. */
static int vlan_set(struct asic_packet *packet, __be16 type, u16 tci)
{
	struct sk_buff *skb = packet->skb;
	struct vlan_ethhdr *eth;
	u16 keep = VLAN_CFI_MASK;

	if (!has_tag(skb))
		return 0;
	if (skb->len < VLAN_ETH_HLEN || asic_packet_writable(packet, 0))
		return -EINVAL;
	if (!(tci & VLAN_PRIO_MASK))
		keep |= VLAN_PRIO_MASK;
	eth = (struct vlan_ethhdr *)skb->data;
	eth->h_vlan_proto = type;
	eth->h_vlan_TCI = htons((ntohs(eth->h_vlan_TCI) & keep) | tci);
	return 0;
}

static int edit_offset(struct asic_packet *packet, enum flow_action_mangle_base header,
		       unsigned int *offset)
{
	__be16 type;

	switch (header) {
	case FLOW_ACT_MANGLE_HDR_TYPE_ETH:
		*offset = 0;
		return 0;
	case FLOW_ACT_MANGLE_HDR_TYPE_TCP:
		return asic_packet_l4(packet, IPPROTO_TCP, offset);
	case FLOW_ACT_MANGLE_HDR_TYPE_UDP:
		return asic_packet_l4(packet, IPPROTO_UDP, offset);
	default:
		*offset = asic_packet_l3(packet, &type);
		return 0;
	}
}

/* One word of a pedit. An error means that the rest of that pedit is not done either. */
static int edit(struct asic_packet *packet, const struct asic_action *action)
{
	unsigned int offset;
	u32 old, new;
	u8 *word;

	if (edit_offset(packet, action->edit.header, &offset))
		return -ENOENT;
	offset += action->edit.offset;
	if (offset + sizeof(old) > packet->skb->len)
		return -EINVAL;
	if (asic_packet_writable(packet, 0))
		return -ENOMEM;

	word = packet->skb->data + offset;
	memcpy(&old, word, sizeof(old));
	new = action->edit.value;
	if (action->edit.add)
		new = (old + new) & ~action->edit.mask;
	new ^= old & action->edit.mask;
	memcpy(word, &new, sizeof(new));
	return 0;
}

static __sum16 payload_csum(const struct payload *p, unsigned int length, u8 protocol)
{
	__wsum sum = csum_partial(p->data, length, 0);

	if (p->ip4)
		return csum_tcpudp_magic(p->ip4->saddr, p->ip4->daddr, length, protocol, sum);
	return csum_ipv6_magic(&p->ip6->saddr, &p->ip6->daddr, length, protocol, sum);
}

static int csum_tcp(const struct payload *p)
{
	struct tcphdr *tcp = (struct tcphdr *)p->data;

	if (p->length < sizeof(*tcp))
		return -EINVAL;
	tcp->check = 0;
	tcp->check = payload_csum(p, p->length, IPPROTO_TCP);
	return 0;
}

/*
 * Zero means "no checksum" in IPv4 and stays; a sum that comes out as zero is sent as all ones. A
 * datagram whose own length is not the IP header's gets none, as act_csum leaves it.
 */
static int csum_udp(const struct payload *p)
{
	struct udphdr *udp = (struct udphdr *)p->data;

	if (p->length < sizeof(*udp))
		return -EINVAL;
	if (p->ip4 && !udp->check)
		return 0;
	udp->check = 0;
	if (ntohs(udp->len) != p->length)
		return 0;
	udp->check = payload_csum(p, p->length, IPPROTO_UDP);
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
	return 0;
}

/* ICMP for IPv4 has no pseudo header, ICMPv6 has. The checksum is in the same place. */
static int csum_icmp(const struct payload *p)
{
	struct icmp6hdr *icmp = (struct icmp6hdr *)p->data;

	if (p->length < sizeof(*icmp))
		return -EINVAL;
	icmp->icmp6_cksum = 0;
	if (p->ip4)
		icmp->icmp6_cksum = csum_fold(csum_partial(icmp, p->length, 0));
	else
		icmp->icmp6_cksum = payload_csum(p, p->length, IPPROTO_ICMPV6);
	return 0;
}

/* Does act_csum recompute what is in this protocol, with these flags, in IPv4 or IPv6? */
static bool csum_wanted(const struct payload *p, u32 flags)
{
	switch (p->protocol) {
	case IPPROTO_TCP:
		return flags & TCA_CSUM_UPDATE_FLAG_TCP;
	case IPPROTO_UDP:
		return flags & TCA_CSUM_UPDATE_FLAG_UDP;
	case IPPROTO_ICMP:
		return p->ip4 && flags & TCA_CSUM_UPDATE_FLAG_ICMP;
	case IPPROTO_ICMPV6:
		return p->ip6 && flags & TCA_CSUM_UPDATE_FLAG_ICMP;
	default:
		return false;
	}
}

static int csum_payload(const struct payload *p)
{
	switch (p->protocol) {
	case IPPROTO_TCP:
		return csum_tcp(p);
	case IPPROTO_UDP:
		return csum_udp(p);
	default:
		return csum_icmp(p);
	}
}

static int csum_ipv4(u8 *data, unsigned int room, u32 flags)
{
	struct iphdr *ip = (struct iphdr *)data;
	struct payload p = { .ip4 = ip };
	unsigned int header, total;
	int err;

	if (room < sizeof(*ip))
		return -EINVAL;
	header = ip->ihl * 4;
	total = ntohs(ip->tot_len);
	/* Later fragments have no transport header. */
	p.protocol = ip->frag_off & htons(IP_OFFSET) ? 0 : ip->protocol;
	if (csum_wanted(&p, flags)) {
		if (total > room || total < header)
			return -EINVAL;
		p.data = data + header;
		p.length = total - header;
		err = csum_payload(&p);
		if (err)
			return err;
	}
	if (!(flags & TCA_CSUM_UPDATE_FLAG_IPV4HDR))
		return 0;
	/* Of a header that is too short software makes a sum, too, whatever it is worth. */
	if (header > room)
		return -EINVAL;
	ip_send_check(ip);
	return 0;
}

static int csum_ipv6(u8 *data, unsigned int room, u32 flags)
{
	struct ipv6hdr *ip = (struct ipv6hdr *)data;
	struct payload p = { .ip6 = ip };
	unsigned int header = sizeof(*ip);
	unsigned int total;

	if (room < header)
		return -EINVAL;
	total = header + ntohs(ip->payload_len);
	p.protocol = ip->nexthdr;
	while (p.protocol == NEXTHDR_HOP || p.protocol == NEXTHDR_ROUTING ||
	       p.protocol == NEXTHDR_DEST) {
		const struct ipv6_opt_hdr *option = (const void *)(data + header);

		if (room < header + sizeof(*option) || room < header + ipv6_optlen(option))
			return -EINVAL;
		p.protocol = option->nexthdr;
		header += ipv6_optlen(option);
		if (room <= header)
			return 0;
	}
	if (!csum_wanted(&p, flags))
		return 0;
	if (total > room || total < header)
		return -EINVAL;
	p.data = data + header;
	p.length = total - header;
	return csum_payload(&p);
}

/* An error means that the frame is to be dropped: it is shorter than its headers say. */
static int csum(struct asic_packet *packet, u32 flags)
{
	unsigned int offset;
	__be16 type;
	u8 *data;

	if (asic_packet_writable(packet, 0))
		return -ENOMEM;
	offset = asic_packet_l3(packet, &type);
	data = packet->skb->data + offset;
	if (type == htons(ETH_P_IP))
		return csum_ipv4(data, packet->skb->len - offset, flags);
	if (type == htons(ETH_P_IPV6))
		return csum_ipv6(data, packet->skb->len - offset, flags);
	return 0;
}

static int run_one(struct asic_packet *packet, const struct asic_action *action)
{
	switch (action->kind) {
	case ASIC_MIRROR:
		mirror(packet, action);
		return 0;
	case ASIC_VLAN_PUSH:
		return vlan_push(packet, action->vlan.type, action->vlan.tci);
	case ASIC_VLAN_POP:
		return vlan_pop(packet);
	case ASIC_VLAN_SET:
		return vlan_set(packet, action->vlan.type, action->vlan.tci);
	case ASIC_CSUM:
		return csum(packet, action->csum);
	case ASIC_MPLS_PUSH:
	case ASIC_MPLS_POP:
	case ASIC_MPLS_SET:
		return asic_mpls_run(packet, action);
	case ASIC_TUNNEL_SET:
		/* Done where the frame is sent. */
		return 0;
	case ASIC_TUNNEL_UNSET:
		skb_dst_drop(packet->skb);
		packet->changed = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * asic_action_ends() - is this the last thing that is done to a frame?
 * @action:	an action
 */
bool asic_action_ends(const struct asic_action *action)
{
	return action->kind == ASIC_REDIRECT || action->kind == ASIC_DROP ||
	       action->kind == ASIC_SLOW || action->kind == ASIC_GOTO;
}

/**
 * asic_action_run() - do what a rule says
 * @packet:	the frame
 * @rule:	the rule that it matched
 *
 * Steps that software would end by dropping the frame drop it here. Return: what became of the
 * frame; with ASIC_VERDICT_SENT it is no longer the caller's, with ASIC_VERDICT_CHAIN it is to be
 * looked up in the chain that it now carries.
 */
enum asic_verdict asic_action_run(struct asic_packet *packet, struct asic_rule *rule)
{
	bool skip_edit = false;
	int err, next;
	int i;

	for (i = 0; i < rule->num_actions; i = next) {
		const struct asic_action *action = &rule->actions[i];

		next = i + 1;
		switch (action->kind) {
		case ASIC_REDIRECT:
			output(packet->skb, action);
			packet->skb = NULL;
			return ASIC_VERDICT_SENT;
		case ASIC_DROP:
			return ASIC_VERDICT_DROP;
		case ASIC_SLOW:
			return ASIC_VERDICT_SLOW;
		case ASIC_GOTO:
			packet->chain = action->chain;
			return ASIC_VERDICT_CHAIN;
		case ASIC_EDIT:
			skip_edit = (action->edit.same && skip_edit) || edit(packet, action);
			if (!skip_edit && action->edit.sums && csum(packet, action->edit.sums))
				return ASIC_VERDICT_DROP;
			break;
		case ASIC_CT:
			err = asic_zone_run(packet, action);
			if (err)
				return err == -ENOENT ? ASIC_VERDICT_SLOW : ASIC_VERDICT_DROP;
			break;
		case ASIC_POLICE:
			next = asic_police_run(packet, action);
			if (next != POLICE_DROP)
				break;
			atomic64_inc(&rule->new_drops);
			return ASIC_VERDICT_DROP;
		case ASIC_SAMPLE:
			asic_sample_run(packet, action);
			break;
		default:
			if (run_one(packet, action))
				return ASIC_VERDICT_DROP;
		}
	}
	return ASIC_VERDICT_SLOW;
}

/**
 * asic_action_release() - give back what the actions of a rule hold
 * @rule:	the rule, which may be half made: an action that was not taken over yet is all zero
 *
 * Needs asic.lock, may sleep.
 */
void asic_action_release(const struct asic_rule *rule)
{
	unsigned int i;

	for (i = 0; i < rule->num_actions; i++) {
		const struct asic_action *action = &rule->actions[i];

		asic_encap_put(action->encap);
		if (action->kind == ASIC_CT && action->ct.zone)
			asic_zone_put(action->ct.zone);
		else if (action->kind == ASIC_POLICE)
			asic_police_put(rule->block->asic, action->police.police);
		else if (action->kind == ASIC_SAMPLE)
			asic_sample_put(action);
	}
}
