// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_action: may the actions of a rule be said to a driver? Rewrites:
 * dialect_set.c. See dialect_part.h.
 */
#include <arpa/inet.h>
#include <string.h>

#include "dialect_part.h"
#include "rule_field.h"

/* What hosts send with, where nobody says otherwise (net.ipv4.ip_default_ttl). */
#define TTL_DEFAULT	64

/* What the actions come to. */
struct tally {
	unsigned int outputs;
	unsigned int in;	/* outputs "as if received there" */
	unsigned int pops;
	unsigned int pushes;
	unsigned int tunnels;	/* headers to be put on */
	bool rewrites;
	bool macs;		/* rewrites Ethernet addresses */
	bool ct;
	bool ptype;
	bool drops;
	bool goes;
	bool branches;
};

/* What a driver cannot do, in words; else the action's name. */
static const char *const cannot[NFO_ACT_COUNT] = {
	[NFO_ACT_TRAP] = "hand packets to software (trap)",
	[NFO_ACT_PASS] = "let packets pass to software",
	[NFO_ACT_GOTO] = "go on in another chain",
	[NFO_ACT_MIRROR] = "mirror packets",
	[NFO_ACT_SET] = "rewrite headers",
	[NFO_ACT_DEC_TTL] = "decrement the TTL",
	[NFO_ACT_CSUM] = "mend a checksum that no rewrite left wrong",
	[NFO_ACT_TUNNEL_SET] = "put packets into a tunnel",
	[NFO_ACT_TUNNEL_RELEASE] = "take packets out of a tunnel",
	[NFO_ACT_CT] = "track connections",
	[NFO_ACT_POLICE] = "police",
	[NFO_ACT_SAMPLE] = "sample packets",
};

static bool say_output(struct nfo_saying *saying,
		       const struct nfo_action *action, struct tally *tally)
{
	const struct nfo_dialect *dialect = saying->dialect;

	tally->outputs++;
	tally->in += action->port.ingress;
	if (tally->outputs > dialect->outputs)
		return nfo_saying_refuse(saying, "cannot send to more than %u ports",
					 dialect->outputs);
	if (action->port.ingress && action->type == NFO_ACT_MIRROR)
		return nfo_saying_refuse(saying, "cannot mirror to a port as if received there");
	return true;
}

static bool say_tag(struct nfo_saying *saying, const struct nfo_action *action,
		    struct tally *tally)
{
	const struct nfo_dialect *dialect = saying->dialect;

	if (action->type == NFO_ACT_VLAN_POP) {
		if (dialect->pop_first && tally->pushes)
			return nfo_saying_refuse(saying, "cannot pop a tag behind a push");
		if (++tally->pops > dialect->pops)
			return nfo_saying_refuse(saying, "cannot pop %u tags",
						 tally->pops);
	} else if (action->type == NFO_ACT_VLAN_PUSH) {
		if (++tally->pushes > dialect->pushes)
			return nfo_saying_refuse(saying, "cannot push %u tags",
						 tally->pushes);
		if (action->vlan.pcp && !dialect->push_pcp)
			return nfo_saying_refuse(saying, "would lose the priority of the tag");
	}
	return true;
}

static bool say_tunnel(struct nfo_saying *saying,
		       const struct nfo_tunnel *tunnel)
{
	const struct nfo_dialect *dialect = saying->dialect;

	if (tunnel->is_ipv6 ? !dialect->encap_ipv6 : !dialect->encap_ipv4)
		return nfo_saying_refuse(saying, "cannot put on a tunnel's header of IPv%u",
					 tunnel->is_ipv6 ? 6 : 4);
	if (dialect->encap_port && tunnel->dport != htons(dialect->encap_port))
		return nfo_saying_refuse(saying, "would make each tunnel one of VXLAN");
	if (dialect->encap_src_needed &&
	    nfo_field_empty(&tunnel->src, tunnel->is_ipv6 ? 16 : 4))
		return nfo_saying_refuse(saying, "needs the source address of the tunnel");
	if (tunnel->ttl && tunnel->ttl != TTL_DEFAULT && !dialect->encap_ttl)
		return nfo_saying_refuse(saying, "would take no notice of the tunnel's TTL");
	if (tunnel->tos && !dialect->encap_tos)
		return nfo_saying_refuse(saying, "would take no notice of the tunnel's TOS");
	if (tunnel->has_gbp && !dialect->encap_gbp)
		return nfo_saying_refuse(saying, "cannot put on a VXLAN group policy");
	if (tunnel->flags & NFO_TUN_CSUM && !dialect->encap_csum)
		return nfo_saying_refuse(saying, "cannot put on an outer checksum");
	if (tunnel->geneve &&
	    tunnel->geneve->len > dialect->encap_geneve[tunnel->is_ipv6])
		return nfo_saying_refuse(saying, "cannot put on Geneve options of %u bytes",
					 tunnel->geneve->len);
	return true;
}

static bool say_ct(struct nfo_saying *saying, const struct nfo_action *action,
		   struct tally *tally)
{
	tally->ct = true;
	if (action->ct.flags & ~saying->dialect->ct_flags)
		return nfo_saying_refuse(saying, "cannot do this to a connection");
	return true;
}

static bool say_goto(struct nfo_saying *saying, struct tally *tally)
{
	tally->goes = true;
	if (saying->dialect->chains == NFO_CHAINS_CT &&
	    (!tally->ct || saying->place->chain || tally->rewrites ||
	     tally->outputs))
		return nfo_saying_refuse(saying, "can go on in another chain behind ct only");
	return true;
}

static bool say_csum(struct nfo_saying *saying, const struct nfo_action *action,
		     const struct tally *tally)
{
	const struct nfo_dialect *dialect = saying->dialect;

	if (action->csum & ~dialect->csums)
		return nfo_saying_refuse(saying, "cannot mend this checksum");
	if ((dialect->csum == NFO_SUMS_BEHIND ||
	     dialect->csum == NFO_SUMS_ALL) && !tally->rewrites)
		return nfo_saying_refuse(saying, "cannot mend a checksum without a rewrite");
	return true;
}

static bool say_action(struct nfo_saying *saying,
		       const struct nfo_action *action, struct tally *tally)
{
	const struct nfo_set *mask = &action->set.mask;

	switch (action->type) {
	case NFO_ACT_REDIRECT:
	case NFO_ACT_MIRROR:
		return say_output(saying, action, tally);
	case NFO_ACT_DROP:
		tally->drops = true;
		return true;
	case NFO_ACT_GOTO:
		return say_goto(saying, tally);
	case NFO_ACT_VLAN_PUSH:
	case NFO_ACT_VLAN_POP:
	case NFO_ACT_VLAN_MODIFY:
		return say_tag(saying, action, tally);
	case NFO_ACT_SET:
		tally->macs |= !nfo_field_empty(mask->eth_src,
						2 * sizeof(mask->eth_src));
		tally->rewrites = true;
		return true;
	case NFO_ACT_DEC_TTL:
		tally->rewrites = true;
		return true;
	case NFO_ACT_CSUM:
		return say_csum(saying, action, tally);
	case NFO_ACT_TUNNEL_SET:
		tally->tunnels++;
		return say_tunnel(saying, &action->tunnel);
	case NFO_ACT_TUNNEL_RELEASE:
		if (saying->dialect->pop_first && tally->rewrites)
			return nfo_saying_refuse(saying, "cannot leave a tunnel behind a rewrite");
		return true;
	case NFO_ACT_CT:
		return say_ct(saying, action, tally);
	case NFO_ACT_SKBEDIT_PTYPE:
		tally->ptype = true;
		return true;
	case NFO_ACT_CHECK_PKT_LEN:
		tally->branches = true;
		return true;
	default:
		return true;
	}
}

/* Tags to one that writes the addresses of the match with them. */
static bool say_macs(struct nfo_saying *saying, const struct tally *tally)
{
	const struct nfo_rule *rule = saying->rule;

	if (!saying->dialect->tag_by_macs || (!tally->pops && !tally->pushes))
		return true;
	if (tally->macs)
		return nfo_saying_refuse(saying, "cannot rewrite Ethernet addresses and tags");
	if (tally->pops && tally->pushes)
		return nfo_saying_refuse(saying, "cannot pop and push a tag");
	if (nfo_field_empty(rule->mask.eth_src, sizeof(rule->mask.eth_src)) ||
	    nfo_field_empty(rule->mask.eth_dst, sizeof(rule->mask.eth_dst)))
		return nfo_saying_refuse(saying, "would write over the addresses with the tag");
	return true;
}

/* What cannot be said of one action alone. */
static bool say_tally(struct nfo_saying *saying, const struct tally *tally)
{
	const struct nfo_dialect *dialect = saying->dialect;

	if (dialect->output == NFO_OUTPUT_BOTH && tally->in &&
	    (!tally->ptype || tally->outputs > 1))
		return nfo_saying_refuse(saying, "can hand packets to the host's port alone, as ptype host");
	if (tally->drops && tally->rewrites && !tally->branches)
		return nfo_saying_refuse(saying, "cannot rewrite and drop");
	if (dialect->chains == NFO_CHAINS_CT && tally->ct && !tally->goes &&
	    !saying->place->chain)
		return nfo_saying_refuse(saying, "needs another chain behind ct");
	return say_macs(saying, tally);
}

/* Does it know an action of this type at all? */
static bool may_do(struct nfo_saying *saying, enum nfo_action_type type)
{
	const struct nfo_dialect *dialect = saying->dialect;

	if (dialect->actions & 1U << type)
		return true;
	if (dialect->actions_ignored & 1U << type)
		return nfo_saying_refuse(saying, "would take no notice of %s",
					 nfo_action_name(type));
	return cannot[type] ? nfo_saying_refuse(saying, "cannot %s", cannot[type]) :
	       nfo_saying_refuse(saying, "cannot do %s", nfo_action_name(type));
}

bool nfo_saying_actions(struct nfo_saying *saying)
{
	const struct nfo_dialect *dialect = saying->dialect;
	const struct nfo_rule *rule = saying->rule;
	struct tally tally = { 0 };

	if (dialect->chains == NFO_CHAINS_NONE && saying->place->chain)
		return nfo_saying_refuse(saying, "knows no chain but 0");
	for (unsigned int i = 0; i < rule->n_actions; i++) {
		const struct nfo_action *action = &rule->actions[i];

		if (!may_do(saying, action->type))
			return false;
		if (!say_action(saying, action, &tally))
			return false;
	}
	return say_tally(saying, &tally);
}
