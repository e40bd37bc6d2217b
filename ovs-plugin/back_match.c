/* SPDX-License-Identifier: Apache-2.0 */

/* back_match: what a rule matches, as struct match.
 *
 * Each function takes the bits that it knows out of 'left'; where bits are left
 * in the end, no flow of OVS stands for the rule.  Which bits ofproto-dpif
 * always sets: xlate_wc_init() and xlate_wc_finish() of
 * ofproto/ofproto-dpif-xlate.c. */

#include <config.h>

#include <errno.h>

#include "back_part.h"
#include "flow.h"
#include "openvswitch/match.h"
#include "packets.h"
#include "translate_part.h"
#include "util.h"

/* Ethernet, and the types and tags.  A packet with a tag more has another type
 * behind the tags that are counted, so that the type says how many there are;
 * for none, OVS compares the place of the first. */
static int
match_l2(const struct nfo_rule *rule, struct match *match,
         struct nfo_key *left)
{
    const struct nfo_key *key = &rule->key;
    const struct nfo_key *mask = &rule->mask;
    struct flow *masks = &match->wc.masks;
    int n_tags;

    memcpy(&match->flow.dl_src, key->eth_src, ETH_ADDR_LEN);
    memcpy(&match->flow.dl_dst, key->eth_dst, ETH_ADDR_LEN);
    memcpy(&masks->dl_src, mask->eth_src, ETH_ADDR_LEN);
    memcpy(&masks->dl_dst, mask->eth_dst, ETH_ADDR_LEN);
    memset(left->eth_src, 0, ETH_ADDR_LEN);
    memset(left->eth_dst, 0, ETH_ADDR_LEN);

    /* OVS always knows the type.  One below 0x600 is TC's word for a frame
     * with a length in its place, of which OVS looks at more. */
    if (mask->eth_type != OVS_BE16_MAX || eth_type_vlan(key->eth_type)
        || ntohs(key->eth_type) < ETH_TYPE_MIN) {
        return EOPNOTSUPP;
    }
    match_set_dl_type(match, key->eth_type);
    left->eth_type = 0;

    for (n_tags = 0; n_tags < 2 && mask->vlan_tpid[n_tags]; n_tags++) {
        union flow_vlan_hdr *tag = &match->flow.vlans[n_tags];
        union flow_vlan_hdr *tag_mask = &masks->vlans[n_tags];

        if (mask->vlan_tpid[n_tags] != OVS_BE16_MAX
            || !eth_type_vlan(key->vlan_tpid[n_tags])) {
            return EOPNOTSUPP;
        }
        tag->tpid = key->vlan_tpid[n_tags];
        tag->tci = htons(key->vlan_vid[n_tags]
                         | key->vlan_pcp[n_tags] << VLAN_PCP_SHIFT
                         | VLAN_CFI);
        tag_mask->tpid = OVS_BE16_MAX;
        tag_mask->tci = htons(mask->vlan_vid[n_tags]
                              | mask->vlan_pcp[n_tags] << VLAN_PCP_SHIFT
                              | VLAN_CFI);
        left->vlan_tpid[n_tags] = 0;
        left->vlan_vid[n_tags] = 0;
        left->vlan_pcp[n_tags] = 0;
    }
    /* With other_config:vlan-limit lower than that, OVS no longer looks so
     * far: to it, such a packet is of another type. */
    if (n_tags > flow_vlan_limit) {
        return EOPNOTSUPP;
    }
    if (!n_tags) {
        masks->vlans[0].qtag = OVS_BE32_MAX;
    }
    return 0;
}

/* OVS has the kind of a fragment as one value, TC two bits.  A rule without
 * them takes any kind, but for fields that TC finds in whole packets only: then
 * translate_flow() leaves them out. */
static int
match_frag(const struct nfo_rule *rule, struct match *match,
           struct nfo_key *left)
{
    uint8_t value = rule->key.ip_frag & rule->mask.ip_frag;
    uint8_t frag;

    switch (rule->mask.ip_frag) {
    case 0:
        if (translate_maybe_fragment(rule)) {
            return 0;
        }
        /* Fall through. */
    case NFO_FRAG_ANY:
        frag = 0;
        break;
    case NFO_FRAG_ANY | NFO_FRAG_FIRST:
        frag = value & NFO_FRAG_ANY ? FLOW_NW_FRAG_ANY : 0;
        if (!(value & NFO_FRAG_FIRST)) {
            frag |= frag ? FLOW_NW_FRAG_LATER : 0;
        } else if (!frag) {
            return EOPNOTSUPP;
        }
        break;
    default:
        return EOPNOTSUPP;
    }
    /* First or later, or not the first: two kinds in one rule. */
    if (rule->mask.ip_frag == NFO_FRAG_ANY && value) {
        return EOPNOTSUPP;
    }
    match_set_nw_frag_masked(match, frag, FLOW_NW_FRAG_MASK);
    left->ip_frag = 0;
    return 0;
}

static void
match_l4(const struct nfo_rule *rule, struct match *match,
         struct nfo_key *left)
{
    const struct nfo_key *key = &rule->key;
    const struct nfo_key *mask = &rule->mask;

    /* struct flow has no ports behind the first fragment. */
    if (mask->ip_proto != UINT8_MAX
        || match->flow.nw_frag & FLOW_NW_FRAG_LATER) {
        return;
    }
    switch (key->ip_proto) {
    case IPPROTO_TCP:
        /* Of 16 bits, a packet has 12; OVS asks for all or some. */
        match_set_tcp_flags_masked(match, key->tcp_flags,
                                   (mask->tcp_flags == htons(0x0fff)
                                    ? OVS_BE16_MAX : mask->tcp_flags));
        left->tcp_flags = 0;
        /* Fall through. */
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
        match_set_tp_src_masked(match, key->sport, mask->sport);
        match_set_tp_dst_masked(match, key->dport, mask->dport);
        left->sport = left->dport = 0;
        break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        if ((key->ip_proto == IPPROTO_ICMP)
            != (key->eth_type == htons(ETH_TYPE_IP))) {
            break;
        }
        match_set_tp_src_masked(match, htons(key->icmp_type),
                                htons(mask->icmp_type));
        match_set_tp_dst_masked(match, htons(key->icmp_code),
                                htons(mask->icmp_code));
        left->icmp_type = left->icmp_code = 0;
        break;
    }
}

static int
match_ip(const struct nfo_rule *rule, struct match *match,
         struct nfo_key *left)
{
    const struct nfo_key *key = &rule->key;
    const struct nfo_key *mask = &rule->mask;
    int error;

    match->flow.nw_proto = key->ip_proto;
    match->wc.masks.nw_proto = mask->ip_proto;
    match->flow.nw_tos = key->tos;
    match->wc.masks.nw_tos = mask->tos;
    match_set_nw_ttl_masked(match, key->ttl, mask->ttl);
    left->ip_proto = left->tos = left->ttl = 0;

    if (key->eth_type == htons(ETH_TYPE_IP)) {
        match_set_nw_src_masked(match, key->ipv4_src, mask->ipv4_src);
        match_set_nw_dst_masked(match, key->ipv4_dst, mask->ipv4_dst);
        left->ipv4_src = left->ipv4_dst = 0;
    } else {
        match_set_ipv6_src_masked(match, &key->ipv6_src, &mask->ipv6_src);
        match_set_ipv6_dst_masked(match, &key->ipv6_dst, &mask->ipv6_dst);
        left->ipv6_src = left->ipv6_dst = in6addr_any;
    }
    error = match_frag(rule, match, left);
    if (!error) {
        match_l4(rule, match, left);
    }
    return error;
}

static void
match_arp(const struct nfo_rule *rule, struct match *match,
          struct nfo_key *left)
{
    const struct nfo_key *key = &rule->key;
    const struct nfo_key *mask = &rule->mask;

    match_set_nw_src_masked(match, key->arp_sip, mask->arp_sip);
    match_set_nw_dst_masked(match, key->arp_tip, mask->arp_tip);
    match->flow.nw_proto = key->arp_op;
    match->wc.masks.nw_proto = mask->arp_op;
    memcpy(&match->flow.arp_sha, key->arp_sha, ETH_ADDR_LEN);
    memcpy(&match->flow.arp_tha, key->arp_tha, ETH_ADDR_LEN);
    memcpy(&match->wc.masks.arp_sha, mask->arp_sha, ETH_ADDR_LEN);
    memcpy(&match->wc.masks.arp_tha, mask->arp_tha, ETH_ADDR_LEN);
    left->arp_sip = left->arp_tip = 0;
    /* To OVS an operation of 255 is the mask of one (get_arp_key()). */
    if (key->arp_op != UINT8_MAX) {
        left->arp_op = 0;
    }
    memset(left->arp_sha, 0, ETH_ADDR_LEN);
    memset(left->arp_tha, 0, ETH_ADDR_LEN);
}

/* The outer label.  As attributes a stack ends at its bottom, and is none without
 * (parse_l2_5_onward() of lib/odp-util.c): where the rule does not say, it is
 * this label, else one that does not matter. */
static void
match_mpls(const struct nfo_rule *rule, struct match *match,
           struct nfo_key *left)
{
    ovs_be32 bottom = htonl(MPLS_BOS_MASK);

    match->flow.mpls_lse[0] = rule->key.mpls_lse;
    match->wc.masks.mpls_lse[0] = rule->mask.mpls_lse;
    if (!(rule->mask.mpls_lse & bottom)) {
        match->flow.mpls_lse[0] |= bottom;
    } else if (!(rule->key.mpls_lse & bottom)) {
        match->flow.mpls_lse[1] = bottom;
    }
    left->mpls_lse = 0;
}

/* Conntrack states, in the rule's bits and in those of struct flow. */
static const struct {
    uint16_t rule;
    uint8_t flow;
} ct_bits[] = {
    { NFO_CT_NEW, CS_NEW },
    { NFO_CT_EST, CS_ESTABLISHED },
    { NFO_CT_REL, CS_RELATED },
    { NFO_CT_TRK, CS_TRACKED },
    { NFO_CT_INV, CS_INVALID },
    { NFO_CT_RPL, CS_REPLY_DIR },
};

static int
match_ct(const struct nfo_rule *rule, struct match *match,
         struct nfo_key *left)
{
    uint8_t state = 0, state_mask = 0;
    ovs_u128 label, label_mask;

    for (size_t i = 0; i < ARRAY_SIZE(ct_bits); i++) {
        if (rule->key.ct_state & ct_bits[i].rule) {
            state |= ct_bits[i].flow;
        }
        if (rule->mask.ct_state & ct_bits[i].rule) {
            state_mask |= ct_bits[i].flow;
        }
    }
    /* What follows, and TC need not be told or always is: a packet with any state
     * is tracked, an established connection is no new one. */
    if (state) {
        if (state_mask & ~state & CS_TRACKED) {
            return EOPNOTSUPP;
        }
        state |= CS_TRACKED;
        state_mask |= CS_TRACKED;
    }
    if (state & CS_ESTABLISHED) {
        state_mask |= CS_NEW;
    }
    match_set_ct_state_masked(match, state, state_mask);
    match_set_ct_zone_masked(match, rule->key.ct_zone, rule->mask.ct_zone);
    match_set_ct_mark_masked(match, rule->key.ct_mark, rule->mask.ct_mark);
    memcpy(&label, rule->key.ct_label, sizeof label);
    memcpy(&label_mask, rule->mask.ct_label, sizeof label_mask);
    match_set_ct_label_masked(match, label, label_mask);
    left->ct_state = left->ct_zone = 0;
    left->ct_mark = 0;
    memset(left->ct_label, 0, sizeof left->ct_label);
    return 0;
}

int
back_match(const struct nfo_rule *rule, const struct back_port *in,
           struct match *match)
{
    struct nfo_key left = rule->mask;
    int error;

    error = match_l2(rule, match, &left);
    if (!error) {
        error = back_match_tunnel(rule, in, match, &left);
    }
    if (!error) {
        error = match_ct(rule, match, &left);
    }
    if (error) {
        return error;
    }

    if (eth_type_mpls(rule->key.eth_type)) {
        match_mpls(rule, match, &left);
    } else if (rule->key.eth_type == htons(ETH_TYPE_ARP)
               || rule->key.eth_type == htons(ETH_TYPE_RARP)) {
        match_arp(rule, match, &left);
    } else if (is_ip_any(&match->flow)) {
        error = match_ip(rule, match, &left);
    }
    if (!error && !is_all_zeros(&left, sizeof left)) {
        error = EOPNOTSUPP;
    }
    return error;
}
