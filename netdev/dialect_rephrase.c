// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_rephrase: other words for the same. See dialect_part.h.
 *
 * Each function leaves what it has no words for as it is, for what is not in
 * the dialect then is refused. A branch (CHECK_PKT_LEN) is left alone: the
 * drivers with words of their own have none for that action.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "dialect_part.h"

/*
 * "No fragment" goes where a match on ports says it, too, to a driver that
 * finds ports in no fragment. Not a match that ports of 0 meet: TC in software
 * has these for a fragment, and so may a NIC.
 */
static void leave_fragments(struct nfo_saying *saying)
{
	struct nfo_rule *rule = saying->rule;

	if (!saying->dialect->frag_by_ports || rule->key.ip_frag ||
	    (!rule->key.sport && !rule->key.dport))
		return;
	rule->mask.ip_frag = 0;
}

/* A decrement as a value, for one that can only set it. */
static void set_ttl(struct nfo_saying *saying)
{
	struct nfo_rule *rule = saying->rule;
	struct nfo_action *action;

	/* The NIC does not know that TTL 1 must not be forwarded. */
	if (saying->dialect->ttl != NFO_TTL_SET || rule->mask.ttl != 0xff ||
	    rule->key.ttl < 2)
		return;
	for (unsigned int i = 0; i < rule->n_actions; i++) {
		action = &rule->actions[i];
		/* From here on it is not what the match says. */
		if (action->type == NFO_ACT_SET && action->set.mask.ttl)
			break;
		if (action->type != NFO_ACT_DEC_TTL)
			continue;
		memset(action, 0, sizeof(*action));
		action->type = NFO_ACT_SET;
		action->set.value.ttl = rule->key.ttl - 1;
		action->set.mask.ttl = 0xff;
		break;
	}
}

static bool is_rewrite(const struct nfo_action *action)
{
	return action->type == NFO_ACT_SET || action->type == NFO_ACT_DEC_TTL;
}

/* Takes action @at out; what it owns is nothing. */
static void drop_action(struct nfo_rule *rule, unsigned int at)
{
	rule->n_actions--;
	memmove(&rule->actions[at], &rule->actions[at + 1],
		(rule->n_actions - at) * sizeof(*rule->actions));
}

/* Checksums of a rewrite go where the NIC sees to them by itself. */
static void leave_sums(struct nfo_saying *saying)
{
	struct nfo_rule *rule = saying->rule;

	if (saying->dialect->csum != NFO_SUMS_OWN)
		return;
	for (unsigned int i = 1; i < rule->n_actions; i++) {
		if (rule->actions[i].type != NFO_ACT_CSUM ||
		    !is_rewrite(&rule->actions[i - 1]))
			continue;
		drop_action(rule, i--);
		saying->hw_only = true;
	}
}

/* NFO_CSUM_* that a NIC mends when @action is done to packets of @rule. */
static uint32_t mended(const struct nfo_rule *rule,
		       const struct nfo_action *action)
{
	struct nfo_set mask = action->set.mask;
	bool ports = mask.sport || mask.dport;
	uint32_t sums = 0;

	if (action->type == NFO_ACT_SET) {
		memset(mask.eth_src, 0, sizeof(mask.eth_src));
		memset(mask.eth_dst, 0, sizeof(mask.eth_dst));
		if (!memcmp(&mask, &(struct nfo_set){ 0 }, sizeof(mask)))
			return 0;
		mask.sport = mask.dport = 0;
	}
	if (rule->key.eth_type == htons(ETH_P_IP) &&
	    (action->type == NFO_ACT_DEC_TTL ||
	     memcmp(&mask, &(struct nfo_set){ 0 }, sizeof(mask))))
		sums |= NFO_CSUM_IPV4;
	if (rule->mask.ip_proto != 0xff)
		sums |= ports ? 0 : NFO_CSUM_TCP | NFO_CSUM_UDP;
	else if (rule->key.ip_proto == IPPROTO_TCP)
		sums |= NFO_CSUM_TCP;
	else if (rule->key.ip_proto == IPPROTO_UDP)
		sums |= NFO_CSUM_UDP;
	return sums;
}

/*
 * Behind each run of rewrites all checksums that the NIC mends are named. To
 * compute one anew that was right leaves it as it was. 0 or -ENOMEM.
 */
static int name_sums(struct nfo_saying *saying)
{
	struct nfo_rule *rule = saying->rule;
	struct nfo_action sum = { .type = NFO_ACT_CSUM };
	unsigned int i;
	int err;

	for (i = 0; i < rule->n_actions; i++) {
		if (!is_rewrite(&rule->actions[i])) {
			sum.csum = 0;
			continue;
		}
		sum.csum |= mended(rule, &rule->actions[i]);
		if (!sum.csum || (i + 1 < rule->n_actions &&
				  is_rewrite(&rule->actions[i + 1])))
			continue;
		if (i + 1 < rule->n_actions &&
		    rule->actions[i + 1].type == NFO_ACT_CSUM) {
			rule->actions[i + 1].csum |= sum.csum;
			continue;
		}
		err = nfo_rule_add(rule, &sum);
		if (err)
			return err;
		memmove(&rule->actions[i + 2], &rule->actions[i + 1],
			(rule->n_actions - i - 2) * sizeof(*rule->actions));
		rule->actions[i + 1] = sum;
	}
	return 0;
}

/* An output is said as "as if received there". */
static void turn_output(struct nfo_saying *saying)
{
	struct nfo_rule *rule = saying->rule;

	if (saying->dialect->output != NFO_OUTPUT_IN)
		return;
	for (unsigned int i = 0; i < rule->n_actions; i++) {
		if (rule->actions[i].type != NFO_ACT_REDIRECT)
			continue;
		rule->actions[i].port.ingress = true;
		saying->hw_only = true;
	}
}

/* Of an outer header no Don't Fragment is asked for. */
static void leave_df(struct nfo_saying *saying)
{
	struct nfo_rule *rule = saying->rule;

	if (saying->dialect->encap_df)
		return;
	for (unsigned int i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_TUNNEL_SET)
			rule->actions[i].tunnel.flags &= ~NFO_TUN_DF;
}

int nfo_saying_rephrase(struct nfo_saying *saying)
{
	leave_fragments(saying);
	set_ttl(saying);
	leave_sums(saying);
	turn_output(saying);
	leave_df(saying);
	return saying->dialect->csum == NFO_SUMS_ALL ? name_sums(saying) : 0;
}
