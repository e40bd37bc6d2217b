/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shaper: the queueing disciplines that packets of a flow pass in software and
 * would bypass in hardware.
 *
 * The software path of a flowtable ends in the egress qdisc of the device that
 * the packet leaves by, and begins behind the tc filters of the one that it
 * comes by, which may send it through an ifb with a qdisc first. Who limits
 * bandwidth or orders packets there means all of them to. A qdisc that does no
 * more than keep packets until the device takes them has nothing to say in
 * hardware, which has queues of its own.
 *
 * Read by dumps, once in a while: the group that tells of qdiscs tells of each
 * filter, too, and to listen there would double the price of every rule (see
 * rtnl_notify_needed() in net/sched/cls_api.c). Filters are read only while
 * there is an ifb.
 *
 * Facts: net/core/dev.c (__netif_receive_skb_core(), __dev_queue_xmit()),
 * net/netfilter/nf_flow_table_ip.c, net/sched/sch_api.c (tc_dump_qdisc()).
 * Not locked: one thread. Internal to the library.
 */
#ifndef NFO_SHAPER_H
#define NFO_SHAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eswitch.h"

struct nfo_shaper;

/*
 * nfo_shaper_open: knows of none until refreshed. @eswitch must live longer.
 * *@shaperp is the caller's to close. 0 or -ENOMEM.
 */
int nfo_shaper_open(struct nfo_shaper **shaperp, struct nfo_eswitch *eswitch);

/* nfo_shaper_close: frees it. NULL is fine. */
void nfo_shaper_close(struct nfo_shaper *shaper);

/*
 * nfo_shaper_bypass: hardware may bypass them (@bypass), or no more. From the next
 * refresh on.
 */
void nfo_shaper_bypass(struct nfo_shaper *shaper, bool bypass);

/*
 * nfo_shaper_refresh: reads all qdiscs of the namespace, and redirections. 1 if
 * anything differs from before, 0, or negative errno; what was known stands
 * then.
 */
int nfo_shaper_refresh(struct nfo_shaper *shaper);

/*
 * nfo_shaper_on: would packets that come in by device @iif and leave by @oif
 * (ifindexes; of a bond its members count) bypass one? If so @text (@size
 * bytes) names device and qdisc.
 */
bool nfo_shaper_on(const struct nfo_shaper *shaper, uint32_t iif, uint32_t oif,
		   char *text, size_t size);

#endif /* NFO_SHAPER_H */
