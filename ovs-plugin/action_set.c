/* SPDX-License-Identifier: Apache-2.0 */

/* action_set: a rewrite of header fields.
 *
 * The datapath mends checksums by itself; TC does not, and computes that of
 * layer 4 only from whole packets of a protocol the rule names.  So a rewrite
 * of addresses or ports names the protocol of the packet that the flow was
 * made for, as in the tc provider, and is refused where fragments may come.
 * The rule's CSUM actions are nfo_rule_fix_csum()'s.
 *
 * Facts: set_ipv4() and its neighbours in net/openvswitch/actions.c,
 * net/sched/act_csum.c. */

#include <config.h>

#include "translate_part.h"

#include <netinet/in.h>
#include <string.h>

#include "flow.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "packets.h"
#include "util.h"

/* A field that can be rewritten. */
struct set_field {
    uint8_t in;                 /* Offset in OVS's struct. */
    uint8_t out;                /* Offset in struct nfo_set. */
    uint8_t size;               /* 0: no more. */
};

/* One kind of header. */
struct set_header {
    uint16_t type;              /* OVS_KEY_ATTR_*. */
    uint8_t size;               /* Of OVS's struct. */
    uint16_t eth_type;          /* That the flow must match, or 0. */
    uint8_t ip_proto;           /* Likewise. */
    const char *name;
    struct set_field fields[4];
};

#define SET_FIELD(STRUCT, MEMBER, OUT)          \
    { offsetof(struct STRUCT, MEMBER),          \
      offsetof(struct nfo_set, OUT),            \
      MEMBER_SIZEOF(struct STRUCT, MEMBER) }

static const struct set_header headers[] = {
    { OVS_KEY_ATTR_ETHERNET, sizeof(struct ovs_key_ethernet), 0, 0, "set eth",
      { SET_FIELD(ovs_key_ethernet, eth_src, eth_src),
        SET_FIELD(ovs_key_ethernet, eth_dst, eth_dst) } },
    { OVS_KEY_ATTR_IPV4, sizeof(struct ovs_key_ipv4), ETH_TYPE_IP, 0,
      "set ipv4",
      { SET_FIELD(ovs_key_ipv4, ipv4_src, ipv4_src),
        SET_FIELD(ovs_key_ipv4, ipv4_dst, ipv4_dst),
        SET_FIELD(ovs_key_ipv4, ipv4_tos, tos),
        SET_FIELD(ovs_key_ipv4, ipv4_ttl, ttl) } },
    { OVS_KEY_ATTR_IPV6, sizeof(struct ovs_key_ipv6), ETH_TYPE_IPV6, 0,
      "set ipv6",
      { SET_FIELD(ovs_key_ipv6, ipv6_src, ipv6_src),
        SET_FIELD(ovs_key_ipv6, ipv6_dst, ipv6_dst),
        SET_FIELD(ovs_key_ipv6, ipv6_tclass, tos),
        SET_FIELD(ovs_key_ipv6, ipv6_hlimit, ttl) } },
    { OVS_KEY_ATTR_TCP, sizeof(struct ovs_key_tcp), 0, IPPROTO_TCP, "set tcp",
      { SET_FIELD(ovs_key_tcp, tcp_src, sport),
        SET_FIELD(ovs_key_tcp, tcp_dst, dport) } },
    { OVS_KEY_ATTR_UDP, sizeof(struct ovs_key_udp), 0, IPPROTO_UDP, "set udp",
      { SET_FIELD(ovs_key_udp, udp_src, sport),
        SET_FIELD(ovs_key_udp, udp_dst, dport) } },
};

static const struct set_header *
find_header(uint16_t type)
{
    for (int i = 0; i < ARRAY_SIZE(headers); i++) {
        if (headers[i].type == type) {
            return &headers[i];
        }
    }
    return NULL;
}

static int
set_unsupported(struct translation *t, uint16_t type)
{
    static const char *const names[] = {
        [OVS_KEY_ATTR_PRIORITY] = "set skb_priority",
        [OVS_KEY_ATTR_SKB_MARK] = "set skb_mark",
        [OVS_KEY_ATTR_SCTP] = "set sctp",
        [OVS_KEY_ATTR_ICMP] = "set icmp",
        [OVS_KEY_ATTR_ICMPV6] = "set icmpv6",
        [OVS_KEY_ATTR_ARP] = "set arp",
        [OVS_KEY_ATTR_ND] = "set nd",
        [OVS_KEY_ATTR_ND_EXTENSIONS] = "set nd_ext",
        [OVS_KEY_ATTR_TCP_FLAGS] = "set tcp_flags",
        [OVS_KEY_ATTR_ETHERTYPE] = "set eth_type",
        [OVS_KEY_ATTR_NSH] = "set nsh",
    };

    return translate_refuse_action(t, (type < ARRAY_SIZE(names) && names[type]
                                       ? names[type]
                                       : "set of an unknown field"));
}

/* An OVS_ACTION_ATTR_SET has all fields of a header, those too that cannot
 * be written: the datapath wants them as they are. */
static void
mask_unwritable(uint16_t type, uint8_t *mask)
{
    if (type == OVS_KEY_ATTR_IPV4) {
        mask[offsetof(struct ovs_key_ipv4, ipv4_proto)] = 0;
        mask[offsetof(struct ovs_key_ipv4, ipv4_frag)] = 0;
    } else if (type == OVS_KEY_ATTR_IPV6) {
        mask[offsetof(struct ovs_key_ipv6, ipv6_proto)] = 0;
        mask[offsetof(struct ovs_key_ipv6, ipv6_frag)] = 0;
    }
}

/* Is what 'set' touches in the checksum of layer 4? */
static bool
touches_l4(const struct nfo_set *mask)
{
    return (mask->ipv4_src || mask->ipv4_dst || mask->sport || mask->dport
            || !is_all_zeros(&mask->ipv6_src, sizeof mask->ipv6_src)
            || !is_all_zeros(&mask->ipv6_dst, sizeof mask->ipv6_dst));
}

/* Does a packet of the rule's protocol have a checksum that addresses or
 * ports go into? */
static bool
has_l4_checksum(const struct nfo_rule *rule)
{
    switch (rule->key.ip_proto) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
        return true;
    case IPPROTO_ICMPV6:
        return rule->key.eth_type == htons(ETH_TYPE_IPV6);
    default:
        return false;
    }
}

/* The rule's match says which protocol it is. */
static int
pin_protocol(struct translation *t)
{
    struct nfo_rule *rule = t->rule;

    if (rule->mask.eth_type != OVS_BE16_MAX
        || (rule->key.eth_type != htons(ETH_TYPE_IP)
            && rule->key.eth_type != htons(ETH_TYPE_IPV6))) {
        return translate_refuse_action(t, "set of a packet that is not IP");
    }
    rule->key.ip_proto = t->match.flow.nw_proto;
    rule->mask.ip_proto = UINT8_MAX;
    if (has_l4_checksum(rule) && translate_maybe_fragment(rule)) {
        return translate_refuse_action(t, "set of a fragment");
    }
    return 0;
}

static int
set_header(struct translation *t, struct translate_path *path,
           const struct set_header *header, const uint8_t *value,
           uint8_t *mask)
{
    const struct nfo_rule *rule = t->rule;
    struct nfo_action action;
    uint8_t *to_value = (uint8_t *) &action.set.value;
    uint8_t *to_mask = (uint8_t *) &action.set.mask;
    int error;

    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_SET;
    for (int i = 0; i < ARRAY_SIZE(header->fields); i++) {
        const struct set_field *f = &header->fields[i];

        memcpy(to_value + f->out, value + f->in, f->size);
        memcpy(to_mask + f->out, mask + f->in, f->size);
        memset(mask + f->in, 0, f->size);
    }
    if (!is_all_zeros(mask, header->size)) {
        return translate_refuse_action(t, (header->type == OVS_KEY_ATTR_IPV6
                                           ? "set ipv6_label" : "set part"));
    }
    if (is_all_zeros(&action.set.mask, sizeof action.set.mask)) {
        return 0;
    }
    if (header->type != OVS_KEY_ATTR_ETHERNET && path->mpls) {
        return translate_refuse_action(t, "set behind mpls");
    }
    if (header->eth_type
        && (!rule->mask.eth_type
            || rule->key.eth_type != htons(header->eth_type))) {
        return translate_malformed(t, header->name);
    }
    if (touches_l4(&action.set.mask)) {
        error = pin_protocol(t);
        if (error) {
            return error;
        }
    }
    if (header->ip_proto && rule->key.ip_proto != header->ip_proto) {
        return translate_malformed(t, header->name);
    }
    return translate_add(t, &action);
}

/* Whole fields of the outer label, as TC has them; a TTL of 0 is none to
 * act_mpls. */
static int
set_mpls(struct translation *t, ovs_be32 value, ovs_be32 mask)
{
    static const uint32_t fields[] = {
        MPLS_LABEL_MASK, MPLS_TC_MASK, MPLS_BOS_MASK, MPLS_TTL_MASK,
    };
    struct nfo_action action;

    for (int i = 0; i < ARRAY_SIZE(fields); i++) {
        uint32_t part = ntohl(mask) & fields[i];

        if (part && part != fields[i]) {
            return translate_refuse_action(t, "set mpls part of a field");
        }
    }
    if (mpls_lse_to_ttl(mask) && !mpls_lse_to_ttl(value)) {
        return translate_refuse_action(t, "set mpls ttl 0");
    }
    if (!mask) {
        return 0;
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_MPLS_MODIFY;
    action.mpls.lse = value;
    action.mpls.mask = mask;
    return translate_add(t, &action);
}

int
translate_action_set(struct translation *t, struct translate_path *path,
                     const struct nlattr *set, bool masked)
{
    uint16_t type = nl_attr_type(set);
    const struct set_header *header = find_header(type);
    const uint8_t *value = nl_attr_get(set);
    size_t size = nl_attr_get_size(set);
    uint8_t mask[sizeof(struct ovs_key_ipv6)];

    if (masked) {
        size /= 2;
    }
    if (type == OVS_KEY_ATTR_MPLS) {
        ovs_be32 lse[2] = { 0, OVS_BE32_MAX };

        /* More labels than one cannot be set. */
        if (nl_attr_get_size(set) != (masked ? 2 : 1) * sizeof lse[0]) {
            return translate_malformed(t, "set mpls");
        }
        memcpy(lse, value, nl_attr_get_size(set));
        return set_mpls(t, lse[0], lse[1]);
    }
    if (!header) {
        return set_unsupported(t, type);
    }
    if (nl_attr_get_size(set) != (masked ? 2 : 1) * header->size) {
        return translate_malformed(t, header->name);
    }
    if (masked) {
        memcpy(mask, value + size, size);
    } else {
        memset(mask, 0xff, size);
        mask_unwritable(type, mask);
    }
    return set_header(t, path, header, value, mask);
}
