/* SPDX-License-Identifier: Apache-2.0 */

/* action_ct: connection tracking with all its arguments.
 *
 * Facts: enum ovs_ct_attr and ovs_nat_attr in include/linux/openvswitch.h,
 * net/openvswitch/conntrack.c, net/sched/act_ct.c. */

#include <config.h>

#include "translate_part.h"

#include <string.h>

#include "netlink.h"
#include "odp-netlink.h"

static int
nat_address(struct translation *t, struct nfo_nat *nat, struct in6_addr *to,
            const struct nlattr *a)
{
    size_t size = nl_attr_get_size(a);

    if (size != sizeof(struct in6_addr) && size != sizeof(ovs_be32)) {
        return translate_malformed(t, "ct nat");
    }
    memcpy(to, nl_attr_get(a), size);
    nat->is_ipv6 = size == sizeof(struct in6_addr);
    return 0;
}

static int
nat_port(struct translation *t, ovs_be16 *to, const struct nlattr *a)
{
    if (nl_attr_get_size(a) != sizeof(uint16_t)) {
        return translate_malformed(t, "ct nat");
    }
    *to = htons(nl_attr_get_u16(a));
    return 0;
}

/* How addresses and ports are chosen from a range, act_ct has no words for;
 * the tc provider leaves it to chance. */
static int
nat_attr(struct translation *t, struct nfo_action *action,
         const struct nlattr *a)
{
    struct nfo_nat *nat = &action->ct.nat;

    switch ((enum ovs_nat_attr) nl_attr_type(a)) {
    case OVS_NAT_ATTR_SRC:
        action->ct.flags |= NFO_CT_NAT_SRC;
        return 0;
    case OVS_NAT_ATTR_DST:
        action->ct.flags |= NFO_CT_NAT_DST;
        return 0;
    case OVS_NAT_ATTR_IP_MIN:
        return nat_address(t, nat, &nat->addr_min, a);
    case OVS_NAT_ATTR_IP_MAX:
        return nat_address(t, nat, &nat->addr_max, a);
    case OVS_NAT_ATTR_PROTO_MIN:
        return nat_port(t, &nat->port_min, a);
    case OVS_NAT_ATTR_PROTO_MAX:
        return nat_port(t, &nat->port_max, a);
    case OVS_NAT_ATTR_PERSISTENT:
        return translate_refuse_action(t, "ct nat persistent");
    case OVS_NAT_ATTR_PROTO_HASH:
        return translate_refuse_action(t, "ct nat hash");
    case OVS_NAT_ATTR_PROTO_RANDOM:
        return translate_refuse_action(t, "ct nat random");
    case OVS_NAT_ATTR_UNSPEC:
    case __OVS_NAT_ATTR_MAX:
    default:
        return translate_refuse_action(t, "ct nat unknown");
    }
}

static int
ct_nat(struct translation *t, struct nfo_action *action,
       const struct nlattr *nla)
{
    static const struct in6_addr none;
    struct nfo_nat *nat = &action->ct.nat;
    size_t left, size[2] = { 0, 0 };
    const struct nlattr *a;
    int error;

    action->ct.flags |= NFO_CT_NAT;
    NL_NESTED_FOR_EACH (a, left, nla) {
        error = nat_attr(t, action, a);
        if (error) {
            return error;
        }
        if (nl_attr_type(a) == OVS_NAT_ATTR_IP_MIN) {
            size[0] = nl_attr_get_size(a);
        } else if (nl_attr_type(a) == OVS_NAT_ATTR_IP_MAX) {
            size[1] = nl_attr_get_size(a);
        }
    }
    /* A direction and a range make no sense but together with each other;
     * the end of a range of addresses, or of ports, none without its start. */
    if (left || (size[1] && size[0] != size[1])
        || (nat->port_max && !nat->port_min)
        || ((action->ct.flags & NFO_CT_NAT_SRC)
            && (action->ct.flags & NFO_CT_NAT_DST))
        || (!(action->ct.flags & (NFO_CT_NAT_SRC | NFO_CT_NAT_DST))
            && (size[0] || nat->port_min))) {
        return translate_malformed(t, "ct nat");
    }
    /* To a rule 0.0.0.0 is no address. */
    if (size[0] && !memcmp(&nat->addr_min, &none, sizeof none)) {
        return translate_refuse_action(t, "ct nat to no address");
    }
    return 0;
}

static int
ct_mark(struct translation *t, struct nfo_action *action,
        const struct nlattr *a)
{
    uint32_t mark[2];

    if (nl_attr_get_size(a) != sizeof mark) {
        return translate_malformed(t, "ct mark");
    }
    memcpy(mark, nl_attr_get(a), sizeof mark);
    action->ct.mark = mark[0];
    action->ct.mark_mask = mark[1];
    return 0;
}

static int
ct_label(struct translation *t, struct nfo_action *action,
         const struct nlattr *a)
{
    const uint8_t *label = nl_attr_get(a);

    if (nl_attr_get_size(a) != 2 * sizeof action->ct.label) {
        return translate_malformed(t, "ct label");
    }
    memcpy(action->ct.label, label, sizeof action->ct.label);
    memcpy(action->ct.label_mask, label + sizeof action->ct.label,
           sizeof action->ct.label_mask);
    return 0;
}

/* Which events of a connection are told to listeners.  OVS asks for the same
 * ones with each commit, to keep their number down; act_ct tells all.  No
 * packet's way depends on it, so that set is let pass; no other is. */
static int
ct_eventmask(struct translation *t, const struct nlattr *a)
{
    if (nl_attr_get_size(a) != sizeof(uint32_t)) {
        return translate_malformed(t, "ct eventmask");
    }
    return (nl_attr_get_u32(a) == OVS_CT_EVENTMASK_DEFAULT ? 0
            : translate_refuse_action(t, "ct eventmask"));
}

static int
ct_attr(struct translation *t, struct nfo_action *action,
        const struct nlattr *a)
{
    switch ((enum ovs_ct_attr) nl_attr_type(a)) {
    case OVS_CT_ATTR_COMMIT:
        action->ct.flags |= NFO_CT_COMMIT;
        return 0;
    case OVS_CT_ATTR_FORCE_COMMIT:
        action->ct.flags |= NFO_CT_COMMIT | NFO_CT_FORCE;
        return 0;
    case OVS_CT_ATTR_ZONE:
        if (nl_attr_get_size(a) != sizeof(uint16_t)) {
            return translate_malformed(t, "ct zone");
        }
        action->ct.zone = nl_attr_get_u16(a);
        return 0;
    case OVS_CT_ATTR_MARK:
        return ct_mark(t, action, a);
    case OVS_CT_ATTR_LABELS:
        return ct_label(t, action, a);
    case OVS_CT_ATTR_NAT:
        return ct_nat(t, action, a);
    case OVS_CT_ATTR_EVENTMASK:
        return ct_eventmask(t, a);
    case OVS_CT_ATTR_HELPER:
        return translate_refuse_action(t, "ct helper");
    case OVS_CT_ATTR_TIMEOUT:
        return translate_refuse_action(t, "ct timeout");
    case OVS_CT_ATTR_UNSPEC:
    case __OVS_CT_ATTR_MAX:
    default:
        return translate_refuse_action(t, "ct unknown");
    }
}

/* 'nla' is an OVS_ACTION_ATTR_CT. */
int
translate_action_ct(struct translation *t, const struct nlattr *nla)
{
    struct nfo_action action;
    const struct nlattr *a;
    size_t left;
    int error;

    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_CT;
    NL_NESTED_FOR_EACH (a, left, nla) {
        error = ct_attr(t, &action, a);
        if (error) {
            return error;
        }
    }
    return left ? translate_malformed(t, "ct") : translate_add(t, &action);
}
