/* SPDX-License-Identifier: Apache-2.0 */

/* flow_corpus: reads the text of the corpus; see flow_corpus.h. */

#include <config.h>

#include "flow_corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

const struct flow_case *
flow_corpus_at(size_t i)
{
    const struct {
        const struct flow_case *cases;
        size_t n;
    } lists[] = {
        { flow_corpus_match, flow_corpus_match_size },
        { flow_corpus_tunnel, flow_corpus_tunnel_size },
        { flow_corpus_action, flow_corpus_action_size },
        { flow_corpus_control, flow_corpus_control_size },
        { flow_corpus_refuse_match, flow_corpus_refuse_match_size },
        { flow_corpus_refuse_action, flow_corpus_refuse_action_size },
    };

    for (size_t at = 0; at < ARRAY_SIZE(lists); at++) {
        if (i < lists[at].n) {
            return &lists[at].cases[i];
        }
        i -= lists[at].n;
    }
    return NULL;
}

static bool
parse_push_mpls(const char *s, struct ofpbuf *actions)
{
    struct ovs_action_push_mpls push;
    unsigned int label, tc, ttl, bos, type;

    if (sscanf(s, "push_mpls(label=%u,tc=%u,ttl=%u,bos=%u,eth_type=%x)",
               &label, &tc, &ttl, &bos, &type) != 5) {
        return false;
    }
    memset(&push, 0, sizeof push);
    push.mpls_lse = htonl(label << 12 | tc << 9 | bos << 8 | ttl);
    push.mpls_ethertype = htons(type);
    nl_msg_put_unspec(actions, OVS_ACTION_ATTR_PUSH_MPLS, &push, sizeof push);
    return true;
}

static bool
parse_pop_mpls(const char *s, struct ofpbuf *actions)
{
    unsigned int type;

    if (sscanf(s, "pop_mpls(eth_type=%x)", &type) != 1) {
        return false;
    }
    nl_msg_put_be16(actions, OVS_ACTION_ATTR_POP_MPLS, htons(type));
    return true;
}

static bool
parse_raw(const char *s, struct ofpbuf *actions)
{
    unsigned int type, byte;
    uint8_t bytes[256];
    size_t n = 0;
    int at = 0;

    if (sscanf(s, "raw(%u%n", &type, &at) != 1 || !at) {
        return false;
    }
    s += at;
    if (*s == ',') {
        s++;
        while (*s != ')' && n < sizeof bytes
               && sscanf(s, "%2x", &byte) == 1) {
            bytes[n++] = byte;
            s += 2;
        }
    }
    nl_msg_put_unspec(actions, type, bytes, n);
    return *s == ')';
}

/* One action, or several that OVS can read. */
static bool
parse_piece(const char *s, struct ofpbuf *actions)
{
    if (!strncmp(s, "push_mpls(", 10)) {
        return parse_push_mpls(s, actions);
    }
    if (!strncmp(s, "pop_mpls(", 9)) {
        return parse_pop_mpls(s, actions);
    }
    if (!strncmp(s, "raw(", 4)) {
        return parse_raw(s, actions);
    }
    if (!strcmp(s, "explicit_drop")) {
        nl_msg_put_u32(actions, OVS_ACTION_ATTR_DROP, 0);
        return true;
    }
    return !odp_actions_from_string(s, NULL, actions);
}

/* Splits at commas that are in no parentheses. */
static bool
parse_actions(const char *text, struct ofpbuf *actions)
{
    char *copy = xstrdup(text);
    char *start = copy;
    int depth = 0;
    bool ok = true;

    for (char *s = copy; ok; s++) {
        char c = *s;

        depth += (c == '(') - (c == ')');
        if (!c || (c == ',' && !depth)) {
            *s = '\0';
            ok = parse_piece(start, actions);
            start = s + 1;
        }
        if (!c) {
            break;
        }
    }
    free(copy);
    return ok && !depth;
}

bool
flow_corpus_parse(const struct flow_case *c, struct ofpbuf *key,
                  struct ofpbuf *mask, struct ofpbuf *actions)
{
    char *error = NULL;
    bool ok = !odp_flow_from_string(c->flow, NULL, key, mask, &error);

    if (!ok) {
        fprintf(stderr, "%s: %s\n", c->name, error ? error : "?");
    }
    free(error);
    return ok && parse_actions(c->actions, actions);
}
