/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tunnel - tunnels in hardware: what tundev.c, underlay.c, encap.c and decap.c share.
 *
 * The underlay is the uplink. A rule that sets a tunnel key and sends to a tunnel netdev of the
 * host has the ASIC put the outer headers on and send by the uplink. A rule on a tunnel netdev is
 * for frames that the wire brings for that tunnel: the ASIC takes the outer headers off. Only
 * netdevs that take the tunnel key from the packet ("external") can be offloaded.
 */
#ifndef ESWSIM_TUNNEL_H
#define ESWSIM_TUNNEL_H

#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <net/ip_tunnels.h>

struct asic;
struct asic_action;
struct asic_block;
struct asic_packet;
struct asic_rule;
struct netlink_ext_ack;
struct seq_file;

enum tundev_kind {
	TUNDEV_VXLAN,
	TUNDEV_GENEVE,
	TUNDEV_GRETAP,
	TUNDEV_IP6GRETAP,
	TUNDEV_KINDS
};

/**
 * struct tundev - a tunnel netdev of the host, as it was when it last came up
 * @node:	in the list of them; see tundev.c
 * @refs:	one is the list's
 * @rcu:	frees it
 * @dev:	the netdev; may be looked into only under RCU while @up
 * @up:		it is up
 * @kind:	which kind
 * @external:	takes the tunnel key from the packet, and has nothing that we do not know
 * @gbp:	VXLAN: group policies are in the header
 * @zero_csum6:	takes UDP over IPv6 without a checksum
 * @net:	namespace of the underlay; only to compare
 * @port:	UDP port that it listens on
 * @port_min:	source ports ...
 * @port_max:	... as udp_flow_src_port() wants them
 *
 * All but the first three and @up are constant once it has been up.
 */
struct tundev {
	struct list_head node;
	refcount_t refs;
	struct rcu_head rcu;
	const struct net_device *dev;
	bool up;
	enum tundev_kind kind;
	bool external;
	bool gbp;
	bool zero_csum6;
	const struct net *net;
	__be16 port;
	int port_min;
	int port_max;
};

/**
 * struct asic_encap - outer headers that a rule puts on
 * @rcu:	frees it
 * @tundev:	netdev that the frame would be sent to; counted
 * @info:	what tunnel_key set said, with its options behind it
 */
struct asic_encap {
	struct rcu_head rcu;
	struct tundev *tundev;
	struct ip_tunnel_info info;
};

/**
 * struct underlay_hop - how to get to the other end of a tunnel
 * @dst:	address of the neighbour
 * @src:	our address
 * @src4:	source address, or
 * @src6:	the same for IPv6
 * @hoplimit:	of the route
 * @mtu:	longest outer IP packet, bytes
 * @mtu_locked:	the route says never to set DF
 * @label:	IPv6: flow label
 */
struct underlay_hop {
	u8 dst[ETH_ALEN];
	u8 src[ETH_ALEN];
	union {
		__be32 src4;
		struct in6_addr src6;
	};
	u8 hoplimit;
	unsigned int mtu;
	bool mtu_locked;
	__be32 label;
};

/* tundev.c */
int tundev_init(void);
void tundev_exit(void);
bool tundev_is_tunnel(const struct net_device *dev);
struct tundev *tundev_find(const struct net_device *dev);
struct tundev *tundev_get(const struct net_device *dev);
void tundev_put(struct tundev *tundev);

/* underlay.c */
int underlay_resolve(const struct net_device *uplink, const struct asic_encap *encap,
		     struct sk_buff *skb, struct underlay_hop *hop);

/* encap.c */
int asic_encap_draft(struct asic *asic, const struct ip_tunnel_info *info,
		     const struct net_device *dev, struct asic_action *action,
		     struct netlink_ext_ack *extack);
void asic_encap_put(struct asic_encap *encap);
bool asic_encap_ready(const struct asic_packet *packet, const struct asic_rule *rule);
int asic_encap_send(struct sk_buff *skb, const struct asic_action *action);
void asic_encap_dump(const struct asic_encap *encap, struct seq_file *seq);

/* decap.c */
int asic_decap_enable(struct asic *asic);
void asic_decap_disable(struct asic *asic);
struct asic_block *asic_decap(struct asic_packet *packet);
int asic_decap_to_host(struct asic_packet *packet);

#endif
