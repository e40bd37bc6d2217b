// SPDX-License-Identifier: GPL-2.0-only
/*
 * lookup - the rules, and which of them a frame matches.
 *
 * Per block: chains by number; per chain: priorities, lowest number first; per priority: one hash
 * table for each distinct mask ("group"), in the order in which the masks first came, as in
 * net/sched/cls_flower.c. So a frame costs one hash lookup per mask, however many rules there are.
 * Of two rules with the same match the newer one wins: TC installs the new one before it takes
 * the old one away.
 *
 * All but asic_lookup_packet() need asic.lock; that one runs under RCU, on any CPU.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "eswsim.h"

/* A chain that has rules. */
struct asic_chain {
	struct hlist_node node;
	struct list_head prios;
	u32 index;
	struct rcu_head rcu;
};

/* A priority that has rules. */
struct asic_prio {
	struct list_head node;
	struct asic_chain *chain;
	struct list_head groups;
	u32 prio;
	struct rcu_head rcu;
};

/* The rules of one priority that have the same mask; outside of @start, @length it is zero. */
struct asic_group {
	struct list_head node;
	struct asic_prio *prio;
	struct rhltable rules;
	struct rhashtable_params params;
	struct asic_key mask;
	unsigned int start;
	unsigned int length;
	u32 count;
	struct rcu_work free;
};

static const struct rhashtable_params cookie_params = {
	.key_offset = offsetof(struct asic_rule, cookie),
	.key_len = sizeof_field(struct asic_rule, cookie),
	.head_offset = offsetof(struct asic_rule, by_cookie),
	.automatic_shrinking = true,
};

/**
 * asic_lookup_init() - prepare an empty table
 * @asic:	whose
 *
 * May sleep. Return: 0 or -errno.
 */
int asic_lookup_init(struct asic *asic)
{
	int err;

	asic->wq = alloc_workqueue("eswsim%u", WQ_UNBOUND, 0, asic->nic->id);
	if (!asic->wq)
		return -ENOMEM;
	INIT_LIST_HEAD(&asic->rules);
	err = rhashtable_init(&asic->cookies, &cookie_params);
	if (err)
		destroy_workqueue(asic->wq);
	return err;
}

/**
 * asic_lookup_exit() - give the memory of an empty table back
 * @asic:	whose; nothing can add a rule or bring a frame any more
 *
 * May sleep; waits until everything that was removed is really gone.
 */
void asic_lookup_exit(struct asic *asic)
{
	/* Removed groups come to the queue by way of RCU. */
	rcu_barrier();
	destroy_workqueue(asic->wq);
	rhashtable_destroy(&asic->cookies);
}

/* Sets the words of the key that are not zero everywhere in the mask. */
static void group_set_range(struct asic_group *group)
{
	const unsigned long *word = (const unsigned long *)&group->mask;
	unsigned int first = 0, last, i;

	BUILD_BUG_ON(sizeof(struct asic_key) % sizeof(long));
	for (i = 0; i < sizeof(struct asic_key) / sizeof(long); i++)
		if (word[i])
			break;
	if (i < sizeof(struct asic_key) / sizeof(long))
		first = i;
	last = first;
	for (i = first; i < sizeof(struct asic_key) / sizeof(long); i++)
		if (word[i])
			last = i;
	group->start = first * sizeof(long);
	group->length = (last - first + 1) * sizeof(long);
}

/* Writes only the group's range of @masked. Return: the start of that range. */
static const void *group_mask(const struct asic_group *group, const struct asic_key *key,
			      struct asic_key *masked)
{
	const unsigned long *mask = (const void *)&group->mask + group->start;
	const unsigned long *from = (const void *)key + group->start;
	unsigned long *to = (void *)masked + group->start;
	unsigned int i;

	for (i = 0; i < group->length / sizeof(long); i++)
		to[i] = from[i] & mask[i];
	return to;
}

static struct asic_chain *chain_find(const struct asic_block *block, u32 index)
{
	struct asic_chain *chain;

	hlist_for_each_entry_rcu(chain, &block->chains[hash_32(index, ASIC_CHAIN_BITS)], node,
				 lockdep_is_held(&block->asic->lock))
		if (chain->index == index)
			return chain;
	return NULL;
}

static struct asic_chain *chain_get(struct asic_block *block, u32 index)
{
	struct asic_chain *chain = chain_find(block, index);

	if (chain)
		return chain;
	chain = kzalloc(sizeof(*chain), GFP_KERNEL);
	if (!chain)
		return NULL;
	chain->index = index;
	INIT_LIST_HEAD(&chain->prios);
	hlist_add_head_rcu(&chain->node, &block->chains[hash_32(index, ASIC_CHAIN_BITS)]);
	return chain;
}

static void chain_put(struct asic_chain *chain)
{
	if (!list_empty(&chain->prios))
		return;
	hlist_del_rcu(&chain->node);
	kfree_rcu(chain, rcu);
}

static struct asic_prio *prio_get(struct asic_chain *chain, u32 number)
{
	struct asic_prio *prio, *new;

	list_for_each_entry(prio, &chain->prios, node) {
		if (prio->prio == number)
			return prio;
		if (prio->prio > number)
			break;
	}
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->prio = number;
	new->chain = chain;
	INIT_LIST_HEAD(&new->groups);
	/* Before the next higher one, or at the end, where @prio stands for the head. */
	list_add_tail_rcu(&new->node, &prio->node);
	return new;
}

static void prio_put(struct asic_prio *prio)
{
	if (!list_empty(&prio->groups))
		return;
	list_del_rcu(&prio->node);
	chain_put(prio->chain);
	kfree_rcu(prio, rcu);
}

/* Frees a group that no frame can see any more; a hash table's end may sleep. */
static void group_free(struct work_struct *work)
{
	struct asic_group *group = container_of(to_rcu_work(work), struct asic_group, free);

	rhltable_destroy(&group->rules);
	kfree(group);
}

static struct asic_group *group_get(struct asic_prio *prio, const struct asic_key *mask)
{
	struct asic_group *group;

	list_for_each_entry(group, &prio->groups, node)
		if (!memcmp(&group->mask, mask, sizeof(*mask)))
			return group;
	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return NULL;
	group->prio = prio;
	group->mask = *mask;
	group_set_range(group);
	group->params.key_offset = offsetof(struct asic_rule, key) + group->start;
	group->params.key_len = group->length;
	group->params.head_offset = offsetof(struct asic_rule, by_key);
	group->params.automatic_shrinking = true;
	if (rhltable_init(&group->rules, &group->params)) {
		kfree(group);
		return NULL;
	}
	INIT_RCU_WORK(&group->free, group_free);
	list_add_tail_rcu(&group->node, &prio->groups);
	return group;
}

static void group_put(struct asic *asic, struct asic_group *group)
{
	if (group->count)
		return;
	list_del_rcu(&group->node);
	prio_put(group->prio);
	queue_rcu_work(asic->wq, &group->free);
}

/**
 * asic_lookup_insert() - put a rule into the table
 * @rule:	the rule: block, cookie, key and actions set; the table's from then on
 * @mask:	which bits of the key matter
 * @chain:	its chain
 * @prio:	its priority, lower numbers first
 *
 * Return: 0, -EEXIST if there is one of that cookie, or -ENOMEM; then the rule is the caller's.
 */
int asic_lookup_insert(struct asic_rule *rule, const struct asic_key *mask, u32 chain, u32 prio)
{
	struct asic_block *block = rule->block;
	struct asic *asic = block->asic;
	struct asic_group *group;
	struct asic_chain *c;
	struct asic_prio *p;
	int err = -ENOMEM;

	lockdep_assert_held(&asic->lock);
	c = chain_get(block, chain);
	if (!c)
		return -ENOMEM;
	p = prio_get(c, prio);
	if (!p) {
		chain_put(c);
		return -ENOMEM;
	}
	group = group_get(p, mask);
	if (!group) {
		prio_put(p);
		return -ENOMEM;
	}
	group_mask(group, &rule->key, &rule->key);

	rule->group = group;
	err = rhashtable_lookup_insert_fast(&asic->cookies, &rule->by_cookie, cookie_params);
	if (err)
		goto err_group;
	err = rhltable_insert(&group->rules, &rule->by_key, group->params);
	if (err)
		goto err_cookie;
	group->count++;
	list_add_tail(&rule->node, &asic->rules);
	WRITE_ONCE(asic->count, asic->count + 1);
	asic_block_count(block, 1);
	return 0;

err_cookie:
	rhashtable_remove_fast(&asic->cookies, &rule->by_cookie, cookie_params);
err_group:
	group_put(asic, group);
	return err;
}

/**
 * asic_lookup_remove() - take a rule out of the table and free it
 * @rule:	the rule; frames that found it already may still finish with it
 *
 * May sleep.
 */
void asic_lookup_remove(struct asic_rule *rule)
{
	struct asic_group *group = rule->group;
	struct asic *asic = rule->block->asic;

	lockdep_assert_held(&asic->lock);
	rhashtable_remove_fast(&asic->cookies, &rule->by_cookie, cookie_params);
	rhltable_remove(&group->rules, &rule->by_key, group->params);
	list_del(&rule->node);
	WRITE_ONCE(asic->count, asic->count - 1);
	asic_block_count(rule->block, -1);
	group->count--;
	group_put(asic, group);
	asic_action_release(rule);
	kfree_rcu(rule, rcu);
}

/**
 * asic_lookup_cookie() - find a rule by TC's name for it
 * @asic:	whose table
 * @cookie:	the name
 *
 * Needs asic.lock or RCU, under which alone the answer is valid. Return: the rule or NULL.
 */
struct asic_rule *asic_lookup_cookie(struct asic *asic, unsigned long cookie)
{
	return rhashtable_lookup_fast(&asic->cookies, &cookie, cookie_params);
}

/**
 * asic_lookup_packet() - find the rule for a frame
 * @block:	block that its port is bound to
 * @packet:	the frame, parsed, and the chain that it is in
 *
 * Under RCU, which the rule is valid as long as. Return: the rule or NULL.
 */
struct asic_rule *asic_lookup_packet(const struct asic_block *block,
				     const struct asic_packet *packet)
{
	const struct asic_chain *chain = chain_find(block, packet->chain);
	const struct asic_group *group;
	const struct asic_prio *prio;
	struct rhlist_head *found;
	struct asic_key masked;

	if (!chain)
		return NULL;
	list_for_each_entry_rcu(prio, &chain->prios, node) {
		list_for_each_entry_rcu(group, &prio->groups, node) {
			found = rhltable_lookup((struct rhltable *)&group->rules,
						group_mask(group, &packet->key, &masked),
						group->params);
			/* The table keeps the newest of those with the same key in front. */
			if (found)
				return container_of(found, struct asic_rule, by_key);
		}
	}
	return NULL;
}

static const char *port_name(const struct eswsim_port *port, char *buffer, size_t size)
{
	if (port->kind == PORT_UPLINK)
		return "p0";
	snprintf(buffer, size, "pf0vf%u", port->vf);
	return buffer;
}

static void dump_action(const struct asic_action *action, struct seq_file *seq)
{
	char name[16];

	switch (action->kind) {
	case ASIC_REDIRECT:
	case ASIC_MIRROR:
		seq_printf(seq, " %s %s", action->kind == ASIC_MIRROR ? "mirror" : "redirect",
			   port_name(action->port, name, sizeof(name)));
		if (action->encap)
			asic_encap_dump(action->encap, seq);
		break;
	case ASIC_DROP:
		seq_puts(seq, " drop");
		break;
	case ASIC_SLOW:
		seq_puts(seq, " host");
		break;
	case ASIC_GOTO:
		seq_printf(seq, " goto %u", action->chain);
		break;
	case ASIC_VLAN_PUSH:
	case ASIC_VLAN_SET:
		seq_printf(seq, " vlan-%s %04x:%04x",
			   action->kind == ASIC_VLAN_SET ? "set" : "push",
			   ntohs(action->vlan.type), action->vlan.tci);
		break;
	case ASIC_VLAN_POP:
		seq_puts(seq, " vlan-pop");
		break;
	case ASIC_EDIT:
		seq_printf(seq, " %s %u+%u %08x/%08x", action->edit.add ? "add" : "edit",
			   action->edit.header, action->edit.offset,
			   be32_to_cpu((__force __be32)action->edit.value),
			   be32_to_cpu((__force __be32)~action->edit.mask));
		break;
	case ASIC_CSUM:
		seq_printf(seq, " csum %x", action->csum);
		break;
	case ASIC_MPLS_PUSH:
	case ASIC_MPLS_POP:
	case ASIC_MPLS_SET:
		asic_mpls_dump(action, seq);
		break;
	case ASIC_CT:
		seq_printf(seq, " ct %x zone %u", action->ct.flags,
			   action->ct.zone ? action->ct.zone->number : 0);
		break;
	case ASIC_POLICE:
		asic_police_dump(action, seq);
		break;
	case ASIC_SAMPLE:
		asic_sample_dump(action, seq);
		break;
	case ASIC_TUNNEL_SET:
	case ASIC_TUNNEL_UNSET:
		seq_printf(seq, " tunnel-%s", action->kind == ASIC_TUNNEL_SET ? "set" : "unset");
		break;
	}
}

static void dump_rule(const struct asic_rule *rule, struct seq_file *seq)
{
	const struct asic_group *group = rule->group;
	unsigned int i;

	seq_printf(seq, "block %u chain %u prio %u cookie %lx packets %llu bytes %llu idle %u ms",
		   rule->block->number, group->prio->chain->index, group->prio->prio,
		   rule->cookie,
		   (u64)(atomic64_read(&rule->old_packets) + atomic64_read(&rule->new_packets)),
		   (u64)(atomic64_read(&rule->old_bytes) + atomic64_read(&rule->new_bytes)),
		   jiffies_to_msecs(jiffies - READ_ONCE(rule->lastused)));
	/* Port numbers are addresses and stay hidden. */
	i = max_t(unsigned int, group->start, sizeof(rule->key.port));
	seq_printf(seq, " key %u:%*phN mask %*phN do", i,
		   (int)(group->start + group->length - i), (const u8 *)&rule->key + i,
		   (int)(group->start + group->length - i), (const u8 *)&group->mask + i);
	for (i = 0; i < rule->num_actions; i++)
		dump_action(&rule->actions[i], seq);
	seq_putc(seq, '\n');
}

/**
 * asic_dump() - write all rules, one to a line, oldest first; for debugging
 * @asic:	whose
 * @seq:	where to
 *
 * Keys and masks are bytes of struct asic_key from the byte number before them on. Process
 * context; takes asic.lock.
 */
void asic_dump(struct asic *asic, struct seq_file *seq)
{
	const struct asic_rule *rule;

	mutex_lock(&asic->lock);
	list_for_each_entry(rule, &asic->rules, node)
		dump_rule(rule, seq);
	mutex_unlock(&asic->lock);
}
