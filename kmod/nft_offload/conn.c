// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connections of a namespace, by the kernel's entry and by
 * number.
 *
 * Why conn.offload, and with it offload->ct, are valid for as long as a conn
 * is in the tables (net/netfilter/nf_flow_table_core.c and _offload.c, the
 * same from 6.1 to 7.2):
 *
 * - An entry of a flowtable with "flags offload" is freed by
 *   flow_offload_del() only, from the garbage collector, and only when
 *   NF_FLOW_HW_DEAD is set. It holds its reference to the conntrack entry
 *   until then.
 * - NF_FLOW_HW_DEAD is set at the end of the work that gives the DESTROY
 *   commands. They reach us while our callback is in the flowtable's list,
 *   and take the conn away (conn_destroy()).
 * - Our callback leaves that list on the last device's unbinding, after all
 *   conns of the flowtable have been taken away (conn_drop_flowtable()). A
 *   DESTROY that comes meanwhile waits for offload.lock, and its entry with it.
 *   A REPLACE makes no new conn, for there is no device. Entries that die after
 *   that are not ours.
 * - A conn is made by a REPLACE only. A packet that found the entry before its
 *   teardown can still queue a REPLACE after DESTROY has been given; no
 *   DESTROY would follow. But NF_FLOW_HW_DYING is set then, and it cannot
 *   become set during a REPLACE, for work on an entry excludes other work on
 *   it (the pending bit): conn_replace() asks for it.
 *
 * IPS_HW_OFFLOAD of the conntrack entry is set and cleared under offload.lock
 * by conn_update_hw(). The kernel clears it as well, before it gives DESTROY;
 * an answer of the provider may set it again in between, and DESTROY then
 * clears it for good. The kernel never sets it, see flowtable_replace().
 */
#include <linux/atomic.h>
#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/nft_offload.h>
#include <net/flow_offload.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_flow_table.h>
#include "conn.h"
#include "flowtable.h"
#include "offload.h"
#include "path.h"
#include "rule.h"

static const struct rhashtable_params conn_params = {
	.head_offset		= offsetof(struct conn, node),
	.key_offset		= offsetof(struct conn, offload),
	.key_len		= sizeof_field(struct conn, offload),
	.automatic_shrinking	= true,
};

/* The number given last, in all namespaces. */
static atomic64_t conn_nr = ATOMIC64_INIT(0);

/**
 * conn_table_init() - makes a namespace's tables
 * @off: the namespace
 *
 * Return: 0 or a negative errno.
 */
int conn_table_init(struct offload *off)
{
	/* Numbers index an xarray; the NICs in question need 64 bits anyway. */
	BUILD_BUG_ON(sizeof(unsigned long) < sizeof(u64));

	xa_init(&off->conns_by_nr);
	return rhashtable_init(&off->conns, &conn_params);
}

/**
 * conn_table_exit() - ends a namespace's tables, which are empty
 * @off: the namespace
 */
void conn_table_exit(struct offload *off)
{
	WARN_ON_ONCE(!xa_empty(&off->conns_by_nr));
	conn_forget_untold(off);
	rhashtable_destroy(&off->conns);
	xa_destroy(&off->conns_by_nr);
}

/**
 * conn_last_nr() - the highest number that a connection can have now
 *
 * Return: a number, 0 if there has been no connection.
 */
u64 conn_last_nr(void)
{
	return atomic64_read(&conn_nr);
}

static struct conn *conn_find(struct offload *off, struct flow_offload *offload)
{
	lockdep_assert_held(&off->lock);
	return rhashtable_lookup_fast(&off->conns, &offload, conn_params);
}

/**
 * conn_flow() - finds a flow
 * @off: the namespace
 * @id: as user space knows it
 *
 * Return: a flow with a rule, or NULL.
 * Context: offload.lock held.
 */
struct flow *conn_flow(struct offload *off, u64 id)
{
	struct conn *conn;

	lockdep_assert_held(&off->lock);
	conn = xa_load(&off->conns_by_nr, id >> 1);
	return conn && conn->flow[id & 1].rule ? &conn->flow[id & 1] : NULL;
}

/**
 * conn_update_hw() - shows in conntrack whether hardware carries a connection
 * @conn: the connection
 *
 * Context: offload.lock held.
 */
void conn_update_hw(struct conn *conn)
{
	unsigned long *status = &conn->offload->ct->status;

	lockdep_assert_held(&conn->flowtable->off->lock);
	if (conn->flow[0].carried || conn->flow[1].carried)
		set_bit(IPS_HW_OFFLOAD_BIT, status);
	else
		clear_bit(IPS_HW_OFFLOAD_BIT, status);
}

static struct conn *conn_new(struct flowtable *ft, struct flow_offload *offload)
{
	struct offload *off = ft->off;
	struct conn *conn;
	int err;

	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return ERR_PTR(-ENOMEM);
	conn->offload = offload;
	conn->flowtable = ft;
	conn->flow[1].dir = 1;
	conn->nr = atomic64_inc_return(&conn_nr);

	err = xa_err(xa_store(&off->conns_by_nr, conn->nr, conn, GFP_KERNEL));
	if (err)
		goto err_store;
	err = rhashtable_insert_fast(&off->conns, &conn->node, conn_params);
	if (err)
		goto err_insert;
	list_add_tail(&conn->list, &ft->conns);
	return conn;

err_insert:
	xa_erase(&off->conns_by_nr, conn->nr);
err_store:
	kfree(conn);
	return ERR_PTR(err);
}

/*
 * The connection ends for us and for the provider. If there is no memory to
 * say so the conn itself keeps what is to be said.
 */
static void conn_drop(struct offload *off, struct conn *conn)
{
	int dir;

	for (dir = 0; dir < ARRAY_SIZE(conn->flow); dir++) {
		if (conn->flow[dir].rule)
			flow_end(off, &conn->flow[dir]);
		conn->flow[dir].carried = false;
	}
	conn_update_hw(conn);
	list_del(&conn->list);
	rhashtable_remove_fast(&off->conns, &conn->node, conn_params);
	xa_erase(&off->conns_by_nr, conn->nr);
	if (conn->flow[0].untold || conn->flow[1].untold)
		list_add_tail(&conn->list, &off->untold);
	else
		kfree(conn);
}

/**
 * conn_forget_untold() - nobody is to be told any more of what has ended
 * @off: the namespace: its provider has gone, for the next one asks
 *
 * Context: offload.lock held, or nobody else is there any more.
 */
void conn_forget_untold(struct offload *off)
{
	struct conn *conn, *next;

	list_for_each_entry_safe(conn, next, &off->untold, list) {
		list_del(&conn->list);
		kfree(conn);
	}
}

/**
 * conn_retell() - tells the provider what there was no memory for
 * @off: the namespace, with a provider bound
 *
 * Return: whether all has been told.
 * Context: process, offload.lock held.
 */
bool conn_retell(struct offload *off)
{
	struct conn *conn, *next;
	unsigned long nr;

	lockdep_assert_held(&off->lock);
	list_for_each_entry_safe(conn, next, &off->untold, list) {
		if (!flow_retell(off, &conn->flow[0]) ||
		    !flow_retell(off, &conn->flow[1]))
			return false;
		list_del(&conn->list);
		kfree(conn);
	}
	xa_for_each(&off->conns_by_nr, nr, conn) {
		if (!flow_retell(off, &conn->flow[0]) ||
		    !flow_retell(off, &conn->flow[1]))
			return false;
		cond_resched();
	}
	return true;
}

/**
 * conn_teardown() - a connection leaves the flowtable
 * @off: the namespace
 * @conn: the connection; gone after
 *
 * Its packets do not find the kernel's entry any more, and go through the
 * ruleset, which may add it anew. The entry itself goes with the kernel's next
 * garbage collection; its DESTROY finds nothing.
 *
 * Context: process, offload.lock held.
 */
void conn_teardown(struct offload *off, struct conn *conn)
{
	if (!test_bit(NF_FLOW_TEARDOWN, &conn->offload->flags))
		flow_offload_teardown(conn->offload);
	conn_drop(off, conn);
}

/* The MTU of the device that @rule sends packets to, 0 if it is not there. */
static u32 conn_mtu(const struct flowtable *ft, const struct rule *rule)
{
	const struct net_device *dev;
	u32 mtu;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(ft->off->net, rule->oif);
	mtu = dev ? READ_ONCE(dev->mtu) : 0;
	rcu_read_unlock();
	return mtu;
}

/*
 * The kernel's entry keeps the MTU that its way out had when it was made. Has
 * the device got another since? Then it is time for a new entry.
 */
static bool conn_is_outdated(const struct flowtable *ft, struct flow *flow,
			     const struct rule *rule)
{
	u32 mtu = conn_mtu(ft, rule);

	if (flow->mtu && mtu && mtu != flow->mtu)
		return true;
	if (mtu)
		flow->mtu = mtu;
	return false;
}

/*
 * The kernel's entry keeps the input device that was found when it was made.
 * Would it be another one of the flowtable's now, the port behind a bridge?
 */
static bool conn_is_misplaced(const struct flowtable *ft,
			      const struct flow_offload *offload, u8 dir)
{
	int ifindex = path_port(offload, dir);

	return ifindex && ifindex != offload->tuplehash[dir].tuple.iifidx &&
	       flowtable_has(ft, ifindex);
}

/**
 * conn_replace() - the kernel has given the rule of one direction
 * @ft: the flowtable
 * @offload: the kernel's entry
 * @dir: 0 original, 1 reply
 * @rule: taken over
 *
 * A device that is not the flowtable's can be the input device of one
 * direction: the ruleset has left it out, so its packets are to pass in
 * software. Not so a tunnel's device: a flowtable with "flags offload" cannot
 * have it, for the kernel would then send by it without the tunnel's addresses
 * (nft_dev_path_info() chooses FLOW_OFFLOAD_XMIT_DIRECT). What comes out of a
 * tunnel is the flowtable's if the device that it leaves by is.
 *
 * Return: 0, or a negative errno: -ENOENT for an entry or a flowtable that is
 * on its way out, -ENOMEM.
 * Context: process, offload.lock held.
 */
int conn_replace(struct flowtable *ft, struct flow_offload *offload, u8 dir,
		 struct rule *rule)
{
	struct conn *conn;

	if (test_bit(NF_FLOW_HW_DYING, &offload->flags) ||
	    test_bit(NF_FLOW_TEARDOWN, &offload->flags) ||
	    list_empty(&ft->devices)) {
		rule_free(rule);
		return -ENOENT;
	}
	if (!flowtable_has(ft, rule->tunnel ? rule->oif : rule->iif))
		rule_refuse(rule, NFT_OFFLOAD_REASON_PORT_GONE,
			    "the input device is not one of the flowtable's");

	conn = conn_find(ft->off, offload);
	if (conn && flow_is_placeable(&conn->flow[dir]) && rule->reason) {
		/* What is placed has to go, and an id has only one life. */
		conn_drop(ft->off, conn);
		conn = NULL;
	}
	if (!conn) {
		conn = conn_new(ft, offload);
		if (IS_ERR(conn)) {
			rule_free(rule);
			return PTR_ERR(conn);
		}
	}
	if (conn_is_outdated(ft, &conn->flow[dir], rule) ||
	    conn_is_misplaced(ft, offload, dir)) {
		/* The next packet makes a new one. */
		rule_free(rule);
		conn_teardown(ft->off, conn);
		return -ENOENT;
	}
	flow_replace(ft->off, &conn->flow[dir], rule);
	return 0;
}

/**
 * conn_destroy() - the kernel's entry ends
 * @off: the namespace
 * @offload: the entry; unknown ones are none of our business
 *
 * Comes for each direction; the first takes both away.
 *
 * Context: process, offload.lock held.
 */
void conn_destroy(struct offload *off, struct flow_offload *offload)
{
	struct conn *conn = conn_find(off, offload);

	if (conn)
		conn_drop(off, conn);
}

/**
 * conn_stats() - the kernel asks for one direction's counters
 * @off: the namespace
 * @offload: the kernel's entry
 * @dir: 0 original, 1 reply
 * @stats: takes what is new; left alone for an unknown entry
 *
 * Context: process, offload.lock held.
 */
void conn_stats(struct offload *off, struct flow_offload *offload, u8 dir,
		struct flow_stats *stats)
{
	struct conn *conn = conn_find(off, offload);

	if (conn && conn->flow[dir].rule)
		flow_stats(off, &conn->flow[dir], stats);
}

static bool conn_uses(const struct conn *conn, int ifindex)
{
	int dir;

	for (dir = 0; dir < ARRAY_SIZE(conn->flow); dir++) {
		const struct rule *rule = conn->flow[dir].rule;

		if (rule && (rule->iif == ifindex || rule->oif == ifindex))
			return true;
	}
	return false;
}

/**
 * conn_drop_device() - a device has left a flowtable
 * @ft: the flowtable
 * @ifindex: the device; connections that come or go by it end
 *
 * Context: process, offload.lock held.
 */
void conn_drop_device(struct flowtable *ft, int ifindex)
{
	struct conn *conn, *next;

	lockdep_assert_held(&ft->off->lock);
	list_for_each_entry_safe(conn, next, &ft->conns, list) {
		if (conn_uses(conn, ifindex))
			conn_drop(ft->off, conn);
		cond_resched();
	}
}

/**
 * conn_drop_flowtable() - all connections of a flowtable end
 * @ft: the flowtable
 *
 * Context: process, offload.lock held.
 */
void conn_drop_flowtable(struct flowtable *ft)
{
	struct conn *conn, *next;

	lockdep_assert_held(&ft->off->lock);
	list_for_each_entry_safe(conn, next, &ft->conns, list) {
		conn_drop(ft->off, conn);
		cond_resched();
	}
}

/**
 * conn_teardown_flowtable() - all connections of a flowtable leave it
 * @ft: the flowtable
 *
 * Context: process, offload.lock held.
 */
void conn_teardown_flowtable(struct flowtable *ft)
{
	struct conn *conn, *next;

	lockdep_assert_held(&ft->off->lock);
	list_for_each_entry_safe(conn, next, &ft->conns, list) {
		conn_teardown(ft->off, conn);
		cond_resched();
	}
}
