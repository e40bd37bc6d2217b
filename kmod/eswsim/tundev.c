// SPDX-License-Identifier: GPL-2.0-only
/*
 * tundev - the tunnel netdevs of the host: which there are, and how they are set up.
 *
 * Their own structures are private to their modules or differ between kernels, so they are asked
 * as user space asks them, by the netlink attributes of RTM_GETLINK, whenever one comes up. One
 * list for all NICs. It changes under RTNL, by the notifier, and is read under RCU.
 *
 * Facts: the fill_info callbacks of drivers/net/vxlan/, drivers/net/geneve.c, net/ipv4/ip_gre.c
 * and net/ipv6/ip6_gre.c; include/uapi/linux/if_link.h, if_tunnel.h.
 */
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/notifier.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "compat.h"
#include "tunnel.h"

static LIST_HEAD(tundevs);

static const char *const kind_names[TUNDEV_KINDS] = {
	[TUNDEV_VXLAN] = "vxlan",
	[TUNDEV_GENEVE] = "geneve",
	[TUNDEV_GRETAP] = "gretap",
	[TUNDEV_IP6GRETAP] = "ip6gretap",
};

static enum tundev_kind kind_of(const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;
	enum tundev_kind kind;

	if (!ops || dev->type != ARPHRD_ETHER)
		return TUNDEV_KINDS;
	for (kind = 0; kind < TUNDEV_KINDS; kind++)
		if (!strcmp(ops->kind, kind_names[kind]))
			break;
	return kind;
}

static bool is_on(struct nlattr *const *attrs, int type)
{
	return attrs[type] && nla_get_u8(attrs[type]);
}

static void learn_vxlan(struct tundev *tundev, struct nlattr *const *attrs)
{
	const struct ifla_vxlan_port_range *range;

	/* What changes the header beyond VNI and group policy, or selects by more than the port. */
	tundev->external = is_on(attrs, IFLA_VXLAN_COLLECT_METADATA) && !attrs[IFLA_VXLAN_GPE] &&
			   !is_on(attrs, IFLA_VXLAN_REMCSUM_RX) &&
			   !is_on(attrs, IFLA_VXLAN_REMCSUM_TX) &&
			   !is_on(attrs, IFLA_VXLAN_VNIFILTER);
	tundev->gbp = attrs[IFLA_VXLAN_GBP];
	tundev->zero_csum6 = is_on(attrs, IFLA_VXLAN_UDP_ZERO_CSUM6_RX);
	if (attrs[IFLA_VXLAN_PORT])
		tundev->port = nla_get_be16(attrs[IFLA_VXLAN_PORT]);
	if (attrs[IFLA_VXLAN_PORT_RANGE]) {
		range = nla_data(attrs[IFLA_VXLAN_PORT_RANGE]);
		tundev->port_min = ntohs(range->low);
		tundev->port_max = ntohs(range->high);
	}
}

static void learn_geneve(struct tundev *tundev, struct nlattr *const *attrs)
{
	const struct ifla_vxlan_port_range *range;	/* geneve's has the same members */

	tundev->external = attrs[IFLA_GENEVE_COLLECT_METADATA] &&
			   !attrs[IFLA_GENEVE_INNER_PROTO_INHERIT];
	tundev->zero_csum6 = is_on(attrs, IFLA_GENEVE_UDP_ZERO_CSUM6_RX);
	if (attrs[IFLA_GENEVE_PORT])
		tundev->port = nla_get_be16(attrs[IFLA_GENEVE_PORT]);
	tundev->port_min = 1;
	tundev->port_max = USHRT_MAX;
	if (COMPAT_GENEVE_PORT_RANGE && attrs[COMPAT_GENEVE_PORT_RANGE]) {
		range = nla_data(attrs[COMPAT_GENEVE_PORT_RANGE]);
		tundev->port_min = ntohs(range->low);
		tundev->port_max = ntohs(range->high);
	}
}

/* Asks the netdev how it is set up; RTNL held. */
static int learn(struct tundev *tundev, const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;
	struct nlattr *attrs[64] = {};
	struct sk_buff *skb;
	int err;

	BUILD_BUG_ON(ARRAY_SIZE(attrs) <= IFLA_VXLAN_MAX);
	BUILD_BUG_ON(ARRAY_SIZE(attrs) <= IFLA_GENEVE_MAX);
	BUILD_BUG_ON(ARRAY_SIZE(attrs) <= IFLA_GRE_MAX);
	skb = alloc_skb(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	err = ops->fill_info(skb, dev);
	if (!err)
		err = nla_parse_deprecated(attrs, ARRAY_SIZE(attrs) - 1,
					   (const struct nlattr *)skb->data, skb->len, NULL, NULL);
	if (!err && tundev->kind == TUNDEV_VXLAN)
		learn_vxlan(tundev, attrs);
	else if (!err && tundev->kind == TUNDEV_GENEVE)
		learn_geneve(tundev, attrs);
	else if (!err)
		tundev->external = attrs[IFLA_GRE_COLLECT_METADATA];
	/* geneve does not tell; it is where it was made unless somebody moved it. */
	tundev->net = ops->get_link_net ? ops->get_link_net(dev) : dev_net(dev);
	kfree_skb(skb);
	return err;
}

/**
 * tundev_is_tunnel() - is it a netdev of a kind that can be offloaded?
 * @dev:	any netdev
 *
 * Any thread, no locks.
 */
bool tundev_is_tunnel(const struct net_device *dev)
{
	return kind_of(dev) != TUNDEV_KINDS;
}

/**
 * tundev_find() - look a tunnel netdev up
 * @dev:	any netdev; only its address is used
 *
 * Under RCU or RTNL, the answer is valid as long. Return: it, or NULL if it is no tunnel or has
 * not been up yet.
 */
struct tundev *tundev_find(const struct net_device *dev)
{
	struct tundev *tundev;

	list_for_each_entry_rcu(tundev, &tundevs, node, lockdep_rtnl_is_held())
		if (tundev->dev == dev)
			return tundev;
	return NULL;
}

/**
 * tundev_get() - look a tunnel netdev up, and keep what is found
 * @dev:	any netdev
 *
 * Any thread, no locks. It outlives the netdev, as one that is not @up. Return: it, to be given
 * to tundev_put(), or NULL as tundev_find().
 */
struct tundev *tundev_get(const struct net_device *dev)
{
	struct tundev *tundev;

	rcu_read_lock();
	tundev = tundev_find(dev);
	if (tundev && !refcount_inc_not_zero(&tundev->refs))
		tundev = NULL;
	rcu_read_unlock();
	return tundev;
}

/**
 * tundev_put() - let go of what tundev_get() found
 * @tundev:	it
 *
 * Any thread, no locks.
 */
void tundev_put(struct tundev *tundev)
{
	if (refcount_dec_and_test(&tundev->refs))
		kfree_rcu(tundev, rcu);
}

static void tundev_up(const struct net_device *dev)
{
	struct tundev *tundev = tundev_find(dev);
	int err;

	if (tundev) {
		WRITE_ONCE(tundev->up, true);
		return;
	}
	tundev = kzalloc(sizeof(*tundev), GFP_KERNEL);
	if (!tundev)
		return;
	tundev->dev = dev;
	tundev->kind = kind_of(dev);
	tundev->up = true;
	refcount_set(&tundev->refs, 1);
	err = learn(tundev, dev);
	if (err) {
		netdev_warn(dev, "eswsim: no offload, its settings cannot be read: error %d\n", err);
		kfree(tundev);
		return;
	}
	list_add_tail_rcu(&tundev->node, &tundevs);
}

static int netdev_event(struct notifier_block *nb, unsigned long event, void *info)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct tundev *tundev;

	if (!tundev_is_tunnel(dev))
		return NOTIFY_DONE;
	tundev = tundev_find(dev);
	switch (event) {
	case NETDEV_UP:
		tundev_up(dev);
		break;
	case NETDEV_DOWN:
		if (tundev)
			WRITE_ONCE(tundev->up, false);
		break;
	case NETDEV_UNREGISTER:
		if (!tundev)
			break;
		WRITE_ONCE(tundev->up, false);
		list_del_rcu(&tundev->node);
		tundev_put(tundev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

/**
 * tundev_init() - begin to watch the netdevs of all namespaces
 *
 * Return: 0 or -errno.
 */
int tundev_init(void)
{
	return register_netdevice_notifier(&netdev_notifier);
}

/**
 * tundev_exit() - undo tundev_init(); the list is empty afterwards
 */
void tundev_exit(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
}
