/* SPDX-License-Identifier: Apache-2.0 */

/* test_back: rules as OVS flows: each rule of the corpus as dpctl would print
 * it, bytes as OVS itself would write them, places, and what no flow stands
 * for.  Round trips from flows are in test_back_flow.c. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "back_host.h"
#include "flow.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "rule_corpus_part.h"
#include "tc_flower.h"
#include "util.h"

/* Where rules lie unless said otherwise, and where packets go. */
#define IN 1
#define OUT 2

static uint32_t msg[NFO_TC_FLOWER_MSG_MAX / 4];

/* OVS reads 'match' from its attributes. */
static void
check_attributes(const struct match *match)
{
    struct ofpbuf key, mask;
    struct match read;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    back_host_attributes(match, &key, &mask);
    memset(&read, 0, sizeof read);
    assert_int_equal(parse_key_and_mask_to_match(key.data, key.size,
                                                 mask.data, mask.size,
                                                 &read), 0);
    assert_false(flow_wildcards_has_extra(&read.wc, &match->wc));
    assert_true(flow_equal_except(&read.flow, &match->flow, &match->wc));
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
}

/* The flow that 'rule' is, or the number of the error, in 's'. */
static int
back(const struct nfo_rule *rule, const struct nfo_place *place, struct ds *s)
{
    struct ofpbuf actions;
    struct match match;
    int error;

    ds_clear(s);
    ofpbuf_init(&actions, 0);
    /* What is there stays, whatever happens. */
    ofpbuf_put(&actions, "kept", 4);
    error = translate_back(&back_host, place, rule, &match, &actions);
    assert_memory_equal(ofpbuf_pull(&actions, 4), "kept", 4);
    if (error) {
        assert_int_equal(actions.size, 0);
        ds_put_format(s, "%d", error);
    } else {
        back_host_format(&match, &actions, s);
        check_attributes(&match);
    }
    ofpbuf_uninit(&actions);
    return error;
}

/* As back(), on port 'in', with another 'rule' each time. */
static int
back_of(void (*make)(struct nfo_rule *, uint32_t), uint32_t in, struct ds *s)
{
    struct nfo_place place = { .ifindex = in, .prio = 1, .handle = 1 };
    struct nfo_rule rule;
    int error;

    nfo_rule_init(&rule);
    make(&rule, OUT);
    nfo_rule_normalise(&rule);
    error = back(&rule, &place, s);
    nfo_rule_uninit(&rule);
    return error;
}

#define META "recirc_id(0),in_port(1),skb_mark(0),"
#define TUNNEL_META(TUNNEL) \
    "recirc_id(0),tunnel(" TUNNEL "),in_port(22),skb_mark(0),"
#define ETH "packet_type(ns=0,id=0),"
#define IPV4(REST) \
    "eth_type(0x0800),ipv4(src=10.0.1.2,dst=192.168.3.0/255.255.255.0," \
    REST ",frag=no)"
#define IPV6(REST) \
    "eth_type(0x86dd),ipv6(src=2001:db8:1:2:3:4:5:6," \
    "dst=2001:db8:7:8::/ffff:ffff:ffff:ffff::," REST ")"
#define PORTS(L4) L4 "(src=4660,dst=22016/0xff00)"
#define UDP IPV4("proto=17") "," PORTS("udp")
#define UDP_FLOW META ETH UDP " actions:"

/* Each rule of the corpus.  No text: no flow stands for it. */
static const struct {
    const char *name;
    const char *flow;
} flows[] = {
    { "any", NULL },            /* OVS knows the type. */
    { "ethernet", META ETH "eth(src=02:00:5e:10:20:30,"
      "dst=02:11:22:33:00:00/ff:ff:ff:ff:00:00),eth_type(0x88b5) actions:2" },
    { "vlan_no_type", NULL },
    { "vlan_ipv4", META ETH "eth_type(0x8100),vlan(vid=0,pcp=5),encap(" UDP
      ") actions:2" },
    { "vlan_any_id", META ETH "eth_type(0x88a8),vlan(),encap("
      IPV6("proto=17") ") actions:2" },
    { "qinq", META ETH "eth_type(0x88a8),vlan(vid=1110,pcp=3),encap("
      "eth_type(0x8100),vlan(vid=1929,pcp=0),encap(" UDP ")) actions:2" },
    { "qinq_no_type", NULL },
    { "mpls", META ETH "eth_type(0x8847),"
      "mpls(label=74565/0xfffff,tc=0/0,ttl=64/0xff,bos=1/1) actions:2" },
    { "mpls_tc", META ETH "eth_type(0x8848),"
      "mpls(label=0/0x0,tc=5/7,ttl=0/0x0,bos=1/0) actions:2" },
    { "ipv4", META ETH IPV4("proto=47,tos=0xb8/0xfc,ttl=0/0xfe")
      " actions:2" },
    { "ipv4_later_fragment", META ETH "eth_type(0x0800),ipv4(frag=later)"
      " actions:2" },
    { "ipv6", META ETH IPV6("proto=50,tclass=0x20,hlimit=63") " actions:2" },
    { "tcp", META ETH IPV4("proto=6") "," PORTS("tcp")
      ",tcp_flags(-fin-syn-rst) actions:2" },
    { "sctp", META ETH IPV6("proto=132,frag=no") "," PORTS("sctp") " actions:2" },
    { "icmp", META ETH IPV4("proto=1") ",icmp(type=8,code=0) actions:2" },
    { "icmpv6", META ETH IPV6("proto=58,frag=no") ",icmpv6(type=129,code=1/0xf)"
      " actions:2" },
    { "arp", META ETH "eth_type(0x0806),arp(sip=10.11.12.13,"
      "tip=10.11.0.0/255.255.0.0,op=1,sha=02:01:02:03:04:05,"
      "tha=02:06:00:00:00:00/ff:ff:00:00:00:00) actions:2" },
    { "conntrack", META "ct_state(-new+est+rpl-inv+trk),ct_zone(0x1234),"
      "ct_mark(0x560078/0xff00ff),ct_label(0xd000000000807060504030201/"
      "0xff00000000ffffffffffffffff)," ETH UDP " actions:2" },
    { "conntrack_related", META "ct_state(+rel+trk)," ETH UDP " actions:2" },
    { "tunnel_ipv4", TUNNEL_META("tun_id=0xabcdef,src=172.16.1.2,"
      "dst=172.16.0.0/255.255.0.0,tos=0x10/0x1c,ttl=64,tp_src=32768/0xc000,"
      "tp_dst=4789,flags(+key)") ETH UDP " actions:2" },
    { "tunnel_ipv6_gbp", TUNNEL_META("tun_id=0x5,ipv6_src=fd00:1::2:3,"
      "ipv6_dst=fd00:4::5:6,tp_dst=4789,vxlan(gbp(id=291,flags=0x8)),"
      "flags(+key)") ETH "eth_type(0x86dd) actions:2" },
    { "tunnel_geneve", TUNNEL_META("tun_id=0x42,src=172.16.1.2,"
      "dst=172.16.1.3,tp_dst=6081,"
      "geneve({class=0x102,type=0x3,len=4,0x11223344}"
      "{class=0xfff0,type=0x80,len=8,0x5566770899aa0000/0xffffff0fffff0000}),"
      "flags(+key)") ETH "eth_type(0x0800) actions:2" },
    { "tunnel_flags", NULL },   /* No address, and a flag OVS has not. */
    { "drop", UDP_FLOW "drop" },
    { "trap", NULL },
    { "pass", NULL },
    { "goto_chain", UDP_FLOW "recirc(0xfffffff)" },
    { "ports", NULL },          /* To ingress of what is not internal. */
    { "internal_port", NULL },
    { "vlan_actions", NULL },   /* Modify. */
    { "mpls_actions", NULL },   /* Not the whole entry. */
    { "route_ipv4", NULL },     /* Decrements. */
    { "route_ipv6", NULL },
    { "nat_ipv4", UDP_FLOW "set(ipv4(src=203.0.113.1,dst=10.0.0.0/255.0.0.0,"
      "tos=0x48/0xfc,ttl=33)),set(udp(src=4660,dst=86/0xff)),2" },
    { "nat_ipv6", NULL },
    { "encap_ipv4", UDP_FLOW "set(tunnel(tun_id=0x123456,src=172.16.5.6,"
      "dst=172.16.7.8,tos=0x28,ttl=60,tp_dst=4789,"
      "vxlan(gbp(id=18,flags=0x48)),flags(csum|key))),2" },
    { "encap_ipv6", UDP_FLOW "set(tunnel(tun_id=0x7,ipv6_src=fd00::1:2,"
      "ipv6_dst=fd00::3:4,ttl=0,tp_dst=6081,"
      "geneve({class=0x102,type=0x3,len=4,0x11223344}"
      "{class=0xfff0,type=0x80,len=8,0x5566778899aa0000}),flags(key))),2" },
    { "encap_df", UDP_FLOW "set(tunnel(src=172.16.5.6,dst=172.16.7.8,ttl=0,"
      "flags(df))),2" },
    { "ct_clear", UDP_FLOW "ct_clear,2" },
    { "ct_commit", UDP_FLOW "ct(force_commit,zone=515,"
      "mark=0x12003400/0xff00ff00,label=0x10000000000000000000000004030201/"
      "0xf00000000000000000000000ffffffff,"
      "nat(src=203.0.113.5-203.0.113.9:1024-65535)),recirc(0x5)" },
    { "ct_nat_ipv6", META ETH IPV6("proto=17")
      " actions:ct(commit,nat(dst=2001:db8::7)),recirc(0x6)" },
    { "ct_restore", UDP_FLOW "ct(zone=9,nat),recirc(0x7)" },
    { "police", NULL },         /* Of no meter. */
    { "sample", NULL },
    { "csum_all", NULL },       /* Nothing was rewritten. */
    { "check_drop", UDP_FLOW "check_pkt_len(size=1514,gt(drop),le(2))" },
    { "check_join", NULL },     /* Decrements; and so on. */
    { "check_one_side", NULL },
    { "check_nested", NULL },
    { "check_open_end", NULL }, /* Packets would go on. */
    { "many_actions", UDP_FLOW "2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,"
      "2,2,2,2,2,2,2,2,2,2" },
};

static void
corpus_flows(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    assert_int_equal(corpus_size, ARRAY_SIZE(flows));
    for (size_t i = 0; i < corpus_size; i++) {
        bool tunnel = !strncmp(corpus[i].name, "tunnel", 6);
        int error = back_of(corpus[i].make, tunnel ? BACK_HOST_VXLAN : IN, &s);

        assert_string_equal(corpus[i].name, flows[i].name);
        if (flows[i].flow) {
            assert_string_equal(ds_cstr(&s), flows[i].flow);
        } else if (error != (strcmp(corpus[i].name, "police") ? EOPNOTSUPP
                                                              : ENOENT)) {
            fail_msg("%s: %s", corpus[i].name, ds_cstr(&s));
        }
    }
    ds_destroy(&s);
}

/* A rule that was in the kernel is the same flow. */
static void
corpus_by_tc(void **state OVS_UNUSED)
{
    struct ds before = DS_EMPTY_INITIALIZER, after = DS_EMPTY_INITIALIZER;
    const struct nfo_place place = { .ifindex = IN, .prio = 1, .handle = 1 };
    struct nfo_rule rule, read;
    struct nfo_place where;

    for (size_t i = 0; i < corpus_size; i++) {
        nfo_rule_init(&rule);
        corpus[i].make(&rule, OUT);
        nfo_rule_normalise(&rule);
        assert_true(nfo_tc_flower_put(msg, sizeof msg, &rule, &place, NULL,
                                      NFO_TC_SKIP_SW, NULL) > 0);
        assert_int_equal(nfo_tc_flower_parse((void *) msg, &read, &where,
                                             NULL), 0);
        back(&rule, &place, &before);
        back(&read, &where, &after);
        assert_string_equal(ds_cstr(&before), ds_cstr(&after));
        nfo_rule_uninit(&rule);
        nfo_rule_uninit(&read);
    }
    ds_destroy(&before);
    ds_destroy(&after);
}

static void
places(void **state OVS_UNUSED)
{
    static const struct {
        struct nfo_place place;
        int error;
        const char *meta;
    } cases[] = {
        { { .ifindex = IN, .chain = 77 }, 0,
          "recirc_id(0x4d),in_port(1),skb_mark(0)," },
        { { .ifindex = BACK_HOST_INTERNAL, .egress = true }, 0,
          "recirc_id(0),in_port(20),skb_mark(0)," },
        { { .ifindex = BACK_HOST_BOND, .shared = true }, 0,
          "recirc_id(0),in_port(25),skb_mark(0)," },
        { { .ifindex = BACK_HOST_INTERNAL }, EOPNOTSUPP, NULL },
        { { .ifindex = IN, .egress = true }, EOPNOTSUPP, NULL },
        { { .ifindex = BACK_HOST_BOND }, EOPNOTSUPP, NULL },
        { { .ifindex = IN, .shared = true }, EOPNOTSUPP, NULL },
        { { .ifindex = 0 }, ENOENT, NULL },
        { { .ifindex = 99 }, ENOENT, NULL },
        { { .ifindex = 99, .shared = true }, ENOENT, NULL },
        /* A packet of a tunnel has an outer header to match. */
        { { .ifindex = BACK_HOST_VXLAN }, EOPNOTSUPP, NULL },
        { { .ifindex = BACK_HOST_GENEVE }, EOPNOTSUPP, NULL },
        { { .ifindex = BACK_HOST_GRE }, EOPNOTSUPP, NULL },
    };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct nfo_rule rule;

    nfo_rule_init(&rule);
    make_icmp(&rule, OUT);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(back(&rule, &cases[i].place, &s), cases[i].error);
        if (cases[i].meta) {
            assert_memory_equal(ds_cstr(&s), cases[i].meta,
                                strlen(cases[i].meta));
        }
    }
    nfo_rule_uninit(&rule);
    ds_destroy(&s);
}

/* More tags than OVS looks at now. */
static void
vlan_limit(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    flow_limit_vlans(1);
    assert_int_equal(back_of(make_qinq, IN, &s), EOPNOTSUPP);
    assert_int_equal(back_of(make_vlan_ipv4, IN, &s), 0);
    flow_limit_vlans(0);
    assert_int_equal(back_of(make_qinq, IN, &s), 0);
    ds_destroy(&s);
}

/* Each value of two bits under each mask. */
static void
fragments(void **state OVS_UNUSED)
{
    static const char *kinds[4][4] = {
        { "", "", "", "" },     /* Any. */
        { "no", NULL, "no", NULL },
        { NULL, NULL, NULL, NULL },
        { "no", "later", NULL, "first" },
    };
    const struct nfo_place place = { .ifindex = IN };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct nfo_rule rule;

    nfo_rule_init(&rule);
    MATCH(&rule, eth_type, htons(ETH_TYPE_IPV6), 0xffff);
    out(&rule, OUT);
    for (uint8_t mask = 0; mask < 4; mask++) {
        for (uint8_t value = 0; value < 4; value++) {
            MATCH(&rule, ip_frag, value & mask, mask);
            if (back(&rule, &place, &s)) {
                assert_null(kinds[mask][value]);
            } else {
                struct ds want = DS_EMPTY_INITIALIZER;

                assert_non_null(kinds[mask][value]);
                ds_put_format(&want, META ETH "eth_type(0x86dd)%s%s%s "
                              "actions:2", mask ? ",ipv6(frag=" : "",
                              kinds[mask][value], mask ? ")" : "");
                assert_string_equal(ds_cstr(&s), ds_cstr(&want));
                ds_destroy(&want);
            }
        }
    }
    nfo_rule_uninit(&rule);
    ds_destroy(&s);
}

/* A field whose protocol is not there, or that OVS has not. */
static void
matches_of_nothing(void **state OVS_UNUSED)
{
    const struct nfo_place place = { .ifindex = IN };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct nfo_rule rule;

#define REFUSED(MAKE, FIELD, VALUE, MASK)                       \
    nfo_rule_init(&rule);                                       \
    MAKE(&rule, OUT);                                           \
    assert_int_equal(back(&rule, &place, &s), 0);               \
    MATCH(&rule, FIELD, VALUE, MASK);                           \
    assert_int_equal(back(&rule, &place, &s), EOPNOTSUPP);      \
    nfo_rule_uninit(&rule);

    REFUSED(make_icmp, sport, 0, 0xffff);
    REFUSED(make_icmp, mpls_lse, 0, 0xff);
    REFUSED(make_icmp, arp_op, 1, 0xff);
    REFUSED(make_icmpv6, ipv4_src, 1, 1);
    REFUSED(make_arp, ttl, 64, 0xff);
    REFUSED(make_arp, arp_op, 255, 0xff);
    REFUSED(make_mpls, ip_proto, 6, 0xff);
    REFUSED(make_ethernet, ip_frag, 0, NFO_FRAG_ANY);
    REFUSED(make_ethernet, eth_type, htons(0x88b5), htons(0xff00));
    REFUSED(make_ethernet, eth_type, htons(4), 0xffff);
    REFUSED(make_ethernet, eth_type, htons(ETH_TYPE_VLAN), 0xffff);
    REFUSED(make_ethernet, vlan_vid[0], 1, 0xfff);
    REFUSED(make_vlan_ipv4, vlan_vid[1], 1, 0xfff);
    REFUSED(make_icmp, ct_state, NFO_CT_INV, NFO_CT_INV | NFO_CT_TRK);
    REFUSED(make_sctp, tcp_flags, htons(2), htons(2));
    REFUSED(make_icmp, tun_id, htonl(5), OVS_BE32_MAX);
    REFUSED(make_icmp, tun_flags, NFO_TUN_OAM, NFO_TUN_OAM);
#undef REFUSED
    ds_destroy(&s);
}

/* Labels that are the bottom of the stack, or not. */
static void
mpls_bottom(void **state OVS_UNUSED)
{
    const struct nfo_place place = { .ifindex = IN };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct nfo_rule rule;

    nfo_rule_init(&rule);
    make_mpls(&rule, OUT);
    MATCH(&rule, mpls_lse, htonl(0x00005000), htonl(0xfffff100));
    assert_int_equal(back(&rule, &place, &s), 0);
    assert_non_null(strstr(ds_cstr(&s), "mpls(label=5/0xfffff,tc=0/0,"
                           "ttl=0/0x0,bos=0/1,label=0/0x0,tc=0/0,ttl=0/0x0,"
                           "bos=1/0)"));
    nfo_rule_uninit(&rule);
    ds_destroy(&s);
}

/* ICMP that comes by a tunnel. */
static void
make_tunnelled(struct nfo_rule *rule)
{
    nfo_rule_init(rule);
    make_icmp(rule, OUT);
    MATCH(rule, tun_ipv4_dst, htonl(0x0a090807), OVS_BE32_MAX);
}

/* GRE without key is what key 0 is. */
static void
gre_key(void **state OVS_UNUSED)
{
    const struct nfo_place place = { .ifindex = BACK_HOST_GRE };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct nfo_rule rule;

    make_tunnelled(&rule);
    MATCH(&rule, tun_flags, NFO_TUN_DF, NFO_TUN_CSUM | NFO_TUN_DF);
    MATCH(&rule, tun_id, 0, OVS_BE32_MAX);
    assert_int_equal(back(&rule, &place, &s), 0);
    assert_non_null(strstr(ds_cstr(&s), "tunnel(dst=10.9.8.7,"
                           "flags(+df-csum))"));
    MATCH(&rule, tun_id, htonl(7), OVS_BE32_MAX);
    assert_int_equal(back(&rule, &place, &s), 0);
    assert_non_null(strstr(ds_cstr(&s), "tunnel(tun_id=0x7,dst=10.9.8.7,"
                           "flags(+df-csum+key))"));
    nfo_rule_uninit(&rule);
    ds_destroy(&s);
}

/* A GRE packet has no ports: no flow of OVS can ask for them. */
static void
gre_ports(void **state OVS_UNUSED)
{
    const struct nfo_place place = { .ifindex = BACK_HOST_GRE };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct nfo_rule rule;

    make_tunnelled(&rule);
    MATCH(&rule, tun_dport, 0, htons(0x108));
    assert_int_equal(back(&rule, &place, &s), EOPNOTSUPP);
    rule.mask.tun_dport = 0;
    assert_int_equal(back(&rule, &place, &s), 0);
    MATCH(&rule, tun_sport, htons(7), OVS_BE16_MAX);
    assert_int_equal(back(&rule, &place, &s), EOPNOTSUPP);
    nfo_rule_uninit(&rule);
    ds_destroy(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_flows),
        cmocka_unit_test(corpus_by_tc),
        cmocka_unit_test(places),
        cmocka_unit_test(vlan_limit),
        cmocka_unit_test(fragments),
        cmocka_unit_test(matches_of_nothing),
        cmocka_unit_test(mpls_bottom),
        cmocka_unit_test(gre_key),
        cmocka_unit_test(gre_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
