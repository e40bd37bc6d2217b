// SPDX-License-Identifier: Apache-2.0
/*
 * packet_mutate: what is done to a packet so that it just misses a rule, or
 * just does not, or lies.
 */
#include "packet.h"

#include <linux/if_ether.h>
#include <string.h>

static void mutate_ttl(struct packet *p, struct dice *d)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 64, 254, 255 };

	p->ttl = DICE_OF(d, values);
}

/* End of list, no operation, record route, time stamp, source routes, alert. */
static void mutate_options(struct packet *p, struct dice *d)
{
	static const uint8_t kinds[] = { 0, 1, 7, 68, 131, 137, 148, 130 };
	unsigned int n = 1 + dice_below(d, 10);

	if (p->l3 == ETH_P_IP) {
		p->n_options = 4 * n;
		memset(p->options, 0, sizeof(p->options));
		p->options[0] = DICE_OF(d, kinds);
		p->options[1] = dice_chance(d, 80) ? 4 : dice_roll(d);
		p->options[2] = dice_chance(d, 50) ? 0 : 4;
	} else {
		static const uint8_t exts[] = {
			IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
			IPPROTO_FRAGMENT, IPPROTO_AH, IPPROTO_NONE,
		};

		if (p->n_exts < PACKET_EXTS_MAX)
			p->exts[p->n_exts++] = DICE_OF(d, exts);
	}
}

/* First, middle, last, tiny, overlapping, past the largest packet. */
static void mutate_frag(struct packet *p, struct dice *d)
{
	static const uint16_t values[] = {
		0x2000, 0x2000, 0x2001, 0x2002, 0x0001, 0x0002, 0x2010, 0x0010,
		0x1fff, 0x3fff, 0x6000, 0x8000, 0xc000, 0x4001,
	};

	p->frag = DICE_OF(d, values);
	if (p->l3 == ETH_P_IPV6 && p->n_exts < PACKET_EXTS_MAX)
		p->exts[p->n_exts++] = IPPROTO_FRAGMENT;
	if (dice_chance(d, 30))
		p->payload = dice_below(d, 9);
}

static uint16_t odd_tpid(struct dice *d)
{
	static const uint16_t values[] = {
		ETH_P_8021Q, ETH_P_8021Q, ETH_P_8021Q, ETH_P_8021AD,
		ETH_P_8021AD, 0x9100, 0x9200,
	};

	return DICE_OF(d, values);
}

static uint16_t odd_tci(struct dice *d)
{
	static const uint16_t vids[] = { 0, 1, 2, 100, 4094, 4095 };

	return DICE_OF(d, vids) | dice_below(d, 16) << 12;
}

static void mutate_tags(struct packet *p, struct dice *d)
{
	unsigned int i;

	switch (dice_below(d, 4)) {
	case 0:
		if (p->n_tags)
			p->n_tags--;
		break;
	case 1:
		if (p->n_tags) {
			i = dice_below(d, p->n_tags);
			p->tags[i].tci = odd_tci(d);
		}
		break;
	case 2:
		if (p->n_tags) {
			i = dice_below(d, p->n_tags);
			p->tags[i].tpid = odd_tpid(d);
			break;
		}
		/* fallthrough */
	default:
		for (i = 1 + dice_below(d, 2); i && p->n_tags < PACKET_TAGS_MAX; i--) {
			p->tags[p->n_tags].tpid = odd_tpid(d);
			p->tags[p->n_tags++].tci = odd_tci(d);
		}
	}
}

static void mutate_mac(struct packet *p, struct dice *d)
{
	uint8_t *mac = dice_chance(d, 60) ? p->dst : p->src;

	switch (dice_below(d, 6)) {
	case 0:
		memset(mac, 0xff, 6);
		break;
	case 1:
		memset(mac, 0, 6);
		break;
	case 2:
		mac[0] |= 1;
		break;
	case 3:
		memcpy(p->src, p->dst, 6);
		break;
	case 4:
		memcpy(mac, "\x01\x80\xc2\x00\x00\x0e", 6);
		break;
	default:
		mac[dice_below(d, 6)] ^= 1 << dice_below(d, 8);
	}
}

static void mutate_sum(struct packet *p, struct dice *d)
{
	enum packet_sum how = dice_chance(d, 50) ? PACKET_SUM_WRONG : PACKET_SUM_ZERO;

	if (p->l3 == ETH_P_IP && dice_chance(d, 40))
		p->ip_sum = how;
	else
		p->l4_sum = how;
}

static void mutate_tcp(struct packet *p, struct dice *d)
{
	static const uint16_t flags[] = {
		0x002, 0x012, 0x001, 0x011, 0x004, 0x014, 0x000, 0xfff, 0x03f,
		0x018, 0x0c2, 0x029,
	};

	p->tcp_flags = DICE_OF(d, flags);
	if (dice_chance(d, 20))
		p->doff_lie = (int)dice_below(d, 16) - 5;
}

static void mutate_lengths(struct packet *p, struct dice *d)
{
	static const int lies[] = { -1, 1, -4, 4, -8, 8, -20, -28, 100, 1500 };
	int lie = DICE_OF(d, lies);

	switch (dice_below(d, 5)) {
	case 0:
		p->ihl_lie = (int)dice_below(d, 16) - 5;
		break;
	case 1:
		p->version = dice_below(d, 16);
		break;
	case 2:
		p->udp_lie = lie;
		break;
	case 3:
		/* To nothing. */
		p->length_lie = -(int)dice_below(d, 1600);
		break;
	default:
		p->length_lie = lie;
	}
}

static void flip(struct dice *d, void *bytes, unsigned int n)
{
	((uint8_t *)bytes)[dice_below(d, n)] ^= 1 << dice_below(d, 8);
}

static void mutate_address(struct packet *p, struct dice *d)
{
	static const char *const odd4[] = {
		"\0\0\0", "\xff\xff\xff\xff", "\x7f\0\0\1", "\xe0\0\0\1",
		"\xa9\xfe\1\1",
	};
	struct in6_addr *addr = dice_chance(d, 50) ? &p->ip_src : &p->ip_dst;
	unsigned int size = p->l3 == ETH_P_IPV6 ? 16 : 4;

	switch (dice_below(d, 8)) {
	case 0:
		p->ip_dst = p->ip_src;
		break;
	case 1:
		if (size == 4)
			memcpy(addr, DICE_OF(d, odd4), 4);
		else
			memcpy(addr, dice_chance(d, 50) ? &in6addr_loopback : &in6addr_any, 16);
		break;
	case 2:
		if (size == 16)
			memcpy(addr, "\xff\x02", 2);
		break;
	default:
		flip(d, addr, size);
	}
}

static void mutate_ports(struct packet *p, struct dice *d)
{
	uint16_t *port = dice_chance(d, 50) ? &p->sport : &p->dport;

	if (dice_chance(d, 30))
		*port = dice_chance(d, 50) ? 0 : 0xffff;
	else
		flip(d, port, 2);
}

static void mutate_proto(struct packet *p, struct dice *d)
{
	static const uint8_t protos[] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6,
		IPPROTO_GRE, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_SCTP, 0, 255,
	};

	p->proto = DICE_OF(d, protos);
	if (p->proto == IPPROTO_GRE)
		p->inner = PACKET_INNER_GRE;
	else if (p->proto == IPPROTO_IPIP || p->proto == IPPROTO_IPV6)
		p->inner = PACKET_INNER_IP;
}

static void mutate_type(struct packet *p, struct dice *d)
{
	static const uint16_t types[] = {
		ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q, ETH_P_8021AD,
		ETH_P_MPLS_UC, ETH_P_PPP_SES, 0x0000, 0x0040, 0x05dc, 0x0600,
		0xffff,
	};

	p->type = DICE_OF(d, types);
	/* What the type says is there, as often as not. */
	if (dice_chance(d, 50) && p->l3 != ETH_P_ARP &&
	    (p->type == ETH_P_IP || p->type == ETH_P_IPV6)) {
		p->l3 = p->type;
		p->version = p->l3 == ETH_P_IP ? 4 : 6;
	}
}

static void mutate_misc(struct packet *p, struct dice *d)
{
	switch (dice_below(d, 7)) {
	case 0:
		flip(d, &p->tos, 1);
		break;
	case 1:
		p->trailer = dice_below(d, 60);
		break;
	case 2:
		p->payload = 1400 + dice_below(d, 600);
		break;
	case 3:
		p->l4 = false;
		break;
	case 4:
		p->icmp_type = dice_roll(d);
		p->icmp_code = dice_below(d, 5);
		break;
	case 5:
		if (p->proto == IPPROTO_UDP) {
			p->inner = PACKET_INNER_VXLAN;
			p->dport = 4789;
		}
		break;
	default:
		if (p->n_labels && p->n_labels < PACKET_LABELS_MAX)
			p->labels[p->n_labels++] = dice_roll(d);
		p->arp_op = dice_below(d, 4);
	}
}

void packet_mutate(struct packet *p, struct dice *d)
{
	static void (*const ways[])(struct packet *, struct dice *) = {
		mutate_ttl, mutate_options, mutate_frag, mutate_tags,
		mutate_mac, mutate_sum, mutate_tcp, mutate_lengths,
		mutate_address, mutate_ports, mutate_proto, mutate_type,
		mutate_misc,
	};

	ways[dice_below(d, sizeof(ways) / sizeof(ways[0]))](p, d);
}
