// SPDX-License-Identifier: GPL-2.0-only
/*
 * port - the ports of the switch, their netdevs and the way of a frame
 *
 * Each port has a netdev at either end of its link, see eswsim.h. A frame is
 * made plain where it enters: linear, with its VLAN tags and checksums in the
 * data, and without anything that the sending host's kernel knew of it. So
 * switch and receiver see what would be on a wire.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>

#include "compat.h"
#include "eswsim.h"

#define ESWSIM_MTU_MAX 9216

/* What a netdev knows; set before it is registered and never changed. */
struct eswsim_netdev {
	struct eswsim_port *port;
};

static struct eswsim_port *netdev_port(const struct net_device *dev)
{
	return ((struct eswsim_netdev *)netdev_priv(dev))->port;
}

/*
 * Turns what the stack gives to @dev for transmission into a plain frame.
 * Consumes @skb; returns the frame or NULL, having counted what was lost.
 */
static struct sk_buff *frame_make(struct net_device *dev, struct sk_buff *skb)
{
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (skb && skb_vlan_tag_present(skb))
		skb = __vlan_hwaccel_push_inside(skb);
	if (!skb) {
		DEV_STATS_INC(dev, tx_dropped);
		return NULL;
	}
	/* The features promise neither; whoever ignores them loses. */
	if (skb_is_gso(skb) || skb_linearize(skb) || skb->len < ETH_HLEN)
		goto drop;
	/* As whoever receives a frame that ends with its tag: skb_vlan_untag(). */
	if (eth_type_vlan(((struct ethhdr *)skb->data)->h_proto) &&
	    skb->len < VLAN_ETH_HLEN + sizeof(__be16))
		goto drop;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		goto drop;

	skb_scrub_packet(skb, true);
	skb_reset_redirect(skb);
	skb_clear_hash(skb);
	skb->priority = 0;
	skb_reset_mac_header(skb);
	dev_sw_netstats_tx_add(dev, 1, skb->len);
	return skb;

drop:
	DEV_STATS_INC(dev, tx_dropped);
	kfree_skb(skb);
	return NULL;
}

/*
 * Lets @dev (may be NULL: there is none) receive a frame, under RCU. Returns
 * false, with the frame freed, if it is down or the frame too long for it.
 */
static bool netdev_receive(struct net_device *dev, struct sk_buff *skb)
{
	if (!dev || !netif_carrier_ok(dev) || !is_skb_forwardable(dev, skb)) {
		kfree_skb(skb);
		return false;
	}
	dev_sw_netstats_rx_add(dev, skb->len);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_NONE;
	skb->protocol = eth_type_trans(skb, dev);
	netif_rx(skb);
	return true;
}

/**
 * eswsim_port_deliver() - the hardware sends a frame out of a port
 * @out: the port
 * @skb: the frame, its data at the Ethernet header; consumed
 *
 * Under RCU, bottom halves off.
 */
void eswsim_port_deliver(struct eswsim_port *out, struct sk_buff *skb)
{
	unsigned int len = skb->len;
	bool sent;

	/* What conntrack of the host knows of it stays here. */
	nf_reset_ct(skb);
	/* Which tunnel it came by is not the receiver's business. */
	skb_dst_drop(skb);
	sent = netdev_receive(rcu_dereference(out->peer), skb);
	eswsim_port_count(out, sent ? ESWSIM_TX : ESWSIM_TX_DROP, len);
}

/**
 * eswsim_port_miss() - give a frame to the host, on the slow path
 * @in: the port where it came in: its representor, or the uplink, receives it
 * @skb: the frame, its data at the Ethernet header; consumed
 *
 * Under RCU, bottom halves off. Extensions of the skb (the chain to go on
 * with) are kept. A representor that is down loses the frame.
 */
void eswsim_port_miss(struct eswsim_port *in, struct sk_buff *skb)
{
	struct net_device *rep = rcu_dereference(in->rep);

	if (!netdev_receive(rep, skb) && rep)
		DEV_STATS_INC(rep, rx_dropped);
}

/* VF or wire transmits: the frame enters the switch. */
static netdev_tx_t peer_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct eswsim_port *port = netdev_port(dev);

	skb = frame_make(dev, skb);
	if (!skb)
		return NETDEV_TX_OK;
	rcu_read_lock();
	if (READ_ONCE(port->nic->mode) == DEVLINK_ESWITCH_MODE_SWITCHDEV)
		asic_receive(port, skb);
	else
		eswsim_legacy_forward(port, skb, false);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/*
 * Representor or uplink transmits: the frame leaves by the same port. So it
 * does by a representor that legacy mode has not taken away yet: forwarded as
 * that mode does, it would go round between uplink and representors in a
 * bridge of both.
 */
static netdev_tx_t rep_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct eswsim_port *port = netdev_port(dev);
	struct net_device *peer;

	skb = frame_make(dev, skb);
	if (!skb)
		return NETDEV_TX_OK;
	rcu_read_lock();
	if (port->kind == PORT_VF ||
	    READ_ONCE(port->nic->mode) == DEVLINK_ESWITCH_MODE_SWITCHDEV) {
		peer = rcu_dereference(port->peer);
		if (!netdev_receive(peer, skb))
			DEV_STATS_INC(dev, tx_dropped);
	} else {
		eswsim_legacy_forward(port, skb, true);
	}
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/**
 * eswsim_port_update_carrier() - let each end of a link show the other's state
 * @port: the port; RTNL held
 *
 * A VF in legacy mode has nothing at the other end that could be down.
 */
void eswsim_port_update_carrier(struct eswsim_port *port)
{
	struct net_device *peer = rtnl_dereference(port->peer);
	struct net_device *rep = rtnl_dereference(port->rep);

	if (peer && (!rep || netif_running(rep)))
		netif_carrier_on(peer);
	else if (peer)
		netif_carrier_off(peer);
	if (rep && peer && netif_running(peer))
		netif_carrier_on(rep);
	else if (rep)
		netif_carrier_off(rep);
}

/* Also the way down: when either is called, netif_running() tells the new. */
static int netdev_open_or_stop(struct net_device *dev)
{
	eswsim_port_update_carrier(netdev_port(dev));
	return 0;
}

static int netdev_init(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static void netdev_uninit(struct net_device *dev)
{
	free_percpu(dev->tstats);
}

/* RTNL held. Refuses to turn offload off under the feet of rules. */
static int rep_set_features(struct net_device *dev, netdev_features_t features)
{
	netdev_features_t off = dev->features & ~features;
	int rules = atomic_read(&netdev_port(dev)->rules);

	if ((off & NETIF_F_HW_TC) && rules) {
		netdev_err(dev, "hw-tc-offload stays on: remove the %d TC rules first\n",
			   rules);
		return -EBUSY;
	}
	return 0;
}

static int rep_setup_tc(struct net_device *dev, enum tc_setup_type type,
			void *data)
{
	if (type != TC_SETUP_BLOCK)
		return -EOPNOTSUPP;
	return asic_setup_block(netdev_port(dev), data);
}

static __maybe_unused struct devlink_port *
rep_get_devlink_port(struct net_device *dev)
{
	return &netdev_port(dev)->devlink_port;
}

/* The wire belongs to no switch; a name is all that it is found by. */
static int wire_get_phys_port_name(struct net_device *dev, char *name,
				   size_t len)
{
	return snprintf(name, len, "wire") < len ? 0 : -EOPNOTSUPP;
}

#define NETDEV_COMMON_OPS						\
	.ndo_init = netdev_init,					\
	.ndo_uninit = netdev_uninit,					\
	.ndo_open = netdev_open_or_stop,				\
	.ndo_stop = netdev_open_or_stop,				\
	.ndo_get_stats64 = dev_get_tstats64,				\
	.ndo_set_mac_address = eth_mac_addr,				\
	.ndo_validate_addr = eth_validate_addr

static const struct net_device_ops rep_ops = {
	NETDEV_COMMON_OPS,
	.ndo_start_xmit = rep_xmit,
	.ndo_set_features = rep_set_features,
	.ndo_setup_tc = rep_setup_tc,
	COMPAT_NDO_GET_DEVLINK_PORT(rep_get_devlink_port)
};

static const struct net_device_ops vf_ops = {
	NETDEV_COMMON_OPS,
	.ndo_start_xmit = peer_xmit,
};

static const struct net_device_ops wire_ops = {
	NETDEV_COMMON_OPS,
	.ndo_start_xmit = peer_xmit,
	.ndo_get_phys_port_name = wire_get_phys_port_name,
};

/* Makes a netdev of @port below the device @parent; not yet registered. */
static struct net_device *netdev_create(struct eswsim_port *port,
					const struct net_device_ops *ops,
					struct device *parent)
{
	struct net_device *dev;

	dev = alloc_etherdev(sizeof(struct eswsim_netdev));
	if (!dev)
		return NULL;
	((struct eswsim_netdev *)netdev_priv(dev))->port = port;
	SET_NETDEV_DEV(dev, parent);
	dev->netdev_ops = ops;
	dev->ethtool_ops = &eswsim_ethtool_ops;
	dev->max_mtu = ESWSIM_MTU_MAX;
	dev->priv_flags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
	compat_netdev_lockless_tx(dev);
	eth_hw_addr_random(dev);
	netif_carrier_off(dev);
	return dev;
}

/* Registers @dev and puts it into @slot of its port; frees it if it cannot. */
static int netdev_register(struct net_device *dev,
			   struct net_device __rcu **slot)
{
	int err;

	rtnl_lock();
	err = register_netdevice(dev);
	if (!err) {
		rcu_assign_pointer(*slot, dev);
		eswsim_port_update_carrier(netdev_port(dev));
	}
	rtnl_unlock();
	if (err)
		free_netdev(dev);
	return err;
}

/* Empties @slot, so that no packet comes to its netdev any more. */
static struct net_device *netdev_detach(struct net_device __rcu **slot)
{
	struct net_device *dev;

	rtnl_lock();
	dev = rtnl_dereference(*slot);
	RCU_INIT_POINTER(*slot, NULL);
	rtnl_unlock();
	return dev;
}

/* Waits until no packet is on its way through @dev and nobody refers to it. */
static void netdev_destroy(struct net_device *dev)
{
	unregister_netdev(dev);
	free_netdev(dev);
}

/**
 * eswsim_port_rep_create() - create the host's netdev of a port
 * @port: the port, which has none; devlink instance lock held, RTNL not held
 *
 * A representor for a VF, or the uplink netdev, with its devlink port.
 * Return: 0 or a negative errno.
 */
int eswsim_port_rep_create(struct eswsim_port *port)
{
	struct net_device *dev;
	int err;

	err = eswsim_devlink_port_add(port);
	if (err)
		return err;
	err = -ENOMEM;
	dev = netdev_create(port, &rep_ops, &port->nic->dev);
	if (!dev)
		goto err_port;
	dev->ethtool_ops = &eswsim_ethtool_port_ops;
	dev->hw_features |= NETIF_F_HW_TC;
	dev->features |= NETIF_F_HW_TC;
	compat_devlink_port_attach(dev, &port->devlink_port);
	err = netdev_register(dev, &port->rep);
	if (err)
		goto err_port;
	compat_devlink_port_link(&port->devlink_port, dev);
	return 0;

err_port:
	eswsim_devlink_port_del(port);
	return err;
}

/**
 * eswsim_port_rep_destroy() - undo eswsim_port_rep_create()
 * @port: the port; devlink instance lock held, RTNL not held
 *
 * The ASIC takes no rule for a port without a rep (it looks under its own
 * lock), so after its flush nothing in it refers to this port.
 */
void eswsim_port_rep_destroy(struct eswsim_port *port)
{
	struct net_device *dev = netdev_detach(&port->rep);

	asic_flush_port(port);
	compat_devlink_port_unlink(&port->devlink_port);
	netdev_destroy(dev);
	eswsim_devlink_port_del(port);
}

static int peer_create(struct eswsim_port *port)
{
	struct net_device *dev;

	if (port->kind == PORT_VF)
		dev = netdev_create(port, &vf_ops, port->dev);
	else
		dev = netdev_create(port, &wire_ops, &port->nic->dev);
	if (!dev)
		return -ENOMEM;
	return netdev_register(dev, &port->peer);
}

/**
 * eswsim_port_create() - create a port of the switch with its netdevs
 * @nic: the NIC; devlink instance lock held, RTNL not held
 * @kind: which kind
 * @vf: number of the VF, for PORT_VF
 *
 * A VF gets its representor if the mode is switchdev.
 * Return: the port, owned by the caller, or an ERR_PTR.
 */
struct eswsim_port *eswsim_port_create(struct eswsim *nic,
				       enum eswsim_port_kind kind,
				       unsigned int vf)
{
	struct eswsim_port *port;
	int err = -ENOMEM;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(err);
	port->nic = nic;
	port->kind = kind;
	port->vf = vf;
	port->counters = netdev_alloc_pcpu_stats(struct eswsim_counters);
	if (!port->counters)
		goto err_free;
	if (kind == PORT_VF) {
		port->dev = eswsim_vf_device_add(nic, vf);
		if (IS_ERR(port->dev)) {
			err = PTR_ERR(port->dev);
			goto err_counters;
		}
	}
	err = peer_create(port);
	if (err)
		goto err_device;
	if (kind == PORT_UPLINK ||
	    nic->mode == DEVLINK_ESWITCH_MODE_SWITCHDEV) {
		err = eswsim_port_rep_create(port);
		if (err)
			goto err_peer;
	}
	return port;

err_peer:
	netdev_destroy(netdev_detach(&port->peer));
err_device:
	if (port->dev)
		eswsim_vf_device_del(nic, vf, port->dev);
err_counters:
	free_percpu(port->counters);
err_free:
	kfree(port);
	return ERR_PTR(err);
}

/**
 * eswsim_port_destroy() - take a port away, with its netdevs
 * @port: the port, no longer to be found in its NIC; devlink instance lock
 *	held, RTNL not held
 */
void eswsim_port_destroy(struct eswsim_port *port)
{
	if (rcu_access_pointer(port->rep))
		eswsim_port_rep_destroy(port);
	/* Unregistering waits for the packets that still see the port. */
	netdev_destroy(netdev_detach(&port->peer));
	if (port->dev)
		eswsim_vf_device_del(port->nic, port->vf, port->dev);
	free_percpu(port->counters);
	kfree(port);
}

/**
 * eswsim_port_of() - the switch port that a netdev stands for
 * @dev: any netdev
 *
 * Return: the port of a representor or uplink, valid as long as @dev is
 * referred to; NULL for any other netdev, also for a VF or a wire.
 */
struct eswsim_port *eswsim_port_of(const struct net_device *dev)
{
	return dev->netdev_ops == &rep_ops ? netdev_port(dev) : NULL;
}

/**
 * eswsim_port_can_offload() - may rules be installed for a port
 * @port: where the packets come in
 * @extack: takes the reason if not; may be NULL
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int eswsim_port_can_offload(const struct eswsim_port *port,
			    struct netlink_ext_ack *extack)
{
	struct net_device *rep;
	int err = -EOPNOTSUPP;

	rcu_read_lock();
	rep = rcu_dereference(port->rep);
	if (READ_ONCE(port->nic->mode) != DEVLINK_ESWITCH_MODE_SWITCHDEV ||
	    !rep)
		NL_SET_ERR_MSG_MOD(extack,
				   "not in switchdev mode; use devlink dev eswitch set");
	else if (!(rep->features & NETIF_F_HW_TC))
		NL_SET_ERR_MSG_MOD(extack,
				   "hw-tc-offload is off; use ethtool -K");
	else
		err = 0;
	rcu_read_unlock();
	return err;
}
