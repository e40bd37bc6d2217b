// SPDX-License-Identifier: Apache-2.0
/* ruleset: see ruleset.h. */
#include "ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "exempt.h"
#include "invent.h"
#include "ofrule.h"
#include "tc_flower.h"

enum { HARDWARE, SOFTWARE };

/* What a side's namespace has: a socket, and the numbers of devices. */
static int open_side(struct ruleset *set, const struct side *side, int which)
{
	const int home = side_enter(side->letter);
	char name[IFNAMSIZ];
	unsigned int i;
	int err;

	if (home < 0)
		return home;
	for (i = 0; i < set->n_ports; i++)
		set->reps[which][i] = side_representor(side, i);
	for (i = 0; i < TUNNEL_KINDS; i++) {
		snprintf(name, sizeof(name), "%c%s", side->letter, tunnel_names[i]);
		set->reps[which][set->n_ports + i] = if_nametoindex(name);
	}
	err = nfo_rtnl_open(&set->rtnl[which]);
	side_leave(home);
	return err;
}

int ruleset_open(struct ruleset *set, const struct side *hw,
		 const struct side *sw, bool chains)
{
	int err;

	memset(set, 0, sizeof(*set));
	set->n_ports = hw->n_ports;
	set->chains = chains;
	set->slow = sw->has_slow ? sw->slow.ifindex : 0;
	err = open_side(set, hw, HARDWARE);
	if (err)
		return err;
	err = open_side(set, sw, SOFTWARE);
	if (err)
		nfo_rtnl_close(set->rtnl[HARDWARE]);
	return err;
}

static void place_of(const struct ruleset *set, unsigned int i, int side,
		     struct nfo_place *place)
{
	const struct ruleset_entry *entry = &set->entries[i];

	memset(place, 0, sizeof(*place));
	place->ifindex = set->reps[side][entry->port];
	place->chain = entry->chain;
	place->prio = entry->prio;
	place->handle = i + 1;
}

static void keep_error(void *arg, int err, const char *text)
{
	int *to = arg;

	(void)text;
	if (err)
		*to = err;
}

/* @reply: what to do with the kernel's answer, NULL where that is no more than an errno. */
static int talk(struct nfo_rtnl *rtnl, int len, nfo_rtnl_reply_fn *reply)
{
	int err = len, said = 0;

	if (len > 0)
		err = nfo_rtnl_queue(rtnl, keep_error, reply, &said);
	if (!err)
		err = nfo_rtnl_flush(rtnl);
	return err ? err : said;
}

/* What has another number or name in software. */
static void for_software(const struct ruleset *set, struct nfo_action *a)
{
	switch (a->type) {
	case NFO_ACT_POLICE:
		a->police += RULESET_POLICERS;
		break;
	case NFO_ACT_TRAP:
	case NFO_ACT_PASS:
		/* Both are "to software" to a NIC; software drops what it traps. */
		a->type = NFO_ACT_REDIRECT;
		a->port.ifindex = set->slow;
		break;
	case NFO_ACT_DEC_TTL:
		/* An action without effect, where the NIC's would have one. */
		if (set->mistake) {
			a->type = NFO_ACT_CSUM;
			a->csum = NFO_CSUM_IPV4;
		}
		break;
	default:
		break;
	}
}

/* The rule with the devices of @side for the numbers of ports. */
static int rule_at(const struct ruleset *set, unsigned int i, int side,
		   struct nfo_rule *rule)
{
	unsigned int k;
	int err = nfo_rule_copy(rule, &set->entries[i].rule);

	for (k = 0; !err && k < rule->n_actions; k++) {
		struct nfo_action *a = &rule->actions[k];

		if (a->type == NFO_ACT_REDIRECT || a->type == NFO_ACT_MIRROR)
			a->port.ifindex = set->reps[side][a->port.ifindex - 1];
		else if (side == SOFTWARE)
			for_software(set, a);
	}
	return err;
}

/* Is the rule in hardware? */
static void keep_place(void *arg, const struct nlmsghdr *nlh)
{
	struct nfo_tc_info info = { 0 };
	int *said = arg;

	nfo_tc_flower_parse(nlh, NULL, NULL, &info);
	*said = info.in_hw ? 0 : -EOPNOTSUPP;
}

/* The kernel takes a rule for software and hardware also where only software has it. */
static int check_hardware(struct ruleset *set, unsigned int i)
{
	struct nfo_rtnl *rtnl = set->rtnl[HARDWARE];
	void *room = nfo_rtnl_room(rtnl);
	struct nfo_place place;

	if (!room)
		return -ENOMEM;
	place_of(set, i, HARDWARE, &place);
	return talk(rtnl, nfo_tc_flower_get(room, NFO_RTNL_MSG_MAX, &place), keep_place);
}

static int put_at(struct ruleset *set, unsigned int i, int side)
{
	const uint32_t flags = side == SOFTWARE ? NFO_TC_SKIP_HW : set->both ? 0 : NFO_TC_SKIP_SW;
	struct nfo_rtnl *rtnl = set->rtnl[side];
	void *room = nfo_rtnl_room(rtnl);
	struct nfo_place place;
	struct nfo_rule rule;
	int err;

	if (!room)
		return -ENOMEM;
	err = rule_at(set, i, side, &rule);
	if (err)
		return err;
	nfo_rule_normalise(&rule);
	place_of(set, i, side, &place);
	err = talk(rtnl, nfo_tc_flower_put(room, NFO_RTNL_MSG_MAX, &rule, &place,
					   NULL, flags, NULL), NULL);
	nfo_rule_uninit(&rule);
	return err;
}

static int del_at(struct ruleset *set, unsigned int i, int side)
{
	struct nfo_rtnl *rtnl = set->rtnl[side];
	void *room = nfo_rtnl_room(rtnl);
	struct nfo_place place;

	if (!room)
		return -ENOMEM;
	place_of(set, i, side, &place);
	return talk(rtnl, nfo_tc_flower_del(room, NFO_RTNL_MSG_MAX, &place), NULL);
}

int ruleset_put(struct ruleset *set, unsigned int i, bool there)
{
	struct ruleset_entry *entry = &set->entries[i];
	int err;

	if (entry->there == there)
		return 0;
	if (set->bridge) {
		err = bridge_put(set, i, there);
		entry->there = there && !err;
		return err;
	}
	if (!there) {
		entry->there = false;
		err = del_at(set, i, HARDWARE);
		return del_at(set, i, SOFTWARE) ?: err;
	}
	err = put_at(set, i, HARDWARE);
	if (err)
		return err;
	err = set->both ? check_hardware(set, i) : 0;
	if (!err)
		err = put_at(set, i, SOFTWARE);
	if (err)
		del_at(set, i, HARDWARE);
	else
		entry->there = true;
	return err;
}

static int ruleset_clear(struct ruleset *set)
{
	int err = 0;

	while (set->n) {
		set->n--;
		if (!set->bridge)
			err = ruleset_put(set, set->n, false) ?: err;
		nfo_rule_uninit(&set->entries[set->n].rule);
	}
	return err;
}

void ruleset_close(struct ruleset *set)
{
	ruleset_clear(set);
	nfo_rtnl_close(set->rtnl[HARDWARE]);
	nfo_rtnl_close(set->rtnl[SOFTWARE]);
}

/*
 * A priority of its own, or the one of the rule before: then the masks decide,
 * in the order in which they came.
 */
static uint16_t any_prio(const struct ruleset *set, struct dice *d,
			 const struct ruleset_entry *entry)
{
	const struct ruleset_entry *before = entry - 1;

	if (set->n && !set->bridge && before->port == entry->port && before->chain == entry->chain &&
	    nfo_rule_protocol(&before->rule) == nfo_rule_protocol(&entry->rule) &&
	    dice_chance(d, 50))
		return before->prio;
	return 100 + set->n * 10;
}

/* Entry @set->n, whose rule and place are made: 0, or -errno if no more can be tried. */
static int try_entry(struct ruleset *set)
{
	struct ruleset_entry *entry = &set->entries[set->n];
	int err = 0;

	set->n++;
	/* Open vSwitch wants no bits beside a mask. */
	nfo_rule_normalise(&entry->rule);
	if (set->bridge)
		entry->there = true;
	else
		err = exempt_rule(&entry->rule) ? -EOPNOTSUPP : ruleset_put(set, set->n - 1, true);
	if (!err) {
		set->taken++;
		return 0;
	}
	set->refused++;
	set->n--;
	nfo_rule_uninit(&entry->rule);
	/* The kernel's or the NIC's refusal is no error of ours. */
	return err == -ENOMEM || err == NFO_RTNL_LOST ? err : 0;
}

/* A set in software and hardware: nothing to software only, and tunnels. */
static int add_state(struct ruleset *set, struct dice *d, struct ruleset_entry *entry)
{
	struct nfo_rule *rule = &entry->rule;
	struct nfo_action *last = &rule->actions[rule->n_actions - 1];

	/* Of software's own rules it would be another that is next. */
	if (last->type == NFO_ACT_TRAP || last->type == NFO_ACT_PASS)
		last->type = NFO_ACT_DROP;
	if (entry->port >= set->n_ports)
		return tunnel_receive(rule, d);
	if (last->type == NFO_ACT_REDIRECT && dice_chance(d, 30))
		return tunnel_send(rule, d, set->n_ports + 1);
	return 0;
}

static int add_entry(struct ruleset *set, struct dice *d)
{
	const bool plain = !set->bridge && !set->both;
	struct ruleset_entry *entry = &set->entries[set->n];
	struct invent_world world = {
		.n_ports = set->n_ports,
		/* They are in hardware or in software. */
		.policers = plain ? RULESET_POLICERS : 0,
	};
	int err = 0;

	memset(entry, 0, sizeof(*entry));
	entry->port = dice_below(d, set->n_ports + (set->both ? TUNNEL_KINDS : 0));
	if (set->chains && dice_chance(d, 30))
		entry->chain = 1 + dice_below(d, RULESET_CHAINS);
	if (set->chains && entry->chain < RULESET_CHAINS)
		world.next_chain = entry->chain + 1;
	if (!set->bridge && dice_chance(d, 35))
		invent_flowtable(&entry->rule, d, &world);
	else
		invent_openflow(&entry->rule, d, &world);
	if (set->both)
		err = add_state(set, d, entry);
	if (err) {
		nfo_rule_uninit(&entry->rule);
		return err == -E2BIG ? 0 : err;
	}
	entry->prio = any_prio(set, d, entry);
	return try_entry(set);
}

/* A connection, with all its rules or as many as are taken. */
static int add_track(struct ruleset *set, struct dice *d)
{
	struct track *track = &set->tracks.list[set->tracks.n++];
	unsigned int i;
	int err = 0;

	track_invent(track, d, set->n_ports);
	for (i = 0; !err && i < TRACK_RULES && set->n < RULESET_MAX; i++) {
		struct ruleset_entry *entry = &set->entries[set->n];

		memset(entry, 0, sizeof(*entry));
		err = track_rule(track, i, d, &entry->rule, &entry->port, &entry->chain);
		if (err)
			nfo_rule_uninit(&entry->rule);
		entry->prio = 10 + set->n;
		err = err ?: try_entry(set);
	}
	return err;
}

/* Of connections before. */
static int forget_tracks(struct ruleset *set)
{
	set->tracks.n = 0;
	return system("{ conntrack -F; ip netns exec soft conntrack -F; } 2> /dev/null") ? -EINVAL : 0;
}

int ruleset_renew(struct ruleset *set, struct dice *dice)
{
	unsigned int n = 3 + dice_below(dice, RULESET_MAX - 3), tracks;
	int err = ruleset_clear(set);

	set->both = set->state && dice_chance(dice, 50);
	if (!err && set->state)
		err = forget_tracks(set);
	for (tracks = set->both ? dice_below(dice, TRACK_MAX + 1) : 0; !err && tracks; tracks--)
		err = add_track(set, dice);
	for (; !err && n && set->n < RULESET_MAX; n--)
		err = add_entry(set, dice);
	return !err && set->bridge ? bridge_load(set) : err;
}

static const struct ruleset_entry *pick(const struct ruleset *set,
					unsigned int port, bool first,
					struct dice *d)
{
	const struct ruleset_entry *fit[RULESET_MAX];
	unsigned int n = 0, i;

	for (i = 0; i < set->n; i++)
		if (set->entries[i].port == port && set->entries[i].there &&
		    !(first && set->entries[i].chain))
			fit[n++] = &set->entries[i];
	return n ? fit[dice_below(d, n)] : NULL;
}

/* What must be there for the first rule, and where that is open, the second. */
static void merge(struct nfo_key *key, struct nfo_key *mask,
		  const struct nfo_rule *first, const struct nfo_rule *second)
{
	const uint8_t *k1 = (const void *)&first->key, *m1 = (const void *)&first->mask;
	const uint8_t *k2 = (const void *)&second->key, *m2 = (const void *)&second->mask;
	uint8_t *k = (void *)key, *m = (void *)mask;
	size_t i;

	for (i = 0; i < sizeof(*key); i++) {
		k[i] = (k1[i] & m1[i]) | (k2[i] & m2[i] & ~m1[i]);
		m[i] = m1[i] | m2[i];
	}
}

unsigned int ruleset_device(const struct ruleset *set, unsigned int port,
			    struct dice *d)
{
	if (!set->both || port != set->n_ports - 1 || !dice_chance(d, 60))
		return port;
	return set->n_ports + dice_below(d, TUNNEL_KINDS);
}

void ruleset_packet(const struct ruleset *set, unsigned int device,
		    struct dice *dice, struct packet *packet)
{
	const struct ruleset_entry *first = pick(set, device, true, dice);
	const struct ruleset_entry *second = pick(set, device, false, dice);
	struct nfo_key key, mask;

	if (set->tracks.n && dice_chance(dice, 50) && track_packet(&set->tracks, device, dice, packet))
		return;
	if (!first || dice_chance(dice, 2)) {
		packet_random(packet, dice);
		return;
	}
	if (!second || !second->chain)
		second = first;
	merge(&key, &mask, &first->rule, &second->rule);
	packet_match(packet, dice, &key, &mask);
}

void ruleset_print(const struct ruleset *set, FILE *to)
{
	static char text[8192];
	unsigned int i;

	for (i = 0; i < set->n; i++) {
		const struct ruleset_entry *entry = &set->entries[i];

		if (!entry->there)
			continue;
		if (set->bridge) {
			ofrule_write(&entry->rule, entry->port + 1, entry->prio,
				     text, sizeof(text));
			fprintf(to, "  rule: %s\n", text);
			continue;
		}
		nfo_rule_to_string(&entry->rule, text, sizeof(text));
		if (entry->port < set->n_ports)
			fprintf(to, "  rule: from port %u", entry->port);
		else
			fprintf(to, "  rule: from tunnel %s", tunnel_names[entry->port - set->n_ports]);
		fprintf(to, ", chain %u, prio %u: %s\n", entry->chain, entry->prio, text);
	}
}
