/* SPDX-License-Identifier: Apache-2.0 */

/* port: see port.h. */

#include <config.h>
#include "port.h"

#include <errno.h>

#include "netdev-provider.h"
#include "netdev-vport.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"

#include "offload.h"
#include "probe.h"
#include "reason.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_port);

/* What 'netdev' is to a rule.  False: no rule can speak of it. */
static bool
port_kind(const struct netdev *netdev, enum translate_port_kind *kind)
{
    static const struct {
        const char *type;
        enum translate_port_kind kind;
    } kinds[] = {
        { "internal", TRANSLATE_PORT_INTERNAL },
        { "vxlan", TRANSLATE_PORT_VXLAN },
        { "geneve", TRANSLATE_PORT_GENEVE },
        { "gre", TRANSLATE_PORT_GRE },
        { "ip6gre", TRANSLATE_PORT_GRE },
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(netdev_get_type(netdev), kinds[i].type)) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    *kind = TRANSLATE_PORT_NETDEV;
    return !netdev_vport_is_vport_class(netdev->netdev_class);
}

bool
port_can_offload(struct dpif_offload *offload OVS_UNUSED,
                 struct netdev *netdev)
{
    enum translate_port_kind kind;

    if (netdev_vport_is_vport_class(netdev->netdev_class)
        && strcmp(netdev_get_dpif_type(netdev), "system")) {
        VLOG_DBG("%s: a port of another datapath", netdev_get_name(netdev));
        return false;
    }
    if (!port_kind(netdev, &kind)) {
        VLOG_INFO("%s: no rule of TC can be about a port of type %s",
                  netdev_get_name(netdev), netdev_get_type(netdev));
        return false;
    }
    /* Whether it is a switchdev port now does not matter: a NIC may be put
     * into that mode later, and each flow says why it is not in hardware. */
    return true;
}

const char *
port_verdict(const struct nft_offload *offload, const struct nfo_port *port)
{
    if (offload->policy & NFO_TABLE_SKIP_HW) {
        return "flows go to TC software, as tc-policy says";
    }
    if (port->indirect) {
        return "flows go to hardware with a switchdev port at the other end";
    }
    if (port->lag) {
        return "flows go to hardware if all members are ports of one switch";
    }
    if (port->switch_id_len) {
        return port->hw_tc_offload
            ? "flows go to hardware"
            : nfo_reason_text(NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF);
    }
    if (offload->policy & NFO_TABLE_ANY) {
        return "no switchdev port, flows go to TC software";
    }
    return nfo_reason_text(NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
}

void
port_log_verdict(const struct nft_offload *offload,
                 const struct nfo_port *before, const struct nfo_port *after)
{
    const struct dpif_offload_port *port;
    const char *verdict;

    port = dpif_offload_port_mgr_find_by_ifindex(&offload->up,
                                                 after->ifindex);
    verdict = port_verdict(offload, after);
    /* The words are static, so that the same ones are at the same place. */
    if (port && (!before || verdict != port_verdict(offload, before))) {
        VLOG_INFO("%s: %s", netdev_get_name(port->netdev), verdict);
    }
}

/* Asks the kernel, once, on a port with a qdisc, what its TC can do. */
static void
env_probe(struct nft_offload *offload, struct sender *sender, int ifindex)
{
    if (ovsthread_once_start(&offload->probe_once)) {
        int known = nfo_probe_tunnel(sender->rtnl, ifindex);

        if (known >= 0 && known & NFO_PROBE_ENC_FLAGS) {
            offload->env.features |= TRANSLATE_ENC_FLAGS;
        } else {
            VLOG_INFO("this kernel's flower does not match flags of tunnels");
        }
        if (known >= 0 && known & NFO_PROBE_ENC_DF) {
            offload->env.features |= TRANSLATE_ENC_DF;
        } else {
            VLOG_INFO("this kernel's act_tunnel_key does not set Don't "
                      "Fragment: encapsulation needs options:df_default=false");
        }
        ovsthread_once_done(&offload->probe_once);
    }
}

/* From now on 'port' may get rules. */
static void
port_enable(struct nft_offload *offload, struct dpif_offload_port *port)
{
    struct sender *sender = sender_get(&offload->senders);
    struct nfo_port nfo_port;
    int error;

    dpif_offload_set_netdev_offload(port->netdev, &offload->up);
    if (port->ifindex < 0 || !sender) {
        VLOG_WARN("%s: has no network device, its flows stay in software",
                  netdev_get_name(port->netdev));
        return;
    }
    /* The qdisc now and not with the first rule, when packets would be lost.
     * Without memory the first rule makes it. */
    error = -nfo_table_port_prepare(sender->batch, port->ifindex);
    if (error && error != ENOMEM) {
        VLOG_WARN("%s: not all members can have its rules: %s",
                  netdev_get_name(port->netdev),
                  error == EBUSY ? "there are filters on one already"
                  : ovs_strerror(error));
    }
    nfo_table_commit(sender->batch);
    env_probe(offload, sender, port->ifindex);
    /* A device that has just come is told of by its link event. */
    if (!nfo_eswitch_port(offload->eswitch, port->ifindex, &nfo_port)) {
        port_log_verdict(offload, NULL, &nfo_port);
    }
}

void
port_enable_all(struct nft_offload *offload)
{
    struct dpif_offload_port *port;

    DPIF_OFFLOAD_PORT_FOR_EACH (port, &offload->up) {
        port_enable(offload, port);
    }
}

int
port_add(struct dpif_offload *offload_, struct netdev *netdev,
         odp_port_t port_no)
{
    struct nft_offload *offload = nft_offload_cast(offload_);
    struct dpif_offload_port *port = xmalloc(sizeof *port);

    if (!dpif_offload_port_mgr_add(offload_, port, netdev, port_no, true)) {
        free(port);
        return EEXIST;
    }
    if (nft_offload_enabled(offload)) {
        port_enable(offload, port);
    }
    return 0;
}

static void
port_free(struct dpif_offload_port *port)
{
    netdev_close(port->netdev);
    free(port);
}

int
port_del(struct dpif_offload *offload, odp_port_t port_no)
{
    struct dpif_offload_port *port;

    port = dpif_offload_port_mgr_remove(offload, port_no);
    if (port) {
        dpif_offload_set_netdev_offload(port->netdev, NULL);
        ovsrcu_postpone(port_free, port);
    }
    return 0;
}

void
port_del_all(struct nft_offload *offload)
{
    struct dpif_offload_port *port;

    DPIF_OFFLOAD_PORT_FOR_EACH (port, &offload->up) {
        port_del(&offload->up, port->port_no);
    }
}

struct netdev *
port_get_netdev(const struct dpif_offload *offload, odp_port_t port_no)
{
    struct dpif_offload_port *port;

    port = dpif_offload_port_mgr_find_by_odp_port(offload, port_no);
    return port ? port->netdev : NULL;
}

bool
port_to_translate(const void *offload_, odp_port_t port_no,
                  struct translate_port *result)
{
    const struct nft_offload *offload = offload_;
    const struct dpif_offload_port *port;

    port = dpif_offload_port_mgr_find_by_odp_port(&offload->up, port_no);
    if (!port || port->ifindex < 0
        || !port_kind(port->netdev, &result->kind)) {
        return false;
    }
    result->ifindex = port->ifindex;
    result->lag = netdev_get_block_id(port->netdev) != 0;
    return true;
}

bool
port_by_ifindex(const void *offload_, uint32_t ifindex, odp_port_t *port_no)
{
    const struct nft_offload *offload = offload_;
    const struct dpif_offload_port *port;

    port = dpif_offload_port_mgr_find_by_ifindex(&offload->up, ifindex);
    if (port) {
        *port_no = port->port_no;
    }
    return port != NULL;
}
