/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_tc: as much of the kernel's TC as the table's tests need: links,
 * clsact, flower filters by hook, priority and handle, unique matches per
 * priority, counters, and faults to inject. Answers as af_netlink.c does.
 *
 * One kernel, any number of sockets to it, any threads.
 */
#ifndef FAKE_TC_H
#define FAKE_TC_H

#include <pthread.h>
#include <stdbool.h>

#include "eswitch.h"
#include "rtnl.h"
#include "rule.h"

#define FAKE_LINKS	8
#define FAKE_FILTERS	4096

struct fake_filter {
	bool		used;
	struct nfo_place place;
	struct nfo_rule	rule;
	bool		not_in_hw;
	uint64_t	packets;
	uint64_t	bytes;
	size_t		len;
	char		*msg;	/* as it was put */
};

struct fake_tc {
	pthread_mutex_t	lock;
	struct {
		uint32_t ifindex;
		uint8_t switch_id;	/* 0: none */
		bool tc_offload;
		bool indirect;		/* a tunnel netdev */
		bool lag;		/* a bond */
		uint32_t master;
		uint32_t link;		/* a VLAN device on this one */
		bool qdisc;
		bool taken;	/* by a block of others: no qdisc */
		uint32_t block;		/* that it shares; 0: its own */
	} links[FAKE_LINKS];
	struct fake_filter filters[FAKE_FILTERS];
	/* What happened. */
	unsigned int	sends;
	unsigned int	news;		/* RTM_NEWTFILTER that were taken */
	unsigned int	replaces;	/* of these on an existing handle */
	unsigned int	dels;
	unsigned int	gets;
	unsigned int	no_qdisc;	/* filters without clsact */
	char		log[256];	/* G: guard put, F: flow put, g, f: gone */
	/* What shall happen. */
	unsigned int	fail_news;	/* so many of the next ones fail, */
	int		fail_err;	/* with this errno (negative) */
	const char	*fail_text;
	bool		fail_guards;	/* only guards fail; until cleared */
	unsigned int	fail_dels;	/* so many of the next ones: EBUSY */
	bool		fail_replaces;	/* with EEXIST, as some drivers do */
	unsigned int	lose;		/* answers to so many sends are lost */
	size_t		send_max;	/* EMSGSIZE above; 0: no limit */
	unsigned int	capacity;	/* filters; 0: no limit */
	const char	*driver;	/* of all ports; NULL: none known */
	const char	*undriven;	/* no driver takes what is put on
					 * tunnel netdevs: its words */
	unsigned int	interrupt;	/* so many link dumps are interrupted */
	unsigned int	dump_ms;	/* that a dump of filters takes */
};

/* Ports 1 (uplink), 2, 3, 4 of switch 7, port 5 of 8, port 6 of none. */
struct fake_tc *fake_tc_new(void);
void fake_tc_free(struct fake_tc *tc);

/* A socket to @tc. */
struct nfo_rtnl *fake_tc_rtnl(struct fake_tc *tc);
struct nfo_eswitch *fake_tc_eswitch(struct fake_tc *tc);

/* How many filters have a priority from @first to @last. */
unsigned int fake_tc_filters(struct fake_tc *tc, unsigned int first,
			     unsigned int last);

/* The first filter with a priority from @first to @last; NULL: none. */
struct fake_filter *fake_tc_first(struct fake_tc *tc, unsigned int first,
				  unsigned int last);

/* Takes a filter away, as if somebody else had deleted it. */
void fake_tc_drop(struct fake_tc *tc, struct fake_filter *filter);

#endif /* FAKE_TC_H */
