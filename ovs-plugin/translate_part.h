/* SPDX-License-Identifier: Apache-2.0 */

/* translate_part: what the files of the way from an Open vSwitch flow to a
 * rule share; for them only.  The way: key.c looks whether the attributes can
 * be read, OVS's own parser makes a match of them, match*.c say it as the
 * rule's match, action*.c say the actions.
 *
 * All functions: 0, or a positive errno after translate_refuse(). */

#ifndef TRANSLATE_PART_H
#define TRANSLATE_PART_H 1

#include <errno.h>

#include "openvswitch/match.h"
#include "translate.h"

/* check_pkt_len within check_pkt_len. */
#define TRANSLATE_DEPTH_MAX 8

/* The largest chain, TC_ACT_EXT_VAL_MASK of linux/pkt_cls.h. */
#define TRANSLATE_CHAIN_MAX 0x0fffffff

/* A flow on its way. */
struct translation {
    const struct translate_env *env;

    /* What OVS matches.  Bits of 'match.wc.masks' go as the rule says them;
     * one that is left at the end refuses the flow. */
    struct match match;
    struct translate_port in_port;
    bool tunnel;                /* Comes with the header of a tunnel. */

    struct nfo_rule *rule;
    struct translate_refusal *refusal;
};

/* What has happened to a packet on one way through the actions. */
struct translate_path {
    bool ended;                 /* Nothing can follow. */
    bool released;              /* The header it came with is gone. */
    bool mpls;                  /* Labels were pushed or popped. */
    int depth;                  /* Of check_pkt_len. */
};

/* There is no rule for 'reason' and 'text', of which see translate.h. */
static inline int
translate_refuse(struct translation *t, enum nft_offload_reason reason,
                 const char *text)
{
    t->refusal->reason = reason;
    t->refusal->text = text;
    return (reason == NFT_OFFLOAD_REASON_MALFORMED ? EINVAL
            : reason == NFT_OFFLOAD_REASON_NO_MEMORY ? ENOMEM
            : EOPNOTSUPP);
}

static inline int
translate_refuse_match(struct translation *t, const char *text)
{
    return translate_refuse(t, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED, text);
}

static inline int
translate_refuse_action(struct translation *t, const char *text)
{
    return translate_refuse(t, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED, text);
}

static inline int
translate_malformed(struct translation *t, const char *text)
{
    return translate_refuse(t, NFT_OFFLOAD_REASON_MALFORMED, text);
}

/* Appends 'action'. */
int translate_add(struct translation *, const struct nfo_action *action);
int translate_add_plain(struct translation *, enum nfo_action_type);

/* May a packet that the rule matches be a fragment?  Not for flower, even if
 * the rule does not say so, where a field of layer 4 must not be 0: the
 * dissector reads none from fragments, __skb_flow_dissect() in
 * net/core/flow_dissector.c. */
bool translate_maybe_fragment(const struct nfo_rule *rule);

/* The parts. */
int translate_key_check(struct translation *, const struct nlattr *attrs,
                        size_t len);

int translate_match(struct translation *);
int translate_match_ip(struct translation *);
int translate_match_tunnel(struct translation *);
/* Refuses the flow if a bit of its mask is left. */
int translate_match_left(struct translation *);

int translate_actions(struct translation *, const struct nlattr *actions,
                      size_t len);
/* Actions at the end of the packet's way. */
int translate_action_list(struct translation *, struct translate_path *,
                          const struct nlattr *actions, size_t len);
/* Outputs; the 'last' action ends the way. */
int translate_action_output(struct translation *, struct translate_path *,
                            const struct nlattr *output, bool last);
int translate_action_check(struct translation *, struct translate_path *,
                           const struct nlattr *check,
                           const struct nlattr *rest, size_t rest_len);
/* The header that a packet came with goes before what needs it gone. */
int translate_release(struct translation *, struct translate_path *);
/* 'set' is an OVS_KEY_ATTR_* with a value, or with 'masked' value and mask. */
int translate_action_set(struct translation *, struct translate_path *,
                         const struct nlattr *set, bool masked);
int translate_action_tunnel(struct translation *, struct translate_path *,
                            const struct nlattr *tunnel);
int translate_action_ct(struct translation *, const struct nlattr *ct);

#endif /* translate_part.h */
