/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flowtable of nf_tables with "flags offload" and at least
 * one device.
 */
#ifndef NFT_OFFLOAD_FLOWTABLE_H
#define NFT_OFFLOAD_FLOWTABLE_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct nf_flowtable;
struct offload;

/**
 * struct flowtable - a flowtable in use
 * @off: its namespace
 * @nf: the kernel's; it outlives this
 * @list: in offload.flowtables
 * @devices: devices bound, struct flowtable_device
 * @conns: its connections, by conn.list
 * @watch: looks every second whether a rule still adds connections
 * @unused: none did at the last look
 *
 * Lives from its first device's binding to its last one's unbinding. Guarded
 * by offload.lock; @off and @nf never change.
 */
struct flowtable {
	struct offload		*off;
	struct nf_flowtable	*nf;
	struct list_head	list;
	struct list_head	devices;
	struct list_head	conns;
	struct delayed_work	watch;
	bool			unused;
};

const char *flowtable_name(const struct flowtable *ft);
const char *flowtable_table_name(const struct flowtable *ft);
bool flowtable_has(const struct flowtable *ft, int ifindex);
int flowtable_types_init(void);
void flowtable_types_exit(void);

#endif /* NFT_OFFLOAD_FLOWTABLE_H */
