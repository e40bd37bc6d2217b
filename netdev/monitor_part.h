/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor_part: what the parts of the monitor share: monitor.c (sockets) and
 * monitor_event.c (what the kernel says). No interface of the library.
 */
#ifndef NFO_MONITOR_PART_H
#define NFO_MONITOR_PART_H

#include "monitor.h"

#include <netlink/cache.h>
#include <netlink/msg.h>

struct nfo_monitor {
	nfo_monitor_fn		*fn;
	void			*arg;
	int			epoll;		/* of all sockets below */
	struct nl_cache_mngr	*neighbours;	/* of bridges (FDB) too */
	struct nl_sock		*routes;	/* NULL: to be opened anew */
	struct nl_sock		*ruleset;
};

static inline void monitor_tell_all(struct nfo_monitor *monitor)
{
	const struct nfo_change change = { .kind = NFO_CHANGE_ALL };

	monitor->fn(monitor->arg, &change);
}

/* A neighbour changed: change_func_v2_t, @monitor a struct nfo_monitor. */
void nfo_monitor_neighbour(struct nl_cache *cache, struct nl_object *before,
			   struct nl_object *after, uint64_t diff, int action,
			   void *monitor);

/* Something else of rtnetlink did: nl_recvmsg_msg_cb_t. */
int nfo_monitor_route(struct nl_msg *msg, void *monitor);

/* A message of nf_tables: nl_recvmsg_msg_cb_t. */
int nfo_monitor_ruleset(struct nl_msg *msg, void *monitor);

#endif /* NFO_MONITOR_PART_H */
