// SPDX-License-Identifier: Apache-2.0
/*
 * answer: what the kernel's answer to an operation means for its entry. See
 * table_private.h.
 *
 * Called while rtnl flushes, in the thread of the batch that sent it. Until
 * the operation is ended here nobody else changes the entry's slot.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "placer.h"

/* Does it mean that there is no such rule (or no port, chain, priority)? */
static bool means_gone(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -EINVAL;
}

/* May the same be taken later? */
static bool means_later(int err, enum nft_offload_reason reason,
			const char *text)
{
	switch (reason) {
	case NFT_OFFLOAD_REASON_TABLE_FULL:
	case NFT_OFFLOAD_REASON_BUSY:
	case NFT_OFFLOAD_REASON_NO_MEMORY:
		return true;
	default:
		break;
	}
	switch (err) {
	case -EAGAIN:
	case -EBUSY:
	case -EINTR:
	case -ENOMEM:
	case -ENOBUFS:
	case -ENOSPC:
	/* Another rule has the match (its flow is about to go) or handle. */
	case -EEXIST:
		return true;
	/* Somebody took the qdisc away; the next try makes it again. */
	case -EINVAL:
		return strstr(text, "Qdisc");
	default:
		return false;
	}
}

/* Is what was to be placed still wanted, and no reason known against it? */
static bool still_wanted(const struct nfo_entry *entry)
{
	return entry->op.body == entry->said && !entry->hold;
}

/* What a refusal means; each driver has its own errno for a full table. */
static enum nft_offload_reason meaning(const struct nfo_entry *entry, int err,
				       const char *text)
{
	if (entry->dialect && nfo_dialect_is_full(entry->dialect, err) &&
	    !nfo_reason_is_kernels(text))
		return NFT_OFFLOAD_REASON_TABLE_FULL;
	return nfo_reason_from_tc(err, text);
}

/* TC has refused a rule: @entry stays without, for now or for good. */
static void refused(struct nfo_entry *entry, int err, const char *text)
{
	enum nft_offload_reason reason = meaning(entry, err, text);

	nfo_count(&entry->table->stats.refused[reason], 1);
	if (!still_wanted(entry))
		return;
	nfo_entry_hold(entry, reason, text);
	entry->from_tc = true;
	if (reason == NFT_OFFLOAD_REASON_TABLE_FULL &&
	    nfo_placer_full(entry, text))
		return;
	/* What a driver cannot do at all it says with EOPNOTSUPP. */
	if (means_later(err, reason, text))
		nfo_retry_later(entry);
	else if (reason == NFT_OFFLOAD_REASON_DRIVER_REFUSED &&
		 err != -EOPNOTSUPP)
		nfo_retry_driver(entry);
}

/* The rule @body is what the slot has now; it counts from 0. */
static void placed(struct nfo_entry *entry, struct nfo_body *body)
{
	struct nfo_slot *slot = entry->slot;

	nfo_slot_have(slot, nfo_body_ref(body));
	slot->broken = false;
	slot->outside = entry->op.outside;
	/* Else it is known with the next counters. */
	nfo_store(&slot->in_hw,
		  entry->op.forced || !nfo_table_software(entry->table));
	slot->packets = slot->bytes = 0;
	slot->epoch = nfo_load(&entry->table->epoch);
	entry->backoff_ms = 0;
	nfo_store(&entry->used_ms, nfo_table_now(entry->table));
}

/* What was placed just now has to be in hardware; out with it if it is not. */
static void demand_hw(struct nfo_entry *entry, const char *text)
{
	if (!entry->op.echoed || entry->op.in_hw)
		return;
	entry->slot->broken = true;
	nfo_store(&entry->slot->in_hw, false);
	refused(entry, -EOPNOTSUPP, *text ? text : "no driver has taken it");
}

static void new_done(struct nfo_entry *entry, int err, const char *text)
{
	struct nfo_table_stats *stats = &entry->table->stats;
	bool taken;

	if (!err) {
		placed(entry, entry->op.body);
		nfo_count(&stats->added, 1);
		demand_hw(entry, text);
		return;
	}
	taken = nfo_load(&entry->slot->hook->taken);
	nfo_store(&entry->slot->hook->qdisc, false);
	nfo_slot_close(entry);
	if (taken)
		refused(entry, -EBUSY, "the port is taken by other hardware rules, of a netdev chain with flags offload most likely");
	else
		refused(entry, err, text);
}

static void replace_done(struct nfo_entry *entry, int err, const char *text)
{
	struct nfo_op *op = &entry->op;
	enum nft_offload_reason reason;

	if (err && op->forced && still_wanted(entry)) {
		reason = meaning(entry, err, text);
		nfo_placer_refused(entry, reason == NFT_OFFLOAD_REASON_TABLE_FULL,
				   means_later(err, reason, text), text);
		return;
	}
	if (err) {
		/*
		 * Not every driver takes a second rule with the same match
		 * before the first is gone, and a full one takes none at all.
		 */
		entry->slot->stuck = true;
		return;
	}
	if (op->replied)
		nfo_entry_count(entry, op->packets, op->bytes);
	placed(entry, op->body);
	nfo_count(&entry->table->stats.replaced, 1);
	demand_hw(entry, text);
}

static void del_done(struct nfo_entry *entry, int err)
{
	struct nfo_op *op = &entry->op;

	if (err && !means_gone(err)) {
		nfo_retry_later(entry);
		return;
	}
	if (op->replied)
		nfo_entry_count(entry, op->packets, op->bytes);
	/* It had a place, and may have one again when its guard has. */
	if (entry->exposed && entry->hold && !entry->deleted)
		nfo_retry_later(entry);
	/*
	 * No driver took it, of a rule that lies in software, too. The kernel
	 * keeps the driver's errno to itself then (tc_setup_cb_add() in
	 * net/sched/cls_api.c); it may have been one that passes.
	 */
	else if (entry->slot->broken && entry->hold && entry->from_tc &&
		 !entry->deleted)
		nfo_retry_later(entry);
	nfo_slot_close(entry);
	nfo_count(&entry->table->stats.removed, 1);
}

/* After a lost answer: what is there is what the kernel says now. */
static void get_done(struct nfo_entry *entry, int err)
{
	struct nfo_op *op = &entry->op;
	struct nfo_body *body;

	if (err && !means_gone(err)) {
		nfo_retry_later(entry);
		return;
	}
	if (err || !op->replied || !op->ours) {
		entry->unsure = false;
		nfo_slot_close(entry);
		return;
	}
	body = nfo_body_new(entry->source, &entry->slot->place, &op->rule);
	if (!body) {
		nfo_retry_later(entry);
		return;
	}
	entry->unsure = false;
	if (!entry->slot->body || !nfo_body_equal(body, entry->slot->body))
		entry->slot->packets = entry->slot->bytes = 0;
	nfo_entry_count(entry, op->packets, op->bytes);
	/* The same body tells batch_next() that there is nothing to do. */
	if (entry->said && nfo_body_equal(body, entry->said)) {
		nfo_body_unref(body);
		body = nfo_body_ref(entry->said);
	}
	nfo_slot_have(entry->slot, body);
	entry->slot->broken = !op->in_hw;
	entry->slot->outside = nfo_placer_waits(entry, op->skip_hw);
	nfo_store(&entry->slot->in_hw,
		  op->in_hw && !nfo_table_software(entry->table));
	entry->slot->epoch = nfo_load(&entry->table->epoch);
}

/* Ends the operation. Shard locked. */
static void op_end(struct nfo_entry *entry)
{
	struct nfo_op *op = &entry->op;

	nfo_rule_uninit(&op->rule);
	nfo_body_unref(op->body);
	op->body = NULL;
	op->type = NFO_OP_NONE;
	nfo_entry_publish(entry);
}

void nfo_answer_done(void *arg, int err, const char *text)
{
	struct nfo_entry *entry = arg;
	struct nfo_batch *batch = entry->op.batch;
	pthread_mutex_t *shard = nfo_entry_shard(entry);

	nfo_rcu_lock();
	pthread_mutex_lock(shard);
	if (err == NFO_RTNL_LOST) {
		nfo_count(&entry->table->stats.lost, 1);
		/* A second loss in a row waits, lest it go on for ever. */
		if (entry->unsure)
			nfo_retry_later(entry);
		entry->unsure = true;
	} else {
		switch (entry->op.type) {
		case NFO_OP_NEW:
			new_done(entry, err, text);
			break;
		case NFO_OP_REPLACE:
			replace_done(entry, err, text);
			break;
		case NFO_OP_DEL:
			del_done(entry, err);
			break;
		default:
			get_done(entry, err);
			break;
		}
	}
	op_end(entry);
	pthread_mutex_unlock(shard);
	nfo_batch_landed(batch, entry);
	nfo_rcu_unlock();
}

void nfo_answer_read_done(void *arg, int err, const char *text)
{
	struct nfo_entry *entry = arg;

	(void)err;
	(void)text;
	if (!entry->op.unsent)
		return;
	nfo_rcu_lock();
	nfo_answer_refuse(entry, NFT_OFFLOAD_REASON_NO_MEMORY, "", true);
	nfo_rcu_unlock();
}

void nfo_answer_reply(void *arg, const struct nlmsghdr *nlh)
{
	struct nfo_entry *entry = arg;
	struct nfo_op *op = &entry->op;
	bool want_rule = op->type == NFO_OP_GET;
	enum nfo_source source;
	struct nfo_tc_info info;
	uint64_t hash;
	int err;

	if (nlh->nlmsg_type != RTM_NEWTFILTER &&
	    nlh->nlmsg_type != RTM_DELTFILTER)
		return;
	if (want_rule)
		nfo_rule_uninit(&op->rule);
	err = nfo_tc_flower_parse(nlh, want_rule ? &op->rule : NULL, NULL,
				  &info);
	if (err && err != -EOPNOTSUPP)
		return;
	/* The first is of the rule that goes, an echo of the one that comes. */
	if (op->type != NFO_OP_REPLACE || !op->replied) {
		op->packets = info.packets;
		op->bytes = info.bytes;
	}
	op->replied = true;
	op->in_hw = info.in_hw || nfo_table_software(entry->table);
	op->skip_hw = info.skip_hw;
	op->ours = info.has_cookie &&
		nfo_cookie_read(info.cookie, &source, &hash) &&
		source == entry->source;
}

void nfo_answer_keep(struct nfo_entry *entry)
{
	struct nfo_batch *batch = entry->op.batch;
	pthread_mutex_t *shard = nfo_entry_shard(entry);

	pthread_mutex_lock(shard);
	op_end(entry);
	pthread_mutex_unlock(shard);
	nfo_batch_landed(batch, entry);
}

void nfo_answer_refuse(struct nfo_entry *entry, enum nft_offload_reason reason,
		       const char *text, bool retry)
{
	struct nfo_batch *batch = entry->op.batch;
	pthread_mutex_t *shard = nfo_entry_shard(entry);
	enum nfo_op_type type = entry->op.type;

	pthread_mutex_lock(shard);
	/* Nothing was sent, so a rule that is there stays as it is. */
	if (type == NFO_OP_NEW && entry->slot)
		nfo_slot_close(entry);
	if (type == NFO_OP_NEW || type == NFO_OP_REPLACE ||
	    type == NFO_OP_KEEP) {
		nfo_count(&entry->table->stats.refused[reason], 1);
		if (still_wanted(entry)) {
			nfo_entry_hold(entry, reason, text);
			entry->from_tc = true;
			if (reason == NFT_OFFLOAD_REASON_TABLE_FULL &&
			    nfo_placer_full(entry, text))
				retry = false;
		} else {
			retry = false;
		}
	}
	/* An exposed rule goes first. */
	if ((retry && !entry->exposed) || type == NFO_OP_DEL ||
	    type == NFO_OP_GET)
		nfo_retry_later(entry);
	op_end(entry);
	pthread_mutex_unlock(shard);
	nfo_batch_landed(batch, entry);
}
