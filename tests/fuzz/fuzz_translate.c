/* SPDX-License-Identifier: Apache-2.0 */

/* fuzz_translate: any bytes as the attributes of an OVS flow.  Nothing may be
 * read beyond them.  A rule that comes out must be normalised, all ways
 * through it must end, and TC must be able to say it and read it back; a
 * refusal must have a reason and leave nothing.
 *
 * Input: two numbers of 16 bits, the lengths of key and mask in words, then
 * key, mask and actions.
 *
 * For libFuzzer (clang -fsanitize=fuzzer,address,undefined).  Built with
 * -DFUZZ_SEEDS, with any compiler, it is a program that writes the flows of
 * the unit tests as seeds into the folder that is its argument. */

#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "back_host.h"
#include "flow_corpus.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "tc_flower.h"
#include "translate.h"
#include "util.h"

#ifndef FUZZ_SEEDS

static void
check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

/* A copy of just that size, so that reading past it is seen. */
static void *
copy_of(const uint8_t *data, size_t size)
{
    void *copy = malloc(size ? size : 1);

    check(copy != NULL, "no memory");
    memcpy(copy, data, size);
    return copy;
}

/* Do all ways through actions 'from' to 'to' (not included) end? */
static bool
all_end(const struct nfo_rule *rule, int from, int to)
{
    int i = from;

    while (i < to) {
        const struct nfo_action *a = &rule->actions[i++];

        if (nfo_action_ends(a->type)) {
            return i == to;
        }
        if (a->type == NFO_ACT_CHECK_PKT_LEN) {
            int other = i + a->check.n_longer;
            int behind = other + a->check.n_other;

            if (behind > to) {
                return false;
            }
            if (behind == to) {
                return all_end(rule, i, other) && all_end(rule, other, to);
            }
            i = behind;
        }
    }
    return false;
}

static void
check_rule(const struct nfo_rule *rule, struct nfo_place where)
{
    static uint32_t message[NFO_TC_FLOWER_MSG_MAX / 4];
    struct nfo_rule copy;
    char text[256];

    nfo_rule_to_string(rule, text, sizeof text);
    check(!nfo_rule_copy(&copy, rule), "no memory");
    nfo_rule_normalise(&copy);
    check(nfo_rule_equal(&copy, rule), "not normalised");
    nfo_rule_uninit(&copy);
    check(all_end(rule, 0, rule->n_actions), "a way without an end");

    where.prio = 1;
    where.handle = 1;
    check(nfo_tc_flower_put(message, sizeof message, rule, &where, NULL, 0,
                            NULL) > 0, "TC cannot say it");
    check(!nfo_tc_flower_parse((struct nlmsghdr *) message, &copy, NULL,
                               NULL), "TC cannot read it back");
    check(nfo_rule_equal(&copy, rule), "TC says something else");
    nfo_rule_uninit(&copy);
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
    uint8_t *key, *mask, *actions;
    struct translate_refusal refusal;
    size_t key_len, mask_len;
    struct nfo_place where;
    struct nfo_rule rule;
    uint16_t words[2];
    int error;

    if (size < sizeof words) {
        return 0;
    }
    memcpy(words, data, sizeof words);
    data += sizeof words;
    size -= sizeof words;
    key_len = MIN(words[0] * 4u, size);
    mask_len = MIN(words[1] * 4u, size - key_len);
    key = copy_of(data, key_len);
    mask = copy_of(data + key_len, mask_len);
    size -= key_len + mask_len;
    actions = copy_of(data + key_len + mask_len, size);

    error = translate_flow(&back_host, (struct nlattr *) key, key_len,
                           (struct nlattr *) mask, mask_len,
                           (struct nlattr *) actions, size, &where, &rule,
                           &refusal);
    check(refusal.text != NULL, "no text");
    if (error) {
        check(error == EOPNOTSUPP || error == EINVAL, "another error");
        check(refusal.reason != NFT_OFFLOAD_REASON_NONE, "no reason");
        check(!rule.actions && !rule.geneve, "left behind");
    } else {
        check(refusal.reason == NFT_OFFLOAD_REASON_NONE, "a reason");
        check_rule(&rule, where);
        nfo_rule_uninit(&rule);
    }
    free(key);
    free(mask);
    free(actions);
    return 0;
}

#else

static int
write_seed(const char *folder, size_t i, const struct flow_case *c)
{
    struct ofpbuf key, mask, actions;
    uint16_t words[2];
    char name[4096];
    FILE *file;
    int error;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    ofpbuf_init(&actions, 0);
    error = !flow_corpus_parse(c, &key, &mask, &actions);
    words[0] = key.size / 4;
    words[1] = mask.size / 4;
    snprintf(name, sizeof name, "%s/flow-%03zu", folder, i);
    file = error ? NULL : fopen(name, "wb");
    if (file) {
        fwrite(words, sizeof words, 1, file);
        fwrite(key.data, 1, key.size, file);
        fwrite(mask.data, 1, mask.size, file);
        fwrite(actions.data, 1, actions.size, file);
        error = fclose(file);
    } else {
        error = 1;
    }
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
    ofpbuf_uninit(&actions);
    return error;
}

int
main(int argc, char **argv)
{
    const struct flow_case *c;

    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; (c = flow_corpus_at(i)); i++) {
        if (write_seed(argv[1], i, c)) {
            fprintf(stderr, "%s: cannot write seed %zu\n", argv[0], i);
            return 1;
        }
    }
    return 0;
}

#endif
