// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last counters of flows that have ended.
 *
 * The provider reads the NIC's counters about once a second. What hardware has
 * carried after that it learns when it takes the rule away, which it does when
 * we say that the flow has ended. The flow is no more by then, but conntrack's
 * entry goes on, or is about to be told of for the last time: we hold on to it
 * for a few seconds, until the provider has said the last figures.
 *
 * A reference to an entry keeps the end of its namespace waiting
 * (nf_conntrack_cleanup_net_list()): ours are given back before, for our state
 * of the namespace ends before conntrack's.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/nft_offload.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_flow_table.h>
#include "conn.h"
#include "flow.h"
#include "flowtable.h"
#include "offload.h"
#include "rest.h"

/* How long the provider may take, in jiffies. */
#define REST_TIME	(5 * HZ)

/**
 * struct rest - one ended flow
 * @ct: its connection, with a reference
 * @dir: 0 original, 1 reply
 * @packets: counted already
 * @bytes: the same in bytes
 * @end: when it is given up, in jiffies
 */
struct rest {
	struct nf_conn	*ct;
	u8		dir;
	u64		packets;
	u64		bytes;
	unsigned long	end;
};

static void rest_free(struct rest *rest)
{
	nf_ct_put(rest->ct);
	kfree(rest);
}

/* Gives up those whose time is over. */
static void rest_work(struct work_struct *work)
{
	struct offload *off = container_of(to_delayed_work(work),
					   struct offload, rest_work);
	struct rest *rest;
	unsigned long id;

	mutex_lock(&off->lock);
	xa_for_each(&off->rests, id, rest) {
		if (time_before(jiffies, rest->end))
			continue;
		xa_erase(&off->rests, id);
		rest_free(rest);
		cond_resched();
	}
	if (!xa_empty(&off->rests))
		queue_delayed_work(system_power_efficient_wq, &off->rest_work,
				   HZ);
	mutex_unlock(&off->lock);
}

/**
 * rest_net_init() - a namespace begins
 * @off: the namespace
 */
void rest_net_init(struct offload *off)
{
	xa_init(&off->rests);
	INIT_DELAYED_WORK(&off->rest_work, rest_work);
}

/**
 * rest_net_exit() - a namespace ends; nothing of it comes any more
 * @off: the namespace
 *
 * Context: process, offload.lock not held.
 */
void rest_net_exit(struct offload *off)
{
	struct rest *rest;
	unsigned long id;

	cancel_delayed_work_sync(&off->rest_work);
	xa_for_each(&off->rests, id, rest)
		rest_free(rest);
	xa_destroy(&off->rests);
}

/**
 * rest_keep() - a flow ends
 * @off: the namespace
 * @flow: all that is known of it has been counted
 *
 * Nothing is kept of one that hardware has never had, or whose flowtable does
 * not count; nor without memory.
 *
 * Context: process, offload.lock held.
 */
void rest_keep(struct offload *off, const struct flow *flow)
{
	const struct conn *conn = conn_of(flow);
	struct rest *rest;

	lockdep_assert_held(&off->lock);
	if ((!flow->carried && !flow->packets) ||
	    !provider_is_bound(&off->provider) ||
	    !(conn->flowtable->nf->flags & NF_FLOWTABLE_COUNTER))
		return;
	rest = kmalloc(sizeof(*rest), GFP_KERNEL);
	if (!rest)
		return;
	rest->ct = conn->offload->ct;
	rest->dir = flow->dir;
	rest->packets = flow->packets;
	rest->bytes = flow->bytes;
	rest->end = jiffies + REST_TIME;
	if (xa_err(xa_store(&off->rests, flow_id(flow), rest, GFP_KERNEL))) {
		kfree(rest);
		return;
	}
	refcount_inc(&rest->ct->ct_general.use);
	queue_delayed_work(system_power_efficient_wq, &off->rest_work, HZ);
}

/**
 * rest_settle() - the provider says what hardware carried of a flow
 * @off: the namespace
 * @id: the flow
 * @packets: carried by hardware in all
 * @bytes: the same in bytes
 *
 * It may have been under way when the flow ended, and be followed by more.
 *
 * Return: false if it is no flow that has ended lately.
 * Context: process, offload.lock held.
 */
bool rest_settle(struct offload *off, u64 id, u64 packets, u64 bytes)
{
	struct nf_conn_acct *acct;
	struct rest *rest;

	lockdep_assert_held(&off->lock);
	rest = xa_load(&off->rests, id);
	if (!rest)
		return false;
	if (packets < rest->packets || bytes < rest->bytes)
		return true;
	acct = nf_conn_acct_find(rest->ct);
	if (acct) {
		atomic64_add(packets - rest->packets,
			     &acct->counter[rest->dir].packets);
		atomic64_add(bytes - rest->bytes,
			     &acct->counter[rest->dir].bytes);
	}
	rest->packets = packets;
	rest->bytes = bytes;
	return true;
}
