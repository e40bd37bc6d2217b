/* SPDX-License-Identifier: Apache-2.0 */

/* action_check: check_pkt_len, two lists of actions of which one is done.
 *
 * In OVS what follows a check_pkt_len goes on with the packet as it was before
 * it: the lists work on a copy (execute_check_pkt_len() and clone_execute() of
 * net/openvswitch/actions.c).  A TC rule has but one packet, and what a branch
 * does to it stays done; the tc provider does not mind.  Here either
 *
 *   - nothing follows: each branch is the end of its way, or
 *   - the branches only output: then they leave no trace, or
 *   - what follows only outputs: then it goes first, and nothing follows,
 *
 * or the flow is refused. */

#include <config.h>

#include "translate_part.h"

#include <string.h>

#include "netlink.h"
#include "odp-netlink.h"
#include "util.h"

/* A check_pkt_len taken apart. */
struct check {
    uint32_t len;
    const struct nlattr *longer;
    const struct nlattr *other;
};

static int
parse_check(struct translation *t, const struct nlattr *nla,
            struct check *check)
{
    static const struct nl_policy policy[] = {
        [OVS_CHECK_PKT_LEN_ATTR_PKT_LEN] = { .type = NL_A_U16 },
        [OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER] = { .type = NL_A_NESTED },
        [OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL] =
            { .type = NL_A_NESTED },
    };
    struct nlattr *a[ARRAY_SIZE(policy)];
    const struct nlattr *attr;
    size_t left;

    NL_NESTED_FOR_EACH (attr, left, nla) {
        if (nl_attr_type(attr) > OVS_CHECK_PKT_LEN_ATTR_MAX) {
            return translate_refuse_action(t, "check_pkt_len unknown");
        }
    }
    if (!nl_parse_nested(nla, policy, a, ARRAY_SIZE(a))) {
        return translate_malformed(t, "check_pkt_len");
    }
    check->len = nl_attr_get_u16(a[OVS_CHECK_PKT_LEN_ATTR_PKT_LEN]);
    check->longer = a[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER];
    check->other = a[OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL];
    /* act_police takes 0 for no limit at all. */
    return check->len ? 0 : translate_refuse_action(t, "check_pkt_len of 0");
}

/* What a branch's actions do with the packet. */
enum use {
    USE_NONE,                   /* Nothing: they drop their copy. */
    USE_OUTPUT,                 /* They output it as it is. */
    USE_CHANGE,                 /* Anything else. */
};

/* 'depth' is no more than 'path->depth' may be: see
 * translate_action_list(). */
static enum use
use_of(const struct nlattr *actions, size_t len, int depth)
{
    enum use use = USE_NONE;
    const struct nlattr *a;
    size_t left;

    if (depth > TRANSLATE_DEPTH_MAX) {
        return USE_CHANGE;
    }
    NL_ATTR_FOR_EACH (a, left, actions, len) {
        const struct nlattr *list;
        size_t lists;

        switch (nl_attr_type(a)) {
        case OVS_ACTION_ATTR_OUTPUT:
            use = MAX(use, USE_OUTPUT);
            break;

        case OVS_ACTION_ATTR_DROP:
            if (nl_attr_len_pad(a, left) < left) {
                return USE_CHANGE;
            }
            break;

        case OVS_ACTION_ATTR_CHECK_PKT_LEN:
            NL_NESTED_FOR_EACH (list, lists, a) {
                if (nl_attr_type(list) != OVS_CHECK_PKT_LEN_ATTR_PKT_LEN) {
                    use = MAX(use, use_of(nl_attr_get(list),
                                          nl_attr_get_size(list), depth + 1));
                }
            }
            break;

        default:
            return USE_CHANGE;
        }
    }
    return left ? USE_CHANGE : use;
}

static enum use
use_of_nest(const struct nlattr *nest, int depth)
{
    return use_of(nl_attr_get(nest), nl_attr_get_size(nest), depth);
}

/* Adds the check for 'check' and both branches, each by 'add'. */
static int
add_check(struct translation *t, struct translate_path *path,
          const struct check *check,
          int (*add)(struct translation *, struct translate_path *,
                     const struct nlattr *actions, size_t len))
{
    struct translate_path longer = *path, other = *path;
    uint16_t at = t->rule->n_actions, between;
    struct nfo_action action;
    int error;

    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_CHECK_PKT_LEN;
    action.check.len = check->len;
    error = translate_add(t, &action);
    if (error) {
        return error;
    }
    longer.depth++;
    error = add(t, &longer, nl_attr_get(check->longer),
                nl_attr_get_size(check->longer));
    if (error) {
        return error;
    }
    between = t->rule->n_actions;
    other.depth++;
    error = add(t, &other, nl_attr_get(check->other),
                nl_attr_get_size(check->other));
    if (error) {
        return error;
    }
    t->rule->actions[at].check.n_longer = between - at - 1;
    t->rule->actions[at].check.n_other = t->rule->n_actions - between;
    path->ended = longer.ended && other.ended;
    return 0;
}

/* Actions that only output (use_of()), with more to follow. */
static int
add_outputs(struct translation *t, struct translate_path *path,
            const struct nlattr *actions, size_t len)
{
    const struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH (a, left, actions, len) {
        uint16_t type = nl_attr_type(a);
        struct check check;
        int error = 0;

        if (type == OVS_ACTION_ATTR_OUTPUT) {
            error = translate_action_output(t, path, a, false);
        } else if (type == OVS_ACTION_ATTR_CHECK_PKT_LEN) {
            error = parse_check(t, a, &check);
            if (!error && (use_of_nest(check.longer, path->depth) != USE_NONE
                           || use_of_nest(check.other,
                                          path->depth) != USE_NONE)) {
                error = add_check(t, path, &check, add_outputs);
            }
        }
        if (error) {
            return error;
        }
    }
    return 0;
}

/* 'nla' is a check_pkt_len, followed by 'rest_len' bytes of actions.  Where
 * '*path' has ended afterwards, those are done, too. */
int
translate_action_check(struct translation *t, struct translate_path *path,
                       const struct nlattr *nla, const struct nlattr *rest,
                       size_t rest_len)
{
    struct check check;
    enum use use;
    int error;

    error = parse_check(t, nla, &check);
    if (error) {
        return error;
    }
    if (!rest_len) {
        return add_check(t, path, &check, translate_action_list);
    }
    use = MAX(use_of_nest(check.longer, path->depth + 1),
              use_of_nest(check.other, path->depth + 1));
    if (use == USE_NONE) {
        return 0;
    }
    if (use == USE_CHANGE
        && use_of(rest, rest_len, path->depth) == USE_CHANGE) {
        return translate_refuse_action(t, "actions behind check_pkt_len");
    }
    /* Before the ways part, for they meet again. */
    error = translate_release(t, path);
    if (error) {
        return error;
    }
    if (use == USE_OUTPUT) {
        return add_check(t, path, &check, add_outputs);
    }
    error = add_outputs(t, path, rest, rest_len);
    return error ? error : add_check(t, path, &check, translate_action_list);
}
