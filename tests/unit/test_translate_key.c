/* SPDX-License-Identifier: Apache-2.0 */

/* test_translate_key: flows that no text can say, and attributes that are no
 * flow at all. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "back_host.h"
#include "flow_corpus.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "translate.h"

/* A flow as attributes, and what became of it. */
struct input {
    struct ofpbuf key, mask, actions;
    struct nfo_place where;
    struct nfo_rule rule;
    struct translate_refusal refusal;
};

static void
open_input(struct input *in)
{
    memset(in, 0, sizeof *in);
    ofpbuf_init(&in->key, 0);
    ofpbuf_init(&in->mask, 0);
    ofpbuf_init(&in->actions, 0);
}

static void
close_input(struct input *in)
{
    nfo_rule_uninit(&in->rule);
    ofpbuf_uninit(&in->key);
    ofpbuf_uninit(&in->mask);
    ofpbuf_uninit(&in->actions);
}

static void
read_input(struct input *in, const char *flow, const char *actions)
{
    struct flow_case c = { .name = flow, .flow = flow, .actions = actions };

    open_input(in);
    assert_true(flow_corpus_parse(&c, &in->key, &in->mask, &in->actions));
}

static int
translate_input(struct input *in)
{
    return translate_flow(&back_host, in->key.data, in->key.size,
                          in->mask.data, in->mask.size, in->actions.data,
                          in->actions.size, &in->where, &in->rule,
                          &in->refusal);
}

static void
assert_refused(struct input *in, int error, enum nft_offload_reason reason,
               const char *text)
{
    assert_int_equal(translate_input(in), error);
    assert_int_equal(in->refusal.reason, reason);
    assert_string_equal(in->refusal.text, text);
    assert_int_equal(in->rule.n_actions, 0);
    close_input(in);
}

static void
assert_rule(struct input *in, const char *rule)
{
    char text[1024];

    assert_int_equal(translate_input(in), 0);
    nfo_rule_to_string(&in->rule, text, sizeof text);
    assert_string_equal(text, rule);
    close_input(in);
}

#define PLAIN "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)"

/* What ofproto makes of a packet without a key: the mask has one. */
static void
gre_without_key(void **state OVS_UNUSED)
{
    struct input in;
    size_t nest;

    read_input(&in, "in_port(24),eth(),eth_type(0x88cc)", "2");
    nest = nl_msg_start_nested(&in.key, OVS_KEY_ATTR_TUNNEL);
    nl_msg_put_be32(&in.key, OVS_TUNNEL_KEY_ATTR_IPV4_DST, htonl(0xc0000202));
    nl_msg_put_u8(&in.key, OVS_TUNNEL_KEY_ATTR_TTL, 64);
    nl_msg_end_nested(&in.key, nest);
    nest = nl_msg_start_nested(&in.mask, OVS_KEY_ATTR_TUNNEL);
    nl_msg_put_be64(&in.mask, OVS_TUNNEL_KEY_ATTR_ID, OVS_BE64_MAX);
    nl_msg_put_be32(&in.mask, OVS_TUNNEL_KEY_ATTR_IPV4_DST, OVS_BE32_MAX);
    nl_msg_put_u8(&in.mask, OVS_TUNNEL_KEY_ATTR_TTL, 0);
    nl_msg_end_nested(&in.mask, nest);
    assert_rule(&in, "enc_key_id=0 enc_dst_ip=192.0.2.2 eth_type=0x88cc "
                "-> tunnel_release, redirect(dev 2)");
}

/* Frames with a length where others have a type. */
static void
length_not_type(void **state OVS_UNUSED)
{
    struct input in;

    read_input(&in, "in_port(1),eth()", "2");
    nl_msg_put_be16(&in.mask, OVS_KEY_ATTR_ETHERTYPE, OVS_BE16_MAX);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "802.2 frame");
}

/* A frame that ends behind the type of a tag. */
static void
truncated_tag(void **state OVS_UNUSED)
{
    struct input in;

    read_input(&in, "in_port(1),eth()", "2");
    nl_msg_put_be16(&in.key, OVS_KEY_ATTR_ETHERTYPE,
                    htons(ETH_TYPE_VLAN_8021Q));
    nl_msg_put_be16(&in.key, OVS_KEY_ATTR_VLAN, 0);
    nl_msg_put_unspec(&in.key, OVS_KEY_ATTR_ENCAP, NULL, 0);
    nl_msg_put_be16(&in.mask, OVS_KEY_ATTR_ETHERTYPE, OVS_BE16_MAX);
    nl_msg_put_be16(&in.mask, OVS_KEY_ATTR_VLAN, OVS_BE16_MAX);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "vlan truncated");
}

/* With or without a tag, as OVS may ask of the kernel: TC cannot. */
static void
tag_or_none(void **state OVS_UNUSED)
{
    struct input in;

    read_input(&in, PLAIN, "2");
    nl_msg_put_be16(&in.mask, OVS_KEY_ATTR_VLAN, 0);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "vlan");

    /* None, said by the one bit that stands for it. */
    read_input(&in, PLAIN, "2");
    nl_msg_put_be16(&in.mask, OVS_KEY_ATTR_VLAN, htons(VLAN_CFI));
    assert_rule(&in, "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)");
}

static void
unknown_attributes(void **state OVS_UNUSED)
{
    struct input in;
    size_t nest;

    read_input(&in, PLAIN, "2");
    nl_msg_put_u32(&in.key, OVS_KEY_ATTR_MAX + 5, 0);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "unknown attribute");

    read_input(&in, PLAIN, "2");
    nl_msg_put_u32(&in.mask, OVS_KEY_ATTR_MAX + 5, 0);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "unknown attribute");

    read_input(&in, PLAIN, "2");
    nl_msg_put_unspec(&in.key, OVS_KEY_ATTR_NSH, NULL, 0);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "nsh");

    read_input(&in, PLAIN, "2");
    nest = nl_msg_start_nested(&in.key, OVS_KEY_ATTR_TUNNEL);
    nl_msg_put_u8(&in.key, OVS_TUNNEL_KEY_ATTR_MAX + 3, 0);
    nl_msg_end_nested(&in.key, nest);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
                   "unknown tunnel attribute");
}

/* More options than OVS's struct flow has room for. */
static void
long_options(void **state OVS_UNUSED)
{
    uint8_t options[256] = { 0 };
    struct input in;
    size_t nest;

    read_input(&in, PLAIN, "2");
    nest = nl_msg_start_nested(&in.key, OVS_KEY_ATTR_TUNNEL);
    nl_msg_put_unspec(&in.key, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS, options,
                      sizeof options);
    nl_msg_end_nested(&in.key, nest);
    assert_refused(&in, EINVAL, NFT_OFFLOAD_REASON_MALFORMED,
                   "tunnel geneve");
}

static void
put_commit(struct ofpbuf *actions, uint32_t events)
{
    size_t nest = nl_msg_start_nested(actions, OVS_ACTION_ATTR_CT);

    nl_msg_put_flag(actions, OVS_CT_ATTR_COMMIT);
    nl_msg_put_u32(actions, OVS_CT_ATTR_EVENTMASK, events);
    nl_msg_put_u16(actions, OVS_CT_ATTR_ZONE, 5);
    nl_msg_end_nested(actions, nest);
}

/* As OVS always asks for events, and otherwise. */
static void
eventmask(void **state OVS_UNUSED)
{
    struct input in;

    read_input(&in, PLAIN, "explicit_drop");
    in.actions.size = 0;
    put_commit(&in.actions, OVS_CT_EVENTMASK_DEFAULT);
    nl_msg_put_u32(&in.actions, OVS_ACTION_ATTR_OUTPUT, 2);
    assert_rule(&in, "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 commit), "
                "redirect(dev 2)");

    read_input(&in, PLAIN, "explicit_drop");
    in.actions.size = 0;
    put_commit(&in.actions, 1);
    nl_msg_put_u32(&in.actions, OVS_ACTION_ATTR_OUTPUT, 2);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED,
                   "ct eventmask");
}

/* A check_pkt_len that says more than two lists. */
static void
unknown_check(void **state OVS_UNUSED)
{
    struct input in;
    size_t nest;

    read_input(&in, PLAIN, "explicit_drop");
    in.actions.size = 0;
    nest = nl_msg_start_nested(&in.actions, OVS_ACTION_ATTR_CHECK_PKT_LEN);
    nl_msg_put_u16(&in.actions, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN, 100);
    nl_msg_put_unspec(&in.actions, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER,
                      NULL, 0);
    nl_msg_put_unspec(&in.actions,
                      OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL, NULL, 0);
    nl_msg_put_unspec(&in.actions, OVS_CHECK_PKT_LEN_ATTR_MAX + 1, NULL, 0);
    nl_msg_end_nested(&in.actions, nest);
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED,
                   "check_pkt_len unknown");
}

/* check_pkt_len within check_pkt_len, without end. */
static void
deep_checks(void **state OVS_UNUSED)
{
    enum { DEPTH = 200 };
    size_t nests[DEPTH][2];
    struct input in;

    read_input(&in, PLAIN, "explicit_drop");
    in.actions.size = 0;
    for (int i = 0; i < DEPTH; i++) {
        nests[i][0] = nl_msg_start_nested(&in.actions,
                                          OVS_ACTION_ATTR_CHECK_PKT_LEN);
        nl_msg_put_u16(&in.actions, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN, 100);
        nl_msg_put_unspec(&in.actions,
                          OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL,
                          NULL, 0);
        nests[i][1] = nl_msg_start_nested(
            &in.actions, OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER);
    }
    for (int i = DEPTH - 1; i >= 0; i--) {
        nl_msg_end_nested(&in.actions, nests[i][1]);
        nl_msg_end_nested(&in.actions, nests[i][0]);
    }
    assert_refused(&in, EOPNOTSUPP, NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS, "");
}

/* Every beginning of every flow's attributes is refused or a rule, and what
 * is refused has a reason and leaves nothing behind. */
static void
cut_short(void **state OVS_UNUSED)
{
    const struct flow_case *c;

    for (size_t i = 0; (c = flow_corpus_at(i)); i++) {
        struct input in;
        size_t size;

        read_input(&in, c->flow, c->actions);
        size = in.actions.size;
        for (size_t len = 0; len < size; len += 4) {
            int error;

            in.actions.size = len;
            error = translate_input(&in);
            assert_true(!error || error == EOPNOTSUPP || error == EINVAL);
            assert_int_equal(!error, in.refusal.reason
                             == NFT_OFFLOAD_REASON_NONE);
            assert_non_null(in.refusal.text);
            if (error) {
                assert_null(in.rule.actions);
            }
            nfo_rule_uninit(&in.rule);
        }
        in.actions.size = size;
        for (size_t len = 4; len + 4 < in.key.size; len += 4) {
            size = in.key.size;
            in.key.size = len;
            if (!translate_input(&in)) {
                nfo_rule_uninit(&in.rule);
            }
            in.key.size = size;
        }
        close_input(&in);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gre_without_key),
        cmocka_unit_test(length_not_type),
        cmocka_unit_test(truncated_tag),
        cmocka_unit_test(tag_or_none),
        cmocka_unit_test(unknown_attributes),
        cmocka_unit_test(long_options),
        cmocka_unit_test(eventmask),
        cmocka_unit_test(unknown_check),
        cmocka_unit_test(deep_checks),
        cmocka_unit_test(cut_short),
    };

    /* OVS's parser logs what it refuses. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
