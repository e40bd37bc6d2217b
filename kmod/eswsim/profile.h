/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * profile - what one kind of simulated NIC can do, as data.
 *
 * A profile is a row in profile.c. The TC front end (tc.c, flower.c) asks it before it takes a
 * rule, so that a NIC of other abilities is one more row and no more code.
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
	bool reads_past_options;
};

extern const struct asic_profile *const asic_profile_default;

const struct asic_profile *asic_profile_find(const char *name);
bool asic_profile_has_key(const struct asic_profile *profile, unsigned int key);
bool asic_profile_has_action(const struct asic_profile *profile, enum flow_action_id id);
bool asic_profile_can_edit(const struct asic_profile *profile,
			   enum flow_action_mangle_base header, u32 offset, __be32 bits);

#endif
