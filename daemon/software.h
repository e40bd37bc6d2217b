/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software: what conntrack counts of connections that are in a flowtable and not
 * in hardware, for the rates (ranking.h).
 *
 * Conntrack counts with the sysctl net.netfilter.nf_conntrack_acct, and packets
 * that the flowtable forwards only where that says "counter". It is asked by a
 * dump of those connections alone, read from the loop a buffer at a time, and no
 * oftener than that it takes a 25th of a processor.
 *
 * Facts: net/netfilter/nf_conntrack_netlink.c (ctnetlink_filter_match(): status
 * and mask, since Linux 5.14; ctnetlink_dump_acct()), nf_flow_table_ip.c
 * (NF_FLOWTABLE_COUNTER). One thread.
 */
#ifndef NFT_OFFLOADD_SOFTWARE_H
#define NFT_OFFLOADD_SOFTWARE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "loop.h"

struct mnl_socket;

struct software {
	struct connections *connections;
	struct loop *loop;
	struct mnl_socket *nl;	/* NULL: not opened yet */
	struct loop_watch watch;
	bool asked;		/* a dump is under way */
	bool counted;		/* the last dump had counters, or no entries */
	bool told;		/* of an error, once */
	uint64_t begun_ms;	/* the dump under way, or the last one */
	uint64_t elapsed_ms;	/* between it and the one before; 0: none */
	uint64_t cost_us;	/* processor time of the dump under way */
	uint64_t next_ms;	/* not before */
	uint64_t entries;	/* of the dump under way */
	uint64_t counters;	/* entries that had them */
};

/* software_init: counts nothing yet. Both must live longer. */
void software_init(struct software *software, struct connections *connections,
		   struct loop *loop);

/*
 * software_ask: begins a dump if it is time for one; @now_ms monotonic. @again:
 * rates were worked out all the time since the last one.
 */
void software_ask(struct software *software, uint64_t now_ms, bool again);

/* software_close: stops asking. */
void software_close(struct software *software);

/* software_take: one message of a dump; for tests. */
void software_take(struct software *software, const struct nlmsghdr *nlh);

#endif
