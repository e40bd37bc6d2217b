/* SPDX-License-Identifier: Apache-2.0 */

/* fuzz_back: any bytes as a TC message, and the rule in it as an OVS flow.  No
 * harm may be done.  A flow that comes out must be one that OVS can read; and
 * where it can be made a rule again, that must be a rule for the same packets
 * that does the same: it may name more bits of those packets, as
 * translate_flow() does, and comes back as the same actions.
 *
 * For libFuzzer (clang -fsanitize=fuzzer,address,undefined).  Built with
 * -DFUZZ_SEEDS, with any compiler, it is a program that writes the rules of the
 * unit tests and those of their flows as seeds into the folder that is its
 * argument. */

#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "back_host.h"
#include "flow.h"
#include "flow_corpus.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "rule_corpus.h"
#include "tc_flower.h"
#include "translate.h"
#include "util.h"

static void
check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

#ifndef FUZZ_SEEDS

/* An OVS flow, as attributes. */
struct flow_attrs {
    struct ofpbuf key;
    struct ofpbuf mask;
    struct ofpbuf actions;
};

/* The flow that 'rule' is, if there is one. */
static bool
back(const struct nfo_rule *rule, const struct nfo_place *where,
     struct flow_attrs *attrs)
{
    struct match match, read;
    int error;

    ofpbuf_init(&attrs->key, 0);
    ofpbuf_init(&attrs->mask, 0);
    ofpbuf_init(&attrs->actions, 0);
    error = translate_back(&back_host, where, rule, &match, &attrs->actions);
    if (error) {
        check(error == EOPNOTSUPP || error == ENOENT, "another error");
        check(!attrs->actions.size, "actions left behind");
        return false;
    }
    back_host_attributes(&match, &attrs->key, &attrs->mask);
    check(!parse_key_and_mask_to_match(attrs->key.data, attrs->key.size,
                                       attrs->mask.data, attrs->mask.size,
                                       &read), "OVS cannot read it");
    check(!flow_wildcards_has_extra(&read.wc, &match.wc), "bits are lost");
    check(flow_equal_except(&read.flow, &match.flow, &match.wc),
          "OVS reads something else");
    return true;
}

static void
flow_attrs_uninit(struct flow_attrs *attrs)
{
    ofpbuf_uninit(&attrs->key);
    ofpbuf_uninit(&attrs->mask);
    ofpbuf_uninit(&attrs->actions);
}

static bool
forth(const struct flow_attrs *attrs, struct nfo_place *where,
      struct nfo_rule *rule)
{
    struct translate_refusal refusal;

    return !translate_flow(&back_host, attrs->key.data, attrs->key.size,
                           attrs->mask.data, attrs->mask.size,
                           attrs->actions.data, attrs->actions.size, where,
                           rule, &refusal);
}

/* Is each packet of 'b' one of 'a', and but for bits that translate_flow() adds
 * the other way round? */
static void
check_match(const struct nfo_rule *a, const struct nfo_rule *b)
{
    struct nfo_key mask = a->mask, extra = b->mask;
    const uint8_t *ka = (const uint8_t *) &a->key;
    const uint8_t *kb = (const uint8_t *) &b->key;
    uint8_t *m = (uint8_t *) &mask, *e = (uint8_t *) &extra;

    /* Left out where they say nothing. */
    mask.ip_frag = 0;
    if (a->key.ct_state & NFO_CT_EST) {
        mask.ct_state &= ~NFO_CT_NEW;
    }
    for (size_t i = 0; i < sizeof mask; i++) {
        check(!(m[i] & ~e[i]), "matches more");
        check(!((ka[i] ^ kb[i]) & m[i]), "matches something else");
        e[i] &= ~m[i];
    }
    extra.ip_frag = 0;
    extra.tun_dport = 0;
    if (b->key.ct_state) {
        extra.ct_state &= ~NFO_CT_TRK;
    }
    for (int i = 0; i < b->n_actions; i++) {
        if (b->actions[i].type == NFO_ACT_SET) {
            extra.ip_proto = 0;
        }
    }
    check(is_all_zeros(&extra, sizeof extra), "matches less");
    check(!a->geneve == !b->geneve
          && (!a->geneve || (a->geneve->len == b->geneve->len
                             && !memcmp(a->geneve, b->geneve,
                                        sizeof *a->geneve))),
          "other options");
}

static void
check_actions(const struct flow_attrs *a, const struct flow_attrs *b)
{
    check(a->actions.size == b->actions.size
          && (!a->actions.size
              || !memcmp(a->actions.data, b->actions.data, a->actions.size)),
          "does something else");
}

/* 'attrs' is what 'rule' at 'where' is. */
static void
check_forth(const struct nfo_rule *rule, const struct nfo_place *where,
            const struct flow_attrs *attrs)
{
    struct nfo_place place;
    struct nfo_rule again, third;
    struct flow_attrs returned;

    if (!forth(attrs, &place, &again)) {
        return;
    }
    check(place.ifindex == where->ifindex && place.shared == where->shared
          && place.egress == where->egress && place.chain == where->chain,
          "lies elsewhere");
    check_match(rule, &again);
    check(back(&again, &place, &returned), "does not come back");
    check_actions(attrs, &returned);
    /* From now on it stays what it is. */
    check(forth(&returned, &place, &third), "does not come a third time");
    check(nfo_rule_equal(&again, &third), "changes each time");
    nfo_rule_uninit(&third);
    nfo_rule_uninit(&again);
    flow_attrs_uninit(&returned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    /* OVS's parser logs what it refuses. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flow_attrs attrs;
    struct nfo_place where;
    struct nlmsghdr *nlh;
    struct nfo_rule rule;

    if (size < sizeof *nlh) {
        return 0;
    }
    nlh = malloc(size);
    check(nlh != NULL, "no memory");
    memcpy(nlh, data, size);
    nlh->nlmsg_len = size;
    nlh->nlmsg_type = RTM_NEWTFILTER;
    if (!nfo_tc_flower_parse(nlh, &rule, &where, NULL)) {
        if (back(&rule, &where, &attrs)) {
            check_forth(&rule, &where, &attrs);
        }
        flow_attrs_uninit(&attrs);
        nfo_rule_uninit(&rule);
    }
    free(nlh);
    return 0;
}

#else

/* Writes 'rule' and empties it. */
static int
write_rule(const char *folder, const char *kind, size_t i,
           struct nfo_rule *rule, struct nfo_place where)
{
    static uint32_t msg[NFO_TC_FLOWER_MSG_MAX / 4];
    char name[4096];
    FILE *file;
    int len;

    where.prio = 1;
    where.handle = 1;
    len = nfo_tc_flower_put(msg, sizeof msg, rule, &where, NULL, 0, NULL);
    nfo_rule_uninit(rule);
    snprintf(name, sizeof name, "%s/%s-%03zu", folder, kind, i);
    file = fopen(name, "wb");
    check(len > 0 && file, name);
    fwrite(msg, 1, len, file);
    return fclose(file);
}

static int
write_flow(const char *folder, size_t i, const struct flow_case *c)
{
    struct ofpbuf key, mask, actions;
    struct translate_refusal refusal;
    struct nfo_place where;
    struct nfo_rule rule;
    int error = 0;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    ofpbuf_init(&actions, 0);
    check(flow_corpus_parse(c, &key, &mask, &actions), c->name);
    if (!translate_flow(&back_host, key.data, key.size, mask.data, mask.size,
                        actions.data, actions.size, &where, &rule,
                        &refusal)) {
        error = write_rule(folder, "flow", i, &rule, where);
    }
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
    ofpbuf_uninit(&actions);
    return error;
}

int
main(int argc, char **argv)
{
    const struct nfo_place place = { .ifindex = 1 };
    const struct flow_case *c;
    int failed = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < corpus_size; i++) {
        struct nfo_rule rule;

        nfo_rule_init(&rule);
        corpus[i].make(&rule, 2);
        nfo_rule_normalise(&rule);
        failed |= write_rule(argv[1], "rule", i, &rule, place);
    }
    for (size_t i = 0; (c = flow_corpus_at(i)); i++) {
        failed |= write_flow(argv[1], i, c);
    }
    return failed;
}

#endif
