// SPDX-License-Identifier: Apache-2.0
/*
 * tuple: see tuple.h.
 *
 * Facts: RFC 791, 8200, 768, 9293, 792, 4443.
 */
#include "tuple.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

static uint16_t get16(const struct frame *frame, unsigned int at)
{
	return frame->bytes[at] << 8 | frame->bytes[at + 1];
}

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* Tags and type; where the network header is. */
static void read_eth(struct tuple *t, const struct frame *frame)
{
	unsigned int at = 12, tags = 0;

	while (is_tag(get16(frame, at)) && at + 6 <= frame->len) {
		if (tags < 2) {
			t->key.vlan_tpid[tags] = htons(get16(frame, at));
			t->mask.vlan_tpid[tags] = 0xffff;
			t->key.vlan_vid[tags] = get16(frame, at + 2) & 0xfff;
			t->mask.vlan_vid[tags] = 0xfff;
		}
		tags++;
		at += 4;
	}
	t->key.eth_type = htons(get16(frame, at));
	t->mask.eth_type = 0xffff;
	t->l3 = at + 2;
}

static bool read_ipv4(struct tuple *t, const struct frame *frame)
{
	const uint8_t *ip = frame->bytes + t->l3;

	if (t->l3 + 20 > frame->len || (ip[0] & 15) < 5)
		return false;
	t->end = t->l3 + (ip[2] << 8 | ip[3]);
	t->key.ip_proto = ip[9];
	memcpy(&t->key.ipv4_src, ip + 12, 4);
	memcpy(&t->key.ipv4_dst, ip + 16, 4);
	memset(&t->mask.ipv4_src, 0xff, 4);
	memset(&t->mask.ipv4_dst, 0xff, 4);
	if (!((ip[6] & 0x1f) | ip[7]))
		t->l4 = t->l3 + (ip[0] & 15) * 4;
	return true;
}

static bool read_ipv6(struct tuple *t, const struct frame *frame)
{
	const uint8_t *ip = frame->bytes + t->l3;

	if (t->l3 + 40 > frame->len)
		return false;
	t->end = t->l3 + 40 + (ip[4] << 8 | ip[5]);
	t->key.ip_proto = ip[6];
	memcpy(&t->key.ipv6_src, ip + 8, 16);
	memcpy(&t->key.ipv6_dst, ip + 24, 16);
	memset(&t->mask.ipv6_src, 0xff, 16);
	memset(&t->mask.ipv6_dst, 0xff, 16);
	t->l4 = t->l3 + 40;
	return true;
}

static void read_ports(struct tuple *t, const struct frame *frame)
{
	const bool tcp = t->key.ip_proto == IPPROTO_TCP;

	if (!t->l4 || (!tcp && t->key.ip_proto != IPPROTO_UDP))
		return;
	if (t->l4 + (tcp ? 14 : 4) > frame->len)
		return;
	t->key.sport = htons(get16(frame, t->l4));
	t->key.dport = htons(get16(frame, t->l4 + 2));
	t->mask.sport = t->mask.dport = 0xffff;
	if (tcp)
		t->tcp_flags = get16(frame, t->l4 + 12) & 0xfff;
}

bool tuple_read(struct tuple *t, const struct frame *frame)
{
	bool ip = false;

	memset(t, 0, sizeof(*t));
	read_eth(t, frame);
	if (t->key.eth_type == htons(ETH_P_IP))
		ip = read_ipv4(t, frame);
	else if (t->key.eth_type == htons(ETH_P_IPV6))
		ip = read_ipv6(t, frame);
	if (!ip)
		return false;
	t->mask.ip_proto = 0xff;
	read_ports(t, frame);
	return true;
}

/* Where the checksum of the transport header is, 0 if there is none. */
static unsigned int sum_at(const struct tuple *t, const struct frame *frame)
{
	unsigned int at;

	if (!t->l4)
		return 0;
	switch (t->key.ip_proto) {
	case IPPROTO_TCP:
		at = t->l4 + 16;
		break;
	case IPPROTO_UDP:
		at = t->l4 + 6;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		at = t->l4 + 2;
		break;
	default:
		return 0;
	}
	return at + 2 <= frame->len ? at : 0;
}

static uint32_t pseudo_sum(const struct tuple *t, const struct frame *frame)
{
	const bool ip4 = t->key.eth_type == htons(ETH_P_IP);
	const unsigned int from = t->l3 + (ip4 ? 12 : 8), n = ip4 ? 8 : 32;

	if (t->key.ip_proto == IPPROTO_ICMP)
		return 0;
	return frame_sum(frame->bytes + from, n,
			 t->end - t->l4 + t->key.ip_proto);
}

static bool l4_right(const struct tuple *t, const struct frame *frame)
{
	const unsigned int at = sum_at(t, frame);
	const bool udp = t->key.ip_proto == IPPROTO_UDP;

	if (!at)
		return true;
	if (t->end > frame->len || t->end < t->l4)
		return false;
	if (udp && !get16(frame, at))
		return t->key.eth_type == htons(ETH_P_IP);
	if (udp && get16(frame, t->l4 + 4) != t->end - t->l4)
		return false;
	return !frame_fold(frame_sum(frame->bytes + t->l4, t->end - t->l4,
				     pseudo_sum(t, frame)));
}

bool tuple_sums_right(const struct frame *frame)
{
	struct tuple t;
	unsigned int header;

	if (!tuple_read(&t, frame))
		return true;
	header = (frame->bytes[t.l3] & 15) * 4;
	if (t.key.eth_type == htons(ETH_P_IP) &&
	    (t.l3 + header > frame->len ||
	     frame_fold(frame_sum(frame->bytes + t.l3, header, 0))))
		return false;
	return l4_right(&t, frame);
}

void tuple_clear_sums(struct frame *frame)
{
	struct tuple t;
	unsigned int at;

	if (!tuple_read(&t, frame))
		return;
	at = sum_at(&t, frame);
	if (at)
		memset(frame->bytes + at, 0, 2);
	if (t.key.eth_type == htons(ETH_P_IP))
		memset(frame->bytes + t.l3 + 10, 0, 2);
}

/* Destination unreachable, redirect, time exceeded, parameter problem. */
static bool is_error(const struct tuple *t, const struct frame *frame)
{
	static const char types[] = { 3, 5, 11, 12 };

	return t->key.ip_proto == IPPROTO_ICMP && t->l4 && t->l4 < frame->len &&
	       memchr(types, frame->bytes[t->l4], sizeof(types));
}

void tuple_clear_id(struct frame *frame)
{
	struct tuple t;
	unsigned int header;
	uint8_t *ip;
	uint16_t sum;
	bool right;

	if (!tuple_read(&t, frame) || t.key.eth_type != htons(ETH_P_IP) ||
	    ((ntohl(t.key.ipv4_src) & 0xff) != 1 && !is_error(&t, frame)))
		return;
	ip = frame->bytes + t.l3;
	header = (ip[0] & 15) * 4;
	if (t.l3 + header > frame->len)
		return;
	right = !frame_fold(frame_sum(ip, header, 0));
	memset(ip + 4, 0, 2);
	if (!right)
		return;
	memset(ip + 10, 0, 2);
	sum = frame_fold(frame_sum(ip, header, 0));
	memcpy(ip + 10, &sum, sizeof(sum));
}

void tuple_cut_trailer(struct frame *frame)
{
	struct tuple t;

	if (tuple_read(&t, frame) && t.end < frame->len)
		frame->len = t.end;
}
