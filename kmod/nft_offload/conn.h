/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection in a flowtable: two flows and what they share. */
#ifndef NFT_OFFLOAD_CONN_H
#define NFT_OFFLOAD_CONN_H

#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include "flow.h"

struct flow_offload;
struct flow_stats;
struct flowtable;
struct offload;
struct rule;

/**
 * struct conn - a connection
 * @node: in offload.conns
 * @offload: the kernel's entry, the key of @node
 * @flowtable: where it is
 * @list: in flowtable.conns, or in offload.untold after its end
 * @nr: its number, from 1; never used twice while the module is loaded
 * @flow: its directions, original and reply
 *
 * Guarded by offload.lock. See conn.c for why @offload is valid.
 */
struct conn {
	struct rhash_head	node;
	struct flow_offload	*offload;
	struct flowtable	*flowtable;
	struct list_head	list;
	u64			nr;
	struct flow		flow[2];
};

/**
 * conn_of() - the connection of a flow
 * @flow: one of its directions
 */
static inline struct conn *conn_of(const struct flow *flow)
{
	return container_of(flow - flow->dir, struct conn, flow[0]);
}

int conn_table_init(struct offload *off);
void conn_table_exit(struct offload *off);
u64 conn_last_nr(void);
struct flow *conn_flow(struct offload *off, u64 id);
bool conn_retell(struct offload *off);
void conn_forget_untold(struct offload *off);
void conn_update_hw(struct conn *conn);
int conn_replace(struct flowtable *ft, struct flow_offload *offload, u8 dir,
		 struct rule *rule);
void conn_destroy(struct offload *off, struct flow_offload *offload);
void conn_stats(struct offload *off, struct flow_offload *offload, u8 dir,
		struct flow_stats *stats);
void conn_teardown(struct offload *off, struct conn *conn);
void conn_drop_device(struct flowtable *ft, int ifindex);
void conn_drop_flowtable(struct flowtable *ft);
void conn_teardown_flowtable(struct flowtable *ft);

#endif /* NFT_OFFLOAD_CONN_H */
