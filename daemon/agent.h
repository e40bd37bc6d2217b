/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent: the work of nft-offloadd: a table, the flowtable source
 * (flowtable_source.h) that feeds it, and the housekeeping of both. One thread; everything but agent_start() runs from the loop.
 */
#ifndef NFT_OFFLOADD_AGENT_H
#define NFT_OFFLOADD_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "eswitch.h"
#include "flowtable_source.h"
#include "heap.h"
#include "log.h"
#include "loop.h"
#include "ranking.h"
#include "report.h"
#include "rtnl.h"
#include "software.h"
#include "table.h"

/* The sources whose rules are the daemon's; bits as in nfo_table_config. */
#define AGENT_SOURCES	NFO_FLOWTABLE_SOURCES

struct agent {
	struct loop *loop;
	uint32_t grace_ms;
	struct nfo_flowtable_source *source;
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;
	struct nfo_table *table;
	struct nfo_batch *batch;
	struct nfo_shaper *shaper;
	bool bypass_qdisc;
	struct connections connections;
	struct ranking ranking;
	struct software software;
	struct report_host host;	/* of what people ask */
	struct loop_watch source_watch;
	struct loop_watch eswitch_watch;
	struct heap heap;
	unsigned int ticks;	/* seconds since the start */
	int failed;		/* negative errno: cannot go on; 0: fine */
	struct log_limit refused_limits[__NFT_OFFLOAD_REASON_MAX];
	struct log_limit module_limit;
	struct log_limit error_limit;
};

/* Why agent_start() did not start. */
enum agent_fault {
	AGENT_FINE,
	AGENT_NO_MODULE,	/* nft_offload.ko is not loaded */
	AGENT_OTHER_PROVIDER,	/* somebody else is bound */
	AGENT_NO_RIGHT,		/* no CAP_NET_ADMIN */
	AGENT_BROKEN,		/* anything else */
};

/* What the user may choose. */
struct agent_options {
	uint32_t grace_ms;	/* of the module, see nfo_provider_bind() */
	bool bypass_qdisc;	/* hardware need not care for qdiscs */
	struct nfo_table_shares shares;
};

/*
 * agent_start: opens everything, reads back the rules that are there, binds
 * and watches in @loop, as @options say. What went wrong has been logged, with
 * its cure, and agent_stop() is not to be called then.
 */
enum agent_fault agent_start(struct agent *agent, struct loop *loop,
			     const struct agent_options *options);

/*
 * agent_configure: @options are others now. What does not succeed has been
 * logged, and stays as it was.
 */
void agent_configure(struct agent *agent, const struct agent_options *options);

/* agent_turn: to be called after each turn of the loop: sends what is due. */
void agent_turn(struct agent *agent);

/* agent_tick: to be called once a second: counters, repairs, retries. */
void agent_tick(struct agent *agent);

/*
 * agent_stop: tells the last counters, lets go of the module and frees all.
 * @keep: rules stay for the next daemon, which has the grace to come;
 * otherwise they are removed and flows go back to software.
 */
void agent_stop(struct agent *agent, bool keep);

#endif
