/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: what the files that make up the table share. Internal; the interface
 * is table.h.
 *
 *	entry.c		entries and what hangs off them; who may see what
 *	say.c		what is sent of a rule, by the NIC's dialect
 *	slot.c		rules in the kernel, found by place
 *	chain.c		how many of them go to which chain
 *	batch.c		the next step of an entry: what to send
 *	answer.c	what the kernel's answer means
 *	retry.c		refused for now: when to try again
 *	guard.c		rules that must lie before an entry's own
 *	hook.c		ports' TC hooks: qdisc, how many rules of each priority
 *	scan.c		what is in the kernel and ours
 *	orphan.c	rules of an earlier process: adopt or reap
 *	leftover.c	the same, shown to their source
 *	counters.c	what hardware counted
 *	placer.c	who has a place where not all fit: placer.h
 *	verdict.c	and who is to have one
 *	reconcile.c	is what should be there, there?
 *	table.c		put, reject, delete, look up
 *
 * Locks: an entry's fields are written under its shard's lock. Never two
 * shards at once; a shard before orphans.lock, retry_lock, chains.lock,
 * placers_lock or a placer's own, which come last.
 * None is held when something is sent or a callback of the source runs.
 */
#ifndef NFO_TABLE_PRIVATE_H
#define NFO_TABLE_PRIVATE_H

#include <pthread.h>
#include <urcu/list.h>

#include "rcu.h"
#include <urcu/rculfhash.h>

#include "cookie.h"
#include "placement.h"
#include "table.h"
#include "tc_flower.h"

#define NFO_SHARDS	64

/* A rule with where it is to lie; shared, never changed. */
struct nfo_body {
	unsigned long		refs;
	struct rcu_head		rcu;
	uint64_t		hash;	/* of the match */
	struct nfo_place	place;	/* handle 0 */
	bool			hw_only; /* must not lie in software, too */
	struct nfo_rule		rule;
};

/* Why an entry is not placed; never changed, read under RCU. */
struct nfo_refusal {
	struct rcu_head		rcu;
	enum nft_offload_reason	reason;
	char			text[NFT_OFFLOAD_TEXT_MAX];
};

/* A handle in use: a rule in the kernel, or on its way there. */
struct nfo_slot {
	struct cds_lfht_node	node;	/* table->slots, by place */
	struct rcu_head		rcu;
	struct nfo_entry	*entry;
	struct nfo_hook		*hook;
	struct nfo_place	place;
	struct nfo_body		*body;	/* acknowledged; NULL: nothing yet */
	bool			broken;	/* there, but not in hardware */
	bool			in_hw;	/* as last heard (atomic) */
	bool			stuck;	/* cannot be replaced, must go first */
	bool			outside; /* in software, for want of a place */
	uint64_t		epoch;	/* table->epoch at the last answer */
	uint64_t		seen;	/* epoch of the last dump with it */
	uint64_t		packets; /* of this rule, as last read */
	uint64_t		bytes;
};

enum nfo_op_type {
	NFO_OP_NONE,
	NFO_OP_NEW,
	NFO_OP_REPLACE,
	NFO_OP_DEL,
	NFO_OP_GET,	/* an answer was lost: what is there? */
	NFO_OP_KEEP,	/* was adopted: send nothing, but get its guard */
	NFO_OP_FORGET,	/* nothing is left to do: free the entry */
};

/* What is in flight for an entry. Belongs to the batch that sends it. */
struct nfo_op {
	enum nfo_op_type	type;	/* under the shard's lock */
	struct nfo_batch	*batch;
	struct nfo_body		*body;	/* being placed */
	struct cds_list_head	parked;	/* batch->parked: for a guard, or to
					 * be forgotten by the commit */
	bool			unsent;	/* no memory for the whole of it */
	bool			outside; /* as in the slot that it makes */
	bool			forced;	/* into hardware, or not at all */
	bool			echoed;	/* hardware is wanted, but not forced:
					 * the echo says in_hw, or not */
	bool			replied; /* these are filled from a reply: */
	uint64_t		packets;
	uint64_t		bytes;
	bool			in_hw;
	bool			skip_hw;
	bool			ours;	/* has our cookie */
	struct nfo_rule		rule;	/* GET only, empty otherwise */
};

struct nfo_entry {
	struct cds_lfht_node	node;	/* table->entries, by source and id */
	struct rcu_head		rcu;
	struct nfo_table	*table;
	enum nfo_source		source;
	struct nfo_id		id;

	/* Written under the shard's lock, read under RCU. */
	struct nfo_body		*wanted; /* NULL: rejected */
	struct nfo_slot		*slot;
	struct nfo_refusal	*hold;	/* do not place, for this reason */
	void			*info;
	int			state;	/* enum nfo_state, derived */
	uint64_t		packets; /* totals */
	uint64_t		bytes;
	uint64_t		used_ms; /* last packet, or placed */
	uint64_t		known_ms; /* first told of */
	uint64_t		state_ms; /* of the last change of state or hold */
	uint32_t		ifindex; /* ingress port, as last told */

	/* Under the shard's lock. */
	struct nfo_op		op;
	/*
	 * @wanted as the NIC must be told it: what is sent, found again in the
	 * kernel, compared with that. NULL: it cannot be told, see hold.
	 */
	struct nfo_body		*said;
	const struct nfo_dialect *dialect; /* of the NIC; NULL: not known */
	bool			known;	/* has been put or rejected before */
	bool			deleted; /* by the source */
	bool			dead;	/* out of table->entries */
	bool			unsure;	/* what the kernel has is not known */
	bool			waiting; /* nothing until retried */
	bool			software; /* no hardware can take it: SKIP_HW */
	bool			indirect; /* its port is no driver's own */
	bool			from_tc; /* hold is TC's word, not a port's */
	bool			no_place; /* hold is for want of one, no more */
	bool			outside; /* waits for a place in hardware */
	uint8_t			misses;	/* no driver had it, nobody said why */
	bool			queued;	/* in table->waiting, by retry_lock */
	unsigned int		refs;	/* guards: entries that need it */
	bool			covers;	/* guards: rules rely on it (atomic) */
	bool			exposed; /* its guard is missing: out with it */
	struct nfo_entry	*guard;	/* held by us */
	uint64_t		backoff_ms;
	uint64_t		due_ms;
	uint64_t		refused_ms; /* last time */
	unsigned int		waits;	/* the list in table->waiting */
	struct cds_list_head	retry;
	uint64_t		doubted_ms; /* last time; 0: never */
	uint64_t		doubt_ms; /* doubted again after that */
	struct nfo_placer	*placer; /* of its switch; NULL: takes no part */
	struct nfo_placement_flow seat;	/* by the placer's lock */
	uint64_t		uncounted; /* packets, by it so far */

	/* Of the thread that calls nfo_table_changed_counters(). */
	uint64_t		told_packets;
	uint64_t		told_bytes;
};

/* The TC hook of a port. Never freed before the table. */
struct nfo_hook {
	struct cds_lfht_node	node;	/* table->hooks, by where it is */
	struct cds_list_head	list;	/* table->hook_list */
	struct nfo_table	*table;
	uint32_t		ifindex;
	bool			shared;	/* the block of a bond's members */
	bool			egress;
	bool			qdisc;	/* clsact is there, as far as known */
	bool			taken;	/* it was refused with EBUSY */
	/* Slots by priority of our bands. */
	unsigned long		slots[NFO_BAND_PRIO_END - NFO_BAND_PRIO_GUARD];
};

/* A rule of ours that no entry of this process has asked for. */
struct nfo_orphan {
	struct cds_lfht_node	node;	/* table->orphans.hash, by match hash */
	struct rcu_head		rcu;
	struct cds_list_head	list;	/* all, oldest first */
	enum nfo_source		source;
	uint64_t		hash;
	struct nfo_place	place;
	struct nfo_rule		rule;
	bool			adoptable;
	bool			shown;	/* by nfo_table_leftovers() */
	struct nfo_tc_info	info;
	uint64_t		since_ms;
};

/* A chain that rules in the kernel go to. */
struct nfo_chain {
	struct cds_lfht_node	node;	/* table->chains.hash, by number */
	struct rcu_head		rcu;
	uint32_t		number;
	unsigned long		rules;	/* by chains.lock */
};

/* Why entries wait: lists of their own, for they do not end together. */
enum {
	NFO_WAIT_PASSES,	/* full, busy, no memory: it will pass */
	NFO_WAIT_DRIVER,	/* a driver's no, which it may take back */
	NFO_WAITS,
};

struct nfo_waiting {
	struct cds_list_head	list;
	uint64_t		thaw_ms; /* refused before: due (one thread) */
};

struct nfo_table {
	struct nfo_table_config	config;
	struct cds_lfht		*entries;
	struct cds_lfht		*slots;
	struct cds_lfht		*hooks;
	struct cds_list_head	hook_list;	/* RCU; added under hook_lock */
	pthread_mutex_t		hook_lock;
	pthread_mutex_t		shards[NFO_SHARDS];
	struct {
		pthread_mutex_t		lock;
		struct cds_lfht		*hash;
		struct cds_list_head	list;
	} orphans;
	struct {
		pthread_mutex_t		lock;
		struct cds_lfht		*hash;
	} chains;
	pthread_mutex_t		placers_lock;
	struct nfo_table_shares	shares;
	struct cds_list_head	placers; /* RCU */
	pthread_mutex_t		retry_lock;
	struct nfo_waiting	waiting[NFO_WAITS];
	uint32_t		handle;		/* the last one given out */
	uint64_t		epoch;		/* counts dumps */
	size_t			next_counters;	/* hooks already read */
	size_t			next_reconcile;
	struct nfo_table_stats	stats;		/* atomic adds */
};

/* An entry whose state is to be told at the end of a round. */
struct nfo_note {
	enum nfo_source source;
	struct nfo_id id;
};

struct nfo_batch {
	struct nfo_table	*table;
	struct nfo_rtnl		*rtnl;
	nfo_table_view_fn	*fn;
	void			*arg;
	struct cds_list_head	parked;
	struct nfo_note		*notes;
	size_t			n_notes;
	size_t			room_notes;
	struct nfo_note		*verdicts; /* of placement, to be carried out */
	size_t			n_verdicts;
	size_t			room_verdicts;
};

/* Loads and stores of what others read without the lock. */
#define nfo_load(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define nfo_store(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define nfo_count(p, n)	__atomic_fetch_add(p, n, __ATOMIC_RELAXED)

/* --- table.c --- */

/* Is a rule in its place that lies in software only? */
static inline bool nfo_table_software(const struct nfo_table *table)
{
	return table->config.flags & (NFO_TABLE_SKIP_HW | NFO_TABLE_ANY);
}

/* The sources whose rules are those of @sources: with flowtables guards come. */
static inline uint32_t nfo_table_sources(uint32_t sources)
{
	return sources & 1U << NFO_SOURCE_FLOWTABLE ?
	       sources | 1U << NFO_SOURCE_GUARD : sources;
}

/* Milliseconds, monotonic. */
uint64_t nfo_table_now(const struct nfo_table *table);

/* Shard locked: may @entry's rule be where its ports are? Sets hold. */
void nfo_table_check(struct nfo_entry *entry);

/* --- entry.c --- */

/*
 * A body for @rule of @source at @where, its priority chosen; one reference is
 * the caller's. NULL: no memory.
 */
struct nfo_body *nfo_body_new(enum nfo_source source,
			      const struct nfo_place *where,
			      const struct nfo_rule *rule);
struct nfo_body *nfo_body_ref(struct nfo_body *body);
void nfo_body_unref(struct nfo_body *body);

/* Same hook, chain, priority and match: one may replace the other. */
bool nfo_body_same_match(const struct nfo_body *a, const struct nfo_body *b);
bool nfo_body_equal(const struct nfo_body *a, const struct nfo_body *b);

pthread_mutex_t *nfo_entry_shard(const struct nfo_entry *entry);

/*
 * The entry of @source and @id with its shard locked; made if there is none
 * and @create. NULL: none, or no memory. Under RCU; unlock the shard after.
 */
struct nfo_entry *nfo_entry_lock(struct nfo_table *table,
				 enum nfo_source source, struct nfo_id id,
				 bool create);

/* Without any lock, under RCU. NULL: none. */
struct nfo_entry *nfo_entry_find(struct nfo_table *table,
				 enum nfo_source source, struct nfo_id id);

/* Shard locked: takes @entry out of the table; freed when nobody reads it. */
void nfo_entry_forget(struct nfo_entry *entry);

/* Shard locked: sets or (@reason NONE) clears why it is not placed. */
void nfo_entry_hold(struct nfo_entry *entry, enum nft_offload_reason reason,
		    const char *text);

/* Shard locked: recomputes the state others see. */
void nfo_entry_publish(struct nfo_entry *entry);

/*
 * Shard locked: sets wanted to @body, whose reference passes; may be NULL. What
 * is to be said of it has to be said anew.
 */
void nfo_entry_want(struct nfo_entry *entry, struct nfo_body *body);

/* Shard locked: replaces the source's pointer. */
void nfo_entry_set_info(struct nfo_entry *entry, void *info);

/* Shard locked: adds what the slot's rule has counted since it was read. */
void nfo_entry_count(struct nfo_entry *entry, uint64_t packets, uint64_t bytes);

/* Under RCU, no lock: what others see of @entry. */
void nfo_entry_view(const struct nfo_entry *entry, struct nfo_view *view);

/* Nobody uses the table any more. */
void nfo_entry_free_all(struct nfo_table *table);

/* --- say.c --- */

/*
 * Shard locked: what is wanted of @entry is to be said in @dialect; NULL: as it
 * is. NFT_OFFLOAD_REASON_NONE; or why it cannot be, with @text of @size bytes.
 */
enum nft_offload_reason nfo_entry_say(struct nfo_entry *entry,
				      const struct nfo_dialect *dialect,
				      char *text, size_t size);

/* Shard locked: nothing is said of @entry any more. */
void nfo_entry_unsay(struct nfo_entry *entry);

/* --- slot.c --- */

/*
 * Shard locked: gives the entry a slot at @place; handle 0: a new one. 0 or
 * -ENOMEM.
 */
int nfo_slot_open(struct nfo_entry *entry, const struct nfo_place *place);

/* Shard locked: @body, whose reference passes, is what the slot has now. */
void nfo_slot_have(struct nfo_slot *slot, struct nfo_body *body);

/* Shard locked: the entry's rule is no longer in the kernel. */
void nfo_slot_close(struct nfo_entry *entry);

/* Under RCU: the slot at exactly @place, or NULL. */
struct nfo_slot *nfo_slot_find(struct nfo_table *table,
			       const struct nfo_place *place);

/* --- chain.c --- */

/* Shard locked: @by rules (1 or -1) more go where @body goes. */
void nfo_chain_count(struct nfo_table *table, const struct nfo_body *body,
		     int by);

/* --- hook.c --- */

/* Under RCU: the hook of @place's port, made if needed. NULL: no memory. */
struct nfo_hook *nfo_hook_get(struct nfo_table *table,
			      const struct nfo_place *place);
void nfo_hook_free_all(struct nfo_table *table);

/* The hook after @hook (NULL: the first), in order of making; NULL: none. */
struct nfo_hook *nfo_hook_next(struct nfo_table *table,
			       const struct nfo_hook *hook);

/* Queues the creation of clsact unless it is there. 0 or negative errno. */
int nfo_hook_prepare(struct nfo_hook *hook, struct nfo_rtnl *rtnl);

/*
 * The device @ifindex has changed: binds or unbinds it, if @hook is a bond's and
 * it has become or been a member. True if the bond may have changed by that.
 */
bool nfo_hook_follow(struct nfo_batch *batch, const struct nfo_hook *hook,
		     uint32_t ifindex);

/* --- batch.c --- */

/*
 * Under RCU, no lock: queues the next message that @entry needs, if any and
 * none is in flight; frees it if it is done with.
 */
void nfo_batch_step(struct nfo_batch *batch, struct nfo_entry *entry);

/* Under RCU, no lock: the state of @entry is to be told by the commit. */
void nfo_batch_note(struct nfo_batch *batch, const struct nfo_entry *entry);

/* Under RCU, no lock: tells it now; @gone: as GONE. */
void nfo_batch_report(struct nfo_batch *batch, const struct nfo_entry *entry,
		      bool gone);

/* Under RCU, no lock: nothing is in flight any more; says what it means. */
void nfo_batch_landed(struct nfo_batch *batch, struct nfo_entry *entry);

/* Sends what is queued and what follows, reports. 0 or negative errno. */
int nfo_batch_run(struct nfo_batch *batch);

/* --- answer.c --- */

/* rtnl's functions for an entry in flight (@arg). */
void nfo_answer_done(void *arg, int err, const char *text);
void nfo_answer_reply(void *arg, const struct nlmsghdr *nlh);

/* The same for the GET that goes before a replacement. */
void nfo_answer_read_done(void *arg, int err, const char *text);

/* Under RCU, no lock: a rule that was there may stay: its guard lies. */
void nfo_answer_keep(struct nfo_entry *entry);

/*
 * Under RCU, no lock: @entry's operation has failed before it was sent, or
 * was answered: the state that follows, then the next step.
 */
void nfo_answer_refuse(struct nfo_entry *entry, enum nft_offload_reason reason,
		       const char *text, bool retry);

/* --- guard.c --- */

/* Does @body need a guard before it when it is placed for @entry? */
bool nfo_guard_needed(const struct nfo_entry *entry,
		      const struct nfo_body *body);

/*
 * Under RCU: how many rules it takes to place @body for @entry: with its guard, if
 * that is not there.
 */
unsigned int nfo_guard_rules(const struct nfo_entry *entry,
			     const struct nfo_body *body);

/*
 * Under RCU, no lock: makes sure @entry holds the guard that @body needs,
 * and that this is on its way. 0 or -ENOMEM.
 */
int nfo_guard_hold(struct nfo_batch *batch, struct nfo_entry *entry,
		   const struct nfo_body *body);

/* Why a flow is refused whose guard is, for @hold of the guard. */
void nfo_guard_words(const struct nfo_refusal *hold,
		     char text[NFT_OFFLOAD_TEXT_MAX]);

/*
 * Under RCU, no lock: @guard will not lie for now; the rules that relied on it
 * are taken out of hardware, and tried again later.
 */
void nfo_guard_lost(struct nfo_batch *batch, struct nfo_entry *guard);

/* Under RCU, no lock: one reference less; with the last one it goes. */
void nfo_guard_drop(struct nfo_batch *batch, struct nfo_entry *guard);

/* --- retry.c --- */

/* Shard locked: nothing more for this entry until its time has come. */
void nfo_retry_later(struct nfo_entry *entry);

/*
 * Shard locked: the same after a driver's no that it may take back: nothing but
 * the few that are tried before their time can end that.
 */
void nfo_retry_driver(struct nfo_entry *entry);

/* Shard locked: it is not to be tried again by itself. */
void nfo_retry_cancel(struct nfo_entry *entry);

/* --- scan.c --- */

/* A rule in the kernel, in our bands and with our cookie. */
struct nfo_found {
	enum nfo_source		source;
	uint64_t		hash;
	struct nfo_place	place;
	struct nfo_rule		rule;	/* freed after the call, if left */
	bool			decoded; /* the rule is one of our model */
	struct nfo_tc_info	info;
};

/* 0, or a negative errno that ends the scan. */
typedef int nfo_scan_fn(void *arg, struct nfo_found *found);

/*
 * Calls @fn for each such rule on both hooks of the port, or in the block of a
 * bond. 0 or negative errno.
 * No lock, no RCU.
 */
int nfo_scan_port(struct nfo_rtnl *rtnl, const struct nfo_port *port,
		  nfo_scan_fn *fn,
		  void *arg);

/* Queues the removal of the rule at @place; @done counts. 0 or errno. */
int nfo_scan_remove(struct nfo_rtnl *rtnl, const struct nfo_place *place,
		    nfo_rtnl_done_fn *done, void *arg);

/* --- orphan.c --- */

/*
 * Shard locked: if an orphan has the match that @entry wants, the entry gets
 * its slot, with the counters it told before going on. True if so.
 */
bool nfo_orphan_adopt(struct nfo_entry *entry);

/*
 * @found is in the kernel and nobody's. @adoptable: its rule passes, and may be
 * taken over. 0 or -ENOMEM. Known orphans stay as they are.
 */
int nfo_orphan_add(struct nfo_table *table, struct nfo_found *found,
		   bool adoptable);
void nfo_orphan_free_all(struct nfo_table *table);

/* Is @orphan one of those meant? Orphans locked. */
typedef bool nfo_orphan_pick_fn(const struct nfo_orphan *orphan, void *arg);

/* Removes those that @pick picks, commits. Their number or negative errno. */
ssize_t nfo_orphan_reap(struct nfo_batch *batch, nfo_orphan_pick_fn *pick,
			void *arg);

#endif /* NFO_TABLE_PRIVATE_H */
