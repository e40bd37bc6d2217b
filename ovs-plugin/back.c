/* SPDX-License-Identifier: Apache-2.0 */

/* back: a rule at its place as an Open vSwitch flow; see translate_back() in
 * translate.h.
 *
 * This serves the start-up: rules found in the kernel are presented as flows
 * of the datapath, and ofproto-dpif keeps those for which OpenFlow still says
 * the same.  It compares masks bit for bit (flow_wildcards_has_extra()) and
 * actions byte for byte (revalidate_ukey__() of ofproto-dpif-upcall.c), so
 * everything here is spelled as ofproto-dpif-xlate.c and commit_odp_actions()
 * of lib/odp-util.c spell it. */

#include <config.h>

#include <errno.h>

#include "back_part.h"
#include "flow.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"

int
back_port_find(const struct translate_env *env, uint32_t ifindex,
               struct back_port *port)
{
    return (ifindex && env->port_no(env->aux, ifindex, &port->no)
            && env->port(env->aux, port->no, &port->port)) ? 0 : ENOENT;
}

/* The port whose rules lie at 'where'.  A bond's lie in its shared block; an
 * internal port's lie on egress, where packets of the host enter the switch. */
static int
find_in_port(const struct translate_env *env, const struct nfo_place *where,
             struct back_port *in)
{
    int error = back_port_find(env, where->ifindex, in);

    if (error) {
        return error;
    }
    if (in->port.lag != where->shared
        || (in->port.kind == TRANSLATE_PORT_INTERNAL) != where->egress) {
        return EOPNOTSUPP;
    }
    return 0;
}

int
translate_back(const struct translate_env *env, const struct nfo_place *where,
               const struct nfo_rule *rule, struct match *match,
               struct ofpbuf *actions)
{
    size_t old_size = actions->size;
    struct back_port in;
    int error;

    match_init_catchall(match);
    error = find_in_port(env, where, &in);
    if (error) {
        return error;
    }

    /* What ofproto-dpif looks at in every packet: xlate_wc_init().  Metadata
     * that no rule can match is nothing but 0 where packets come in. */
    match->flow.in_port.odp_port = in.no;
    match->wc.masks.in_port.odp_port = u32_to_odp(UINT32_MAX);
    match_set_packet_type(match, htonl(PT_ETH));
    match_set_recirc_id(match, where->chain);
    match_set_pkt_mark(match, 0);

    error = back_match(rule, &in, match);
    if (!error) {
        error = back_actions(env, rule, &in, actions);
    }
    if (error) {
        match_init_catchall(match);
        actions->size = old_size;
    }
    return error;
}
