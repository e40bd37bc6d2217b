// SPDX-License-Identifier: GPL-2.0-only
/*
 * tc - how TC reaches the ASIC: blocks that ports are bound to, and the life of the ASIC itself.
 *
 * One callback per block and NIC, however many ports of the NIC share the block: a shared block's
 * rules are in the table once, and TC counts them in hardware once.
 *
 * Facts: net/sched/cls_api.c (tcf_block_offload_cmd(), tcf_block_bind()), net/core/flow_offload.c.
 * Binding happens under RTNL and the block's own lock held for writing, the callback under that
 * lock held for reading, from any thread and several at once.
 */
#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/pkt_cls.h>

#include "eswsim.h"

/* Longest that table operations can be made to wait: below the kernel's hung task warning. */
#define STALL_MAX_MS 60000

/* A port is bound to a block. */
struct asic_binding {
	struct hlist_node node;		/* in asic.bindings, by port */
	struct list_head in_block;
	struct asic_block *block;
	struct eswsim_port *port;
	struct rcu_head rcu;
};

/* All our callbacks of all NICs, for the core to see double ones; under RTNL. */
static LIST_HEAD(asic_block_cbs);

static struct asic_binding *binding_find(struct asic *asic, const struct eswsim_port *port)
{
	struct asic_binding *binding;

	hlist_for_each_entry_rcu(binding, &asic->bindings[hash_ptr((void *)port, ASIC_PORT_BITS)],
				 node, lockdep_is_held(&asic->lock))
		if (binding->port == port)
			return binding;
	return NULL;
}

static int binding_add(struct asic_block *block, struct eswsim_port *port)
{
	struct asic *asic = block->asic;
	struct asic_binding *binding = kzalloc(sizeof(*binding), GFP_KERNEL);

	if (!binding)
		return -ENOMEM;
	binding->block = block;
	binding->port = port;
	mutex_lock(&asic->lock);
	if (binding_find(asic, port)) {
		mutex_unlock(&asic->lock);
		kfree(binding);
		return -EBUSY;
	}
	list_add_tail(&binding->in_block, &block->bindings);
	hlist_add_head_rcu(&binding->node,
			   &asic->bindings[hash_ptr(port, ASIC_PORT_BITS)]);
	atomic_set(&port->rules, block->count);
	mutex_unlock(&asic->lock);
	return 0;
}

static void binding_del(struct asic_binding *binding)
{
	lockdep_assert_held(&binding->block->asic->lock);
	atomic_set(&binding->port->rules, 0);
	list_del(&binding->in_block);
	hlist_del_rcu(&binding->node);
	kfree_rcu(binding, rcu);
}

/**
 * asic_block_of() - the block whose rules apply to what comes in by a port
 * @asic:	the port's ASIC
 * @port:	the port
 *
 * Under RCU or asic.lock. Return: the block, or NULL if the port is bound to none.
 */
struct asic_block *asic_block_of(struct asic *asic, const struct eswsim_port *port)
{
	const struct asic_binding *binding = binding_find(asic, port);

	return binding ? binding->block : NULL;
}

/**
 * asic_block_can_offload() - are all ports of a block ready to take rules?
 * @block:	the block
 * @extack:	why not
 *
 * Needs asic.lock. Return: 0 or -errno.
 */
int asic_block_can_offload(const struct asic_block *block, struct netlink_ext_ack *extack)
{
	const struct asic_binding *binding;
	struct eswsim_port *uplink;
	int err;

	if (block->tunnel) {
		/* Under our lock the uplink stays; see asic_flush_port(). */
		uplink = rcu_dereference_check(block->asic->nic->uplink,
					       lockdep_is_held(&block->asic->lock));
		return uplink ? eswsim_port_can_offload(uplink, extack) : -ENODEV;
	}
	list_for_each_entry(binding, &block->bindings, in_block) {
		err = eswsim_port_can_offload(binding->port, extack);
		if (err)
			return err;
	}
	return 0;
}

/**
 * asic_block_count() - a block has got more or fewer rules
 * @block:	the block
 * @rules:	how many more
 *
 * Needs asic.lock.
 */
void asic_block_count(struct asic_block *block, int rules)
{
	struct asic_binding *binding;

	block->count += rules;
	list_for_each_entry(binding, &block->bindings, in_block)
		atomic_set(&binding->port->rules, block->count);
}

static bool in_block(const struct asic_rule *rule, const void *block)
{
	return rule->block == block;
}

static bool is_any(const struct asic_rule *rule, const void *unused)
{
	return true;
}

/* Does the rule name this port, to match on or to send to? */
static bool names_port(const struct asic_rule *rule, const void *port)
{
	unsigned int i;

	if (rule->key.port == (unsigned long)port)
		return true;
	for (i = 0; i < rule->num_actions; i++)
		if ((rule->actions[i].kind == ASIC_REDIRECT ||
		     rule->actions[i].kind == ASIC_MIRROR) && rule->actions[i].port == port)
			return true;
	return false;
}

static void remove_if(struct asic *asic,
		      bool (*match)(const struct asic_rule *rule, const void *arg),
		      const void *arg)
{
	struct asic_rule *rule, *next;

	lockdep_assert_held(&asic->lock);
	list_for_each_entry_safe(rule, next, &asic->rules, node) {
		if (match(rule, arg))
			asic_lookup_remove(rule);
		cond_resched();
	}
}

/**
 * asic_block_create() - make a block without rules
 * @asic:	whose
 *
 * May sleep. Return: it, for asic_block_release(), or NULL.
 */
struct asic_block *asic_block_create(struct asic *asic)
{
	struct asic_block *block = kzalloc(sizeof(*block), GFP_KERNEL);

	if (!block)
		return NULL;
	block->asic = asic;
	INIT_LIST_HEAD(&block->bindings);
	mutex_lock(&asic->lock);
	block->number = asic->next_block++;
	mutex_unlock(&asic->lock);
	return block;
}

/**
 * asic_block_release() - take a block away, with its rules
 * @priv:	the block
 *
 * The core lets go of the callback: after an unbind, or when a bind could not be finished. May
 * sleep.
 */
void asic_block_release(void *priv)
{
	struct asic_block *block = priv;
	struct asic *asic = block->asic;
	struct asic_binding *binding, *next;

	mutex_lock(&asic->lock);
	list_for_each_entry_safe(binding, next, &block->bindings, in_block)
		binding_del(binding);
	remove_if(asic, in_block, block);
	mutex_unlock(&asic->lock);
	kfree_rcu(block, rcu);
}

/* Waits out an injected stall, without the lock so that the NIC can still be taken away. */
static void wait_for_stall(const struct asic *asic)
{
	for (;;) {
		long left = (long)(READ_ONCE(asic->stall_until) - jiffies);

		if (left <= 0)
			return;
		/* In slices, so that a stall can be ended. */
		schedule_timeout_uninterruptible(min(left, (long)HZ / 10));
	}
}

/**
 * asic_block_cb() - TC has something for a block
 * @type:	what it is
 * @type_data:	and its particulars
 * @priv:	the block
 *
 * Under the lock of TC's block, from several threads at once. Return: 0 or -errno.
 */
int asic_block_cb(enum tc_setup_type type, void *type_data, void *priv)
{
	struct asic_block *block = priv;
	struct tc_cls_matchall_offload *matchall;

	switch (type) {
	case TC_SETUP_CLSFLOWER:
		wait_for_stall(block->asic);
		return asic_flower(block, type_data);
	case TC_SETUP_CLSMATCHALL:
		matchall = type_data;
		return asic_refuse(matchall->common.extack,
				   "eswsim: matchall filters are not supported; use flower");
	default:
		return -EOPNOTSUPP;
	}
}

static int block_bind(struct eswsim_port *port, struct flow_block_offload *offload)
{
	struct asic *asic = &port->nic->asic;
	struct flow_block_cb *cb = flow_block_cb_lookup(offload->block, asic_block_cb, asic);
	bool is_new = !cb;
	int err;

	if (is_new) {
		struct asic_block *block = asic_block_create(asic);

		if (!block)
			return -ENOMEM;
		cb = flow_block_cb_alloc(asic_block_cb, asic, block, asic_block_release);
		if (IS_ERR(cb)) {
			asic_block_release(block);
			return PTR_ERR(cb);
		}
	}
	err = binding_add(flow_block_cb_priv(cb), port);
	if (err) {
		if (err == -EBUSY)
			NL_SET_ERR_MSG_MOD(offload->extack, "the port is bound to a block already");
		if (is_new)
			flow_block_cb_free(cb);
		return err;
	}
	flow_block_cb_incref(cb);
	if (is_new) {
		flow_block_cb_add(cb, offload);
		list_add_tail(&cb->driver_list, &asic_block_cbs);
	}
	return 0;
}

static void block_unbind(struct eswsim_port *port, struct flow_block_offload *offload)
{
	struct asic *asic = &port->nic->asic;
	struct flow_block_cb *cb = flow_block_cb_lookup(offload->block, asic_block_cb, asic);
	struct asic_binding *binding;

	if (!cb)
		return;
	mutex_lock(&asic->lock);
	binding = binding_find(asic, port);
	if (binding && binding->block == flow_block_cb_priv(cb))
		binding_del(binding);
	mutex_unlock(&asic->lock);
	if (flow_block_cb_decref(cb))
		return;
	/* The last port: the core now has us destroy the block's rules and releases it. */
	flow_block_cb_remove(cb, offload);
	list_del(&cb->driver_list);
}

/**
 * asic_setup_block() - TC binds a port to a block, or unbinds it
 * @port:	the port, by its representor or uplink netdev
 * @offload:	TC_SETUP_BLOCK's argument
 *
 * Called from ndo_setup_tc, under RTNL. Refusing the egress side of a clsact qdisc is no error to
 * the user, so that it is done without a message. Return: 0, -EOPNOTSUPP for anything but clsact
 * or ingress qdisc's ingress side, -EBUSY if the port is bound already, or -ENOMEM.
 */
int asic_setup_block(struct eswsim_port *port, struct flow_block_offload *offload)
{
	if (offload->binder_type != FLOW_BLOCK_BINDER_TYPE_CLSACT_INGRESS)
		return -EOPNOTSUPP;
	offload->unlocked_driver_cb = true;
	offload->driver_block_list = &asic_block_cbs;
	switch (offload->command) {
	case FLOW_BLOCK_BIND:
		return block_bind(port, offload);
	case FLOW_BLOCK_UNBIND:
		block_unbind(port, offload);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * asic_init() - make the ASIC of a NIC
 * @asic:	to fill
 * @nic:	its NIC, of which the number is set already
 *
 * With the default profile; asic_set_profile() chooses another. May sleep. Return: 0 or -errno.
 */
int asic_init(struct asic *asic, struct eswsim *nic)
{
	memset(asic, 0, sizeof(*asic));
	asic->nic = nic;
	asic->profile = asic_profile_default;
	asic->table_size = asic->profile->table_size;
	asic->fail_errno = ENOSPC;
	asic->stall_until = jiffies;
	INIT_LIST_HEAD(&asic->polices);
	INIT_LIST_HEAD(&asic->tunnels);
	mutex_init(&asic->lock);
	INIT_LIST_HEAD(&asic->zones);
	asic_packet_dissector_init(&asic->dissector);
	return asic_lookup_init(asic);
}

/**
 * asic_exit() - undo asic_init()
 * @asic:	whose ports are all gone: no frame and no TC call can come any more
 *
 * May sleep.
 */
void asic_exit(struct asic *asic)
{
	asic_flush_all(asic);
	asic_lookup_exit(asic);
	mutex_destroy(&asic->lock);
}

/**
 * asic_set_profile() - become another kind of NIC
 * @asic:	whose
 * @profile:	which
 *
 * The table gets the size that the profile says. May sleep. Return: 0, or -EBUSY while there are
 * rules.
 */
int asic_set_profile(struct asic *asic, const struct asic_profile *profile)
{
	int err = -EBUSY;

	mutex_lock(&asic->lock);
	if (!asic->count) {
		WRITE_ONCE(asic->profile, profile);
		asic->table_size = profile->table_size;
		err = 0;
	}
	mutex_unlock(&asic->lock);
	return err;
}

/**
 * asic_set_size() - set how many rules fit
 * @asic:	whose
 * @rules:	how many
 *
 * Rules that are beyond that number already stay. May sleep. Return: 0, or -EINVAL if it is more
 * than the profile allows.
 */
int asic_set_size(struct asic *asic, u32 rules)
{
	int err = -EINVAL;

	mutex_lock(&asic->lock);
	if (rules <= asic->profile->max_table_size) {
		asic->table_size = rules;
		err = 0;
	}
	mutex_unlock(&asic->lock);
	return err;
}

/**
 * asic_count() - how many rules are in the table
 * @asic:	whose
 *
 * Any thread, no locks.
 */
u32 asic_count(const struct asic *asic)
{
	return READ_ONCE(asic->count);
}

/**
 * asic_flush_port() - a port goes away
 * @port:	the port; its @rep is NULL already, so that no new rule can name it
 *
 * Drops its binding and all rules that name it, and waits until no frame can meet it in a rule.
 * TC is not told, as by a real NIC. May sleep; RTNL may be held.
 */
void asic_flush_port(struct eswsim_port *port)
{
	struct asic *asic = &port->nic->asic;
	struct asic_binding *binding;

	mutex_lock(&asic->lock);
	binding = binding_find(asic, port);
	if (binding)
		binding_del(binding);
	remove_if(asic, names_port, port);
	mutex_unlock(&asic->lock);
	synchronize_net();
}

/**
 * asic_flush_all() - the hardware loses all its rules
 * @asic:	whose
 *
 * TC is not told and goes on believing in them; its later calls for them get -ENOENT. May sleep;
 * RTNL may be held.
 */
void asic_flush_all(struct asic *asic)
{
	mutex_lock(&asic->lock);
	remove_if(asic, is_any, NULL);
	mutex_unlock(&asic->lock);
}

/**
 * asic_stall() - make all table operations wait
 * @asic:	whose
 * @ms:		from now on for so long, milliseconds, at most a minute; 0 ends a stall
 *
 * Frames go on. Any thread, no locks.
 */
void asic_stall(struct asic *asic, unsigned int ms)
{
	WRITE_ONCE(asic->stall_until, jiffies + msecs_to_jiffies(min(ms, STALL_MAX_MS)));
}
