/* SPDX-License-Identifier: Apache-2.0 */

/* match_tunnel: the outer header that a tunnel's port has taken off, as the
 * match of a rule on that port.
 *
 * Facts: struct flow_tnl in include/openvswitch/packets.h, ofproto/tunnel.c
 * (tnl_wc_init()), lib/odp-util.c, cls_flower.c (fl_set_key_enc_opt()). */

#include <config.h>

#include "translate_part.h"

#include <netinet/in.h>
#include <string.h>

#include "flow.h"
#include "odp-util.h"
#include "openvswitch/tun-metadata.h"
#include "packets.h"
#include "util.h"

static void
match_outer(struct translation *t)
{
    const struct flow_tnl *tnl = &t->match.flow.tunnel;
    struct flow_tnl *left = &t->match.wc.masks.tunnel;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    /* Masks of the family that the header is not of are about nothing. */
    if (tnl->ip_dst || tnl->ip_src) {
        key->tun_ipv4_src = tnl->ip_src;
        mask->tun_ipv4_src = left->ip_src;
        key->tun_ipv4_dst = tnl->ip_dst;
        mask->tun_ipv4_dst = left->ip_dst;
    } else {
        key->tun_ipv6_src = tnl->ipv6_src;
        mask->tun_ipv6_src = left->ipv6_src;
        key->tun_ipv6_dst = tnl->ipv6_dst;
        mask->tun_ipv6_dst = left->ipv6_dst;
    }
    left->ip_src = left->ip_dst = 0;
    memset(&left->ipv6_src, 0, sizeof left->ipv6_src);
    memset(&left->ipv6_dst, 0, sizeof left->ipv6_dst);

    key->tun_tos = tnl->ip_tos;
    mask->tun_tos = left->ip_tos;
    left->ip_tos = 0;
    key->tun_ttl = tnl->ip_ttl;
    mask->tun_ttl = left->ip_ttl;
    left->ip_ttl = 0;
}

/* 32 bits, all of them or none.  A mask in between becomes all.
 *
 * GRE without a key: the kernel has 0 for it, and OVS takes a key of 0 for
 * none (options:key in vswitchd/vswitch.xml), so a rule that matches 0 is
 * both; the tc provider's takes any key. */
static int
match_id(struct translation *t)
{
    const struct flow_tnl *tnl = &t->match.flow.tunnel;
    struct flow_tnl *left = &t->match.wc.masks.tunnel;
    uint64_t id = ntohll(tnl->tun_id & left->tun_id);
    bool asked = left->tun_id || left->flags & FLOW_TNL_F_KEY;

    left->tun_id = 0;
    left->flags &= ~FLOW_TNL_F_KEY;
    if (id > UINT32_MAX) {
        return translate_refuse_match(t, "tun_id of more than 32 bits");
    }
    if (asked) {
        t->rule->key.tun_id = htonl(ntohll(tnl->tun_id));
        t->rule->mask.tun_id = OVS_BE32_MAX;
    }
    return 0;
}

/* A rule on the port of UDP names it exactly: mlx5 and nfp take no other.  It
 * is the port the device listens on, so nothing is lost.  GRE has none. */
static void
match_ports(struct translation *t)
{
    const struct flow_tnl *tnl = &t->match.flow.tunnel;
    struct flow_tnl *left = &t->match.wc.masks.tunnel;
    struct nfo_key *key = &t->rule->key, *mask = &t->rule->mask;

    if (t->in_port.kind == TRANSLATE_PORT_GRE) {
        if (!tnl->tp_src && !tnl->tp_dst) {
            left->tp_src = left->tp_dst = 0;
        }
        return;
    }
    key->tun_sport = tnl->tp_src;
    mask->tun_sport = left->tp_src;
    left->tp_src = 0;
    key->tun_dport = tnl->tp_dst;
    mask->tun_dport = tnl->tp_dst ? OVS_BE16_MAX : left->tp_dst;
    left->tp_dst = 0;
}

/* Where the kernel's flower cannot match flags it would not even say so; the
 * tc provider leaves out Don't Fragment and the checksum then. */
static void
match_flags(struct translation *t)
{
    static const struct {
        uint16_t ovs;
        uint16_t ours;
    } bits[] = {
        { FLOW_TNL_F_OAM, NFO_TUN_OAM },
        { FLOW_TNL_F_DONT_FRAGMENT, NFO_TUN_DF },
        { FLOW_TNL_F_CSUM, NFO_TUN_CSUM },
    };
    struct flow_tnl *left = &t->match.wc.masks.tunnel;

    if (!(t->env->features & TRANSLATE_ENC_FLAGS)) {
        return;
    }
    for (int i = 0; i < ARRAY_SIZE(bits); i++) {
        if (left->flags & bits[i].ovs) {
            t->rule->mask.tun_flags |= bits[i].ours;
            if (t->match.flow.tunnel.flags & bits[i].ovs) {
                t->rule->key.tun_flags |= bits[i].ours;
            }
            left->flags &= ~bits[i].ovs;
        }
    }
}

/* Flower compares the group only with packets that carry one, so a flow that
 * asks for none would never match. */
static int
match_gbp(struct translation *t)
{
    const struct flow_tnl *tnl = &t->match.flow.tunnel;
    struct flow_tnl *left = &t->match.wc.masks.tunnel;
    uint32_t mask = odp_encode_gbp_raw(left->gbp_flags, left->gbp_id);
    uint32_t key = odp_encode_gbp_raw(tnl->gbp_flags, tnl->gbp_id);

    if (t->in_port.kind != TRANSLATE_PORT_VXLAN || !mask) {
        return 0;
    }
    if (!key) {
        return translate_refuse_match(t, "tun_gbp_id of 0");
    }
    t->rule->key.tun_gbp = key;
    t->rule->mask.tun_gbp = mask;
    left->gbp_flags = 0;
    left->gbp_id = 0;
    return 0;
}

/* Options as they were in the packet, in their order.  That a packet has
 * none, flower cannot say; as with the tc provider a rule without options
 * takes packets with any. */
static int
match_geneve(struct translation *t)
{
    const struct tun_metadata *opts = &t->match.flow.tunnel.metadata;
    struct flow_tnl *left = &t->match.wc.masks.tunnel;
    const uint8_t *value = (const uint8_t *) opts->opts.gnv;
    size_t len = opts->present.len;
    int error;

    if (t->in_port.kind != TRANSLATE_PORT_GENEVE) {
        return 0;
    }
    if (!(t->match.flow.tunnel.flags & FLOW_TNL_F_UDPIF)) {
        /* Options by OpenFlow's numbers are none of a datapath's. */
        if (!opts->present.map) {
            left->flags &= ~FLOW_TNL_F_UDPIF;
            left->metadata.present.map = 0;
        }
        return 0;
    }
    left->flags &= ~FLOW_TNL_F_UDPIF;
    left->metadata.present.map = 0;
    for (size_t at = 0; at + 4 <= len; at += 4 + (value[at + 3] & 0x1f) * 4) {
        /* TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA must not be empty. */
        if (!(value[at + 3] & 0x1f)) {
            return translate_refuse_match(t, "geneve option without data");
        }
    }
    error = nfo_rule_match_geneve(t->rule, value,
                                  (const uint8_t *) left->metadata.opts.gnv,
                                  len);
    if (error) {
        return (error == -ENOMEM
                ? translate_refuse(t, NFT_OFFLOAD_REASON_NO_MEMORY, "")
                : translate_malformed(t, "tunnel geneve"));
    }
    memset(left->metadata.opts.gnv, 0, len);
    return 0;
}

/* 't->tunnel' says afterwards whether the packet comes with a header. */
int
translate_match_tunnel(struct translation *t)
{
    struct flow_tnl *left = &t->match.wc.masks.tunnel;
    int error;

    t->tunnel = t->in_port.kind >= TRANSLATE_PORT_VXLAN;
    if (!flow_tnl_dst_is_set(&t->match.flow.tunnel)
        && !flow_tnl_src_is_set(&t->match.flow.tunnel)) {
        if (t->tunnel && !is_all_zeros(left, sizeof *left)) {
            return translate_refuse_match(t, "tunnel without addresses");
        }
        /* A packet that came through no tunnel: of course. */
        memset(left, 0, sizeof *left);
        return 0;
    }
    if (!t->tunnel) {
        return translate_refuse_match(t, "tunnel of a port that is none");
    }
    match_outer(t);
    match_ports(t);
    match_flags(t);
    error = match_id(t);
    if (!error) {
        error = match_gbp(t);
    }
    if (!error) {
        error = match_geneve(t);
    }
    /* A mask for options is about nothing where there are none. */
    if (!error && t->in_port.kind != TRANSLATE_PORT_GENEVE
        && !(t->match.flow.tunnel.flags & FLOW_TNL_F_UDPIF)) {
        left->flags &= ~FLOW_TNL_F_UDPIF;
        memset(&left->metadata, 0, sizeof left->metadata);
    }
    return error;
}
