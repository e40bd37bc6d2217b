/* SPDX-License-Identifier: Apache-2.0 */

/* match: what an OVS flow matches, as the match of a rule: Ethernet, tags,
 * labels, connection tracking.  IP and ARP are in match_ip.c, tunnels in
 * match_tunnel.c, what remains in match_left.c.
 *
 * A rule may match less than the flow, never more: OVS installs a flow for the
 * packet it has seen, under an identifier made of all of that packet's key
 * (odp_flow_key_hash() of lib/odp-util.c), so another packet gets another
 * flow and another rule.
 *
 * Facts: struct flow in include/openvswitch/flow.h, lib/odp-util.c,
 * net/sched/cls_flower.c. */

#include <config.h>

#include "translate_part.h"

#include <string.h>

#include "flow.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "util.h"

static void
match_ethernet(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    memcpy(key->eth_src, &flow->dl_src, sizeof key->eth_src);
    memcpy(mask->eth_src, &left->dl_src, sizeof mask->eth_src);
    memcpy(key->eth_dst, &flow->dl_dst, sizeof key->eth_dst);
    memcpy(mask->eth_dst, &left->dl_dst, sizeof mask->eth_dst);
    memset(&left->dl_src, 0, sizeof left->dl_src);
    memset(&left->dl_dst, 0, sizeof left->dl_dst);
}

static bool
whole_or_none(uint16_t mask, uint16_t bits)
{
    return !(mask & bits) || (mask & bits) == bits;
}

/* A tag that the packet has, with mask 'm' not 0. */
static int
match_tag(struct translation *t, int i, union flow_vlan_hdr m)
{
    union flow_vlan_hdr k = t->match.flow.vlans[i];
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;
    uint16_t tci = ntohs(m.tci);

    /* To match no more than that there is a tag is all right, though the tc
     * provider does not do so. */
    if (m.tpid != OVS_BE16_MAX) {
        return translate_refuse_match(t, "vlan tpid");
    }
    if (!whole_or_none(tci, VLAN_VID_MASK)) {
        return translate_refuse_match(t, "vlan vid");
    }
    if (!whole_or_none(tci, VLAN_PCP_MASK)) {
        return translate_refuse_match(t, "vlan pcp");
    }
    key->vlan_tpid[i] = k.tpid;
    mask->vlan_tpid[i] = OVS_BE16_MAX;
    if (tci & VLAN_VID_MASK) {
        key->vlan_vid[i] = vlan_tci_to_vid(k.tci);
        mask->vlan_vid[i] = VLAN_VID_MASK;
    }
    if (tci & VLAN_PCP_MASK) {
        key->vlan_pcp[i] = vlan_tci_to_pcp(k.tci);
        mask->vlan_pcp[i] = VLAN_PCP_MASK >> VLAN_PCP_SHIFT;
    }
    return 0;
}

/* There is no such tag, with mask 'm' not 0.  A rule says that by the type it
 * matches; OVS by the bit that stands for a tag (VLAN_CFI). */
static int
match_no_tag(struct translation *t, int i, union flow_vlan_hdr m)
{
    /* A frame that ends behind the TPID: it has the type of a tag.  The tc
     * provider's rule takes every tagged packet. */
    if (t->match.flow.vlans[i].tpid) {
        return translate_refuse_match(t, "vlan truncated");
    }
    /* With or without a tag, or without one but of any type: flower cannot
     * say that. */
    if (!(m.tci & htons(VLAN_CFI))
        || t->match.wc.masks.dl_type != OVS_BE16_MAX) {
        return translate_refuse_match(t, "vlan");
    }
    return 0;
}

static int
match_vlans(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    bool skipped = false;

    for (int i = 0; i < FLOW_MAX_VLAN_HEADERS; i++) {
        bool there = flow->vlans[i].tci & htons(VLAN_CFI);
        union flow_vlan_hdr m = left->vlans[i];
        int error;

        left->vlans[i].qtag = 0;
        if (!m.qtag) {
            skipped = skipped || there;
            continue;
        }
        if (skipped) {
            break;
        }
        error = there ? match_tag(t, i, m) : match_no_tag(t, i, m);
        if (error) {
            return error;
        }
        if (!there) {
            /* Masks of tags further in are about nothing. */
            memset(&left->vlans[i], 0,
                   (FLOW_MAX_VLAN_HEADERS - i) * sizeof left->vlans[i]);
            break;
        }
    }
    /* What is behind a tag that does not matter is out of sight. */
    return (skipped && left->dl_type
            ? translate_refuse_match(t, "vlan tpid") : 0);
}

static int
match_eth_type(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;

    /* Ethernet is all that flower knows; the mask is that of the namespace
     * too, which is 0 for it. */
    if (flow->packet_type != htonl(PT_ETH)) {
        return translate_refuse_match(t, "packet_type");
    }
    left->packet_type = 0;
    if (!left->dl_type) {
        return 0;
    }
    if (left->dl_type != OVS_BE16_MAX) {
        return translate_refuse_match(t, "eth_type");
    }
    if (ntohs(flow->dl_type) < ETH_TYPE_MIN) {
        return translate_refuse_match(t, "802.2 frame");
    }
    if (eth_type_vlan(flow->dl_type)) {
        return translate_refuse_match(t, "third vlan");
    }
    t->rule->key.eth_type = flow->dl_type;
    t->rule->mask.eth_type = OVS_BE16_MAX;
    left->dl_type = 0;
    return 0;
}

/* The outer label; the masks of others refuse the flow. */
static int
match_mpls(struct translation *t)
{
    static const uint32_t fields[] = {
        MPLS_LABEL_MASK, MPLS_TC_MASK, MPLS_BOS_MASK, MPLS_TTL_MASK,
    };
    struct flow *left = &t->match.wc.masks;
    uint32_t lse = ntohl(left->mpls_lse[0]);

    if (!lse || !t->rule->mask.eth_type
        || !eth_type_mpls(t->rule->key.eth_type)) {
        return 0;
    }
    for (int i = 0; i < ARRAY_SIZE(fields); i++) {
        if (lse & fields[i] && (lse & fields[i]) != fields[i]) {
            return translate_refuse_match(t, "mpls part of a field");
        }
    }
    t->rule->key.mpls_lse = t->match.flow.mpls_lse[0];
    t->rule->mask.mpls_lse = left->mpls_lse[0];
    left->mpls_lse[0] = 0;
    return 0;
}

/* Flower wants +trk beside every other bit that is set, and no -new beside
 * +est, fl_validate_ct_state() in cls_flower.c; both say nothing new.
 *
 * To OVS the first packet of a related connection is +new+rel, to flower it
 * is +rel: a rule for it is placed, as the tc provider does, and idle. */
static int
match_ct_state(struct translation *t)
{
    static const struct {
        uint8_t ovs;
        uint16_t ours;
    } bits[] = {
        { CS_NEW, NFO_CT_NEW },
        { CS_ESTABLISHED, NFO_CT_EST },
        { CS_RELATED, NFO_CT_REL },
        { CS_REPLY_DIR, NFO_CT_RPL },
        { CS_INVALID, NFO_CT_INV },
        { CS_TRACKED, NFO_CT_TRK },
    };
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    for (int i = 0; i < ARRAY_SIZE(bits); i++) {
        if (!(left->ct_state & bits[i].ovs)) {
            continue;
        }
        mask->ct_state |= bits[i].ours;
        if (t->match.flow.ct_state & bits[i].ovs) {
            key->ct_state |= bits[i].ours;
        }
        left->ct_state &= ~bits[i].ovs;
    }
    if (key->ct_state & NFO_CT_EST) {
        /* Never both; the tc provider drops +new. */
        if (key->ct_state & NFO_CT_NEW) {
            return translate_refuse_match(t, "ct_state +new+est");
        }
        mask->ct_state &= ~NFO_CT_NEW;
    }
    if (key->ct_state & NFO_CT_INV
        && key->ct_state & ~(NFO_CT_INV | NFO_CT_TRK)) {
        return translate_refuse_match(t, "ct_state +inv and more");
    }
    if (key->ct_state & NFO_CT_NEW && key->ct_state & NFO_CT_RPL) {
        return translate_refuse_match(t, "ct_state +new+rpl");
    }
    if (key->ct_state) {
        if (mask->ct_state & NFO_CT_TRK && !(key->ct_state & NFO_CT_TRK)) {
            return translate_refuse_match(t, "ct_state -trk and more");
        }
        key->ct_state |= NFO_CT_TRK;
        mask->ct_state |= NFO_CT_TRK;
    }
    return 0;
}

static int
match_ct(struct translation *t)
{
    const struct flow *flow = &t->match.flow;
    struct flow *left = &t->match.wc.masks;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    key->ct_zone = flow->ct_zone;
    mask->ct_zone = left->ct_zone;
    left->ct_zone = 0;
    key->ct_mark = flow->ct_mark;
    mask->ct_mark = left->ct_mark;
    left->ct_mark = 0;
    /* Bytes as the kernel has them, in both. */
    memcpy(key->ct_label, &flow->ct_label, sizeof key->ct_label);
    memcpy(mask->ct_label, &left->ct_label, sizeof mask->ct_label);
    memset(&left->ct_label, 0, sizeof left->ct_label);
    return match_ct_state(t);
}

/* Says all of 't->match' as the match of 't->rule', or refuses it. */
int
translate_match(struct translation *t)
{
    struct flow *left = &t->match.wc.masks;
    int error;

    match_ethernet(t);
    error = match_vlans(t);
    if (!error) {
        error = match_eth_type(t);
    }
    if (!error) {
        error = match_mpls(t);
    }
    if (!error) {
        error = translate_match_ip(t);
    }
    if (!error) {
        error = match_ct(t);
    }
    if (!error) {
        error = translate_match_tunnel(t);
    }
    /* A packet that comes from outside has no mark yet. */
    if (left->pkt_mark == UINT32_MAX && !t->match.flow.pkt_mark) {
        left->pkt_mark = 0;
    }
    return error ? error : translate_match_left(t);
}
