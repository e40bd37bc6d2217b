// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_judge: see dialect_judge.h.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "dialect_judge.h"

static bool any(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size--)
		if (*at++)
			return true;
	return false;
}

static unsigned int count(const struct nfo_rule *rule, enum nfo_action_type type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < rule->n_actions; i++)
		n += rule->actions[i].type == type;
	return n;
}

static unsigned int outputs(const struct nfo_rule *rule)
{
	return count(rule, NFO_ACT_REDIRECT) + count(rule, NFO_ACT_MIRROR);
}

/* All that the rule rewrites. */
static struct nfo_set rewritten(const struct nfo_rule *rule)
{
	struct nfo_set all;

	memset(&all, 0, sizeof(all));
	for (unsigned int i = 0; i < rule->n_actions; i++)
		for (size_t b = 0; b < sizeof(all); b++)
			if (rule->actions[i].type == NFO_ACT_SET)
				((uint8_t *)&all)[b] |= ((uint8_t *)
					&rule->actions[i].set.mask)[b];
	return all;
}

static const char *wrong_bnxt(const struct nfo_rule *rule)
{
	const struct nfo_key *m = &rule->mask;
	struct nfo_set set = rewritten(rule);

	if (m->tos || m->ttl || m->tcp_flags || m->ip_frag || m->ct_state ||
	    m->ct_zone || m->mpls_lse || m->arp_op || m->vlan_tpid[1] ||
	    m->tun_tos || m->tun_ttl || m->tun_gbp || m->tun_sport ||
	    m->tun_flags || rule->geneve)
		return "a key it ignores";
	if (m->vlan_tpid[0] && (m->vlan_vid[0] != 0xfff || rule->key.vlan_pcp[0]))
		return "a tag without its id";
	if (outputs(rule) > 1 || count(rule, NFO_ACT_MIRROR))
		return "a copy it loses";
	if (count(rule, NFO_ACT_GOTO) || count(rule, NFO_ACT_CT) ||
	    count(rule, NFO_ACT_POLICE) || count(rule, NFO_ACT_TRAP) ||
	    count(rule, NFO_ACT_DEC_TTL) || count(rule, NFO_ACT_SAMPLE))
		return "an action it ignores";
	if ((set.ipv4_src || any(&set.ipv6_src, 16)) && set.ipv4_dst)
		return "a rewrite that overwrites the other";
	if (any(&set.ipv6_dst, 16) || set.dport)
		return "a rewrite it loses";
	if (set.ttl || set.tos)
		return "a rewrite it refuses";
	if ((count(rule, NFO_ACT_VLAN_PUSH) || count(rule, NFO_ACT_VLAN_POP)) &&
	    (any(set.eth_dst, 6) || !any(m->eth_dst, 6)))
		return "addresses written over";
	for (unsigned int i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_VLAN_PUSH &&
		    rule->actions[i].vlan.pcp)
			return "a priority it loses";
	return NULL;
}

static const char *wrong_ice(const struct nfo_rule *rule)
{
	const struct nfo_key *m = &rule->mask;

	if (m->tcp_flags || m->ip_frag || m->icmp_type || m->ct_state)
		return "a key it refuses";
	if (m->ip_proto && !m->sport && !m->dport)
		return "a protocol it ignores";
	if ((m->dport && !rule->key.dport) || (m->ipv4_dst && !rule->key.ipv4_dst))
		return "a value it ignores";
	if (rule->n_actions != 1 || outputs(rule) + count(rule, NFO_ACT_DROP) != 1)
		return "more than one action";
	return NULL;
}

static const char *wrong_sfc(const struct nfo_rule *rule)
{
	struct nfo_set set = rewritten(rule);

	if (count(rule, NFO_ACT_CSUM))
		return "a checksum action";
	if (set.ipv4_src || set.ipv4_dst || any(&set.ipv6_src, 32) ||
	    set.sport || set.dport || set.tos)
		return "a rewrite it refuses";
	if (set.ttl && rule->mask.ttl != 0xff)
		return "a TTL set";
	if (count(rule, NFO_ACT_DEC_TTL) + !!set.ttl > 1)
		return "a TTL changed twice";
	/* Its rules have one priority: a guard is none. */
	if (count(rule, NFO_ACT_DEC_TTL) && !(rule->key.ttl & rule->mask.ttl & 0xfe))
		return "a decrement of TTL 1";
	return NULL;
}

static const char *wrong_nfp(const struct nfo_rule *rule)
{
	struct nfo_set set = rewritten(rule);

	if (count(rule, NFO_ACT_DEC_TTL) || count(rule, NFO_ACT_TRAP))
		return "an action it refuses";
	if (rule->mask.icmp_type || rule->mask.arp_op)
		return "a key it refuses";
	if (ntohs(rule->mask.tcp_flags) & 0x10)
		return "a flag it ignores";
	if (rule->key.eth_type == htons(ETH_P_IP) &&
	    (set.ipv4_src || set.ipv4_dst || set.ttl || set.sport) &&
	    !count(rule, NFO_ACT_CSUM))
		return "no checksum action";
	for (unsigned int i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_TUNNEL_SET &&
		    rule->actions[i].tunnel.flags & NFO_TUN_DF)
			return "Don't Fragment";
	return NULL;
}

static const char *wrong_octeontx2(const struct nfo_rule *rule)
{
	struct nfo_set set = rewritten(rule);

	if (any(rule->mask.eth_src, 6) || rule->mask.ttl || rule->mask.ip_frag)
		return "a key it refuses";
	if (any(&set, sizeof(set)) || count(rule, NFO_ACT_DEC_TTL))
		return "a rewrite";
	for (unsigned int i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_REDIRECT &&
		    !rule->actions[i].port.ingress)
			return "an output it refuses";
	return outputs(rule) > 1 ? "more than one output" : NULL;
}

static const char *wrong_mlx5(const struct nfo_rule *rule)
{
	if (rule->mask.arp_op || rule->mask.mpls_lse || rule->mask.tun_flags ||
	    rule->mask.ip_frag & NFO_FRAG_FIRST)
		return "a key it refuses";
	if (rule->key.ct_state & rule->mask.ct_state & (NFO_CT_REL | NFO_CT_INV))
		return "a state it refuses";
	if (rule->key.ip_proto == IPPROTO_SCTP && rule->mask.sport)
		return "ports of SCTP";
	if (rewritten(rule).tos & 3)
		return "a rewrite it refuses";
	return NULL;
}

const char *dialect_other_meaning(const struct nfo_rule *rule,
				 const struct nfo_rule *said)
{
	struct nfo_key mask = said->mask;
	unsigned int i, j = 0;
	bool ttl_set = false;

	/* Fragments have no ports that the NIC finds. */
	if (rule->mask.ip_frag && !said->mask.ip_frag && !rule->key.ip_frag &&
	    (rule->key.sport || rule->key.dport))
		mask.ip_frag = rule->mask.ip_frag;
	if (memcmp(&mask, &rule->mask, sizeof(mask)) ||
	    memcmp(&said->key, &rule->key, sizeof(said->key)))
		return "another match";
	for (i = 0; i < rule->n_actions; i++) {
		struct nfo_action a = rule->actions[i], b;

		if (a.type == NFO_ACT_CSUM)
			continue;
		while (j < said->n_actions &&
		       said->actions[j].type == NFO_ACT_CSUM)
			j++;
		if (j == said->n_actions)
			return "an action less";
		b = said->actions[j++];
		ttl_set |= a.type == NFO_ACT_SET && a.set.mask.ttl;
		if (a.type == NFO_ACT_DEC_TTL && b.type == NFO_ACT_SET) {
			if (rule->mask.ttl != 0xff || ttl_set ||
			    b.set.value.ttl != rule->key.ttl - 1)
				return "another TTL";
			continue;
		}
		if (a.type == NFO_ACT_TUNNEL_SET)
			b.tunnel.flags |= a.tunnel.flags & NFO_TUN_DF;
		if (a.type == NFO_ACT_REDIRECT)
			b.port.ingress = a.port.ingress;
		if (a.type != b.type ||
		    (a.type != NFO_ACT_TUNNEL_SET && memcmp(&a, &b, sizeof(a))))
			return "another action";
	}
	while (j < said->n_actions && said->actions[j].type == NFO_ACT_CSUM)
		j++;
	return j < said->n_actions ? "an action more" : NULL;
}

const struct dialect_judge dialect_judges[DIALECT_JUDGES] = {
	{ "mlx5", wrong_mlx5 }, { "nfp", wrong_nfp }, { "sfc", wrong_sfc },
	{ "ice", wrong_ice }, { "bnxt", wrong_bnxt },
	{ "octeontx2", wrong_octeontx2 },
};
