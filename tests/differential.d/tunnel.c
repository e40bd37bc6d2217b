// SPDX-License-Identifier: Apache-2.0
/*
 * tunnel: see tunnel.h.
 *
 * Facts: RFC 7348, section 5; RFC 8926, section 3; RFC 768, 791.
 */
#include "tunnel.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

/* Addresses, as topology.sh has them: ours, which is the router's, and the peer's. */
#define OURS		0xc0a80901
#define PEER		0xc0a80902
#define OUR_MAC		"\x02\0\0\1\0\3"
#define PEER_MAC	"\x02\0\0\0\x09\x02"
#define TTL		64

/* Where headers begin in a frame that is wrapped. */
#define AT_IP		14
#define AT_UDP		34
#define AT_TUNNEL	42
#define OUTER_LEN	50

const char *const tunnel_names[TUNNEL_KINDS] = { "vx", "gnv" };

static const uint16_t ports[TUNNEL_KINDS] = { 4789, 6081 };
static const uint32_t ids[] = { 0, 42, 43, 0xffffff };

static void to_address(struct in6_addr *addr, uint32_t ip)
{
	ip = htonl(ip);
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, &ip, sizeof(ip));
}

int tunnel_send(struct nfo_rule *rule, struct dice *d, unsigned int first)
{
	struct nfo_action set = { .type = NFO_ACT_TUNNEL_SET };
	int err;

	set.tunnel.id = htonl(DICE_OF(d, ids));
	set.tunnel.has_id = true;
	to_address(&set.tunnel.src, OURS);
	to_address(&set.tunnel.dst, PEER);
	set.tunnel.ttl = dice_chance(d, 70) ? TTL : 1 + dice_below(d, 255);
	set.tunnel.tos = dice_chance(d, 70) ? 0 : dice_roll(d) & 0xfc;
	set.tunnel.flags = dice_chance(d, 30) ? NFO_TUN_CSUM : 0;
	rule->n_actions--;
	err = nfo_rule_add(rule, &set);
	return err ? err : nfo_rule_add_redirect(rule, first + dice_below(d, TUNNEL_KINDS));
}

int tunnel_receive(struct nfo_rule *rule, struct dice *d)
{
	struct nfo_key *key = &rule->key, *mask = &rule->mask;
	struct nfo_action first;
	int err;

	key->tun_id = htonl(DICE_OF(d, ids));
	mask->tun_id = 0xffffffff;
	key->tun_ipv4_src = htonl(PEER);
	mask->tun_ipv4_src = dice_chance(d, 50) ? 0xffffffff : 0;
	key->tun_ipv4_dst = htonl(OURS);
	mask->tun_ipv4_dst = dice_chance(d, 50) ? 0xffffffff : 0;
	key->tun_ttl = TTL;
	mask->tun_ttl = dice_chance(d, 20) ? 0xff : 0;
	mask->tun_tos = dice_chance(d, 20) ? 0xff : 0;
	err = nfo_rule_add_plain(rule, NFO_ACT_TUNNEL_RELEASE);
	if (err)
		return err;
	/* It comes first. */
	first = rule->actions[rule->n_actions - 1];
	memmove(rule->actions + 1, rule->actions, (rule->n_actions - 1) * sizeof(first));
	rule->actions[0] = first;
	return 0;
}

static void put16(uint8_t *to, uint16_t value)
{
	value = htons(value);
	memcpy(to, &value, sizeof(value));
}

static void put32(uint8_t *to, uint32_t value)
{
	value = htonl(value);
	memcpy(to, &value, sizeof(value));
}

static void write_ip(uint8_t *ip, struct dice *d, unsigned int len)
{
	uint16_t sum;

	ip[0] = 0x45;
	/* Of congestion, too. */
	ip[1] = dice_chance(d, 80) ? 0 : dice_roll(d);
	put16(ip + 2, len);
	put16(ip + 4, dice_roll(d));
	put16(ip + 6, dice_chance(d, 50) ? 0x4000 : 0);
	ip[8] = dice_chance(d, 90) ? TTL : 1 + dice_below(d, 255);
	ip[9] = IPPROTO_UDP;
	put32(ip + 12, dice_chance(d, 95) ? PEER : PEER + 1);
	put32(ip + 16, OURS);
	sum = frame_fold(frame_sum(ip, 20, 0));
	memcpy(ip + 10, &sum, sizeof(sum));
}

/* The sum over a whole UDP packet, which is 0 as it comes in. */
static uint16_t udp_sum(const uint8_t *ip, const uint8_t *udp, unsigned int len)
{
	const uint16_t sum = frame_fold(frame_sum(udp, len, frame_sum(ip + 12, 8, len + IPPROTO_UDP)));

	return sum ? sum : 0xffff;
}

static void write_tunnel(uint8_t *to, struct dice *d, enum tunnel_kind kind)
{
	if (kind == TUNNEL_VXLAN) {
		put32(to, 0x08000000);
	} else {
		put16(to, 0);
		put16(to + 2, ETH_P_TEB);
	}
	put32(to + 4, DICE_OF(d, ids) << 8);
}

void tunnel_wrap(struct frame *frame, struct dice *d, enum tunnel_kind kind,
		 unsigned int max)
{
	uint8_t *b = frame->bytes;
	unsigned int len;
	uint16_t sum;

	if (frame->len > max - OUTER_LEN)
		frame->len = max - OUTER_LEN;
	memmove(b + OUTER_LEN, b, frame->len);
	frame->len += OUTER_LEN;
	memset(b, 0, OUTER_LEN);
	memcpy(b, OUR_MAC, 6);
	memcpy(b + 6, PEER_MAC, 6);
	put16(b + 12, ETH_P_IP);
	write_ip(b + AT_IP, d, frame->len - AT_IP);
	len = frame->len - AT_UDP;
	put16(b + AT_UDP, dice_roll(d));
	put16(b + AT_UDP + 2, dice_chance(d, 98) ? ports[kind] : ports[!kind]);
	put16(b + AT_UDP + 4, len);
	write_tunnel(b + AT_TUNNEL, d, kind);
	if (dice_chance(d, 60))
		return;
	sum = udp_sum(b + AT_IP, b + AT_UDP, len);
	memcpy(b + AT_UDP + 6, &sum, sizeof(sum));
	if (dice_chance(d, 20))
		b[AT_UDP + 6] ^= 1;
}
