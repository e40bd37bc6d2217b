/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * nft_offload: what nft_offload.ko and the offload provider in user space
 * say to each other over generic netlink.
 *
 * The module sees every connection that an nftables flowtable with
 * "flags offload" has established. Each connection has two directions; each
 * direction is one *flow* here: a match, a list of actions, an id. The module
 * tells the one bound provider of each flow (FLOW_NEW, FLOW_DEL), the
 * provider answers whether the NIC carries it (FLOW_RESULT) and what it has
 * carried (FLOW_STATS). A provider that starts late, restarts or has lost
 * messages (ENOBUFS on its socket) asks for everything with a FLOW_GET dump,
 * after it has read all that was left in its socket: until that is empty the
 * kernel loses messages, an ACK perhaps among them, without another word.
 *
 * Everything is per network namespace: the provider bound from a namespace
 * gets the flows of the flowtables of that namespace. All commands need
 * CAP_NET_ADMIN in the user namespace that owns the network namespace; so
 * does joining the multicast group.
 *
 * Byte order: addresses, ports, Ethernet types, tunnel ids and TCP flags are in
 * network byte order, everything else in host byte order.
 */
#ifndef _UAPI_LINUX_NFT_OFFLOAD_H
#define _UAPI_LINUX_NFT_OFFLOAD_H

#include <linux/types.h>

#define NFT_OFFLOAD_GENL_NAME		"nft_offload"
#define NFT_OFFLOAD_GENL_VERSION	1
/* Observers: FLOW_NEW, FLOW_DEL, FLOW_RESULT (state changes), BIND, UNBIND. */
#define NFT_OFFLOAD_GENL_MCGRP		"flows"

/* Flows in one FLOW_RESULT or FLOW_STATS message, at the most. */
#define NFT_OFFLOAD_BATCH_MAX		256
/* Actions of one flow, at the most (the kernel's own flowtable limit). */
#define NFT_OFFLOAD_ACTIONS_MAX		24
/* The text that goes with a reason, in bytes with the terminating NUL. */
#define NFT_OFFLOAD_TEXT_MAX		128
/* Grace after the death of a provider, in milliseconds. */
#define NFT_OFFLOAD_GRACE_DEFAULT_MS	10000
#define NFT_OFFLOAD_GRACE_MAX_MS	600000

enum nft_offload_cmd {
	NFT_OFFLOAD_CMD_UNSPEC,
	/*
	 * To the module: this socket becomes the provider of its namespace.
	 * Optional: GRACE_MS. EBUSY where another one is bound. To observers:
	 * a provider has bound (PORTID).
	 */
	NFT_OFFLOAD_CMD_BIND,
	/*
	 * To the module, from the provider: no provider from now on. With
	 * FLUSH all flows go back to software at once (the provider has
	 * removed its rules); without it the grace period starts, as at the
	 * provider's death. To observers: the provider has gone (GRACE_MS).
	 */
	NFT_OFFLOAD_CMD_UNBIND,
	/*
	 * State of this namespace: PORTID (if bound), GRACE_MS (what is left
	 * of the grace period, if in one), FLOWS_*, counters.
	 */
	NFT_OFFLOAD_CMD_GET,
	/*
	 * Dump of all flows, each as FLOW_NEW with its state and counters. A
	 * flow can end while its place in the dump is under way, so that its
	 * FLOW_DEL is read first. A flow without ACTIONS cannot be placed by
	 * anybody: REASON and TEXT say why, for the provider to pass on.
	 */
	NFT_OFFLOAD_CMD_FLOW_GET,
	/*
	 * From the module: place this flow, or its rule has changed (GEN). The
	 * same flow and GEN with the STATE IN_HW, other than in a dump: packets
	 * come to software that hardware should have taken. It has lost the
	 * rule perhaps, without a word.
	 */
	NFT_OFFLOAD_CMD_FLOW_NEW,
	/*
	 * From the module: the flow has ended (ID only); remove its rules. Can
	 * come twice and for an id never heard of: the first of them in a
	 * message that speaks of ended flows are answered so.
	 */
	NFT_OFFLOAD_CMD_FLOW_DEL,
	/*
	 * To the module: FLOWS, each with ID, GEN, STATE and, if refused,
	 * REASON and TEXT. Unknown ids and old generations are skipped and
	 * counted, for the flow may have ended or changed meanwhile. To
	 * observers: FLOW with the new state of one flow.
	 */
	NFT_OFFLOAD_CMD_FLOW_RESULT,
	/*
	 * To the module: FLOWS, each with ID, PACKETS, BYTES (all that
	 * hardware carried of this flow since FLOW_NEW, over all rules it
	 * ever had; never less than before) and IDLE_MS. For a flow that has
	 * just ended, once: its last counters, which still go to conntrack.
	 */
	NFT_OFFLOAD_CMD_FLOW_STATS,
	/*
	 * To the module, from the provider: FLOWS, each with ID. What they
	 * were made of has changed: the next hop, say, or the ruleset. Their
	 * connections leave the flowtable, in both directions and at once
	 * (FLOW_DEL follows); the next packet goes through ruleset and routing
	 * anew, and makes a new flow of what they admit then. Unknown ids are
	 * skipped and counted.
	 */
	NFT_OFFLOAD_CMD_FLOW_TEARDOWN,
	/*
	 * Dump of the flows that are not in hardware and could be, each as
	 * FLOW_COUNT with ID, IDLE_MS (since software had the last packet of
	 * the connection, to a second) and PACKETS (of this direction, by
	 * software alone, since conntrack counts). Without PACKETS where
	 * nobody counts: that takes the flag "counter" of the flowtable, and
	 * nf_conntrack_acct when the connection began.
	 */
	NFT_OFFLOAD_CMD_FLOW_COUNT,

	__NFT_OFFLOAD_CMD_MAX,
};

#define NFT_OFFLOAD_CMD_MAX (__NFT_OFFLOAD_CMD_MAX - 1)

/* Attributes of a message. */
enum nft_offload_attr {
	NFT_OFFLOAD_ATTR_UNSPEC,
	NFT_OFFLOAD_ATTR_PAD,
	NFT_OFFLOAD_ATTR_GRACE_MS,	/* u32, milliseconds */
	NFT_OFFLOAD_ATTR_FLUSH,		/* flag */
	NFT_OFFLOAD_ATTR_PORTID,	/* u32, netlink port of the provider */
	NFT_OFFLOAD_ATTR_FLOW,		/* nest of nft_offload_flow_attr */
	NFT_OFFLOAD_ATTR_FLOWS,		/* nest of FLOW: a batch */
	NFT_OFFLOAD_ATTR_FLOWS_KNOWN,	/* u32, flows in the module */
	NFT_OFFLOAD_ATTR_FLOWS_IN_HW,	/* u32, of these in hardware */
	NFT_OFFLOAD_ATTR_RESULTS_STALE,	/* u64, skipped results and stats */
	NFT_OFFLOAD_ATTR_MESSAGES_LOST,	/* u64, not taken by the provider */
	NFT_OFFLOAD_ATTR_REASONS,	/* nest of FLOW: REASON + COUNT */

	__NFT_OFFLOAD_ATTR_MAX,
};

#define NFT_OFFLOAD_ATTR_MAX (__NFT_OFFLOAD_ATTR_MAX - 1)

/* Attributes of a flow. */
enum nft_offload_flow_attr {
	NFT_OFFLOAD_FLOW_ATTR_UNSPEC,
	NFT_OFFLOAD_FLOW_ATTR_PAD,
	/*
	 * u64. connection << 1 | direction (0 original, 1 reply): the two
	 * flows of a connection differ in bit 0. Never used twice while the
	 * module is loaded.
	 */
	NFT_OFFLOAD_FLOW_ATTR_ID,
	/* u32. Counts changes of MATCH and ACTIONS; goes back in a result. */
	NFT_OFFLOAD_FLOW_ATTR_GEN,
	NFT_OFFLOAD_FLOW_ATTR_CT_ID,	/* u32, as `conntrack -L -o id` */
	NFT_OFFLOAD_FLOW_ATTR_CT_ZONE,	/* u16 */
	NFT_OFFLOAD_FLOW_ATTR_TABLE,	/* string, nftables table */
	NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE, /* string, flowtable in it */
	NFT_OFFLOAD_FLOW_ATTR_PRIORITY,	/* s32, the flowtable's hook priority */
	NFT_OFFLOAD_FLOW_ATTR_MATCH,	/* nest of nft_offload_match_attr */
	NFT_OFFLOAD_FLOW_ATTR_ACTIONS,	/* nest of nft_offload_action_attr */
	NFT_OFFLOAD_FLOW_ATTR_MTU,	/* u32, egress MTU, bytes at layer 3 */
	NFT_OFFLOAD_FLOW_ATTR_STATE,	/* u8, nft_offload_state */
	NFT_OFFLOAD_FLOW_ATTR_REASON,	/* u32, nft_offload_reason */
	NFT_OFFLOAD_FLOW_ATTR_TEXT,	/* string, the driver's own words */
	NFT_OFFLOAD_FLOW_ATTR_PACKETS,	/* u64, carried by hardware */
	NFT_OFFLOAD_FLOW_ATTR_BYTES,	/* u64, the same in bytes */
	NFT_OFFLOAD_FLOW_ATTR_IDLE_MS,	/* u64, since the last such packet */
	NFT_OFFLOAD_FLOW_ATTR_COUNT,	/* u64, how often (in REASONS) */

	__NFT_OFFLOAD_FLOW_ATTR_MAX,
};

#define NFT_OFFLOAD_FLOW_ATTR_MAX (__NFT_OFFLOAD_FLOW_ATTR_MAX - 1)

/* Where a flow is. */
enum nft_offload_state {
	NFT_OFFLOAD_STATE_KNOWN,	/* no answer from a provider yet */
	NFT_OFFLOAD_STATE_IN_HW,	/* the NIC carries it */
	NFT_OFFLOAD_STATE_REFUSED,	/* stays in software: see REASON */

	__NFT_OFFLOAD_STATE_MAX,
};

/*
 * Match of a flow: what is there must be equal, bit for bit; what is absent
 * does not matter. TCP_FLAGS are compared under TCP_FLAGS_MASK.
 */
enum nft_offload_match_attr {
	NFT_OFFLOAD_MATCH_ATTR_UNSPEC,
	NFT_OFFLOAD_MATCH_ATTR_IIF,		/* u32, ifindex, always there */
	NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE,	/* be16 */
	NFT_OFFLOAD_MATCH_ATTR_IP_PROTO,	/* u8 */
	NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC,	/* be32 */
	NFT_OFFLOAD_MATCH_ATTR_IPV4_DST,	/* be32 */
	NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC,	/* 16 bytes */
	NFT_OFFLOAD_MATCH_ATTR_IPV6_DST,	/* 16 bytes */
	NFT_OFFLOAD_MATCH_ATTR_SPORT,		/* be16 */
	NFT_OFFLOAD_MATCH_ATTR_DPORT,		/* be16 */
	NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS,	/* be16 */
	NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK,	/* be16 */
	NFT_OFFLOAD_MATCH_ATTR_VLAN_ID,		/* u16, outer tag */
	NFT_OFFLOAD_MATCH_ATTR_VLAN_TPID,	/* be16 */
	NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID,	/* u16, inner tag */
	NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID,	/* be16 */
	/* The outer header of what the tunnel device IIF has taken off. */
	NFT_OFFLOAD_MATCH_ATTR_TUNNEL_ID,	/* be32 */
	NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_SRC,	/* be32 */
	NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV4_DST,	/* be32 */
	NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_SRC,	/* 16 bytes */
	NFT_OFFLOAD_MATCH_ATTR_TUNNEL_IPV6_DST,	/* 16 bytes */

	__NFT_OFFLOAD_MATCH_ATTR_MAX,
};

#define NFT_OFFLOAD_MATCH_ATTR_MAX (__NFT_OFFLOAD_MATCH_ATTR_MAX - 1)

/* Actions of a flow, in order; the type says which. */
enum nft_offload_action_attr {
	NFT_OFFLOAD_ACTION_ATTR_UNSPEC,
	NFT_OFFLOAD_ACTION_ATTR_REDIRECT,	/* u32, ifindex */
	NFT_OFFLOAD_ACTION_ATTR_MANGLE,		/* struct nft_offload_mangle */
	NFT_OFFLOAD_ACTION_ATTR_CSUM,		/* u32, TCA_CSUM_UPDATE_FLAG_* */
	NFT_OFFLOAD_ACTION_ATTR_VLAN_PUSH,	/* struct nft_offload_vlan */
	NFT_OFFLOAD_ACTION_ATTR_VLAN_POP,	/* no payload */
	NFT_OFFLOAD_ACTION_ATTR_PPPOE_PUSH,	/* u16, session id; never sent */
	/* struct nft_offload_tunnel: for the tunnel device of REDIRECT */
	NFT_OFFLOAD_ACTION_ATTR_TUNNEL_SET,
	NFT_OFFLOAD_ACTION_ATTR_TUNNEL_RELEASE,	/* no payload */

	__NFT_OFFLOAD_ACTION_ATTR_MAX,
};

#define NFT_OFFLOAD_ACTION_ATTR_MAX (__NFT_OFFLOAD_ACTION_ATTR_MAX - 1)

/*
 * A rewrite of one 32-bit word of a header, as the kernel's flow action says
 * it (include/net/flow_offload.h, FLOW_ACTION_MANGLE): bits that are 0 in
 * @mask become those of @value. @mask and @value lie in memory as in the
 * packet.
 */
struct nft_offload_mangle {
	__u32	htype;		/* enum pedit_header_type, linux/tc_act/tc_pedit.h */
	__u32	offset;		/* bytes from the header's start */
	__u32	mask;
	__u32	value;
};

struct nft_offload_vlan {
	__u16	id;
	__be16	tpid;
};

/* The outer header that a tunnel device is to put on. */
struct nft_offload_tunnel {
	__u8	src[16];	/* IPv4: the first four bytes; 0: the route's */
	__u8	dst[16];
	__be32	id;
	__u16	flags;		/* NFT_OFFLOAD_TUNNEL_* */
	__u8	tos;
	__u8	ttl;		/* 0: the route's */
};

#define NFT_OFFLOAD_TUNNEL_IPV6		0x01	/* of the addresses */
#define NFT_OFFLOAD_TUNNEL_KEY		0x02	/* GRE: has a key */
#define NFT_OFFLOAD_TUNNEL_CSUM		0x04
#define NFT_OFFLOAD_TUNNEL_DF		0x08	/* Don't Fragment */

/*
 * Why a flow is not in hardware: the one list of the project, for the module,
 * the library, the daemon and the plugin. Values are kept for good; new ones
 * come at the end. Names and sentences: netdev/reason.c.
 */
enum nft_offload_reason {
	NFT_OFFLOAD_REASON_NONE,

	/* The provider, the module, the system. */
	NFT_OFFLOAD_REASON_NO_PROVIDER,		/* nobody is bound */
	NFT_OFFLOAD_REASON_PROVIDER_LOST,	/* it died; grace is over */
	NFT_OFFLOAD_REASON_NO_MEMORY,
	NFT_OFFLOAD_REASON_MALFORMED,		/* the message does not parse */
	NFT_OFFLOAD_REASON_INTERNAL,		/* a bug of ours */

	/* The flow says what we cannot translate. */
	NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED,
	NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED,
	NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS,
	NFT_OFFLOAD_REASON_NO_OUTPUT,		/* no redirect at the end */
	NFT_OFFLOAD_REASON_MTU,			/* could exceed the egress MTU */

	/* The ports. */
	NFT_OFFLOAD_REASON_PORT_GONE,		/* no such device */
	NFT_OFFLOAD_REASON_NOT_SWITCHDEV,	/* a port has no eswitch */
	NFT_OFFLOAD_REASON_OTHER_SWITCH,	/* ports of two switches */
	NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF,	/* ethtool -K */
	NFT_OFFLOAD_REASON_SAME_PORT,		/* out where it came in */

	/* TC and the driver said no. */
	NFT_OFFLOAD_REASON_TABLE_FULL,
	NFT_OFFLOAD_REASON_DRIVER_REFUSED,	/* its words are in TEXT */
	NFT_OFFLOAD_REASON_KERNEL_REFUSED,	/* TC's words are in TEXT */
	NFT_OFFLOAD_REASON_BUSY,		/* retried soon */
	NFT_OFFLOAD_REASON_RULE_VANISHED,	/* it was there; it is put back */

	/* Open vSwitch. */
	NFT_OFFLOAD_REASON_OTHER_PROVIDER,	/* a port of another provider */
	NFT_OFFLOAD_REASON_RECIRC_UNSHARED,	/* kernel: no TC_SKB_EXT */
	NFT_OFFLOAD_REASON_RECIRC_UNREACHED,	/* no rule leads there */
	NFT_OFFLOAD_REASON_METER_UNKNOWN,	/* not one of a single band */

	/* The flow's way. */
	NFT_OFFLOAD_REASON_NEIGHBOUR,		/* no resolved next hop */
	NFT_OFFLOAD_REASON_XFRM,		/* IPsec on the way out */
	NFT_OFFLOAD_REASON_QDISC,		/* a queue would be bypassed */

	/* The NIC's driver cannot do it, or gets it wrong: see TEXT. */
	NFT_OFFLOAD_REASON_NIC_UNABLE,

	__NFT_OFFLOAD_REASON_MAX,
};

#define NFT_OFFLOAD_REASON_MAX (__NFT_OFFLOAD_REASON_MAX - 1)

#endif /* _UAPI_LINUX_NFT_OFFLOAD_H */
