// SPDX-License-Identifier: Apache-2.0
/*
 * packet: see packet.h. Here a packet is made to match a rule, or none; it is
 * changed in packet_mutate.c and written in packet_write.c.
 */
#include "packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

/* Lengths that are something special, and small ones. */
static unsigned int any_payload(struct dice *d)
{
	static const unsigned int special[] = {
		0, 1, 2, 3, 18, 22, 26, 46, 1400, 1452, 1460, 1472, 1473, 1480,
		1481, 1500,
	};

	if (dice_chance(d, 4))
		return DICE_OF(d, special);
	if (dice_chance(d, 5))
		return dice_below(d, dice_chance(d, 20) ? 1900 : 500);
	return dice_below(d, 64);
}

static void any_mac(struct dice *d, uint8_t *mac)
{
	dice_bytes(d, mac, 6);
	/* Few of them, so that rules and packets meet; unicast. */
	mac[0] = 0x02;
	mac[1] = mac[2] = mac[3] = 0;
	mac[4] &= 0x03;
	mac[5] &= 0x0f;
}

/* Writes @n bytes of an address: @value where @mask is 1, else random. */
static void fill(struct dice *d, void *to, const void *value, const void *mask,
		 size_t n)
{
	const uint8_t *v = value, *m = mask;
	uint8_t random[16], *t = to;
	size_t i;

	dice_bytes(d, random, n);
	for (i = 0; i < n; i++)
		t[i] = (v[i] & m[i]) | (random[i] & ~m[i]);
}

static uint16_t fill16(struct dice *d, __be16 value, __be16 mask)
{
	__be16 to;

	fill(d, &to, &value, &mask, sizeof(to));
	return ntohs(to);
}

static uint8_t any_proto(struct dice *d, uint16_t l3)
{
	static const uint8_t known[] = {
		IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_TCP, IPPROTO_TCP,
		IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_SCTP,
		IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_ESP, IPPROTO_UDPLITE,
	};
	uint8_t proto = DICE_OF(d, known);

	if (dice_chance(d, 2))
		return dice_roll(d);
	if (proto == IPPROTO_ICMP && l3 == ETH_P_IPV6)
		return IPPROTO_ICMPV6;
	if (proto == IPPROTO_ICMPV6 && l3 == ETH_P_IP)
		return IPPROTO_ICMP;
	return proto;
}

static void any_inner(struct packet *p, struct dice *d)
{
	if (p->proto == IPPROTO_GRE && dice_chance(d, 80))
		p->inner = PACKET_INNER_GRE;
	else if (p->proto == IPPROTO_IPIP || p->proto == IPPROTO_IPV6)
		p->inner = PACKET_INNER_IP;
	else if (p->proto == IPPROTO_UDP && dice_chance(d, 3))
		p->inner = PACKET_INNER_VXLAN;
	else
		p->inner = PACKET_INNER_NONE;
	if (p->inner == PACKET_INNER_VXLAN)
		p->dport = 4789;
}

static uint16_t any_type(struct dice *d)
{
	static const uint16_t types[] = {
		ETH_P_IP, ETH_P_IP, ETH_P_IP, ETH_P_IPV6, ETH_P_IPV6, ETH_P_ARP,
		ETH_P_MPLS_UC, ETH_P_MPLS_MC, ETH_P_PPP_SES, 0x88b6, 0x0026,
	};

	return DICE_OF(d, types);
}

static void any_labels(struct packet *p, struct dice *d)
{
	unsigned int i;

	p->n_labels = 1 + dice_below(d, 2);
	for (i = 0; i < p->n_labels; i++)
		p->labels[i] = (16 + dice_below(d, 4)) << 12 | (i + 1 == p->n_labels) << 8 |
			       (1 + dice_below(d, 64));
	p->l3 = dice_chance(d, 50) ? ETH_P_IP : ETH_P_IPV6;
}

/* Everything that a key does not say, as if there were none. */
static void any_l3(struct packet *p, struct dice *d)
{
	p->l3 = 0;
	p->n_labels = 0;
	if (p->type == ETH_P_IP || p->type == ETH_P_IPV6 || p->type == ETH_P_ARP)
		p->l3 = p->type;
	else if (p->type == ETH_P_MPLS_UC || p->type == ETH_P_MPLS_MC)
		any_labels(p, d);
	p->version = p->l3 == ETH_P_IP ? 4 : 6;
	p->proto = any_proto(d, p->l3);
}

void packet_random(struct packet *p, struct dice *d)
{
	static const struct nfo_key none;

	packet_match(p, d, &none, &none);
}

static void match_eth(struct packet *p, struct dice *d,
		      const struct nfo_key *key, const struct nfo_key *mask)
{
	unsigned int i;

	any_mac(d, p->dst);
	any_mac(d, p->src);
	for (i = 0; i < 6; i++) {
		p->dst[i] = (p->dst[i] & ~mask->eth_dst[i]) | (key->eth_dst[i] & mask->eth_dst[i]);
		p->src[i] = (p->src[i] & ~mask->eth_src[i]) | (key->eth_src[i] & mask->eth_src[i]);
	}
	for (i = 0; i < 2 && mask->vlan_tpid[i]; i++) {
		uint16_t vid = dice_below(d, 4096), pcp = dice_below(d, 8);

		vid = (vid & ~mask->vlan_vid[i]) | (key->vlan_vid[i] & mask->vlan_vid[i]);
		pcp = (pcp & ~mask->vlan_pcp[i]) | (key->vlan_pcp[i] & mask->vlan_pcp[i]);
		p->tags[i].tpid = ntohs(key->vlan_tpid[i]);
		p->tags[i].tci = pcp << 13 | vid | (dice_chance(d, 5) ? 0x1000 : 0);
		p->n_tags++;
	}
	p->type = mask->eth_type ? ntohs(key->eth_type) : any_type(d);
}

static void match_ip(struct packet *p, struct dice *d,
		     const struct nfo_key *key, const struct nfo_key *mask)
{
	if (mask->ip_proto)
		p->proto = (key->ip_proto & mask->ip_proto) | (p->proto & ~mask->ip_proto);
	fill(d, &p->tos, &key->tos, &mask->tos, 1);
	p->ttl = 2 + dice_below(d, 253);
	p->ttl = (key->ttl & mask->ttl) | (p->ttl & ~mask->ttl);
	if (p->l3 == ETH_P_IP) {
		fill(d, &p->ip_src, &key->ipv4_src, &mask->ipv4_src, 4);
		fill(d, &p->ip_dst, &key->ipv4_dst, &mask->ipv4_dst, 4);
	} else {
		fill(d, &p->ip_src, &key->ipv6_src, &mask->ipv6_src, 16);
		fill(d, &p->ip_dst, &key->ipv6_dst, &mask->ipv6_dst, 16);
	}
	p->id = dice_roll(d);
	p->flow = dice_chance(d, 70) ? 0 : dice_below(d, 1 << 20);
	if (key->ip_frag & mask->ip_frag & NFO_FRAG_ANY)
		p->frag = key->ip_frag & NFO_FRAG_FIRST ? 0x2000 : 1 + dice_below(d, 180);
	else
		p->frag = dice_chance(d, 50) ? 0x4000 : 0;
}

static void match_l4(struct packet *p, struct dice *d,
		     const struct nfo_key *key, const struct nfo_key *mask)
{
	p->l4 = true;
	p->sport = fill16(d, key->sport, mask->sport);
	p->dport = fill16(d, key->dport, mask->dport);
	p->tcp_flags = dice_chance(d, 80) ? 0x10 : dice_below(d, 0x100);
	p->tcp_flags = (ntohs(key->tcp_flags) & ntohs(mask->tcp_flags)) |
		       (p->tcp_flags & ~ntohs(mask->tcp_flags));
	p->seq = dice_roll(d);
	p->ack = dice_roll(d);
	fill(d, &p->icmp_type, &key->icmp_type, &mask->icmp_type, 1);
	fill(d, &p->icmp_code, &key->icmp_code, &mask->icmp_code, 1);
}

static void match_arp(struct packet *p, struct dice *d,
		      const struct nfo_key *key, const struct nfo_key *mask)
{
	uint8_t op = 1 + dice_below(d, 2);

	p->arp_op = (key->arp_op & mask->arp_op) | (op & ~mask->arp_op);
	fill(d, &p->ip_src, &key->arp_sip, &mask->arp_sip, 4);
	fill(d, &p->ip_dst, &key->arp_tip, &mask->arp_tip, 4);
	fill(d, p->arp_sha, key->arp_sha, mask->arp_sha, 6);
	fill(d, p->arp_tha, key->arp_tha, mask->arp_tha, 6);
}

void packet_match(struct packet *p, struct dice *d,
		  const struct nfo_key *key, const struct nfo_key *mask)
{
	memset(p, 0, sizeof(*p));
	p->seed = dice_roll(d);
	match_eth(p, d, key, mask);
	any_l3(p, d);
	if (mask->mpls_lse && p->n_labels) {
		uint32_t value = ntohl(key->mpls_lse), bits = ntohl(mask->mpls_lse);

		p->labels[0] = (value & bits) | (p->labels[0] & ~bits);
	}
	if (p->l3 == ETH_P_ARP) {
		match_arp(p, d, key, mask);
		return;
	}
	match_ip(p, d, key, mask);
	match_l4(p, d, key, mask);
	p->payload = any_payload(d);
	any_inner(p, d);
	/* What Ethernet pads a short frame with. */
	if (dice_chance(d, 10))
		p->trailer = dice_below(d, 20);
}
