/* SPDX-License-Identifier: Apache-2.0 */

/* flow_corpus: OVS flows as text, and the rule or the refusal each one is.
 *
 * A case for each row of what OVS's own tc provider matches and does, and for
 * what neither it nor a rule can say.  For the datapath of back_host.h.  Used
 * by the unit tests and the fuzzers of both directions. */

#ifndef FLOW_CORPUS_H
#define FLOW_CORPUS_H 1

#include <stdbool.h>
#include <stddef.h>

#include <linux/nft_offload.h>

struct ofpbuf;

struct flow_case {
    const char *name;
    /* As odp_flow_from_string() reads it: a field with a mask, or exact. */
    const char *flow;
    /* As odp_actions_from_string() reads it; and, since that cannot read all
     * that format_odp_actions() writes: push_mpls(...), pop_mpls(...) as it
     * writes them, explicit_drop, and raw(TYPE) or raw(TYPE,HEX) for an
     * attribute of that type and content. */
    const char *actions;
    /* nfo_place_to_string() up to the chain, nfo_rule_to_string(); NULL where
     * there is none. */
    const char *place;
    const char *rule;
    /* Why not, else NFT_OFFLOAD_REASON_NONE and NULL. */
    enum nft_offload_reason reason;
    const char *text;
};

extern const struct flow_case flow_corpus_match[];
extern const size_t flow_corpus_match_size;
extern const struct flow_case flow_corpus_tunnel[];
extern const size_t flow_corpus_tunnel_size;
extern const struct flow_case flow_corpus_action[];
extern const size_t flow_corpus_action_size;
extern const struct flow_case flow_corpus_control[];
extern const size_t flow_corpus_control_size;
extern const struct flow_case flow_corpus_refuse_match[];
extern const size_t flow_corpus_refuse_match_size;
extern const struct flow_case flow_corpus_refuse_action[];
extern const size_t flow_corpus_refuse_action_size;

/* Case 'i' of all of them, one list after the other; NULL behind the last. */
const struct flow_case *flow_corpus_at(size_t i);

/* Appends the attributes of 'c' to 'key', 'mask' and 'actions', which the
 * caller has initialised.  False: the text cannot be read. */
bool flow_corpus_parse(const struct flow_case *c, struct ofpbuf *key,
                       struct ofpbuf *mask, struct ofpbuf *actions);

#endif /* flow_corpus.h */
