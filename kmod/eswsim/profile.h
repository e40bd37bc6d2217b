/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * profile - what one kind of simulated NIC can do, as data.
 *
 * A profile is a row in profile.c. The TC front end (tc.c, flower.c) asks it before it takes a
 * rule, so that a NIC of other abilities is one more row and no more code. What drivers refuse of a
 * rule whose parts they know is in limit.c, what they silently get wrong in mistake.c.
 */
#ifndef ESWSIM_PROFILE_H
#define ESWSIM_PROFILE_H

#include <linux/types.h>
#include <net/flow_offload.h>

/* Longest name of a profile, with its end. */
#define ASIC_PROFILE_NAME_SIZE 16

/* No kind takes more actions per rule than that. */
#define PROFILE_ACTIONS_MAX 128

/**
 * struct asic_field - a header field that pedit may change
 * @header:	the header it is in
 * @offset:	first byte of the field, from the start of that header, in bytes
 * @length:	bytes
 * @bits:	which bits may change, of even and of odd bytes of the field
 *
 * A pedit that touches a bit of no such field is refused.
 */
struct asic_field {
	enum flow_action_mangle_base header;
	u8 offset;
	u8 length;
	u8 bits[2];
};

/* What a driver wants of the csum action. */
enum asic_sums {
	SUMS_FREE,
	SUMS_BEHIND,	/* only behind a rewrite */
	SUMS_ALL,	/* all that the NIC mends has to be named, and nothing else */
	SUMS_OWN,	/* the NIC mends what it rewrites by itself */
};

/* What a driver takes, and the NIC then does not do: see mistake.c. */
enum asic_mistake {
	MISTAKE_ZERO_IS_ANY	= BIT(0),	/* a value of 0 is not looked at */
	MISTAKE_PROTO_BY_PORTS	= BIT(1),	/* nor is the IP protocol without ports */
	MISTAKE_PREFIX		= BIT(2),	/* IPv4 masks are as many leading bits */
	MISTAKE_LAST_ACTION	= BIT(3),	/* of several actions the last is done */
	MISTAKE_LAST_ADDRESS	= BIT(4),	/* of source and destination NAT, too */
	MISTAKE_SOURCE_PORT	= BIT(5),	/* of ports only the source's is rewritten */
	MISTAKE_IPV6_DESTINATION = BIT(6),	/* rewritten to :: */
	MISTAKE_TAG_PRIORITY	= BIT(7),	/* of a new tag is lost */
	MISTAKE_TAG_MACS	= BIT(8),	/* with a tag addresses are not rewritten */
};

/**
 * struct asic_profile - abilities of a kind of NIC
 * @name:		how the user names it
 * @keys:		bit per enum flow_dissector_key_id: matches that it takes
 * @actions:		bit per enum flow_action_id: actions that it takes
 * @csum_flags:		TCA_CSUM_UPDATE_FLAG_* that the csum action may ask for
 * @fields:		what pedit may change
 * @num_fields:		how many
 * @control_flags:	fragment flags (FLOW_DIS_*) that can be matched
 * @table_size:		rules that fit unless the user says otherwise
 * @max_table_size:	rules that fit at most
 * @max_actions:	actions per rule, each 32-bit word of a pedit counting as one
 * @max_conns:		connections that fit, each direction counting
 * @max_chain:		highest chain number
 * @full_errno:		what it answers when the table is full, positive
 * @silent_keys:	matches that it takes, and does not look at
 * @silent_actions:	actions that it takes, and does not do
 * @mistakes:		bits of enum asic_mistake
 * @action_errno:	what it answers to an action that it cannot do, positive; 0: EOPNOTSUPP
 * @hw_stats:		the kind of counters that it has, FLOW_ACTION_HW_STATS_*_BIT; see @no_stats
 * @max_outputs:	ports that one rule sends to; 0: any number
 * @sums:		what it wants of the csum action
 * @ttl_less_one:	a TTL can be made one less, and nothing else
 * @ingress_outputs:	an output is a redirect to the ingress of a port, and no other
 * @ports_tcp_udp:	ports are matched of TCP and UDP alone
 * @goto_behind_ct:	a later chain follows the ct action only
 * @no_encap_df:	refuses an outer header with Don't Fragment
 * @no_priorities:	looks at all rules as if they had one priority
 * @no_stats:		counts nothing
 * @delayed_stats:	tells what it counted a second after it told last
 * @reads_past_options:	its parser finds the transport header behind IPv4 options and IPv6 extension
 *			headers. TC cannot match on the length of a header, so such a NIC carries
 *			out the rule of a routed flow on packets whose options a router has to look
 *			at. One whose parser ends there leaves them to the host
 */
struct asic_profile {
	const char *name;
	u64 keys;
	u64 actions;
	u32 csum_flags;
	const struct asic_field *fields;
	unsigned int num_fields;
	u32 control_flags;
	u32 table_size;
	u32 max_table_size;
	u32 max_actions;
	int max_conns;
	u32 max_chain;
	int full_errno;
	u64 silent_keys;
	u64 silent_actions;
	u32 mistakes;
	int action_errno;
	enum flow_action_hw_stats_bit hw_stats;
	u32 max_outputs;
	enum asic_sums sums;
	bool ttl_less_one;
	bool ingress_outputs;
	bool ports_tcp_udp;
	bool goto_behind_ct;
	bool no_encap_df;
	bool no_priorities;
	bool no_stats;
	bool delayed_stats;
	bool reads_past_options;
};

extern const struct asic_profile *const asic_profile_default;

const struct asic_profile *asic_profile_find(const char *name);
bool asic_profile_has_key(const struct asic_profile *profile, unsigned int key);
bool asic_profile_ignores_key(const struct asic_profile *profile, unsigned int key);
bool asic_profile_ignores_action(const struct asic_profile *profile, enum flow_action_id id);
bool asic_profile_has_action(const struct asic_profile *profile, enum flow_action_id id);
bool asic_profile_can_edit(const struct asic_profile *profile,
			   enum flow_action_mangle_base header, u32 offset, __be32 bits);

#endif
