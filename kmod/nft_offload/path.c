// SPDX-License-Identifier: GPL-2.0-only
/*
 * The port beneath the device of a route: behind a bridge, a VLAN device, a
 * bond.
 *
 * nft_flow_offload looks for it once, when a connection enters the flowtable
 * (nft_dev_forward_path()). While the neighbour is not resolved, or the bridge
 * does not know its address, there is none to be found: in 6.1 and 6.12 the
 * connection then comes in by the bridge itself, for as long as it lives. In
 * 7.2 it does not enter before there is one.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_flow_table.h>
#include "compat.h"
#include "path.h"

/* The Ethernet address of the next hop to @daddr; false if it has none now. */
static bool path_neighbour(const struct dst_entry *dst, const void *daddr,
			   u8 *address)
{
	struct neighbour *neighbour = dst_neigh_lookup(dst, daddr);
	bool valid;

	if (!neighbour)
		return false;
	valid = READ_ONCE(neighbour->nud_state) & NUD_VALID;
	neigh_ha_snapshot(address, neighbour, dst->dev);
	neigh_release(neighbour);
	return valid;
}

/**
 * path_port() - looks for the port of one direction anew
 * @offload: the kernel's entry
 * @dir: 0 original, 1 reply: the direction whose packets come in by it
 *
 * Return: the ifindex of the device by which the next hop to the sender of that
 * direction is reached, as nft_flow_offload would find it now; 0 if it would
 * not find any, or has found it.
 * Context: process; takes no lock.
 */
int path_port(const struct flow_offload *offload, u8 dir)
{
	const struct flow_offload_tuple *back = &offload->tuplehash[!dir].tuple;
	const struct dst_entry *dst = back->dst_cache;
	struct net_device_path_stack stack;
	u8 address[ETH_ALEN];
	int ifindex = 0;

	/* FLOW_OFFLOAD_XMIT_DIRECT is how it is sent to a port found. */
	if (back->xmit_type != FLOW_OFFLOAD_XMIT_NEIGH ||
	    dst->dev->type != ARPHRD_ETHER ||
	    !path_neighbour(dst, &offload->tuplehash[dir].tuple.src_v4,
			    address))
		return 0;
	rcu_read_lock();
	if (compat_forward_path(dst->dev, address, &stack) >= 0) {
		int last = stack.num_paths - 1;

		/* What else may be last nft_flow_offload does not take. */
		if (last >= 0 && stack.path[last].type == DEV_PATH_ETHERNET)
			ifindex = stack.path[last].dev->ifindex;
		compat_forward_path_release(&stack);
	}
	rcu_read_unlock();
	return ifindex;
}
