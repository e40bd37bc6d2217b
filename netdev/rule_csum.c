// SPDX-License-Identifier: Apache-2.0
/*
 * rule_csum: which checksums the rewrites of a rule leave wrong, and the
 * CSUM actions that make them right; see nfo_rule_fix_csum() in rule.h.
 *
 * Facts: the IPv4 header sums itself up (RFC 791). TCP, UDP and ICMPv6 sum up
 * the addresses as well (RFC 9293, 768, 8200 section 8.1, 4443); ICMP and
 * SCTP do not (RFC 792, 9260). act_csum computes from scratch, for fragments
 * too little: those are for the source of the rule to leave out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "rule.h"

#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE 136
#endif

/* Which fields a rewrite touches, as far as checksums are concerned. */
#define TOUCH_ADDRESS	0x1
#define TOUCH_HEADER	0x2	/* TTL, TOS */
#define TOUCH_PORT	0x4

static bool any(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		if (b[i])
			return true;
	return false;
}

static int touched(const struct nfo_action *a)
{
	const struct nfo_set *mask = &a->set.mask;
	int touch = 0;

	if (a->type == NFO_ACT_DEC_TTL)
		return TOUCH_HEADER;
	if (a->type != NFO_ACT_SET)
		return 0;
	if (mask->ipv4_src || mask->ipv4_dst ||
	    any(&mask->ipv6_src, sizeof(mask->ipv6_src)) ||
	    any(&mask->ipv6_dst, sizeof(mask->ipv6_dst)))
		touch |= TOUCH_ADDRESS;
	if (mask->tos || mask->ttl)
		touch |= TOUCH_HEADER;
	if (mask->sport || mask->dport)
		touch |= TOUCH_PORT;
	return touch;
}

/* The L4 checksum that goes wrong, or -EOPNOTSUPP if nobody can tell. */
static int l4_flags(const struct nfo_rule *rule, bool ipv4)
{
	if (rule->mask.ip_proto != 0xff)
		return -EOPNOTSUPP;
	switch (rule->key.ip_proto) {
	case IPPROTO_TCP:
		return NFO_CSUM_TCP;
	case IPPROTO_UDP:
		return NFO_CSUM_UDP;
	case IPPROTO_UDPLITE:
		return NFO_CSUM_UDPLITE;
	case IPPROTO_ICMPV6:
		return ipv4 ? 0 : NFO_CSUM_ICMP;
	case IPPROTO_DCCP:
		return -EOPNOTSUPP; /* sums addresses up; act_csum cannot */
	default:
		return 0;
	}
}

/* NFO_CSUM_* of what @touch leaves wrong, or -EOPNOTSUPP. */
static int wrong_sums(const struct nfo_rule *rule, int touch)
{
	bool ipv4 = rule->key.eth_type == htons(ETH_P_IP);
	int flags = 0, l4;

	if (!touch)
		return 0;
	if (rule->mask.eth_type != 0xffff)
		return -EOPNOTSUPP;
	if (ipv4 && (touch & (TOUCH_ADDRESS | TOUCH_HEADER)))
		flags |= NFO_CSUM_IPV4;
	if (touch & (TOUCH_ADDRESS | TOUCH_PORT)) {
		l4 = l4_flags(rule, ipv4);
		if (l4 < 0)
			return l4;
		flags |= l4;
	}
	return flags;
}

static bool is_rewrite(enum nfo_action_type type)
{
	return type == NFO_ACT_SET || type == NFO_ACT_DEC_TTL;
}

/*
 * Appends actions @from to @to (not included) of @rule to @out, a CSUM behind
 * each run of rewrites that needs one. A branch is a list of its own.
 */
static int fix_range(const struct nfo_rule *rule, uint16_t from, uint16_t to,
		     struct nfo_rule *out)
{
	const struct nfo_action *a;
	uint16_t i = from, at, branch;
	int touch = 0, flags, err;

	while (i < to) {
		a = &rule->actions[i];
		at = out->n_actions;
		err = nfo_rule_add(out, a);
		if (err)
			return err;
		touch |= touched(a);
		i++;
		if (a->type == NFO_ACT_CHECK_PKT_LEN) {
			if (i + a->check.n_longer + a->check.n_other > to)
				return -EINVAL;
			branch = i + a->check.n_longer;
			err = fix_range(rule, i, branch, out);
			if (err)
				return err;
			out->actions[at].check.n_longer = out->n_actions - at - 1;
			i = branch + a->check.n_other;
			branch = out->n_actions;
			err = fix_range(rule, i - a->check.n_other, i, out);
			if (err)
				return err;
			out->actions[at].check.n_other = out->n_actions - branch;
		}
		if (!touch || (i < to && is_rewrite(rule->actions[i].type)))
			continue;
		flags = wrong_sums(rule, touch);
		touch = 0;
		if (flags < 0)
			return flags;
		if (i < to && rule->actions[i].type == NFO_ACT_CSUM)
			flags &= ~rule->actions[i].csum;
		if (flags) {
			err = nfo_rule_add_csum(out, flags);
			if (err)
				return err;
		}
	}
	return 0;
}

int nfo_rule_fix_csum(struct nfo_rule *rule)
{
	struct nfo_rule out;
	int err;

	nfo_rule_init(&out);
	out.key = rule->key;
	out.mask = rule->mask;
	err = fix_range(rule, 0, rule->n_actions, &out);
	if (err) {
		nfo_rule_uninit(&out);
		return err;
	}
	out.geneve = rule->geneve;
	rule->geneve = NULL;
	nfo_rule_uninit(rule);
	*rule = out;
	return 0;
}
