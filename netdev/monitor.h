/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor: hears from the kernel what changes of that which flows are made
 * of: neighbours, bridge FDB and VLANs, routes, routing rules, nexthops,
 * addresses, and the nftables ruleset. Links are the eswitch's (eswitch.h).
 *
 * Neighbours are kept in libnl's cache, for an event does not say what was
 * before. Of routes only the prefix is wanted, and the event has it: a cache
 * would hold a full table of the Internet for nothing.
 *
 * Everything is of this network namespace. Not locked: one thread.
 */
#ifndef NFO_MONITOR_H
#define NFO_MONITOR_H

#include "change.h"

struct nfo_monitor;

typedef void nfo_monitor_fn(void *arg, const struct nfo_change *change);

/*
 * nfo_monitor_open: from now on @fn is called with @arg for each change, by
 * nfo_monitor_handle(). *@monitorp is the caller's to close. 0 or negative
 * errno; -EPERM without CAP_NET_ADMIN.
 */
int nfo_monitor_open(struct nfo_monitor **monitorp, nfo_monitor_fn *fn,
		     void *arg);

/* nfo_monitor_close: NULL is fine. */
void nfo_monitor_close(struct nfo_monitor *monitor);

/* nfo_monitor_fd: readable when nfo_monitor_handle() has work. */
int nfo_monitor_fd(const struct nfo_monitor *monitor);

/*
 * nfo_monitor_handle: reads what is there, without waiting. Where events were
 * lost the change is NFO_CHANGE_ALL. 0 or the negative errno of a socket; it is
 * opened anew by the next call then.
 */
int nfo_monitor_handle(struct nfo_monitor *monitor);

#endif /* NFO_MONITOR_H */
