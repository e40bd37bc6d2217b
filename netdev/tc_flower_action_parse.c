// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_action_parse: TC actions as a rule's actions; the inverse of
 * tc_flower_action.c. What a rule cannot express is refused, never dropped.
 *
 * Facts: the dump functions of net/sched/act_*.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

/* What every function below works on. */
struct parser {
	struct nfo_rule		*rule;
	struct nfo_tc_packet	packet;		/* at this action */
	const struct nlattr	*opts;		/* its TCA_ACT_OPTIONS */
	int			control;	/* result */
	int			shorter;	/* result, of a length check */
};

static int parse_gact(struct parser *p)
{
	const struct nlattr *tb[TCA_GACT_PROB + 1];
	struct nfo_action a = { .type = NFO_ACT_NONE };
	struct tc_gact parms;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_GACT_PROB, NULL) ||
	    nfo_tc_read(tb[TCA_GACT_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	if (tb[TCA_GACT_PROB])
		return -EOPNOTSUPP;
	switch (parms.action) {
	case TC_ACT_SHOT:
		a.type = NFO_ACT_DROP;
		break;
	case TC_ACT_TRAP:
		a.type = NFO_ACT_TRAP;
		break;
	case TC_ACT_OK:
		a.type = NFO_ACT_PASS;
		break;
	default:
		if (!TC_ACT_EXT_CMP(parms.action, TC_ACT_GOTO_CHAIN))
			return -EOPNOTSUPP;
		a.type = NFO_ACT_GOTO;
		a.chain = parms.action & TC_ACT_EXT_VAL_MASK;
	}
	return nfo_rule_add(p->rule, &a);
}

static int parse_mirred(struct parser *p)
{
	const struct nlattr *tb[TCA_MIRRED_BLOCKID + 1];
	struct nfo_action a = { .type = NFO_ACT_MIRROR };
	struct tc_mirred parms;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_MIRRED_BLOCKID, NULL) ||
	    nfo_tc_read(tb[TCA_MIRRED_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	if (tb[TCA_MIRRED_BLOCKID] || !parms.ifindex)
		return -EOPNOTSUPP;
	a.port.ifindex = parms.ifindex;
	switch (parms.eaction) {
	case TCA_INGRESS_REDIR:
		a.port.ingress = true;
		/* fall through */
	case TCA_EGRESS_REDIR:
		if (parms.action != TC_ACT_STOLEN)
			return -EOPNOTSUPP;
		a.type = NFO_ACT_REDIRECT;
		break;
	case TCA_INGRESS_MIRROR:
		a.port.ingress = true;
		/* fall through */
	case TCA_EGRESS_MIRROR:
		p->control = parms.action;
		break;
	default:
		return -EOPNOTSUPP;
	}
	return nfo_rule_add(p->rule, &a);
}

static int parse_vlan(struct parser *p)
{
	const struct nlattr *tb[TCA_VLAN_PUSH_VLAN_PRIORITY + 1];
	struct nfo_action a = { .type = NFO_ACT_VLAN_POP };
	struct tc_vlan parms;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_VLAN_PUSH_VLAN_PRIORITY, NULL) ||
	    nfo_tc_read(tb[TCA_VLAN_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	p->control = parms.action;
	if (parms.v_action == TCA_VLAN_ACT_POP)
		return nfo_rule_add(p->rule, &a);
	if (parms.v_action != TCA_VLAN_ACT_PUSH &&
	    parms.v_action != TCA_VLAN_ACT_MODIFY)
		return -EOPNOTSUPP;
	a.type = parms.v_action == TCA_VLAN_ACT_PUSH ? NFO_ACT_VLAN_PUSH :
						       NFO_ACT_VLAN_MODIFY;
	if (nfo_tc_read(tb[TCA_VLAN_PUSH_VLAN_ID], &a.vlan.vid, 2))
		return -EINVAL;
	/* Absent, it is 802.1Q; the kernel always tells it. */
	a.vlan.tpid = htons(ETH_P_8021Q);
	if (tb[TCA_VLAN_PUSH_VLAN_PROTOCOL] &&
	    nfo_tc_read(tb[TCA_VLAN_PUSH_VLAN_PROTOCOL], &a.vlan.tpid, 2))
		return -EINVAL;
	if ((a.vlan.tpid != htons(ETH_P_8021Q) &&
	     a.vlan.tpid != htons(ETH_P_8021AD)) || a.vlan.vid >= 0x0fff)
		return -EOPNOTSUPP;
	a.vlan.keep_pcp = !tb[TCA_VLAN_PUSH_VLAN_PRIORITY];
	if (!a.vlan.keep_pcp &&
	    nfo_tc_read(tb[TCA_VLAN_PUSH_VLAN_PRIORITY], &a.vlan.pcp, 1))
		return -EINVAL;
	return nfo_rule_add(p->rule, &a);
}

/* The fields of a label stack entry that are there. */
static int parse_lse(const struct nlattr **tb, struct nfo_action *a)
{
	uint32_t lse = 0, mask = 0, label;
	uint8_t byte;

	if (tb[TCA_MPLS_LABEL]) {
		if (nfo_tc_read(tb[TCA_MPLS_LABEL], &label, 4))
			return -EINVAL;
		lse |= label << 12;
		mask |= 0xfffff000;
	}
	if (tb[TCA_MPLS_TC]) {
		if (nfo_tc_read(tb[TCA_MPLS_TC], &byte, 1))
			return -EINVAL;
		lse |= (byte & 7) << 9;
		mask |= 0x00000e00;
	}
	if (tb[TCA_MPLS_TTL]) {
		if (nfo_tc_read(tb[TCA_MPLS_TTL], &byte, 1) || !byte)
			return -EINVAL;
		lse |= byte;
		mask |= 0x000000ff;
	}
	if (tb[TCA_MPLS_BOS]) {
		if (nfo_tc_read(tb[TCA_MPLS_BOS], &byte, 1))
			return -EINVAL;
		lse |= (byte & 1) << 8;
		mask |= 0x00000100;
	}
	a->mpls.lse = htonl(lse);
	a->mpls.mask = htonl(mask);
	return 0;
}

static int parse_mpls(struct parser *p)
{
	const struct nlattr *tb[TCA_MPLS_BOS + 1];
	struct nfo_action a = { .type = NFO_ACT_MPLS_MODIFY };
	struct tc_mpls parms;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_MPLS_BOS, NULL) ||
	    nfo_tc_read(tb[TCA_MPLS_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	p->control = parms.action;
	switch (parms.m_action) {
	case TCA_MPLS_ACT_POP:
		a.type = NFO_ACT_MPLS_POP;
		break;
	case TCA_MPLS_ACT_PUSH:
		a.type = NFO_ACT_MPLS_PUSH;
		if (!tb[TCA_MPLS_LABEL] || !tb[TCA_MPLS_TTL])
			return -EOPNOTSUPP;
		break;
	case TCA_MPLS_ACT_MODIFY:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (a.type != NFO_ACT_MPLS_MODIFY &&
	    nfo_tc_read(tb[TCA_MPLS_PROTO], &a.mpls.proto, 2))
		return -EINVAL;
	if (a.type != NFO_ACT_MPLS_POP && parse_lse(tb, &a))
		return -EINVAL;
	if (a.type == NFO_ACT_MPLS_MODIFY && !a.mpls.mask)
		return -EOPNOTSUPP;
	return nfo_rule_add(p->rule, &a);
}

static int parse_pedit(struct parser *p)
{
	return nfo_tc_pedit_parse(p->opts, &p->packet, p->rule, &p->control);
}

static int parse_csum(struct parser *p)
{
	const struct nlattr *tb[TCA_CSUM_PARMS + 1];
	struct tc_csum parms;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_CSUM_PARMS, NULL) ||
	    nfo_tc_read(tb[TCA_CSUM_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	if (!parms.update_flags || parms.update_flags & ~0x7fu)
		return -EOPNOTSUPP;
	p->control = parms.action;
	return nfo_rule_add_csum(p->rule, parms.update_flags);
}

static int parse_tunnel_opts(const struct nlattr *opts, struct nfo_tunnel *t,
			     struct nfo_geneve *geneve)
{
	const struct nlattr *tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN + 1];
	const struct nlattr *gbp[TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP + 1];
	bool unknown = false;
	int len;

	if (nfo_tc_sort_nest(opts, tb, TCA_TUNNEL_KEY_ENC_OPTS_VXLAN,
			     &unknown))
		return -EINVAL;
	if (unknown || !tb[TCA_TUNNEL_KEY_ENC_OPTS_GENEVE] ==
		       !tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN])
		return -EOPNOTSUPP;
	if (tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN]) {
		t->has_gbp = true;
		if (nfo_tc_sort_nest(tb[TCA_TUNNEL_KEY_ENC_OPTS_VXLAN], gbp,
				     TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP, NULL))
			return -EINVAL;
		return nfo_tc_read(gbp[TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP],
				   &t->gbp, 4);
	}
	len = nfo_tc_geneve_parse(opts, geneve->value);
	if (len < 0)
		return len;
	geneve->len = len;
	t->geneve = len ? geneve : NULL;
	return 0;
}

static int parse_tunnel_addresses(const struct nlattr **tb,
				  struct nfo_tunnel *t)
{
	uint16_t src = TCA_TUNNEL_KEY_ENC_IPV4_SRC;
	size_t len = 4;

	if (!tb[src] || !tb[src + 1]) {
		src = TCA_TUNNEL_KEY_ENC_IPV6_SRC;
		len = 16;
		t->is_ipv6 = true;
	}
	if (nfo_tc_read(tb[src], &t->src, len) ||
	    nfo_tc_read(tb[src + 1], &t->dst, len))
		return -EINVAL;
	return 0;
}

static int parse_tunnel_set(struct parser *p, const struct nlattr **tb)
{
	struct nfo_action a = { .type = NFO_ACT_TUNNEL_SET };
	struct nfo_tunnel *t = &a.tunnel;
	struct nfo_geneve geneve;
	uint8_t no_csum = 0;
	int err;

	memset(&geneve, 0, sizeof(geneve));
	t->has_id = tb[TCA_TUNNEL_KEY_ENC_KEY_ID];
	if (parse_tunnel_addresses(tb, t) ||
	    (t->has_id &&
	     nfo_tc_read(tb[TCA_TUNNEL_KEY_ENC_KEY_ID], &t->id, 4)) ||
	    (tb[TCA_TUNNEL_KEY_ENC_DST_PORT] &&
	     nfo_tc_read(tb[TCA_TUNNEL_KEY_ENC_DST_PORT], &t->dport, 2)) ||
	    (tb[TCA_TUNNEL_KEY_NO_CSUM] &&
	     nfo_tc_read(tb[TCA_TUNNEL_KEY_NO_CSUM], &no_csum, 1)) ||
	    (tb[TCA_TUNNEL_KEY_ENC_TOS] &&
	     nfo_tc_read(tb[TCA_TUNNEL_KEY_ENC_TOS], &t->tos, 1)) ||
	    (tb[TCA_TUNNEL_KEY_ENC_TTL] &&
	     nfo_tc_read(tb[TCA_TUNNEL_KEY_ENC_TTL], &t->ttl, 1)))
		return -EINVAL;
	t->flags = no_csum ? 0 : NFO_TUN_CSUM;
	if (tb[TCA_TUNNEL_KEY_NO_FRAG])
		t->flags |= NFO_TUN_DF;
	if (tb[TCA_TUNNEL_KEY_ENC_OPTS]) {
		err = parse_tunnel_opts(tb[TCA_TUNNEL_KEY_ENC_OPTS], t,
					&geneve);
		if (err)
			return err;
	}
	return nfo_rule_add(p->rule, &a);
}

static int parse_tunnel_key(struct parser *p)
{
	const struct nlattr *tb[TCA_TUNNEL_KEY_NO_FRAG + 1];
	struct tc_tunnel_key parms;
	bool unknown = false;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_TUNNEL_KEY_NO_FRAG, &unknown) ||
	    nfo_tc_read(tb[TCA_TUNNEL_KEY_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	if (unknown)
		return -EOPNOTSUPP;
	p->control = parms.action;
	if (parms.t_action == TCA_TUNNEL_KEY_ACT_RELEASE)
		return nfo_rule_add_plain(p->rule, NFO_ACT_TUNNEL_RELEASE);
	if (parms.t_action != TCA_TUNNEL_KEY_ACT_SET)
		return -EOPNOTSUPP;
	return parse_tunnel_set(p, tb);
}

static int parse_nat(const struct nlattr **tb, struct nfo_nat *nat)
{
	uint16_t min = TCA_CT_NAT_IPV4_MIN;
	size_t len = 4;

	if (tb[TCA_CT_NAT_IPV6_MIN] && !tb[TCA_CT_NAT_IPV4_MIN]) {
		min = TCA_CT_NAT_IPV6_MIN;
		len = 16;
		nat->is_ipv6 = true;
	}
	/* Where the upper end is missing, normalising puts the lower one. */
	if ((tb[min] && nfo_tc_read(tb[min], &nat->addr_min, len)) ||
	    (tb[min + 1] && nfo_tc_read(tb[min + 1], &nat->addr_max, len)) ||
	    (tb[TCA_CT_NAT_PORT_MIN] &&
	     nfo_tc_read(tb[TCA_CT_NAT_PORT_MIN], &nat->port_min, 2)) ||
	    (tb[TCA_CT_NAT_PORT_MAX] &&
	     nfo_tc_read(tb[TCA_CT_NAT_PORT_MAX], &nat->port_max, 2)))
		return -EINVAL;
	return 0;
}

static int parse_ct_values(const struct nlattr **tb, struct nfo_action *a)
{
	if (tb[TCA_CT_ZONE] && nfo_tc_read(tb[TCA_CT_ZONE], &a->ct.zone, 2))
		return -EINVAL;
	if (tb[TCA_CT_MARK]) {
		a->ct.mark_mask = UINT32_MAX;
		if (nfo_tc_read(tb[TCA_CT_MARK], &a->ct.mark, 4) ||
		    (tb[TCA_CT_MARK_MASK] &&
		     nfo_tc_read(tb[TCA_CT_MARK_MASK], &a->ct.mark_mask, 4)))
			return -EINVAL;
	}
	if (tb[TCA_CT_LABELS]) {
		memset(a->ct.label_mask, 0xff, 16);
		if (nfo_tc_read(tb[TCA_CT_LABELS], a->ct.label, 16) ||
		    (tb[TCA_CT_LABELS_MASK] &&
		     nfo_tc_read(tb[TCA_CT_LABELS_MASK], a->ct.label_mask,
				 16)))
			return -EINVAL;
	}
	return parse_nat(tb, &a->ct.nat);
}

static int parse_ct(struct parser *p)
{
	const struct nlattr *tb[TCA_CT_HELPER_PROTO + 1];
	struct nfo_action a = { .type = NFO_ACT_CT };
	struct tc_ct parms;
	bool unknown = false;
	uint16_t flags = 0;
	int err;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_CT_HELPER_PROTO, &unknown) ||
	    nfo_tc_read(tb[TCA_CT_PARMS], &parms, sizeof(parms)) ||
	    (tb[TCA_CT_ACTION] && nfo_tc_read(tb[TCA_CT_ACTION], &flags, 2)))
		return -EINVAL;
	if (unknown || tb[TCA_CT_HELPER_NAME] || flags & ~0x3f ||
	    (flags & NFO_CT_NAT_SRC && flags & NFO_CT_NAT_DST))
		return -EOPNOTSUPP;
	p->control = parms.action;
	a.ct.flags = flags;
	err = parse_ct_values(tb, &a);
	return err ? err : nfo_rule_add(p->rule, &a);
}

/*
 * A policer that only has a length and passes all packets on is a check; any
 * other is an object of its own that the rule refers to by its index.
 */
static int parse_police(struct parser *p)
{
	const struct nlattr *tb[TCA_POLICE_PKTBURST64 + 1];
	struct nfo_action a = { .type = NFO_ACT_POLICE };
	struct tc_police parms;
	int32_t result = TC_ACT_OK;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_POLICE_PKTBURST64, NULL) ||
	    nfo_tc_read(tb[TCA_POLICE_TBF], &parms, sizeof(parms)) ||
	    (tb[TCA_POLICE_RESULT] &&
	     nfo_tc_read(tb[TCA_POLICE_RESULT], &result, 4)))
		return -EINVAL;
	if (parms.mtu && parms.mtu != UINT32_MAX && !parms.rate.rate &&
	    !tb[TCA_POLICE_PKTRATE64] && !tb[TCA_POLICE_AVRATE] &&
	    (parms.action == TC_ACT_PIPE || parms.action == TC_ACT_OK ||
	     TC_ACT_EXT_CMP(parms.action, TC_ACT_JUMP))) {
		a.type = NFO_ACT_CHECK_PKT_LEN;
		a.check.len = parms.mtu;
		p->control = parms.action;
		p->shorter = result;
		return nfo_rule_add(p->rule, &a);
	}
	if (!parms.index)
		return -EOPNOTSUPP;
	a.police = parms.index;
	return nfo_rule_add(p->rule, &a);
}

static int parse_skbedit(struct parser *p)
{
	const struct nlattr *tb[TCA_SKBEDIT_FLAGS + 1];
	struct nfo_action a = { .type = NFO_ACT_SKBEDIT_PTYPE };
	struct tc_skbedit parms;
	bool unknown = false;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_SKBEDIT_FLAGS, &unknown) ||
	    nfo_tc_read(tb[TCA_SKBEDIT_PARMS], &parms, sizeof(parms)))
		return -EINVAL;
	if (unknown || !tb[TCA_SKBEDIT_PTYPE] || tb[TCA_SKBEDIT_PRIORITY] ||
	    tb[TCA_SKBEDIT_QUEUE_MAPPING] || tb[TCA_SKBEDIT_MARK] ||
	    tb[TCA_SKBEDIT_MASK] || tb[TCA_SKBEDIT_FLAGS])
		return -EOPNOTSUPP;
	if (nfo_tc_read(tb[TCA_SKBEDIT_PTYPE], &a.ptype, 2))
		return -EINVAL;
	p->control = parms.action;
	return nfo_rule_add(p->rule, &a);
}

static int parse_sample(struct parser *p)
{
	const struct nlattr *tb[TCA_SAMPLE_PSAMPLE_GROUP + 1];
	struct nfo_action a = { .type = NFO_ACT_SAMPLE };
	struct tc_sample parms;

	if (nfo_tc_sort_nest(p->opts, tb, TCA_SAMPLE_PSAMPLE_GROUP, NULL) ||
	    nfo_tc_read(tb[TCA_SAMPLE_PARMS], &parms, sizeof(parms)) ||
	    nfo_tc_read(tb[TCA_SAMPLE_RATE], &a.sample.rate, 4) ||
	    nfo_tc_read(tb[TCA_SAMPLE_PSAMPLE_GROUP], &a.sample.group, 4) ||
	    (tb[TCA_SAMPLE_TRUNC_SIZE] &&
	     nfo_tc_read(tb[TCA_SAMPLE_TRUNC_SIZE], &a.sample.trunc, 4)))
		return -EINVAL;
	if (!a.sample.rate)
		return -EINVAL;
	p->control = parms.action;
	return nfo_rule_add(p->rule, &a);
}

static const struct {
	const char	*kind;
	int		(*parse)(struct parser *p);
} kinds[] = {
	{ "gact", parse_gact },
	{ "mirred", parse_mirred },
	{ "pedit", parse_pedit },
	{ "csum", parse_csum },
	{ "vlan", parse_vlan },
	{ "mpls", parse_mpls },
	{ "tunnel_key", parse_tunnel_key },
	{ "ct", parse_ct },
	{ "police", parse_police },
	{ "skbedit", parse_skbedit },
	{ "sample", parse_sample },
};

static int parse_one(struct parser *p, const struct nlattr *nest)
{
	const struct nlattr *tb[TCA_ACT_OPTIONS + 1];
	const char *kind;
	size_t i, len;

	if (nfo_tc_sort_nest(nest, tb, TCA_ACT_OPTIONS, NULL) ||
	    !tb[TCA_ACT_KIND] || !tb[TCA_ACT_OPTIONS])
		return -EINVAL;
	kind = nfo_tc_data(tb[TCA_ACT_KIND]);
	len = strnlen(kind, nfo_tc_len(tb[TCA_ACT_KIND]));
	p->opts = tb[TCA_ACT_OPTIONS];
	p->control = TC_ACT_PIPE;
	p->shorter = TC_ACT_PIPE;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].kind) == len &&
		    !memcmp(kinds[i].kind, kind, len))
			return kinds[i].parse(p);
	return -EOPNOTSUPP;
}

int nfo_tc_actions_parse(const struct nlattr *nest, struct nfo_rule *rule)
{
	const struct nlattr *tb[TCA_ACT_MAX_PRIO + 1];
	struct nfo_tc_step steps[NFO_ACTIONS_MAX];
	struct parser p = { .rule = rule };
	bool unknown = false;
	uint16_t i, first;
	int n_tc, err;

	if (nfo_tc_sort_nest(nest, tb, TCA_ACT_MAX_PRIO, &unknown))
		return -EINVAL;
	if (unknown || tb[0] || !tb[1])
		return -EOPNOTSUPP;
	nfo_tc_packet_init(&p.packet, rule);
	for (n_tc = 0; n_tc < TCA_ACT_MAX_PRIO && tb[n_tc + 1]; n_tc++) {
		first = rule->n_actions;
		err = parse_one(&p, tb[n_tc + 1]);
		if (err)
			return err == -E2BIG ? -EOPNOTSUPP : err;
		for (i = first; i < rule->n_actions; i++) {
			steps[i].tc = n_tc;
			steps[i].merged = i > first;
			steps[i].control = p.control;
			steps[i].shorter = p.shorter;
			nfo_tc_packet_after(&p.packet, &rule->actions[i]);
		}
	}
	/* The kernel stops at the first number that is missing. */
	for (i = n_tc + 1; i <= TCA_ACT_MAX_PRIO; i++)
		if (tb[i])
			return -EOPNOTSUPP;
	return nfo_tc_control_find(rule, steps, n_tc);
}
