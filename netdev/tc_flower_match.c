// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_match: a rule's match as flower attributes, and back.
 *
 * One table serves both ways, so that what is put can be read. Facts:
 * fl_set_key() and fl_dump_key() of net/sched/cls_flower.c, and the functions
 * they call. The kernel silently ignores an attribute whose protocol the rule
 * does not pin (ports without ip_proto); such a match is refused here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "rule_field.h"
#include "tc_compat.h"
#include "tc_flower_part.h"

/* What the rest of the match must pin for a field to count. */
enum gate {
	GATE_NONE,
	GATE_IP,	/* IPv4 or IPv6 */
	GATE_IPV4,
	GATE_IPV6,
	GATE_TCP,
	GATE_UDP,
	GATE_SCTP,
	GATE_ICMP,
	GATE_ICMPV6,
	GATE_ARP,	/* or RARP */
};

struct part {
	uint16_t	offset;	/* in struct nfo_key */
	uint8_t		size;	/* bytes */
	uint8_t		gate;	/* enum gate */
	uint16_t	value;	/* attribute */
	uint16_t	mask;	/* attribute; 0: exact match only */
};

#define PART(member, gate_, attr, mask_)				\
	{ .offset = offsetof(struct nfo_key, member),			\
	  .size = sizeof(((struct nfo_key *)0)->member),		\
	  .gate = GATE_##gate_, .value = TCA_FLOWER_##attr, .mask = mask_ }
#define MASKED(member, gate_, attr)					\
	PART(member, gate_, attr, TCA_FLOWER_##attr##_MASK)
#define EXACT(member, gate_, attr)	PART(member, gate_, attr, 0)

/* ip_proto comes before all that need it: parsing goes from top to bottom. */
static const struct part parts[] = {
	MASKED(eth_dst, NONE, KEY_ETH_DST),
	MASKED(eth_src, NONE, KEY_ETH_SRC),
	EXACT(ip_proto, IP, KEY_IP_PROTO),
	MASKED(tos, IP, KEY_IP_TOS),
	MASKED(ttl, IP, KEY_IP_TTL),
	MASKED(ipv4_src, IPV4, KEY_IPV4_SRC),
	MASKED(ipv4_dst, IPV4, KEY_IPV4_DST),
	MASKED(ipv6_src, IPV6, KEY_IPV6_SRC),
	MASKED(ipv6_dst, IPV6, KEY_IPV6_DST),
	MASKED(sport, TCP, KEY_TCP_SRC),
	MASKED(dport, TCP, KEY_TCP_DST),
	MASKED(tcp_flags, TCP, KEY_TCP_FLAGS),
	MASKED(sport, UDP, KEY_UDP_SRC),
	MASKED(dport, UDP, KEY_UDP_DST),
	MASKED(sport, SCTP, KEY_SCTP_SRC),
	MASKED(dport, SCTP, KEY_SCTP_DST),
	MASKED(icmp_type, ICMP, KEY_ICMPV4_TYPE),
	MASKED(icmp_code, ICMP, KEY_ICMPV4_CODE),
	MASKED(icmp_type, ICMPV6, KEY_ICMPV6_TYPE),
	MASKED(icmp_code, ICMPV6, KEY_ICMPV6_CODE),
	MASKED(arp_sip, ARP, KEY_ARP_SIP),
	MASKED(arp_tip, ARP, KEY_ARP_TIP),
	MASKED(arp_op, ARP, KEY_ARP_OP),
	MASKED(arp_sha, ARP, KEY_ARP_SHA),
	MASKED(arp_tha, ARP, KEY_ARP_THA),
	MASKED(ct_state, NONE, KEY_CT_STATE),
	MASKED(ct_zone, NONE, KEY_CT_ZONE),
	MASKED(ct_mark, NONE, KEY_CT_MARK),
	MASKED(ct_label, NONE, KEY_CT_LABELS),
	EXACT(tun_id, NONE, KEY_ENC_KEY_ID),
	MASKED(tun_ipv4_src, NONE, KEY_ENC_IPV4_SRC),
	MASKED(tun_ipv4_dst, NONE, KEY_ENC_IPV4_DST),
	MASKED(tun_ipv6_src, NONE, KEY_ENC_IPV6_SRC),
	MASKED(tun_ipv6_dst, NONE, KEY_ENC_IPV6_DST),
	MASKED(tun_sport, NONE, KEY_ENC_UDP_SRC_PORT),
	MASKED(tun_dport, NONE, KEY_ENC_UDP_DST_PORT),
	MASKED(tun_tos, NONE, KEY_ENC_IP_TOS),
	MASKED(tun_ttl, NONE, KEY_ENC_IP_TTL),
};

#define N_PARTS	(sizeof(parts) / sizeof(parts[0]))

/* Bits of TCA_FLOWER_KEY_FLAGS and _ENC_FLAGS, and ours. */
struct flag {
	uint32_t	tc;
	uint16_t	ours;
};

static const struct flag ip_flags[] = {
	{ TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT, NFO_FRAG_ANY },
	{ TCA_FLOWER_KEY_FLAGS_FRAG_IS_FIRST, NFO_FRAG_FIRST },
	{ 0, 0 },
};

static const struct flag tun_flags[] = {
	{ TCA_FLOWER_KEY_FLAGS_TUNNEL_CSUM, NFO_TUN_CSUM },
	{ TCA_FLOWER_KEY_FLAGS_TUNNEL_DONT_FRAGMENT, NFO_TUN_DF },
	{ TCA_FLOWER_KEY_FLAGS_TUNNEL_OAM, NFO_TUN_OAM },
	{ TCA_FLOWER_KEY_FLAGS_TUNNEL_CRIT_OPT, NFO_TUN_CRIT },
	{ 0, 0 },
};

/* A label stack entry's fields and the attributes for them. */
static const struct lse_part {
	uint16_t	attr;
	uint8_t		size;	/* of the attribute, bytes */
	uint8_t		shift;
	uint32_t	mask;	/* in the entry, host byte order */
} lse_parts[] = {
	{ TCA_FLOWER_KEY_MPLS_TTL, 1, 0, 0x000000ff },
	{ TCA_FLOWER_KEY_MPLS_BOS, 1, 8, 0x00000100 },
	{ TCA_FLOWER_KEY_MPLS_TC, 1, 9, 0x00000e00 },
	{ TCA_FLOWER_KEY_MPLS_LABEL, 4, 12, 0xfffff000 },
};

#define N_LSE_PARTS	(sizeof(lse_parts) / sizeof(lse_parts[0]))

static bool is_vlan(__be16 type)
{
	return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD);
}

static bool is_mpls(__be16 type)
{
	return type == htons(ETH_P_MPLS_UC) || type == htons(ETH_P_MPLS_MC);
}

static bool all_ones(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] != 0xff)
			return false;
	return true;
}

static bool gate_open(enum gate gate, const struct nfo_rule *rule)
{
	__be16 type = rule->mask.eth_type ? rule->key.eth_type : 0;
	uint8_t proto = rule->mask.ip_proto ? rule->key.ip_proto : 0;
	bool ipv4 = type == htons(ETH_P_IP);
	bool ipv6 = type == htons(ETH_P_IPV6);

	switch (gate) {
	case GATE_NONE:
		return true;
	case GATE_IP:
		return ipv4 || ipv6;
	case GATE_IPV4:
		return ipv4;
	case GATE_IPV6:
		return ipv6;
	case GATE_TCP:
		return proto == IPPROTO_TCP;
	case GATE_UDP:
		return proto == IPPROTO_UDP;
	case GATE_SCTP:
		return proto == IPPROTO_SCTP;
	case GATE_ICMP:
		return ipv4 && proto == IPPROTO_ICMP;
	case GATE_ICMPV6:
		return ipv6 && proto == IPPROTO_ICMPV6;
	case GATE_ARP:
		return type == htons(ETH_P_ARP) || type == htons(ETH_P_RARP);
	}
	return false;
}

/* Puts what the table knows and takes it out of @left. */
static void put_parts(struct nfo_tc_writer *w, const struct nfo_rule *rule,
		      struct nfo_key *left)
{
	const uint8_t *value, *mask;
	const struct part *part;
	size_t i;

	for (i = 0; i < N_PARTS; i++) {
		part = &parts[i];
		value = (const uint8_t *)&rule->key + part->offset;
		mask = (const uint8_t *)&rule->mask + part->offset;
		if (nfo_field_empty(mask, part->size) ||
		    !gate_open(part->gate, rule))
			continue;
		if (!part->mask && !all_ones(mask, part->size)) {
			nfo_tc_fail(w, -EOPNOTSUPP);
			return;
		}
		nfo_tc_put(w, part->value, value, part->size);
		if (part->mask)
			nfo_tc_put(w, part->mask, mask, part->size);
		memset((uint8_t *)left + part->offset, 0, part->size);
	}
}

/*
 * The types and tags: ETH_TYPE is that of the outermost header here, though
 * the kernel tells the innermost one when it dumps.
 */
static void put_types(struct nfo_tc_writer *w, const struct nfo_rule *rule,
		      struct nfo_key *left)
{
	static const uint16_t ids[2][3] = {
		{ TCA_FLOWER_KEY_VLAN_ID, TCA_FLOWER_KEY_VLAN_PRIO,
		  TCA_FLOWER_KEY_VLAN_ETH_TYPE },
		{ TCA_FLOWER_KEY_CVLAN_ID, TCA_FLOWER_KEY_CVLAN_PRIO,
		  TCA_FLOWER_KEY_CVLAN_ETH_TYPE },
	};
	uint16_t type_attr = TCA_FLOWER_KEY_ETH_TYPE;
	const struct nfo_key *key = &rule->key, *mask = &rule->mask;
	int i;

	for (i = 0; i < 2 && mask->vlan_tpid[i]; i++) {
		if (mask->vlan_tpid[i] != 0xffff ||
		    !is_vlan(key->vlan_tpid[i]) ||
		    (mask->vlan_vid[i] && mask->vlan_vid[i] != 0x0fff) ||
		    (mask->vlan_pcp[i] && mask->vlan_pcp[i] != 0x07))
			nfo_tc_fail(w, -EOPNOTSUPP);
		nfo_tc_put(w, type_attr, &key->vlan_tpid[i], 2);
		if (mask->vlan_vid[i])
			nfo_tc_put_u16(w, ids[i][0], key->vlan_vid[i]);
		if (mask->vlan_pcp[i])
			nfo_tc_put_u8(w, ids[i][1], key->vlan_pcp[i]);
		type_attr = ids[i][2];
		left->vlan_tpid[i] = 0;
		left->vlan_vid[i] = 0;
		left->vlan_pcp[i] = 0;
	}
	if (!mask->eth_type)
		return;
	if (mask->eth_type != 0xffff || is_vlan(key->eth_type))
		nfo_tc_fail(w, -EOPNOTSUPP);
	nfo_tc_put(w, type_attr, &key->eth_type, 2);
	left->eth_type = 0;
}

static void put_mpls(struct nfo_tc_writer *w, const struct nfo_rule *rule,
		     struct nfo_key *left)
{
	uint32_t lse = ntohl(rule->key.mpls_lse);
	uint32_t mask = ntohl(rule->mask.mpls_lse);
	const struct lse_part *part;
	uint32_t value;
	size_t i;

	if (!is_mpls(rule->key.eth_type) || !rule->mask.eth_type)
		return;
	for (i = 0; i < N_LSE_PARTS; i++) {
		part = &lse_parts[i];
		if (!(mask & part->mask))
			continue;
		if ((mask & part->mask) != part->mask)
			nfo_tc_fail(w, -EOPNOTSUPP);
		value = (lse & part->mask) >> part->shift;
		if (part->size == 1)
			nfo_tc_put_u8(w, part->attr, value);
		else
			nfo_tc_put_u32(w, part->attr, value);
	}
	left->mpls_lse = 0;
}

static void put_flags(struct nfo_tc_writer *w, uint16_t attr,
		      const struct flag *flag, uint16_t value, uint16_t mask)
{
	uint32_t tc[2] = { 0, 0 };

	if (!mask)
		return;
	for (; flag->tc; flag++) {
		if (value & flag->ours)
			tc[0] |= flag->tc;
		if (mask & flag->ours)
			tc[1] |= flag->tc;
	}
	tc[0] = htonl(tc[0]);
	tc[1] = htonl(tc[1]);
	/* In both pairs the mask's number follows the value's. */
	nfo_tc_put(w, attr, &tc[0], sizeof(tc[0]));
	nfo_tc_put(w, attr + 1, &tc[1], sizeof(tc[1]));
}

static bool two_families(const struct nfo_key *mask)
{
	return (mask->tun_ipv4_src || mask->tun_ipv4_dst) &&
	       (!nfo_field_empty(&mask->tun_ipv6_src, 16) ||
		!nfo_field_empty(&mask->tun_ipv6_dst, 16));
}

void nfo_tc_match_put(struct nfo_tc_writer *w, const struct nfo_rule *rule)
{
	const struct nfo_key *key = &rule->key, *mask = &rule->mask;
	struct nfo_key left = *mask;

	/* One outer header is of one family: the kernel keeps one of them. */
	if (two_families(mask))
		nfo_tc_fail(w, -EINVAL);
	put_types(w, rule, &left);
	put_parts(w, rule, &left);
	put_mpls(w, rule, &left);
	if (gate_open(GATE_IP, rule)) {
		put_flags(w, TCA_FLOWER_KEY_FLAGS, ip_flags, key->ip_frag,
			  mask->ip_frag);
		left.ip_frag = 0;
	}
	put_flags(w, TCA_FLOWER_KEY_ENC_FLAGS, tun_flags, key->tun_flags,
		  mask->tun_flags);
	left.tun_flags = 0;
	nfo_tc_enc_opts_put(w, rule);
	left.tun_gbp = 0;
	if (!nfo_field_empty(&left, sizeof(left)))
		nfo_tc_fail(w, -EOPNOTSUPP);
}

/* Takes an attribute out of @tb. */
static const struct nlattr *take(const struct nlattr **tb, uint16_t type)
{
	const struct nlattr *attr = tb[type];

	tb[type] = NULL;
	return attr;
}

static int parse_parts(const struct nlattr **tb, struct nfo_rule *rule)
{
	const struct nlattr *value, *mask;
	const struct part *part;
	uint8_t *to;
	size_t i;

	for (i = 0; i < N_PARTS; i++) {
		part = &parts[i];
		if (!tb[part->value] || !gate_open(part->gate, rule))
			continue;
		value = take(tb, part->value);
		mask = part->mask ? take(tb, part->mask) : NULL;
		to = (uint8_t *)&rule->key + part->offset;
		if (nfo_tc_read(value, to, part->size))
			return -EINVAL;
		to = (uint8_t *)&rule->mask + part->offset;
		if (!mask)
			memset(to, 0xff, part->size);
		else if (nfo_tc_read(mask, to, part->size))
			return -EINVAL;
	}
	return 0;
}

/* A type attribute: 0 where it is absent. */
static int parse_type(const struct nlattr **tb, uint16_t attr, __be16 *type)
{
	*type = 0;
	return tb[attr] ? nfo_tc_read(take(tb, attr), type, 2) : 0;
}

static int parse_tag(const struct nlattr **tb, struct nfo_rule *rule, int i,
		     __be16 tpid)
{
	uint16_t id = i ? TCA_FLOWER_KEY_CVLAN_ID : TCA_FLOWER_KEY_VLAN_ID;
	uint16_t pcp = i ? TCA_FLOWER_KEY_CVLAN_PRIO :
			   TCA_FLOWER_KEY_VLAN_PRIO;

	rule->key.vlan_tpid[i] = tpid;
	rule->mask.vlan_tpid[i] = 0xffff;
	if (tb[id]) {
		if (nfo_tc_read(take(tb, id), &rule->key.vlan_vid[i], 2))
			return -EINVAL;
		rule->mask.vlan_vid[i] = 0x0fff;
	}
	if (tb[pcp]) {
		if (nfo_tc_read(take(tb, pcp), &rule->key.vlan_pcp[i], 1))
			return -EINVAL;
		rule->mask.vlan_pcp[i] = 0x07;
	}
	return 0;
}

/*
 * The outer type is that of the message; no attribute of a dump tells it.
 * ETH_TYPE repeats it as it was put, or the innermost type as it is dumped.
 */
static int parse_types(const struct nlattr **tb, __be16 protocol,
		       struct nfo_rule *rule)
{
	__be16 said, next, last, inner = protocol;

	if (parse_type(tb, TCA_FLOWER_KEY_ETH_TYPE, &said) ||
	    parse_type(tb, TCA_FLOWER_KEY_VLAN_ETH_TYPE, &next) ||
	    parse_type(tb, TCA_FLOWER_KEY_CVLAN_ETH_TYPE, &last))
		return -EINVAL;
	if (is_vlan(protocol)) {
		if (parse_tag(tb, rule, 0, protocol))
			return -EINVAL;
		inner = next;
		if (is_vlan(next)) {
			if (parse_tag(tb, rule, 1, next))
				return -EINVAL;
			inner = last;
			last = 0;
		}
		next = 0;
	}
	/* Filed under no type: then the key has it, if any. */
	if (inner == htons(ETH_P_ALL))
		inner = said;
	if (next || last || is_vlan(inner) ||
	    (said && said != protocol && said != inner))
		return -EOPNOTSUPP;
	rule->key.eth_type = inner;
	rule->mask.eth_type = inner ? 0xffff : 0;
	return 0;
}

static int parse_mpls(const struct nlattr **tb, struct nfo_rule *rule)
{
	uint32_t lse = 0, mask = 0, value;
	const struct lse_part *part;
	uint8_t byte;
	size_t i;

	if (!is_mpls(rule->key.eth_type))
		return 0;
	for (i = 0; i < N_LSE_PARTS; i++) {
		part = &lse_parts[i];
		if (!tb[part->attr])
			continue;
		if (part->size == 1) {
			if (nfo_tc_read(take(tb, part->attr), &byte, 1))
				return -EINVAL;
			value = byte;
		} else if (nfo_tc_read(take(tb, part->attr), &value, 4)) {
			return -EINVAL;
		}
		if (value > part->mask >> part->shift)
			return -EINVAL;
		lse |= value << part->shift;
		mask |= part->mask;
	}
	rule->key.mpls_lse = htonl(lse);
	rule->mask.mpls_lse = htonl(mask);
	return 0;
}

static int parse_flags(const struct nlattr **tb, uint16_t attr,
		       const struct flag *flag, uint16_t *value,
		       uint16_t *mask)
{
	uint32_t tc[2];

	if (!tb[attr])
		return 0;
	if (nfo_tc_read(take(tb, attr), &tc[0], 4) ||
	    nfo_tc_read(take(tb, attr + 1), &tc[1], 4))
		return -EINVAL;
	tc[0] = ntohl(tc[0]);
	tc[1] = ntohl(tc[1]);
	for (; flag->tc; flag++) {
		if (tc[0] & flag->tc)
			*value |= flag->ours;
		if (tc[1] & flag->tc)
			*mask |= flag->ours;
		tc[1] &= ~flag->tc;
	}
	return tc[1] ? -EOPNOTSUPP : 0;
}

int nfo_tc_match_parse(const struct nlattr **tb, __be16 protocol,
		       struct nfo_rule *rule)
{
	uint16_t frag = 0, frag_mask = 0;
	int err;

	err = parse_types(tb, protocol, rule);
	if (!err)
		err = parse_parts(tb, rule);
	if (!err)
		err = parse_mpls(tb, rule);
	if (!err && gate_open(GATE_IP, rule))
		err = parse_flags(tb, TCA_FLOWER_KEY_FLAGS, ip_flags, &frag,
				  &frag_mask);
	if (!err)
		err = parse_flags(tb, TCA_FLOWER_KEY_ENC_FLAGS, tun_flags,
				  &rule->key.tun_flags, &rule->mask.tun_flags);
	if (!err)
		err = nfo_tc_enc_opts_parse(take(tb, TCA_FLOWER_KEY_ENC_OPTS),
					    take(tb, TCA_FLOWER_KEY_ENC_OPTS_MASK),
					    rule);
	if (!err && two_families(&rule->mask))
		err = -EOPNOTSUPP;
	rule->key.ip_frag = frag;
	rule->mask.ip_frag = frag_mask;
	return err;
}
