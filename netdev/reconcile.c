// SPDX-License-Identifier: Apache-2.0
/*
 * reconcile: is what should be in hardware there? See table.h.
 *
 * What TC knows is looked at in passes; what it does not know, that a NIC has
 * lost a rule, only packets that come to software can tell (doubts).
 *
 * A pass: a few ports are read back; then every rule that should lie on them and was
 * not seen has vanished. Rules answered since the reading began are left to
 * the next time: the dump may be older than the answer.
 */
#include <errno.h>
#include <stdlib.h>

#include "table_private.h"

struct pass {
	struct nfo_table *table;
	uint64_t epoch;
	struct nfo_port *ports;	/* read in this pass, sorted by ifindex */
	size_t n;
};

/* A rule of ours is there: ours of now, or an orphan. */
static int pass_found(void *arg, struct nfo_found *found)
{
	const struct pass *pass = arg;
	struct nfo_table *table = pass->table;
	struct nfo_slot *slot;
	int err = 0;

	if (!(table->config.sources & 1U << found->source))
		return 0;
	nfo_rcu_lock();
	slot = nfo_slot_find(table, &found->place);
	if (slot) {
		pthread_mutex_t *shard = nfo_entry_shard(slot->entry);

		/* Not in hardware is as good as not there. */
		pthread_mutex_lock(shard);
		if (found->info.in_hw || nfo_table_software(table))
			slot->seen = pass->epoch;
		else if (slot->epoch < pass->epoch)
			slot->broken = true;
		pthread_mutex_unlock(shard);
	} else {
		/*
		 * It may have gone while this was read, so nobody may believe
		 * that it is there; reaping it a second time does no harm.
		 */
		err = nfo_orphan_add(table, found, false);
	}
	nfo_rcu_unlock();
	return err;
}

/* --- doubts --- */

#define DOUBT_MIN_MS	1000
#define DOUBT_MAX_MS	60000

/* Shard locked: is @entry's rule there by all we know, and may be doubted? */
static bool may_doubt(struct nfo_entry *entry)
{
	uint64_t now = nfo_table_now(entry->table);
	uint64_t since = now - entry->doubted_ms;

	if (entry->state != NFO_STATE_IN_HW ||
	    (entry->doubted_ms && since < entry->doubt_ms))
		return false;
	entry->doubt_ms *= 2;
	/* A guard is asked for by many flows; a long peace ends the story. */
	if (entry->doubt_ms < DOUBT_MIN_MS || since > 4 * DOUBT_MAX_MS ||
	    entry->source == NFO_SOURCE_GUARD)
		entry->doubt_ms = DOUBT_MIN_MS;
	if (entry->doubt_ms > DOUBT_MAX_MS)
		entry->doubt_ms = DOUBT_MAX_MS;
	entry->doubted_ms = now;
	return true;
}

/* Puts @entry's rule again where it lies. Under RCU. True if it does. */
static bool doubt(struct nfo_batch *batch, struct nfo_entry *entry)
{
	pthread_mutex_t *shard = nfo_entry_shard(entry);
	struct nfo_entry *guard = NULL;
	bool may;

	pthread_mutex_lock(shard);
	may = may_doubt(entry);
	if (may) {
		entry->slot->broken = true;
		guard = entry->guard;
		nfo_count(&entry->table->stats.doubted, 1);
		nfo_entry_publish(entry);
	}
	pthread_mutex_unlock(shard);
	/* It is held by the entry, and the entry's rule waits for it. */
	if (guard)
		doubt(batch, guard);
	if (may)
		nfo_batch_step(batch, entry);
	return may;
}

int nfo_table_doubt(struct nfo_batch *batch, enum nfo_source source,
		    struct nfo_id id)
{
	struct nfo_entry *entry;
	int err = -ENOENT;

	nfo_rcu_lock();
	entry = nfo_entry_find(batch->table, source, id);
	if (entry && nfo_load(&entry->state) == NFO_STATE_IN_HW) {
		doubt(batch, entry);
		err = 0;
	}
	nfo_rcu_unlock();
	return err;
}

/* --- passes --- */

static int port_compare(const void *key, const void *element)
{
	const uint32_t *ifindex = key;
	const struct nfo_port *port = element;

	return *ifindex < port->ifindex ? -1 : *ifindex > port->ifindex;
}

/* Should @slot's rule have been seen, and was not? */
static bool vanished(const struct pass *pass, const struct nfo_slot *slot)
{
	const struct nfo_entry *entry = slot->entry;

	return entry->slot == slot && !entry->op.type && !entry->unsure &&
	       slot->epoch < pass->epoch && slot->seen != pass->epoch &&
	       bsearch(&slot->place.ifindex, pass->ports, pass->n,
		       sizeof(pass->ports[0]), port_compare);
}

/* Puts @slot's rule back if it has vanished. Under RCU. */
static void slot_repair(struct nfo_batch *batch, const struct pass *pass,
			const struct nfo_slot *slot)
{
	struct nfo_entry *entry = slot->entry;
	pthread_mutex_t *shard = nfo_entry_shard(entry);
	bool gone;

	pthread_mutex_lock(shard);
	gone = vanished(pass, slot);
	if (gone) {
		nfo_count(&batch->table->stats.vanished, 1);
		/* One that lost its hardware is replaced where it lies. */
		if (!slot->broken)
			nfo_slot_close(entry);
		nfo_entry_hold(entry, NFT_OFFLOAD_REASON_RULE_VANISHED, "");
		nfo_entry_publish(entry);
	}
	pthread_mutex_unlock(shard);
	if (!gone)
		return;

	nfo_batch_report(batch, entry, false);
	pthread_mutex_lock(shard);
	if (entry->hold &&
	    entry->hold->reason == NFT_OFFLOAD_REASON_RULE_VANISHED)
		nfo_entry_hold(entry, NFT_OFFLOAD_REASON_NONE, NULL);
	nfo_entry_publish(entry);
	pthread_mutex_unlock(shard);
	nfo_batch_landed(batch, entry);
}

/* The ports of the next slice; all if @max is 0. */
static ssize_t pass_ports(struct nfo_table *table, unsigned int max,
			  struct nfo_port **portsp)
{
	ssize_t n = nfo_eswitch_ports(table->config.eswitch,
				      !nfo_table_software(table), portsp);
	size_t first = table->next_reconcile;

	if (n <= 0 || !max)
		return n;
	if (first >= (size_t)n)
		first = 0;
	if ((size_t)n - first > max)
		n = max;
	else
		n -= first;
	for (ssize_t i = 0; i < n; i++)
		(*portsp)[i] = (*portsp)[first + i];
	table->next_reconcile = first + n;
	return n;
}

int nfo_table_reconcile(struct nfo_batch *batch, unsigned int max_ports)
{
	struct nfo_table *table = batch->table;
	struct pass pass = { .table = table };
	struct cds_lfht_iter iter;
	struct nfo_slot *slot;
	struct nfo_port *ports;
	int ret = 0;
	ssize_t n;
	int err;

	n = pass_ports(table, max_ports, &ports);
	if (n < 0)
		return n;
	pass.ports = ports;
	pass.epoch = nfo_count(&table->epoch, 1) + 1;
	for (ssize_t i = 0; i < n; i++) {
		err = nfo_scan_port(batch->rtnl, &ports[i], pass_found,
				    &pass);
		/* What could not be read is not judged. */
		if (!err)
			ports[pass.n++] = ports[i];
		else if (!ret)
			ret = err;
	}

	nfo_rcu_lock();
	cds_lfht_for_each_entry(table->slots, &iter, slot, node)
		slot_repair(batch, &pass, slot);
	nfo_rcu_unlock();
	free(ports);
	err = nfo_batch_run(batch);
	return ret ? ret : err;
}
