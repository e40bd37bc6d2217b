// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_match: may the match of a rule be said to a driver? See
 * dialect_part.h.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "dialect_part.h"
#include "rule_field.h"

/* The bytes of @field in @key. */
static const uint8_t *bytes(const struct nfo_field *field,
			    const struct nfo_key *key)
{
	return (const uint8_t *)key + field->offset;
}

static bool is_set(const struct nfo_field *field, const struct nfo_key *key)
{
	return !nfo_field_empty(bytes(field, key), field->size);
}

/* Are all bits of @a in @b as well? */
static bool is_within(const struct nfo_field *field, const struct nfo_key *a,
		      const struct nfo_key *b)
{
	for (unsigned int i = 0; i < field->size; i++)
		if (bytes(field, a)[i] & ~bytes(field, b)[i])
			return false;
	return true;
}

/* Is @mask all of what @whole has of the field? */
static bool is_whole(const struct nfo_field *field, const struct nfo_key *mask,
		     const struct nfo_key *whole)
{
	return !memcmp(bytes(field, mask), bytes(field, whole), field->size);
}

/* Leading bits, and none behind them? */
static bool is_prefix(const struct nfo_field *field, const struct nfo_key *mask)
{
	uint8_t most_first[16];
	bool end = false;

	nfo_field_get(field, mask, most_first);
	for (int bit = 0; bit < field->size * 8; bit++) {
		bool one = most_first[bit / 8] << bit % 8 & 0x80;

		if (one && end)
			return false;
		end |= !one;
	}
	return true;
}

/* One field that the rule matches. */
static bool say_field(struct nfo_saying *saying, const struct nfo_field *field)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_key *key = &saying->rule->key;
	const struct nfo_key *mask = &saying->rule->mask;

	if (!is_within(field, mask, &dialect->match)) {
		struct nfo_key seen = dialect->match;
		bool silent;

		for (size_t i = 0; i < sizeof(seen); i++)
			((uint8_t *)&seen)[i] |=
				((const uint8_t *)&dialect->ignored)[i];
		silent = is_within(field, mask, &seen);
		return nfo_saying_refuse(saying, silent ?
					 "would take no notice of %s" :
					 "cannot match %s", field->name);
	}
	if (is_set(field, &dialect->exact) &&
	    !is_whole(field, mask, &dialect->match))
		return nfo_saying_refuse(saying, "cannot match part of %s",
					 field->name);
	if (is_set(field, &dialect->prefix) && !is_prefix(field, mask))
		return nfo_saying_refuse(saying, "would take the mask of %s for a prefix",
					 field->name);
	if (is_set(field, &dialect->not_zero) && !is_set(field, key))
		return nfo_saying_refuse(saying, "would take no notice of %s 0",
					 field->name);
	return true;
}

static bool say_fields(struct nfo_saying *saying)
{
	for (size_t i = 0; i < nfo_n_fields; i++)
		if (is_set(&nfo_fields[i], &saying->rule->mask) &&
		    !say_field(saying, &nfo_fields[i]))
			return false;
	return true;
}

/* The Ethernet type, which is behind all tags. */
static bool say_types(struct nfo_saying *saying)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_rule *rule = saying->rule;
	uint16_t type = ntohs(rule->key.eth_type);
	bool known = !dialect->types[0];

	if (dialect->type_needed && !rule->mask.eth_type)
		return nfo_saying_refuse(saying, "needs a match on eth_type");
	for (unsigned int i = 0; i < 5 && dialect->types[i]; i++)
		known |= dialect->types[i] == type;
	if (rule->mask.eth_type && !known)
		return nfo_saying_refuse(saying, "cannot match eth_type 0x%04x",
					 type);
	return true;
}

static bool say_tags(struct nfo_saying *saying)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_key *key = &saying->rule->key;
	const struct nfo_key *mask = &saying->rule->mask;

	for (int i = 0; i < 2; i++) {
		if (!mask->vlan_tpid[i])
			continue;
		if (dialect->tag_8021q &&
		    key->vlan_tpid[i] != htons(ETH_P_8021Q))
			return nfo_saying_refuse(saying, "would take the tag for one of 802.1Q");
		if (dialect->tag_by_id && mask->vlan_vid[i] != 0xfff)
			return nfo_saying_refuse(saying, "would take a tag of any id for one of id 0");
		if (dialect->tag_by_id && key->vlan_pcp[i])
			return nfo_saying_refuse(saying, "cannot match the priority of a tag");
	}
	return true;
}

/* Anything that conntrack says of the packet? */
static bool has_ct(const struct nfo_key *mask)
{
	return mask->ct_state || mask->ct_zone || mask->ct_mark ||
	       !nfo_field_empty(mask->ct_label, sizeof(mask->ct_label));
}

/* Transport: ports of which protocol, flags, fragments. */
static bool say_transport(struct nfo_saying *saying)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_key *key = &saying->rule->key;
	const struct nfo_key *mask = &saying->rule->mask;
	uint16_t flags = ntohs(key->tcp_flags & mask->tcp_flags);
	bool ports = mask->sport || mask->dport;

	if (ports && (mask->ip_proto != 0xff ||
		      (key->ip_proto != IPPROTO_TCP &&
		       key->ip_proto != IPPROTO_UDP &&
		       (key->ip_proto != IPPROTO_SCTP || !dialect->sctp_ports))))
		return nfo_saying_refuse(saying, "cannot match ports of IP protocol %u",
					 key->ip_proto);
	if (dialect->proto_by_ports && mask->ip_proto && !ports)
		return nfo_saying_refuse(saying, "would take no notice of ip_proto without ports");
	if (flags & ~dialect->tcp_set)
		return nfo_saying_refuse(saying, "cannot match TCP flags that are set (0x%x)",
					 flags);
	return true;
}

static bool say_ct(struct nfo_saying *saying)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_rule *rule = saying->rule;

	if (rule->key.ct_state & rule->mask.ct_state & ~dialect->ct_set)
		return nfo_saying_refuse(saying, "cannot match this ct_state");
	if (dialect->chains == NFO_CHAINS_CT && has_ct(&rule->mask) &&
	    !saying->place->chain)
		return nfo_saying_refuse(saying, "can match ct_state in a later chain only");
	return true;
}

static bool say_tunnel(struct nfo_saying *saying)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_rule *rule = saying->rule;

	if (rule->mask.tun_id && dialect->tun_port_needed &&
	    !rule->mask.tun_dport)
		return nfo_saying_refuse(saying, "needs a match on enc_dst_port");
	if (rule->mask.tun_dport && dialect->encap_port &&
	    rule->key.tun_dport != htons(dialect->encap_port))
		return nfo_saying_refuse(saying, "would take the tunnel for one of VXLAN");
	if (rule->geneve && rule->geneve->len > dialect->geneve_match)
		return nfo_saying_refuse(saying, "cannot match Geneve options");
	return true;
}

bool nfo_saying_match(struct nfo_saying *saying)
{
	const struct nfo_rule *rule = saying->rule;

	if (rule->mask.ip_frag && !rule->key.ip_frag &&
	    saying->dialect->frag_by_ports)
		return nfo_saying_refuse(saying, "cannot leave fragments out but by ports that are matched");
	/* Its TOS is that of IPv4. */
	if (rule->mask.tos && rule->key.eth_type == htons(ETH_P_IPV6) &&
	    saying->dialect->output == NFO_OUTPUT_IN)
		return nfo_saying_refuse(saying, "cannot match ip_tos of IPv6");
	return say_types(saying) && say_tags(saying) && say_fields(saying) &&
	       say_transport(saying) && say_ct(saying) && say_tunnel(saying);
}
