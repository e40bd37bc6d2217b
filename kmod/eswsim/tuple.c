// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuple - addresses and ports: of an offloaded connection, of a frame, and into a frame.
 *
 * A frame has a tuple only where act_ct's own flowtable lookup finds one (and the hardware may
 * go without asking it): unfragmented, no IPv4 options, no IPv6 extension headers, TTL of at least
 * 2, a whole transport header. TCP that begins or ends a connection has none either, since
 * conntrack must see it.
 *
 * Facts: net/sched/act_ct.c (tcf_ct_flow_table_fill_tuple_ipv4(), ..._ipv6(), and
 * tcf_ct_flow_table_add_action_nat_*(), which hand new ports over as numbers of 16 bits, other
 * than pedit does), net/netfilter/nf_flow_table_offload.c (nf_flow_rule_match()),
 * net/netfilter/nf_nat_proto.c (which checksums are corrected, and how); RFC 1624.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/seq_file.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/gre.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "eswsim.h"
#include "tuple.h"

/* Header fields of a frame that has a tuple. */
struct fields {
	u8 *ip;		/* first byte of the network header */
	u8 *l4;		/* first byte of the transport header */
	unsigned int room;	/* bytes from @ip to the end of the frame */
	unsigned int total;	/* bytes from @ip to the end of the packet, by its own word */
};

/**
 * asic_tuple_of_rule() - whose frames an offloaded connection's rule is for
 * @rule:	the match of a flowtable entry
 * @tuple:	to fill
 *
 * The ingress device in it is passed over: connections belong to a zone, not to a port. Return: 0,
 * or -EOPNOTSUPP for anything but TCP, UDP and GRE over IPv4 or IPv6.
 */
int asic_tuple_of_rule(const struct flow_rule *rule, struct asic_tuple *tuple)
{
	struct flow_match_control control;
	struct flow_match_ipv4_addrs ip4;
	struct flow_match_ipv6_addrs ip6;
	struct flow_match_ports ports;
	struct flow_match_basic basic;

	memset(tuple, 0, sizeof(*tuple));
	if (!flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_CONTROL) ||
	    !flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_BASIC))
		return -EOPNOTSUPP;
	flow_rule_match_control(rule, &control);
	flow_rule_match_basic(rule, &basic);
	tuple->type = basic.key->n_proto;
	tuple->protocol = basic.key->ip_proto;
	switch (control.key->addr_type) {
	case FLOW_DISSECTOR_KEY_IPV4_ADDRS:
		flow_rule_match_ipv4_addrs(rule, &ip4);
		tuple->src.s6_addr32[0] = ip4.key->src;
		tuple->dst.s6_addr32[0] = ip4.key->dst;
		break;
	case FLOW_DISSECTOR_KEY_IPV6_ADDRS:
		flow_rule_match_ipv6_addrs(rule, &ip6);
		tuple->src = ip6.key->src;
		tuple->dst = ip6.key->dst;
		break;
	default:
		return -EOPNOTSUPP;
	}
	switch (tuple->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		if (!flow_rule_match_key(rule, FLOW_DISSECTOR_KEY_PORTS))
			return -EOPNOTSUPP;
		flow_rule_match_ports(rule, &ports);
		tuple->sport = ports.key->src;
		tuple->dport = ports.key->dst;
		return 0;
	case IPPROTO_GRE:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int mangle_ip4(struct asic_tuple *tuple, u32 offset, u32 value)
{
	switch (offset) {
	case offsetof(struct iphdr, saddr):
		tuple->src.s6_addr32[0] = cpu_to_be32(value);
		return 0;
	case offsetof(struct iphdr, daddr):
		tuple->dst.s6_addr32[0] = cpu_to_be32(value);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int mangle_ip6(struct asic_tuple *tuple, u32 offset, u32 value)
{
	const u32 src = offsetof(struct ipv6hdr, saddr), dst = offsetof(struct ipv6hdr, daddr);

	if (offset % sizeof(u32) || offset < src || offset >= dst + sizeof(tuple->dst))
		return -EOPNOTSUPP;
	if (offset < dst)
		tuple->src.s6_addr32[(offset - src) / sizeof(u32)] = cpu_to_be32(value);
	else
		tuple->dst.s6_addr32[(offset - dst) / sizeof(u32)] = cpu_to_be32(value);
	return 0;
}

/* TCP and UDP have their ports in the same place. */
static int mangle_port(struct asic_tuple *tuple, u32 offset, u32 value)
{
	switch (offset) {
	case offsetof(struct udphdr, source):
		tuple->sport = cpu_to_be16(value);
		return 0;
	case offsetof(struct udphdr, dest):
		tuple->dport = cpu_to_be16(value);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * asic_tuple_mangle() - do to a tuple what a connection's NAT does to its frames
 * @tuple:	what is there; becomes what will be there
 * @entry:	FLOW_ACTION_MANGLE as act_ct makes it
 *
 * Return: 0, or -EOPNOTSUPP for a field that is none of a tuple's.
 */
int asic_tuple_mangle(struct asic_tuple *tuple, const struct flow_action_entry *entry)
{
	const u32 offset = entry->mangle.offset, value = entry->mangle.val;

	switch (entry->mangle.htype) {
	case FLOW_ACT_MANGLE_HDR_TYPE_IP4:
		return mangle_ip4(tuple, offset, value);
	case FLOW_ACT_MANGLE_HDR_TYPE_IP6:
		return mangle_ip6(tuple, offset, value);
	case FLOW_ACT_MANGLE_HDR_TYPE_TCP:
	case FLOW_ACT_MANGLE_HDR_TYPE_UDP:
		return mangle_port(tuple, offset, value);
	default:
		return -EOPNOTSUPP;
	}
}

static int fields_ip4(struct fields *f, struct asic_tuple *tuple)
{
	const struct iphdr *ip = (const struct iphdr *)f->ip;

	if (f->room < sizeof(*ip) || ip->version != 4 || ip->ihl * 4 != sizeof(*ip) ||
	    ip->ttl < 2 || ip_is_fragment(ip))
		return -ENOENT;
	f->l4 = f->ip + sizeof(*ip);
	f->total = ntohs(ip->tot_len);
	tuple->protocol = ip->protocol;
	tuple->src.s6_addr32[0] = ip->saddr;
	tuple->dst.s6_addr32[0] = ip->daddr;
	return 0;
}

static int fields_ip6(struct fields *f, struct asic_tuple *tuple)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)f->ip;

	if (f->room < sizeof(*ip) || ip->version != 6 || ip->hop_limit < 2)
		return -ENOENT;
	f->l4 = f->ip + sizeof(*ip);
	f->total = sizeof(*ip) + ntohs(ip->payload_len);
	tuple->protocol = ip->nexthdr;
	tuple->src = ip->saddr;
	tuple->dst = ip->daddr;
	return 0;
}

static int fields_l4(const struct fields *f, struct asic_tuple *tuple)
{
	const unsigned int length = f->ip + f->total - f->l4;
	const struct tcphdr *tcp = (const struct tcphdr *)f->l4;
	const struct udphdr *udp = (const struct udphdr *)f->l4;

	if (f->total > f->room || f->ip + f->total < f->l4)
		return -ENOENT;
	switch (tuple->protocol) {
	case IPPROTO_TCP:
		if (length < sizeof(*tcp) || tcp->syn || tcp->fin || tcp->rst)
			return -ENOENT;
		break;
	case IPPROTO_UDP:
		if (length < sizeof(*udp))
			return -ENOENT;
		break;
	case IPPROTO_GRE:
		if (length < sizeof(struct gre_base_hdr) ||
		    ((const struct gre_base_hdr *)f->l4)->flags & GRE_VERSION)
			return -ENOENT;
		return 0;
	default:
		return -ENOENT;
	}
	tuple->sport = udp->source;
	tuple->dport = udp->dest;
	return 0;
}

static int fields_find(struct asic_packet *packet, struct fields *f, struct asic_tuple *tuple)
{
	unsigned int l3;
	int err;

	memset(tuple, 0, sizeof(*tuple));
	l3 = asic_packet_l3(packet, &tuple->type);
	/* Behind two tags act_ct does not find the network header. */
	if (l3 > VLAN_ETH_HLEN || l3 > packet->skb->len)
		return -ENOENT;
	f->ip = packet->skb->data + l3;
	f->room = packet->skb->len - l3;
	if (tuple->type == htons(ETH_P_IP))
		err = fields_ip4(f, tuple);
	else if (tuple->type == htons(ETH_P_IPV6))
		err = fields_ip6(f, tuple);
	else
		err = -ENOENT;
	return err ?: fields_l4(f, tuple);
}

/**
 * asic_tuple_of_packet() - the connection's direction that a frame is of
 * @packet:	the frame
 * @tuple:	to fill
 * @bytes:	set to the length of its IP packet, which is what conntrack counts
 *
 * Return: 0, or -ENOENT if it is a matter for conntrack itself.
 */
int asic_tuple_of_packet(struct asic_packet *packet, struct asic_tuple *tuple, unsigned int *bytes)
{
	struct fields f;
	int err = fields_find(packet, &f, tuple);

	if (!err)
		*bytes = f.total;
	return err;
}

/* Writes an address or the half of one, and corrects the sum that covers it. */
static void rewrite32(__be32 *field, __be32 to, __sum16 *sum, __sum16 *ip_sum)
{
	if (*field == to)
		return;
	if (sum)
		csum_replace4(sum, *field, to);
	if (ip_sum)
		csum_replace4(ip_sum, *field, to);
	*field = to;
}

static void rewrite16(__be16 *field, __be16 to, __sum16 *sum)
{
	if (*field == to)
		return;
	if (sum)
		csum_replace2(sum, *field, to);
	*field = to;
}

static void rewrite_addresses(const struct fields *f, const struct asic_tuple *to, __sum16 *sum)
{
	struct ipv6hdr *ip6 = (struct ipv6hdr *)f->ip;
	struct iphdr *ip4 = (struct iphdr *)f->ip;
	unsigned int i;

	if (to->type == htons(ETH_P_IP)) {
		rewrite32(&ip4->saddr, to->src.s6_addr32[0], sum, &ip4->check);
		rewrite32(&ip4->daddr, to->dst.s6_addr32[0], sum, &ip4->check);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(to->src.s6_addr32); i++) {
		rewrite32(&ip6->saddr.s6_addr32[i], to->src.s6_addr32[i], sum, NULL);
		rewrite32(&ip6->daddr.s6_addr32[i], to->dst.s6_addr32[i], sum, NULL);
	}
}

/**
 * asic_tuple_rewrite() - make a frame one of another tuple
 * @packet:	the frame, which has a tuple
 * @to:		addresses and ports that it gets; type and protocol are the frame's
 *
 * Checksums are corrected by the difference, so that a wrong one stays wrong, and UDP without one
 * stays without. Return: 0; on error, -ENOMEM or -ENOENT, the frame is as it was.
 */
int asic_tuple_rewrite(struct asic_packet *packet, const struct asic_tuple *to)
{
	struct asic_tuple from;
	struct udphdr *udp;
	struct fields f;
	__sum16 *sum;

	if (asic_packet_writable(packet, 0))
		return -ENOMEM;
	/* The bytes may have moved. */
	if (fields_find(packet, &f, &from))
		return -ENOENT;
	if (to->protocol == IPPROTO_GRE) {
		rewrite_addresses(&f, to, NULL);
		return 0;
	}
	udp = (struct udphdr *)f.l4;
	sum = &udp->check;
	if (to->protocol == IPPROTO_TCP)
		sum = &((struct tcphdr *)f.l4)->check;
	else if (!udp->check)
		sum = NULL;
	rewrite_addresses(&f, to, sum);
	rewrite16(&udp->source, to->sport, sum);
	rewrite16(&udp->dest, to->dport, sum);
	if (to->protocol == IPPROTO_UDP && sum && !*sum)
		*sum = CSUM_MANGLED_0;
	return 0;
}

/**
 * asic_tuple_dump() - write a tuple as one word, for debugging
 * @tuple:	which
 * @seq:	where to
 */
void asic_tuple_dump(const struct asic_tuple *tuple, struct seq_file *seq)
{
	if (tuple->type == htons(ETH_P_IP))
		seq_printf(seq, "%u:%pI4:%u>%pI4:%u", tuple->protocol,
			   &tuple->src, ntohs(tuple->sport), &tuple->dst, ntohs(tuple->dport));
	else
		seq_printf(seq, "%u:[%pI6c]:%u>[%pI6c]:%u", tuple->protocol,
			   &tuple->src, ntohs(tuple->sport), &tuple->dst, ntohs(tuple->dport));
}
