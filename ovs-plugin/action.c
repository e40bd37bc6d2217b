/* SPDX-License-Identifier: Apache-2.0 */

/* action: what an OVS flow does, as the actions of a rule: outputs, tags,
 * labels, recirculation, meters, and the order of all.
 *
 * A rule must say what becomes of the packet at the end of each way through
 * it: where a flow's actions end, OVS drops what is left of the packet, TC
 * gives it to the kernel's stack.
 *
 * Facts: enum ovs_action_attr in include/linux/openvswitch.h, the datapath's
 * do_execute_actions() in net/openvswitch/actions.c. */

#include <config.h>

#include "translate_part.h"

#include <linux/if_packet.h>
#include <string.h>

#include "flow.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/packets.h"
#include "packets.h"

/* An attribute of just 'size' bytes? */
static bool
is_sized(const struct nlattr *a, size_t size)
{
    return nl_attr_get_size(a) == size;
}

int
translate_release(struct translation *t, struct translate_path *path)
{
    if (!t->tunnel || path->released) {
        return 0;
    }
    path->released = true;
    return translate_add_plain(t, NFO_ACT_TUNNEL_RELEASE);
}

int
translate_action_output(struct translation *t, struct translate_path *path,
                        const struct nlattr *a, bool last)
{
    struct translate_port port;
    struct nfo_action action;
    int error;

    if (!is_sized(a, sizeof(uint32_t))) {
        return translate_malformed(t, "output");
    }
    if (!t->env->port(t->env->aux, nl_attr_get_odp_port(a), &port)) {
        return translate_refuse(t, NFT_OFFLOAD_REASON_OTHER_PROVIDER,
                                "output");
    }
    error = translate_release(t, path);
    if (error) {
        return error;
    }
    memset(&action, 0, sizeof action);
    if (port.kind == TRANSLATE_PORT_INTERNAL) {
        /* It was for another host until now, to eth_type_trans(). */
        action.type = NFO_ACT_SKBEDIT_PTYPE;
        action.ptype = PACKET_HOST;
        error = translate_add(t, &action);
        if (error) {
            return error;
        }
        memset(&action, 0, sizeof action);
        action.port.ingress = true;
    }
    action.type = last ? NFO_ACT_REDIRECT : NFO_ACT_MIRROR;
    action.port.ifindex = port.ifindex;
    path->ended = last;
    return translate_add(t, &action);
}

static int
action_push_vlan(struct translation *t, const struct nlattr *a)
{
    const struct ovs_action_push_vlan *push = nl_attr_get(a);
    struct nfo_action action;

    if (!is_sized(a, sizeof *push)) {
        return translate_malformed(t, "push_vlan");
    }
    if (!eth_type_vlan(push->vlan_tpid)) {
        return translate_refuse_action(t, "push_vlan tpid");
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_VLAN_PUSH;
    action.vlan.tpid = push->vlan_tpid;
    action.vlan.vid = vlan_tci_to_vid(push->vlan_tci);
    action.vlan.pcp = vlan_tci_to_pcp(push->vlan_tci);
    if (action.vlan.vid == VLAN_VID_MASK) {
        return translate_refuse_action(t, "push_vlan vid 4095");
    }
    return translate_add(t, &action);
}

/* All fields of a label; a TTL of 0 is none to act_mpls. */
static int
action_push_mpls(struct translation *t, struct translate_path *path,
                 const struct nlattr *a)
{
    const struct ovs_action_push_mpls *push = nl_attr_get(a);
    struct nfo_action action;

    if (!is_sized(a, sizeof *push)) {
        return translate_malformed(t, "push_mpls");
    }
    if (!eth_type_mpls(push->mpls_ethertype)) {
        return translate_refuse_action(t, "push_mpls eth_type");
    }
    if (!mpls_lse_to_ttl(push->mpls_lse)) {
        return translate_refuse_action(t, "push_mpls ttl 0");
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_MPLS_PUSH;
    action.mpls.proto = push->mpls_ethertype;
    action.mpls.lse = push->mpls_lse;
    action.mpls.mask = OVS_BE32_MAX;
    path->mpls = true;
    return translate_add(t, &action);
}

static int
action_pop_mpls(struct translation *t, struct translate_path *path,
                const struct nlattr *a)
{
    struct nfo_action action;

    if (!is_sized(a, sizeof(ovs_be16))) {
        return translate_malformed(t, "pop_mpls");
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_MPLS_POP;
    action.mpls.proto = nl_attr_get_be16(a);
    path->mpls = true;
    return translate_add(t, &action);
}

static int
action_set(struct translation *t, struct translate_path *path,
           const struct nlattr *a)
{
    const struct nlattr *set = nl_attr_get(a);
    bool masked = nl_attr_type(a) == OVS_ACTION_ATTR_SET_MASKED;

    /* One attribute and nothing else. */
    if (!nl_attr_is_valid(set, nl_attr_get_size(a))
        || NLA_ALIGN(set->nla_len) != NLA_ALIGN(nl_attr_get_size(a))) {
        return translate_malformed(t, "set");
    }
    if (nl_attr_type(set) == OVS_KEY_ATTR_TUNNEL) {
        return (masked ? translate_refuse_action(t, "set tunnel masked")
                : translate_action_tunnel(t, path, set));
    }
    return translate_action_set(t, path, set, masked);
}

/* OVS goes on with a copy if more follows; TC is gone. */
static int
action_recirc(struct translation *t, struct translate_path *path,
              const struct nlattr *a, bool last)
{
    struct nfo_action action;

    if (!is_sized(a, sizeof(uint32_t))) {
        return translate_malformed(t, "recirc");
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_GOTO;
    action.chain = nl_attr_get_u32(a);
    if (!(t->env->features & TRANSLATE_RECIRC)) {
        return translate_refuse(t, NFT_OFFLOAD_REASON_RECIRC_UNSHARED, "");
    }
    if (!action.chain || action.chain > TRANSLATE_CHAIN_MAX) {
        return translate_refuse_action(t, "recirc");
    }
    if (!last) {
        return translate_refuse_action(t, "actions behind recirc");
    }
    /* The rules of that chain match the header that is gone. */
    if (path->released) {
        return translate_refuse_action(t, "recirc behind tunnel release");
    }
    path->ended = true;
    return translate_add(t, &action);
}

static int
action_meter(struct translation *t, const struct nlattr *a)
{
    struct nfo_action action;

    if (!is_sized(a, sizeof(uint32_t))) {
        return translate_malformed(t, "meter");
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_POLICE;
    if (!t->env->police(t->env->aux, nl_attr_get_u32(a), &action.police)) {
        return translate_refuse(t, NFT_OFFLOAD_REASON_METER_UNKNOWN, "");
    }
    return translate_add(t, &action);
}

static int
action_ct_clear(struct translation *t)
{
    struct nfo_action action;

    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_CT;
    action.ct.flags = NFO_CT_CLEAR;
    return translate_add(t, &action);
}

static int
action_unsupported(struct translation *t, uint16_t type)
{
    static const char *const names[] = {
        [OVS_ACTION_ATTR_USERSPACE] = "userspace",
        [OVS_ACTION_ATTR_SAMPLE] = "sample",
        [OVS_ACTION_ATTR_HASH] = "hash",
        [OVS_ACTION_ATTR_TRUNC] = "trunc",
        [OVS_ACTION_ATTR_PUSH_ETH] = "push_eth",
        [OVS_ACTION_ATTR_POP_ETH] = "pop_eth",
        [OVS_ACTION_ATTR_PUSH_NSH] = "push_nsh",
        [OVS_ACTION_ATTR_POP_NSH] = "pop_nsh",
        [OVS_ACTION_ATTR_CLONE] = "clone",
        [OVS_ACTION_ATTR_ADD_MPLS] = "add_mpls",
        [OVS_ACTION_ATTR_DEC_TTL] = "dec_ttl",
        [OVS_ACTION_ATTR_PSAMPLE] = "psample",
        [OVS_ACTION_ATTR_TUNNEL_PUSH] = "tnl_push",
        [OVS_ACTION_ATTR_TUNNEL_POP] = "tnl_pop",
        [OVS_ACTION_ATTR_LB_OUTPUT] = "lb_output",
    };

    return translate_refuse_action(t, (type < ARRAY_SIZE(names) && names[type]
                                       ? names[type] : "unknown action"));
}

/* One action; after the 'last' one the packet's way ends. */
static int
add_action(struct translation *t, struct translate_path *path,
           const struct nlattr *a, bool last)
{
    uint16_t type = nl_attr_type(a);

    switch (type) {
    case OVS_ACTION_ATTR_OUTPUT:
        return translate_action_output(t, path, a, last);
    case OVS_ACTION_ATTR_SET:
    case OVS_ACTION_ATTR_SET_MASKED:
        return action_set(t, path, a);
    case OVS_ACTION_ATTR_PUSH_VLAN:
        return action_push_vlan(t, a);
    case OVS_ACTION_ATTR_POP_VLAN:
        return translate_add_plain(t, NFO_ACT_VLAN_POP);
    case OVS_ACTION_ATTR_PUSH_MPLS:
        return action_push_mpls(t, path, a);
    case OVS_ACTION_ATTR_POP_MPLS:
        return action_pop_mpls(t, path, a);
    case OVS_ACTION_ATTR_RECIRC:
        return action_recirc(t, path, a, last);
    case OVS_ACTION_ATTR_CT:
        return translate_action_ct(t, a);
    case OVS_ACTION_ATTR_CT_CLEAR:
        return action_ct_clear(t);
    case OVS_ACTION_ATTR_METER:
        return action_meter(t, a);
    case OVS_ACTION_ATTR_DROP:
        path->ended = true;
        return (last ? translate_add_plain(t, NFO_ACT_DROP)
                : translate_refuse_action(t, "actions behind drop"));
    default:
        return action_unsupported(t, type);
    }
}

/* Actions at the end of the packet's way; those of a check_pkt_len too. */
int
translate_action_list(struct translation *t, struct translate_path *path,
                      const struct nlattr *actions, size_t len)
{
    const struct nlattr *a;
    size_t left;
    int error;

    if (path->depth > TRANSLATE_DEPTH_MAX) {
        return translate_refuse(t, NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS, "");
    }
    NL_ATTR_FOR_EACH (a, left, actions, len) {
        size_t rest = left - nl_attr_len_pad(a, left);

        if (nl_attr_type(a) == OVS_ACTION_ATTR_CHECK_PKT_LEN) {
            const struct nlattr *next = rest ? nl_attr_next(a) : NULL;

            error = translate_action_check(t, path, a, next, rest);
            if (error || path->ended) {
                return error;
            }
            continue;
        }
        error = add_action(t, path, a, !rest);
        if (error) {
            return error;
        }
    }
    if (left) {
        return translate_malformed(t, "actions");
    }
    if (path->ended) {
        return 0;
    }
    path->ended = true;
    return translate_add_plain(t, NFO_ACT_DROP);
}

int
translate_actions(struct translation *t, const struct nlattr *actions,
                  size_t len)
{
    struct translate_path path;

    memset(&path, 0, sizeof path);
    return translate_action_list(t, &path, actions, len);
}
