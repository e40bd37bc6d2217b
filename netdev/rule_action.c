// SPDX-License-Identifier: Apache-2.0
/*
 * rule_action: the actions of a rule: appending, normal form, equality, and
 * which checksums a rewrite leaves wrong. See rule.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

static const char *const action_names[NFO_ACT_COUNT] = {
	[NFO_ACT_NONE]		= "none",
	[NFO_ACT_REDIRECT]	= "redirect",
	[NFO_ACT_DROP]		= "drop",
	[NFO_ACT_TRAP]		= "trap",
	[NFO_ACT_PASS]		= "pass",
	[NFO_ACT_GOTO]		= "goto_chain",
	[NFO_ACT_MIRROR]	= "mirror",
	[NFO_ACT_VLAN_PUSH]	= "vlan_push",
	[NFO_ACT_VLAN_POP]	= "vlan_pop",
	[NFO_ACT_VLAN_MODIFY]	= "vlan_modify",
	[NFO_ACT_MPLS_PUSH]	= "mpls_push",
	[NFO_ACT_MPLS_POP]	= "mpls_pop",
	[NFO_ACT_MPLS_MODIFY]	= "mpls_modify",
	[NFO_ACT_SET]		= "set",
	[NFO_ACT_DEC_TTL]	= "dec_ttl",
	[NFO_ACT_CSUM]		= "csum",
	[NFO_ACT_TUNNEL_SET]	= "tunnel_set",
	[NFO_ACT_TUNNEL_RELEASE] = "tunnel_release",
	[NFO_ACT_CT]		= "ct",
	[NFO_ACT_POLICE]	= "police",
	[NFO_ACT_CHECK_PKT_LEN]	= "check_pkt_len",
	[NFO_ACT_SKBEDIT_PTYPE]	= "ptype",
	[NFO_ACT_SAMPLE]	= "sample",
};

const char *nfo_action_name(enum nfo_action_type type)
{
	return (unsigned int)type < NFO_ACT_COUNT ? action_names[type] : "?";
}

bool nfo_action_ends(enum nfo_action_type type)
{
	return type >= NFO_ACT_REDIRECT && type <= NFO_ACT_GOTO;
}

static int make_room(struct nfo_rule *rule)
{
	struct nfo_action *actions;
	uint16_t room;

	if (rule->n_actions < rule->room)
		return 0;
	if (rule->n_actions >= NFO_ACTIONS_MAX)
		return -E2BIG;
	room = rule->room ? rule->room * 2 : 4;
	if (room > NFO_ACTIONS_MAX)
		room = NFO_ACTIONS_MAX;
	actions = realloc(rule->actions, room * sizeof(*actions));
	if (!actions)
		return -ENOMEM;
	rule->actions = actions;
	rule->room = room;
	return 0;
}

int nfo_rule_add(struct nfo_rule *rule, const struct nfo_action *action)
{
	struct nfo_geneve *geneve = NULL;
	int err;

	err = make_room(rule);
	if (err)
		return err;
	if (action->type == NFO_ACT_TUNNEL_SET && action->tunnel.geneve &&
	    action->tunnel.geneve->len) {
		err = nfo_geneve_check(action->tunnel.geneve->value,
				       action->tunnel.geneve->len);
		if (err)
			return err;
		geneve = malloc(sizeof(*geneve));
		if (!geneve)
			return -ENOMEM;
		*geneve = *action->tunnel.geneve;
	}
	rule->actions[rule->n_actions] = *action;
	if (action->type == NFO_ACT_TUNNEL_SET)
		rule->actions[rule->n_actions].tunnel.geneve = geneve;
	rule->n_actions++;
	return 0;
}

int nfo_rule_add_plain(struct nfo_rule *rule, enum nfo_action_type type)
{
	struct nfo_action action = { .type = type };

	return nfo_rule_add(rule, &action);
}

int nfo_rule_add_redirect(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action action = { .type = NFO_ACT_REDIRECT };

	action.port.ifindex = ifindex;
	return nfo_rule_add(rule, &action);
}

bool nfo_rule_has(const struct nfo_rule *rule, enum nfo_action_type type)
{
	for (unsigned int i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == type)
			return true;
	return false;
}

uint32_t nfo_rule_egress(const struct nfo_rule *rule)
{
	for (int i = rule->n_actions - 1; i >= 0; i--)
		if (rule->actions[i].type == NFO_ACT_REDIRECT ||
		    rule->actions[i].type == NFO_ACT_MIRROR)
			return rule->actions[i].port.ifindex;
	return 0;
}

int nfo_rule_add_mirror(struct nfo_rule *rule, uint32_t ifindex)
{
	struct nfo_action action = { .type = NFO_ACT_MIRROR };

	action.port.ifindex = ifindex;
	return nfo_rule_add(rule, &action);
}

int nfo_rule_add_goto(struct nfo_rule *rule, uint32_t chain)
{
	struct nfo_action action = { .type = NFO_ACT_GOTO };

	action.chain = chain;
	return nfo_rule_add(rule, &action);
}

int nfo_rule_add_set(struct nfo_rule *rule, const struct nfo_set *value,
		     const struct nfo_set *mask)
{
	struct nfo_action action = { .type = NFO_ACT_SET };

	action.set.value = *value;
	action.set.mask = *mask;
	return nfo_rule_add(rule, &action);
}

int nfo_rule_add_vlan_push(struct nfo_rule *rule, __be16 tpid, uint16_t vid,
			   uint8_t pcp)
{
	struct nfo_action action = { .type = NFO_ACT_VLAN_PUSH };

	action.vlan.tpid = tpid;
	action.vlan.vid = vid;
	action.vlan.pcp = pcp;
	return nfo_rule_add(rule, &action);
}

int nfo_rule_add_csum(struct nfo_rule *rule, uint32_t flags)
{
	struct nfo_action action = { .type = NFO_ACT_CSUM };

	action.csum = flags;
	return nfo_rule_add(rule, &action);
}

static void mask_bytes(void *value, const void *mask, size_t len)
{
	const uint8_t *m = mask;
	uint8_t *v = value;
	size_t i;

	for (i = 0; i < len; i++)
		v[i] &= m[i];
}

static bool address_is_set(const struct in6_addr *addr)
{
	static const struct in6_addr none;

	return memcmp(addr, &none, sizeof(none)) != 0;
}

/* IPv4 addresses lie in the first four bytes; clears the others. */
static void only_ipv4(struct in6_addr *addr)
{
	memset(addr->s6_addr + 4, 0, 12);
}

static void normalise_nat(struct nfo_nat *nat, uint32_t flags)
{
	if (!(flags & NFO_CT_NAT) ||
	    !(flags & (NFO_CT_NAT_SRC | NFO_CT_NAT_DST))) {
		memset(nat, 0, sizeof(*nat));
		return;
	}
	if (!nat->is_ipv6) {
		only_ipv4(&nat->addr_min);
		only_ipv4(&nat->addr_max);
	}
	/* One address or port: a range of one. */
	if (!address_is_set(&nat->addr_min)) {
		nat->is_ipv6 = false;
		nat->addr_max = nat->addr_min;
	} else if (!address_is_set(&nat->addr_max)) {
		nat->addr_max = nat->addr_min;
	}
	if (!nat->port_min || !nat->port_max)
		nat->port_max = nat->port_min;
}

static void normalise_ct(struct nfo_action *a)
{
	/* To clear takes no argument: act_ct reads none and tells none. */
	if (a->ct.flags & NFO_CT_CLEAR) {
		uint32_t flags = a->ct.flags;

		memset(&a->ct, 0, sizeof(a->ct));
		a->ct.flags = flags;
		return;
	}
	a->ct.mark &= a->ct.mark_mask;
	mask_bytes(a->ct.label, a->ct.label_mask, sizeof(a->ct.label));
	normalise_nat(&a->ct.nat, a->ct.flags);
}

static void normalise_tunnel(struct nfo_tunnel *t)
{
	if (!t->has_id)
		t->id = 0;
	if (!t->is_ipv6) {
		only_ipv4(&t->src);
		only_ipv4(&t->dst);
	}
	t->flags &= NFO_TUN_CSUM | NFO_TUN_DF;
	t->gbp = t->has_gbp ? t->gbp & 0x0048ffff : 0;
	if (t->geneve) {
		memset(t->geneve->mask, 0, sizeof(t->geneve->mask));
		memset(t->geneve->value + t->geneve->len, 0,
		       NFO_GENEVE_MAX - t->geneve->len);
	}
}

static void normalise_action(struct nfo_action *a)
{
	switch (a->type) {
	case NFO_ACT_VLAN_PUSH:
		a->vlan.keep_pcp = false;
		/* fall through */
	case NFO_ACT_VLAN_MODIFY:
		a->vlan.vid &= 0x0fff;
		a->vlan.pcp = a->vlan.keep_pcp ? 0 : a->vlan.pcp & 0x07;
		break;
	case NFO_ACT_MPLS_PUSH:
		a->mpls.lse &= a->mpls.mask;
		break;
	case NFO_ACT_MPLS_POP:
		a->mpls.lse = 0;
		a->mpls.mask = 0;
		break;
	case NFO_ACT_MPLS_MODIFY:
		a->mpls.proto = 0;
		a->mpls.lse &= a->mpls.mask;
		break;
	case NFO_ACT_SET:
		memset(a->set.mask.reserved, 0, sizeof(a->set.mask.reserved));
		mask_bytes(&a->set.value, &a->set.mask, sizeof(a->set.value));
		break;
	case NFO_ACT_TUNNEL_SET:
		normalise_tunnel(&a->tunnel);
		break;
	case NFO_ACT_CT:
		normalise_ct(a);
		break;
	default:
		break;
	}
}

/* Actions of @rule that belong to number @i, itself and its branches. */
static uint16_t span(const struct nfo_rule *rule, uint16_t i)
{
	const struct nfo_action *a = &rule->actions[i];

	if (a->type != NFO_ACT_CHECK_PKT_LEN)
		return 1;
	return 1 + a->check.n_longer + a->check.n_other;
}

/*
 * Do all ways through actions @from to @to (not included) end? Those of the
 * last action decide, for what comes before leads to it or ends.
 */
static bool range_ends(const struct nfo_rule *rule, uint16_t from, uint16_t to)
{
	const struct nfo_action *a;
	uint16_t i = from, longer, next;

	for (; i < to; i = next) {
		a = &rule->actions[i];
		next = i + span(rule, i);
		if (nfo_action_ends(a->type))
			return true;
		if (a->type != NFO_ACT_CHECK_PKT_LEN || next > to)
			continue;
		longer = i + 1 + a->check.n_longer;
		if (range_ends(rule, i + 1, longer) &&
		    range_ends(rule, longer, next))
			return true;
	}
	return false;
}

/* See struct nfo_check. Counts that reach past @to are left: not a rule. */
static void normalise_checks(struct nfo_rule *rule, uint16_t from, uint16_t to)
{
	struct nfo_action *a;
	uint16_t i, longer, next;

	for (i = from; i < to; i = next) {
		a = &rule->actions[i];
		next = i + span(rule, i);
		if (a->type != NFO_ACT_CHECK_PKT_LEN || next > to)
			continue;
		longer = i + 1 + a->check.n_longer;
		if (a->check.n_longer && range_ends(rule, i + 1, longer)) {
			a->check.n_other = to - longer;
			next = to;
		}
		normalise_checks(rule, i + 1, longer);
		normalise_checks(rule, longer, next);
	}
}

void nfo_rule_normalise_actions(struct nfo_rule *rule)
{
	uint16_t i;

	for (i = 0; i < rule->n_actions; i++)
		normalise_action(&rule->actions[i]);
	normalise_checks(rule, 0, rule->n_actions);
}

static bool tunnel_equal(const struct nfo_tunnel *a, const struct nfo_tunnel *b)
{
	if (!a->geneve != !b->geneve)
		return false;
	if (a->geneve && (a->geneve->len != b->geneve->len ||
			  memcmp(a->geneve->value, b->geneve->value,
				 a->geneve->len)))
		return false;
	return a->id == b->id && a->has_id == b->has_id &&
	       a->is_ipv6 == b->is_ipv6 && a->tos == b->tos &&
	       a->ttl == b->ttl && a->dport == b->dport &&
	       a->flags == b->flags && a->has_gbp == b->has_gbp &&
	       a->gbp == b->gbp && !memcmp(&a->src, &b->src, sizeof(a->src)) &&
	       !memcmp(&a->dst, &b->dst, sizeof(a->dst));
}

static bool ct_equal(const struct nfo_action *a, const struct nfo_action *b)
{
	const struct nfo_nat *m = &a->ct.nat, *n = &b->ct.nat;

	return a->ct.flags == b->ct.flags && a->ct.zone == b->ct.zone &&
	       a->ct.mark == b->ct.mark &&
	       a->ct.mark_mask == b->ct.mark_mask &&
	       !memcmp(a->ct.label, b->ct.label, sizeof(a->ct.label)) &&
	       !memcmp(a->ct.label_mask, b->ct.label_mask,
		       sizeof(a->ct.label_mask)) &&
	       m->is_ipv6 == n->is_ipv6 && m->port_min == n->port_min &&
	       m->port_max == n->port_max &&
	       !memcmp(&m->addr_min, &n->addr_min, sizeof(m->addr_min)) &&
	       !memcmp(&m->addr_max, &n->addr_max, sizeof(m->addr_max));
}

static bool action_equal(const struct nfo_action *a,
			 const struct nfo_action *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case NFO_ACT_REDIRECT:
	case NFO_ACT_MIRROR:
		return a->port.ifindex == b->port.ifindex &&
		       a->port.ingress == b->port.ingress;
	case NFO_ACT_GOTO:
		return a->chain == b->chain;
	case NFO_ACT_VLAN_PUSH:
	case NFO_ACT_VLAN_MODIFY:
		return a->vlan.tpid == b->vlan.tpid &&
		       a->vlan.vid == b->vlan.vid &&
		       a->vlan.pcp == b->vlan.pcp &&
		       a->vlan.keep_pcp == b->vlan.keep_pcp;
	case NFO_ACT_MPLS_PUSH:
	case NFO_ACT_MPLS_POP:
	case NFO_ACT_MPLS_MODIFY:
		return a->mpls.proto == b->mpls.proto &&
		       a->mpls.lse == b->mpls.lse &&
		       a->mpls.mask == b->mpls.mask;
	case NFO_ACT_SET:
		return !memcmp(&a->set, &b->set, sizeof(a->set));
	case NFO_ACT_CSUM:
		return a->csum == b->csum;
	case NFO_ACT_TUNNEL_SET:
		return tunnel_equal(&a->tunnel, &b->tunnel);
	case NFO_ACT_CT:
		return ct_equal(a, b);
	case NFO_ACT_POLICE:
		return a->police == b->police;
	case NFO_ACT_CHECK_PKT_LEN:
		return a->check.len == b->check.len &&
		       a->check.n_longer == b->check.n_longer &&
		       a->check.n_other == b->check.n_other;
	case NFO_ACT_SKBEDIT_PTYPE:
		return a->ptype == b->ptype;
	case NFO_ACT_SAMPLE:
		return a->sample.group == b->sample.group &&
		       a->sample.rate == b->sample.rate &&
		       a->sample.trunc == b->sample.trunc;
	default:
		return true;
	}
}

bool nfo_rule_actions_equal(const struct nfo_rule *a, const struct nfo_rule *b)
{
	uint16_t i;

	if (a->n_actions != b->n_actions)
		return false;
	for (i = 0; i < a->n_actions; i++)
		if (!action_equal(&a->actions[i], &b->actions[i]))
			return false;
	return true;
}
