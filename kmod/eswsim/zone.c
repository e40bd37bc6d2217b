// SPDX-License-Identifier: GPL-2.0-only
/*
 * zone - connection tracking: what the action ct does in hardware.
 *
 * act_ct keeps a flowtable per zone with the connections that may be offloaded, and tells it of
 * each direction, when it comes, changes and goes, to those who ask for it as NIC drivers do. A
 * frame that meets a ct action is looked up by its tuple in the zone that the action names. What
 * is found there gets the connection's state, mark and labels to be matched by later rules, its
 * NAT where the action says nat, and its struct nf_conn, so that the host knows the connection
 * if the frame comes to it later. What is not found is the host's: it goes on there with the very
 * ct action that it met. So does every frame at a ct action with commit, since what that writes
 * (mark, labels, NAT) is not told to drivers.
 *
 * A zone is in the ASIC as long as a rule names it, and so are its connections.
 *
 * Locks: asic.lock over the flowtable's flow_block_lock over asic_zone.lock. The flowtable calls
 * with flow_block_lock held for reading, from several workers at once; frames run under RCU.
 *
 * Facts: net/sched/act_ct.c, net/netfilter/nf_flow_table_offload.c, include/net/tc_act/tc_ct.h
 * (tcf_ct_flow_table_restore_skb()), net/sched/cls_flower.c (fl_ct_info_to_flower_map), and what
 * drivers/net/ethernet/mellanox/mlx5/core/en/tc_ct.c makes of them.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/tc_act/tc_ct.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/pkt_cls.h>

#include "compat.h"
#include "eswsim.h"
#include "tuple.h"
#include "zone.h"

/*
 * What a connection's frames are told, replaced as a whole. Also kept from the flowtable: its
 * word for the nf_conn and what a frame in this direction is to it.
 */
struct conn_state {
	unsigned long ct_and_info;
	struct flow_dissector_key_ct key;
	struct rcu_head rcu;
};

/* One direction of an offloaded connection. */
struct conn {
	struct list_head node;		/* in asic_zone.conns */
	struct rhash_head by_cookie;
	struct rhlist_head by_tuple;
	struct rcu_head rcu;
	unsigned long cookie;
	struct asic_tuple tuple;
	struct asic_tuple translated;	/* by its NAT; the same without */
	struct conn_state __rcu *state;
	bool gone;			/* the nf_conn may go any time */
	atomic64_t new_packets;		/* since the flowtable last asked */
	atomic64_t new_bytes;		/* of IP packets */
	unsigned long lastused;		/* jiffies */
};

static const struct rhashtable_params cookie_params = {
	.key_offset = offsetof(struct conn, cookie),
	.key_len = sizeof_field(struct conn, cookie),
	.head_offset = offsetof(struct conn, by_cookie),
	.automatic_shrinking = true,
};

/* Several of one tuple: an old connection's entry may outlive the start of a new one. */
static const struct rhashtable_params tuple_params = {
	.key_offset = offsetof(struct conn, tuple),
	.key_len = sizeof_field(struct conn, tuple),
	.head_offset = offsetof(struct conn, by_tuple),
	.automatic_shrinking = true,
};

static const struct flow_action_entry *find_metadata(const struct flow_action *action)
{
	unsigned int i;

	for (i = 0; i < action->num_entries; i++)
		if (action->entries[i].id == FLOW_ACTION_CT_METADATA)
			return &action->entries[i];
	return NULL;
}

/* As flower shows conntrack's word for a packet. */
static u16 state_flags(enum ip_conntrack_info info)
{
	switch (info) {
	case IP_CT_NEW:
		return TCA_FLOWER_KEY_CT_FLAGS_TRACKED | TCA_FLOWER_KEY_CT_FLAGS_NEW;
	case IP_CT_ESTABLISHED:
		return TCA_FLOWER_KEY_CT_FLAGS_TRACKED | TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED;
	case IP_CT_ESTABLISHED_REPLY:
		return TCA_FLOWER_KEY_CT_FLAGS_TRACKED | TCA_FLOWER_KEY_CT_FLAGS_ESTABLISHED |
		       TCA_FLOWER_KEY_CT_FLAGS_REPLY;
	default:
		return 0;
	}
}

static struct conn_state *state_make(const struct asic_zone *zone, const struct flow_rule *rule)
{
	const struct flow_action_entry *entry = find_metadata(&rule->action);
	struct conn_state *state;
	u16 flags;

	if (!entry)
		return ERR_PTR(-EOPNOTSUPP);
	flags = state_flags(entry->ct_metadata.cookie & NFCT_INFOMASK);
	if (!flags)
		return ERR_PTR(-EOPNOTSUPP);
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return ERR_PTR(-ENOMEM);
	state->ct_and_info = entry->ct_metadata.cookie;
	state->key.ct_state = flags;
	state->key.ct_zone = zone->number;
	state->key.ct_mark = entry->ct_metadata.mark;
	BUILD_BUG_ON(sizeof(state->key.ct_labels) != sizeof(entry->ct_metadata.labels));
	memcpy(state->key.ct_labels, entry->ct_metadata.labels, sizeof(state->key.ct_labels));
	return state;
}

static int conn_set_tuples(struct conn *conn, const struct flow_rule *rule)
{
	unsigned int i;
	int err;

	err = asic_tuple_of_rule(rule, &conn->tuple);
	if (err)
		return err;
	conn->translated = conn->tuple;
	for (i = 0; i < rule->action.num_entries; i++) {
		const struct flow_action_entry *entry = &rule->action.entries[i];

		if (entry->id == FLOW_ACTION_CT_METADATA)
			continue;
		if (entry->id != FLOW_ACTION_MANGLE)
			return -EOPNOTSUPP;
		err = asic_tuple_mangle(&conn->translated, entry);
		if (err)
			return err;
	}
	return 0;
}

static int zone_insert(struct asic_zone *zone, struct conn *conn)
{
	struct asic *asic = zone->asic;
	int err;

	if (!atomic_add_unless(&asic->num_conns, 1, READ_ONCE(asic->profile)->max_conns))
		return -ENOSPC;
	err = rhashtable_lookup_insert_fast(&zone->cookies, &conn->by_cookie, cookie_params);
	if (err)
		goto err_count;
	err = rhltable_insert(&zone->tuples, &conn->by_tuple, tuple_params);
	if (err)
		goto err_cookie;
	list_add_tail(&conn->node, &zone->conns);
	return 0;

err_cookie:
	rhashtable_remove_fast(&zone->cookies, &conn->by_cookie, cookie_params);
err_count:
	atomic_dec(&asic->num_conns);
	return err;
}

static int conn_create(struct asic_zone *zone, const struct flow_cls_offload *flow,
		       struct conn_state *state)
{
	struct conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	int err;

	if (!conn)
		return -ENOMEM;
	conn->cookie = flow->cookie;
	conn->lastused = jiffies;
	RCU_INIT_POINTER(conn->state, state);
	err = conn_set_tuples(conn, flow->rule);
	if (!err)
		err = zone_insert(zone, conn);
	if (err)
		kfree(conn);
	return err;
}

static bool state_is_same(const struct conn_state *a, const struct conn_state *b)
{
	return a->ct_and_info == b->ct_and_info && !memcmp(&a->key, &b->key, sizeof(a->key));
}

/* Consumes @state. */
static void conn_update(struct asic_zone *zone, struct conn *conn, struct conn_state *state)
{
	struct conn_state *old;

	old = rcu_dereference_protected(conn->state, lockdep_is_held(&zone->lock));
	if (state_is_same(old, state))
		swap(old, state);
	else
		rcu_assign_pointer(conn->state, state);
	kfree_rcu(old, rcu);
}

static void conn_remove(struct asic_zone *zone, struct conn *conn)
{
	lockdep_assert_held(&zone->lock);
	/* See conn_hold(). */
	smp_store_mb(conn->gone, true);
	rhashtable_remove_fast(&zone->cookies, &conn->by_cookie, cookie_params);
	rhltable_remove(&zone->tuples, &conn->by_tuple, tuple_params);
	list_del(&conn->node);
	atomic_dec(&zone->asic->num_conns);
	kfree_rcu(rcu_dereference_protected(conn->state, true), rcu);
	kfree_rcu(conn, rcu);
}

/* A new connection, or one told again: about once a second while the host sees its packets. */
static int zone_replace(struct asic_zone *zone, const struct flow_cls_offload *flow)
{
	struct conn_state *state = state_make(zone, flow->rule);
	struct conn *conn;
	int err = 0;

	if (IS_ERR(state))
		return PTR_ERR(state);
	mutex_lock(&zone->lock);
	conn = rhashtable_lookup_fast(&zone->cookies, &flow->cookie, cookie_params);
	if (conn)
		conn_update(zone, conn, state);
	else
		err = conn_create(zone, flow, state);
	mutex_unlock(&zone->lock);
	if (err)
		kfree(state);
	return err;
}

static int zone_destroy(struct asic_zone *zone, const struct flow_cls_offload *flow)
{
	struct conn *conn;

	mutex_lock(&zone->lock);
	conn = rhashtable_lookup_fast(&zone->cookies, &flow->cookie, cookie_params);
	if (conn)
		conn_remove(zone, conn);
	mutex_unlock(&zone->lock);
	return conn ? 0 : -ENOENT;
}

/* What was counted since the last call, and when: that is what keeps a connection alive. */
static int zone_stats(struct asic_zone *zone, struct flow_cls_offload *flow)
{
	struct conn *conn;

	rcu_read_lock();
	conn = rhashtable_lookup_fast(&zone->cookies, &flow->cookie, cookie_params);
	if (conn)
		flow_stats_update(&flow->stats, atomic64_xchg(&conn->new_bytes, 0),
				  atomic64_xchg(&conn->new_packets, 0), 0,
				  READ_ONCE(conn->lastused), FLOW_ACTION_HW_STATS_IMMEDIATE);
	rcu_read_unlock();
	return conn ? 0 : -ENOENT;
}

static int zone_cb(enum tc_setup_type type, void *type_data, void *priv)
{
	struct flow_cls_offload *flow = type_data;

	if (type != TC_SETUP_CLSFLOWER)
		return -EOPNOTSUPP;
	switch (flow->command) {
	case FLOW_CLS_REPLACE:
		return zone_replace(priv, flow);
	case FLOW_CLS_DESTROY:
		return zone_destroy(priv, flow);
	case FLOW_CLS_STATS:
		return zone_stats(priv, flow);
	default:
		return -EOPNOTSUPP;
	}
}

/* Frees a zone that no frame can see any more; a hash table's end may sleep. */
static void zone_free(struct work_struct *work)
{
	struct asic_zone *zone = container_of(to_rcu_work(work), struct asic_zone, free);

	rhashtable_destroy(&zone->cookies);
	rhltable_destroy(&zone->tuples);
	mutex_destroy(&zone->lock);
	kfree(zone);
}

static struct asic_zone *zone_create(struct asic *asic, struct nf_flowtable *table, u16 number)
{
	struct asic_zone *zone = kzalloc(sizeof(*zone), GFP_KERNEL);
	int err = -ENOMEM;

	if (!zone)
		return ERR_PTR(err);
	zone->asic = asic;
	zone->table = table;
	zone->number = number;
	mutex_init(&zone->lock);
	INIT_LIST_HEAD(&zone->conns);
	INIT_RCU_WORK(&zone->free, zone_free);
	err = rhashtable_init(&zone->cookies, &cookie_params);
	if (err)
		goto err_free;
	err = rhltable_init(&zone->tuples, &tuple_params);
	if (err)
		goto err_cookies;
	err = nf_flow_table_offload_add_cb(table, zone_cb, zone);
	if (err)
		goto err_tuples;
	list_add_tail(&zone->node, &asic->zones);
	return zone;

err_tuples:
	rhltable_destroy(&zone->tuples);
err_cookies:
	rhashtable_destroy(&zone->cookies);
err_free:
	kfree(zone);
	return ERR_PTR(err);
}

static struct asic_zone *zone_get(struct asic *asic, struct nf_flowtable *table, u16 number)
{
	struct asic_zone *zone;

	lockdep_assert_held(&asic->lock);
	list_for_each_entry(zone, &asic->zones, node)
		if (zone->table == table)
			goto found;
	zone = zone_create(asic, table, number);
	if (IS_ERR(zone))
		return zone;
found:
	zone->users++;
	return zone;
}

/**
 * asic_zone_put() - an action that names a zone goes
 * @zone:	the zone
 *
 * With the last one go the zone and its connections; the flowtable keeps its own and goes on with
 * them in software. Needs asic.lock, may sleep.
 */
void asic_zone_put(struct asic_zone *zone)
{
	struct conn *conn, *next;

	lockdep_assert_held(&zone->asic->lock);
	if (--zone->users)
		return;
	list_del(&zone->node);
	/* After this no worker is in zone_cb() any more. */
	nf_flow_table_offload_del_cb(zone->table, zone_cb, zone);
	mutex_lock(&zone->lock);
	list_for_each_entry_safe(conn, next, &zone->conns, node)
		conn_remove(zone, conn);
	mutex_unlock(&zone->lock);
	queue_rcu_work(zone->asic->wq, &zone->free);
}

/**
 * asic_zone_action() - take over a ct action
 * @asic:	whose
 * @entry:	FLOW_ACTION_CT
 * @action:	to fill; holds its zone till asic_zone_put()
 * @extack:	why not
 *
 * Needs asic.lock, may sleep. Return: 0, -EOPNOTSUPP or -ENOMEM.
 */
int asic_zone_action(struct asic *asic, const struct flow_action_entry *entry,
		     struct asic_action *action, struct netlink_ext_ack *extack)
{
	struct asic_zone *zone;

	action->kind = ASIC_CT;
	action->ct.flags = entry->ct.action;
	if (entry->ct.action & TCA_CT_ACT_CLEAR)
		return 0;
	action->ct.miss_cookie = compat_miss_cookie(entry);
	if (ASIC_CAN_RESTORE_ACTION && !action->ct.miss_cookie)
		return asic_refuse(extack,
				   "eswsim: ct needs a name of its action that the host can go on by");
	if (!entry->ct.flow_table)
		return asic_refuse(extack, "eswsim: ct without a flowtable of its zone");
	zone = zone_get(asic, entry->ct.flow_table, entry->ct.zone);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	action->ct.zone = zone;
	return 0;
}

/*
 * Takes a reference of the connection's nf_conn. Its memory is there as long as RCU says so, but
 * it may have become another connection's (SLAB_TYPESAFE_BY_RCU): the flowtable lets go of it
 * only after it has told us, so that it still was the right one if @gone is false afterwards.
 */
static struct nf_conn *conn_hold(const struct conn *conn, const struct conn_state *state)
{
	struct nf_conn *ct = (struct nf_conn *)(state->ct_and_info & NFCT_PTRMASK);

	if (!refcount_inc_not_zero(&ct->ct_general.use))
		return NULL;
	/* Pairs with smp_store_mb() in conn_remove(). */
	smp_mb__after_atomic();
	if (READ_ONCE(conn->gone)) {
		nf_conntrack_put(&ct->ct_general);
		return NULL;
	}
	return ct;
}

static int zone_track(struct asic_zone *zone, struct asic_packet *packet, bool nat)
{
	const struct conn_state *state;
	struct asic_tuple tuple;
	struct rhlist_head *found;
	struct nf_conn *ct;
	struct conn *conn;
	unsigned int bytes;
	int err;

	if (asic_tuple_of_packet(packet, &tuple, &bytes))
		return -ENOENT;
	found = rhltable_lookup(&zone->tuples, &tuple, tuple_params);
	if (!found)
		return -ENOENT;
	/* The newest of that tuple is in front. */
	conn = container_of(found, struct conn, by_tuple);
	state = rcu_dereference(conn->state);
	nat = nat && memcmp(&conn->tuple, &conn->translated, sizeof(conn->tuple));
	/* Of a connection without an answer conntrack translates only what commits it. */
	if (nat && (state->ct_and_info & NFCT_INFOMASK) == IP_CT_NEW)
		return -ENOENT;
	ct = conn_hold(conn, state);
	if (!ct)
		return -ENOENT;
	err = nat ? asic_tuple_rewrite(packet, &conn->translated) : 0;
	if (err) {
		nf_conntrack_put(&ct->ct_general);
		return err;
	}
	nf_reset_ct(packet->skb);
	nf_ct_set(packet->skb, ct, state->ct_and_info & NFCT_INFOMASK);
	packet->ct = state->key;
	packet->key.ct = state->key;
	atomic64_inc(&conn->new_packets);
	atomic64_add(bytes, &conn->new_bytes);
	WRITE_ONCE(conn->lastused, jiffies);
	return 0;
}

/**
 * asic_zone_run() - do a ct action
 * @packet:	the frame
 * @action:	ASIC_CT
 *
 * Bottom halves off, under RCU. Return: 0; -ENOENT if the host has to go on with this action,
 * which @packet then says; -ENOMEM if the frame is lost.
 */
int asic_zone_run(struct asic_packet *packet, const struct asic_action *action)
{
	int err = -ENOENT;

	if (action->ct.flags & TCA_CT_ACT_CLEAR) {
		nf_reset_ct(packet->skb);
		memset(&packet->ct, 0, sizeof(packet->ct));
		packet->key.ct = packet->ct;
		return 0;
	}
	if (!(action->ct.flags & (TCA_CT_ACT_COMMIT | TCA_CT_ACT_FORCE)))
		err = zone_track(action->ct.zone, packet, action->ct.flags & TCA_CT_ACT_NAT);
	if (err == -ENOENT) {
		packet->missed = true;
		packet->miss_cookie = action->ct.miss_cookie;
	}
	return err;
}

static void conn_dump(const struct asic_zone *zone, struct conn *conn, struct seq_file *seq)
{
	const struct conn_state *state;

	state = rcu_dereference_protected(conn->state, lockdep_is_held(&zone->lock));
	seq_printf(seq, "zone %u ", zone->number);
	asic_tuple_dump(&conn->tuple, seq);
	if (memcmp(&conn->tuple, &conn->translated, sizeof(conn->tuple))) {
		seq_puts(seq, " nat ");
		asic_tuple_dump(&conn->translated, seq);
	}
	seq_printf(seq, " state %x mark %x labels %*phN packets %llu bytes %llu idle %u ms\n",
		   state->key.ct_state, state->key.ct_mark,
		   (int)sizeof(state->key.ct_labels), state->key.ct_labels,
		   (u64)atomic64_read(&conn->new_packets), (u64)atomic64_read(&conn->new_bytes),
		   jiffies_to_msecs(jiffies - READ_ONCE(conn->lastused)));
}

/**
 * asic_zone_dump() - write all connections, a line for each direction; for debugging
 * @asic:	whose
 * @seq:	where to
 *
 * Packets and bytes are those that the flowtable has not asked for yet. Process context; takes
 * asic.lock.
 */
void asic_zone_dump(struct asic *asic, struct seq_file *seq)
{
	struct asic_zone *zone;
	struct conn *conn;

	mutex_lock(&asic->lock);
	list_for_each_entry(zone, &asic->zones, node) {
		mutex_lock(&zone->lock);
		list_for_each_entry(conn, &zone->conns, node)
			conn_dump(zone, conn, seq);
		mutex_unlock(&zone->lock);
	}
	mutex_unlock(&asic->lock);
}
