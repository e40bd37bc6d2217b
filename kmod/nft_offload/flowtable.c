// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our flowtable types, their devices, and the commands that
 * the kernel gives for their entries.
 *
 * The kernel hands the entries of a flowtable with "flags offload" to the
 * drivers of its devices, and refuses the ruleset if one of them cannot take
 * any. We register types of our own for the three families, which nf_tables
 * then uses in place of those of nf_flow_table_inet, and take any device.
 *
 * What nf_tables does (net/netfilter/nf_tables_api.c, 6.1 to 7.2):
 * - setup() is called with BIND for each device, before packets come in from
 *   it, and with UNBIND after; always in process context with the commit
 *   mutex of the namespace held, on a device's removal with RTNL as well. A
 *   transaction that removes a device and adds it again binds it twice and
 *   then unbinds it once.
 * - each device is unbound before free() is called: by the transaction that
 *   removes the flowtable, by the device's removal, by the namespace's end.
 * - a type is looked for from the head of a list to which new ones are
 *   appended: who registers first, wins.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/flow_offload.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netfilter/nf_tables.h>
#include "conn.h"
#include "flowtable.h"
#include "hook.h"
#include "offload.h"
#include "rule.h"

/**
 * struct flowtable_device - one binding of a device
 * @list: in flowtable.devices
 * @dev: the device; compared only, never looked into: the unbinding comes
 *	 before its end
 * @ifindex: its index
 */
struct flowtable_device {
	struct list_head	list;
	struct net_device	*dev;
	int			ifindex;
};

/*
 * Only nf_tables uses our types (act_ct makes a type of its own), and there
 * each nf_flowtable is the member "data" of a struct nft_flowtable. Names
 * are set before the type's init() and never changed.
 */
static const struct nft_flowtable *flowtable_nft(const struct flowtable *ft)
{
	return container_of(ft->nf, struct nft_flowtable, data);
}

/**
 * flowtable_name() - its name in the ruleset
 * @ft: the flowtable
 *
 * Return: a string that lives as long as @ft.
 */
const char *flowtable_name(const struct flowtable *ft)
{
	return flowtable_nft(ft)->name;
}

/**
 * flowtable_table_name() - the name of the table that it is in
 * @ft: the flowtable
 *
 * Return: a string that lives as long as @ft.
 */
const char *flowtable_table_name(const struct flowtable *ft)
{
	return flowtable_nft(ft)->table->name;
}

/**
 * flowtable_has() - is a device one of this flowtable's?
 * @ft: the flowtable
 * @ifindex: the device
 *
 * Return: whether it is bound at present.
 * Context: offload.lock held.
 */
bool flowtable_has(const struct flowtable *ft, int ifindex)
{
	const struct flowtable_device *device;

	lockdep_assert_held(&ft->off->lock);
	list_for_each_entry(device, &ft->devices, list)
		if (device->ifindex == ifindex)
			return true;
	return false;
}

/*
 * REPLACE: place the flow, or its rule may have changed; comes about once a
 * second for as long as the flow's packets pass in software.
 *
 * The answer is always an error: 0 would make the kernel set
 * IPS_HW_OFFLOAD after this function has returned, that is outside of our
 * lock, where it could undo a refusal that came in between and would then
 * stay for good. Setting and clearing that bit is ours alone (see conn.c);
 * the kernel draws nothing else from the answer.
 */
static int flowtable_replace(struct flowtable *ft, struct flow_offload *offload,
			     u8 dir, const struct flow_rule *flow_rule)
{
	struct rule *rule;
	int err;

	rule = rule_new(flow_rule, offload, dir);
	if (IS_ERR(rule))
		return PTR_ERR(rule);

	mutex_lock(&ft->off->lock);
	err = conn_replace(ft, offload, dir, rule);
	mutex_unlock(&ft->off->lock);
	return err ?: -EINPROGRESS;
}

/*
 * The block callback: a command for one direction of one entry. Called by
 * three unbound workqueues of nf_flow_table, in process context, for several
 * entries at once but never twice for the same one (NF_FLOW_PENDING), with
 * flow_block_lock held for reading.
 */
static int flowtable_command(enum tc_setup_type type, void *type_data,
			     void *cb_priv)
{
	struct flow_cls_offload *cls = type_data;
	struct flow_offload_tuple *tuple;
	struct flowtable *ft = cb_priv;
	struct flow_offload *offload;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;

	tuple = (struct flow_offload_tuple *)cls->cookie;
	offload = container_of(tuple, struct flow_offload,
			       tuplehash[tuple->dir].tuple);
	switch (cls->command) {
	case FLOW_CLS_REPLACE:
		return flowtable_replace(ft, offload, tuple->dir, cls->rule);
	case FLOW_CLS_DESTROY:
		mutex_lock(&ft->off->lock);
		conn_destroy(ft->off, offload);
		mutex_unlock(&ft->off->lock);
		return 0;
	case FLOW_CLS_STATS:
		mutex_lock(&ft->off->lock);
		conn_stats(ft->off, offload, tuple->dir, &cls->stats);
		mutex_unlock(&ft->off->lock);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static struct flowtable *flowtable_find(const struct offload *off,
					const struct nf_flowtable *nf)
{
	struct flowtable *ft;

	lockdep_assert_held(&off->lock);
	list_for_each_entry(ft, &off->flowtables, list)
		if (ft->nf == nf)
			return ft;
	return NULL;
}

/*
 * Looks whether the last rule with "flow add" for this flowtable has gone,
 * with its chain perhaps. The kernel would leave the connections of such a
 * flowtable as they are for as long as packets come, and with the NIC carrying
 * them no rule would ever see them again. Who has taken the rule away means
 * them to go through the ruleset: they are torn down, and so pass in software
 * by all its chains. A transaction that puts another rule in its place leaves
 * none for a moment: only two looks in a row count.
 */
static void flowtable_watch(struct work_struct *work)
{
	struct flowtable *ft = container_of(to_delayed_work(work),
					    struct flowtable, watch);
	bool unused = !READ_ONCE(flowtable_nft(ft)->use);

	mutex_lock(&ft->off->lock);
	if (unused && ft->unused)
		conn_teardown_flowtable(ft);
	ft->unused = unused;
	mutex_unlock(&ft->off->lock);
	queue_delayed_work(system_power_efficient_wq, &ft->watch, HZ);
}

/*
 * A flowtable has got its first device: one callback for all its devices,
 * for the kernel gives each command to every callback.
 */
static struct flowtable *flowtable_new(struct offload *off,
				       struct nf_flowtable *nf)
{
	struct flowtable *ft;
	int err;

	ft = kzalloc(sizeof(*ft), GFP_KERNEL);
	if (!ft)
		return ERR_PTR(-ENOMEM);
	ft->off = off;
	ft->nf = nf;
	INIT_LIST_HEAD(&ft->devices);
	INIT_LIST_HEAD(&ft->conns);
	INIT_DELAYED_WORK(&ft->watch, flowtable_watch);

	err = nf_flow_table_offload_add_cb(nf, flowtable_command, ft);
	if (err) {
		kfree(ft);
		return ERR_PTR(err);
	}
	mutex_lock(&off->lock);
	list_add_tail(&ft->list, &off->flowtables);
	mutex_unlock(&off->lock);
	queue_delayed_work(system_power_efficient_wq, &ft->watch, HZ);
	return ft;
}

/*
 * A flowtable has lost its last device, and loses with the callback the
 * kernel's way to tell us of the end of its entries: they end for us before,
 * while the kernel cannot free one without us. With no device there are no
 * new ones. Removing the callback waits for those that run.
 */
static void flowtable_end(struct flowtable *ft)
{
	struct offload *off = ft->off;

	cancel_delayed_work_sync(&ft->watch);
	mutex_lock(&off->lock);
	conn_drop_flowtable(ft);
	list_del(&ft->list);
	mutex_unlock(&off->lock);
	nf_flow_table_offload_del_cb(ft->nf, flowtable_command, ft);
	kfree(ft);
}

static int flowtable_bind(struct nf_flowtable *nf, struct net_device *dev)
{
	struct offload *off = offload_of(read_pnet(&nf->net));
	struct flowtable_device *device;
	struct flowtable *ft;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	device->dev = dev;
	device->ifindex = dev->ifindex;

	mutex_lock(&off->lock);
	ft = flowtable_find(off, nf);
	mutex_unlock(&off->lock);
	if (!ft) {
		ft = flowtable_new(off, nf);
		if (IS_ERR(ft)) {
			kfree(device);
			return PTR_ERR(ft);
		}
	}
	mutex_lock(&off->lock);
	list_add_tail(&device->list, &ft->devices);
	mutex_unlock(&off->lock);
	return 0;
}

static int flowtable_unbind(struct nf_flowtable *nf, struct net_device *dev)
{
	struct offload *off = offload_of(read_pnet(&nf->net));
	struct flowtable_device *device;
	struct flowtable *ft;
	bool last = false;

	mutex_lock(&off->lock);
	ft = flowtable_find(off, nf);
	if (!ft)
		goto out;
	list_for_each_entry(device, &ft->devices, list) {
		if (device->dev != dev)
			continue;
		list_del(&device->list);
		kfree(device);
		break;
	}
	if (!flowtable_has(ft, dev->ifindex))
		conn_drop_device(ft, dev->ifindex);
	last = list_empty(&ft->devices);
out:
	mutex_unlock(&off->lock);
	/* The commit mutex keeps a BIND from coming in between. */
	if (last)
		flowtable_end(ft);
	return 0;
}

/*
 * The setup() of our types. Without "flags offload" nothing is ours: the
 * kernel's function only keeps its map for XDP programs then.
 */
static int flowtable_setup(struct nf_flowtable *nf, struct net_device *dev,
			   enum flow_block_command cmd)
{
	if (!nf_flowtable_hw_offload(nf))
		return nf_flow_table_offload_setup(nf, dev, cmd);

	switch (cmd) {
	case FLOW_BLOCK_BIND:
		return flowtable_bind(nf, dev);
	case FLOW_BLOCK_UNBIND:
		return flowtable_unbind(nf, dev);
	}
	return -EOPNOTSUPP;
}

/* The kernel's own function for the family of a flow. */
static int flowtable_route(struct net *net, struct flow_offload *offload,
			   enum flow_offload_tuple_dir dir,
			   struct nf_flow_rule *flow_rule)
{
	switch (offload->tuplehash[dir].tuple.l3proto) {
	case NFPROTO_IPV4:
		return nf_flow_rule_route_ipv4(net, offload, dir, flow_rule);
	case NFPROTO_IPV6:
		return nf_flow_rule_route_ipv6(net, offload, dir, flow_rule);
	}
	return -EOPNOTSUPP;
}

/*
 * The action() of our types. Where the kernel's function fails the kernel
 * gives up both directions without a word to anybody, so it is told of
 * success, and the rule comes to flowtable_replace() without any action:
 * rule_new() finds out why. Of the actions that are dropped here none holds a
 * reference: only the redirect does, and after that nothing fails.
 */
static int flowtable_action(struct net *net, struct flow_offload *offload,
			    enum flow_offload_tuple_dir dir,
			    struct nf_flow_rule *flow_rule)
{
	if (flowtable_route(net, offload, dir, flow_rule) < 0)
		flow_rule->rule->action.num_entries = 0;
	return 0;
}

static struct nf_flowtable_type flowtable_types[] = {
	{
		.family	= NFPROTO_INET,
		.init	= nf_flow_table_init,
		.setup	= flowtable_setup,
		.action	= flowtable_action,
		.free	= nf_flow_table_free,
		.hook	= hook_inet,
		.owner	= THIS_MODULE,
	}, {
		.family	= NFPROTO_IPV4,
		.init	= nf_flow_table_init,
		.setup	= flowtable_setup,
		.action	= flowtable_action,
		.free	= nf_flow_table_free,
		.hook	= nf_flow_offload_ip_hook,
		.owner	= THIS_MODULE,
	}, {
		.family	= NFPROTO_IPV6,
		.init	= nf_flow_table_init,
		.setup	= flowtable_setup,
		.action	= flowtable_action,
		.free	= nf_flow_table_free,
		.hook	= nf_flow_offload_ipv6_hook,
		.owner	= THIS_MODULE,
	},
};

/**
 * flowtable_types_init() - makes nf_tables use our flowtable types
 *
 * Our first type's place in nf_tables' list shows whether another one is
 * there already (nothing else does: the list is not exported). If it is alone
 * in the list, its neighbours on both sides are the list's head. If not, the
 * kernel's types are in front of ours and ours would never be asked: then it
 * is better not to be there.
 *
 * Return: 0, or -EBUSY where nf_flow_table_inet has come first.
 */
int flowtable_types_init(void)
{
	size_t i;

	nft_register_flowtable_type(&flowtable_types[0]);
	if (flowtable_types[0].list.prev != flowtable_types[0].list.next) {
		nft_unregister_flowtable_type(&flowtable_types[0]);
		pr_err("nf_flow_table_inet is already there and would be used instead: remove all flowtables from the ruleset, then 'modprobe -r nf_flow_table_inet' and 'modprobe nft_offload'; or reboot\n");
		return -EBUSY;
	}
	for (i = 1; i < ARRAY_SIZE(flowtable_types); i++)
		nft_register_flowtable_type(&flowtable_types[i]);
	return 0;
}

/** flowtable_types_exit() - undoes flowtable_types_init(). */
void flowtable_types_exit(void)
{
	size_t i;

	for (i = ARRAY_SIZE(flowtable_types); i-- > 0;)
		nft_unregister_flowtable_type(&flowtable_types[i]);
}
