/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - every difference between the kernels the modules are built for
 * (6.1, 6.12 and 7.2), so that no other file asks for a kernel version.
 *
 * Each entry says in which release the kernel changed; the newest kernel's
 * form is what the modules are written in wherever that can be had.
 */
#ifndef NFT_OFFLOAD_COMPAT_H
#define NFT_OFFLOAD_COMPAT_H

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/version.h>
#include <net/devlink.h>
#include <net/flow_dissector.h>
#include <net/flow_offload.h>
#include <net/inet_dscp.h>
#include <net/ip_tunnels.h>

/* 6.4 made the argument of bus attributes const. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define compat_bus_type const struct bus_type
#else
#define compat_bus_type struct bus_type
#endif

/* 6.11 made the driver const that a bus is asked to match. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define compat_match_driver const struct device_driver
#else
#define compat_match_driver struct device_driver
#endif

/*
 * 6.2: the netdev knows its devlink port from before it is registered, and
 * the core sets the port's type. Before, the driver answers
 * ndo_get_devlink_port and sets and clears the type itself. Use all four:
 * attach before register_netdev(), link after it, unlink before
 * unregister_netdev().
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define COMPAT_NDO_GET_DEVLINK_PORT(function)

static inline void compat_devlink_port_attach(struct net_device *dev,
					      struct devlink_port *port)
{
	SET_NETDEV_DEVLINK_PORT(dev, port);
}

static inline void compat_devlink_port_link(struct devlink_port *port,
					    struct net_device *dev)
{
}

static inline void compat_devlink_port_unlink(struct devlink_port *port)
{
}
#else
#define COMPAT_NDO_GET_DEVLINK_PORT(function) .ndo_get_devlink_port = function,

static inline void compat_devlink_port_attach(struct net_device *dev,
					      struct devlink_port *port)
{
}

static inline void compat_devlink_port_link(struct devlink_port *port,
					    struct net_device *dev)
{
	devlink_port_type_eth_set(port, dev);
}

static inline void compat_devlink_port_unlink(struct devlink_port *port)
{
	devlink_port_type_clear(port);
}
#endif

/* 6.2: devlink reports the driver's name without being told. */
static inline int compat_devlink_info_driver(struct devlink_info_req *req,
					     const char *name)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return 0;
#else
	return devlink_info_driver_name_put(req, name);
#endif
}

/* 6.3: reload needs no feature bit any more. */
static inline void compat_devlink_allow_reload(struct devlink *devlink)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	devlink_set_features(devlink, DEVLINK_F_RELOAD);
#endif
}

/*
 * 6.3 put parameters under the devlink instance lock; before, they were
 * registered without it, and only on an instance not yet registered. Called
 * with the instance lock held either way.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define devl_params_register devlink_params_register
#define devl_params_unregister devlink_params_unregister
#define devl_param_driverinit_value_get devlink_param_driverinit_value_get
#define devl_param_driverinit_value_set devlink_param_driverinit_value_set
#endif

/*
 * Between 6.12 and 7.2 the values of parameters came to be handed over by
 * pointer.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define compat_param_value union devlink_param_value *
#define compat_param_string(value) ((value)->vstr)
#define compat_param_pass(value) (&(value))
#else
#define compat_param_value union devlink_param_value
#define compat_param_string(value) ((value).vstr)
#define compat_param_pass(value) (value)
#endif

/* 6.12 turned the feature bit for "transmits without a lock" into a field. */
static inline void compat_netdev_lockless_tx(struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* 6.5 added l2_miss to the meta data that flower can match on. */
static inline bool
compat_meta_other_mask(const struct flow_dissector_key_meta *mask)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	if (mask->l2_miss)
		return true;
#endif
	return mask->ingress_iftype;
}

/*
 * 6.3: with NET_TC_SKB_EXT the host's TC can go on with an action in the
 * middle of a rule, by a name that the driver was given with that action.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define COMPAT_HAS_ACT_MISS 1

static inline u64 compat_miss_cookie(const struct flow_action_entry *entry)
{
	return entry->miss_cookie;
}

#if IS_ENABLED(CONFIG_NET_TC_SKB_EXT)
static inline void compat_ext_act_miss(struct tc_skb_ext *ext, u64 cookie)
{
	ext->act_miss_cookie = cookie;
	ext->act_miss = 1;
}
#endif
#else
#define COMPAT_HAS_ACT_MISS 0

static inline u64 compat_miss_cookie(const struct flow_action_entry *entry)
{
	return 0;
}

#if IS_ENABLED(CONFIG_NET_TC_SKB_EXT)
static inline void compat_ext_act_miss(struct tc_skb_ext *ext, u64 cookie)
{
}
#endif
#endif

/* 6.10 made the flags of a tunnel key a bitmap, with the bits where they were. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
enum {
	IP_TUNNEL_CSUM_BIT = 0,
	IP_TUNNEL_KEY_BIT = 2,
	IP_TUNNEL_SEQ_BIT = 3,
	IP_TUNNEL_DONT_FRAGMENT_BIT = 8,
	IP_TUNNEL_OAM_BIT = 9,
	IP_TUNNEL_CRIT_OPT_BIT = 10,
	IP_TUNNEL_GENEVE_OPT_BIT = 11,
	IP_TUNNEL_VXLAN_OPT_BIT = 12,
};

static inline bool compat_tunnel_flag(const struct ip_tunnel_key *key,
				      unsigned int bit)
{
	return be16_to_cpu(key->tun_flags) & BIT(bit);
}

static inline void compat_tunnel_set_flag(struct ip_tunnel_key *key,
					  unsigned int bit)
{
	key->tun_flags |= cpu_to_be16(BIT(bit));
}
#else
static inline bool compat_tunnel_flag(const struct ip_tunnel_key *key,
				      unsigned int bit)
{
	return test_bit(bit, key->tun_flags);
}

static inline void compat_tunnel_set_flag(struct ip_tunnel_key *key,
					  unsigned int bit)
{
	__set_bit(bit, key->tun_flags);
}
#endif

/* Between 6.12 and 7.2 a route lookup came to be asked by DSCP. */
static inline void compat_flowi4_set_tos(struct flowi4 *flow, u8 tos)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	flow->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	flow->flowi4_tos = tos & INET_DSCP_MASK;
#endif
}

/* Between 6.12 and 7.2 geneve got a range of source ports; before, it is all. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define COMPAT_GENEVE_PORT_RANGE IFLA_GENEVE_PORT_RANGE
#else
#define COMPAT_GENEVE_PORT_RANGE 0
#endif

/*
 * Between 6.12 and 7.2 who asks for a forward path came to make the context,
 * and to let go of routes that are part of a path found.
 */
static inline int compat_forward_path(const struct net_device *dev,
				      const u8 *address,
				      struct net_device_path_stack *stack)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	struct net_device_path_ctx ctx = { .dev = dev };

	ether_addr_copy(ctx.daddr, address);
	return dev_fill_forward_path(&ctx, stack);
#else
	return dev_fill_forward_path(dev, address, stack);
#endif
}

static inline void
compat_forward_path_release(struct net_device_path_stack *stack)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	dev_fill_forward_path_release(stack);
#endif
}

#endif /* NFT_OFFLOAD_COMPAT_H */
