/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag: the ingress block that the members of a bond share. Rules of the bond
 * lie there (nfo_place.shared), and the kernel offers them to the driver of
 * each member.
 *
 * A member is bound by the clsact qdisc it has: which block that has is said
 * when it is made and can not be changed. So one that others made, or we
 * before the device became a member, is replaced, unless it has filters.
 *
 * Facts: net/sched/sch_api.c (tc_block_indexes_set(), qdisc_block_indexes_set()),
 * sch_ingress.c, cls_api.c (tcf_block_playback_offloads(): a member that joins
 * gets the rules that are there). An ingress qdisc does as well as clsact: Open
 * vSwitch makes one (netdev_linux_update_lag() in lib/netdev-linux.c).
 *
 * These wait for the kernel's answers; what was queued on @rtnl goes out, too.
 * Not from a function that rtnl calls. Internal to the library.
 */
#ifndef NFO_LAG_H
#define NFO_LAG_H

#include <stdint.h>

#include "rtnl.h"

/*
 * nfo_lag_bind: has the device @member share the ingress block @block. 0 (also
 * if it did), -EBUSY if its qdisc has filters, or the kernel's negative errno,
 * which is the driver's if that does not take one of the block's rules.
 */
int nfo_lag_bind(struct nfo_rtnl *rtnl, uint32_t member, uint32_t block);

/*
 * nfo_lag_unbind: takes away @member's qdisc if it shares @block. 1 if it did, 0
 * or negative errno.
 */
int nfo_lag_unbind(struct nfo_rtnl *rtnl, uint32_t member, uint32_t block);

#endif /* NFO_LAG_H */
