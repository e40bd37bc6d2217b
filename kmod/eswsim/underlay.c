// SPDX-License-Identifier: GPL-2.0-only
/*
 * underlay - the way to the other end of a tunnel, as the host's routes and neighbours have it.
 *
 * Asked for each frame, so that no frame goes where the host would not send it any more. Real NICs
 * have the next hop in their tables and follow route and neighbour events; what comes out is the
 * same, without a moment in which it is stale. Like the host's own sending, it keeps a neighbour
 * in use from ageing out.
 *
 * Facts: net/ipv4/udp_tunnel_core.c, net/ipv6/ip6_udp_tunnel.c, net/ipv4/ip_tunnel.c
 * (ip_md_tunnel_xmit()), net/ipv6/ip6_gre.c, ip6_tunnel.c (ip6_tnl_xmit()).
 */
#include <linux/etherdevice.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "compat.h"
#include "tunnel.h"

static bool is_gre(const struct asic_encap *encap)
{
	return encap->tundev->kind == TUNDEV_GRETAP || encap->tundev->kind == TUNDEV_IP6GRETAP;
}

/* The address of the neighbour, or a probe for it and an error. */
static int resolve_neighbour(const struct dst_entry *dst, const void *daddr, u8 *address)
{
	struct neighbour *neighbour = dst_neigh_lookup(dst, daddr);
	int err = -EHOSTUNREACH;

	if (!neighbour)
		return err;
	/* As if a packet were sent: asks, or confirms what has become stale. */
	neigh_event_send(neighbour, NULL);
	if (READ_ONCE(neighbour->nud_state) & NUD_VALID) {
		neigh_ha_snapshot(address, neighbour, dst->dev);
		err = is_valid_ether_addr(address) ? 0 : -EHOSTUNREACH;
	}
	neigh_release(neighbour);
	return err;
}

/* What both families have in common; @dst is not kept. */
static int resolve_hop(const struct net_device *uplink, const struct dst_entry *dst,
		       const void *daddr, struct underlay_hop *hop)
{
	if (dst->dev != uplink || dst_xfrm(dst))
		return -ENETUNREACH;
	hop->mtu = dst_mtu(dst);
	ether_addr_copy(hop->src, uplink->dev_addr);
	return resolve_neighbour(dst, daddr, hop->dst);
}

static int resolve_ipv4(const struct net_device *uplink, const struct asic_encap *encap,
			struct underlay_hop *hop)
{
	const struct ip_tunnel_key *key = &encap->info.key;
	struct flowi4 flow = {
		.daddr = key->u.ipv4.dst,
		.saddr = key->u.ipv4.src,
		.flowi4_flags = key->flow_flags,
	};
	struct rtable *route;
	int err;

	flow.flowi4_proto = is_gre(encap) ? IPPROTO_GRE : IPPROTO_UDP;
	if (is_gre(encap))
		flow.fl4_gre_key = tunnel_id_to_key32(key->tun_id);
	else
		flow.fl4_dport = key->tp_dst ?: encap->tundev->port;
	compat_flowi4_set_tos(&flow, key->tos);
	route = ip_route_output_key(dev_net(uplink), &flow);
	if (IS_ERR(route))
		return -ENETUNREACH;
	err = -ENETUNREACH;
	if (route->rt_type == RTN_UNICAST)
		err = resolve_hop(uplink, &route->dst, &flow.daddr, hop);
	hop->src4 = flow.saddr;
	hop->hoplimit = ip4_dst_hoplimit(&route->dst);
	hop->mtu_locked = ip_mtu_locked(&route->dst);
	ip_rt_put(route);
	return err;
}

#if IS_ENABLED(CONFIG_IPV6)
static int resolve_ipv6(const struct net_device *uplink, const struct asic_encap *encap,
			struct sk_buff *skb, struct underlay_hop *hop)
{
	const struct ip_tunnel_key *key = &encap->info.key;
	struct flowi6 flow = { .daddr = key->u.ipv6.dst };
	struct net *net = dev_net(uplink);
	struct dst_entry *dst;
	int err;

	flow.flowlabel = ip6_make_flowinfo(key->tos, key->label);
	if (is_gre(encap)) {
		/* The GRE driver does not look at the source address of the key. */
		flow.flowi6_proto = IPPROTO_GRE;
		flow.fl6_gre_key = tunnel_id_to_key32(key->tun_id);
	} else {
		flow.flowi6_proto = IPPROTO_UDP;
		flow.fl6_dport = key->tp_dst ?: encap->tundev->port;
		flow.saddr = key->u.ipv6.src;
	}
	dst = ip6_dst_lookup_flow(net, NULL, &flow, NULL);
	if (IS_ERR(dst))
		return -ENETUNREACH;
	err = -ENETUNREACH;
	if (!ipv6_addr_is_multicast(&flow.daddr))
		err = resolve_hop(uplink, dst, &flow.daddr, hop);
	hop->src6 = flow.saddr;
	hop->hoplimit = ip6_dst_hoplimit(dst);
	hop->label = key->label;
	if (is_gre(encap) && skb) {
		skb_clear_hash(skb);
		hop->label = ip6_make_flowlabel(net, skb, flow.flowlabel, true, &flow);
		skb_clear_hash(skb);
	}
	dst_release(dst);
	return err;
}
#else
static int resolve_ipv6(const struct net_device *uplink, const struct asic_encap *encap,
			struct sk_buff *skb, struct underlay_hop *hop)
{
	return -ENETUNREACH;
}
#endif

/**
 * underlay_resolve() - find the way to the other end of a tunnel
 * @uplink:	the only netdev that it may leave by
 * @encap:	outer headers to come
 * @skb:	the frame, for the flow label that is made for it, or NULL
 * @hop:	filled in
 *
 * Under RCU; any context but hard interrupts. Return: 0; -ENETUNREACH if there is no route or it
 * leaves by another netdev, -EHOSTUNREACH if the neighbour is not known (yet: it is asked for).
 */
int underlay_resolve(const struct net_device *uplink, const struct asic_encap *encap,
		     struct sk_buff *skb, struct underlay_hop *hop)
{
	memset(hop, 0, sizeof(*hop));
	if (ip_tunnel_info_af(&encap->info) == AF_INET)
		return resolve_ipv4(uplink, encap, hop);
	return resolve_ipv6(uplink, encap, skb, hop);
}
