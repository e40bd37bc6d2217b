/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zone - the connections of a conntrack zone that the ASIC knows.
 */
#ifndef ESWSIM_ZONE_H
#define ESWSIM_ZONE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/flow_offload.h>

struct asic;
struct asic_action;
struct asic_packet;
struct nf_flowtable;
struct seq_file;

/**
 * struct asic_zone - a zone's flowtable and what it has offloaded
 * @node:	in asic.zones
 * @asic:	whose
 * @table:	act_ct's flowtable of the zone (and network namespace); held
 * @number:	of the zone
 * @users:	actions that name it; under asic.lock
 * @lock:	serialises changes of the connections; innermost, below flow_block_lock
 * @conns:	all connections, oldest first
 * @cookies:	connections by the cookie that the flowtable knows them by
 * @tuples:	connections by what their frames look like, read by frames under RCU
 * @free:	frees it
 */
struct asic_zone {
	struct list_head node;
	struct asic *asic;
	struct nf_flowtable *table;
	u16 number;
	unsigned int users;
	struct mutex lock; /* the connections */
	struct list_head conns;
	struct rhashtable cookies;
	struct rhltable tuples;
	struct rcu_work free;
};

int asic_zone_action(struct asic *asic, const struct flow_action_entry *entry,
		     struct asic_action *action, struct netlink_ext_ack *extack);
void asic_zone_put(struct asic_zone *zone);
int asic_zone_run(struct asic_packet *packet, const struct asic_action *action);
void asic_zone_dump(struct asic *asic, struct seq_file *seq);

#endif
