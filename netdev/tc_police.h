/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tc_police: policers as TC actions of their own, named by an index, which any
 * number of rules share (NFO_ACT_POLICE). An Open vSwitch meter is one.
 *
 * Only bytes: nothing is sent or kept here. Every function may be called from
 * any thread.
 *
 * Ours are known by a cookie, also after a restart. It is 12 bytes long, for
 * the 16 of NFO_COOKIE_LEN mark the action of a rule that has its counters:
 *
 *	0	magic "nfto"
 *	4	version of this layout, 1
 *	5	source (NFO_SOURCE_OVS)
 *	6	two bytes 0
 *	8	meter, most significant byte first
 *
 * Facts: net/sched/act_police.c (tcf_police_init, tcf_police_dump), act_api.c
 * (tc_ctl_action, tc_dump_action, tcf_action_dump_terse),
 * include/net/pkt_sched.h (PSCHED_SHIFT: bursts are in ticks of 64 ns),
 * net/core/gen_stats.c.
 */
#ifndef NFO_TC_POLICE_H
#define NFO_TC_POLICE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "band.h"
#include "tc_flower.h"

/* A buffer of this size holds any request, in bytes. */
#define NFO_TC_POLICE_MSG_MAX	2048

/* What a policer lets pass. What exceeds it is dropped. */
struct nfo_police {
	uint32_t	index;		/* not 0 */
	uint32_t	meter;		/* whose it is, for the cookie */
	bool		by_packets;	/* else by bytes, L2 header included */
	uint64_t	rate;		/* per second, not 0 */
	uint64_t	burst;		/* what may pass at once after a pause */
};

/* A policer as the kernel has it. */
struct nfo_police_info {
	struct nfo_police police;	/* meter only if ours; a rate of 0: none */
	bool		ours;		/* has our cookie */
	bool		skip_sw;
	bool		skip_hw;
	uint32_t	in_hw_count;	/* devices that have it */
	uint32_t	bound;		/* rules that use it; 0 in hardware too */
	uint64_t	packets;	/* came, software and hardware */
	uint64_t	bytes;
	uint64_t	dropped;	/* packets of those; TC counts no bytes */
};

/*
 * nfo_tc_police_put: writes RTM_NEWACTION into @buf (@size bytes, aligned to
 * 4). @flags: NFO_TC_SKIP_SW or NFO_TC_SKIP_HW, which must be those of the
 * rules that use it ("Mismatch between action and filter offload flags"), and
 * NFO_TC_REPLACE: change the one that is there; without it that is EEXIST.
 * The caller adds sequence number and NLM_F_ACK.
 * The length, -EMSGSIZE, or -EINVAL for an index or rate of 0.
 */
int nfo_tc_police_put(void *buf, size_t size, const struct nfo_police *police,
		      uint32_t flags);

/* nfo_tc_police_get: RTM_GETACTION for one. Length, -EMSGSIZE or -EINVAL. */
int nfo_tc_police_get(void *buf, size_t size, uint32_t index);

/*
 * nfo_tc_police_del: RTM_DELACTION for one. While rules use it the kernel
 * answers EPERM. Length, -EMSGSIZE or -EINVAL.
 */
int nfo_tc_police_del(void *buf, size_t size, uint32_t index);

/* nfo_tc_police_dump: RTM_GETACTION for all policers. Length or -EMSGSIZE. */
int nfo_tc_police_dump(void *buf, size_t size);

typedef void nfo_tc_police_fn(void *arg, const struct nfo_police_info *info);

/*
 * nfo_tc_police_parse: calls @fn with @arg for each policer in @nlh, an answer
 * to a get or a message of a dump. Any bytes are safe. 0, or -EINVAL if the
 * message is malformed; @fn has been called for what came before.
 */
int nfo_tc_police_parse(const struct nlmsghdr *nlh, nfo_tc_police_fn *fn,
			void *arg);

#endif /* NFO_TC_POLICE_H */
