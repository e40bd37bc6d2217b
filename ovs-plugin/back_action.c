/* SPDX-License-Identifier: Apache-2.0 */

/* back_action: a rule's actions as OVS_ACTION_ATTR_*.
 *
 * What TC needs and OVS does by itself vanishes: checksums after a rewrite, the
 * removal of a tunnel's metadata, the packet type for an internal port, a drop
 * at the end.  A rule that lets packets go on unforwarded is none of OVS, whose
 * packets end where the actions do.
 *
 * The branches of a CHECK_PKT_LEN may end a packet's way, and what they do to
 * the packet stays done.  In OVS they work on a copy of it, and all packets go
 * on behind as they were (execute_check_pkt_len() of net/openvswitch/actions.c).
 * So unless the branches only output, what follows them is written into them,
 * which is how xlate_check_pkt_larger() of ofproto/ofproto-dpif-xlate.c does it
 * anyway. */

#include <config.h>

#include <errno.h>
#include <linux/if_packet.h>

#include "back_part.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Room for OVS actions of one rule, in bytes: what the kernel takes at the most
 * (MAX_ACTIONS_BUFSIZE of net/openvswitch/flow_netlink.c). */
#define ACTIONS_MAX (32 * 1024)

struct walk {
    const struct translate_env *env;
    const struct nfo_rule *rule;
    const struct back_port *in;
    struct ofpbuf *actions;
    size_t start;               /* Where ours begin in 'actions'. */
};

/* Actions 'at' to 'end' (not included), and what comes behind them. */
struct stretch {
    uint16_t at;
    uint16_t end;
    const struct stretch *then;
};

static int walk_stretch(struct walk *, const struct stretch *,
                        struct back_packet *, bool *ends);

/* Packets for an internal port are received there, as for this host. */
static int
put_output(struct walk *w, const struct nfo_action *a,
           const struct back_packet *packet)
{
    struct back_port out;
    int error = back_port_find(w->env, a->port.ifindex, &out);

    if (error) {
        return error;
    }
    if ((out.port.kind == TRANSLATE_PORT_INTERNAL) != a->port.ingress
        || (a->port.ingress && !packet->to_host)) {
        return EOPNOTSUPP;
    }
    nl_msg_put_odp_port(w->actions, OVS_ACTION_ATTR_OUTPUT, out.no);
    return 0;
}

static void
put_push_vlan(const struct nfo_action *a, struct ofpbuf *actions)
{
    struct ovs_action_push_vlan vlan;

    vlan.vlan_tpid = a->vlan.tpid;
    vlan.vlan_tci = htons((a->vlan.vid & VLAN_VID_MASK)
                          | (a->vlan.pcp & 0x07) << VLAN_PCP_SHIFT | VLAN_CFI);
    nl_msg_put_unspec(actions, OVS_ACTION_ATTR_PUSH_VLAN, &vlan, sizeof vlan);
}

/* OVS pushes all fields of a label stack entry at once, and writes them all in
 * commit_mpls_action(); dpctl can ask for less. */
static int
put_mpls(const struct nfo_action *a, struct back_packet *packet,
         struct ofpbuf *actions)
{
    struct ovs_action_push_mpls push;

    if (a->type == NFO_ACT_MPLS_POP) {
        nl_msg_put_be16(actions, OVS_ACTION_ATTR_POP_MPLS, a->mpls.proto);
        packet->dl_type = a->mpls.proto;
        return 0;
    }
    if (a->type == NFO_ACT_MPLS_PUSH) {
        if (a->mpls.mask != OVS_BE32_MAX) {
            return EOPNOTSUPP;
        }
        memset(&push, 0, sizeof push);
        push.mpls_lse = a->mpls.lse;
        push.mpls_ethertype = a->mpls.proto;
        nl_msg_put_unspec(actions, OVS_ACTION_ATTR_PUSH_MPLS, &push,
                          sizeof push);
        packet->dl_type = a->mpls.proto;
        return 0;
    }
    back_put_set(actions, OVS_KEY_ATTR_MPLS, &a->mpls.lse, &a->mpls.mask,
                 sizeof a->mpls.lse);
    return 0;
}

static int
put_meter(struct walk *w, const struct nfo_action *a)
{
    uint32_t meter_id;

    if (!w->env->meter(w->env->aux, a->police, &meter_id)) {
        return ENOENT;
    }
    nl_msg_put_u32(w->actions, OVS_ACTION_ATTR_METER, meter_id);
    return 0;
}

/* Do all packets leave actions 'at' to 'end' (not included) as they came? */
static bool
leaves_no_trace(const struct nfo_rule *rule, uint16_t at, uint16_t end)
{
    for (uint16_t i = at; i < end; i++) {
        enum nfo_action_type type = rule->actions[i].type;

        if (type != NFO_ACT_MIRROR && type != NFO_ACT_SKBEDIT_PTYPE
            && type != NFO_ACT_CHECK_PKT_LEN) {
            return false;
        }
    }
    return true;
}

/* Check 'i', which is in stretch 's'.  '*next' is where the stretch goes on.  If
 * the branches have all of the rest in them, that is the end, and no packet goes
 * on: '*ends'. */
static int
put_check(struct walk *w, const struct stretch *s, uint16_t i,
          struct back_packet *packet, uint16_t *next, bool *ends)
{
    const struct nfo_check *check = &w->rule->actions[i].check;
    uint16_t longer = i + 1, other = longer + check->n_longer;
    uint16_t after = other + check->n_other;
    struct stretch rest = { after, s->end, s->then };
    struct stretch branches[2] = {
        { longer, other, NULL }, { other, after, NULL },
    };
    static const uint16_t attrs[2] = {
        OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER,
        OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL,
    };
    struct back_packet packets[2] = { *packet, *packet };
    bool branch_ends[2] = { false, false };
    size_t ofs, n_bytes = 0;

    if (check->len > UINT16_MAX || after > s->end) {
        return EOPNOTSUPP;
    }
    *ends = !leaves_no_trace(w->rule, longer, after);
    if (*ends) {
        branches[0].then = branches[1].then = &rest;
    }

    ofs = nl_msg_start_nested(w->actions, OVS_ACTION_ATTR_CHECK_PKT_LEN);
    nl_msg_put_u16(w->actions, OVS_CHECK_PKT_LEN_ATTR_PKT_LEN, check->len);
    for (int b = 0; b < 2; b++) {
        size_t nested = nl_msg_start_nested(w->actions, attrs[b]);
        int error = walk_stretch(w, &branches[b], &packets[b],
                                 &branch_ends[b]);

        if (error) {
            return error;
        }
        nl_msg_end_nested(w->actions, nested);
        n_bytes += w->actions->size - nested - NLA_HDRLEN;
    }
    nl_msg_end_nested(w->actions, ofs);

    if (*ends) {
        *next = s->end;
        return branch_ends[0] && branch_ends[1] ? 0 : EOPNOTSUPP;
    }
    /* Nothing either way. */
    if (!n_bytes) {
        w->actions->size = ofs;
    }
    *next = after;
    packet->to_host = packets[0].to_host && packets[1].to_host;
    packet->rewritten = false;
    return 0;
}

/* Any action but CHECK_PKT_LEN. */
static int
put_action(struct walk *w, const struct nfo_action *a,
           struct back_packet *packet)
{
    bool was_rewritten = packet->rewritten;

    packet->rewritten = false;
    switch (a->type) {
    case NFO_ACT_REDIRECT:
    case NFO_ACT_MIRROR:
        return put_output(w, a, packet);
    case NFO_ACT_DROP:
        return 0;
    case NFO_ACT_GOTO:
        if (!a->chain) {
            return EOPNOTSUPP;
        }
        nl_msg_put_u32(w->actions, OVS_ACTION_ATTR_RECIRC, a->chain);
        return 0;
    case NFO_ACT_VLAN_PUSH:
        put_push_vlan(a, w->actions);
        return 0;
    case NFO_ACT_VLAN_POP:
        nl_msg_put_flag(w->actions, OVS_ACTION_ATTR_POP_VLAN);
        return 0;
    case NFO_ACT_MPLS_PUSH:
    case NFO_ACT_MPLS_POP:
    case NFO_ACT_MPLS_MODIFY:
        return put_mpls(a, packet, w->actions);
    case NFO_ACT_SET:
        packet->rewritten = true;
        return back_set(a, packet, w->actions);
    case NFO_ACT_CSUM:
        return was_rewritten ? 0 : EOPNOTSUPP;
    case NFO_ACT_TUNNEL_SET:
        back_set_tunnel(&a->tunnel, w->actions);
        return 0;
    case NFO_ACT_TUNNEL_RELEASE:
        return 0;
    case NFO_ACT_CT:
        return back_ct(a, w->actions);
    case NFO_ACT_POLICE:
        return put_meter(w, a);
    case NFO_ACT_SKBEDIT_PTYPE:
        packet->to_host = true;
        return a->ptype == PACKET_HOST ? 0 : EOPNOTSUPP;
    case NFO_ACT_TRAP:
    case NFO_ACT_PASS:
    case NFO_ACT_VLAN_MODIFY:
    case NFO_ACT_DEC_TTL:
    case NFO_ACT_SAMPLE:
    case NFO_ACT_NONE:
    case NFO_ACT_CHECK_PKT_LEN:
    case NFO_ACT_COUNT:
    default:
        return EOPNOTSUPP;
    }
}

/* Writes the actions of 's' and, unless one of them ends the packet's way, what
 * comes behind.  '*ends': no packet goes on after all of that. */
static int
walk_stretch(struct walk *w, const struct stretch *s,
             struct back_packet *packet, bool *ends)
{
    uint16_t i = s->at, next = s->end;
    int error;

    *ends = false;
    while (i < s->end && !*ends) {
        const struct nfo_action *a = &w->rule->actions[i];

        if (a->type == NFO_ACT_CHECK_PKT_LEN) {
            error = put_check(w, s, i, packet, &next, ends);
        } else {
            next = i + 1;
            *ends = nfo_action_ends(a->type);
            error = put_action(w, a, packet);
        }
        if (error) {
            return error;
        }
        if (w->actions->size - w->start > ACTIONS_MAX) {
            return EOPNOTSUPP;
        }
        i = next;
    }
    /* Actions that no packet gets to: the rule is not what it says. */
    if (i < s->end) {
        return EOPNOTSUPP;
    }
    return *ends || !s->then ? 0 : walk_stretch(w, s->then, packet, ends);
}

int
back_actions(const struct translate_env *env, const struct nfo_rule *rule,
             const struct back_port *in, struct ofpbuf *actions)
{
    struct walk w = { env, rule, in, actions, actions->size };
    struct stretch all = { 0, rule->n_actions, NULL };
    struct back_packet packet = {
        .dl_type = rule->mask.eth_type ? rule->key.eth_type : 0,
        .nw_proto = rule->mask.ip_proto ? rule->key.ip_proto : 0,
    };
    bool ends;
    int error = walk_stretch(&w, &all, &packet, &ends);

    return error || ends ? error : EOPNOTSUPP;
}
