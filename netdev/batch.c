// SPDX-License-Identifier: Apache-2.0
/*
 * batch: what one thread sends. See table.h, table_private.h.
 *
 * An entry always goes one step at a time: batch_next() compares what is
 * wanted, in the words of its NIC, with what is installed and names the one
 * message that comes next; the answer (answer.c) changes what is installed, and
 * so on until there is nothing left to do. So it does not matter in which order
 * wishes and answers come in.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>

#include "placer.h"

/* What brings @entry one step nearer to what is wanted. */
static enum nfo_op_type batch_next(const struct nfo_entry *entry)
{
	const struct nfo_slot *slot = entry->slot;

	if (entry->waiting)
		return NFO_OP_NONE;
	if (entry->unsure)
		return NFO_OP_GET;
	if (entry->deleted)
		return slot ? NFO_OP_DEL : NFO_OP_FORGET;
	if (!entry->said || entry->hold || (entry->exposed && slot))
		return slot ? NFO_OP_DEL : NFO_OP_NONE;
	if (!slot)
		return NFO_OP_NEW;
	if (slot->body == entry->said && !slot->broken &&
	    slot->outside == entry->outside)
		return entry->guard || !nfo_guard_needed(entry, slot->body) ?
			NFO_OP_NONE : NFO_OP_KEEP;
	/* Another match is another rule; only actions change in place. */
	if (slot->stuck || !nfo_body_same_match(slot->body, entry->said))
		return NFO_OP_DEL;
	return NFO_OP_REPLACE;
}

/* Would @type bring a rule into hardware that is not there? */
static bool needs_place(const struct nfo_entry *entry, enum nfo_op_type type)
{
	return type == NFO_OP_NEW ||
	       (type == NFO_OP_REPLACE && entry->slot->outside &&
		!entry->outside);
}

/*
 * Must @entry's rule lie in software, too, where it lies in hardware?
 *
 * - On a device that is no port of a driver TC refuses what is for hardware
 *   alone (tc_setup_cb_add() in net/sched/cls_api.c).
 * - Where hardware does not know the connection the host goes on with the
 *   action ct, which it passes over in a rule that is not for software
 *   (tcf_action_exec()): no connection would ever be known.
 * - What the host has gone on with comes to a later chain in software.
 * - A policer has one set of flags, which must be those of all its rules.
 */
static bool needs_software(const struct nfo_entry *entry)
{
	const struct nfo_body *body = entry->op.body;

	return entry->indirect || body->place.chain ||
	       nfo_rule_has(&body->rule, NFO_ACT_CT) ||
	       nfo_rule_has(&body->rule, NFO_ACT_POLICE);
}

/*
 * Where @entry's rule may lie: NFO_TC_*. Where hardware is not forced the echo
 * has to tell whether a driver took the rule, the acknowledgement why not.
 */
static uint32_t put_flags(struct nfo_entry *entry)
{
	uint32_t flags = entry->table->config.flags;

	if (flags & NFO_TABLE_SKIP_HW)
		return NFO_TC_SKIP_HW;
	if (entry->op.body->hw_only)
		return NFO_TC_SKIP_SW;
	/* Connections of flowtables have a software path of their own. */
	if (!(flags & NFO_TABLE_ANY) || entry->source != NFO_SOURCE_OVS) {
		entry->op.echoed = needs_software(entry);
		return entry->op.echoed ? NFO_TC_VERBOSE : NFO_TC_SKIP_SW;
	}
	if (entry->op.outside)
		return NFO_TC_SKIP_HW;
	/* To hear why not; what lies there stays, if it is refused. */
	entry->op.forced = entry->misses && entry->op.type == NFO_OP_REPLACE &&
		!needs_software(entry);
	if (entry->op.forced)
		return NFO_TC_SKIP_SW;
	return entry->software && !nfo_rule_has(&entry->op.body->rule, NFO_ACT_POLICE) ?
	       NFO_TC_SKIP_HW : 0;
}

/* Length of the message in @room for @entry's operation, or negative errno. */
static int op_build(struct nfo_entry *entry, void *room,
		    enum nft_offload_reason *reason)
{
	struct nfo_op *op = &entry->op;
	const struct nfo_place *place = &entry->slot->place;
	uint32_t flags = 0;
	uint8_t cookie[NFO_COOKIE_LEN];
	int len;

	*reason = NFT_OFFLOAD_REASON_INTERNAL;
	switch (op->type) {
	case NFO_OP_REPLACE:
		flags = NFO_TC_REPLACE;
		/* fall through */
	case NFO_OP_NEW:
		flags |= put_flags(entry);
		nfo_cookie_write(cookie, entry->source, op->body->hash);
		len = nfo_tc_flower_put(room, NFO_RTNL_MSG_MAX,
					&op->body->rule, place, cookie, flags,
					reason);
		if (len > 0 && op->echoed)
			((struct nlmsghdr *)room)->nlmsg_flags |=
				NLM_F_ECHO | NLM_F_ACK;
		return len;
	case NFO_OP_DEL:
		len = nfo_tc_flower_del(room, NFO_RTNL_MSG_MAX, place);
		/* The echo has the final counters (tfilter_del_notify()). */
		if (len > 0)
			((struct nlmsghdr *)room)->nlmsg_flags |= NLM_F_ECHO;
		return len;
	case NFO_OP_GET:
		return nfo_tc_flower_get(room, NFO_RTNL_MSG_MAX, place);
	default:
		return -EINVAL;
	}
}

/*
 * Reads the rule that is about to be replaced: its counters go with it. 1 if
 * queued, or negative errno.
 */
static int op_queue_read(struct nfo_batch *batch, struct nfo_entry *entry)
{
	void *room = nfo_rtnl_room(batch->rtnl);
	int err;

	if (!room)
		return -ENOMEM;
	err = nfo_tc_flower_get(room, NFO_RTNL_MSG_MAX, &entry->slot->place);
	if (err < 0)
		return err;
	err = nfo_rtnl_queue(batch->rtnl, nfo_answer_read_done,
			     nfo_answer_reply, entry);
	return err ? err : 1;
}

/* Queues the message of @entry's operation, or refuses it. */
static void op_queue(struct nfo_batch *batch, struct nfo_entry *entry)
{
	enum nft_offload_reason reason = NFT_OFFLOAD_REASON_NO_MEMORY;
	void *room;
	int read = 0;
	int err = 0;

	if (entry->op.type == NFO_OP_KEEP) {
		nfo_answer_keep(entry);
		return;
	}
	if (entry->op.type == NFO_OP_NEW)
		err = nfo_hook_prepare(entry->slot->hook, batch->rtnl);
	else if (entry->op.type == NFO_OP_REPLACE)
		err = read = op_queue_read(batch, entry);
	if (err >= 0) {
		room = nfo_rtnl_room(batch->rtnl);
		err = room ? op_build(entry, room, &reason) : -ENOMEM;
	}
	if (err >= 0) {
		reason = NFT_OFFLOAD_REASON_NO_MEMORY;
		err = nfo_rtnl_queue(batch->rtnl, nfo_answer_done,
				     nfo_answer_reply, entry);
	}
	if (err >= 0)
		return;
	/* The message in front has @entry in its hands: its answer refuses. */
	if (read > 0)
		entry->op.unsent = true;
	else
		nfo_answer_refuse(entry, reason, "", err == -ENOMEM);
}

/* Does the operation end with a rule in the kernel? */
static bool op_places(enum nfo_op_type type)
{
	return type == NFO_OP_NEW || type == NFO_OP_REPLACE ||
	       type == NFO_OP_KEEP;
}

/* Queues, now or when the guard lies. */
static void op_start(struct nfo_batch *batch, struct nfo_entry *entry)
{
	struct nfo_op *op = &entry->op;

	if (op_places(op->type) && nfo_guard_needed(entry, op->body)) {
		if (nfo_guard_hold(batch, entry, op->body)) {
			nfo_answer_refuse(entry, NFT_OFFLOAD_REASON_NO_MEMORY,
					  "", true);
			return;
		}
		if (nfo_load(&entry->guard->state) != NFO_STATE_IN_HW) {
			cds_list_add_tail(&op->parked, &batch->parked);
			return;
		}
		nfo_store(&entry->guard->covers, true);
	}
	op_queue(batch, entry);
}

void nfo_batch_step(struct nfo_batch *batch, struct nfo_entry *entry)
{
	pthread_mutex_t *shard = nfo_entry_shard(entry);
	struct nfo_op *op = &entry->op;
	enum nfo_op_type type;
	bool told = false;
	int err = 0;

	pthread_mutex_lock(shard);
	type = entry->dead || op->type ? NFO_OP_NONE : batch_next(entry);
	if (needs_place(entry, type) && !nfo_verdict_admit(batch, entry)) {
		type = batch_next(entry);
		nfo_entry_publish(entry);
		told = true;
	}
	if (type == NFO_OP_NONE) {
		pthread_mutex_unlock(shard);
		if (told)
			nfo_batch_note(batch, entry);
		return;
	}
	op->type = type;
	op->outside = entry->outside;
	op->forced = false;
	op->batch = batch;
	op->unsent = op->replied = op->echoed = op->in_hw = false;
	if (op_places(type))
		op->body = nfo_body_ref(entry->said);
	if (type == NFO_OP_NEW)
		err = nfo_slot_open(entry, &op->body->place);
	nfo_entry_publish(entry);
	pthread_mutex_unlock(shard);

	/* From here on the entry is this batch's, so it cannot go away. */
	if (err)
		nfo_answer_refuse(entry, NFT_OFFLOAD_REASON_NO_MEMORY, "",
				  true);
	else if (type == NFO_OP_FORGET)
		cds_list_add_tail(&op->parked, &batch->parked);
	else
		op_start(batch, entry);
}

/* --- what waits --- */

/* The entry has nothing left: tells so and frees it, unless it is revived. */
static void parked_forget(struct nfo_batch *batch, struct nfo_entry *entry)
{
	pthread_mutex_t *shard = nfo_entry_shard(entry);
	bool revived;

	nfo_batch_report(batch, entry, true);
	pthread_mutex_lock(shard);
	entry->op.type = NFO_OP_NONE;
	revived = !entry->deleted;
	if (!revived)
		nfo_entry_forget(entry);
	pthread_mutex_unlock(shard);
	if (revived)
		nfo_batch_step(batch, entry);
}

/* A rule whose guard was not there when it was to be sent. */
static void parked_guarded(struct nfo_batch *batch, struct nfo_entry *entry)
{
	struct nfo_entry *guard = entry->guard;
	pthread_mutex_t *shard = nfo_entry_shard(guard);
	enum nft_offload_reason reason = NFT_OFFLOAD_REASON_BUSY;
	char text[NFT_OFFLOAD_TEXT_MAX] = "";
	bool ours, placed, retry = true;

	nfo_batch_step(batch, guard);
	pthread_mutex_lock(shard);
	placed = guard->state == NFO_STATE_IN_HW;
	ours = guard->op.type && guard->op.batch == batch;
	if (guard->hold && !guard->op.type) {
		reason = guard->hold->reason;
		nfo_guard_words(guard->hold, text);
		retry = guard->waiting;
	}
	if (placed)
		nfo_store(&guard->covers, true);
	pthread_mutex_unlock(shard);

	if (placed) {
		op_queue(batch, entry);
	} else if (ours) {
		cds_list_add_tail(&entry->op.parked, &batch->parked);
	} else {
		/* What it has in hardware goes, and so does not stay alone. */
		shard = nfo_entry_shard(entry);
		pthread_mutex_lock(shard);
		entry->exposed = entry->op.type != NFO_OP_NEW;
		pthread_mutex_unlock(shard);
		nfo_answer_refuse(entry, reason, text, retry);
	}
}

/* Goes once over all that is parked. */
static void parked_run(struct nfo_batch *batch)
{
	struct nfo_entry *entry, *next;
	CDS_LIST_HEAD(list);

	cds_list_splice(&batch->parked, &list);
	CDS_INIT_LIST_HEAD(&batch->parked);
	cds_list_for_each_entry_safe(entry, next, &list, op.parked) {
		cds_list_del_init(&entry->op.parked);
		if (entry->op.type == NFO_OP_FORGET)
			parked_forget(batch, entry);
		else
			parked_guarded(batch, entry);
	}
}

/* --- telling --- */

void nfo_batch_note(struct nfo_batch *batch, const struct nfo_entry *entry)
{
	const struct nfo_note *last = batch->n_notes ?
		&batch->notes[batch->n_notes - 1] : NULL;

	if (entry->source == NFO_SOURCE_GUARD || !batch->fn)
		return;
	/* A step that lands at once is noted by its own call, too. */
	if (last && last->source == entry->source &&
	    last->id.lo == entry->id.lo && last->id.hi == entry->id.hi)
		return;
	if (batch->n_notes == batch->room_notes) {
		size_t room = batch->room_notes ? batch->room_notes * 2 : 64;
		struct nfo_note *notes = reallocarray(batch->notes, room,
						      sizeof(*notes));

		/* Without memory it is told at once rather than never. */
		if (!notes) {
			nfo_batch_report(batch, entry, false);
			return;
		}
		batch->notes = notes;
		batch->room_notes = room;
	}
	batch->notes[batch->n_notes++] = (struct nfo_note){
		entry->source, entry->id
	};
}

void nfo_batch_report(struct nfo_batch *batch, const struct nfo_entry *entry,
		      bool gone)
{
	struct nfo_view view;

	if (entry->source == NFO_SOURCE_GUARD || !batch->fn)
		return;
	nfo_entry_view(entry, &view);
	if (gone)
		view.state = NFO_STATE_GONE;
	batch->fn(batch->arg, &view);
}

void nfo_batch_landed(struct nfo_batch *batch, struct nfo_entry *entry)
{
	pthread_mutex_t *shard = nfo_entry_shard(entry);
	struct nfo_entry *guard = NULL;
	bool idle, lost;

	nfo_batch_step(batch, entry);
	/* Whatever comes next holds the guard it needs by itself. */
	pthread_mutex_lock(shard);
	idle = !entry->op.type;
	lost = idle && entry->hold && !entry->slot && entry->covers;
	if (!entry->slot && (idle || entry->op.type == NFO_OP_FORGET)) {
		guard = entry->guard;
		entry->guard = NULL;
	}
	pthread_mutex_unlock(shard);
	if (guard)
		nfo_guard_drop(batch, guard);
	if (lost)
		nfo_guard_lost(batch, entry);
	/* What is on its way again is told when it has arrived. */
	if (idle)
		nfo_batch_note(batch, entry);
}

/* Tells what was noted, but for what is on its way again. */
static void notes_run(struct nfo_batch *batch)
{
	struct nfo_note *notes = batch->notes;
	size_t n = batch->n_notes;

	/* The source's function may put and so note: that starts anew. */
	batch->notes = NULL;
	batch->n_notes = batch->room_notes = 0;
	for (size_t i = 0; i < n; i++) {
		struct nfo_entry *entry = nfo_entry_find(batch->table,
							 notes[i].source,
							 notes[i].id);

		if (!entry)
			continue;
		switch (nfo_load(&entry->state)) {
		case NFO_STATE_KNOWN:
		case NFO_STATE_IN_HW:
			nfo_batch_report(batch, entry, false);
			break;
		}
	}
	free(notes);
}

int nfo_batch_run(struct nfo_batch *batch)
{
	int ret = 0;
	int err;

	while (nfo_rtnl_queued(batch->rtnl) || batch->n_notes ||
	       batch->n_verdicts || !cds_list_empty(&batch->parked)) {
		nfo_rcu_lock();
		nfo_verdict_carry_out(batch);
		nfo_rcu_unlock();
		/* No RCU: the kernel may take long over a batch. */
		err = nfo_rtnl_flush(batch->rtnl);
		if (err && !ret)
			ret = err;
		nfo_rcu_lock();
		parked_run(batch);
		notes_run(batch);
		nfo_rcu_unlock();
	}
	return ret;
}

int nfo_batch_open(struct nfo_batch **batchp, struct nfo_table *table,
		   struct nfo_rtnl *rtnl, nfo_table_view_fn *fn, void *arg)
{
	struct nfo_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	nfo_rcu_register();
	batch->table = table;
	batch->rtnl = rtnl;
	batch->fn = fn;
	batch->arg = arg;
	CDS_INIT_LIST_HEAD(&batch->parked);
	*batchp = batch;
	return 0;
}

void nfo_batch_close(struct nfo_batch *batch)
{
	if (!batch)
		return;
	nfo_batch_run(batch);
	free(batch->notes);
	free(batch->verdicts);
	free(batch);
}
