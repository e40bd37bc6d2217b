/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flowtable: what nft_offload.ko says of one direction of a connection (a
 * FLOW_NEW message, linux/nft_offload.h), taken apart and translated into a
 * rule or a reason. Pure: no I/O, no state, any thread.
 *
 * The kernel's own flow rule (net/netfilter/nf_flow_table_offload.c) says
 * less than its software path does (nf_flow_table_ip.c). What it leaves out
 * is added here, so that hardware does what software would have done:
 *
 * - TTL or hop limit goes down by one, for every flow, bridged egress or not:
 *   both software hooks do it before they look at how the packet leaves;
 * - fragments stay in software: the hooks refuse them;
 * - TCP packets with FIN or RST stay in software (the kernel says so), and
 *   with SYN, which would restart connection tracking;
 * - IPv6 NAT needs the checksum of TCP or UDP mended; the kernel asks for
 *   that with IPv4 only;
 * - a flow whose ingress may send more than its egress takes stays in
 *   software, which fragments or answers "too big"; TC has no such check
 *   that every driver takes.
 *
 * TTL 0 and 1 are no matter of the flow's rule: see band.h. What the rule says
 * of a tunnel wants the UDP port of the tunnel's device: flowtable_source does
 * that.
 */
#ifndef NFO_FLOWTABLE_H
#define NFO_FLOWTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/nft_offload.h>

#include "rule.h"

struct nlattr;
struct nlmsghdr;

/* nfo_flowtable_tuple: who talks to whom, as far as the match says; else 0. */
struct nfo_flowtable_tuple {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t ip_proto;
	__be16 sport;
	__be16 dport;
	uint16_t vlan;		/* id of the outer tag */
	struct in6_addr src;	/* IPv4 uses the first four bytes */
	struct in6_addr dst;
};

/*
 * nfo_flowtable_flow: one FLOW_NEW message, or what there is of it in another
 * one. Pointers point into the message
 * and live as long; what the message leaves out is 0, "" or NULL.
 */
struct nfo_flowtable_flow {
	uint64_t id;		/* connection << 1 | direction */
	uint32_t gen;		/* of match and actions, goes into answers */
	uint32_t ct_id;		/* conntrack's id */
	uint16_t ct_zone;
	const char *table;	/* nf_tables table and flowtable */
	const char *flowtable;
	int32_t priority;	/* of the flowtable's hook */
	uint32_t iif;		/* ingress ifindex; 0 if the match has none */
	uint32_t oif;		/* egress ifindex; 0 if there is none */
	bool keyless;		/* goes into a tunnel without the flag KEY */
	struct nfo_flowtable_tuple tuple;	/* for people to read */
	uint32_t mtu;		/* of the egress, bytes from the IP header on */
	uint8_t state;		/* enum nft_offload_state, as the module has it */
	uint32_t reason;	/* enum nft_offload_reason, likewise */
	const char *text;	/* the module's words to that */
	uint64_t packets;	/* carried by hardware, as last told */
	uint64_t bytes;
	bool counted;		/* packets were told */
	uint64_t idle_ms;	/* since the last packet */
	const struct nlattr *match;	/* nest of nft_offload_match_attr */
	const struct nlattr *actions;	/* nest of nft_offload_action_attr */
};

/*
 * nfo_flowtable_parse: takes FLOW_NEW, FLOW_DEL or FLOW_COUNT message @nlh (generic
 * netlink header included, length as in its header) apart into @flow.
 * 0; -EBADMSG if it does not even say which flow it is about, for then there
 * is nothing to answer to. A broken match or action is found by
 * nfo_flowtable_translate().
 */
int nfo_flowtable_parse(const struct nlmsghdr *nlh,
			struct nfo_flowtable_flow *flow);

/*
 * nfo_flowtable_translate: makes @rule (not initialised) of @flow; normalised,
 * the caller's to nfo_rule_uninit().
 * @iif_mtu is the MTU of the ingress port in bytes, 0 if unknown (then the
 * egress MTU is not looked at). The ingress port itself is the caller's to
 * use as the rule's place: it is no part of a rule.
 * NFT_OFFLOAD_REASON_NONE, or the reason why there is no such rule; @rule is
 * empty then.
 */
enum nft_offload_reason
nfo_flowtable_translate(const struct nfo_flowtable_flow *flow,
			uint32_t iif_mtu, struct nfo_rule *rule);

#endif
