// SPDX-License-Identifier: Apache-2.0
/*
 * guard: the rules that hand packets with TTL 0 and 1 to software, ahead of
 * the flows' rules. Why: band.h.
 *
 * A guard is an entry like any other, but the table is its source and entries
 * that need it count as references. It lies before the first of them is sent
 * and goes after the last.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>

#include "table_private.h"

bool nfo_guard_needed(const struct nfo_entry *entry,
		      const struct nfo_body *body)
{
	const struct nfo_rule *rule = &body->rule;

	/* OVS says itself which TTL its flows match. */
	if (entry->source != NFO_SOURCE_FLOWTABLE || nfo_dialect_ttl_safe(rule))
		return false;
	return nfo_rule_has(rule, NFO_ACT_DEC_TTL);
}

/* One for each hook, chain, protocol and stack of tags. */
static struct nfo_id guard_id(const struct nfo_body *body)
{
	const struct nfo_key *key = &body->rule.key;

	return (struct nfo_id){
		.hi = (uint64_t)body->place.ifindex << 32 |
		      body->place.chain << 1 | body->place.egress,
		.lo = (uint64_t)key->vlan_tpid[0] << 32 |
		      (uint64_t)key->vlan_tpid[1] << 16 | key->eth_type,
	};
}

unsigned int nfo_guard_rules(const struct nfo_entry *entry,
			     const struct nfo_body *body)
{
	const struct nfo_entry *guard;

	if (!nfo_guard_needed(entry, body))
		return 1;
	guard = nfo_entry_find(entry->table, NFO_SOURCE_GUARD, guard_id(body));
	return guard && !nfo_load(&guard->hold) ? 1 : 2;
}

/*
 * The guard for rules such as @body. Of a tunnel's device (@indirect) they lie
 * in software, too, where a trap would end a packet (sch_handle_ingress() in
 * net/core/dev.c), and drivers want the UDP port of the tunnel. NULL: no memory.
 */
static struct nfo_body *guard_body(const struct nfo_body *body, bool indirect)
{
	const struct nfo_rule *flow = &body->rule;
	struct nfo_body *guard = NULL;
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	rule.key.eth_type = flow->key.eth_type;
	rule.mask.eth_type = flow->mask.eth_type;
	for (int i = 0; i < 2; i++) {
		rule.key.vlan_tpid[i] = flow->key.vlan_tpid[i];
		rule.mask.vlan_tpid[i] = flow->mask.vlan_tpid[i];
	}
	rule.key.tun_dport = flow->key.tun_dport;
	rule.mask.tun_dport = flow->mask.tun_dport;
	/* 0 and 1 differ in the lowest bit only. */
	rule.mask.ttl = 0xfe;
	if (!nfo_rule_add_plain(&rule, indirect ? NFO_ACT_PASS : NFO_ACT_TRAP)) {
		nfo_rule_normalise(&rule);
		guard = nfo_body_new(NFO_SOURCE_GUARD, &body->place, &rule);
	}
	nfo_rule_uninit(&rule);
	return guard;
}

void nfo_guard_words(const struct nfo_refusal *hold,
		     char text[NFT_OFFLOAD_TEXT_MAX])
{
	snprintf(text, NFT_OFFLOAD_TEXT_MAX, "rule for TTL 0 and 1: %.100s",
		 hold ? hold->text : "");
}

/* Shard locked: says the guard to the NIC of @dialect, if that can be. */
static void guard_say(struct nfo_entry *guard,
		      const struct nfo_dialect *dialect)
{
	char text[NFT_OFFLOAD_TEXT_MAX] = "";
	enum nft_offload_reason reason;

	reason = nfo_entry_say(guard, dialect, text, sizeof(text));
	if (reason)
		nfo_entry_hold(guard, reason, text);
	else
		nfo_orphan_adopt(guard);
}

int nfo_guard_hold(struct nfo_batch *batch, struct nfo_entry *entry,
		   const struct nfo_body *body)
{
	struct nfo_id id = guard_id(body);
	struct nfo_entry *old = entry->guard;
	struct nfo_entry *guard;

	if (old && old->id.hi == id.hi && old->id.lo == id.lo)
		return 0;
	guard = nfo_entry_lock(batch->table, NFO_SOURCE_GUARD, id, true);
	if (!guard)
		return -ENOMEM;
	if (!guard->wanted) {
		guard->indirect = entry->indirect;
		nfo_entry_want(guard, guard_body(body, entry->indirect));
	}
	/* Whoever asks anew has a reason to believe in another answer. */
	if (guard->hold && !guard->waiting)
		nfo_entry_hold(guard, NFT_OFFLOAD_REASON_NONE, NULL);
	if (guard->wanted && !guard->said)
		guard_say(guard, entry->dialect);
	guard->refs++;
	guard->deleted = false;
	nfo_entry_publish(guard);
	pthread_mutex_unlock(nfo_entry_shard(guard));

	nfo_store(&entry->guard, guard);
	nfo_batch_step(batch, guard);
	/* The flow has moved to another port or protocol. */
	if (old)
		nfo_guard_drop(batch, old);
	return 0;
}

/* Is @entry's rule in hardware, or on its way there, behind @guard? */
static bool relies_on(const struct nfo_entry *entry,
		      const struct nfo_entry *guard)
{
	return !entry->dead && nfo_load(&entry->guard) == guard && entry->slot &&
	       !entry->exposed;
}

void nfo_guard_lost(struct nfo_batch *batch, struct nfo_entry *guard)
{
	struct nfo_refusal *hold = nfo_load(&guard->hold);
	enum nft_offload_reason reason = hold ? hold->reason :
		NFT_OFFLOAD_REASON_BUSY;
	struct cds_lfht_iter iter;
	struct nfo_entry *entry;
	char text[NFT_OFFLOAD_TEXT_MAX];
	bool exposed;

	nfo_guard_words(hold, text);
	nfo_store(&guard->covers, false);
	cds_lfht_for_each_entry(batch->table->entries, &iter, entry, node) {
		pthread_mutex_t *shard = nfo_entry_shard(entry);

		pthread_mutex_lock(shard);
		exposed = relies_on(entry, guard);
		if (exposed) {
			entry->exposed = true;
			entry->waiting = false;
			if (!entry->hold)
				nfo_entry_hold(entry, reason, text);
			entry->from_tc = true;
		}
		pthread_mutex_unlock(shard);
		if (exposed)
			nfo_batch_step(batch, entry);
	}
}

void nfo_guard_drop(struct nfo_batch *batch, struct nfo_entry *guard)
{
	pthread_mutex_t *shard = nfo_entry_shard(guard);

	pthread_mutex_lock(shard);
	if (!--guard->refs) {
		guard->deleted = true;
		nfo_retry_cancel(guard);
	}
	nfo_entry_publish(guard);
	pthread_mutex_unlock(shard);
	nfo_batch_step(batch, guard);
}
