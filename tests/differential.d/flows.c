// SPDX-License-Identifier: Apache-2.0
/* flows: see flows.h. */
#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tuple.h"

/* A packet of TCP: flags, sequence number, and that of the other side. */
struct step {
	uint16_t	flags;
	uint32_t	seq;
	uint32_t	ack;
};

/* SYN; SYN and ACK; ACK; and what may follow either way. */
static const struct step steps[] = {
	{ 0x02, 1000, 0 }, { 0x12, 5000, 1001 }, { 0x10, 1001, 5001 },
};
static const struct step later[2] = {
	{ 0x10, 1001, 5001 }, { 0x10, 5001, 1001 },
};

/* Rounds without one more connection in hardware, and how long each takes. */
#define PATIENCE	12
#define ROUND_US	250000
/* VLAN 100 of this port has networks of its own: topology.sh. */
#define VLAN_PORT	2
#define VLAN_ID		100
/* What the ruleset maps to a host behind the router. */
#define DNAT_PORT	6000
/* With any one bit changed, not what the ruleset takes for a server's. */
#define CLIENT_PORT	28000
#define CLIENT_PORTS	4000

/* The number of a network is that of its port, or 10 for the VLAN. */
static unsigned int network_port(unsigned int network)
{
	return network == 10 ? VLAN_PORT : network;
}

static void address4(__be32 *addr, unsigned int network, unsigned int host)
{
	*addr = htonl(0x0a000000 | network << 8 | host);
}

static void address6(struct in6_addr *addr, unsigned int network,
		     unsigned int host)
{
	memset(addr, 0, sizeof(*addr));
	addr->s6_addr[0] = 0xfd;
	addr->s6_addr[3] = network == 10 ? 0x10 : network;
	addr->s6_addr[15] = host;
}

static void exact(struct nfo_key *mask, bool ip4)
{
	memset(mask, 0, sizeof(*mask));
	mask->eth_type = 0xffff;
	memset(mask->eth_dst, 0xff, 6);
	mask->ip_proto = 0xff;
	if (ip4) {
		mask->ipv4_src = mask->ipv4_dst = 0xffffffff;
	} else {
		memset(&mask->ipv6_src, 0xff, 16);
		memset(&mask->ipv6_dst, 0xff, 16);
	}
	mask->sport = mask->dport = 0xffff;
	mask->ip_frag = NFO_FRAG_ANY;
	/* Of a tag. With one, a flowtable in software leaves the packet to the stack. */
	mask->vlan_pcp[0] = 6;
}

/* To the router: its MAC at a port. */
static void to_router(struct nfo_key *key, unsigned int port)
{
	const uint8_t mac[6] = { 0x02, 0, 0, 1, 0, port };

	memcpy(key->eth_dst, mac, sizeof(mac));
}

/* A new connection's first packet, so far as it is the same in all of them. */
static void begin(struct flow_end *end, struct dice *d, unsigned int number)
{
	static const unsigned int networks[] = { 0, 1, 2, 3, 10 };
	const unsigned int from = DICE_OF(d, networks);
	const unsigned int host = 2 + dice_below(d, 3);
	const bool ip4 = dice_chance(d, 50);
	struct nfo_key *key = &end->key;
	unsigned int to = DICE_OF(d, networks);

	while (network_port(to) == network_port(from))
		to = DICE_OF(d, networks);
	memset(end, 0, sizeof(*end));
	exact(&end->mask, ip4);
	end->port = network_port(from);
	to_router(key, end->port);
	key->eth_type = htons(ip4 ? ETH_P_IP : ETH_P_IPV6);
	key->ip_proto = dice_chance(d, 50) ? IPPROTO_UDP : IPPROTO_TCP;
	key->sport = htons(CLIENT_PORT + number % CLIENT_PORTS);
	key->dport = htons(5000 + dice_below(d, 100));
	if (from == 10) {
		key->vlan_tpid[0] = htons(ETH_P_8021Q);
		end->mask.vlan_tpid[0] = 0xffff;
		key->vlan_vid[0] = VLAN_ID;
		end->mask.vlan_vid[0] = 0xfff;
	}
	address4(&key->ipv4_src, from, host);
	address6(&key->ipv6_src, from, host);
	address4(&key->ipv4_dst, to, 2 + dice_below(d, 3));
	address6(&key->ipv6_dst, to, 2 + dice_below(d, 3));
	/* To the router itself, which maps it on to a host. */
	if (dice_chance(d, 25)) {
		address4(&key->ipv4_dst, from, 1);
		address6(&key->ipv6_dst, from, 1);
		key->dport = htons(DNAT_PORT + dice_below(d, 3));
	}
}

static void make(const struct flow_end *end, struct dice *d,
		 const struct step *step, struct frame *frame)
{
	struct packet packet;

	packet_match(&packet, d, &end->key, &end->mask);
	packet.tcp_flags = step->flags;
	packet.seq = step->seq;
	packet.ack = step->ack;
	packet.ttl = 64;
	packet.frag = 0;
	packet.inner = PACKET_INNER_NONE;
	packet.payload = 20;
	packet.trailer = 0;
	packet_write(&packet, frame);
	frame->port = end->port;
}

/* The way back of what came out: addresses and ports the other way round. */
static bool way_back(const struct frame *out, struct flow_end *end)
{
	struct tuple t;
	struct nfo_key *key = &end->key;

	memset(end, 0, sizeof(*end));
	if (!tuple_read(&t, out) || !t.mask.sport)
		return false;
	exact(&end->mask, t.key.eth_type == htons(ETH_P_IP));
	*key = t.key;
	key->ipv4_src = t.key.ipv4_dst;
	key->ipv4_dst = t.key.ipv4_src;
	key->ipv6_src = t.key.ipv6_dst;
	key->ipv6_dst = t.key.ipv6_src;
	key->sport = t.key.dport;
	key->dport = t.key.sport;
	memcpy(end->mask.vlan_tpid, t.mask.vlan_tpid, sizeof(end->mask.vlan_tpid));
	memcpy(end->mask.vlan_vid, t.mask.vlan_vid, sizeof(end->mask.vlan_vid));
	end->port = out->port;
	to_router(key, end->port);
	return true;
}

/*
 * Both ways until it is established. 1 if it is, 0 if the router did not let
 * it through, -EBADMSG if the sides differ, or another negative errno.
 */
static int establish(struct flow *flow, struct duel *duel, struct dice *d,
		     unsigned int number)
{
	struct frame frame, out;
	int n;

	begin(&flow->ends[0], d, number);
	make(&flow->ends[0], d, &steps[0], &frame);
	n = duel_ask(duel, &frame, &out);
	if (n != 1)
		return n < 0 ? n : 0;
	/* What comes back is the router's own answer. */
	if (out.port == frame.port || !way_back(&out, &flow->ends[1]))
		return 0;
	make(&flow->ends[1], d, &steps[1], &frame);
	n = duel_ask(duel, &frame, &out);
	if (n != 1 || out.port != flow->ends[0].port)
		return n < 0 ? n : 0;
	make(&flow->ends[0], d, &steps[2], &frame);
	n = duel_ask(duel, &frame, &out);
	return n;
}

/* One packet in each direction: which are carried by hardware by now? */
static int try_hits(struct flows *flows, struct duel *duel, struct dice *d)
{
	struct frame frame, out;
	unsigned int i;
	uint64_t before;
	int n;

	for (i = 0; i < 2 * flows->n; i++) {
		struct flow_end *end = &flows->list[i / 2].ends[i % 2];

		if (end->hit)
			continue;
		make(end, d, &later[i % 2], &frame);
		before = side_hits(&duel->hw);
		n = duel_ask(duel, &frame, &out);
		if (n < 0)
			return n;
		end->hit = side_hits(&duel->hw) > before;
		flows->hits += end->hit;
	}
	return 0;
}

/* Where the egress takes less than may come in, all is left to software. */
static bool fits(const struct flow *flow, unsigned int way, const struct duel *duel)
{
	return duel->hw.ports[flow->ends[!way].port].mtu >= duel->hw.ports[flow->ends[way].port].mtu;
}

/* Until hardware has all it can have, or no more of them come. */
static int await_hits(struct flows *flows, struct duel *duel, struct dice *d)
{
	unsigned int left = PATIENCE, before, fit = 0, i;
	int err = 0;

	for (i = 0; i < 2 * flows->n; i++)
		fit += fits(&flows->list[i / 2], i % 2, duel);
	flows->hits = 0;
	while (!err && left && flows->hits < fit) {
		usleep(ROUND_US);
		before = flows->hits;
		err = try_hits(flows, duel, d);
		left = flows->hits > before ? PATIENCE : left - 1;
	}
	return err;
}

int flows_renew(struct flows *flows, struct duel *duel, struct dice *d)
{
	unsigned int i;
	int err = 0;

	flows->n = 0;
	for (i = 0; i < FLOWS_MAX && err >= 0; i++) {
		err = establish(&flows->list[flows->n], duel, d, flows->tried++);
		flows->n += err == 1;
	}
	if (err >= 0)
		err = await_hits(flows, duel, d);
	return err == -EBADMSG ? 1 : err < 0 ? err : 0;
}

int flows_end(struct flows *flows, struct duel *duel, struct dice *d)
{
	static const uint16_t flags[] = {
		0x01, 0x11, 0x04, 0x14, 0x02, 0x12, 0x03, 0x06, 0x07, 0x3f, 0xfff,
	};
	struct frame frame, out;
	unsigned int i;
	int n = 0;

	for (i = 0; i < 2 * flows->n && n >= 0; i++) {
		struct step step = later[i % 2];

		if (flows->list[i / 2].ends[i % 2].key.ip_proto != IPPROTO_TCP)
			continue;
		step.flags = DICE_OF(d, flags);
		make(&flows->list[i / 2].ends[i % 2], d, &step, &frame);
		n = duel_ask(duel, &frame, &out);
	}
	return n == -EBADMSG ? 1 : n < 0 ? n : 0;
}

void flows_packet(const struct flows *flows, unsigned int port,
		  struct dice *dice, struct packet *packet)
{
	const struct flow_end *fit[2 * FLOWS_MAX];
	unsigned int n = 0, i;

	for (i = 0; i < 2 * flows->n; i++)
		if (flows->list[i / 2].ends[i % 2].port == port)
			fit[n++] = &flows->list[i / 2].ends[i % 2];
	if (!n || dice_chance(dice, 1)) {
		packet_random(packet, dice);
		return;
	}
	i = dice_below(dice, n);
	packet_match(packet, dice, &fit[i]->key, &fit[i]->mask);
}

static void print_end(const struct flow_end *end, FILE *to)
{
	static char text[NFO_RULE_STRLEN];
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	rule.key = end->key;
	rule.mask = end->mask;
	nfo_rule_normalise(&rule);
	nfo_rule_to_string(&rule, text, sizeof(text));
	fprintf(to, "  connection: into port %u, %s: %s\n", end->port,
		end->hit ? "in hardware" : "in software", text);
}

/* Is there something of the frame in it? */
static bool akin(const struct nfo_key *a, const struct nfo_key *b)
{
	return a->eth_type == b->eth_type && a->ip_proto == b->ip_proto &&
	       ((a->sport && a->sport == b->sport) || (a->dport && a->dport == b->dport) ||
		(a->sport && a->sport == b->dport) || (a->dport && a->dport == b->sport));
}

void flows_print(const struct flows *flows, const struct frame *frame, FILE *to)
{
	struct tuple t;
	unsigned int i;

	tuple_read(&t, frame);
	for (i = 0; i < 2 * flows->n; i++)
		if (akin(&flows->list[i / 2].ends[i % 2].key, &t.key))
			print_end(&flows->list[i / 2].ends[i % 2], to);
}
