// SPDX-License-Identifier: Apache-2.0
/* track: see track.h. Facts: tc-ct(8), tc-flower(8). */
#include "track.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#define ZONES		3
#define CLIENT_PORT	28000
#define CLIENT_PORTS	4000
#define SERVER_PORT	5000

/* Which rule of a connection it is. */
enum {
	ASK, ASK_REPLY,		/* in chain 0, either way */
	NEW,			/* in chain 1 */
	ESTABLISHED, ESTABLISHED_REPLY,
};

static void address(struct nfo_key *key, bool src, unsigned int port, unsigned int host)
{
	struct in6_addr *to6 = src ? &key->ipv6_src : &key->ipv6_dst;
	const __be32 ip4 = htonl(0x0a000000 | port << 8 | host);

	if (src)
		key->ipv4_src = ip4;
	else
		key->ipv4_dst = ip4;
	memset(to6, 0, sizeof(*to6));
	to6->s6_addr[0] = 0xfd;
	to6->s6_addr[3] = port;
	to6->s6_addr[15] = host;
}

static void exact(struct nfo_key *mask, bool ip4)
{
	memset(mask, 0, sizeof(*mask));
	mask->eth_type = 0xffff;
	mask->ip_proto = 0xff;
	mask->ip_frag = NFO_FRAG_ANY;
	if (ip4) {
		mask->ipv4_src = mask->ipv4_dst = 0xffffffff;
	} else {
		memset(&mask->ipv6_src, 0xff, 16);
		memset(&mask->ipv6_dst, 0xff, 16);
	}
	mask->sport = mask->dport = 0xffff;
}

static void turn(const struct nfo_key *from, struct nfo_key *to)
{
	*to = *from;
	to->ipv4_src = from->ipv4_dst;
	to->ipv4_dst = from->ipv4_src;
	to->ipv6_src = from->ipv6_dst;
	to->ipv6_dst = from->ipv6_src;
	to->sport = from->dport;
	to->dport = from->sport;
}

void track_invent(struct track *track, struct dice *d, unsigned int n_ports)
{
	struct track_end *ends = track->ends;
	const bool ip4 = dice_chance(d, 50);
	struct nfo_key *key = &ends[0].key;

	memset(track, 0, sizeof(*track));
	track->zone = 1 + dice_below(d, ZONES);
	ends[0].port = dice_below(d, n_ports);
	ends[1].port = (ends[0].port + 1 + dice_below(d, n_ports - 1)) % n_ports;
	exact(&ends[0].mask, ip4);
	key->eth_type = htons(ip4 ? ETH_P_IP : ETH_P_IPV6);
	key->ip_proto = dice_chance(d, 50) ? IPPROTO_TCP : IPPROTO_UDP;
	address(key, true, ends[0].port, 2 + dice_below(d, 3));
	address(key, false, ends[1].port, 2 + dice_below(d, 3));
	key->sport = htons(CLIENT_PORT + dice_below(d, CLIENT_PORTS));
	key->dport = htons(SERVER_PORT + dice_below(d, 100));
	ends[1].mask = ends[0].mask;
	turn(key, &ends[1].key);
}

static int ask(const struct track *track, struct nfo_rule *rule)
{
	struct nfo_action ct = { .type = NFO_ACT_CT };
	int err;

	rule->mask.ct_state = NFO_CT_TRK;
	ct.ct.zone = track->zone;
	err = nfo_rule_add(rule, &ct);
	return err ? err : nfo_rule_add_goto(rule, TRACK_CHAIN);
}

static int begin(const struct track *track, struct nfo_rule *rule)
{
	struct nfo_action ct = { .type = NFO_ACT_CT };

	rule->key.ct_state = rule->mask.ct_state = NFO_CT_TRK | NFO_CT_NEW;
	rule->key.ct_zone = track->zone;
	rule->mask.ct_zone = 0xffff;
	ct.ct.zone = track->zone;
	ct.ct.flags = NFO_CT_COMMIT;
	return nfo_rule_add(rule, &ct);
}

/* What a router or a bridge does to a packet on its way. */
static int change(struct nfo_rule *rule, struct dice *d)
{
	struct nfo_set value = { 0 }, mask = { 0 };
	int err = 0;

	if (dice_chance(d, 50)) {
		dice_bytes(d, value.eth_dst, 6);
		value.eth_dst[0] = 2;
		memset(mask.eth_dst, 0xff, 6);
		err = nfo_rule_add_set(rule, &value, &mask);
	}
	if (!err && dice_chance(d, 50))
		err = nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
	return err ? err : nfo_rule_fix_csum(rule);
}

static int established(const struct track *track, struct nfo_rule *rule, struct dice *d)
{
	rule->key.ct_state = rule->mask.ct_state = NFO_CT_TRK | NFO_CT_EST;
	rule->key.ct_zone = track->zone;
	rule->mask.ct_zone = 0xffff;
	return change(rule, d);
}

int track_rule(const struct track *track, unsigned int i, struct dice *d,
	       struct nfo_rule *rule, uint8_t *port, uint32_t *chain)
{
	const unsigned int way = i == ASK_REPLY || i == ESTABLISHED_REPLY;
	const struct track_end *end = &track->ends[way];
	int err;

	nfo_rule_init(rule);
	rule->key.eth_type = end->key.eth_type;
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = end->key.ip_proto;
	rule->mask.ip_proto = 0xff;
	rule->mask.ip_frag = NFO_FRAG_ANY;
	*port = end->port;
	*chain = i > ASK_REPLY ? TRACK_CHAIN : 0;
	if (!*chain)
		return ask(track, rule);
	err = i == NEW ? begin(track, rule) : established(track, rule, d);
	return err ? err : nfo_rule_add_redirect(rule, track->ends[!way].port + 1);
}

bool track_packet(const struct tracks *tracks, unsigned int port, struct dice *d,
		  struct packet *packet)
{
	const struct track_end *fit[2 * TRACK_MAX];
	unsigned int n = 0, i;

	for (i = 0; i < 2 * tracks->n; i++)
		if (tracks->list[i / 2].ends[i % 2].port == port)
			fit[n++] = &tracks->list[i / 2].ends[i % 2];
	if (!n)
		return false;
	i = dice_below(d, n);
	packet_match(packet, d, &fit[i]->key, &fit[i]->mask);
	return true;
}
