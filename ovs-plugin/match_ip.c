/* SPDX-License-Identifier: Apache-2.0 */

/* match_ip: IPv4, IPv6, ARP and what they carry, as the match of a rule.
 *
 * OVS says with each IP flow whether it is about fragments.  Many NICs match
 * no fragment flags at all, so a rule says it only where flower would not make
 * that difference anyway: see translate_maybe_fragment().
 *
 * Facts: struct flow, lib/flow.c (miniflow_extract()), cls_flower.c,
 * net/core/flow_dissector.c. */

#include <config.h>

#include "translate_part.h"

#include <netinet/in.h>
#include <string.h>

#include "flow.h"
#include "packets.h"
#include "util.h"

static bool
is_type(const struct translation *t, uint16_t eth_type)
{
    return (t->rule->mask.eth_type
            && t->rule->key.eth_type == htons(eth_type));
}

/* RARP has a type of its own, and flower's dissector reads no field of it. */
static void
match_arp(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    key->arp_sip = flow->nw_src;
    mask->arp_sip = left->nw_src;
    left->nw_src = 0;
    key->arp_tip = flow->nw_dst;
    mask->arp_tip = left->nw_dst;
    left->nw_dst = 0;
    key->arp_op = flow->nw_proto;
    mask->arp_op = left->nw_proto;
    left->nw_proto = 0;
    memcpy(key->arp_sha, &flow->arp_sha, sizeof key->arp_sha);
    memcpy(mask->arp_sha, &left->arp_sha, sizeof mask->arp_sha);
    memset(&left->arp_sha, 0, sizeof left->arp_sha);
    memcpy(key->arp_tha, &flow->arp_tha, sizeof key->arp_tha);
    memcpy(mask->arp_tha, &left->arp_tha, sizeof mask->arp_tha);
    memset(&left->arp_tha, 0, sizeof left->arp_tha);
}

static void
match_addresses(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    if (is_type(t, ETH_TYPE_IP)) {
        key->ipv4_src = flow->nw_src;
        mask->ipv4_src = left->nw_src;
        left->nw_src = 0;
        key->ipv4_dst = flow->nw_dst;
        mask->ipv4_dst = left->nw_dst;
        left->nw_dst = 0;
    } else {
        key->ipv6_src = flow->ipv6_src;
        mask->ipv6_src = left->ipv6_src;
        memset(&left->ipv6_src, 0, sizeof left->ipv6_src);
        key->ipv6_dst = flow->ipv6_dst;
        mask->ipv6_dst = left->ipv6_dst;
        memset(&left->ipv6_dst, 0, sizeof left->ipv6_dst);
    }
}

static int
match_header(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    if (left->nw_proto && left->nw_proto != UINT8_MAX) {
        return translate_refuse_match(t, "nw_proto");
    }
    key->ip_proto = flow->nw_proto;
    mask->ip_proto = left->nw_proto;
    left->nw_proto = 0;
    key->tos = flow->nw_tos;
    mask->tos = left->nw_tos;
    left->nw_tos = 0;
    key->ttl = flow->nw_ttl;
    mask->ttl = left->nw_ttl;
    left->nw_ttl = 0;
    return 0;
}

static void
match_ports(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    key->sport = flow->tp_src;
    mask->sport = left->tp_src;
    left->tp_src = 0;
    key->dport = flow->tp_dst;
    mask->dport = left->tp_dst;
    left->tp_dst = 0;
}

static void
match_icmp(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    /* 8 bits in 16; an exact mask may have all 16. */
    key->icmp_type = ntohs(flow->tp_src);
    mask->icmp_type = ntohs(left->tp_src);
    left->tp_src = 0;
    key->icmp_code = ntohs(flow->tp_dst);
    mask->icmp_code = ntohs(left->tp_dst);
    left->tp_dst = 0;
}

static void
match_l4(struct translation *t)
{
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    if (!mask->ip_proto) {
        return;
    }
    switch (key->ip_proto) {
    case IPPROTO_TCP:
        match_ports(t);
        key->tcp_flags = t->match.flow.tcp_flags;
        mask->tcp_flags = left->tcp_flags;
        left->tcp_flags = 0;
        break;

    case IPPROTO_UDP:
    case IPPROTO_SCTP:
        match_ports(t);
        break;

    case IPPROTO_ICMP:
        if (is_type(t, ETH_TYPE_IP)) {
            match_icmp(t);
        }
        break;

    case IPPROTO_ICMPV6:
        if (is_type(t, ETH_TYPE_IPV6)) {
            match_icmp(t);
        }
        break;
    }
}

static bool
matches_l4(const struct nfo_key *mask)
{
    return (mask->sport || mask->dport || mask->tcp_flags || mask->icmp_type
            || mask->icmp_code);
}

static int
match_fragment(struct translation *t)
{
    uint8_t frag = t->match.flow.nw_frag;
    uint8_t frag_mask = t->match.wc.masks.nw_frag;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    t->match.wc.masks.nw_frag = 0;
    if (!frag_mask) {
        return 0;
    }
    if (!(frag_mask & FLOW_NW_FRAG_ANY)) {
        return translate_refuse_match(t, "nw_frag");
    }
    if (!(frag & FLOW_NW_FRAG_ANY)) {
        if (translate_maybe_fragment(t->rule)) {
            mask->ip_frag = NFO_FRAG_ANY;
        }
        return 0;
    }
    /* To OVS a later fragment's protocol is 44, flower looks behind that
     * header. */
    if (is_type(t, ETH_TYPE_IPV6)) {
        return translate_refuse_match(t, "ipv6 fragment");
    }
    /* OVS reads ports from a first fragment, flower does not: such a rule
     * would never match, and every packet would come up. */
    if (matches_l4(mask)) {
        return translate_refuse_match(t, "ports of a fragment");
    }
    key->ip_frag = NFO_FRAG_ANY;
    mask->ip_frag = NFO_FRAG_ANY;
    if (frag_mask & FLOW_NW_FRAG_LATER) {
        mask->ip_frag |= NFO_FRAG_FIRST;
        if (!(frag & FLOW_NW_FRAG_LATER)) {
            key->ip_frag |= NFO_FRAG_FIRST;
        }
    }
    return 0;
}

/* What is behind the Ethernet type, which is in the rule already if it is
 * matched at all. */
int
translate_match_ip(struct translation *t)
{
    int error;

    if (is_type(t, ETH_TYPE_ARP)) {
        match_arp(t);
        return 0;
    }
    if (!is_type(t, ETH_TYPE_IP) && !is_type(t, ETH_TYPE_IPV6)) {
        return 0;
    }
    error = match_header(t);
    if (error) {
        return error;
    }
    match_addresses(t);
    match_l4(t);
    return match_fragment(t);
}
