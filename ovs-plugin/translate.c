/* SPDX-License-Identifier: Apache-2.0 */

/* translate: from an Open vSwitch flow to a rule, the order of things; see
 * translate.h.
 *
 * What OVS's own tc provider takes, lib/dpif-offload-tc-netdev.c of OVS 4.0.0,
 * is taken.  Where that provider's rule would do something else than the
 * datapath flow, this one is right or refuses; the comments in match*.c and
 * action*.c say where. */

#include <config.h>

#include "translate_part.h"

#include <string.h>

#include "odp-util.h"

int
translate_add(struct translation *t, const struct nfo_action *action)
{
    switch (nfo_rule_add(t->rule, action)) {
    case 0:
        return 0;
    case -E2BIG:
        return translate_refuse(t, NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS, "");
    case -ENOMEM:
        return translate_refuse(t, NFT_OFFLOAD_REASON_NO_MEMORY, "");
    default:
        return translate_malformed(t, "tunnel geneve");
    }
}

int
translate_add_plain(struct translation *t, enum nfo_action_type type)
{
    struct nfo_action action;

    memset(&action, 0, sizeof action);
    action.type = type;
    return translate_add(t, &action);
}

bool
translate_maybe_fragment(const struct nfo_rule *rule)
{
    const struct nfo_key *key = &rule->key, *mask = &rule->mask;

    if (mask->ip_frag & NFO_FRAG_ANY) {
        return key->ip_frag & NFO_FRAG_ANY;
    }
    return !((key->sport & mask->sport) || (key->dport & mask->dport)
             || (key->tcp_flags & mask->tcp_flags)
             || (key->icmp_type & mask->icmp_type)
             || (key->icmp_code & mask->icmp_code));
}

/* Where the rule lies. */
static int
translate_place(struct translation *t, struct nfo_place *where)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;

    if (!t->env->port(t->env->aux, flow->in_port.odp_port, &t->in_port)) {
        return translate_refuse(t, NFT_OFFLOAD_REASON_OTHER_PROVIDER,
                                "in_port");
    }
    left->in_port.odp_port = 0;

    /* The kernel's side of recirculation comes back by chain. */
    if (flow->recirc_id) {
        if (flow->recirc_id > TRANSLATE_CHAIN_MAX) {
            return translate_refuse_match(t, "recirc_id");
        }
        if (!(t->env->features & TRANSLATE_RECIRC)) {
            return translate_refuse(t, NFT_OFFLOAD_REASON_RECIRC_UNSHARED, "");
        }
        if (!t->env->chain_reached(t->env->aux, flow->recirc_id)) {
            return translate_refuse(t, NFT_OFFLOAD_REASON_RECIRC_UNREACHED,
                                    "");
        }
    }
    left->recirc_id = 0;

    where->ifindex = t->in_port.ifindex;
    where->shared = t->in_port.lag;
    where->egress = t->in_port.kind == TRANSLATE_PORT_INTERNAL;
    where->chain = flow->recirc_id;
    return 0;
}

/* What the rule says once its actions are there. */
static int
translate_finish(struct translation *t)
{
    switch (nfo_rule_fix_csum(t->rule)) {
    case 0:
        nfo_rule_normalise(t->rule);
        return 0;
    case -E2BIG:
        return translate_refuse(t, NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS, "");
    case -ENOMEM:
        return translate_refuse(t, NFT_OFFLOAD_REASON_NO_MEMORY, "");
    default:
        return translate_refuse_action(t, "checksum");
    }
}

int
translate_flow(const struct translate_env *env,
               const struct nlattr *key, size_t key_len,
               const struct nlattr *mask, size_t mask_len,
               const struct nlattr *actions, size_t actions_len,
               struct nfo_place *where, struct nfo_rule *rule,
               struct translate_refusal *refusal)
{
    struct translation t;
    int error;

    memset(&t, 0, sizeof t);
    t.env = env;
    t.rule = rule;
    t.refusal = refusal;
    refusal->reason = NFT_OFFLOAD_REASON_NONE;
    refusal->text = "";
    nfo_rule_init(rule);
    memset(where, 0, sizeof *where);

    error = translate_key_check(&t, key, key_len);
    if (!error) {
        error = translate_key_check(&t, mask, mask_len);
    }
    if (!error && parse_key_and_mask_to_match(key, key_len, mask, mask_len,
                                              &t.match)) {
        error = translate_malformed(&t, "key");
    }
    if (!error) {
        error = translate_place(&t, where);
    }
    if (!error) {
        error = translate_match(&t);
    }
    if (!error) {
        error = translate_actions(&t, actions, actions_len);
    }
    if (!error) {
        error = translate_finish(&t);
    }
    if (error) {
        nfo_rule_uninit(rule);
    }
    return error;
}
