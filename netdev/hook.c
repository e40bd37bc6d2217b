// SPDX-License-Identifier: Apache-2.0
/*
 * hook: where TC looks at a port's packets, ingress or egress. See
 * table_private.h.
 *
 * A hook needs the clsact qdisc on the device. It is made when missing and
 * left there, for others may have put filters on it meanwhile. An "ingress"
 * qdisc that somebody has made does as well for ingress (sch_ingress.c takes
 * any class), and stands in the way of clsact only with EEXIST.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

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

	return hook->ifindex == place->ifindex && hook->egress == place->egress;
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

/* clsact was created, or was there. Else each rule says what is wrong. */
static void prepare_done(void *arg, int err, const char *text)
{
	struct nfo_hook *hook = arg;

	(void)text;
	if (!err || err == -EEXIST)
		nfo_store(&hook->qdisc, true);
}

int nfo_hook_prepare(struct nfo_hook *hook, struct nfo_rtnl *rtnl)
{
	struct nlmsghdr *nlh;
	struct tcmsg *tcm;
	void *room;

	if (nfo_load(&hook->qdisc))
		return 0;
	room = nfo_rtnl_room(rtnl);
	if (!room)
		return -ENOMEM;
	nlh = mnl_nlmsg_put_header(room);
	nlh->nlmsg_type = RTM_NEWQDISC;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = hook->ifindex;
	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	tcm->tcm_parent = TC_H_CLSACT;
	mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
	return nfo_rtnl_queue(rtnl, prepare_done, NULL, hook);
}

int nfo_table_port_prepare(struct nfo_batch *batch, uint32_t ifindex)
{
	const struct nfo_place place = { .ifindex = ifindex };
	struct nfo_hook *hook;

	nfo_rcu_lock();
	hook = nfo_hook_get(batch->table, &place);
	nfo_rcu_unlock();
	return hook ? nfo_hook_prepare(hook, batch->rtnl) : -ENOMEM;
}
