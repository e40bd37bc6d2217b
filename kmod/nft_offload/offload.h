/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one network namespace: its connections, its
 * flowtables in use, its provider, its counters.
 *
 * Locks, in the order in which they are taken (left first):
 *
 *   RTNL -> nf_tables' commit mutex -> flowtable's flow_block_lock (write)
 *   flowtable's flow_block_lock (read) -> offload.lock
 *   netlink notifier chain -> offload.lock
 *
 * offload.lock is a mutex and guards everything in struct offload and all
 * that hangs off it: connections, flows, devices of flowtables, the
 * provider. Messages are sent under it, so that they leave in the order of
 * what they tell. It is never held while a flow_block_lock is taken (binding
 * and unbinding do that before or after), for the commands of the kernel
 * arrive with flow_block_lock held for reading.
 *
 * The packet path takes none of these locks: it is the kernel's own.
 */
#ifndef NFT_OFFLOAD_OFFLOAD_H
#define NFT_OFFLOAD_OFFLOAD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include <linux/nft_offload.h>
#include <net/net_namespace.h>
#include "provider.h"

/**
 * struct offload - what we know of one network namespace
 * @net: the namespace; it outlives this
 * @lock: guards all of the following and what hangs off it
 * @conns: connections by the kernel's struct flow_offload
 * @conns_by_nr: the same by number, in order of creation: for user space
 * @untold: connections that have ended, which the provider does not know yet
 * @flowtables: flowtables with a device bound
 * @rests: flows that have ended, by number, whose last counters are awaited
 * @rest_work: gives those up that are not told
 * @provider: who places flows into hardware
 * @flows_known: flows (directions) with a rule
 * @flows_in_hw: of these in state IN_HW
 * @results_stale: results and counters for flows or rules that are no more
 * @messages_lost: messages that the provider's socket did not take, or for
 *		   which there was no memory
 * @reasons: how often each reason was given, since the module was loaded
 */
struct offload {
	struct net		*net;
	struct mutex		lock; /* guards what follows */
	struct rhashtable	conns;
	struct xarray		conns_by_nr;
	struct list_head	untold;
	struct list_head	flowtables;
	struct xarray		rests;
	struct delayed_work	rest_work;
	struct provider		provider;
	u32			flows_known;
	u32			flows_in_hw;
	u64			results_stale;
	u64			messages_lost;
	u64			reasons[NFT_OFFLOAD_REASON_MAX + 1];
};

struct offload *offload_of(const struct net *net);
int offload_init(void);
void offload_exit(void);

#endif /* NFT_OFFLOAD_OFFLOAD_H */
