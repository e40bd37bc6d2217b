// SPDX-License-Identifier: Apache-2.0
/*
 * hook: where TC looks at a port's packets, ingress or egress. See
 * table_private.h.
 *
 * A hook needs the clsact qdisc on the device. It is made when missing and
 * left there, for others may have put filters on it meanwhile. A bond has no
 * hook of its own but the block that its members share: lag.h. An "ingress"
 * qdisc that somebody has made does as well for ingress (sch_ingress.c takes
 * any class), and stands in the way of clsact only with EEXIST.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "lag.h"
#include "qdisc.h"
#include "table_private.h"

static unsigned long hook_hash(const struct nfo_place *place)
{
	return (place->ifindex * 2UL + place->egress) * 0x9e3779b97f4a7c15ULL
		>> 16;
}

static int hook_match(struct cds_lfht_node *node, const void *key)
{
	const struct nfo_hook *hook =
		caa_container_of(node, struct nfo_hook, node);
	const struct nfo_place *place = key;

	return hook->ifindex == place->ifindex &&
	       hook->shared == place->shared && hook->egress == place->egress;
}

static struct nfo_hook *hook_find(struct nfo_table *table,
				  const struct nfo_place *place)
{
	struct cds_lfht_node *node;
	struct cds_lfht_iter iter;

	cds_lfht_lookup(table->hooks, hook_hash(place), hook_match, place,
			&iter);
	node = cds_lfht_iter_get_node(&iter);
	return node ? caa_container_of(node, struct nfo_hook, node) : NULL;
}

struct nfo_hook *nfo_hook_get(struct nfo_table *table,
			      const struct nfo_place *place)
{
	struct nfo_hook *hook = hook_find(table, place);

	if (hook)
		return hook;
	pthread_mutex_lock(&table->hook_lock);
	hook = hook_find(table, place);
	if (!hook)
		hook = calloc(1, sizeof(*hook));
	if (hook && !hook->table) {
		hook->table = table;
		hook->ifindex = place->ifindex;
		hook->shared = place->shared;
		hook->egress = place->egress;
		cds_list_add_tail(&hook->list, &table->hook_list);
		cds_lfht_add(table->hooks, hook_hash(place), &hook->node);
	}
	pthread_mutex_unlock(&table->hook_lock);
	return hook;
}

void nfo_hook_free_all(struct nfo_table *table)
{
	struct nfo_hook *hook, *next;

	nfo_rcu_lock();
	cds_list_for_each_entry(hook, &table->hook_list, list)
		cds_lfht_del(table->hooks, &hook->node);
	nfo_rcu_unlock();
	urcu_memb_synchronize_rcu();
	cds_list_for_each_entry_safe(hook, next, &table->hook_list, list)
		free(hook);
}

struct nfo_hook *nfo_hook_next(struct nfo_table *table,
			       const struct nfo_hook *hook)
{
	struct cds_list_head *next;

	pthread_mutex_lock(&table->hook_lock);
	next = hook ? hook->list.next : table->hook_list.next;
	pthread_mutex_unlock(&table->hook_lock);
	return next == &table->hook_list ? NULL :
		caa_container_of(next, struct nfo_hook, list);
}

/*
 * clsact was created, or was there. Else each rule says what is wrong, but for
 * EBUSY: a driver takes one block for a port, and has that of a netdev chain
 * with "flags offload" (flow_block_cb_is_busy() in net/core/flow_offload.c).
 */
static void prepare_done(void *arg, int err, const char *text)
{
	struct nfo_hook *hook = arg;

	(void)text;
	nfo_store(&hook->taken, err == -EBUSY);
	if (!err || err == -EEXIST)
		nfo_store(&hook->qdisc, true);
}

int nfo_hook_prepare(struct nfo_hook *hook, struct nfo_rtnl *rtnl)
{
	void *room;

	/* Those of a bond's members are made when these are bound. */
	if (hook->shared || nfo_load(&hook->qdisc))
		return 0;
	room = nfo_rtnl_room(rtnl);
	if (!room)
		return -ENOMEM;
	nfo_qdisc_put(room, RTM_NEWQDISC, hook->ifindex, 0);
	return nfo_rtnl_queue(rtnl, prepare_done, NULL, hook);
}

/* --- bonds --- */

/* Binds the members of the bond @hook is of. 0, or the first error met. */
static int bind_members(struct nfo_batch *batch, const struct nfo_hook *hook)
{
	struct nfo_port *ports;
	int ret = 0;
	ssize_t n;

	n = nfo_eswitch_ports(batch->table->config.eswitch, false, &ports);
	if (n < 0)
		return n;
	for (ssize_t i = 0; i < n; i++) {
		int err = ports[i].master != hook->ifindex ? 0 :
			nfo_lag_bind(batch->rtnl, ports[i].ifindex,
				     hook->ifindex);

		if (err && !ret)
			ret = err;
	}
	free(ports);
	return ret;
}

static struct nfo_hook *hook_shared(struct nfo_table *table, uint32_t ifindex)
{
	const struct nfo_place place = { .ifindex = ifindex, .shared = true };
	struct nfo_hook *hook;

	nfo_rcu_lock();
	hook = hook_find(table, &place);
	nfo_rcu_unlock();
	return hook;
}

bool nfo_hook_follow(struct nfo_batch *batch, const struct nfo_hook *hook,
		     uint32_t ifindex)
{
	struct nfo_port port;

	if (!hook->shared || hook->ifindex == ifindex)
		return false;
	/* Gone: it may have been the last member. */
	if (nfo_eswitch_port(batch->table->config.eswitch, ifindex, &port))
		return true;
	if (port.master == hook->ifindex) {
		nfo_lag_bind(batch->rtnl, ifindex, hook->ifindex);
		return true;
	}
	return port.switch_id_len &&
	       nfo_lag_unbind(batch->rtnl, ifindex, hook->ifindex) > 0;
}

int nfo_table_port_prepare(struct nfo_batch *batch, uint32_t ifindex)
{
	struct nfo_table *table = batch->table;
	struct nfo_place place = { .ifindex = ifindex };
	struct nfo_port port = { .ifindex = 0 };
	struct nfo_hook *hook;

	nfo_eswitch_port(table->config.eswitch, ifindex, &port);
	/* A member's qdisc is the bond's matter, if the bond has rules. */
	if (port.master && hook_shared(table, port.master))
		return 0;
	place.shared = port.lag;
	nfo_rcu_lock();
	hook = nfo_hook_get(table, &place);
	nfo_rcu_unlock();
	if (!hook)
		return -ENOMEM;
	return hook->shared ? bind_members(batch, hook) :
		nfo_hook_prepare(hook, batch->rtnl);
}
