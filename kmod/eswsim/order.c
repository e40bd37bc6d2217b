// SPDX-License-Identifier: GPL-2.0-only
/*
 * order - whether the actions of a rule, each of which can be done, can be done in their order.
 *
 * What changes or copies frames and then hands them to the host is refused: the host would get a
 * changed frame and do the rule once more, since it sees no difference between that and a new
 * frame. After a policer there may be branches, each of which must end.
 */
#include <linux/bitmap.h>

#include "eswsim.h"

static int check_order(struct asic_rule *rule, bool encaps, struct netlink_ext_ack *extack)
{
	DECLARE_BITMAP(targets, PROFILE_ACTIONS_MAX) = {};
	const unsigned int last = rule->num_actions - 1;
	bool mirrors = false, gotos = false;
	unsigned int i;
	int err;

	err = asic_police_resolve(rule, targets, extack);
	if (err)
		return err;
	for (i = 0; i <= last; i++) {
		if (i < last && asic_action_ends(&rule->actions[i]) && !test_bit(i + 1, targets))
			return asic_refuse(extack,
					   "eswsim: nothing can follow redirect, drop, trap, pass or goto");
		if (last && rule->actions[i].kind == ASIC_SLOW)
			return asic_refuse(extack,
					   "eswsim: changes and mirrors must end in redirect, drop or goto");
		mirrors |= rule->actions[i].kind == ASIC_MIRROR ||
			   rule->actions[i].kind == ASIC_SAMPLE;
		gotos |= rule->actions[i].kind == ASIC_GOTO;
	}
	if (!asic_action_ends(&rule->actions[last]))
		return asic_refuse(extack,
				   "eswsim: changes and mirrors must end in redirect, drop or goto");
	if (encaps && gotos)
		return asic_refuse(extack,
				   "eswsim: tunnel_key set must be followed by output, not goto");
	if (mirrors && gotos && !IS_ENABLED(CONFIG_NET_TC_SKB_EXT))
		return asic_refuse(extack,
				   "eswsim: mirror before goto needs a kernel with NET_TC_SKB_EXT");
	return 0;
}

/* The host may have to go on with a ct action; has it then what it needs, and nothing twice? */
static int check_ct(const struct asic_rule *rule, struct netlink_ext_ack *extack)
{
	bool mirrors = false;
	unsigned int i;

	for (i = 0; i < rule->num_actions; i++) {
		mirrors |= rule->actions[i].kind == ASIC_MIRROR ||
			   rule->actions[i].kind == ASIC_SAMPLE;
		if (ASIC_CAN_RESTORE_ACTION || rule->actions[i].kind != ASIC_CT ||
		    !rule->actions[i].ct.zone)
			continue;
		if (ASIC_CAN_RESTORE_CHAIN && i)
			return asic_refuse(extack,
					   "eswsim: before Linux 6.3 ct has to be the first action");
		if (mirrors)
			return asic_refuse(extack,
					   "eswsim: mirror before ct needs a kernel with NET_TC_SKB_EXT");
	}
	return 0;
}

/**
 * asic_order_check() - can the actions be done in that order?
 * @rule:	with all its actions; where policers lead is filled in
 * @encaps:	a tunnel key is set at its end
 * @extack:	why not
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int asic_order_check(struct asic_rule *rule, bool encaps, struct netlink_ext_ack *extack)
{
	int err = check_order(rule, encaps, extack);

	return err ?: check_ct(rule, extack);
}
