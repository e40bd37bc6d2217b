/* SPDX-License-Identifier: Apache-2.0 */

/* key: the attributes of an OVS flow key or mask, before OVS's parser reads
 * them.
 *
 * odp_flow_key_to_flow__() of lib/odp-util.c passes over attributes it does
 * not know, and takes the length of some others on trust: Geneve options, of
 * which struct flow_tnl holds 252 bytes, and those of ERSPAN and GTP.  The
 * first would place a rule that matches too much, the second is unsafe.  What
 * no rule can match for certain is refused here by its name. */

#include <config.h>

#include "translate_part.h"

#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/tun-metadata.h"

/* Two tags, what is in them, and no more. */
#define KEY_NESTS_MAX 3

static int
check_tunnel(struct translation *t, const struct nlattr *tunnel)
{
    const struct nlattr *a;
    size_t left;

    NL_NESTED_FOR_EACH (a, left, tunnel) {
        switch ((enum ovs_tunnel_key_attr) nl_attr_type(a)) {
        case OVS_TUNNEL_KEY_ATTR_ID:
        case OVS_TUNNEL_KEY_ATTR_IPV4_SRC:
        case OVS_TUNNEL_KEY_ATTR_IPV4_DST:
        case OVS_TUNNEL_KEY_ATTR_TOS:
        case OVS_TUNNEL_KEY_ATTR_TTL:
        case OVS_TUNNEL_KEY_ATTR_DONT_FRAGMENT:
        case OVS_TUNNEL_KEY_ATTR_CSUM:
        case OVS_TUNNEL_KEY_ATTR_OAM:
        case OVS_TUNNEL_KEY_ATTR_TP_SRC:
        case OVS_TUNNEL_KEY_ATTR_TP_DST:
        case OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS:
        case OVS_TUNNEL_KEY_ATTR_IPV6_SRC:
        case OVS_TUNNEL_KEY_ATTR_IPV6_DST:
            break;

        case OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS:
            if (nl_attr_get_size(a) > TLV_TOT_OPT_SIZE) {
                return translate_malformed(t, "tunnel geneve");
            }
            break;

        case OVS_TUNNEL_KEY_ATTR_ERSPAN_OPTS:
            return translate_refuse_match(t, "tunnel erspan");

        case OVS_TUNNEL_KEY_ATTR_GTPU_OPTS:
            return translate_refuse_match(t, "tunnel gtpu");

        case OVS_TUNNEL_KEY_ATTR_PAD:
        case __OVS_TUNNEL_KEY_ATTR_MAX:
        default:
            return translate_refuse_match(t, "unknown tunnel attribute");
        }
    }
    return left ? translate_malformed(t, "tunnel") : 0;
}

static int
check(struct translation *t, const struct nlattr *attrs, size_t len,
      int nests)
{
    const struct nlattr *a;
    size_t left;
    int error = 0;

    NL_ATTR_FOR_EACH (a, left, attrs, len) {
        uint16_t type = nl_attr_type(a);

        if (type == OVS_KEY_ATTR_ENCAP) {
            if (nests >= KEY_NESTS_MAX) {
                return translate_refuse_match(t, "encap");
            }
            error = check(t, nl_attr_get(a), nl_attr_get_size(a), nests + 1);
        } else if (type == OVS_KEY_ATTR_TUNNEL) {
            error = check_tunnel(t, a);
        } else if (type == OVS_KEY_ATTR_NSH) {
            error = translate_refuse_match(t, "nsh");
        } else if (type == OVS_KEY_ATTR_UNSPEC
                   || type >= OVS_KEY_ATTR_TUNNEL_INFO) {
            error = translate_refuse_match(t, "unknown attribute");
        }
        if (error) {
            return error;
        }
    }
    return left ? translate_malformed(t, "key") : 0;
}

int
translate_key_check(struct translation *t, const struct nlattr *attrs,
                    size_t len)
{
    return check(t, attrs, len, 0);
}
