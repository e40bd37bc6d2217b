/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flowtable_source: the flows that nft_offload.ko tells of, put into a table;
 * outcomes and counters told back. What nft-offloadd does all day, and the
 * plugin beside Open vSwitch.
 *
 *	nft_offload.ko -> provider -> flowtable -> table
 *	               <- provider <- outcome, counters <-
 *
 * A flow is made of next hops, routes and rules that were true when its
 * connection was admitted. Where these change (monitor.h) the connections that
 * may be concerned are taken out of the flowtable (recheck.h): their next packet
 * goes through routing and ruleset anew, and comes back as a new flow if these
 * admit it.
 *
 * Not locked: one thread, which is the table's housekeeping thread (table.h),
 * calls everything here and is called back. Sources of one table do not see
 * each other: this one touches entries of NFO_SOURCE_FLOWTABLE only.
 */
#ifndef NFO_FLOWTABLE_SOURCE_H
#define NFO_FLOWTABLE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "eswitch.h"
#include "flowtable.h"
#include "provider.h"
#include "recheck.h"
#include "shaper.h"
#include "table.h"

/* The rules that are this source's; bits as in nfo_table_config. */
#define NFO_FLOWTABLE_SOURCES \
	((1u << NFO_SOURCE_GUARD) | (1u << NFO_SOURCE_FLOWTABLE))

struct nfo_flowtable_source;

/* What the caller may want to hear; NULL: not wanted. */
struct nfo_flowtable_source_ops {
	/* A flow, new or changed, before it is put. 0 or -ENOMEM. */
	int (*flow_new)(void *aux, const struct nfo_flowtable_flow *flow);
	void (*flow_del)(void *aux, uint64_t id);
	/* A flow stays in software. */
	void (*flow_refused)(void *aux, const struct nfo_view *view);
	/*
	 * For the first time all flows have been told; @reaped left-over rules
	 * that none of them claimed were removed.
	 */
	void (*synced)(void *aux, uint64_t reaped);
	/*
	 * The module refuses what is sent, its words in @text. -ENOENT: it was
	 * unloaded, all flows have been deleted, and nothing but stop and close
	 * makes sense.
	 */
	void (*trouble)(void *aux, int error, const char *text);
};

/* All must outlive the source; @batch's outcomes: see below. */
struct nfo_flowtable_source_config {
	struct nfo_eswitch *eswitch;
	struct nfo_table *table;
	struct nfo_batch *batch;
	struct nfo_shaper *shaper;	/* NULL: queues may be bypassed */
	const struct nfo_flowtable_source_ops *ops;
	void *aux;
};

/*
 * nfo_flowtable_source_open: a source that is not bound yet. *@sourcep is the
 * caller's to close. 0; -ENOENT if the module is not loaded, -ENOMEM, or a
 * negative errno of the socket.
 */
int nfo_flowtable_source_open(struct nfo_flowtable_source **sourcep,
			      const struct nfo_flowtable_source_config *config);

/*
 * nfo_flowtable_source_close: frees it, without a word to the module; entries
 * and rules stay. NULL is fine.
 */
void nfo_flowtable_source_close(struct nfo_flowtable_source *source);

/*
 * nfo_flowtable_source_bind: becomes the module's provider. Left-over rules
 * must have been read back: the first flows may come from here. @grace_ms and
 * errors: nfo_provider_bind().
 */
int nfo_flowtable_source_bind(struct nfo_flowtable_source *source,
			      uint32_t grace_ms);

/* nfo_flowtable_source_fd: readable when there is something to receive or due. */
int nfo_flowtable_source_fd(const struct nfo_flowtable_source *source);

/*
 * nfo_flowtable_source_receive: reads what the module has said, puts it into
 * the batch; sees to what has changed since. nfo_table_commit() and nfo_flowtable_source_flush() have to
 * follow. 0 or a negative errno of the socket.
 */
int nfo_flowtable_source_receive(struct nfo_flowtable_source *source);

/*
 * nfo_flowtable_source_outcome: for the outcome function of each batch by
 * which this thread commits or repairs; views of other sources are ignored.
 */
void nfo_flowtable_source_outcome(struct nfo_flowtable_source *source,
				  const struct nfo_view *view);

/*
 * nfo_flowtable_source_flush: sends outcomes and counters to the module, at
 * least once a second. 0 or negative errno; it is made good later.
 */
int nfo_flowtable_source_flush(struct nfo_flowtable_source *source);

/*
 * nfo_flowtable_source_count: tells the counters that nfo_table_read_counters()
 * has found changed. Sent by the next flush. While flows wait for a place in
 * hardware the module is asked what software carries of them, too.
 */
void nfo_flowtable_source_count(struct nfo_flowtable_source *source);

/*
 * nfo_flowtable_source_port_changed: for the change function of the eswitch,
 * and at the start, with @before NULL, for each port there is. A port that can
 * take rules, or a tunnel's device that routes can lead to, gets its qdisc at
 * once (nfo_table_port_prepare()), a bond's member one that shares the bond's
 * block; if that fails the first rule makes it.
 * Where an MTU has changed flows are judged anew, and where a device has gone,
 * went down, moved or has another address its flows are looked up anew. The
 * table is told by the caller.
 */
void nfo_flowtable_source_port_changed(struct nfo_flowtable_source *source,
				       const struct nfo_port *before,
				       const struct nfo_port *after);

/*
 * nfo_flowtable_source_refresh: every few seconds: where a qdisc has come or
 * gone that hardware would bypass, flows are judged anew. 0 or the negative
 * errno of reading them.
 */
int nfo_flowtable_source_refresh(struct nfo_flowtable_source *source);

/* nfo_flowtable_source_synced: has the module told all flows once? */
bool nfo_flowtable_source_synced(const struct nfo_flowtable_source *source);

/* nfo_flowtable_source_provider: for its status and counters. */
struct nfo_provider *
nfo_flowtable_source_provider(struct nfo_flowtable_source *source);

/*
 * nfo_flowtable_source_rechecks: how often routes, neighbours and the ruleset
 * changed, and how many connections had to leave hardware for it; all 0 while
 * the source is not bound.
 */
void nfo_flowtable_source_rechecks(const struct nfo_flowtable_source *source,
				   struct nfo_recheck_counters *counters);

/*
 * nfo_flowtable_source_stop: tells the last counters and lets go of the module.
 * @keep: rules stay for the next one, who has the grace to come; otherwise the
 * source's rules are removed, left-over ones too, and flows go back to
 * software at once. Call it once, then close. 0; the negative errno of the
 * table if some rules may be left; -EPROTO if only the module did not answer.
 */
int nfo_flowtable_source_stop(struct nfo_flowtable_source *source, bool keep);

#endif /* NFO_FLOWTABLE_SOURCE_H */
