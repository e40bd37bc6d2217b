/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recheck: flows that a change (change.h) may have made untrue, to be looked
 * up anew.
 *
 * Changes are collected for NFO_RECHECK_DELAY_MS, then all flows are compared with
 * them in one walk through the table, and the connections concerned are handed
 * out in slices. The delay also sees to it that a flow which the kernel made of
 * the old truth, and told while the change was told, is in the table by then.
 *
 * Not locked: the table's housekeeping thread.
 */
#ifndef NFO_RECHECK_H
#define NFO_RECHECK_H

#include <stdint.h>

#include "change.h"
#include "eswitch.h"
#include "table.h"

/* Milliseconds from a change to the walk, at the least, */
#define NFO_RECHECK_DELAY_MS	100
/* and from one walk to the next. */
#define NFO_RECHECK_PAUSE_MS	500

struct nfo_recheck;

/* The flow @id of the source has to be looked up anew. */
typedef void nfo_recheck_fn(void *arg, uint64_t id);

/* What a recheck did since it was opened. */
struct nfo_recheck_counters {
	uint64_t changes;	/* told */
	uint64_t walks;		/* through the table */
	uint64_t flows;		/* handed out */
};

/*
 * nfo_recheck_open: for the flows of NFO_SOURCE_FLOWTABLE in @table; @fn is
 * called with @arg. @eswitch knows which devices lie above which ports. Both
 * must live longer. *@recheckp is the caller's to close. 0 or negative errno.
 */
int nfo_recheck_open(struct nfo_recheck **recheckp, struct nfo_table *table,
		     struct nfo_eswitch *eswitch, nfo_recheck_fn *fn,
		     void *arg);

/* nfo_recheck_close: forgets what is due. NULL is fine. */
void nfo_recheck_close(struct nfo_recheck *recheck);

/* nfo_recheck_fd: readable when nfo_recheck_run() has work. */
int nfo_recheck_fd(const struct nfo_recheck *recheck);

/*
 * nfo_recheck_change: @change has happened. One of a device concerns those
 * beneath it too, as they lie now.
 */
void nfo_recheck_change(struct nfo_recheck *recheck,
			const struct nfo_change *change);

/*
 * nfo_recheck_run: what is due: the walk, or a slice of the flows found. Does
 * not wait. Without memory it is tried again.
 */
void nfo_recheck_run(struct nfo_recheck *recheck);

/* nfo_recheck_counters: a copy. */
void nfo_recheck_counters(const struct nfo_recheck *recheck,
			  struct nfo_recheck_counters *counters);

#endif /* NFO_RECHECK_H */
