/* SPDX-License-Identifier: Apache-2.0 */

/* test_back_action: a rule's actions as OVS's: bytes as OVS itself writes them,
 * branches, and what OVS has no action for. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "back_host.h"
#include "netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "rule_corpus_part.h"
#include "util.h"

#define OUT 2
#define METER 0x10000003        /* Police index of meter 3. */

/* Actions, for tables: 'n' of them. */
struct actions {
    int n;
    struct nfo_action a[8];
};

#define MIRROR(N) { .type = NFO_ACT_MIRROR, .port = { .ifindex = (N) } }
#define REDIRECT(N) { .type = NFO_ACT_REDIRECT, .port = { .ifindex = (N) } }
#define RECEIVE(TYPE, N) \
    { .type = NFO_ACT_##TYPE, .port = { .ifindex = (N), .ingress = true } }
#define PTYPE(P) { .type = NFO_ACT_SKBEDIT_PTYPE, .ptype = (P) }
#define PLAIN(TYPE) { .type = NFO_ACT_##TYPE }
#define CHECK(LEN, LONGER, OTHER) \
    { .type = NFO_ACT_CHECK_PKT_LEN, \
      .check = { .len = (LEN), .n_longer = (LONGER), .n_other = (OTHER) } }
#define CSUM(FLAGS) { .type = NFO_ACT_CSUM, .csum = (FLAGS) }
#define CT(FLAGS) { .type = NFO_ACT_CT, .ct = { .flags = (FLAGS) } }
#define TTL(N) \
    { .type = NFO_ACT_SET, .set = { .value = { .ttl = (N) }, \
                                    .mask = { .ttl = 0xff } } }
#define MPLS(TYPE, PROTO, LSE, MASK) \
    { .type = NFO_ACT_MPLS_##TYPE, \
      .mpls = { .proto = CONSTANT_HTONS(PROTO), .lse = CONSTANT_HTONL(LSE), \
                .mask = CONSTANT_HTONL(MASK) } }

/* The actions of a UDP rule on port 1 that does these, in 'out'. */
static int
back(const struct nfo_action *a, int n, struct ofpbuf *out)
{
    const struct nfo_place place = { .ifindex = 1 };
    struct match match;
    struct nfo_rule rule;
    int error;

    nfo_rule_init(&rule);
    match_flow(&rule);
    for (int i = 0; i < n; i++) {
        must(nfo_rule_add(&rule, &a[i]));
    }
    nfo_rule_normalise(&rule);
    ofpbuf_clear(out);
    error = translate_back(&back_host, &place, &rule, &match, out);
    if (error) {
        assert_true(flow_wildcards_is_catchall(&match.wc));
        assert_int_equal(out->size, 0);
    }
    nfo_rule_uninit(&rule);
    return error;
}

/* 'got' are the actions that OVS reads from 'text', byte for byte. */
static void
assert_actions(const struct ofpbuf *got, const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ofpbuf want;

    format_odp_actions(&s, got->data, got->size, NULL);
    assert_string_equal(ds_cstr(&s), text);
    ofpbuf_init(&want, 0);
    /* There is no way to say an empty list. */
    if (strcmp(text, "drop")) {
        if (odp_actions_from_string(text, NULL, &want)) {
            fail_msg("cannot read %s", text);
        }
    }
    assert_int_equal(got->size, want.size);
    assert_memory_equal(got->data, want.data, want.size);
    ofpbuf_uninit(&want);
    ds_destroy(&s);
}

static void
written_as_by_ovs(void **state OVS_UNUSED)
{
    static const struct {
        const char *text;
        struct actions actions;
    } cases[] = {
        { "2", { 1, { REDIRECT(2) } } },
        { "drop", { 1, { PLAIN(DROP) } } },
        { "3,2", { 2, { MIRROR(3), REDIRECT(2) } } },
        /* Only a copy is received. */
        { "20,3,21", { 5, { PTYPE(0), RECEIVE(MIRROR, 20), MIRROR(3),
                            PTYPE(0), RECEIVE(REDIRECT, 21) } } },
        { "20,21", { 3, { PTYPE(0), RECEIVE(MIRROR, 20),
                          RECEIVE(REDIRECT, 21) } } },
        { "pop_vlan,push_vlan(vid=7,pcp=3),2",
          { 3, { PLAIN(VLAN_POP),
                 { .type = NFO_ACT_VLAN_PUSH,
                   .vlan = { CONSTANT_HTONS(0x8100), 7, 3, false } },
                 REDIRECT(2) } } },
        { "push_vlan(tpid=0x88a8,vid=0,pcp=0),2",
          { 2, { { .type = NFO_ACT_VLAN_PUSH,
                   .vlan = { CONSTANT_HTONS(0x88a8), 0, 0, false } },
                 REDIRECT(2) } } },
        { "set(ipv4(ttl=63)),2", { 3, { TTL(63), CSUM(NFO_CSUM_IPV4),
                                        REDIRECT(2) } } },
        { "meter(3),2",
          { 2, { { .type = NFO_ACT_POLICE, .police = METER },
                 REDIRECT(2) } } },
        { "ct_clear,2", { 2, { CT(NFO_CT_CLEAR), REDIRECT(2) } } },
        /* Nothing was output: what is left is dropped. */
        { "3,meter(3)", { 3, { MIRROR(3),
                               { .type = NFO_ACT_POLICE, .police = METER },
                               PLAIN(DROP) } } },
        { "check_pkt_len(size=1000,gt(2),le(3))",
          { 3, { CHECK(1000, 1, 1), REDIRECT(2), REDIRECT(3) } } },
        /* Copies only: packets go on as they were. */
        { "check_pkt_len(size=1000,gt(2),le(3)),4",
          { 4, { CHECK(1000, 1, 1), MIRROR(2), MIRROR(3), REDIRECT(4) } } },
        /* What is done to a packet stays done: the rest goes in. */
        { "check_pkt_len(size=1000,gt(set(ipv4(ttl=63)),4),le(4))",
          { 4, { CHECK(1000, 2, 0), TTL(63), CSUM(NFO_CSUM_IPV4),
                 REDIRECT(4) } } },
        { "check_pkt_len(size=1000,gt(3),le(set(ipv4(ttl=1)),4))",
          { 4, { CHECK(1000, 1, 1), REDIRECT(3), TTL(1), REDIRECT(4) } } },
        { "check_pkt_len(size=1000,gt(set(ipv4(ttl=1)),4),le(3))",
          { 4, { CHECK(1000, 1, 1), TTL(1), REDIRECT(3), REDIRECT(4) } } },
        /* One in the other; the inner one ends some ways, the outer no. */
        { "check_pkt_len(size=100,gt(check_pkt_len(size=200,gt(3),le(5,4))),"
          "le(4))",
          { 5, { CHECK(100, 3, 0), CHECK(200, 1, 1), REDIRECT(3), MIRROR(5),
                 REDIRECT(4) } } },
    };
    struct ofpbuf out;

    ofpbuf_init(&out, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(back(cases[i].actions.a, cases[i].actions.n, &out),
                         0);
        assert_actions(&out, cases[i].text);
    }
    ofpbuf_uninit(&out);
}

static void
not_of_ovs(void **state OVS_UNUSED)
{
    static const struct {
        int error;
        struct actions actions;
    } cases[] = {
        /* Nothing becomes of the packet, or of some. */
        { EOPNOTSUPP, { 0, { PLAIN(NONE) } } },
        { EOPNOTSUPP, { 1, { MIRROR(2) } } },
        { EOPNOTSUPP, { 2, { CHECK(9, 1, 0), REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { CHECK(9, 0, 1), REDIRECT(2) } } },
        { EOPNOTSUPP, { 1, { PLAIN(PASS) } } },
        { EOPNOTSUPP, { 1, { PLAIN(TRAP) } } },
        /* No packet gets there, or there is nothing. */
        { EOPNOTSUPP, { 2, { REDIRECT(2), REDIRECT(3) } } },
        { EOPNOTSUPP, { 2, { CHECK(9, 2, 2), REDIRECT(3) } } },
        { EOPNOTSUPP, { 2, { CHECK(9, 0, 3), REDIRECT(3) } } },
        { ENOENT, { 1, { REDIRECT(99) } } },
        { ENOENT, { 1, { REDIRECT(0) } } },
        { ENOENT, { 2, { MIRROR(99), REDIRECT(2) } } },
        { ENOENT, { 2, { { .type = NFO_ACT_POLICE, .police = 5 },
                         REDIRECT(2) } } },
        /* Internal ports receive, and only they. */
        { EOPNOTSUPP, { 1, { REDIRECT(20) } } },
        { EOPNOTSUPP, { 2, { PTYPE(0), RECEIVE(REDIRECT, 2) } } },
        { EOPNOTSUPP, { 1, { RECEIVE(REDIRECT, 20) } } },
        { EOPNOTSUPP, { 2, { PTYPE(3), RECEIVE(REDIRECT, 20) } } },
        { EOPNOTSUPP, { 5, { CHECK(9, 2, 1), PTYPE(0), RECEIVE(MIRROR, 20),
                             MIRROR(2), RECEIVE(REDIRECT, 20) } } },
        { EOPNOTSUPP, { 2, { PLAIN(DEC_TTL), REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { { .type = NFO_ACT_VLAN_MODIFY,
                               .vlan = { CONSTANT_HTONS(0x8100), 7, 3,
                                         false } }, REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { MPLS(PUSH, 0x8847, 0x1040, 0xfffff0ff),
                             REDIRECT(2) } } },
        { EOPNOTSUPP, { 1, { { .type = NFO_ACT_GOTO } } } },
        { EOPNOTSUPP, { 3, { CHECK(65536, 1, 1), REDIRECT(2), REDIRECT(3) } } },
        /* Nothing made the checksum wrong, or not just now. */
        { EOPNOTSUPP, { 2, { CSUM(NFO_CSUM_IPV4), REDIRECT(2) } } },
        { EOPNOTSUPP, { 4, { TTL(5), MIRROR(3), CSUM(NFO_CSUM_IPV4),
                             REDIRECT(2) } } },
        /* Fields of another protocol. */
        { EOPNOTSUPP, { 2, { { .type = NFO_ACT_SET, .set = {
                                   .mask = { .ipv6_src.s6_addr[3] = 1 } } },
                             REDIRECT(2) } } },
        { EOPNOTSUPP, { 3, { MPLS(PUSH, 0x8847, 0x1040, 0xffffffff), TTL(9),
                             REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { CT(NFO_CT_FORCE), REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { CT(NFO_CT_NAT_SRC), REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { CT(NFO_CT_NAT | NFO_CT_NAT_SRC | NFO_CT_NAT_DST),
                             REDIRECT(2) } } },
        { EOPNOTSUPP, { 2, { CT(NFO_CT_CLEAR | NFO_CT_COMMIT),
                             REDIRECT(2) } } },
    };
    struct ofpbuf out;

    ofpbuf_init(&out, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int error = back(cases[i].actions.a, cases[i].actions.n, &out);

        if (error != cases[i].error) {
            fail_msg("case %"PRIuSIZE": %d, not %d", i, error,
                     cases[i].error);
        }
    }
    ofpbuf_uninit(&out);
}

/* Labels: OVS writes them, but reads no text of theirs. */
static void
labels(void **state OVS_UNUSED)
{
    static const struct nfo_action a[] = {
        MPLS(MODIFY, 0, 0x00005340, 0xffffffff),
        MPLS(MODIFY, 0, 0x00007000, 0xfffff000), MPLS(POP, 0x800, 0, 0),
        TTL(9), CSUM(NFO_CSUM_IPV4),
        MPLS(PUSH, 0x8848, 0x00006340, 0xffffffff), REDIRECT(2),
    };
    static const struct ovs_action_push_mpls push = {
        CONSTANT_HTONL(0x6340), CONSTANT_HTONS(0x8848),
    };
    static const ovs_be32 masked[2] = {
        CONSTANT_HTONL(0x7000), CONSTANT_HTONL(0xfffff000),
    };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ofpbuf got, want;
    size_t ofs;

    ofpbuf_init(&got, 0);
    ofpbuf_init(&want, 0);
    assert_int_equal(back(a, ARRAY_SIZE(a), &got), 0);
    ofs = nl_msg_start_nested(&want, OVS_ACTION_ATTR_SET);
    nl_msg_put_be32(&want, OVS_KEY_ATTR_MPLS, htonl(0x5340));
    nl_msg_end_nested(&want, ofs);
    ofs = nl_msg_start_nested(&want, OVS_ACTION_ATTR_SET_MASKED);
    nl_msg_put_unspec(&want, OVS_KEY_ATTR_MPLS, masked, sizeof masked);
    nl_msg_end_nested(&want, ofs);
    nl_msg_put_be16(&want, OVS_ACTION_ATTR_POP_MPLS, htons(0x800));
    must(odp_actions_from_string("set(ipv4(ttl=9))", NULL, &want));
    nl_msg_put_unspec(&want, OVS_ACTION_ATTR_PUSH_MPLS, &push, sizeof push);
    nl_msg_put_u32(&want, OVS_ACTION_ATTR_OUTPUT, 2);
    assert_int_equal(got.size, want.size);
    assert_memory_equal(got.data, want.data, want.size);
    format_odp_actions(&s, got.data, got.size, NULL);
    assert_string_equal(ds_cstr(&s), "set(mpls(label=5,tc=1,ttl=64,bos=1)),"
                        "set(mpls(label=7/0xfffff,tc=0/0,ttl=0/0x0,bos=0/0)),"
                        "pop_mpls(eth_type=0x800),set(ipv4(ttl=9)),"
                        "push_mpls(label=6,tc=1,ttl=64,bos=1,"
                        "eth_type=0x8848),2");
    ds_destroy(&s);
    ofpbuf_uninit(&got);
    ofpbuf_uninit(&want);
}

/* set() with a mask or without, by header, in OVS's order. */
static void
rewrites(void **state OVS_UNUSED)
{
    struct nfo_action a[3] = {
        { .type = NFO_ACT_SET }, CSUM(NFO_CSUM_IPV4 | NFO_CSUM_UDP),
        REDIRECT(OUT),
    };
    struct nfo_set *value = &a[0].set.value, *mask = &a[0].set.mask;
    struct ofpbuf out;

    ofpbuf_init(&out, 0);
    memcpy(value->eth_src, "\x02\x01\x03\x05\x07\x09", 6);
    memcpy(mask->eth_src, "\xff\xff\xff\xff\xff\xff", 6);
    assert_int_equal(back(a, 3, &out), 0);
    assert_actions(&out, "set(eth(src=02:01:03:05:07:09)),2");

    memcpy(value->eth_dst, "\x02\x11\x13\x15\x17\x19", 6);
    memcpy(mask->eth_dst, "\xff\xff\xff\xff\xff\xff", 6);
    value->ipv4_dst = htonl(0x0a0b0c0d);
    mask->ipv4_dst = OVS_BE32_MAX;
    value->tos = 0xb8;
    mask->tos = 0xfc;
    value->dport = htons(53);
    mask->dport = OVS_BE16_MAX;
    assert_int_equal(back(a, 3, &out), 0);
    assert_actions(&out, "set(eth(src=02:01:03:05:07:09,"
                   "dst=02:11:13:15:17:19)),"
                   "set(ipv4(dst=10.11.12.13,tos=0xb8/0xfc)),"
                   "set(udp(dst=53)),2");

    value->sport = htons(0x1200);
    mask->sport = htons(0xff00);
    assert_int_equal(back(a, 3, &out), 0);
    assert_actions(&out, "set(eth(src=02:01:03:05:07:09,"
                   "dst=02:11:13:15:17:19)),"
                   "set(ipv4(dst=10.11.12.13,tos=0xb8/0xfc)),"
                   "set(udp(src=4608/0xff00,dst=53)),2");
    mask->sport = OVS_BE16_MAX;
    assert_int_equal(back(a, 3, &out), 0);
    assert_actions(&out, "set(eth(src=02:01:03:05:07:09,"
                   "dst=02:11:13:15:17:19)),"
                   "set(ipv4(dst=10.11.12.13,tos=0xb8/0xfc)),"
                   "set(udp(src=4608,dst=53)),2");
    ofpbuf_uninit(&out);
}

/* set(tunnel()) is what OVS makes of the same header. */
static void
encapsulation(void **state OVS_UNUSED)
{
    struct nfo_action a[2] = { { .type = NFO_ACT_TUNNEL_SET },
                               REDIRECT(BACK_HOST_GENEVE) };
    struct nfo_tunnel *t = &a[0].tunnel;
    struct nfo_geneve geneve = { .len = GENEVE_LEN };
    struct ofpbuf got, want;
    struct flow_tnl tnl;

    ofpbuf_init(&got, 0);
    ofpbuf_init(&want, 0);
    memcpy(geneve.value, geneve_value, GENEVE_LEN);
    memset(&tnl, 0, sizeof tnl);
    memset(t, 0, sizeof *t);
    tnl.ip_dst = htonl(0x0a010203);
    memcpy(&t->dst, &tnl.ip_dst, 4);
    tnl.ip_ttl = t->ttl = 64;
    for (int i = 0; i < 64; i++) {
        t->has_id = i & 1;
        t->id = htonl(i & 1 ? 0x123456 : 0);
        tnl.tun_id = htonll(ntohl(t->id));
        tnl.flags = i & 1 ? FLOW_TNL_F_KEY : 0;
        t->flags = (i & 2 ? NFO_TUN_DF : 0) | (i & 4 ? NFO_TUN_CSUM : 0);
        tnl.flags |= i & 2 ? FLOW_TNL_F_DONT_FRAGMENT : 0;
        tnl.flags |= i & 4 ? FLOW_TNL_F_CSUM : 0;
        tnl.ip_tos = t->tos = i & 8 ? 0x2b : 0;
        tnl.tp_dst = t->dport = i & 16 ? htons(6081) : 0;
        tnl.ip_src = i & 32 ? htonl(0x0a040506) : 0;
        memcpy(&t->src, &tnl.ip_src, 4);
        /* One of three kinds of options. */
        t->geneve = i % 3 == 1 ? &geneve : NULL;
        tnl.flags |= i % 3 == 1 ? FLOW_TNL_F_UDPIF : 0;
        tnl.metadata.present.len = i % 3 == 1 ? GENEVE_LEN : 0;
        memcpy(tnl.metadata.opts.u8, geneve_value, GENEVE_LEN);
        t->has_gbp = i % 3 == 2;
        t->gbp = i % 3 == 2 ? 0x00080102 : 0;
        tnl.gbp_id = htons(t->gbp);
        tnl.gbp_flags = t->gbp >> 16;

        assert_int_equal(back(a, 2, &got), 0);
        ofpbuf_clear(&want);
        odp_put_tunnel_action(&tnl, &want, NULL);
        nl_msg_put_u32(&want, OVS_ACTION_ATTR_OUTPUT, BACK_HOST_GENEVE);
        assert_int_equal(got.size, want.size);
        assert_memory_equal(got.data, want.data, want.size);
    }

    tnl.ip_src = tnl.ip_dst = 0;
    inet_pton(AF_INET6, "fd00::1", &tnl.ipv6_src);
    inet_pton(AF_INET6, "fd00::2", &tnl.ipv6_dst);
    t->is_ipv6 = true;
    t->src = tnl.ipv6_src;
    t->dst = tnl.ipv6_dst;
    assert_int_equal(back(a, 2, &got), 0);
    ofpbuf_clear(&want);
    odp_put_tunnel_action(&tnl, &want, NULL);
    nl_msg_put_u32(&want, OVS_ACTION_ATTR_OUTPUT, BACK_HOST_GENEVE);
    assert_int_equal(got.size, want.size);
    assert_memory_equal(got.data, want.data, want.size);
    ofpbuf_uninit(&got);
    ofpbuf_uninit(&want);
}

/* As ofproto-dpif does, which OVS does not read from text: with a commit the
 * events come next, the zone always. */
static void
assert_committed(const struct ofpbuf *got, const char *text)
{
    const struct nlattr *ct = got->data;
    struct ofpbuf rest;
    struct nlattr *a;
    size_t size;

    assert_int_equal(nl_attr_type(ct), OVS_ACTION_ATTR_CT);
    a = CONST_CAST(struct nlattr *, nl_attr_get(ct));
    assert_int_equal(nl_attr_type(a), OVS_CT_ATTR_COMMIT);
    a = nl_attr_next(a);
    assert_int_equal(nl_attr_type(a), OVS_CT_ATTR_EVENTMASK);
    assert_int_equal(nl_attr_get_u32(a), OVS_CT_EVENTMASK_DEFAULT);
    /* Without it, it is what OVS reads. */
    size = nl_attr_len_pad(a, SIZE_MAX);
    ofpbuf_init(&rest, 0);
    ofpbuf_put(&rest, got->data, got->size);
    a = ofpbuf_at_assert(&rest, (char *) a - (char *) got->data, size);
    memmove(a, (char *) a + size,
            (char *) ofpbuf_tail(&rest) - ((char *) a + size));
    rest.size -= size;
    ((struct nlattr *) rest.data)->nla_len -= size;
    assert_actions(&rest, text);
    ofpbuf_uninit(&rest);
}

/* Ranges of one have no upper end. */
static void
nat_ranges(void **state OVS_UNUSED)
{
    struct nfo_action a[2] = { CT(NFO_CT_COMMIT | NFO_CT_NAT
                                  | NFO_CT_NAT_SRC), REDIRECT(OUT) };
    struct nfo_nat *nat = &a[0].ct.nat;
    struct ofpbuf out;

    ofpbuf_init(&out, 0);
    a[0].ct.zone = 4;
    inet_pton(AF_INET, "192.0.2.1", &nat->addr_min);
    assert_int_equal(back(a, 2, &out), 0);
    assert_committed(&out, "ct(commit,zone=4,nat(src=192.0.2.1)),2");
    nat->port_min = htons(1000);
    assert_int_equal(back(a, 2, &out), 0);
    assert_committed(&out, "ct(commit,zone=4,nat(src=192.0.2.1:1000)),2");
    nat->port_max = htons(2000);
    inet_pton(AF_INET, "192.0.2.3", &nat->addr_max);
    assert_int_equal(back(a, 2, &out), 0);
    assert_committed(&out,
                     "ct(commit,zone=4,nat(src=192.0.2.1-192.0.2.3:1000-2000)),"
                     "2");
    nat->is_ipv6 = true;
    inet_pton(AF_INET6, "2001:db8::1", &nat->addr_min);
    inet_pton(AF_INET6, "2001:db8::9", &nat->addr_max);
    nat->port_min = 0;
    a[0].ct.flags ^= NFO_CT_NAT_SRC | NFO_CT_NAT_DST;
    assert_int_equal(back(a, 2, &out), 0);
    assert_committed(&out,
                     "ct(commit,zone=4,nat(dst=2001:db8::1-2001:db8::9)),2");
    ofpbuf_uninit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_as_by_ovs),
        cmocka_unit_test(not_of_ovs),
        cmocka_unit_test(labels),
        cmocka_unit_test(rewrites),
        cmocka_unit_test(encapsulation),
        cmocka_unit_test(nat_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
