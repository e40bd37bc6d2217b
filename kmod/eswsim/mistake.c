// SPDX-License-Identifier: GPL-2.0-only
/*
 * mistake - what a real NIC does of a rule that its driver has taken without a word.
 *
 * A rule that has been accepted is changed here to what the hardware would do, and nowhere else.
 * Two mistakes are more than a bit: matches and actions that are taken and not looked at are lists
 * in the profile (silent_keys, silent_actions) that flower.c leaves out.
 *
 * Facts: bnxt_tc.c (bnxt_tc_parse_pedit(), bnxt_hwrm_cfa_flow_alloc()), ice_tc_lib.c
 * (ice_tc_set_ipv4() and the like, ice_eswitch_tc_parse_action()).
 */
#include <linux/bitops.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>

#include "eswsim.h"

/* A field whose value is 0 is not asked for. */
static void zero_is_any(const struct asic_key *key, struct asic_key *mask)
{
	if (is_zero_ether_addr(key->eth.src))
		eth_zero_addr(mask->eth.src);
	if (is_zero_ether_addr(key->eth.dst))
		eth_zero_addr(mask->eth.dst);
	if (key->basic.n_proto == htons(ETH_P_IP)) {
		if (!key->ipv4.src)
			mask->ipv4.src = 0;
		if (!key->ipv4.dst)
			mask->ipv4.dst = 0;
	}
	if (!key->ports.src)
		mask->ports.src = 0;
	if (!key->ports.dst)
		mask->ports.dst = 0;
}

/* As many leading bits as @mask has anywhere. */
static __be32 as_prefix(__be32 mask)
{
	return mask ? htonl(~0U << (32 - hweight32((__force u32)mask))) : 0;
}

static void mistake_match(u32 mistakes, const struct asic_key *key, struct asic_key *mask)
{
	if (mistakes & MISTAKE_ZERO_IS_ANY)
		zero_is_any(key, mask);
	if (mistakes & MISTAKE_PROTO_BY_PORTS && !mask->ports.src && !mask->ports.dst)
		mask->basic.ip_proto = 0;
	if (mistakes & MISTAKE_PREFIX && key->basic.n_proto == htons(ETH_P_IP)) {
		mask->ipv4.src = as_prefix(mask->ipv4.src);
		mask->ipv4.dst = as_prefix(mask->ipv4.dst);
	}
}

static bool is_transport(const struct asic_action *action)
{
	return action->kind == ASIC_EDIT &&
	       (action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_TCP ||
		action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_UDP);
}

/* Whose address is rewritten: 1 the source's, 2 the destination's, 0 none. */
static int side_of(const struct asic_action *action)
{
	if (action->kind != ASIC_EDIT)
		return 0;
	if (action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_IP4)
		return action->edit.offset == 12 ? 1 : 2;
	if (action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_IP6)
		return action->edit.offset < 24 ? 1 : 2;
	return 0;
}

/* What is rewritten of a port: the word's first half in memory, if the source is. */
static bool keeps_port(struct asic_action *action, int side)
{
	__be32 keep = htonl(0x0000ffff);	/* the destination's half */

	if (side != 1 || !((__force __be32)~action->edit.mask & ~keep))
		return false;
	action->edit.mask |= (__force u32)keep;
	action->edit.value &= (__force u32)~keep;
	return true;
}

/* Is @action done at all? It may become less. @side: of the address written last. */
static bool is_done(u32 mistakes, struct asic_action *action, int side, bool tags)
{
	int of = side_of(action);

	if (mistakes & MISTAKE_LAST_ADDRESS && of && of != side)
		return false;
	if (mistakes & MISTAKE_IPV6_DESTINATION && of == 2 &&
	    action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_IP6)
		action->edit.value = 0;
	if (mistakes & MISTAKE_SOURCE_PORT && is_transport(action))
		return keeps_port(action, side);
	if (mistakes & MISTAKE_TAG_PRIORITY && action->kind == ASIC_VLAN_PUSH)
		action->vlan.tci &= ~VLAN_PRIO_MASK;
	return !(mistakes & MISTAKE_TAG_MACS && tags && action->kind == ASIC_EDIT &&
		 action->edit.header == FLOW_ACT_MANGLE_HDR_TYPE_ETH);
}

static void mistake_actions(u32 mistakes, struct asic_rule *rule)
{
	unsigned int i, n = 0;
	bool tags = false;
	int side = 0;

	for (i = 0; i < rule->num_actions; i++) {
		const struct asic_action *action = &rule->actions[i];

		side = side_of(action) ?: side;
		tags |= action->kind == ASIC_VLAN_PUSH || action->kind == ASIC_VLAN_POP;
	}
	for (i = 0; i < rule->num_actions; i++) {
		if (mistakes & MISTAKE_LAST_ACTION && i + 1 < rule->num_actions)
			continue;
		if (!is_done(mistakes, &rule->actions[i], side, tags))
			continue;
		if (i != n)
			rule->actions[n] = rule->actions[i];
		n++;
	}
	rule->num_actions = n;
}

/**
 * asic_mistake_apply() - make of a rule what the NIC really does
 * @profile:	kind of NIC
 * @rule:	accepted, not yet in the table; its last action, which ends it, stays
 * @mask:	which bits of its key matter
 *
 * No profile that leaves actions out knows one that holds anything. Needs asic.lock.
 */
void asic_mistake_apply(const struct asic_profile *profile, struct asic_rule *rule,
			struct asic_key *mask)
{
	if (!profile->mistakes)
		return;
	mistake_match(profile->mistakes, &rule->key, mask);
	mistake_actions(profile->mistakes, rule);
}
