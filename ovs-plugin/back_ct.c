/* SPDX-License-Identifier: Apache-2.0 */

/* back_ct: a conntrack action as ct() or ct_clear.
 *
 * Attributes are those of compose_conntrack_action() and put_ct_nat() of
 * ofproto/ofproto-dpif-xlate.c, in their order. */

#include <config.h>

#include <errno.h>

#include "back_part.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* A range of one is written as its lower end only. */
static void
put_nat_range(const struct nfo_nat *nat, struct ofpbuf *actions)
{
    size_t size = nat->is_ipv6 ? sizeof nat->addr_min : sizeof(ovs_be32);

    if (!is_all_zeros(&nat->addr_min, size)) {
        nl_msg_put_unspec(actions, OVS_NAT_ATTR_IP_MIN, &nat->addr_min, size);
        if (memcmp(&nat->addr_max, &nat->addr_min, size)) {
            nl_msg_put_unspec(actions, OVS_NAT_ATTR_IP_MAX, &nat->addr_max,
                              size);
        }
    }
    if (nat->port_min) {
        nl_msg_put_u16(actions, OVS_NAT_ATTR_PROTO_MIN, ntohs(nat->port_min));
        if (nat->port_max != nat->port_min) {
            nl_msg_put_u16(actions, OVS_NAT_ATTR_PROTO_MAX,
                           ntohs(nat->port_max));
        }
    }
}

static void
put_nat(const struct nfo_action *a, struct ofpbuf *actions)
{
    size_t ofs = nl_msg_start_nested(actions, OVS_CT_ATTR_NAT);

    if (a->ct.flags & (NFO_CT_NAT_SRC | NFO_CT_NAT_DST)) {
        nl_msg_put_flag(actions, (a->ct.flags & NFO_CT_NAT_SRC
                                  ? OVS_NAT_ATTR_SRC : OVS_NAT_ATTR_DST));
        put_nat_range(&a->ct.nat, actions);
    }
    nl_msg_end_nested(actions, ofs);
}

static void
put_values(const struct nfo_action *a, struct ofpbuf *actions)
{
    if (a->ct.mark_mask) {
        uint32_t mark[2] = { a->ct.mark, a->ct.mark_mask };

        nl_msg_put_unspec(actions, OVS_CT_ATTR_MARK, mark, sizeof mark);
    }
    if (!is_all_zeros(a->ct.label_mask, sizeof a->ct.label_mask)) {
        uint8_t label[2][sizeof a->ct.label];

        memcpy(label[0], a->ct.label, sizeof label[0]);
        memcpy(label[1], a->ct.label_mask, sizeof label[1]);
        nl_msg_put_unspec(actions, OVS_CT_ATTR_LABELS, label, sizeof label);
    }
}

/* Flags that contradict each other: the kernel takes them, OVS does not. */
static bool
flags_are_sane(uint32_t flags)
{
    uint32_t nat = flags & (NFO_CT_NAT_SRC | NFO_CT_NAT_DST);

    return !(flags & NFO_CT_FORCE && !(flags & NFO_CT_COMMIT))
           && !(nat && !(flags & NFO_CT_NAT))
           && nat != (NFO_CT_NAT_SRC | NFO_CT_NAT_DST);
}

int
back_ct(const struct nfo_action *a, struct ofpbuf *actions)
{
    uint32_t flags = a->ct.flags;
    size_t ofs;

    if (flags & NFO_CT_CLEAR) {
        if (flags != NFO_CT_CLEAR) {
            return EOPNOTSUPP;
        }
        nl_msg_put_flag(actions, OVS_ACTION_ATTR_CT_CLEAR);
        return 0;
    }
    if (!flags_are_sane(flags)) {
        return EOPNOTSUPP;
    }
    ofs = nl_msg_start_nested(actions, OVS_ACTION_ATTR_CT);
    if (flags & NFO_CT_COMMIT) {
        nl_msg_put_flag(actions, (flags & NFO_CT_FORCE
                                  ? OVS_CT_ATTR_FORCE_COMMIT
                                  : OVS_CT_ATTR_COMMIT));
        /* ofproto-dpif asks for it wherever the datapath knows the attribute
         * (Linux 4.12), and translate_flow() lets it pass. */
        nl_msg_put_u32(actions, OVS_CT_ATTR_EVENTMASK,
                       OVS_CT_EVENTMASK_DEFAULT);
    }
    nl_msg_put_u16(actions, OVS_CT_ATTR_ZONE, a->ct.zone);
    put_values(a, actions);
    if (flags & NFO_CT_NAT) {
        put_nat(a, actions);
    }
    nl_msg_end_nested(actions, ofs);
    return 0;
}
