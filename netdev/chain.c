// SPDX-License-Identifier: Apache-2.0
/*
 * chain: how many rules in the kernel go to each chain. See table_private.h.
 *
 * A source whose flows recirculate may place what lies in a chain only while
 * something leads there: packets that software recirculates never look at the
 * hardware's chain.
 */
#include <errno.h>
#include <stdlib.h>

#include "table_private.h"

static unsigned long chain_hash(uint32_t chain)
{
	return chain * 0x9e3779b97f4a7c15ULL >> 16;
}

static int chain_match(struct cds_lfht_node *node, const void *key)
{
	const struct nfo_chain *chain =
		caa_container_of(node, struct nfo_chain, node);
	const uint32_t *number = key;

	return chain->number == *number;
}

/* Under RCU: NULL if nothing goes there. */
static struct nfo_chain *chain_find(struct nfo_table *table, uint32_t number)
{
	struct cds_lfht_node *node;
	struct cds_lfht_iter iter;

	cds_lfht_lookup(table->chains.hash, chain_hash(number), chain_match,
			&number, &iter);
	node = cds_lfht_iter_get_node(&iter);
	return node ? caa_container_of(node, struct nfo_chain, node) : NULL;
}

static void chain_free(struct rcu_head *head)
{
	free(caa_container_of(head, struct nfo_chain, rcu));
}

/* Chains locked. Without memory the chain passes for unreached. */
static void chain_change(struct nfo_table *table, uint32_t number, int by)
{
	struct nfo_chain *chain = chain_find(table, number);

	if (!chain && by > 0) {
		chain = calloc(1, sizeof(*chain));
		if (!chain)
			return;
		chain->number = number;
		cds_lfht_add(table->chains.hash, chain_hash(number),
			     &chain->node);
	}
	if (!chain)
		return;
	chain->rules += by;
	if (!chain->rules) {
		cds_lfht_del(table->chains.hash, &chain->node);
		urcu_memb_call_rcu(&chain->rcu, chain_free);
	}
}

void nfo_chain_count(struct nfo_table *table, const struct nfo_body *body,
		     int by)
{
	const struct nfo_rule *rule = &body->rule;

	nfo_rcu_lock();
	for (unsigned int i = 0; i < rule->n_actions; i++) {
		if (rule->actions[i].type != NFO_ACT_GOTO)
			continue;
		pthread_mutex_lock(&table->chains.lock);
		chain_change(table, rule->actions[i].chain, by);
		pthread_mutex_unlock(&table->chains.lock);
	}
	nfo_rcu_unlock();
}

bool nfo_table_chain_reached(struct nfo_table *table, uint32_t chain)
{
	bool reached;

	nfo_rcu_lock();
	reached = chain_find(table, chain);
	nfo_rcu_unlock();
	return reached;
}
