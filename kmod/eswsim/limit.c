// SPDX-License-Identifier: GPL-2.0-only
/*
 * limit - what drivers refuse of a rule each part of which they know.
 *
 * A profile names the limits of its NIC (profile.h); here is what they mean.
 *
 * Facts: mellanox/mlx5/core/en/tc/act/csum.c; netronome/nfp/flower/action.c
 * (nfp_fl_commit_mangle(), nfp_flower_output_action(), nfp_fl_set_tun()); sfc/tc.c
 * (efx_tc_mangle(), efx_tc_pedit_add()); marvell/octeontx2/nic/otx2_tc.c.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tc_act/tc_csum.h>

#include "compat.h"
#include "eswsim.h"

/* Where the TTL and the hop limit are: the word, and the byte in it. */
#define TTL_WORD	8
#define TTL_BYTE	0
#define HOP_WORD	4
#define HOP_BYTE	3

/**
 * asic_limit_mended() - which checksums are mended with a rewrite
 * @rule:	its key says which protocol it is
 * @action:	ASIC_EDIT
 *
 * Return: TCA_CSUM_UPDATE_FLAG_*.
 */
u32 asic_limit_mended(const struct asic_rule *rule, const struct asic_action *action)
{
	u32 transport = rule->key.basic.ip_proto == IPPROTO_TCP ? TCA_CSUM_UPDATE_FLAG_TCP :
			rule->key.basic.ip_proto == IPPROTO_UDP ? TCA_CSUM_UPDATE_FLAG_UDP :
			rule->key.basic.ip_proto == IPPROTO_ICMPV6 ? TCA_CSUM_UPDATE_FLAG_ICMP : 0;

	switch (action->edit.header) {
	case FLOW_ACT_MANGLE_HDR_TYPE_IP4:
		return TCA_CSUM_UPDATE_FLAG_IPV4HDR |
		       (action->edit.offset < offsetof(struct iphdr, saddr) ? 0 : transport);
	case FLOW_ACT_MANGLE_HDR_TYPE_IP6:
		return action->edit.offset < offsetof(struct ipv6hdr, saddr) ? 0 : transport;
	case FLOW_ACT_MANGLE_HDR_TYPE_TCP:
	case FLOW_ACT_MANGLE_HDR_TYPE_UDP:
		return transport;
	default:
		return 0;
	}
}

/* The same in the eyes of nfp, whose firmware looks at the transport with every IP rewrite. */
static u32 nfp_mended(const struct asic_rule *rule, const struct asic_action *action)
{
	u32 sums = 0;

	if (action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_ETH)
		return 0;
	if (action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_IP4)
		sums |= TCA_CSUM_UPDATE_FLAG_IPV4HDR;
	if (!rule->key.basic.ip_proto)
		sums |= TCA_CSUM_UPDATE_FLAG_TCP | TCA_CSUM_UPDATE_FLAG_UDP;
	else if (rule->key.basic.ip_proto == IPPROTO_TCP)
		sums |= TCA_CSUM_UPDATE_FLAG_TCP;
	else if (rule->key.basic.ip_proto == IPPROTO_UDP)
		sums |= TCA_CSUM_UPDATE_FLAG_UDP;
	return sums;
}

static int limit_sums(const struct asic_profile *profile, const struct asic_rule *rule,
		      struct netlink_ext_ack *extack)
{
	bool edited = false;
	u32 mended = 0;
	unsigned int i;

	for (i = 0; i < rule->num_actions; i++) {
		const struct asic_action *action = &rule->actions[i];

		switch (action->kind) {
		case ASIC_EDIT:
			edited = true;
			mended |= nfp_mended(rule, action);
			break;
		case ASIC_CSUM:
			if (profile->sums == SUMS_BEHIND && !edited)
				return asic_refuse(extack, "eswsim: csum only behind a pedit");
			if (profile->sums == SUMS_ALL && action->csum & ~mended)
				return asic_refuse(extack,
						   "eswsim: csum of what was not rewritten");
			mended &= ~action->csum;
			break;
		case ASIC_REDIRECT:
		case ASIC_MIRROR:
			if (profile->sums == SUMS_ALL && mended)
				return asic_refuse(extack,
						   "eswsim: pedit without csum of all that it changes");
			break;
		default:
			break;
		}
	}
	return 0;
}

/* The byte that is the TTL of the word of an edit, as it is in memory. */
static u8 ttl_of(const struct asic_action *action, u32 word)
{
	const u8 *byte = (const u8 *)&word;

	return byte[action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_IP4 ? TTL_BYTE : HOP_BYTE];
}

static int limit_ttl(const struct asic_rule *rule, const struct asic_key *mask,
		     const struct asic_action *action, struct netlink_ext_ack *extack)
{
	u8 ttl;

	if (action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_IP4 ?
	    action->edit.offset != TTL_WORD :
	    action->edit.header != FLOW_ACT_MANGLE_HDR_TYPE_IP6 ||
	    action->edit.offset != HOP_WORD)
		return 0;
	ttl = ttl_of(action, action->edit.value);
	if (action->edit.add ? ttl == 0xff :
	    mask->ip.ttl == 0xff && rule->key.ip.ttl && ttl == rule->key.ip.ttl - 1)
		return 0;
	return asic_refuse(extack, "eswsim: a TTL can only be made one less");
}

static int limit_actions(const struct asic_profile *profile, const struct asic_rule *rule,
			 const struct asic_key *mask, struct netlink_ext_ack *extack)
{
	unsigned int outputs = 0;
	bool ct = false;
	unsigned int i;
	int err;

	for (i = 0; i < rule->num_actions; i++) {
		const struct asic_action *action = &rule->actions[i];

		outputs += action->kind == ASIC_REDIRECT || action->kind == ASIC_MIRROR;
		ct |= action->kind == ASIC_CT;
		if (action->kind == ASIC_GOTO && profile->goto_behind_ct && !ct)
			return asic_refuse(extack, "eswsim: goto only behind ct");
		if (action->kind == ASIC_EDIT && profile->ttl_less_one) {
			err = limit_ttl(rule, mask, action, extack);
			if (err)
				return err;
		}
	}
	if (profile->max_outputs && outputs > profile->max_outputs)
		return asic_refuse(extack, "eswsim: more ports than one rule can send to");
	return 0;
}

/* Don't Fragment, which tunnel_key set can ask for. */
static int limit_encap(const struct flow_rule *from, struct netlink_ext_ack *extack)
{
	const struct flow_action_entry *entry;
	unsigned int i;

	flow_action_for_each(i, entry, &from->action)
		if (entry->id == FLOW_ACTION_TUNNEL_ENCAP &&
		    compat_tunnel_flag(&entry->tunnel->key, IP_TUNNEL_DONT_FRAGMENT_BIT))
			return asic_refuse(extack, "eswsim: no outer header with Don't Fragment");
	return 0;
}

/**
 * asic_limit_check() - does the NIC take this rule, each part of which it knows?
 * @profile:	kind of NIC
 * @from:	the rule as TC has it
 * @rule:	the same with its key and actions
 * @mask:	which bits of the key matter
 * @extack:	why not
 *
 * Any thread. Return: 0 or -EOPNOTSUPP.
 */
int asic_limit_check(const struct asic_profile *profile, const struct flow_rule *from,
		     const struct asic_rule *rule, const struct asic_key *mask,
		     struct netlink_ext_ack *extack)
{
	u8 protocol = rule->key.basic.ip_proto;
	int err;

	if (profile->ports_tcp_udp && (mask->ports.src || mask->ports.dst) &&
	    protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return asic_refuse(extack, "eswsim: ports only of TCP and UDP");
	err = limit_sums(profile, rule, extack);
	if (!err)
		err = limit_actions(profile, rule, mask, extack);
	if (!err && profile->no_encap_df)
		err = limit_encap(from, extack);
	return err;
}
