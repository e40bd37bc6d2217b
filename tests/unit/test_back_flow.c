/* SPDX-License-Identifier: Apache-2.0 */

/* test_back_flow: from OVS flows to rules, through TC, and back.
 *
 * What comes back is looked at as a revalidator does: as attributes that are
 * read again.  It must match what the flow matched, have every bit that the
 * flow's mask had, and no other but those that say nothing new; its actions
 * must be the same text; and it must be the same rule again. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "back_host.h"
#include "flow.h"
#include "flow_corpus.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "tc_flower.h"
#include "util.h"

/* A flow as attributes. */
struct text_flow {
    struct ofpbuf key;
    struct ofpbuf mask;
    struct ofpbuf actions;
};

static void
text_flow_init(struct text_flow *flow)
{
    ofpbuf_init(&flow->key, 0);
    ofpbuf_init(&flow->mask, 0);
    ofpbuf_init(&flow->actions, 0);
}

static void
text_flow_uninit(struct text_flow *flow)
{
    ofpbuf_uninit(&flow->key);
    ofpbuf_uninit(&flow->mask);
    ofpbuf_uninit(&flow->actions);
}

static void
text_flow_parse(struct text_flow *flow, const char *match,
                const char *actions)
{
    char *error = NULL;

    text_flow_init(flow);
    if (odp_flow_from_string(match, NULL, &flow->key, &flow->mask, &error)) {
        fail_msg("%s: %s", match, error);
    }
    free(error);
    if (odp_actions_from_string(actions, NULL, &flow->actions)) {
        fail_msg("cannot read %s", actions);
    }
}

/* The rule that 'flow' is. */
static void
forth(const char *name, const struct text_flow *flow,
      struct nfo_place *where, struct nfo_rule *rule)
{
    struct translate_refusal refusal;
    int error;

    error = translate_flow(&back_host, flow->key.data, flow->key.size,
                           flow->mask.data, flow->mask.size,
                           flow->actions.data, flow->actions.size, where,
                           rule, &refusal);
    if (error) {
        fail_msg("%s: %s: reason %d, %s", name, ovs_strerror(error),
                 refusal.reason, refusal.text);
    }
}

/* The flow that 'rule' is. */
static void
back(const char *name, const struct nfo_rule *rule,
     const struct nfo_place *where, struct text_flow *flow)
{
    struct match match;
    int error;

    text_flow_init(flow);
    error = translate_back(&back_host, where, rule, &match, &flow->actions);
    if (error) {
        char text[NFO_RULE_STRLEN];

        nfo_rule_to_string(rule, text, sizeof text);
        fail_msg("%s: %s: %s", name, text, ovs_strerror(error));
    }
    back_host_attributes(&match, &flow->key, &flow->mask);
}

/* Puts '*rule' into bytes and takes it out again. */
static void
by_tc(const char *name, struct nfo_rule *rule, struct nfo_place *where)
{
    static uint32_t msg[NFO_TC_FLOWER_MSG_MAX / 4];
    struct nfo_place place;
    struct nfo_rule read;

    where->prio = 1;
    where->handle = 1;
    if (nfo_tc_flower_put(msg, sizeof msg, rule, where, NULL, NFO_TC_SKIP_SW,
                          NULL) <= 0) {
        char text[NFO_RULE_STRLEN];

        nfo_rule_to_string(rule, text, sizeof text);
        fail_msg("%s: TC cannot say %s", name, text);
    }
    assert_int_equal(nfo_tc_flower_parse((void *) msg, &read, &place, NULL),
                     0);
    assert_memory_equal(&place, where, sizeof place);
    nfo_rule_uninit(rule);
    *rule = read;
}

static void
to_match(const struct text_flow *flow, struct match *match)
{
    memset(match, 0, sizeof *match);
    assert_int_equal(parse_key_and_mask_to_match(flow->key.data,
                                                 flow->key.size,
                                                 flow->mask.data,
                                                 flow->mask.size, match), 0);
}

/* Bits of 'extra' that say nothing new of a packet of 'flow'. */
static void
forget_implied(struct flow *extra, const struct flow *flow,
               const struct flow *masks)
{
    struct flow_tnl *tnl = &extra->tunnel;

    /* What ofproto-dpif always matches. */
    extra->in_port.odp_port = 0;
    extra->recirc_id = 0;
    extra->packet_type = 0;
    extra->pkt_mark = 0;
    extra->nw_frag = 0;
    /* A packet has 12 of them. */
    extra->tcp_flags &= htons(0x0fff);
    /* A tag is there. */
    for (int i = 0; i < FLOW_MAX_VLAN_HEADERS; i++) {
        extra->vlans[i].tci &= htons(~VLAN_CFI);
    }
    /* An established connection is not new, and tracked. */
    if (flow->ct_state & masks->ct_state) {
        extra->ct_state &= ~CS_TRACKED;
    }
    if (flow->ct_state & masks->ct_state & CS_ESTABLISHED) {
        extra->ct_state &= ~CS_NEW;
    }
    /* Whole ids, and the port of the device. */
    tnl->tun_id = 0;
    tnl->flags &= ~FLOW_TNL_F_KEY;
    tnl->tp_dst = 0;
    /* How long options are, when there are some. */
    if (masks->tunnel.flags & FLOW_TNL_F_UDPIF) {
        tnl->metadata.present.len = 0;
    }
    for (size_t i = 0; i < TUN_METADATA_TOT_OPT_SIZE / 4; i++) {
        tnl->metadata.opts.gnv[i].length = 0;
    }
}

static void
compare_matches(const struct match *want, const struct match *got,
                const char *text)
{
    const uint64_t *w = (const uint64_t *) &want->wc.masks;
    const uint64_t *g = (const uint64_t *) &got->wc.masks;
    struct flow extra;
    uint64_t *e = (uint64_t *) &extra;

    /* As revalidate_ukey__() asks. */
    if (flow_wildcards_has_extra(&got->wc, &want->wc)) {
        fail_msg("%s: wildcards more", text);
    }
    /* The packet that the flow was made for is one of the rule's. */
    if (!flow_equal_except(&want->flow, &got->flow, &got->wc)) {
        fail_msg("%s: matches something else", text);
    }
    for (size_t i = 0; i < FLOW_U64S; i++) {
        e[i] = g[i] & ~w[i];
    }
    forget_implied(&extra, &want->flow, &got->wc.masks);
    if (!is_all_zeros(&extra, sizeof extra)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        flow_format(&s, &extra, NULL);
        fail_msg("%s: matches more: %s", text, ds_cstr(&s));
    }
}

static char *
actions_text(const struct text_flow *flow)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    format_odp_actions(&s, flow->actions.data, flow->actions.size, NULL);
    return ds_steal_cstr(&s);
}

static void
assert_same_rule(const char *name, const struct nfo_rule *rule,
                 const struct nfo_rule *again)
{
    char a[NFO_RULE_STRLEN], b[NFO_RULE_STRLEN];

    nfo_rule_to_string(rule, a, sizeof a);
    nfo_rule_to_string(again, b, sizeof b);
    if (!nfo_rule_equal(rule, again)) {
        fail_msg("%s: %s, then %s", name, a, b);
    }
}

/* Then it names the protocol, for checksums. */
static bool
has_rewrite(const struct nfo_rule *rule)
{
    for (int i = 0; i < rule->n_actions; i++) {
        if (rule->actions[i].type == NFO_ACT_SET) {
            return true;
        }
    }
    return false;
}

/* 'name' is for messages.  'actions': what comes back, or NULL if it is what was
 * there. */
static void
round_trip(const char *name, const struct text_flow *flow,
           const char *actions)
{
    struct nfo_place where, where_again;
    struct nfo_rule rule, again;
    struct text_flow returned;
    struct match want, got;
    char *text, *was;

    forth(name, flow, &where, &rule);
    by_tc(name, &rule, &where);
    if (!rule.mask.eth_type) {
        /* No flow of ofproto-dpif. */
        struct ofpbuf none;

        ofpbuf_init(&none, 0);
        assert_int_equal(translate_back(&back_host, &where, &rule, &got,
                                        &none), EOPNOTSUPP);
        ofpbuf_uninit(&none);
        nfo_rule_uninit(&rule);
        return;
    }
    back(name, &rule, &where, &returned);

    to_match(flow, &want);
    to_match(&returned, &got);
    /* A packet with any state is tracked, also where nobody says so. */
    if (want.flow.ct_state) {
        want.flow.ct_state |= CS_TRACKED;
    }
    if (has_rewrite(&rule)) {
        want.wc.masks.nw_proto |= got.wc.masks.nw_proto;
    }
    compare_matches(&want, &got, name);
    text = actions_text(&returned);
    was = actions_text(flow);
    if (strcmp(text, actions ? actions : was)) {
        fail_msg("%s: %s, not %s", name, text, actions ? actions : was);
    }
    free(text);
    free(was);

    forth(name, &returned, &where_again, &again);
    where_again.prio = where.prio;
    where_again.handle = where.handle;
    assert_memory_equal(&where_again, &where, sizeof where);
    assert_same_rule(name, &rule, &again);
    nfo_rule_uninit(&rule);
    nfo_rule_uninit(&again);
    text_flow_uninit(&returned);
}

static void
round_trip_text(const char *match, const char *actions,
                const char *actions_back)
{
    struct text_flow flow;

    text_flow_parse(&flow, match, actions);
    round_trip(match, &flow, actions_back);
    text_flow_uninit(&flow);
}

/* What ofproto-dpif has in every mask. */
#define META "recirc_id(0),in_port(1),packet_type(ns=0,id=0),"
#define ETH "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
#define IPV4(REST) "eth_type(0x0800),ipv4(" REST ",frag=no)"
#define IPV6(REST) "eth_type(0x86dd),ipv6(" REST ",frag=no)"
#define ANY_ETH "eth(src=00:00:00:00:00:00/00:00:00:00:00:00," \
    "dst=00:00:00:00:00:00/00:00:00:00:00:00),"
#define IP "eth_type(0x0800),ipv4(frag=no)"
#define IP6 "eth_type(0x86dd),ipv6(frag=no)"
#define ARP \
    "eth_type(0x0806),arp(sip=0.0.0.0/0.0.0.0,tip=0.0.0.0/0.0.0.0,op=0/0," \
    "sha=00:00:00:00:00:00/00:00:00:00:00:00," \
    "tha=00:00:00:00:00:00/00:00:00:00:00:00)"
#define ANY_UDP ",udp(src=0/0,dst=0/0)"
#define ANY_ICMP ",icmp(type=8/0,code=0/0)"
#define TNL(PORT, TUNNEL) \
    "recirc_id(0),tunnel(ttl=0/0," TUNNEL "),in_port(" PORT ")," \
    "packet_type(ns=0,id=0),"

/* Flows as ofproto-dpif makes them. */
static void
flows_of_ofproto(void **state OVS_UNUSED)
{
    static const struct {
        const char *match;
        const char *actions;
    } flows[] = {
        /* NORMAL, flooded and not. */
        { META ETH ARP, "2" },
        { META "eth(src=02:00:00:00:00:01,dst=ff:ff:ff:ff:ff:ff),"
          ARP, "2,3,push_vlan(vid=5,pcp=0),4" },
        { META ETH IP, "2" },
        { META ETH IP6, "drop" },
        /* Access to trunk and back. */
        { META ETH IP, "push_vlan(vid=100,pcp=0),2" },
        { META ETH "eth_type(0x8100),vlan(vid=100,pcp=0),encap(" IP ")",
          "pop_vlan,2" },
        { META ETH "eth_type(0x88a8),vlan(vid=7,pcp=1),encap("
          "eth_type(0x8100),vlan(vid=8,pcp=2),encap(" IP "))",
          "pop_vlan,pop_vlan,push_vlan(vid=9,pcp=2),2" },
        /* Routed: MACs, TTL. */
        { META ETH IPV4("dst=10.0.0.0/255.255.255.0,ttl=64"),
          "set(eth(src=02:00:00:00:00:03,dst=02:00:00:00:00:04)),"
          "set(ipv4(ttl=63)),2" },
        { META ETH IPV6("dst=2001:db8::/ffff:ffff::,hlimit=64"),
          "set(eth(src=02:00:00:00:00:03,dst=02:00:00:00:00:04)),"
          "set(ipv6(hlimit=63)),2" },
        /* Addresses and ports, with and without a part. */
        { META ANY_ETH IPV4("src=10.0.0.1,dst=10.0.0.2,proto=6")
          ",tcp(src=1000,dst=80)",
          "set(ipv4(src=192.0.2.1,dst=192.0.2.2)),set(tcp(src=1,dst=2)),2" },
        { META ANY_ETH IPV4("src=10.0.0.1,proto=17") ",udp(src=1000)",
          "set(ipv4(src=192.0.2.0/255.255.255.0)),set(udp(src=1)),2" },
        { META ANY_ETH IPV6("proto=58") ",icmpv6(type=128,code=0)",
          "set(ipv6(src=2001:db8::5,tclass=0xb8/0xfc)),2" },
        { META ANY_ETH IPV4("src=10.0.0.1,tos=0/0x3"), "set(ipv4(tos=0x28/0xfc)),2" },
        /* Fragments. */
        { META ANY_ETH "eth_type(0x0800),ipv4(proto=17,frag=first)" ANY_UDP, "2" },
        { META ANY_ETH "eth_type(0x0800),ipv4(proto=17,frag=later)", "2" },
        { META ANY_ETH IPV4("proto=17") ANY_UDP, "2" },
        { META ANY_ETH IPV4("proto=6") ",tcp(dst=0/0xff00),tcp_flags(syn|ack)", "2" },
        { META ANY_ETH IPV4("proto=132") ",sctp(src=1,dst=2)", "2" },
        { META ANY_ETH IPV4("proto=1") ",icmp(type=8,code=0)", "2" },
        { META ANY_ETH IPV6("src=fe80::1,proto=6") ",tcp(dst=80)", "2" },
        { META ANY_ETH "eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1,"
          "sha=02:00:00:00:00:01,tha=00:00:00:00:00:00)", "2" },
        { META ANY_ETH "eth_type(0x8847),mpls(label=5,tc=1,ttl=64,bos=1)",
          "set(mpls(label=6,tc=1,ttl=63,bos=1)),2" },
        { META ANY_ETH "eth_type(0x88cc)", "2" },
        /* Mark and metadata. */
        { "recirc_id(0),in_port(1),skb_mark(0),packet_type(ns=0,id=0),"
          ANY_ETH IP, "2" },
        /* Connections. */
        { META "ct_state(-trk),"  ANY_ETH IPV4("proto=6") ",tcp(dst=80)",
          "ct(commit,zone=5,mark=0x7/0xff,nat(src=192.0.2.1)),2" },
        { META ANY_ETH IP, "ct(zone=5,nat),recirc(4)" },
        { "recirc_id(4),in_port(1),packet_type(ns=0,id=0),"
          "ct_state(-new+est-rel-inv+trk),ct_zone(5),ct_mark(0x1/0x1),"
          "ct_label(0x1/0x3)," ANY_ETH IP, "ct_clear,2" },
        { "recirc_id(4),in_port(1),packet_type(ns=0,id=0),"
          "ct_state(+new-est-rpl+trk),ct_zone(5),"  ANY_ETH IP,
          "ct(commit,zone=5,label=0x5/0xff,nat(dst=10.0.0.1-10.0.0.9:1-99)),"
          "recirc(5)" },
        { "recirc_id(4),in_port(1),packet_type(ns=0,id=0),"
          "ct_state(+inv+trk),"  ANY_ETH IP6, "drop" },
        /* To tunnels. */
        { META ETH IPV4("tos=0/0x3"),
          "set(tunnel(tun_id=0x5,src=10.1.0.1,dst=10.1.0.2,ttl=64,tp_dst=4789,"
          "flags(df|key))),22" },
        { META ETH IPV4("tos=0/0x3"),
          "3,set(tunnel(tun_id=0x5,dst=10.1.0.2,ttl=64,tp_dst=6081,"
          "geneve({class=0x102,type=0x1,len=4,0x1020304}),flags(df|csum|key))),"
          "23,set(tunnel(tun_id=0x6,ipv6_dst=fd00::2,tos=0x1,ttl=64,"
          "tp_dst=4789,flags(key))),22" },
        { META ETH IPV4("tos=0/0x3"),
          "set(tunnel(tun_id=0x5,dst=10.1.0.2,ttl=64,flags(df|key))),24" },
        /* From tunnels. */
        { TNL("22", "tun_id=0x5,src=10.1.0.2,dst=10.1.0.1,tos=0,"
              "flags(-df-csum+key)") ETH IP, "2" },
        { TNL("22", "tun_id=0x5,ipv6_src=fd00::2,ipv6_dst=fd00::1,tos=0x1,"
              "vxlan(gbp(id=5,flags=0x8)),flags(+key)") ETH IP6,
          "pop_vlan,2" },
        { TNL("23", "tun_id=0x5,src=10.1.0.2,dst=10.1.0.1,tos=0,"
              "geneve({class=0x102,type=0x1,len=4,0x1020304/0xff00ff}),"
              "flags(+key)") ETH IP, "2,20" },
        { TNL("23", "tun_id=0x5,src=10.1.0.2,dst=10.1.0.1,tos=0,flags(+key)")
          ETH IP, "set(tunnel(tun_id=0x6,dst=10.2.0.2,ttl=64,"
          "tp_dst=6081,flags(df|key))),23" },
        { TNL("24", "tun_id=0x5,src=10.1.0.2,dst=10.1.0.1,tos=0,flags(+key)")
          ETH IP, "2" },
        /* Internal ports, bonds, meters. */
        { "recirc_id(0),in_port(20),packet_type(ns=0,id=0)," ETH IP,
          "2,21" },
        { "recirc_id(0),in_port(25),packet_type(ns=0,id=0)," ETH IP,
          "meter(3),20,2" },
        { META ETH IP, "25" },
        { META ETH IP,
          "check_pkt_len(size=1400,gt(drop),le(2))" },
        { META ETH IPV4("ttl=64"),
          "check_pkt_len(size=1400,gt(3),le(set(ipv4(ttl=63)),"
          "check_pkt_len(size=100,gt(2),le(4))))" },
        { META ETH IP, "check_pkt_len(size=1400,gt(3),le(20,4)),2" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        round_trip_text(flows[i].match, flows[i].actions, NULL);
    }
}

/* The same to TC, spelled otherwise. */
static void
other_spellings(void **state OVS_UNUSED)
{
    /* The protocol is not matched, though a checksum depends on it. */
    round_trip_text(META ANY_ETH IPV4("src=10.0.0.1,proto=1/0") ANY_ICMP,
               "set(ipv4(src=192.0.2.1)),2", NULL);
    round_trip_text(META ANY_ETH IPV4("ttl=64"),
               "check_pkt_len(size=1400,gt(set(ipv4(ttl=1))),le(3)),2",
               "2,check_pkt_len(size=1400,gt(set(ipv4(ttl=1))),le(3))");
    round_trip_text(META ANY_ETH IP, "check_pkt_len(size=1400,gt(drop),le(drop)),2",
               "2");
    round_trip_text(META ANY_ETH IPV4("proto=17") ",udp(src=5)",
               "ct(commit,nat(src=192.0.2.1-192.0.2.1)),2",
               "ct(commit,nat(src=192.0.2.1)),2");
}

/* All that translate_flow() takes.  Of some, the actions are spelled as
 * ofproto-dpif does. */
static void
corpus_flows(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *actions;
    } others[] = {
        /* Bits that are not written. */
        { "ct commit mark and label", "ct(commit,zone=5,mark=0x1/0xff,"
          "label=0x1234567890abcdef0000000000000000/"
          "0xffffffffffffffff0000000000000000),2" },
        /* Outputs behind a check go first. */
        { "check nothing then output", "3" },
        { "check changes then output", "3,check_pkt_len(size=200,"
          "gt(set(ipv4(tos=0x4/0xfc)),4),"
          "le(set(eth(src=00:11:11:11:11:11)),5))" },
        { "output behind check of ct",
          "3,check_pkt_len(size=200,gt(ct(commit),2),le(4))" },
    };
    const struct flow_case *c;

    for (size_t i = 0; (c = flow_corpus_at(i)); i++) {
        const char *actions = NULL;
        struct text_flow flow;

        if (!c->rule) {
            continue;
        }
        for (size_t j = 0; j < ARRAY_SIZE(others); j++) {
            if (!strcmp(c->name, others[j].name)) {
                actions = others[j].actions;
            }
        }
        text_flow_init(&flow);
        assert_true(flow_corpus_parse(c, &flow.key, &flow.mask,
                                      &flow.actions));
        round_trip(c->name, &flow, actions);
        text_flow_uninit(&flow);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_of_ofproto),
        cmocka_unit_test(other_spellings),
        cmocka_unit_test(corpus_flows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
