/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: every flow that a source has told us of, and the rules that lie in
 * the hardware for them.
 *
 * A source says what it wants (put, reject, delete); the table knows what is
 * installed and sends what it takes to make the one the other. What it sends
 * is queued in the calling thread's batch and goes out with
 * nfo_table_commit(), which reports each outcome.
 *
 * An entry moves like this:
 *
 *	             put                in_hw acknowledged
 *	(nothing) ---------> PLACING ----------------------> IN_HW
 *	    |                   | refused      vanished |       | del
 *	    | reject            v                       v       v
 *	    +---------------> KNOWN <-------------------+   REMOVING -> GONE
 *	                    (with reason)
 *
 * What another thread says of an entry that is in flight is kept and acted
 * upon when the answer is there.
 *
 * Threads. Any thread may call in, each with its own batch and rtnl. Looking
 * up takes no lock (RCU); a change locks one shard of entries, never while
 * something is sent. RCU is liburcu's "memb" flavour: its read side has no
 * memory barrier (sys_membarrier does the work on the rare write side), and it
 * needs no signal handler and no quiescent calls from threads that are not
 * ours, such as those of ovs-vswitchd. Threads are registered with it by the
 * library on their first call, and unregistered when they end.
 *
 * Counters never run backwards: what an entry shows is what rules that are
 * gone carried, plus what the present one has.
 */
#ifndef NFO_TABLE_H
#define NFO_TABLE_H

#include <linux/nft_offload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "band.h"
#include "eswitch.h"
#include "placement.h"
#include "rtnl.h"
#include "rule.h"

struct nfo_table;
struct nfo_batch;

/* A source's own name for a flow. OVS has 128 bits (ufid), others use lo. */
struct nfo_id {
	uint64_t hi;
	uint64_t lo;
};

static inline struct nfo_id nfo_id(uint64_t lo)
{
	return (struct nfo_id){ 0, lo };
}

enum nfo_state {
	NFO_STATE_KNOWN,	/* not in hardware; the reason says why */
	NFO_STATE_PLACING,	/* on its way */
	NFO_STATE_IN_HW,	/* the driver has it; TC, where that will do */
	NFO_STATE_REMOVING,	/* deleted by the source, still in hardware */
	NFO_STATE_GONE,		/* in a result only: removed, forgotten */
};

/* What hardware carried since the source knows the flow. */
struct nfo_counters {
	uint64_t packets;
	uint64_t bytes;
	uint64_t idle_ms;	/* since the last packet, or since placed */
};

/* An entry as others see it. Pointers are valid until the callback returns. */
struct nfo_view {
	enum nfo_source		source;
	struct nfo_id		id;
	enum nfo_state		state;
	enum nft_offload_reason	reason;		/* NONE while IN_HW */
	const char		*text;		/* driver's words; "" */
	struct nfo_counters	counters;
	struct nfo_place	place;		/* handle 0: not placed */
	bool			in_hw;		/* IN_HW, and not in software */
	uint64_t		known_ms;	/* since its source first told of it */
	uint64_t		state_ms;	/* since @state, or @reason, is so */
	const struct nfo_rule	*rule;		/* NULL after a reject */
	void			*info;		/* the source's own */
};

typedef void nfo_table_view_fn(void *arg, const struct nfo_view *view);

/* How rules are put: nfo_table_config.flags. */
#define NFO_TABLE_SKIP_HW	0x01	/* in software only, any device */
#define NFO_TABLE_ANY		0x02	/* OVS: in software where not in hardware */

/* Parts of a NIC's table that are guaranteed, in percent; docs/placement.md. */
struct nfo_table_shares {
	uint32_t flowtable;	/* 0 to 50, of the two sources */
	uint32_t ovs;
	uint32_t ports;		/* 0 to 100, of all ports together */
};

struct nfo_table_config {
	/* The ports; must live longer than the table. */
	struct nfo_eswitch	*eswitch;
	/* Bit (1 << source) for each source whose left-over rules to adopt. */
	uint32_t		sources;
	uint32_t		flags;
	/* Frees an info pointer no reader sees any more. NULL: not freed. */
	void			(*info_free)(void *info);
	/* Milliseconds, monotonic. NULL: CLOCK_MONOTONIC. For tests. */
	uint64_t		(*now_ms)(void);
};

/* All figures since the table was made, but for those said to be of now. */
struct nfo_table_stats {
	uint64_t entries;	/* now */
	uint64_t in_hw;		/* now */
	uint64_t in_hw_of[NFO_SOURCE_COUNT]; /* now, by source */
	uint64_t guards;	/* now, in hardware */
	uint64_t orphans;	/* now, left-over rules nobody claimed yet */
	uint64_t added;		/* rules acknowledged */
	uint64_t replaced;
	uint64_t removed;
	uint64_t adopted;	/* left-over rules taken over as they were */
	uint64_t adopted_replaced; /* taken over with other actions */
	uint64_t reaped;	/* left-over rules removed */
	uint64_t vanished;	/* rules found missing */
	uint64_t doubted;	/* rules put again in their place */
	uint64_t retried;
	uint64_t lost;		/* answers lost, read back instead */
	/* Puts that came to nothing and rejects, by reason. */
	uint64_t refused[__NFT_OFFLOAD_REASON_MAX];
};

/* 0, -ENOMEM or -EINVAL. *@tablep is the caller's to destroy. */
int nfo_table_create(struct nfo_table **tablep,
		     const struct nfo_table_config *config);

/*
 * Forgets all entries and leaves their rules where they are, to be adopted by
 * the next process; call nfo_table_clear() before to take them away. All
 * batches must be closed. NULL is fine.
 */
void nfo_table_destroy(struct nfo_table *table);

/*
 * A batch for the calling thread, sending over @rtnl (the caller's, must live
 * longer). @fn is called with @arg for each outcome, from nfo_table_commit()
 * and the functions that say so, in an RCU section and with no lock held: it
 * must not wait, but may put and delete (that goes out in the same commit).
 * The outcome of what another batch has in flight is told by that one's.
 * 0 or negative errno.
 */
int nfo_batch_open(struct nfo_batch **batchp, struct nfo_table *table,
		   struct nfo_rtnl *rtnl, nfo_table_view_fn *fn, void *arg);

/* Commits what is queued, then closes. NULL is fine. */
void nfo_batch_close(struct nfo_batch *batch);

/*
 * @source wants @rule (normalised; copied) for flow @id on the port (or block)
 * and hook and chain of @where; priority and handle are the table's choice. An
 * entry that is there is changed; in hardware that is a replacement without a
 * gap. @told: what the source was told before of the flow's counters, which
 * go on from there (NULL: nothing). Looked at for new entries only. @info
 * comes back in views; passes to the table, also on failure.
 * What can be said at once (wrong port) is reported by the next commit, too.
 * 0, -ENOMEM, or -EINVAL (no such source). On failure of a new entry nothing is
 * left behind.
 */
int nfo_table_put(struct nfo_batch *batch, enum nfo_source source,
		  struct nfo_id id, const struct nfo_place *where,
		  const struct nfo_rule *rule, const struct nfo_counters *told,
		  void *info);

/*
 * The flow is known, but there is no rule for it: @reason and @text (may be
 * NULL; cut to NFT_OFFLOAD_TEXT_MAX) say why. A rule that was in hardware goes.
 * @where (may be NULL) is kept for views. Else as nfo_table_put().
 */
int nfo_table_reject(struct nfo_batch *batch, enum nfo_source source,
		     struct nfo_id id, const struct nfo_place *where,
		     enum nft_offload_reason reason, const char *text,
		     const struct nfo_counters *told, void *info);

/*
 * The flow stays known, but its source wants no rule for it any more: @reason
 * and @text as in nfo_table_reject(). For a source that has handed the flow to
 * somebody else because it was not placed at once: it must not be tried again.
 * 0 or -ENOENT.
 */
int nfo_table_withdraw(struct nfo_batch *batch, enum nfo_source source,
		       struct nfo_id id, enum nft_offload_reason reason,
		       const char *text);

/*
 * The flow has ended: its rule goes. When it has gone, GONE is reported with
 * the final counters. 0 or -ENOENT.
 */
int nfo_table_del(struct nfo_batch *batch, enum nfo_source source,
		  struct nfo_id id);

/*
 * Sends what is queued and what follows from the answers, reports outcomes.
 * 0, or the negative errno of the socket: then entries are left as the
 * kernel's answers, as far as there were any, say, and are retried.
 */
int nfo_table_commit(struct nfo_batch *batch);

/*
 * Removes all entries of @source (0: of all) and their rules, orphans not.
 * Reports. As commit.
 */
int nfo_table_flush(struct nfo_batch *batch, enum nfo_source source);

/* Removes all entries and their rules, orphans too. Reports. As commit. */
int nfo_table_clear(struct nfo_batch *batch);

/*
 * The port may get rules: makes its clsact qdisc with the next commit, if it
 * has none, rather than with the first rule. For then packets pass there, and
 * some would be lost: the kernel takes a device's transmit queues down for a
 * moment to add any qdisc (qdisc_graft() in net/sched/sch_api.c). The qdisc
 * stays when the table goes. Of a bond the members are made to share its block,
 * at once, and from then on nfo_table_port_changed() sees to those that come
 * and go; a member that has filters of others cannot (-EBUSY). 0 or the first
 * negative errno met.
 */
int nfo_table_port_prepare(struct nfo_batch *batch, uint32_t ifindex);

/* Calls @fn for the entry; 0 or -ENOENT. Any thread, no lock. */
int nfo_table_get(struct nfo_table *table, enum nfo_source source,
		  struct nfo_id id, nfo_table_view_fn *fn, void *arg);

/* Does a rule in the kernel go to @chain? Any thread, no lock. */
bool nfo_table_chain_reached(struct nfo_table *table, uint32_t chain);

/*
 * Calls @fn for every entry of @source (0: of all but guards). Entries that
 * come or go meanwhile may be missed. Holds RCU, no lock: @fn must not wait.
 */
void nfo_table_foreach(struct nfo_table *table, enum nfo_source source,
		       nfo_table_view_fn *fn, void *arg);

/*
 * The ids of all entries of @source at *@idsp (free() it), for those who show
 * them to a slow reader: nfo_table_get() one after the other. Number or
 * -ENOMEM.
 */
ssize_t nfo_table_ids(struct nfo_table *table, enum nfo_source source,
		      struct nfo_id **idsp);

/*
 * Reads the counters of at most @max_ports ports (0: all), where the last call
 * ended. One housekeeping thread. 0 or the first negative errno met.
 */
int nfo_table_read_counters(struct nfo_batch *batch, unsigned int max_ports);

/*
 * Calls @fn for each entry of @source with more packets or bytes than when it
 * was called for it before. One thread per source.
 */
void nfo_table_changed_counters(struct nfo_table *table, enum nfo_source source,
				nfo_table_view_fn *fn, void *arg);

/*
 * How many flows wait for a place in hardware. While there are any their source
 * has to tell what software carries of them. Any thread.
 */
uint64_t nfo_table_waiting(struct nfo_table *table);

/*
 * Software has carried @packets of flow @id, since the last call or since it is
 * known. Nothing happens if it does not wait for a place. Any thread.
 */
void nfo_table_carried(struct nfo_table *table, enum nfo_source source,
			struct nfo_id id, uint64_t packets);

/*
 * Gives the places in hardware that are free, or have become others', to flows that
 * wait; commits. To be called when packets of many have been told. 0, or as
 * commit.
 */
int nfo_table_place(struct nfo_batch *batch);

/* These parts are guaranteed from now on. Any thread. 0 or -EINVAL. */
int nfo_table_share(struct nfo_table *table,
		    const struct nfo_table_shares *shares);

/* Places in hardware, of all switches that flows have been put to. */
struct nfo_table_places {
	uint64_t	taken;		/* now */
	uint64_t	waiting;	/* flows, now */
	uint64_t	limit;		/* that there are, as far as known */
	bool		limited;	/* it is known of each switch */
	uint64_t	evicted;	/* flows that had to leave for another */
	uint64_t	recalled;	/* that came back and were remembered */
};

/* A copy of the figures. Any thread. */
void nfo_table_places(struct nfo_table *table, struct nfo_table_places *places);

/*
 * Start-up, before the first put: reads back our rules on all switchdev
 * ports. A put with the same source, port and match takes such an orphan over.
 * Their number, or a negative errno.
 */
ssize_t nfo_table_read_back(struct nfo_batch *batch);

/*
 * The rules of @sources (bits as in the configuration) are this table's from
 * now on, too: reads back those that are there, as nfo_table_read_back() does.
 * For a source that comes later than the table. One housekeeping thread. Their
 * number, or a negative errno.
 */
ssize_t nfo_table_claim(struct nfo_batch *batch, uint32_t sources);

/*
 * The opposite, for a source that ends, after its last entry has gone or been
 * taken over: left-over rules of @sources are removed (@remove) or left for
 * the next one. One housekeeping thread. 0, or a negative errno.
 */
int nfo_table_disclaim(struct nfo_batch *batch, uint32_t sources, bool remove);

/*
 * Removes orphans read back at least @grace_ms milliseconds ago. Their number,
 * or a negative errno.
 */
ssize_t nfo_table_reap(struct nfo_batch *batch, uint64_t grace_ms);

/* A rule of an earlier process that nobody has claimed. */
struct nfo_leftover {
	struct nfo_place	place;
	struct nfo_rule		rule;
	struct nfo_counters	counters;
};

/*
 * Copies of at most @max rules read back for @source that could be taken over,
 * at *@leftoversp: a source that nobody tells its flows anew makes flows of
 * them and puts these as they are, which adopts them. Each is shown by one call
 * only. Their number, 0 after the last, or -ENOMEM; nfo_leftovers_free() frees.
 * Any thread.
 */
ssize_t nfo_table_leftovers(struct nfo_table *table, enum nfo_source source,
			    size_t max, struct nfo_leftover **leftoversp);
void nfo_leftovers_free(struct nfo_leftover *leftovers, size_t n);

/*
 * Removes orphans of @source that lie in a chain or go to one, for a source
 * whose chains mean nothing after a restart. Those that lead the way first, so
 * that no packet goes where nothing is. Commits. Their number or a negative
 * errno.
 */
ssize_t nfo_table_reap_chains(struct nfo_batch *batch, enum nfo_source source);

/*
 * Removes all orphans of @sources (bits as in the configuration) now, for
 * every flow of theirs has been told. Their number, or a negative errno.
 */
ssize_t nfo_table_reap_sources(struct nfo_batch *batch, uint32_t sources);

/*
 * Compares at most @max_ports ports (0: all), where the last call ended, with
 * what should be there, and puts back what is missing (RULE_VANISHED is
 * reported meanwhile). Rules with our cookie that nobody wants become
 * orphans; rules without it are not touched. One housekeeping thread. 0 or
 * the first negative errno met.
 */
int nfo_table_reconcile(struct nfo_batch *batch, unsigned int max_ports);

/*
 * Tries entries again, at most @max at a time, that were refused
 *
 * - for a cause that passes (table full, busy, no memory, the answer lost) and
 *   whose time has come: 100 ms after the first refusal, then twice as long
 *   each time up to 60 s;
 * - by the driver or for a cause that passes, a few each second before their
 *   time. If all of these are taken the cause has passed, and all others that
 *   wait for it are tried, too, for as long as all are taken.
 *
 * Then as nfo_table_place(). One housekeeping thread. How many were tried, or a negative errno.
 */
ssize_t nfo_table_retry(struct nfo_batch *batch, unsigned int max);

/*
 * A packet of flow @id has come to software that its rule in hardware should
 * have taken. The NIC may have lost it and told nobody: the rule is put again
 * in its own place, its guard before. At once the first time; if it happens
 * again and again at most after 1 s, then twice as long each time up to 60 s.
 * Goes out with the next commit. 0, or -ENOENT (not in hardware).
 */
int nfo_table_doubt(struct nfo_batch *batch, enum nfo_source source,
		    struct nfo_id id);

/*
 * The port came, changed or went (nfo_eswitch_handle() tells): entries on it
 * or with an output there are looked at again. Reports. As commit.
 */
int nfo_table_port_changed(struct nfo_batch *batch, uint32_t ifindex);

/* A copy of the figures. Any thread. */
void nfo_table_stats(struct nfo_table *table, struct nfo_table_stats *stats);

/* What lies on a port, for people who look at it from outside. */
struct nfo_survey {
	uint64_t ours;		/* with our cookie, of whatever source */
	uint64_t before;	/* of others, which see packets before ours do */
	uint64_t among;		/* of others, in a priority that is ours */
	uint64_t behind;	/* of others, which see what ours leave */
};

/*
 * Without a table: counts the rules that packets meet that come in by @port.
 * 0, also where there is no qdisc, or negative errno.
 */
int nfo_table_survey(struct nfo_rtnl *rtnl, const struct nfo_port *port,
		     struct nfo_survey *survey);

/*
 * Without a table: removes every rule with our cookie and a source of
 * @sources (bits as in the configuration) from all ports. For the guard
 * process and for people who clean up. How many, or a negative errno.
 */
ssize_t nfo_table_purge(struct nfo_rtnl *rtnl, struct nfo_eswitch *eswitch,
			uint32_t sources);
/* The same, for who has neither. */
ssize_t nfo_table_purge_all(uint32_t sources);

/* "known", "placing", "in_hw", "removing", "gone". */
const char *nfo_state_name(enum nfo_state state);

#endif /* NFO_TABLE_H */
