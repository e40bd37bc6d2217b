// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet - a frame on its way through the ASIC: taken in, parsed, forwarded or handed to the host.
 *
 * Parsing is left to the kernel's flow dissector, with the flags that the flower classifier uses.
 * A rule in hardware must match exactly the frames that the same rule in software matches, down
 * to truncated headers, IP options, fragments and extension headers, and that differs between the
 * kernels that this module is built for; sharing the parser is the only way to be sure. It runs
 * once per frame, and again only where a chain is entered with changed bytes, as classifiers do.
 *
 * So it is with the profile "deep". The others' parser ends at IP options, as hardware's may: what
 * is behind them is then nothing that a rule matches (see profile.h).
 *
 * Deviations: a length field instead of an ethertype is seen as 802.2 or 802.3 (as eth_type_trans()
 * does) only where it follows the addresses, not behind a VLAN tag. And a rule on an IP address
 * under an empty mask matches all of that family, while software, which then does not look for
 * addresses at all, never finds the family to be right.
 *
 * Facts: net/core/flow_dissector.c, net/sched/cls_flower.c, net/sched/cls_api.c.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <net/ipv6.h>
#include <net/pkt_cls.h>

#include "eswsim.h"

/* Chains that a frame may enter after the first one; cls_api gives up after as many. */
#define CHAINS_MAX 16

#define MEMBER(id, name) { FLOW_DISSECTOR_KEY_##id, offsetof(struct asic_key, name) }

/**
 * asic_packet_dissector_init() - describe struct asic_key to the kernel's flow dissector
 * @dissector:	description to fill
 *
 * The Ethernet addresses are not in it: without an skb the dissector cannot find them.
 */
void asic_packet_dissector_init(struct flow_dissector *dissector)
{
	static const struct flow_dissector_key members[] = {
		MEMBER(CONTROL, control), MEMBER(BASIC, basic), MEMBER(VLAN, vlan),
		MEMBER(CVLAN, cvlan), MEMBER(IPV4_ADDRS, ipv4), MEMBER(IPV6_ADDRS, ipv6),
		MEMBER(IP, ip), MEMBER(PORTS, ports), MEMBER(TCP, tcp), MEMBER(ICMP, icmp),
		MEMBER(ARP, arp), MEMBER(MPLS, mpls), MEMBER(ENC_CONTROL, enc_control),
		MEMBER(ENC_KEYID, enc_keyid), MEMBER(ENC_IP, enc_ip),
		MEMBER(ENC_PORTS, enc_ports), MEMBER(ENC_IPV4_ADDRS, enc_ipv4),
		MEMBER(ENC_IPV6_ADDRS, enc_ipv6), MEMBER(ENC_OPTS, enc_opts),
	};

	skb_flow_dissector_init(dissector, members, ARRAY_SIZE(members));
}

/* The ethertype, or what eth_type_trans() makes of a length field. */
static __be16 outer_type(const struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	if (eth_proto_is_802_3(eth->h_proto))
		return eth->h_proto;
	if (skb->len >= ETH_HLEN + 2 && skb->data[ETH_HLEN] == 0xff &&
	    skb->data[ETH_HLEN + 1] == 0xff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

/* The first header behind the network header that ends this parser's way, or IPPROTO_MAX. */
static unsigned int first_option(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6;
	const struct iphdr *ip;
	unsigned int l3;
	__be16 type;

	l3 = asic_frame_l3(skb, &type);
	if (type == htons(ETH_P_IP) && skb->len >= l3 + sizeof(*ip)) {
		ip = (const struct iphdr *)(skb->data + l3);
		return ip->ihl * 4 > sizeof(*ip) ? ip->protocol : IPPROTO_MAX;
	}
	if (type == htons(ETH_P_IPV6) && skb->len >= l3 + sizeof(*ip6)) {
		ip6 = (const struct ipv6hdr *)(skb->data + l3);
		if (ip6->nexthdr == NEXTHDR_HOP || ip6->nexthdr == NEXTHDR_ROUTING ||
		    ip6->nexthdr == NEXTHDR_DEST)
			return ip6->nexthdr;
	}
	return IPPROTO_MAX;
}

/* A parser that takes headers of one length only has seen nothing behind a longer one. */
static void packet_stop_at_options(struct asic_packet *packet)
{
	struct asic_key *key = &packet->key;
	unsigned int protocol = first_option(packet->skb);

	if (protocol == IPPROTO_MAX)
		return;
	key->basic.ip_proto = protocol;
	memset(&key->ports, 0, sizeof(key->ports));
	memset(&key->tcp, 0, sizeof(key->tcp));
	memset(&key->icmp, 0, sizeof(key->icmp));
}

static void packet_parse(struct asic_packet *packet)
{
	struct flow_dissector *dissector = &packet->in->nic->asic.dissector;
	const struct sk_buff *skb = packet->skb;
	struct asic_key *key = &packet->key;

	memset(key, 0, sizeof(*key));
	/* A tunnel netdev is no port. */
	if (packet->tunnel)
		skb_flow_dissect_tunnel_info(skb, dissector, key);
	else
		key->port = (unsigned long)packet->in;
	memcpy(&key->eth, skb->data, sizeof(key->eth));
	key->outer = outer_type(skb);
	/* The dissector leaves the type alone where it knows nothing of it. */
	key->basic.n_proto = key->outer;
	__skb_flow_dissect(&init_net, NULL, dissector, key, skb->data, key->outer, ETH_HLEN,
			   skb->len, FLOW_DISSECTOR_F_STOP_BEFORE_ENCAP);
	if (!packet->in->nic->asic.profile->reads_past_options)
		packet_stop_at_options(packet);
	/* Where the payload starts is no property to match on. */
	key->control.thoff = 0;
	key->ct = packet->ct;
	packet->changed = false;
}

/**
 * asic_packet_writable() - make the frame fit to be changed
 * @packet:	the frame
 * @headroom:	bytes that will be put before it
 *
 * Mirrored copies share their bytes with the frame; after this they do not. Pointers into the
 * frame are void afterwards. Return: 0 or -ENOMEM.
 */
int asic_packet_writable(struct asic_packet *packet, unsigned int headroom)
{
	packet->changed = true;
	return skb_cow(packet->skb, headroom);
}

/**
 * asic_frame_l3() - find the network header
 * @skb:	a frame that is not yet or no more in an asic_packet; see asic_packet_l3()
 * @type:	set to the ethertype of what is there
 */
unsigned int asic_frame_l3(struct sk_buff *skb, __be16 *type)
{
	unsigned int offset = ETH_HLEN;

	*type = outer_type(skb);
	while (eth_type_vlan(*type) && skb->len >= offset + VLAN_HLEN) {
		*type = ((struct vlan_hdr *)(skb->data + offset))->h_vlan_encapsulated_proto;
		offset += VLAN_HLEN;
	}
	skb_set_network_header(skb, offset);
	return offset;
}

/**
 * asic_packet_l3() - find the network header
 * @packet:	the frame
 * @type:	set to the ethertype of what is there
 *
 * Skips all VLAN tags. Return: offset from the start of the frame, bytes.
 */
unsigned int asic_packet_l3(struct asic_packet *packet, __be16 *type)
{
	return asic_frame_l3(packet->skb, type);
}

/**
 * asic_packet_l4() - find the transport header where the pedit action would
 * @packet:	the frame
 * @protocol:	IPPROTO_TCP or IPPROTO_UDP
 * @offset:	set to its offset from the start of the frame, bytes
 *
 * As in net/sched/act_pedit.c, IPv4 is not asked what it carries, and IPv6 is. Return: 0, or
 * -ENOENT where there is none.
 */
int asic_packet_l4(struct asic_packet *packet, u8 protocol, unsigned int *offset)
{
	struct sk_buff *skb = packet->skb;
	const struct iphdr *ip;
	unsigned int l3;
	__be16 type;

	l3 = asic_packet_l3(packet, &type);
	if (type == htons(ETH_P_IP) && skb->len >= l3 + sizeof(*ip)) {
		ip = (const struct iphdr *)(skb->data + l3);
		*offset = l3 + ip->ihl * 4;
		return 0;
	}
	*offset = 0;
	if (type == htons(ETH_P_IPV6) &&
	    ipv6_find_hdr(skb, offset, protocol, NULL, NULL) == protocol)
		return 0;
	return -ENOENT;
}

/* Whether the bytes that came in may be wanted again after @rule: see packet_to_host(). */
static bool needs_pristine(const struct asic_packet *packet, const struct asic_rule *rule)
{
	unsigned int i;

	if (ASIC_CAN_RESTORE_CHAIN || packet->pristine || rule->num_actions == 1)
		return false;
	for (i = 0; i < rule->num_actions; i++)
		if (rule->actions[i].kind == ASIC_GOTO || rule->actions[i].kind == ASIC_CT)
			return true;
	return false;
}

static void count_rule(struct asic_rule *rule, unsigned int bytes)
{
	atomic64_inc(&rule->new_packets);
	atomic64_add(bytes, &rule->new_bytes);
	WRITE_ONCE(rule->lastused, jiffies);
}

static enum asic_verdict packet_forward(struct asic_packet *packet, struct asic_block *block)
{
	unsigned int hops;

	packet_parse(packet);
	packet->length = packet->skb->len - ETH_HLEN;
	if (eth_type_vlan(packet->key.outer) && packet->length >= VLAN_HLEN)
		packet->length -= VLAN_HLEN;
	for (hops = 0; hops <= CHAINS_MAX; hops++) {
		struct asic_rule *rule;
		enum asic_verdict verdict;
		unsigned int bytes;

		if (packet->changed)
			packet_parse(packet);
		rule = asic_lookup_packet(block, packet);
		if (!rule)
			return ASIC_VERDICT_SLOW;
		packet->hit = true;
		if (!asic_encap_ready(packet, rule))
			return ASIC_VERDICT_SLOW;
		bytes = packet->skb->len;
		if (needs_pristine(packet, rule)) {
			packet->pristine = skb_clone(packet->skb, GFP_ATOMIC);
			if (!packet->pristine)
				return ASIC_VERDICT_DROP;
		}
		verdict = asic_action_run(packet, rule);
		/* What the host ends is the host's to count. */
		if (!packet->missed)
			count_rule(rule, bytes);
		if (verdict != ASIC_VERDICT_CHAIN)
			return verdict;
	}
	return ASIC_VERDICT_DROP;
}

/*
 * The slow path. A frame that left the hardware in a later chain goes on in that chain of the
 * host's TC where the kernel has an extension for it, and one that left it in the middle of a rule
 * with the action that it met there. A connection that the hardware found goes with it. Without
 * the extension the host starts over in chain 0, and so has to get the frame as it came in.
 */
static int packet_to_host(struct asic_packet *packet)
{
#if IS_ENABLED(CONFIG_NET_TC_SKB_EXT)
	if (packet->chain || packet->miss_cookie) {
		struct tc_skb_ext *ext = tc_skb_ext_alloc(packet->skb);

		if (!ext)
			return -ENOMEM;
		ext->chain = packet->chain;
		if (packet->miss_cookie)
			compat_ext_act_miss(ext, packet->miss_cookie);
	}
#endif
	if (packet->tunnel && ASIC_CAN_RESTORE_CHAIN && (packet->chain || packet->miss_cookie))
		return asic_decap_to_host(packet);
	if (packet->pristine)
		swap(packet->skb, packet->pristine);
	if (!ASIC_CAN_RESTORE_CHAIN)
		nf_reset_ct(packet->skb);
	eswsim_port_miss(packet->in, packet->skb);
	packet->skb = NULL;
	return 0;
}

/**
 * asic_receive() - a frame enters the switch
 * @in:		port that it comes in by
 * @skb:	the frame, consumed; a plain one as port.c makes them: linear, not shared, data at
 *		the Ethernet header, VLAN tags and checksums in the data
 *
 * Forwards it by the rules, or hands it to eswsim_port_miss(), which has to keep the skb's
 * extensions: one of them may be the TC chain to go on with. Every frame is counted once, as hit
 * or as miss; the hits that were dropped are counted as drops besides. Context: bottom halves
 * off, any CPU, no locks.
 */
void asic_receive(struct eswsim_port *in, struct sk_buff *skb)
{
	struct asic_packet packet = { .skb = skb, .in = in };
	const unsigned int bytes = skb->len;
	struct asic_block *block;
	enum asic_verdict verdict;

	rcu_read_lock();
	block = asic_block_of(&in->nic->asic, in);
	verdict = block ? packet_forward(&packet, block) : ASIC_VERDICT_SLOW;
	/* What the uplink lets pass may be for a tunnel netdev behind it. */
	if (verdict == ASIC_VERDICT_SLOW && !packet.hit) {
		block = asic_decap(&packet);
		if (block)
			verdict = packet_forward(&packet, block);
	}
	if (verdict == ASIC_VERDICT_SLOW && packet_to_host(&packet))
		verdict = ASIC_VERDICT_DROP;
	eswsim_port_count(in, verdict == ASIC_VERDICT_SLOW ? ESWSIM_RX_MISS : ESWSIM_RX_HIT, bytes);
	if (verdict == ASIC_VERDICT_DROP)
		eswsim_port_count(in, ESWSIM_RX_DROP, bytes);
	rcu_read_unlock();

	/* What was sent is no longer here; the rest was dropped or replaced. */
	kfree_skb(packet.skb);
	consume_skb(packet.pristine);
}
