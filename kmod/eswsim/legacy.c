// SPDX-License-Identifier: GPL-2.0-only
/*
 * legacy - how the switch forwards in legacy mode
 *
 * As the embedded bridge of a NIC does: it knows the addresses of its VFs and
 * of the uplink netdev (the PF) and learns none. Unicast goes to the owner of
 * the address. What nobody here owns leaves by the wire, or, coming from the
 * wire, goes to the PF. Multicast goes everywhere but back.
 */
#include <linux/etherdevice.h>

#include "eswsim.h"

/* Has @dev (may be NULL) the address @addr? Under RCU. */
static bool owns(const struct net_device *dev, const u8 *addr)
{
	return dev && ether_addr_equal(dev->dev_addr, addr);
}

/* Every VF but @in gets a copy. */
static void flood_vfs(struct eswsim *nic, const struct eswsim_port *in,
		      const struct sk_buff *skb)
{
	struct eswsim_port *port;
	struct sk_buff *copy;
	unsigned int vf;

	for (vf = 0; vf < nic->max_vfs; vf++) {
		port = rcu_dereference(nic->vfs[vf]);
		if (!port || port == in)
			continue;
		copy = skb_clone((struct sk_buff *)skb, GFP_ATOMIC);
		if (copy)
			eswsim_port_deliver(port, copy);
	}
}

/* The VF that owns @addr, or NULL. */
static struct eswsim_port *find_vf(struct eswsim *nic, const u8 *addr)
{
	struct eswsim_port *port;
	unsigned int vf;

	for (vf = 0; vf < nic->max_vfs; vf++) {
		port = rcu_dereference(nic->vfs[vf]);
		if (port && owns(rcu_dereference(port->peer), addr))
			return port;
	}
	return NULL;
}

/* A frame that none of the VFs owns; @uplink may be NULL. Consumes @skb. */
static void forward_foreign(struct eswsim_port *uplink, struct sk_buff *skb,
			    bool to_host)
{
	if (!uplink)
		kfree_skb(skb);
	else if (to_host)
		eswsim_port_miss(uplink, skb);
	else
		eswsim_port_deliver(uplink, skb);
}

/**
 * eswsim_legacy_forward() - forward a frame by its destination address
 * @in: port where it comes from
 * @skb: the frame, plain, its data at the Ethernet header; consumed
 * @from_host: @in is the uplink, and the uplink netdev sent the frame, not
 *	the wire
 *
 * Under RCU, bottom halves off.
 */
void eswsim_legacy_forward(struct eswsim_port *in, struct sk_buff *skb,
			   bool from_host)
{
	bool from_vf = in->kind == PORT_VF;
	const u8 *dest = eth_hdr(skb)->h_dest;
	struct eswsim *nic = in->nic;
	struct eswsim_port *uplink, *vf;
	struct sk_buff *copy;
	bool to_host;

	/* While the uplink is being made, it sends before it is found here. */
	uplink = from_vf ? rcu_dereference(nic->uplink) : in;
	if (is_multicast_ether_addr(dest)) {
		flood_vfs(nic, in, skb);
		copy = from_vf ? skb_clone(skb, GFP_ATOMIC) : NULL;
		if (copy)
			forward_foreign(uplink, copy, true);
		forward_foreign(uplink, skb, !from_vf && !from_host);
		return;
	}

	vf = find_vf(nic, dest);
	if (vf) {
		eswsim_port_deliver(vf, skb);
		return;
	}
	if (from_vf)
		to_host = uplink && owns(rcu_dereference(uplink->rep), dest);
	else
		to_host = !from_host;
	forward_foreign(uplink, skb, to_host);
}
