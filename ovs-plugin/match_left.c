/* SPDX-License-Identifier: Apache-2.0 */

/* match_left: what an OVS flow matches and a rule cannot, by name.
 *
 * Names are those of ovs-fields(7) as far as it has one.  Every bit of a mask
 * counts, also of a field that is not in the table. */

#include <config.h>

#include "translate_part.h"

#include "flow.h"
#include "util.h"

#define LEFT(MEMBER, NAME) \
    { offsetof(struct flow, MEMBER), MEMBER_SIZEOF(struct flow, MEMBER), NAME }

static const struct {
    size_t offset;
    size_t size;
    const char *name;
} fields[] = {
    LEFT(tunnel.metadata, "tun_metadata"),
    LEFT(tunnel.flags, "tunnel flags"),
    LEFT(tunnel.tun_id, "tun_id"),
    LEFT(tunnel.tp_src, "tunnel tp_src"),
    LEFT(tunnel.tp_dst, "tunnel tp_dst"),
    LEFT(tunnel.gbp_id, "tun_gbp_id"),
    LEFT(tunnel.gbp_flags, "tun_gbp_flags"),
    LEFT(tunnel.erspan_ver, "tunnel erspan"),
    LEFT(tunnel.erspan_idx, "tunnel erspan"),
    LEFT(tunnel.erspan_dir, "tunnel erspan"),
    LEFT(tunnel.erspan_hwid, "tunnel erspan"),
    LEFT(tunnel.gtpu_flags, "tunnel gtpu"),
    LEFT(tunnel.gtpu_msgtype, "tunnel gtpu"),
    LEFT(tunnel, "tunnel"),
    LEFT(metadata, "metadata"),
    LEFT(regs, "regs"),
    LEFT(skb_priority, "skb_priority"),
    LEFT(pkt_mark, "pkt_mark"),
    LEFT(dp_hash, "dp_hash"),
    LEFT(ct_state, "ct_state snat or dnat"),
    LEFT(ct_nw_proto, "ct_nw_proto"),
    LEFT(conj_id, "conj_id"),
    LEFT(actset_output, "actset_output"),
    LEFT(mpls_lse[0], "mpls of another eth_type"),
    LEFT(mpls_lse, "second mpls label"),
    LEFT(nw_src, "nw_src of another eth_type"),
    LEFT(nw_dst, "nw_dst of another eth_type"),
    LEFT(nw_proto, "nw_proto of another eth_type"),
    LEFT(ct_nw_src, "ct_nw_src"),
    LEFT(ct_nw_dst, "ct_nw_dst"),
    LEFT(ct_ipv6_src, "ct_ipv6_src"),
    LEFT(ct_ipv6_dst, "ct_ipv6_dst"),
    LEFT(ct_tp_src, "ct_tp_src"),
    LEFT(ct_tp_dst, "ct_tp_dst"),
    LEFT(ipv6_label, "ipv6_label"),
    LEFT(nd_target, "nd_target"),
    LEFT(arp_sha, "arp_sha or nd_sll"),
    LEFT(arp_tha, "arp_tha or nd_tll"),
    LEFT(igmp_group_ip4, "nd_reserved"),
    LEFT(nsh, "nsh"),
};

/* Names that depend on what the packet is. */
static const char *
transport_name(const struct flow *flow)
{
    if (flow->dl_type == htons(ETH_TYPE_IP)
        && flow->nw_proto == IPPROTO_IGMP) {
        return "igmp type or code";
    }
    return "transport ports of another protocol";
}

int
translate_match_left(struct translation *t)
{
    static const struct flow none;
    const struct flow *left = &t->match.wc.masks;

    /* Nearly always: what follows takes longer than all else of a match. */
    if (!memcmp(left, &none, sizeof none)) {
        return 0;
    }
    for (int i = 0; i < ARRAY_SIZE(fields); i++) {
        if (!is_all_zeros((const char *) left + fields[i].offset,
                          fields[i].size)) {
            return translate_refuse_match(t, fields[i].name);
        }
    }
    if (left->tp_src || left->tp_dst) {
        return translate_refuse_match(t, transport_name(&t->match.flow));
    }
    if (left->tcp_flags) {
        return translate_refuse_match(
            t, t->match.flow.nw_proto == IPPROTO_ICMPV6 ? "nd_options_type"
            : "tcp_flags of another protocol");
    }
    return translate_refuse_match(t, "unknown field");
}
