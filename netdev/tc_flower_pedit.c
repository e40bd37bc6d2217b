// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_pedit: header rewrites as keys of act_pedit, and back.
 *
 * A key is a 32-bit word of a header, in memory as in the packet: bits that
 * are 1 in its mask stay, the others become those of its value; command ADD
 * adds the value first. Facts: tcf_pedit_act() and tcf_pedit_init() in
 * net/sched/act_pedit.c; layouts: RFC 791 and 8200, section 3; ports are the
 * first word of TCP and of UDP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

/* Keys of one pedit: MACs 3, IPv6 10, ports 1, decrement 1. */
#define KEYS_MAX	15

/* The bytes of the headers that can be rewritten, and which of their bits. */
#define ETH_LEN		12
#define IP4_LEN		20
#define IP6_LEN		40
#define L4_LEN		4

struct header {
	uint8_t	value[IP6_LEN];
	uint8_t	mask[IP6_LEN];
};

/* One struct header for each header type (TCA_PEDIT_KEY_EX_HDR_TYPE_*). */
struct headers {
	struct header	type[TCA_PEDIT_KEY_EX_HDR_TYPE_UDP + 1];
};

static const uint8_t header_len[] = {
	[TCA_PEDIT_KEY_EX_HDR_TYPE_NETWORK] = 0,
	[TCA_PEDIT_KEY_EX_HDR_TYPE_ETH] = ETH_LEN,
	[TCA_PEDIT_KEY_EX_HDR_TYPE_IP4] = IP4_LEN,
	[TCA_PEDIT_KEY_EX_HDR_TYPE_IP6] = IP6_LEN,
	[TCA_PEDIT_KEY_EX_HDR_TYPE_TCP] = L4_LEN,
	[TCA_PEDIT_KEY_EX_HDR_TYPE_UDP] = L4_LEN,
};

/* Where the TTL and the hop limit are. */
#define IP4_TTL		8
#define IP6_HOP_LIMIT	7

/* A field that fills whole bytes. */
static const struct field {
	uint8_t	type;
	uint8_t	at;	/* in the header */
	uint8_t	from;	/* in struct nfo_set */
	uint8_t	size;
} fields[] = {
#define F(type_, at_, member)						\
	{ TCA_PEDIT_KEY_EX_HDR_TYPE_##type_, at_,			\
	  offsetof(struct nfo_set, member),				\
	  sizeof(((struct nfo_set *)0)->member) }
	F(ETH, 0, eth_dst),
	F(ETH, 6, eth_src),
	F(IP4, 1, tos),
	F(IP4, IP4_TTL, ttl),
	F(IP4, 12, ipv4_src),
	F(IP4, 16, ipv4_dst),
	F(IP6, IP6_HOP_LIMIT, ttl),
	F(IP6, 8, ipv6_src),
	F(IP6, 24, ipv6_dst),
	F(TCP, 0, sport),
	F(TCP, 2, dport),
	F(UDP, 0, sport),
	F(UDP, 2, dport),
#undef F
};

#define N_FIELDS	(sizeof(fields) / sizeof(fields[0]))

/* Which of the header types in the table this packet has. */
static bool has_header(uint8_t type, const struct nfo_tc_packet *packet)
{
	bool ipv4 = packet->eth_type == htons(ETH_P_IP);
	bool ipv6 = packet->eth_type == htons(ETH_P_IPV6);

	switch (type) {
	case TCA_PEDIT_KEY_EX_HDR_TYPE_ETH:
		return true;
	case TCA_PEDIT_KEY_EX_HDR_TYPE_IP4:
		return ipv4;
	case TCA_PEDIT_KEY_EX_HDR_TYPE_IP6:
		return ipv6;
	case TCA_PEDIT_KEY_EX_HDR_TYPE_TCP:
		/* The kernel looks for ports behind an IP header only. */
		return (ipv4 || ipv6) && packet->ip_proto == IPPROTO_TCP;
	case TCA_PEDIT_KEY_EX_HDR_TYPE_UDP:
		return (ipv4 || ipv6) && packet->ip_proto == IPPROTO_UDP;
	default:
		return false;
	}
}

/* The traffic class lies across two bytes, behind the version's four bits. */
static void put_class(uint8_t *header, uint8_t tos)
{
	header[0] |= tos >> 4;
	header[1] |= tos << 4;
}

static uint8_t take_class(uint8_t *header)
{
	uint8_t tos = header[0] << 4 | header[1] >> 4;

	header[0] &= 0xf0;
	header[1] &= 0x0f;
	return tos;
}

/*
 * Lays the fields of @set over the headers of the packet. False if one of
 * them is of a header the packet does not have, or may not have.
 */
static bool spread(const struct nfo_action *a,
		   const struct nfo_tc_packet *packet, struct headers *h)
{
	struct nfo_set left = a->set.mask;
	const struct field *f;
	struct header *ip6 = &h->type[TCA_PEDIT_KEY_EX_HDR_TYPE_IP6];
	static const struct nfo_set none;
	size_t i;

	memset(h, 0, sizeof(*h));
	for (i = 0; i < N_FIELDS; i++) {
		f = &fields[i];
		if (!has_header(f->type, packet))
			continue;
		memcpy(h->type[f->type].value + f->at,
		       (const uint8_t *)&a->set.value + f->from, f->size);
		memcpy(h->type[f->type].mask + f->at,
		       (const uint8_t *)&a->set.mask + f->from, f->size);
		memset((uint8_t *)&left + f->from, 0, f->size);
	}
	if (has_header(TCA_PEDIT_KEY_EX_HDR_TYPE_IP6, packet)) {
		put_class(ip6->value, a->set.value.tos);
		put_class(ip6->mask, a->set.mask.tos);
		left.tos = 0;
	}
	return !memcmp(&left, &none, sizeof(none));
}

/* The keys of a pedit and, beside them, their header types and commands. */
struct keys {
	struct tc_pedit_key	key[KEYS_MAX];
	uint16_t		type[KEYS_MAX];
	uint16_t		cmd[KEYS_MAX];
	uint8_t			n;
};

static void add_key(struct keys *keys, uint16_t type, uint16_t cmd,
		    uint32_t off, const uint8_t *value, const uint8_t *mask)
{
	struct tc_pedit_key *key = &keys->key[keys->n];

	memset(key, 0, sizeof(*key));
	memcpy(&key->val, value, 4);
	memcpy(&key->mask, mask, 4);
	key->mask = ~key->mask;
	key->val &= ~key->mask;
	key->off = off;
	keys->type[keys->n] = type;
	keys->cmd[keys->n] = cmd;
	keys->n++;
}

static void add_words(struct keys *keys, const struct headers *h)
{
	const struct header *header;
	uint32_t mask;
	uint16_t type;
	uint8_t off;

	for (type = 0; type <= TCA_PEDIT_KEY_EX_HDR_TYPE_UDP; type++) {
		header = &h->type[type];
		for (off = 0; off < header_len[type]; off += 4) {
			memcpy(&mask, header->mask + off, 4);
			if (mask)
				add_key(keys, type,
					TCA_PEDIT_KEY_EX_CMD_SET, off,
					header->value + off,
					header->mask + off);
		}
	}
}

/* Adding 255 to a byte takes one off; what it carries over is masked out. */
static void add_decrement(struct keys *keys, bool ipv6)
{
	uint8_t word[4] = { 0, 0, 0, 0 };
	uint8_t at = ipv6 ? IP6_HOP_LIMIT : IP4_TTL;

	word[at % 4] = 0xff;
	add_key(keys, ipv6 ? TCA_PEDIT_KEY_EX_HDR_TYPE_IP6 :
			     TCA_PEDIT_KEY_EX_HDR_TYPE_IP4,
		TCA_PEDIT_KEY_EX_CMD_ADD, at & ~3, word, word);
}

static void put_keys(struct nfo_tc_writer *w, const struct keys *keys,
		     int control)
{
	uint8_t parms[sizeof(struct tc_pedit_sel) + sizeof(keys->key)];
	struct tc_pedit_sel sel = { .action = control, .nkeys = keys->n };
	size_t nest, one, len = keys->n * sizeof(keys->key[0]);
	uint8_t i;

	memcpy(parms, &sel, sizeof(sel));
	memcpy(parms + sizeof(sel), keys->key, len);
	nfo_tc_put(w, TCA_PEDIT_PARMS_EX, parms, sizeof(sel) + len);
	nest = nfo_tc_nest(w, TCA_PEDIT_KEYS_EX);
	for (i = 0; i < keys->n; i++) {
		one = nfo_tc_nest(w, TCA_PEDIT_KEY_EX);
		nfo_tc_put_u16(w, TCA_PEDIT_KEY_EX_HTYPE, keys->type[i]);
		nfo_tc_put_u16(w, TCA_PEDIT_KEY_EX_CMD, keys->cmd[i]);
		nfo_tc_nest_end(w, one);
	}
	nfo_tc_nest_end(w, nest);
}

void nfo_tc_pedit_put(struct nfo_tc_writer *w, const struct nfo_action *set,
		      bool dec_ttl, const struct nfo_tc_packet *packet,
		      int control)
{
	bool ipv6 = packet->eth_type == htons(ETH_P_IPV6);
	struct keys keys = { .n = 0 };
	struct headers h;

	if (set && !spread(set, packet, &h)) {
		nfo_tc_fail(w, -EOPNOTSUPP);
		return;
	}
	if (set)
		add_words(&keys, &h);
	if (dec_ttl && !ipv6 && packet->eth_type != htons(ETH_P_IP)) {
		nfo_tc_fail(w, -EOPNOTSUPP);
		return;
	}
	if (set && !keys.n) {
		nfo_tc_fail(w, -EINVAL);
		return;
	}
	if (dec_ttl)
		add_decrement(&keys, ipv6);
	put_keys(w, &keys, control);
}

/* Is this the key of a decrement? */
static bool is_decrement(const struct tc_pedit_key *key, uint16_t type)
{
	bool ipv6 = type == TCA_PEDIT_KEY_EX_HDR_TYPE_IP6;
	struct keys want = { .n = 0 };

	if (!ipv6 && type != TCA_PEDIT_KEY_EX_HDR_TYPE_IP4)
		return false;
	add_decrement(&want, ipv6);
	return key->off == want.key[0].off && key->val == want.key[0].val &&
	       key->mask == want.key[0].mask;
}

/* Lays a key over the headers. -EOPNOTSUPP where two keys touch one bit. */
static int collect(const struct tc_pedit_key *key, uint16_t type,
		   struct headers *h)
{
	uint8_t value[4], keep[4];
	struct header *header;
	int i;

	if (type > TCA_PEDIT_KEY_EX_HDR_TYPE_UDP || key->off % 4 ||
	    key->off >= header_len[type])
		return -EOPNOTSUPP;
	header = &h->type[type];
	memcpy(value, &key->val, 4);
	memcpy(keep, &key->mask, 4);
	for (i = 0; i < 4; i++) {
		uint8_t mask = ~keep[i];

		/* Bits that stay but have a value are turned over. */
		if (value[i] & keep[i] || header->mask[key->off + i] & mask)
			return -EOPNOTSUPP;
		header->mask[key->off + i] |= mask;
		header->value[key->off + i] |= value[i];
	}
	return 0;
}

static bool any(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i])
			return true;
	return false;
}

/*
 * The inverse of spread(): moves the fields out of @h into @a. False if bits
 * are left that belong to no field.
 */
static bool gather(struct headers *h, struct nfo_action *a)
{
	bool has[TCA_PEDIT_KEY_EX_HDR_TYPE_UDP + 1];
	struct header *ip6 = &h->type[TCA_PEDIT_KEY_EX_HDR_TYPE_IP6];
	const struct field *f;
	size_t i;

	for (i = 0; i <= TCA_PEDIT_KEY_EX_HDR_TYPE_UDP; i++)
		has[i] = any(h->type[i].mask, sizeof(h->type[i].mask));
	for (i = 0; i < N_FIELDS; i++) {
		f = &fields[i];
		if (!has[f->type])
			continue;
		memcpy((uint8_t *)&a->set.value + f->from,
		       h->type[f->type].value + f->at, f->size);
		memcpy((uint8_t *)&a->set.mask + f->from,
		       h->type[f->type].mask + f->at, f->size);
		memset(h->type[f->type].mask + f->at, 0, f->size);
	}
	if (has[TCA_PEDIT_KEY_EX_HDR_TYPE_IP6]) {
		a->set.value.tos = take_class(ip6->value);
		a->set.mask.tos = take_class(ip6->mask);
	}
	for (i = 0; i <= TCA_PEDIT_KEY_EX_HDR_TYPE_UDP; i++)
		if (any(h->type[i].mask, sizeof(h->type[i].mask)))
			return false;
	/* Keys that change no bit make no rewrite. */
	return any((const uint8_t *)&a->set.mask, sizeof(a->set.mask));
}

/*
 * Walks the keys @parms and their extensions @ex beside each other: rewrites,
 * then at most one decrement. Sets *@n_set and *@dec_ttl.
 */
static int parse_keys(const struct nlattr *parms, const struct nlattr *ex,
		      const struct nfo_tc_packet *packet, struct headers *h,
		      int *n_set, bool *dec_ttl)
{
	const struct nlattr *tb[TCA_PEDIT_KEY_EX_CMD + 1], *one = NULL;
	const uint8_t *from = nfo_tc_data(parms);
	struct tc_pedit_key key;
	struct tc_pedit_sel sel;
	uint16_t type, cmd;
	bool bad = false;
	int i, err;

	memcpy(&sel, from, sizeof(sel));
	if (nfo_tc_len(parms) < sizeof(sel) + sel.nkeys * sizeof(key))
		return -EINVAL;
	for (i = 0; i < sel.nkeys; i++) {
		memcpy(&key, from + sizeof(sel) + i * sizeof(key), sizeof(key));
		one = nfo_tc_next(nfo_tc_data(ex), nfo_tc_len(ex), one, &bad);
		if (!one || nfo_tc_sort_nest(one, tb, TCA_PEDIT_KEY_EX_CMD,
					     NULL) ||
		    nfo_tc_read(tb[TCA_PEDIT_KEY_EX_HTYPE], &type, 2) ||
		    nfo_tc_read(tb[TCA_PEDIT_KEY_EX_CMD], &cmd, 2))
			return -EINVAL;
		if (key.at || key.offmask || key.shift || *dec_ttl ||
		    !has_header(type, packet))
			return -EOPNOTSUPP;
		if (cmd == TCA_PEDIT_KEY_EX_CMD_SET) {
			err = collect(&key, type, h);
			if (err)
				return err;
			++*n_set;
		} else if (cmd == TCA_PEDIT_KEY_EX_CMD_ADD &&
			   is_decrement(&key, type)) {
			*dec_ttl = true;
		} else {
			return -EOPNOTSUPP;
		}
	}
	return *n_set || *dec_ttl ? 0 : -EOPNOTSUPP;
}

int nfo_tc_pedit_parse(const struct nlattr *opts,
		       const struct nfo_tc_packet *packet,
		       struct nfo_rule *rule, int *control)
{
	const struct nlattr *tb[TCA_PEDIT_KEYS_EX + 1];
	struct nfo_action action;
	struct tc_pedit_sel sel;
	struct headers h;
	bool dec_ttl = false;
	int n_set = 0, err;

	memset(&action, 0, sizeof(action));
	memset(&h, 0, sizeof(h));
	if (nfo_tc_sort_nest(opts, tb, TCA_PEDIT_KEYS_EX, NULL))
		return -EINVAL;
	/* Old keys count from the network header, whatever that is. */
	if (!tb[TCA_PEDIT_PARMS_EX] || !tb[TCA_PEDIT_KEYS_EX])
		return -EOPNOTSUPP;
	if (nfo_tc_len(tb[TCA_PEDIT_PARMS_EX]) < sizeof(sel))
		return -EINVAL;
	memcpy(&sel, nfo_tc_data(tb[TCA_PEDIT_PARMS_EX]), sizeof(sel));
	*control = sel.action;
	err = parse_keys(tb[TCA_PEDIT_PARMS_EX], tb[TCA_PEDIT_KEYS_EX], packet,
			 &h, &n_set, &dec_ttl);
	if (err)
		return err;
	if (n_set) {
		action.type = NFO_ACT_SET;
		if (!gather(&h, &action))
			return -EOPNOTSUPP;
		err = nfo_rule_add(rule, &action);
	}
	if (!err && dec_ttl)
		err = nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
	return err;
}
