// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_set: may the rewrites of a rule be said to a driver? See
 * dialect_part.h.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "dialect_part.h"
#include "rule_field.h"

/* A field that can be rewritten. */
static const struct set_field {
	const char *name;
	uint8_t offset;		/* in struct nfo_set */
	uint8_t size;
} set_fields[] = {
#define F(member, name_)						\
	{ name_, offsetof(struct nfo_set, member),			\
	  sizeof(((struct nfo_set *)0)->member) }
	F(eth_src, "src_mac"), F(eth_dst, "dst_mac"), F(ipv4_src, "src_ip"),
	F(ipv4_dst, "dst_ip"), F(ipv6_src, "src_ip"), F(ipv6_dst, "dst_ip"),
	F(tos, "ip_tos"), F(ttl, "ip_ttl"), F(sport, "src_port"),
	F(dport, "dst_port"),
#undef F
};

#define N_FIELDS	(sizeof(set_fields) / sizeof(set_fields[0]))

static const uint8_t *bytes(const struct set_field *field,
			    const struct nfo_set *set)
{
	return (const uint8_t *)set + field->offset;
}

static bool is_set(const struct set_field *field, const struct nfo_set *set)
{
	return !nfo_field_empty(bytes(field, set), field->size);
}

static bool is_whole(const struct set_field *field, const struct nfo_set *mask)
{
	for (unsigned int i = 0; i < field->size; i++)
		if (bytes(field, mask)[i] != 0xff)
			return false;
	return true;
}

/* Are the bits that are 1 in a row? */
static bool is_one_run(const struct set_field *field,
		       const struct nfo_set *mask)
{
	int runs = 0;
	bool last = false;

	for (int bit = 0; bit < field->size * 8; bit++) {
		bool one = bytes(field, mask)[bit / 8] << bit % 8 & 0x80;

		runs += one && !last;
		last = one;
	}
	return runs <= 1;
}

static bool say_field(struct nfo_saying *saying, const struct set_field *field,
		      const struct nfo_set *mask)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const uint8_t *can = bytes(field, &dialect->set);

	for (unsigned int i = 0; i < field->size; i++)
		if (bytes(field, mask)[i] & ~can[i])
			return nfo_saying_refuse(saying, "cannot rewrite %s",
						 field->name);
	if ((dialect->set_whole && !is_whole(field, mask)) ||
	    (dialect->set_one_run && !is_one_run(field, mask)))
		return nfo_saying_refuse(saying, "cannot rewrite such a part of %s",
					 field->name);
	return true;
}

/* Which ends of a packet a rewrite touches. */
static bool of_source(const struct nfo_set *mask)
{
	return mask->ipv4_src || mask->sport ||
	       !nfo_field_empty(&mask->ipv6_src, sizeof(mask->ipv6_src));
}

static bool of_destination(const struct nfo_set *mask)
{
	return mask->ipv4_dst || mask->dport ||
	       !nfo_field_empty(&mask->ipv6_dst, sizeof(mask->ipv6_dst));
}

static bool of_address(const struct nfo_set *mask)
{
	return mask->ipv4_src || mask->ipv4_dst ||
	       !nfo_field_empty(&mask->ipv6_src, 2 * sizeof(mask->ipv6_src));
}

/* Rewrites of NAT to one that has room for one address, and its port with it. */
static bool say_one_side(struct nfo_saying *saying, const struct nfo_set *mask)
{
	if (!saying->dialect->set_one_side)
		return true;
	if (of_source(mask) && of_destination(mask))
		return nfo_saying_refuse(saying, "would rewrite the last address only");
	if ((mask->sport || mask->dport) && !of_address(mask))
		return nfo_saying_refuse(saying, "cannot rewrite ports without an address");
	return true;
}

/* All that a rule rewrites is in @mask, at once or one after the other. */
static bool say_all(struct nfo_saying *saying, const struct nfo_set *mask,
		    bool dec_ttl)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_rule *rule = saying->rule;
	bool source = !nfo_field_empty(mask->eth_src, sizeof(mask->eth_src));
	bool target = !nfo_field_empty(mask->eth_dst, sizeof(mask->eth_dst));
	uint8_t proto = rule->mask.ip_proto == 0xff ? rule->key.ip_proto : 0;

	if (dialect->set_macs && source != target)
		return nfo_saying_refuse(saying, "cannot rewrite one Ethernet address only");
	if (dialect->set_transport && (of_address(mask) || mask->tos) &&
	    proto != IPPROTO_TCP && proto != IPPROTO_UDP &&
	    proto != IPPROTO_ICMP)
		return nfo_saying_refuse(saying, "cannot rewrite IP headers but of TCP, UDP and ICMP");
	if (dialect->set_once && dec_ttl && mask->ttl)
		return nfo_saying_refuse(saying, "cannot set and decrement ip_ttl");
	return say_one_side(saying, mask);
}

/* A TTL to be set. */
static bool say_ttl(struct nfo_saying *saying, const struct nfo_action *action)
{
	const struct nfo_rule *rule = saying->rule;

	if (saying->dialect->ttl != NFO_TTL_LESS_ONE ||
	    (rule->mask.ttl == 0xff && rule->key.ttl &&
	     action->set.mask.ttl == 0xff &&
	     action->set.value.ttl == rule->key.ttl - 1))
		return true;
	return nfo_saying_refuse(saying, "cannot set ip_ttl but to one less");
}

/* One SET; @all is what was rewritten before, and becomes that with it. */
static bool say_set(struct nfo_saying *saying, const struct nfo_action *action,
		    struct nfo_set *all)
{
	const struct nfo_set *mask = &action->set.mask;
	uint8_t *sum = (uint8_t *)all;

	for (size_t i = 0; i < N_FIELDS; i++)
		if (is_set(&set_fields[i], mask) &&
		    !say_field(saying, &set_fields[i], mask))
			return false;
	if (mask->ttl && !say_ttl(saying, action))
		return false;
	for (size_t i = 0; i < sizeof(*all); i++) {
		uint8_t more = ((const uint8_t *)mask)[i];

		if (sum[i] & more && (saying->dialect->set_once ||
				      saying->dialect->set_one_side))
			return nfo_saying_refuse(saying, "cannot rewrite a field twice");
		sum[i] |= more;
	}
	return true;
}

/*
 * A decrement. Where rules with different matches are looked at in no order,
 * no rule ahead can keep the packets away that a router must not forward.
 */
static bool say_dec_ttl(struct nfo_saying *saying, unsigned int n)
{
	const struct nfo_dialect *dialect = saying->dialect;

	if (n > 1 && dialect->set_once)
		return nfo_saying_refuse(saying, "cannot decrement the TTL twice");
	if (!dialect->priorities && !nfo_dialect_ttl_safe(saying->rule))
		return nfo_saying_refuse(saying, "has no priorities, so nothing keeps TTL 1 from being decremented");
	return true;
}

bool nfo_saying_sets(struct nfo_saying *saying)
{
	const struct nfo_rule *rule = saying->rule;
	unsigned int n_dec = 0, n_ttl = 0;
	struct nfo_set all;

	memset(&all, 0, sizeof(all));
	for (unsigned int i = 0; i < rule->n_actions; i++) {
		const struct nfo_action *action = &rule->actions[i];

		n_ttl += action->type == NFO_ACT_DEC_TTL ||
			 (action->type == NFO_ACT_SET && action->set.mask.ttl);
		if (n_ttl > 1 && saying->dialect->ttl == NFO_TTL_LESS_ONE)
			return nfo_saying_refuse(saying, "cannot change the TTL twice");
		if (action->type == NFO_ACT_DEC_TTL &&
		    !say_dec_ttl(saying, ++n_dec))
			return false;
		if (action->type == NFO_ACT_SET &&
		    !say_set(saying, action, &all))
			return false;
	}
	return say_all(saying, &all, n_dec);
}
