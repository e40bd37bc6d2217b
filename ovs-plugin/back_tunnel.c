/* SPDX-License-Identifier: Apache-2.0 */

/* back_tunnel: outer headers, as struct match and as set(tunnel()).
 *
 * What ofproto-dpif always compares: tnl_wc_init() of ofproto/tunnel.c; the
 * order of attributes: tun_key_to_attr() of lib/odp-util.c. */

#include <config.h>

#include <errno.h>

#include "back_part.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Flags of VXLAN's group policy that the kernel keeps of a packet
 * (VXLAN_GBP_MASK of include/net/vxlan.h).  The others are always 0. */
#define GBP_FLAGS 0x48

static bool
is_tunnel(enum translate_port_kind kind)
{
    return kind == TRANSLATE_PORT_VXLAN || kind == TRANSLATE_PORT_GENEVE
           || kind == TRANSLATE_PORT_GRE;
}

/* Addresses.  One of them must be there for OVS to see a tunnel. */
static int
match_addresses(const struct nfo_rule *rule, struct match *match,
                struct nfo_key *left)
{
    const struct nfo_key *key = &rule->key;
    const struct nfo_key *mask = &rule->mask;

    match_set_tun_src_masked(match, key->tun_ipv4_src, mask->tun_ipv4_src);
    match_set_tun_dst_masked(match, key->tun_ipv4_dst, mask->tun_ipv4_dst);
    match_set_tun_ipv6_src_masked(match, &key->tun_ipv6_src,
                                  &mask->tun_ipv6_src);
    match_set_tun_ipv6_dst_masked(match, &key->tun_ipv6_dst,
                                  &mask->tun_ipv6_dst);
    left->tun_ipv4_src = left->tun_ipv4_dst = 0;
    left->tun_ipv6_src = left->tun_ipv6_dst = in6addr_any;
    return (flow_tnl_dst_is_set(&match->flow.tunnel)
            || flow_tnl_src_is_set(&match->flow.tunnel)) ? 0 : EOPNOTSUPP;
}

/* The id, 32 bits of OVS's 64: no tunnel has more.  A GRE packet without key is
 * one with key 0 to TC and to ofproto-dpif (options:key in
 * vswitchd/vswitch.xml); it is what there is. */
static int
match_id(const struct nfo_rule *rule, const struct back_port *in,
         struct match *match, struct nfo_key *left)
{
    if (!rule->mask.tun_id) {
        return 0;
    }
    if (rule->mask.tun_id != OVS_BE32_MAX) {
        return EOPNOTSUPP;
    }
    match_set_tun_id(match, htonll(ntohl(rule->key.tun_id)));
    if (rule->key.tun_id || in->port.kind != TRANSLATE_PORT_GRE) {
        match->flow.tunnel.flags |= FLOW_TNL_F_KEY;
    }
    match->wc.masks.tunnel.flags |= FLOW_TNL_F_KEY;
    left->tun_id = 0;
    return 0;
}

/* GRE has no ports, and a flow of ours says nothing of them. */
static int
match_ports(const struct nfo_rule *rule, const struct back_port *in,
            struct match *match, struct nfo_key *left)
{
    const struct nfo_key *mask = &rule->mask;

    if (in->port.kind == TRANSLATE_PORT_GRE) {
        return mask->tun_sport || mask->tun_dport ? EOPNOTSUPP : 0;
    }
    MATCH_SET_FIELD_MASKED(match, tunnel.tp_src, rule->key.tun_sport,
                           mask->tun_sport);
    match_set_tun_tp_dst_masked(match, rule->key.tun_dport, mask->tun_dport);
    left->tun_sport = left->tun_dport = 0;
    return 0;
}

static void
match_flags(const struct nfo_rule *rule, struct match *match,
            struct nfo_key *left)
{
    static const struct {
        uint16_t rule;
        uint16_t flow;
    } bits[] = {
        { NFO_TUN_CSUM, FLOW_TNL_F_CSUM },
        { NFO_TUN_DF, FLOW_TNL_F_DONT_FRAGMENT },
        { NFO_TUN_OAM, FLOW_TNL_F_OAM },
    };

    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        if (rule->key.tun_flags & bits[i].rule) {
            match->flow.tunnel.flags |= bits[i].flow;
        }
        if (rule->mask.tun_flags & bits[i].rule) {
            match->wc.masks.tunnel.flags |= bits[i].flow;
        }
        left->tun_flags &= ~bits[i].rule;
    }
}

static void
match_gbp(const struct nfo_rule *rule, struct match *match,
          struct nfo_key *left)
{
    ovs_be16 id, id_mask;
    uint8_t flags, flags_mask;

    odp_decode_gbp_raw(rule->key.tun_gbp, &id, &flags);
    odp_decode_gbp_raw(rule->mask.tun_gbp, &id_mask, &flags_mask);
    if ((flags_mask & GBP_FLAGS) == GBP_FLAGS) {
        flags_mask = UINT8_MAX;
    }
    match_set_tun_gbp_id_masked(match, id, id_mask);
    match_set_tun_gbp_flags_masked(match, flags, flags_mask);
    left->tun_gbp = 0;
}

/* Options as they came in the packet.  TC compares how long they are as well,
 * so the length is exact, as tun_metadata_from_geneve_nlattr() makes it; of
 * each option, tun_metadata_to_geneve_mask__() makes it exact. */
static void
match_geneve(const struct nfo_geneve *geneve, struct match *match)
{
    struct flow_tnl *tnl = &match->flow.tunnel;
    struct flow_tnl *mask = &match->wc.masks.tunnel;
    size_t at;

    if (!geneve) {
        return;
    }
    BUILD_ASSERT_DECL(NFO_GENEVE_MAX <= sizeof tnl->metadata.opts);
    tnl->flags |= FLOW_TNL_F_UDPIF;
    mask->flags |= FLOW_TNL_F_UDPIF;
    tnl->metadata.present.len = geneve->len;
    mask->metadata.present.len = UINT8_MAX;
    memcpy(tnl->metadata.opts.u8, geneve->value, geneve->len);
    memcpy(mask->metadata.opts.u8, geneve->mask, geneve->len);
    for (at = 0; at + 4 <= geneve->len;
         at += 4 + (geneve->value[at + 3] & 0x1f) * 4) {
        mask->metadata.opts.u8[at + 3] = 0x1f;
    }
}

int
back_match_tunnel(const struct nfo_rule *rule, const struct back_port *in,
                  struct match *match, struct nfo_key *left)
{
    const struct nfo_key *mask = &rule->mask;
    int error;

    if (!mask->tun_id && !mask->tun_ipv4_src && !mask->tun_ipv4_dst
        && ipv6_mask_is_any(&mask->tun_ipv6_src)
        && ipv6_mask_is_any(&mask->tun_ipv6_dst) && !mask->tun_sport
        && !mask->tun_dport && !mask->tun_tos && !mask->tun_ttl
        && !mask->tun_flags && !mask->tun_gbp && !rule->geneve) {
        /* A packet of a tunnel has an outer header, and OVS looks at it. */
        return is_tunnel(in->port.kind) ? EOPNOTSUPP : 0;
    }
    error = match_addresses(rule, match, left);
    if (!error) {
        error = match_id(rule, in, match, left);
    }
    if (!error) {
        error = match_ports(rule, in, match, left);
    }
    if (error) {
        return error;
    }
    match_set_tun_tos_masked(match, rule->key.tun_tos, mask->tun_tos);
    match_set_tun_ttl_masked(match, rule->key.tun_ttl, mask->tun_ttl);
    left->tun_tos = left->tun_ttl = 0;
    match_flags(rule, match, left);
    match_gbp(rule, match, left);
    match_geneve(rule->geneve, match);
    return 0;
}

/* Addresses that are 0 are not there. */
static void
put_address(struct ofpbuf *actions, bool is_ipv6, uint16_t ipv4_attr,
            uint16_t ipv6_attr, const struct in6_addr *addr)
{
    ovs_be32 ipv4;

    memcpy(&ipv4, addr, sizeof ipv4);
    if (is_ipv6 && ipv6_addr_is_set(addr)) {
        nl_msg_put_in6_addr(actions, ipv6_attr, addr);
    } else if (!is_ipv6 && ipv4) {
        nl_msg_put_be32(actions, ipv4_attr, ipv4);
    }
}

static void
put_tunnel_options(const struct nfo_tunnel *t, struct ofpbuf *actions)
{
    if (t->has_gbp) {
        size_t ofs = nl_msg_start_nested(actions,
                                         OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS);

        nl_msg_put_u32(actions, OVS_VXLAN_EXT_GBP, t->gbp);
        nl_msg_end_nested(actions, ofs);
    }
    if (t->geneve) {
        nl_msg_put_unspec(actions, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS,
                          t->geneve->value, t->geneve->len);
    }
}

void
back_set_tunnel(const struct nfo_tunnel *t, struct ofpbuf *actions)
{
    size_t set = nl_msg_start_nested(actions, OVS_ACTION_ATTR_SET);
    size_t tunnel = nl_msg_start_nested(actions, OVS_KEY_ATTR_TUNNEL);

    if (t->has_id) {
        nl_msg_put_be64(actions, OVS_TUNNEL_KEY_ATTR_ID,
                        htonll(ntohl(t->id)));
    }
    put_address(actions, t->is_ipv6, OVS_TUNNEL_KEY_ATTR_IPV4_SRC,
                OVS_TUNNEL_KEY_ATTR_IPV6_SRC, &t->src);
    put_address(actions, t->is_ipv6, OVS_TUNNEL_KEY_ATTR_IPV4_DST,
                OVS_TUNNEL_KEY_ATTR_IPV6_DST, &t->dst);
    if (t->tos) {
        nl_msg_put_u8(actions, OVS_TUNNEL_KEY_ATTR_TOS, t->tos);
    }
    nl_msg_put_u8(actions, OVS_TUNNEL_KEY_ATTR_TTL, t->ttl);
    if (t->flags & NFO_TUN_DF) {
        nl_msg_put_flag(actions, OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT);
    }
    if (t->flags & NFO_TUN_CSUM) {
        nl_msg_put_flag(actions, OVS_TUNNEL_KEY_ATTR_CSUM);
    }
    if (t->dport) {
        nl_msg_put_be16(actions, OVS_TUNNEL_KEY_ATTR_TP_DST, t->dport);
    }
    put_tunnel_options(t, actions);
    nl_msg_end_nested(actions, tunnel);
    nl_msg_end_nested(actions, set);
}
