/* SPDX-License-Identifier: Apache-2.0 */

/* back_host: a datapath of ports and meters by number; see back_host.h. */

#include <config.h>

#include "back_host.h"

#include <string.h>

#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"

#define FIRST_METER 0x10000000

static bool
host_port(const void *aux OVS_UNUSED, odp_port_t port_no,
          struct translate_port *port)
{
    uint32_t n = odp_to_u32(port_no);

    if (n < 1 || n > BACK_HOST_BOND) {
        return false;
    }
    memset(port, 0, sizeof *port);
    port->ifindex = n;
    port->lag = n == BACK_HOST_BOND;
    port->kind = (n == BACK_HOST_VXLAN ? TRANSLATE_PORT_VXLAN
                  : n == BACK_HOST_GENEVE ? TRANSLATE_PORT_GENEVE
                  : n == BACK_HOST_GRE ? TRANSLATE_PORT_GRE
                  : n >= BACK_HOST_INTERNAL && n < BACK_HOST_VXLAN
                  ? TRANSLATE_PORT_INTERNAL : TRANSLATE_PORT_NETDEV);
    return true;
}

static bool
host_port_no(const void *aux, uint32_t ifindex, odp_port_t *port_no)
{
    struct translate_port port;

    *port_no = u32_to_odp(ifindex);
    return host_port(aux, *port_no, &port);
}

static bool
host_police(const void *aux OVS_UNUSED, uint32_t meter_id, uint32_t *index)
{
    *index = FIRST_METER + meter_id;
    return meter_id < 10;
}

static bool
host_meter(const void *aux OVS_UNUSED, uint32_t index, uint32_t *meter_id)
{
    *meter_id = index - FIRST_METER;
    return *meter_id < 10;
}

static bool
host_chain_reached(const void *aux OVS_UNUSED, uint32_t chain)
{
    return chain <= 5;
}

const struct translate_env back_host = {
    .features = TRANSLATE_RECIRC | TRANSLATE_ENC_FLAGS | TRANSLATE_ENC_DF,
    .port = host_port,
    .port_no = host_port_no,
    .police = host_police,
    .meter = host_meter,
    .chain_reached = host_chain_reached,
};

void
back_host_attributes(const struct match *match, struct ofpbuf *key,
                     struct ofpbuf *mask)
{
    struct odp_flow_key_parms parms = {
        .flow = &match->flow,
        .mask = &match->wc.masks,
        .key_buf = key,
        .support = {
            .max_vlan_headers = FLOW_MAX_VLAN_HEADERS,
            .max_mpls_depth = FLOW_MAX_MPLS_LABELS,
            .recirc = true,
            .ct_state = true,
            .ct_zone = true,
            .ct_mark = true,
            .ct_label = true,
        },
    };

    odp_flow_key_from_flow(&parms, key);
    odp_flow_key_from_mask(&parms, mask);
}

void
back_host_format(const struct match *match, const struct ofpbuf *actions,
                 struct ds *s)
{
    struct ofpbuf key, mask;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    back_host_attributes(match, &key, &mask);
    odp_flow_format(key.data, key.size, mask.data, mask.size, NULL, s, false,
                    false);
    ds_put_cstr(s, " actions:");
    format_odp_actions(s, actions->data, actions->size, NULL);
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
}
