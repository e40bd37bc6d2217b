/* SPDX-License-Identifier: Apache-2.0 */

/* port: the datapath ports that this provider looks after.
 *
 * The list itself is OVS's (struct dpif_offload_port_mgr).  Additions and
 * removals come from the main thread, look-ups from any thread under OVS's
 * RCU.  Which kinds of port a rule can be about: netdev_vport_class_register()
 * and netdev_linux of OVS's lib. */

#ifndef OFFLOAD_PORT_H
#define OFFLOAD_PORT_H 1

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct dpif_offload;
struct netdev;
struct nfo_port;
struct nft_offload;
struct translate_port;

/* Callbacks of the class.  Errors are positive errno values. */
bool port_can_offload(struct dpif_offload *, struct netdev *);
int port_add(struct dpif_offload *, struct netdev *, odp_port_t port_no);
int port_del(struct dpif_offload *, odp_port_t port_no);
struct netdev *port_get_netdev(const struct dpif_offload *,
                               odp_port_t port_no);

/* Gives the ports that were added so far to the hardware; from then on
 * port_add() does.  'offload' is enabled.  Main thread. */
void port_enable_all(struct nft_offload *);

/* Removes all ports.  For close. */
void port_del_all(struct nft_offload *);

/* For struct translate_env; 'aux' is a struct nft_offload. */
bool port_to_translate(const void *aux, odp_port_t port_no,
                       struct translate_port *);
bool port_by_ifindex(const void *aux, uint32_t ifindex, odp_port_t *port_no);

/* Logs whether flows from a port can go to hardware, if it is one of ours and
 * the verdict differs from that on 'before' (NULL: there was none). */
void port_log_verdict(const struct nft_offload *,
                      const struct nfo_port *before,
                      const struct nfo_port *after);

/* Why no rule can lie on 'port', or that it can, in words for a log. */
const char *port_verdict(const struct nft_offload *, const struct nfo_port *);

#endif /* port.h */
