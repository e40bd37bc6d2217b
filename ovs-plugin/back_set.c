/* SPDX-License-Identifier: Apache-2.0 */

/* back_set: a rewrite as set() actions.
 *
 * One rewrite may touch several headers; OVS has a set() for each, in the order
 * of commit_odp_actions() of lib/odp-util.c.  As its commit() does, one that
 * covers its whole header goes without a mask. */

#include <config.h>

#include <errno.h>

#include "back_part.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

void
back_put_set(struct ofpbuf *actions, uint16_t attr, const void *key,
             const void *mask, size_t size)
{
    bool exact = is_all_ones(mask, size);
    size_t ofs;

    if (is_all_zeros(mask, size)) {
        return;
    }
    ofs = nl_msg_start_nested(actions, exact ? OVS_ACTION_ATTR_SET
                                             : OVS_ACTION_ATTR_SET_MASKED);
    if (exact) {
        nl_msg_put_unspec(actions, attr, key, size);
    } else {
        uint8_t *both = nl_msg_put_unspec_uninit(actions, attr, 2 * size);

        memcpy(both, key, size);
        memcpy(both + size, mask, size);
    }
    nl_msg_end_nested(actions, ofs);
}

static void
set_ethernet(const struct nfo_action *a, struct nfo_set *left,
             struct ofpbuf *actions)
{
    struct ovs_key_ethernet key, mask;

    memcpy(&key.eth_src, a->set.value.eth_src, ETH_ADDR_LEN);
    memcpy(&key.eth_dst, a->set.value.eth_dst, ETH_ADDR_LEN);
    memcpy(&mask.eth_src, a->set.mask.eth_src, ETH_ADDR_LEN);
    memcpy(&mask.eth_dst, a->set.mask.eth_dst, ETH_ADDR_LEN);
    back_put_set(actions, OVS_KEY_ATTR_ETHERNET, &key, &mask, sizeof key);
    memset(left->eth_src, 0, ETH_ADDR_LEN);
    memset(left->eth_dst, 0, ETH_ADDR_LEN);
}

static void
fill_ipv4(const struct nfo_set *set, struct ovs_key_ipv4 *ipv4)
{
    memset(ipv4, 0, sizeof *ipv4);
    ipv4->ipv4_src = set->ipv4_src;
    ipv4->ipv4_dst = set->ipv4_dst;
    ipv4->ipv4_tos = set->tos;
    ipv4->ipv4_ttl = set->ttl;
}

static void
set_ipv4(const struct nfo_action *a, struct nfo_set *left,
         struct ofpbuf *actions)
{
    struct ovs_key_ipv4 key, mask;

    fill_ipv4(&a->set.value, &key);
    fill_ipv4(&a->set.mask, &mask);
    back_put_set(actions, OVS_KEY_ATTR_IPV4, &key, &mask, sizeof key);
    left->ipv4_src = left->ipv4_dst = 0;
    left->tos = left->ttl = 0;
}

static void
fill_ipv6(const struct nfo_set *set, struct ovs_key_ipv6 *ipv6)
{
    memset(ipv6, 0, sizeof *ipv6);
    ipv6->ipv6_src = set->ipv6_src;
    ipv6->ipv6_dst = set->ipv6_dst;
    ipv6->ipv6_tclass = set->tos;
    ipv6->ipv6_hlimit = set->ttl;
}

static void
set_ipv6(const struct nfo_action *a, struct nfo_set *left,
         struct ofpbuf *actions)
{
    struct ovs_key_ipv6 key, mask;

    fill_ipv6(&a->set.value, &key);
    fill_ipv6(&a->set.mask, &mask);
    back_put_set(actions, OVS_KEY_ATTR_IPV6, &key, &mask, sizeof key);
    left->ipv6_src = left->ipv6_dst = in6addr_any;
    left->tos = left->ttl = 0;
}

/* TCP and UDP have the same two ports in the same order. */
static void
set_ports(const struct nfo_action *a, uint8_t nw_proto, struct nfo_set *left,
          struct ofpbuf *actions)
{
    struct ovs_key_tcp key, mask;

    BUILD_ASSERT_DECL(sizeof(struct ovs_key_tcp)
                      == sizeof(struct ovs_key_udp));
    key.tcp_src = a->set.value.sport;
    key.tcp_dst = a->set.value.dport;
    mask.tcp_src = a->set.mask.sport;
    mask.tcp_dst = a->set.mask.dport;
    back_put_set(actions, (nw_proto == IPPROTO_TCP ? OVS_KEY_ATTR_TCP
                                                   : OVS_KEY_ATTR_UDP),
                 &key, &mask, sizeof key);
    left->sport = left->dport = 0;
}

int
back_set(const struct nfo_action *a, const struct back_packet *packet,
         struct ofpbuf *actions)
{
    struct nfo_set left = a->set.mask;
    bool is_ipv4 = packet->dl_type == htons(ETH_TYPE_IP);
    bool is_ipv6 = packet->dl_type == htons(ETH_TYPE_IPV6);

    set_ethernet(a, &left, actions);
    if (is_ipv4) {
        set_ipv4(a, &left, actions);
    } else if (is_ipv6) {
        set_ipv6(a, &left, actions);
    }
    if ((is_ipv4 || is_ipv6)
        && (packet->nw_proto == IPPROTO_TCP
            || packet->nw_proto == IPPROTO_UDP)) {
        set_ports(a, packet->nw_proto, &left, actions);
    }
    return is_all_zeros(&left, sizeof left) ? 0 : EOPNOTSUPP;
}
