// SPDX-License-Identifier: Apache-2.0
/*
 * counters: what hardware counted, read by dumps of our priorities, one hook
 * after the other. See table_private.h.
 *
 * A dump may hold what was true before an answer that came meanwhile; counters
 * of a rule that was answered since the dump began are left to the next one
 * (slot->epoch), for otherwise a replaced rule's last count would be taken for
 * the first one of its successor.
 */
#include <errno.h>
#include <libmnl/libmnl.h>

#include "placer.h"

struct counters {
	struct nfo_table *table;
	uint64_t epoch;
};

static int counters_one(void *arg, const struct nlmsghdr *nlh)
{
	const struct counters *counters = arg;
	struct nfo_tc_info info;
	struct nfo_place place;
	struct nfo_slot *slot;
	int err;

	if (!nlh)
		return 0;
	err = nfo_tc_flower_parse(nlh, NULL, &place, &info);
	if ((err && err != -EOPNOTSUPP) || !place.handle)
		return 0;

	nfo_rcu_lock();
	slot = nfo_slot_find(counters->table, &place);
	if (slot) {
		struct nfo_entry *entry = slot->entry;
		pthread_mutex_t *shard = nfo_entry_shard(entry);

		pthread_mutex_lock(shard);
		if (entry->slot == slot && !entry->op.type &&
		    slot->epoch < counters->epoch) {
			nfo_entry_count(entry, info.packets, info.bytes);
			nfo_store(&slot->in_hw, info.in_hw);
			if (info.in_hw)
				entry->misses = 0;
			else if (slot->body == entry->said)
				nfo_placer_missing(entry);
		}
		pthread_mutex_unlock(shard);
	}
	nfo_rcu_unlock();
	return 0;
}

/* Reads one hook, the priorities that have rules. */
static int counters_hook(struct nfo_batch *batch, const struct nfo_hook *hook)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct counters counters = { .table = batch->table };
	struct nfo_place place = {
		.ifindex = hook->ifindex,
		.shared = hook->shared,
		.egress = hook->egress,
	};
	int ret = 0;

	for (place.prio = NFO_BAND_PRIO_GUARD; place.prio < NFO_BAND_PRIO_END;
	     place.prio++) {
		int err;

		if (!nfo_load(&hook->slots[place.prio - NFO_BAND_PRIO_GUARD]))
			continue;
		counters.epoch = nfo_count(&batch->table->epoch, 1) + 1;
		err = nfo_tc_flower_dump(buf, sizeof(buf), &place, false,
					 NFO_TC_TERSE);
		if (err > 0)
			err = nfo_rtnl_dump(batch->rtnl,
					    (struct nlmsghdr *)buf,
					    counters_one, &counters);
		/* A port that has just gone has no counters. */
		if (err < 0 && err != -ENODEV && err != -EINVAL && !ret)
			ret = err;
	}
	return ret;
}

int nfo_table_read_counters(struct nfo_batch *batch, unsigned int max_ports)
{
	struct nfo_table *table = batch->table;
	size_t first = table->next_counters;
	struct nfo_hook *hook;
	size_t i = 0;
	int ret = 0;

	/* Hooks are added at the end only and never freed: no lock needed. */
	nfo_rcu_register();
	for (hook = nfo_hook_next(table, NULL); hook;
	     hook = nfo_hook_next(table, hook), i++) {
		int err;

		if (i < first)
			continue;
		if (max_ports && i - first == max_ports) {
			table->next_counters = i;
			return ret;
		}
		err = counters_hook(batch, hook);
		if (err && !ret)
			ret = err;
	}
	table->next_counters = 0;
	return ret;
}

void nfo_table_changed_counters(struct nfo_table *table, enum nfo_source source,
				nfo_table_view_fn *fn, void *arg)
{
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;
	struct nfo_view view;

	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->entries, &iter, entry, node) {
		if (entry->source != source)
			continue;
		nfo_entry_view(entry, &view);
		if (view.counters.packets == entry->told_packets &&
		    view.counters.bytes == entry->told_bytes)
			continue;
		entry->told_packets = view.counters.packets;
		entry->told_bytes = view.counters.bytes;
		fn(arg, &view);
	}
	nfo_rcu_unlock();
}
