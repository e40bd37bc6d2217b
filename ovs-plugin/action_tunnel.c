/* SPDX-License-Identifier: Apache-2.0 */

/* action_tunnel: the header that a tunnel's device will put on, as a
 * TUNNEL_SET action.  The outputs behind it, one or several, say which device.
 *
 * Facts: enum ovs_tunnel_key_attr, ip_tun_from_nlattr() in
 * net/openvswitch/flow_netlink.c, net/sched/act_tunnel_key.c. */

#include <config.h>

#include "translate_part.h"

#include <string.h>

#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "packets.h"

/* The attributes of a tunnel on their way. */
struct tunnel {
    struct nfo_tunnel set;
    struct nfo_geneve geneve;
    bool has_ipv4;
    bool has_ipv6;
    bool has_dst;
};

static int
tunnel_id(struct translation *t, struct tunnel *tunnel, uint64_t id)
{
    /* TCA_TUNNEL_KEY_ENC_KEY_ID has 32 bits; the tc provider cuts it off. */
    if (id > UINT32_MAX) {
        return translate_refuse_action(t, "tunnel id of more than 32 bits");
    }
    tunnel->set.id = htonl(id);
    tunnel->set.has_id = true;
    return 0;
}

static int
tunnel_geneve(struct translation *t, struct tunnel *tunnel,
              const struct nlattr *a)
{
    size_t len = nl_attr_get_size(a);
    const uint8_t *opts = nl_attr_get(a);

    if (nfo_geneve_check(opts, len)) {
        return translate_malformed(t, "tunnel geneve");
    }
    for (size_t at = 0; at < len; at += 4 + (opts[at + 3] & 0x1f) * 4) {
        /* TCA_TUNNEL_KEY_ENC_OPT_GENEVE_DATA must not be empty, and what of
         * the header is not class, type and length cannot be said. */
        if (!(opts[at + 3] & 0x1f)) {
            return translate_refuse_action(t, "geneve option without data");
        }
        if (opts[at + 3] & ~0x1f) {
            return translate_refuse_action(t, "geneve option's reserved bits");
        }
    }
    if (len) {
        tunnel->geneve.len = len;
        memcpy(tunnel->geneve.value, opts, len);
        tunnel->set.geneve = &tunnel->geneve;
    }
    return 0;
}

static int
tunnel_gbp(struct translation *t, struct tunnel *tunnel,
           const struct nlattr *a)
{
    ovs_be16 id = 0;
    uint8_t flags = 0;
    bool has_id;

    if (odp_vxlan_tun_opts_from_attr(a, &id, &flags, &has_id)) {
        return translate_malformed(t, "tunnel vxlan");
    }
    if (has_id) {
        tunnel->set.has_gbp = true;
        tunnel->set.gbp = odp_encode_gbp_raw(flags, id);
    }
    return 0;
}

/* Where the kernel's act_tunnel_key does not know the flag it would not even
 * say so; the tc provider leaves it out then. */
static int
tunnel_df(struct translation *t, struct tunnel *tunnel)
{
    if (!(t->env->features & TRANSLATE_ENC_DF)) {
        return translate_refuse_action(t, "tunnel df");
    }
    tunnel->set.flags |= NFO_TUN_DF;
    return 0;
}

static void
tunnel_address(struct tunnel *tunnel, const struct nlattr *a, bool dst)
{
    struct in6_addr *to = dst ? &tunnel->set.dst : &tunnel->set.src;
    size_t size = nl_attr_get_size(a);

    memcpy(to, nl_attr_get(a), size);
    if (size == sizeof(ovs_be32)) {
        tunnel->has_ipv4 = true;
    } else {
        tunnel->has_ipv6 = true;
    }
    tunnel->has_dst |= dst && !is_all_zeros(to, sizeof *to);
}

/* Bytes that an attribute must have; -1: any number. */
static int
tunnel_attr_len(uint16_t type)
{
    switch (type) {
    case OVS_TUNNEL_KEY_ATTR_ID:
        return sizeof(ovs_be64);
    case OVS_TUNNEL_KEY_ATTR_IPV4_SRC:
    case OVS_TUNNEL_KEY_ATTR_IPV4_DST:
        return sizeof(ovs_be32);
    case OVS_TUNNEL_KEY_ATTR_IPV6_SRC:
    case OVS_TUNNEL_KEY_ATTR_IPV6_DST:
        return sizeof(struct in6_addr);
    case OVS_TUNNEL_KEY_ATTR_TOS:
    case OVS_TUNNEL_KEY_ATTR_TTL:
        return sizeof(uint8_t);
    case OVS_TUNNEL_KEY_ATTR_TP_SRC:
    case OVS_TUNNEL_KEY_ATTR_TP_DST:
        return sizeof(ovs_be16);
    case OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT:
    case OVS_TUNNEL_KEY_ATTR_CSUM:
    case OVS_TUNNEL_KEY_ATTR_OAM:
        return 0;
    default:
        return -1;
    }
}

static int
tunnel_attr(struct translation *t, struct tunnel *tunnel,
            const struct nlattr *a)
{
    uint16_t type = nl_attr_type(a);
    int len = tunnel_attr_len(type);

    if (len >= 0 && nl_attr_get_size(a) != len) {
        return translate_malformed(t, "tunnel");
    }
    switch (type) {
    case OVS_TUNNEL_KEY_ATTR_ID:
        return tunnel_id(t, tunnel, ntohll(nl_attr_get_be64(a)));
    case OVS_TUNNEL_KEY_ATTR_IPV4_SRC:
    case OVS_TUNNEL_KEY_ATTR_IPV6_SRC:
        tunnel_address(tunnel, a, false);
        return 0;
    case OVS_TUNNEL_KEY_ATTR_IPV4_DST:
    case OVS_TUNNEL_KEY_ATTR_IPV6_DST:
        tunnel_address(tunnel, a, true);
        return 0;
    case OVS_TUNNEL_KEY_ATTR_TOS:
        tunnel->set.tos = nl_attr_get_u8(a);
        return 0;
    case OVS_TUNNEL_KEY_ATTR_TTL:
        tunnel->set.ttl = nl_attr_get_u8(a);
        return 0;
    case OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT:
        return tunnel_df(t, tunnel);
    case OVS_TUNNEL_KEY_ATTR_CSUM:
        tunnel->set.flags |= NFO_TUN_CSUM;
        return 0;
    case OVS_TUNNEL_KEY_ATTR_TP_SRC:
        return nl_attr_get_be16(a) ? translate_refuse_action(t,
                                                             "tunnel tp_src")
                                   : 0;
    case OVS_TUNNEL_KEY_ATTR_TP_DST:
        tunnel->set.dport = nl_attr_get_be16(a);
        return 0;
    case OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS:
        return tunnel_geneve(t, tunnel, a);
    case OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS:
        return tunnel_gbp(t, tunnel, a);
    case OVS_TUNNEL_KEY_ATTR_OAM:
        return translate_refuse_action(t, "tunnel oam");
    case OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS:
        return translate_refuse_action(t, "tunnel erspan");
    case OVS_TUNNEL_KEY_ATTR_GTPU_OPTS:
        return translate_refuse_action(t, "tunnel gtpu");
    default:
        return translate_refuse_action(t, "unknown tunnel attribute");
    }
}

/* 'nla' is an OVS_KEY_ATTR_TUNNEL to be set. */
int
translate_action_tunnel(struct translation *t, struct translate_path *path,
                        const struct nlattr *nla)
{
    const struct nlattr *a;
    struct nfo_action action;
    struct tunnel tunnel;
    size_t left;
    int error;

    memset(&tunnel, 0, sizeof tunnel);
    NL_NESTED_FOR_EACH (a, left, nla) {
        error = tunnel_attr(t, &tunnel, a);
        if (error) {
            return error;
        }
    }
    if (left || (tunnel.has_ipv4 && tunnel.has_ipv6) || !tunnel.has_dst
        || (tunnel.set.geneve && tunnel.set.has_gbp)) {
        return translate_malformed(t, "tunnel");
    }
    /* What is put on replaces what came, but only once that is off. */
    error = translate_release(t, path);
    if (error) {
        return error;
    }
    memset(&action, 0, sizeof action);
    action.type = NFO_ACT_TUNNEL_SET;
    action.tunnel = tunnel.set;
    action.tunnel.is_ipv6 = tunnel.has_ipv6;
    return translate_add(t, &action);
}
