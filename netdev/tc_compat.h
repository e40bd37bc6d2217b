/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tc_compat: numbers of the kernel's TC interface that the headers of the
 * build host may be too old for. The kernel keeps such numbers for good, so
 * each is right with any header. Include this instead of the uapi headers.
 */
#ifndef NFO_TC_COMPAT_H
#define NFO_TC_COMPAT_H

#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_mpls.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_sample.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <linux/tc_act/tc_vlan.h>

/* Linux 6.12: match on the flags of the outer header. */
#ifndef TCA_FLOWER_KEY_ENC_FLAGS
#define TCA_FLOWER_KEY_ENC_FLAGS	110
#define TCA_FLOWER_KEY_ENC_FLAGS_MASK	111
#endif
#ifndef TCA_FLOWER_KEY_FLAGS_TUNNEL_CSUM
#define TCA_FLOWER_KEY_FLAGS_TUNNEL_CSUM		(1 << 2)
#define TCA_FLOWER_KEY_FLAGS_TUNNEL_DONT_FRAGMENT	(1 << 3)
#define TCA_FLOWER_KEY_FLAGS_TUNNEL_OAM			(1 << 4)
#define TCA_FLOWER_KEY_FLAGS_TUNNEL_CRIT_OPT		(1 << 5)
#endif
/* The last attribute of a flower rule that this library knows. */
#define NFO_TCA_FLOWER_LAST	TCA_FLOWER_KEY_ENC_FLAGS_MASK

/* Linux 6.3: outer Don't Fragment. */
#ifndef TCA_TUNNEL_KEY_NO_FRAG
#define TCA_TUNNEL_KEY_NO_FRAG	14
#endif

/* Linux 6.8: mirred to all ports of a block; Linux 6.3: ct helpers. */
#ifndef TCA_MIRRED_BLOCKID
#define TCA_MIRRED_BLOCKID	4
#endif
#ifndef TCA_CT_HELPER_NAME
#define TCA_CT_HELPER_NAME	16
#define TCA_CT_HELPER_PROTO	18
#endif

#endif /* NFO_TC_COMPAT_H */
