// SPDX-License-Identifier: Apache-2.0
/*
 * packet_write: the bytes of a packet.
 *
 * Facts: IEEE 802.3 and 802.1Q; RFC 791, 8200, 768, 9293, 792, 4443, 826,
 * 3032, 2784, 7348.
 */
#include "packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

/* Inside of a packet there may be another, and in that one more. */
#define DEPTH_MAX	2

/* A frame being written: bytes past the end are counted and left out. */
struct sink {
	struct frame	*frame;
	size_t		at;
	unsigned int	depth;
};

static void put(struct sink *s, const void *bytes, size_t n)
{
	if (s->at + n <= FRAME_MAX)
		memcpy(s->frame->bytes + s->at, bytes, n);
	else if (s->at < FRAME_MAX)
		memcpy(s->frame->bytes + s->at, bytes, FRAME_MAX - s->at);
	s->at += n;
}

static void put8(struct sink *s, uint8_t value)
{
	put(s, &value, sizeof(value));
}

static void put16(struct sink *s, uint16_t value)
{
	value = htons(value);
	put(s, &value, sizeof(value));
}

static void put32(struct sink *s, uint32_t value)
{
	value = htonl(value);
	put(s, &value, sizeof(value));
}

/* Writes 16 bits over what is there, where they fit. */
static void patch16(struct sink *s, size_t at, uint16_t value)
{
	if (at + 2 > FRAME_MAX)
		return;
	s->frame->bytes[at] = value >> 8;
	s->frame->bytes[at + 1] = value;
}

static void put_random(struct sink *s, struct dice *d, size_t n)
{
	uint8_t bytes[64];

	while (n > 0) {
		size_t part = n < sizeof(bytes) ? n : sizeof(bytes);

		dice_bytes(d, bytes, part);
		put(s, bytes, part);
		n -= part;
	}
}

static uint16_t sum_of(struct sink *s, size_t from, uint32_t start,
		       enum packet_sum how)
{
	size_t end = s->at < FRAME_MAX ? s->at : FRAME_MAX;
	uint16_t sum = 0;

	if (how == PACKET_SUM_ZERO || from > end)
		return 0;
	sum = ntohs(frame_fold(frame_sum(s->frame->bytes + from, end - from, start)));
	return how == PACKET_SUM_WRONG ? sum + 0x101 : sum;
}

static void put_l3(struct sink *s, const struct packet *p, struct dice *d);

static void put_frame(struct sink *s, const struct packet *p, struct dice *d)
{
	unsigned int i;

	put(s, p->dst, 6);
	put(s, p->src, 6);
	for (i = 0; i < p->n_tags; i++) {
		put16(s, p->tags[i].tpid);
		put16(s, p->tags[i].tci);
	}
	put16(s, p->type);
	for (i = 0; i < p->n_labels; i++)
		put32(s, p->labels[i]);
	put_l3(s, p, d);
}

/* Another packet, all of it or from its network header on. */
static void put_inner(struct sink *s, const struct packet *p, struct dice *d)
{
	struct packet inner;

	if (s->depth >= DEPTH_MAX) {
		put_random(s, d, 20);
		return;
	}
	packet_random(&inner, d);
	s->depth++;
	if (p->inner == PACKET_INNER_VXLAN) {
		put32(s, 0x08000000);
		put32(s, 42 << 8);
		put_frame(s, &inner, d);
		return;
	}
	inner.l3 = p->proto == IPPROTO_IPV6 ? ETH_P_IPV6 : ETH_P_IP;
	inner.version = p->proto == IPPROTO_IPV6 ? 6 : 4;
	if (p->inner == PACKET_INNER_GRE) {
		put16(s, dice_chance(d, 90) ? 0 : dice_roll(d));
		put16(s, inner.l3);
	}
	put_l3(s, &inner, d);
}

static void put_payload(struct sink *s, const struct packet *p, struct dice *d)
{
	if (p->inner == PACKET_INNER_NONE)
		put_random(s, d, p->payload);
	else
		put_inner(s, p, d);
}

static void put_tcp(struct sink *s, const struct packet *p)
{
	put16(s, p->sport);
	put16(s, p->dport);
	put32(s, p->seq);
	put32(s, p->ack);
	put16(s, ((5 + p->doff_lie) & 15) << 12 | (p->tcp_flags & 0xfff));
	put16(s, 1000);
	put32(s, 0);
}

/* The transport header and its payload; the sum over both, last. */
static void put_l4(struct sink *s, const struct packet *p, struct dice *d,
		   uint32_t pseudo)
{
	size_t from = s->at, sum = 0;

	if (!p->l4) {
		put_payload(s, p, d);
		return;
	}
	switch (p->proto) {
	case IPPROTO_TCP:
		put_tcp(s, p);
		sum = from + 16;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		put16(s, p->sport);
		put16(s, p->dport);
		put32(s, 0);
		sum = from + 6;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		put8(s, p->icmp_type);
		put8(s, p->icmp_code);
		put16(s, 0);
		put32(s, p->sport);
		sum = from + 2;
		if (p->proto == IPPROTO_ICMP)
			pseudo = 0;
		break;
	case IPPROTO_SCTP:
		put16(s, p->sport);
		put16(s, p->dport);
		put_random(s, d, 8);
		break;
	}
	put_payload(s, p, d);
	if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_UDPLITE)
		patch16(s, from + 4, s->at - from + p->udp_lie);
	if (!sum)
		return;
	/* The pseudo header has the length, by UDP's or by IP's word. */
	if (pseudo)
		pseudo += s->at - from + p->proto;
	patch16(s, sum, sum_of(s, from, pseudo, p->l4_sum));
}

static void put_ipv4(struct sink *s, const struct packet *p, struct dice *d)
{
	const size_t from = s->at;
	size_t header;
	uint32_t pseudo;

	put8(s, p->version << 4 | ((5 + p->n_options / 4 + p->ihl_lie) & 15));
	put8(s, p->tos);
	put16(s, 0);
	put16(s, p->id);
	put16(s, p->frag);
	put8(s, p->ttl);
	put8(s, p->proto);
	put16(s, 0);
	put(s, &p->ip_src, 4);
	put(s, &p->ip_dst, 4);
	put(s, p->options, p->n_options);
	header = s->at;
	pseudo = frame_sum((const uint8_t *)&p->ip_src, 4, 0);
	pseudo = frame_sum((const uint8_t *)&p->ip_dst, 4, pseudo);
	/* A later fragment has no transport header. */
	if (p->frag & 0x1fff)
		put_random(s, d, p->payload);
	else
		put_l4(s, p, d, pseudo);
	patch16(s, from + 2, s->at - from + p->length_lie);
	if (from + 20 <= FRAME_MAX && header <= FRAME_MAX) {
		size_t end = s->at;

		s->at = header;
		patch16(s, from + 10, sum_of(s, from, 0, p->ip_sum));
		s->at = end;
	}
}

/* One extension header of 8 bytes; the next one's type comes first. */
static void put_ext(struct sink *s, const struct packet *p, uint8_t type,
		    uint8_t next)
{
	put8(s, next);
	switch (type) {
	case IPPROTO_FRAGMENT:
		put8(s, 0);
		put16(s, (p->frag & 0x1fff) << 3 | !!(p->frag & 0x2000));
		put32(s, p->id);
		break;
	case IPPROTO_AH:
		put8(s, 0);	/* of 8 bytes, as its length counts */
		put16(s, 0);
		put32(s, 7);
		break;
	default:
		put8(s, 0);
		/* PadN of 4 bytes, or a routing header without segments. */
		put32(s, type == IPPROTO_ROUTING ? 0 : 0x01040000);
		put16(s, 0);
	}
}

static void put_ipv6(struct sink *s, const struct packet *p, struct dice *d)
{
	const size_t from = s->at;
	uint32_t pseudo;
	unsigned int i;

	put32(s, (uint32_t)p->version << 28 | p->tos << 20 | (p->flow & 0xfffff));
	put16(s, 0);
	put8(s, p->n_exts ? p->exts[0] : p->proto);
	put8(s, p->ttl);
	put(s, &p->ip_src, 16);
	put(s, &p->ip_dst, 16);
	for (i = 0; i < p->n_exts; i++)
		put_ext(s, p, p->exts[i],
			i + 1 < p->n_exts ? p->exts[i + 1] : p->proto);
	pseudo = frame_sum((const uint8_t *)&p->ip_src, 16, 0);
	pseudo = frame_sum((const uint8_t *)&p->ip_dst, 16, pseudo);
	put_l4(s, p, d, pseudo);
	patch16(s, from + 4, s->at - from - 40 + p->length_lie);
}

static void put_arp(struct sink *s, const struct packet *p)
{
	put16(s, 1);
	put16(s, ETH_P_IP);
	put8(s, 6);
	put8(s, 4);
	put16(s, p->arp_op);
	put(s, p->arp_sha, 6);
	put(s, &p->ip_src, 4);
	put(s, p->arp_tha, 6);
	put(s, &p->ip_dst, 4);
}

static void put_l3(struct sink *s, const struct packet *p, struct dice *d)
{
	switch (p->l3) {
	case ETH_P_IP:
		put_ipv4(s, p, d);
		break;
	case ETH_P_IPV6:
		put_ipv6(s, p, d);
		break;
	case ETH_P_ARP:
		put_arp(s, p);
		break;
	default:
		put_random(s, d, p->payload);
	}
}

void packet_write(const struct packet *packet, struct frame *frame)
{
	struct sink sink = { .frame = frame };
	struct dice dice = { .state = packet->seed };

	put_frame(&sink, packet, &dice);
	put_random(&sink, &dice, packet->trailer);
	frame->len = sink.at < FRAME_MAX ? sink.at : FRAME_MAX;
}
