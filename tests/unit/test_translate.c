/* SPDX-License-Identifier: Apache-2.0 */

/* test_translate: each flow of the corpus is the rule that it should be, and
 * TC can say that rule; or it is refused with the right words. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "back_host.h"
#include "flow_corpus.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "reason.h"
#include "tc_flower.h"
#include "translate.h"
#include "util.h"

/* A case of the corpus, translated. */
struct result {
    int error;
    struct nfo_place where;
    struct nfo_rule rule;
    struct translate_refusal refusal;
};

static void
translate_case(const struct translate_env *env, const struct flow_case *c,
               struct result *r)
{
    struct ofpbuf key, mask, actions;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    ofpbuf_init(&actions, 0);
    if (!flow_corpus_parse(c, &key, &mask, &actions)) {
        fail_msg("%s: cannot be read", c->name);
    }
    r->error = translate_flow(env, key.data, key.size, mask.data, mask.size,
                              actions.data, actions.size, &r->where, &r->rule,
                              &r->refusal);
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
    ofpbuf_uninit(&actions);
}

static const struct flow_case *
find_case(const char *name)
{
    const struct flow_case *c;

    for (size_t i = 0; (c = flow_corpus_at(i)); i++) {
        if (!strcmp(c->name, name)) {
            return c;
        }
    }
    fail_msg("no case \"%s\"", name);
    return NULL;
}

/* Does the rule say what it should, and lie where it should? */
static void
check_rule(const struct flow_case *c, const struct result *r)
{
    char text[4096], place[128];

    nfo_rule_to_string(&r->rule, text, sizeof text);
    if (strcmp(text, c->rule)) {
        fail_msg("%s:\n%s\nshould be\n%s", c->name, text, c->rule);
    }
    nfo_place_to_string(&r->where, place, sizeof place);
    if (strncmp(place, c->place, strlen(c->place))
        || strcmp(place + strlen(c->place), " prio 0 handle 0x0")) {
        fail_msg("%s: at %s", c->name, place);
    }
    assert_int_equal(r->refusal.reason, NFT_OFFLOAD_REASON_NONE);
    assert_string_equal(r->refusal.text, "");
}

static void
check_normalised(const struct flow_case *c, const struct nfo_rule *rule)
{
    struct nfo_rule copy;

    assert_int_equal(nfo_rule_copy(&copy, rule), 0);
    nfo_rule_normalise(&copy);
    if (!nfo_rule_equal(&copy, rule)) {
        fail_msg("%s: not normalised", c->name);
    }
    nfo_rule_uninit(&copy);
}

/* What TC is told of the rule is the rule. */
static void
check_tc(const struct flow_case *c, const struct result *r)
{
    static uint32_t message[NFO_TC_FLOWER_MSG_MAX / 4];
    struct nfo_place where = r->where;
    struct nfo_rule back;

    where.prio = 1;
    where.handle = 1;
    if (nfo_tc_flower_put(message, sizeof message, &r->rule, &where, NULL, 0,
                          NULL) < 0) {
        fail_msg("%s: TC cannot say it", c->name);
    }
    assert_int_equal(nfo_tc_flower_parse((struct nlmsghdr *) message, &back,
                                         NULL, NULL), 0);
    if (!nfo_rule_equal(&r->rule, &back)) {
        fail_msg("%s: TC says something else", c->name);
    }
    nfo_rule_uninit(&back);
}

static void
check_refusal(const struct flow_case *c, const struct result *r)
{
    int error = (c->reason == NFT_OFFLOAD_REASON_MALFORMED ? EINVAL
                 : EOPNOTSUPP);

    if (r->refusal.reason != c->reason || strcmp(r->refusal.text, c->text)) {
        fail_msg("%s: %s, \"%s\"", c->name, nfo_reason_name(r->refusal.reason),
                 r->refusal.text);
    }
    assert_int_equal(r->error, error);
    assert_int_equal(r->rule.n_actions, 0);
    assert_null(r->rule.actions);
    assert_null(r->rule.geneve);
}

static void
corpus(void **state OVS_UNUSED)
{
    const struct flow_case *c;
    size_t i, n_rules = 0;

    for (i = 0; (c = flow_corpus_at(i)); i++) {
        struct result r;

        translate_case(&back_host, c, &r);
        if (c->rule) {
            if (r.error) {
                fail_msg("%s: %s, \"%s\"", c->name,
                         nfo_reason_name(r.refusal.reason), r.refusal.text);
            }
            check_rule(c, &r);
            check_normalised(c, &r.rule);
            check_tc(c, &r);
            n_rules++;
        } else {
            check_refusal(c, &r);
        }
        nfo_rule_uninit(&r.rule);
    }
    print_message("%zu flows, %zu of them rules\n", i, n_rules);
}

/* What the kernel cannot do is refused, not left out. */
static void
without(uint32_t feature, const char *name, enum nft_offload_reason reason,
        const char *text)
{
    struct translate_env env = back_host;
    struct result r;

    env.features &= ~feature;
    translate_case(&env, find_case(name), &r);
    assert_int_equal(r.error, EOPNOTSUPP);
    assert_int_equal(r.refusal.reason, reason);
    assert_string_equal(r.refusal.text, text);
}

static void
features(void **state OVS_UNUSED)
{
    without(TRANSLATE_RECIRC, "recirculated",
            NFT_OFFLOAD_REASON_RECIRC_UNSHARED, "");
    without(TRANSLATE_RECIRC, "ct",
            NFT_OFFLOAD_REASON_RECIRC_UNSHARED, "");
    without(TRANSLATE_ENC_FLAGS, "vxlan flags",
            NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED, "tunnel flags");
    without(TRANSLATE_ENC_FLAGS, "geneve control",
            NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED, "tunnel flags");
    without(TRANSLATE_ENC_DF, "encap vxlan",
            NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED, "tunnel df");
}

/* What needs nothing of the kind is placed without. */
static void
features_not_needed(void **state OVS_UNUSED)
{
    static const char *const names[] = {
        "vxlan", "encap vxlan ipv6", "ct commit", "geneve options",
    };
    struct translate_env env = back_host;

    env.features = 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct result r;

        translate_case(&env, find_case(names[i]), &r);
        assert_int_equal(r.error, 0);
        check_rule(find_case(names[i]), &r);
        nfo_rule_uninit(&r.rule);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus),
        cmocka_unit_test(features),
        cmocka_unit_test(features_not_needed),
    };

    /* OVS's parser logs what it refuses. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
