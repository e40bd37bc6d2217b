// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_action: a rule's actions as TC actions.
 *
 * Each becomes a nest of kind, cookie, flags and options. Facts: the init
 * functions of net/sched/act_*.c, tcf_action_init_1() of act_api.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

_Static_assert(NFO_CSUM_IPV4 == TCA_CSUM_UPDATE_FLAG_IPV4HDR &&
	       NFO_CSUM_ICMP == TCA_CSUM_UPDATE_FLAG_ICMP &&
	       NFO_CSUM_IGMP == TCA_CSUM_UPDATE_FLAG_IGMP &&
	       NFO_CSUM_TCP == TCA_CSUM_UPDATE_FLAG_TCP &&
	       NFO_CSUM_UDP == TCA_CSUM_UPDATE_FLAG_UDP &&
	       NFO_CSUM_UDPLITE == TCA_CSUM_UPDATE_FLAG_UDPLITE &&
	       NFO_CSUM_SCTP == TCA_CSUM_UPDATE_FLAG_SCTP, "csum flags");
_Static_assert(NFO_CT_COMMIT == TCA_CT_ACT_COMMIT &&
	       NFO_CT_FORCE == TCA_CT_ACT_FORCE &&
	       NFO_CT_CLEAR == TCA_CT_ACT_CLEAR &&
	       NFO_CT_NAT == TCA_CT_ACT_NAT &&
	       NFO_CT_NAT_SRC == TCA_CT_ACT_NAT_SRC &&
	       NFO_CT_NAT_DST == TCA_CT_ACT_NAT_DST, "ct flags");

/* Fields of an MPLS label stack entry (RFC 3032, section 2.1). */
#define LSE_LABEL	0xfffff000u
#define LSE_TC		0x00000e00u
#define LSE_BOS		0x00000100u
#define LSE_TTL		0x000000ffu

void nfo_tc_packet_init(struct nfo_tc_packet *packet,
			const struct nfo_rule *rule)
{
	packet->eth_type = rule->mask.eth_type ? rule->key.eth_type : 0;
	packet->ip_proto = rule->mask.ip_proto ? rule->key.ip_proto : 0;
}

void nfo_tc_packet_after(struct nfo_tc_packet *packet,
			 const struct nfo_action *a)
{
	if (a->type == NFO_ACT_MPLS_PUSH || a->type == NFO_ACT_MPLS_POP)
		packet->eth_type = a->mpls.proto;
}

static void put_gact(struct nfo_tc_writer *w, const struct nfo_action *a)
{
	struct tc_gact parms = { .index = 0 };

	switch (a->type) {
	case NFO_ACT_DROP:
		parms.action = TC_ACT_SHOT;
		break;
	case NFO_ACT_TRAP:
		parms.action = TC_ACT_TRAP;
		break;
	case NFO_ACT_PASS:
		parms.action = TC_ACT_OK;
		break;
	default:
		if (a->chain > TC_ACT_EXT_VAL_MASK)
			nfo_tc_fail(w, -EOPNOTSUPP);
		parms.action = TC_ACT_GOTO_CHAIN | (int)a->chain;
	}
	nfo_tc_put(w, TCA_GACT_PARMS, &parms, sizeof(parms));
}

static void put_mirred(struct nfo_tc_writer *w, const struct nfo_action *a,
		       int control)
{
	struct tc_mirred parms = { .ifindex = a->port.ifindex };

	if (a->type == NFO_ACT_REDIRECT) {
		parms.action = TC_ACT_STOLEN;
		parms.eaction = a->port.ingress ? TCA_INGRESS_REDIR :
						  TCA_EGRESS_REDIR;
	} else {
		parms.action = control;
		parms.eaction = a->port.ingress ? TCA_INGRESS_MIRROR :
						  TCA_EGRESS_MIRROR;
	}
	if (!a->port.ifindex)
		nfo_tc_fail(w, -EINVAL);
	nfo_tc_put(w, TCA_MIRRED_PARMS, &parms, sizeof(parms));
}

static void put_vlan(struct nfo_tc_writer *w, const struct nfo_action *a,
		     int control)
{
	struct tc_vlan parms = { .action = control };

	switch (a->type) {
	case NFO_ACT_VLAN_POP:
		parms.v_action = TCA_VLAN_ACT_POP;
		break;
	case NFO_ACT_VLAN_PUSH:
		parms.v_action = TCA_VLAN_ACT_PUSH;
		break;
	default:
		parms.v_action = TCA_VLAN_ACT_MODIFY;
	}
	nfo_tc_put(w, TCA_VLAN_PARMS, &parms, sizeof(parms));
	if (a->type == NFO_ACT_VLAN_POP)
		return;
	/* Id 4095 is reserved (802.1Q, table 9-2): act_vlan has no words. */
	if ((a->vlan.tpid != htons(ETH_P_8021Q) &&
	     a->vlan.tpid != htons(ETH_P_8021AD)) || a->vlan.vid >= 0x0fff)
		nfo_tc_fail(w, -EOPNOTSUPP);
	nfo_tc_put_u16(w, TCA_VLAN_PUSH_VLAN_ID, a->vlan.vid);
	nfo_tc_put(w, TCA_VLAN_PUSH_VLAN_PROTOCOL, &a->vlan.tpid, 2);
	if (a->type == NFO_ACT_VLAN_PUSH || !a->vlan.keep_pcp)
		nfo_tc_put_u8(w, TCA_VLAN_PUSH_VLAN_PRIORITY,
			      a->vlan.pcp & 0x07);
}

/* The fields of a label stack entry that the mask names, whole ones only. */
static void put_lse(struct nfo_tc_writer *w, uint32_t lse, uint32_t mask)
{
	if ((mask & LSE_LABEL && (mask & LSE_LABEL) != LSE_LABEL) ||
	    (mask & LSE_TC && (mask & LSE_TC) != LSE_TC) ||
	    (mask & LSE_TTL && (mask & LSE_TTL) != LSE_TTL) || !mask ||
	    /* For the kernel a TTL of 0 is none. */
	    (mask & LSE_TTL && !(lse & LSE_TTL)))
		nfo_tc_fail(w, -EOPNOTSUPP);
	if (mask & LSE_LABEL)
		nfo_tc_put_u32(w, TCA_MPLS_LABEL, lse >> 12);
	if (mask & LSE_TC)
		nfo_tc_put_u8(w, TCA_MPLS_TC, (lse & LSE_TC) >> 9);
	if (mask & LSE_TTL)
		nfo_tc_put_u8(w, TCA_MPLS_TTL, lse & LSE_TTL);
	if (mask & LSE_BOS)
		nfo_tc_put_u8(w, TCA_MPLS_BOS, !!(lse & LSE_BOS));
}

static void put_mpls(struct nfo_tc_writer *w, const struct nfo_action *a,
		     int control)
{
	struct tc_mpls parms = { .action = control };
	uint32_t mask = ntohl(a->mpls.mask);

	switch (a->type) {
	case NFO_ACT_MPLS_PUSH:
		parms.m_action = TCA_MPLS_ACT_PUSH;
		if (!(mask & LSE_LABEL) || !(mask & LSE_TTL))
			nfo_tc_fail(w, -EINVAL);
		break;
	case NFO_ACT_MPLS_POP:
		parms.m_action = TCA_MPLS_ACT_POP;
		break;
	default:
		parms.m_action = TCA_MPLS_ACT_MODIFY;
	}
	nfo_tc_put(w, TCA_MPLS_PARMS, &parms, sizeof(parms));
	if (a->type != NFO_ACT_MPLS_MODIFY)
		nfo_tc_put(w, TCA_MPLS_PROTO, &a->mpls.proto, 2);
	if (a->type != NFO_ACT_MPLS_POP)
		put_lse(w, ntohl(a->mpls.lse), mask);
}

static void put_tunnel_opts(struct nfo_tc_writer *w,
			    const struct nfo_tunnel *t)
{
	size_t nest, inner;

	if (!t->geneve && !t->has_gbp)
		return;
	if (t->geneve && t->has_gbp) {
		nfo_tc_fail(w, -EINVAL);
		return;
	}
	nest = nfo_tc_nest(w, TCA_TUNNEL_KEY_ENC_OPTS);
	if (t->geneve) {
		nfo_tc_geneve_put(w, t->geneve->value, t->geneve->value,
				  t->geneve->len);
	} else {
		inner = nfo_tc_nest(w, TCA_TUNNEL_KEY_ENC_OPTS_VXLAN);
		nfo_tc_put_u32(w, TCA_TUNNEL_KEY_ENC_OPT_VXLAN_GBP, t->gbp);
		nfo_tc_nest_end(w, inner);
	}
	nfo_tc_nest_end(w, nest);
}

static void put_tunnel_set(struct nfo_tc_writer *w, const struct nfo_tunnel *t,
			   int control)
{
	struct tc_tunnel_key parms = {
		.action = control, .t_action = TCA_TUNNEL_KEY_ACT_SET,
	};
	uint16_t src = t->is_ipv6 ? TCA_TUNNEL_KEY_ENC_IPV6_SRC :
				    TCA_TUNNEL_KEY_ENC_IPV4_SRC;
	size_t len = t->is_ipv6 ? 16 : 4;

	nfo_tc_put(w, TCA_TUNNEL_KEY_PARMS, &parms, sizeof(parms));
	/* The destination's number follows the source's in both families. */
	nfo_tc_put(w, src, &t->src, len);
	nfo_tc_put(w, src + 1, &t->dst, len);
	if (t->has_id)
		nfo_tc_put(w, TCA_TUNNEL_KEY_ENC_KEY_ID, &t->id, 4);
	if (t->dport)
		nfo_tc_put(w, TCA_TUNNEL_KEY_ENC_DST_PORT, &t->dport, 2);
	nfo_tc_put_u8(w, TCA_TUNNEL_KEY_NO_CSUM, !(t->flags & NFO_TUN_CSUM));
	if (t->flags & NFO_TUN_DF)
		nfo_tc_put(w, TCA_TUNNEL_KEY_NO_FRAG, NULL, 0);
	if (t->flags & ~(NFO_TUN_CSUM | NFO_TUN_DF))
		nfo_tc_fail(w, -EOPNOTSUPP);
	put_tunnel_opts(w, t);
	if (t->tos)
		nfo_tc_put_u8(w, TCA_TUNNEL_KEY_ENC_TOS, t->tos);
	if (t->ttl)
		nfo_tc_put_u8(w, TCA_TUNNEL_KEY_ENC_TTL, t->ttl);
}

static void put_tunnel_release(struct nfo_tc_writer *w, int control)
{
	struct tc_tunnel_key parms = {
		.action = control, .t_action = TCA_TUNNEL_KEY_ACT_RELEASE,
	};

	nfo_tc_put(w, TCA_TUNNEL_KEY_PARMS, &parms, sizeof(parms));
}

static void put_nat(struct nfo_tc_writer *w, uint32_t flags,
		    const struct nfo_nat *nat)
{
	static const struct in6_addr none;
	uint16_t min = nat->is_ipv6 ? TCA_CT_NAT_IPV6_MIN :
				      TCA_CT_NAT_IPV4_MIN;
	size_t len = nat->is_ipv6 ? 16 : 4;

	if (flags & NFO_CT_NAT_SRC && flags & NFO_CT_NAT_DST)
		nfo_tc_fail(w, -EINVAL);
	if (memcmp(&nat->addr_min, &none, len)) {
		nfo_tc_put(w, min, &nat->addr_min, len);
		nfo_tc_put(w, min + 1, &nat->addr_max, len);
	}
	if (nat->port_min) {
		nfo_tc_put(w, TCA_CT_NAT_PORT_MIN, &nat->port_min, 2);
		nfo_tc_put(w, TCA_CT_NAT_PORT_MAX, &nat->port_max, 2);
	}
}

static void put_ct(struct nfo_tc_writer *w, const struct nfo_action *a,
		   int control)
{
	static const uint8_t zero[16];
	struct tc_ct parms = { .action = control };

	nfo_tc_put(w, TCA_CT_PARMS, &parms, sizeof(parms));
	nfo_tc_put_u16(w, TCA_CT_ACTION, a->ct.flags);
	if (a->ct.flags & NFO_CT_CLEAR)
		return;
	nfo_tc_put_u16(w, TCA_CT_ZONE, a->ct.zone);
	if (a->ct.mark_mask) {
		nfo_tc_put_u32(w, TCA_CT_MARK, a->ct.mark);
		nfo_tc_put_u32(w, TCA_CT_MARK_MASK, a->ct.mark_mask);
	}
	if (memcmp(a->ct.label_mask, zero, sizeof(zero))) {
		nfo_tc_put(w, TCA_CT_LABELS, a->ct.label, 16);
		nfo_tc_put(w, TCA_CT_LABELS_MASK, a->ct.label_mask, 16);
	}
	if (a->ct.flags & NFO_CT_NAT &&
	    a->ct.flags & (NFO_CT_NAT_SRC | NFO_CT_NAT_DST))
		put_nat(w, a->ct.flags, &a->ct.nat);
}

/*
 * The policer is there already: its number is all that is looked at. Where it
 * is not, the kernel would make one that lets everything pass; a rate without
 * a burst has it refuse (tcf_police_init()).
 */
static void put_police(struct nfo_tc_writer *w, uint32_t index)
{
	struct tc_police parms = { .index = index, .action = TC_ACT_PIPE };
	uint64_t rate = 1;

	if (!index)
		nfo_tc_fail(w, -EINVAL);
	nfo_tc_put(w, TCA_POLICE_TBF, &parms, sizeof(parms));
	nfo_tc_put(w, TCA_POLICE_PKTRATE64, &rate, sizeof(rate));
}

/* A policer without a rate only looks at the length: the "MTU". */
static void put_check(struct nfo_tc_writer *w, uint32_t len,
		      const struct nfo_tc_step *step)
{
	struct tc_police parms = { .mtu = len, .action = step->control };

	/* 0 and all ones mean no limit to the kernel. */
	if (!len || len == UINT32_MAX)
		nfo_tc_fail(w, -EOPNOTSUPP);
	nfo_tc_put(w, TCA_POLICE_TBF, &parms, sizeof(parms));
	nfo_tc_put_u32(w, TCA_POLICE_RESULT, step->shorter);
}

static void put_csum(struct nfo_tc_writer *w, uint32_t flags, int control)
{
	struct tc_csum parms = { .action = control, .update_flags = flags };

	if (!flags || flags & ~0x7fu)
		nfo_tc_fail(w, -EINVAL);
	nfo_tc_put(w, TCA_CSUM_PARMS, &parms, sizeof(parms));
}

static void put_ptype(struct nfo_tc_writer *w, uint16_t ptype, int control)
{
	struct tc_skbedit parms = { .action = control };

	nfo_tc_put(w, TCA_SKBEDIT_PARMS, &parms, sizeof(parms));
	nfo_tc_put_u16(w, TCA_SKBEDIT_PTYPE, ptype);
}

static void put_sample(struct nfo_tc_writer *w, const struct nfo_action *a,
		       int control)
{
	struct tc_sample parms = { .action = control };

	if (!a->sample.rate)
		nfo_tc_fail(w, -EINVAL);
	nfo_tc_put(w, TCA_SAMPLE_PARMS, &parms, sizeof(parms));
	nfo_tc_put_u32(w, TCA_SAMPLE_RATE, a->sample.rate);
	nfo_tc_put_u32(w, TCA_SAMPLE_PSAMPLE_GROUP, a->sample.group);
	if (a->sample.trunc)
		nfo_tc_put_u32(w, TCA_SAMPLE_TRUNC_SIZE, a->sample.trunc);
}

static const char *kind_of(enum nfo_action_type type)
{
	switch (type) {
	case NFO_ACT_REDIRECT:
	case NFO_ACT_MIRROR:
		return "mirred";
	case NFO_ACT_VLAN_PUSH:
	case NFO_ACT_VLAN_POP:
	case NFO_ACT_VLAN_MODIFY:
		return "vlan";
	case NFO_ACT_MPLS_PUSH:
	case NFO_ACT_MPLS_POP:
	case NFO_ACT_MPLS_MODIFY:
		return "mpls";
	case NFO_ACT_SET:
	case NFO_ACT_DEC_TTL:
		return "pedit";
	case NFO_ACT_CSUM:
		return "csum";
	case NFO_ACT_TUNNEL_SET:
	case NFO_ACT_TUNNEL_RELEASE:
		return "tunnel_key";
	case NFO_ACT_CT:
		return "ct";
	case NFO_ACT_POLICE:
	case NFO_ACT_CHECK_PKT_LEN:
		return "police";
	case NFO_ACT_SKBEDIT_PTYPE:
		return "skbedit";
	case NFO_ACT_SAMPLE:
		return "sample";
	default:
		return "gact";
	}
}

/* What is in TCA_ACT_OPTIONS. @step: that of @a; rewrites are elsewhere. */
static void put_options(struct nfo_tc_writer *w, const struct nfo_action *a,
			const struct nfo_tc_step *step)
{
	switch (a->type) {
	case NFO_ACT_DROP:
	case NFO_ACT_TRAP:
	case NFO_ACT_PASS:
	case NFO_ACT_GOTO:
		put_gact(w, a);
		break;
	case NFO_ACT_REDIRECT:
	case NFO_ACT_MIRROR:
		put_mirred(w, a, step->control);
		break;
	case NFO_ACT_VLAN_PUSH:
	case NFO_ACT_VLAN_POP:
	case NFO_ACT_VLAN_MODIFY:
		put_vlan(w, a, step->control);
		break;
	case NFO_ACT_MPLS_PUSH:
	case NFO_ACT_MPLS_POP:
	case NFO_ACT_MPLS_MODIFY:
		put_mpls(w, a, step->control);
		break;
	case NFO_ACT_CSUM:
		put_csum(w, a->csum, step->control);
		break;
	case NFO_ACT_TUNNEL_SET:
		put_tunnel_set(w, &a->tunnel, step->control);
		break;
	case NFO_ACT_TUNNEL_RELEASE:
		put_tunnel_release(w, step->control);
		break;
	case NFO_ACT_CT:
		put_ct(w, a, step->control);
		break;
	case NFO_ACT_POLICE:
		put_police(w, a->police);
		break;
	case NFO_ACT_CHECK_PKT_LEN:
		put_check(w, a->check.len, step);
		break;
	case NFO_ACT_SKBEDIT_PTYPE:
		put_ptype(w, a->ptype, step->control);
		break;
	case NFO_ACT_SAMPLE:
		put_sample(w, a, step->control);
		break;
	default:
		nfo_tc_fail(w, -EINVAL);
	}
}

/*
 * May the counters of this kind of action be believed? Not those of a policer
 * by index: other rules have it too. And the kernel has no stats_update for
 * csum and tunnel_key: these count what software does, nothing of hardware.
 */
static bool has_counters(enum nfo_action_type type)
{
	return type != NFO_ACT_POLICE && type != NFO_ACT_CSUM &&
	       type != NFO_ACT_TUNNEL_SET && type != NFO_ACT_TUNNEL_RELEASE;
}

/* What is around the options, the same for every kind. */
static void put_head(struct nfo_tc_writer *w, enum nfo_action_type type,
		     const uint8_t **cookie)
{
	struct nla_bitfield32 flags = {
		.value = TCA_ACT_FLAGS_NO_PERCPU_STATS,
		.selector = TCA_ACT_FLAGS_NO_PERCPU_STATS,
	};

	nfo_tc_put_str(w, TCA_ACT_KIND, kind_of(type));
	/* Once in a rule is enough, and it tells whose counters to believe. */
	if (*cookie && has_counters(type)) {
		nfo_tc_put(w, TCA_ACT_COOKIE, *cookie, NFO_COOKIE_LEN);
		*cookie = NULL;
	}
	/* Counters per CPU cost most of the time to put a rule. */
	nfo_tc_put(w, TCA_ACT_FLAGS, &flags, sizeof(flags));
}

void nfo_tc_actions_put(struct nfo_tc_writer *w, const struct nfo_rule *rule,
			const uint8_t *cookie)
{
	struct nfo_tc_step steps[NFO_ACTIONS_MAX];
	const struct nfo_action *a;
	struct nfo_tc_packet packet;
	size_t all, one, options;
	uint16_t i, n = rule->n_actions;
	int err;
	bool merged;

	err = nfo_tc_control_plan(rule, steps);
	if (err < 0) {
		nfo_tc_fail(w, err);
		return;
	}
	nfo_tc_packet_init(&packet, rule);
	all = nfo_tc_nest(w, TCA_FLOWER_ACT);
	for (i = 0; i < n; i++) {
		a = &rule->actions[i];
		merged = i + 1 < n && steps[i + 1].merged;
		/* The kernel wants them numbered from 1. */
		one = nfo_tc_nest(w, steps[i].tc + 1);
		put_head(w, a->type, &cookie);
		options = nfo_tc_nest(w, TCA_ACT_OPTIONS);
		if (a->type == NFO_ACT_SET)
			nfo_tc_pedit_put(w, a, merged, &packet,
					 steps[i + merged].control);
		else if (a->type == NFO_ACT_DEC_TTL)
			nfo_tc_pedit_put(w, NULL, true, &packet,
					 steps[i].control);
		else
			put_options(w, a, &steps[i]);
		nfo_tc_nest_end(w, options);
		nfo_tc_nest_end(w, one);
		nfo_tc_packet_after(&packet, a);
		i += merged;
	}
	nfo_tc_nest_end(w, all);
}
