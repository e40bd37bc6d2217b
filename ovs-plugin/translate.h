/* SPDX-License-Identifier: Apache-2.0 */

/* translate: an Open vSwitch datapath flow as a rule of libnft-offload, and
 * back.
 *
 * Pure: no I/O, nothing is kept, any thread.  What a translator has to know
 * of ports, meters and the kernel it asks its environment for.
 *
 * Which OVS fields and actions there are: lib/odp-util.c, lib/flow.h and
 * include/linux/openvswitch.h of Open vSwitch 4.0.0. */

#ifndef TRANSLATE_H
#define TRANSLATE_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

#include <linux/nft_offload.h>
#include "rule.h"

struct match;
struct nlattr;
struct ofpbuf;

enum translate_port_kind {
    TRANSLATE_PORT_NETDEV,      /* Representor, uplink, bond. */
    TRANSLATE_PORT_INTERNAL,    /* OVS internal port: rules lie on its egress,
                                 * packets to it are received there. */
    TRANSLATE_PORT_VXLAN,
    TRANSLATE_PORT_GENEVE,
    TRANSLATE_PORT_GRE,
};

/* A datapath port. */
struct translate_port {
    uint32_t ifindex;
    bool lag;                   /* A kernel bond: rules lie in its block. */
    enum translate_port_kind kind;
};

/* What the kernel and the datapath can do ('features'). */
#define TRANSLATE_RECIRC     0x01  /* OVS_DP_F_TC_RECIRC_SHARING. */
#define TRANSLATE_ENC_FLAGS  0x02  /* Flower matches flags of tunnels. */
#define TRANSLATE_ENC_DF     0x04  /* act_tunnel_key sets Don't Fragment. */

struct translate_env {
    const void *aux;
    uint32_t features;

    /* Fills '*port' for 'port_no'.  False: not a port of this provider. */
    bool (*port)(const void *aux, odp_port_t port_no,
                 struct translate_port *port);
    /* The way back. */
    bool (*port_no)(const void *aux, uint32_t ifindex, odp_port_t *port_no);

    /* The police action that stands for meter 'meter_id'.  False: none. */
    bool (*police)(const void *aux, uint32_t meter_id, uint32_t *index);
    /* The way back. */
    bool (*meter)(const void *aux, uint32_t index, uint32_t *meter_id);

    /* Does a rule that is in hardware go to 'chain'? */
    bool (*chain_reached)(const void *aux, uint32_t chain);
};

/* Why there is no rule.  'text' is static, never NULL, says which field or
 * action it was ("nd_target", "sample"), and is "" where 'reason' says all. */
struct translate_refusal {
    enum nft_offload_reason reason;
    const char *text;
};

/* Translates the flow that OVS describes by the netlink attributes 'key',
 * 'mask' (OVS_KEY_ATTR_*) and 'actions' (OVS_ACTION_ATTR_*).
 *
 * On success 'rule' is made anew, normalised, and the caller's to free with
 * nfo_rule_uninit(); 'where' says port or block, hook and chain, with priority
 * and handle 0.  On failure 'rule' is empty and 'refusal' says why.  Returns
 * 0, EOPNOTSUPP, EINVAL (attributes malformed) or ENOMEM. */
int translate_flow(const struct translate_env *,
                   const struct nlattr *key, size_t key_len,
                   const struct nlattr *mask, size_t mask_len,
                   const struct nlattr *actions, size_t actions_len,
                   struct nfo_place *where, struct nfo_rule *rule,
                   struct translate_refusal *);

/* The way back: what OVS flow 'rule' at 'where' stands for.  'match' is made
 * anew, actions are appended to 'actions' as OVS_ACTION_ATTR_*.
 *
 * For each flow of ofproto-dpif (which always matches the Ethernet type) that
 * translate_flow() takes, the result means the same flow, and its mask has at
 * least the bits that ofproto-dpif would set itself, so that a revalidator
 * takes the flow for its own; metadata that no rule matches (skb_mark) is
 * exactly 0.  Where OVS's attributes need it, for MPLS, 'match->flow' has bits
 * outside of the mask.  (To make attributes of it, odp_flow_key_from_mask()
 * wants support.max_mpls_depth 1 or more.)  On failure 'match' is a catchall,
 * 'actions' as it was.  Returns 0, EOPNOTSUPP (a rule that no OVS flow stands
 * for), or ENOENT (unknown port or meter). */
int translate_back(const struct translate_env *, const struct nfo_place *where,
                   const struct nfo_rule *rule, struct match *match,
                   struct ofpbuf *actions);

#endif /* translate.h */
