// SPDX-License-Identifier: GPL-2.0-only
/*
 * profile - the kinds of NIC that can be simulated.
 *
 * To add one, add a row to asic_profiles[]. The rows "full" and "deep" take all that this simulator
 * can do; "deep" matches on what is behind IP options as well, as TC does in software. The others
 * are as much of real NICs as their drivers' source tells (drivers/net/ethernet/ of Linux 6.12 to
 * 7.3): what is refused, what is taken and got wrong, what a full table answers. How many rules fit
 * is a guess but for octeontx2, and what needs firmware is taken to be there.
 */
#include <linux/string.h>
#include <linux/tc_act/tc_csum.h>

#include "profile.h"

#define KEY(name)	BIT_ULL(FLOW_DISSECTOR_KEY_##name)
#define ACTION(name)	BIT_ULL(FLOW_ACTION_##name)
#define FIELD(where, first, bytes, a, b) { \
	.header = FLOW_ACT_MANGLE_HDR_TYPE_##where, \
	.offset = (first), \
	.length = (bytes), \
	.bits = { (a), (b) }, \
}

static const struct asic_field full_fields[] = {
	FIELD(ETH, 0, 12, 0xff, 0xff),	/* both addresses */
	FIELD(IP4, 1, 1, 0xff, 0xff),	/* type of service */
	FIELD(IP4, 8, 1, 0xff, 0xff),	/* time to live */
	FIELD(IP4, 12, 8, 0xff, 0xff),	/* both addresses */
	FIELD(IP6, 0, 2, 0x0f, 0xf0),	/* traffic class */
	FIELD(IP6, 7, 1, 0xff, 0xff),	/* hop limit */
	FIELD(IP6, 8, 32, 0xff, 0xff),	/* both addresses */
	FIELD(TCP, 0, 4, 0xff, 0xff),	/* both ports */
	FIELD(UDP, 0, 4, 0xff, 0xff),	/* both ports */
};

static const struct asic_field mlx5_fields[] = {
	FIELD(ETH, 0, 12, 0xff, 0xff),
	FIELD(IP4, 1, 1, 0xfc, 0xfc),	/* without the bits of congestion */
	FIELD(IP4, 8, 1, 0xff, 0xff),
	FIELD(IP4, 12, 8, 0xff, 0xff),
	FIELD(IP6, 0, 2, 0x0f, 0xc0),
	FIELD(IP6, 7, 1, 0xff, 0xff),
	FIELD(IP6, 8, 32, 0xff, 0xff),
	FIELD(TCP, 0, 4, 0xff, 0xff),
	FIELD(UDP, 0, 4, 0xff, 0xff),
};

static const struct asic_field sfc_fields[] = {
	FIELD(ETH, 0, 12, 0xff, 0xff),
	FIELD(IP4, 8, 1, 0xff, 0xff),
	FIELD(IP6, 7, 1, 0xff, 0xff),
};

static const struct asic_field bnxt_fields[] = {
	FIELD(ETH, 0, 12, 0xff, 0xff),
	FIELD(IP4, 12, 8, 0xff, 0xff),
	FIELD(IP6, 8, 32, 0xff, 0xff),
	FIELD(TCP, 0, 4, 0xff, 0xff),
	FIELD(UDP, 0, 4, 0xff, 0xff),
};

#define FIELDS(name) .fields = name, .num_fields = ARRAY_SIZE(name)

/* What they all match on. */
#define COMMON_KEYS \
	(KEY(CONTROL) | KEY(BASIC) | KEY(ETH_ADDRS) | KEY(VLAN) | KEY(IPV4_ADDRS) | \
	 KEY(IPV6_ADDRS) | KEY(PORTS))
#define TUNNEL_KEYS \
	(KEY(ENC_CONTROL) | KEY(ENC_KEYID) | KEY(ENC_PORTS) | KEY(ENC_IPV4_ADDRS) | \
	 KEY(ENC_IPV6_ADDRS) | KEY(ENC_IP))
#define TUNNEL_ACTIONS (ACTION(TUNNEL_ENCAP) | ACTION(TUNNEL_DECAP))
#define TAG_ACTIONS (ACTION(VLAN_PUSH) | ACTION(VLAN_POP))
#define TCP_UDP_SUMS \
	(TCA_CSUM_UPDATE_FLAG_IPV4HDR | TCA_CSUM_UPDATE_FLAG_TCP | TCA_CSUM_UPDATE_FLAG_UDP)

/* All that this simulator can do. */
#define FULL \
	.keys = KEY(CONTROL) | KEY(BASIC) | KEY(META) | KEY(ETH_ADDRS) | KEY(VLAN) | \
		KEY(CVLAN) | KEY(IPV4_ADDRS) | KEY(IPV6_ADDRS) | KEY(IP) | KEY(PORTS) | \
		KEY(TCP) | KEY(ICMP) | KEY(ARP) | KEY(MPLS) | KEY(CT) | KEY(ENC_CONTROL) | \
		KEY(ENC_KEYID) | KEY(ENC_IP) | KEY(ENC_PORTS) | KEY(ENC_IPV4_ADDRS) | \
		KEY(ENC_IPV6_ADDRS) | KEY(ENC_OPTS), \
	.actions = ACTION(REDIRECT) | ACTION(MIRRED) | ACTION(DROP) | ACTION(TRAP) | \
		   ACTION(ACCEPT) | ACTION(GOTO) | ACTION(VLAN_PUSH) | ACTION(VLAN_POP) | \
		   ACTION(VLAN_MANGLE) | ACTION(MANGLE) | ACTION(ADD) | ACTION(CSUM) | \
		   ACTION(MPLS_PUSH) | ACTION(MPLS_POP) | ACTION(MPLS_MANGLE) | \
		   ACTION(CT) | \
		   ACTION(TUNNEL_ENCAP) | ACTION(TUNNEL_DECAP) | ACTION(POLICE) | \
		   ACTION(SAMPLE), \
	.csum_flags = TCA_CSUM_UPDATE_FLAG_IPV4HDR | TCA_CSUM_UPDATE_FLAG_ICMP | \
		      TCA_CSUM_UPDATE_FLAG_TCP | TCA_CSUM_UPDATE_FLAG_UDP, \
	.fields = full_fields, \
	.num_fields = ARRAY_SIZE(full_fields), \
	.control_flags = FLOW_DIS_IS_FRAGMENT | FLOW_DIS_FIRST_FRAG, \
	.table_size = 1 << 20, \
	.max_table_size = 1 << 24, \
	.max_conns = 1 << 20, \
	.max_actions = PROFILE_ACTIONS_MAX, \
	.max_chain = U32_MAX, \
	.hw_stats = FLOW_ACTION_HW_STATS_IMMEDIATE_BIT, \
	.full_errno = ENOSPC

/* What real NICs have in common. */
#define REAL \
	.max_table_size = 1 << 24, \
	.max_conns = 1 << 20, \
	.max_actions = PROFILE_ACTIONS_MAX

static const struct asic_profile asic_profiles[] = {
	{
		.name = "full",
		FULL,
	}, {
		.name = "deep",
		FULL,
		.reads_past_options = true,
	}, {
		.name = "mlx5",
		REAL,
		.keys = COMMON_KEYS | TUNNEL_KEYS | KEY(META) | KEY(CVLAN) | KEY(IP) | KEY(TCP) |
			KEY(ICMP) | KEY(CT) | KEY(ENC_OPTS),
		.control_flags = FLOW_DIS_IS_FRAGMENT,
		.ports_tcp_udp = true,
		.actions = ACTION(REDIRECT) | ACTION(MIRRED) | ACTION(DROP) | ACTION(TRAP) |
			   ACTION(ACCEPT) | ACTION(GOTO) | TAG_ACTIONS | ACTION(VLAN_MANGLE) |
			   ACTION(MANGLE) | ACTION(ADD) | ACTION(CSUM) | ACTION(CT) |
			   TUNNEL_ACTIONS | ACTION(POLICE) | ACTION(SAMPLE),
		.max_outputs = 32,
		FIELDS(mlx5_fields),
		.sums = SUMS_BEHIND,
		.csum_flags = TCP_UDP_SUMS,
		.max_chain = U32_MAX - 1,
		.table_size = 1 << 20,
		.full_errno = ENOSPC,
		.hw_stats = FLOW_ACTION_HW_STATS_DELAYED_BIT,
		.delayed_stats = true,
	}, {
		.name = "nfp",
		REAL,
		.keys = COMMON_KEYS | TUNNEL_KEYS | KEY(META) | KEY(CVLAN) | KEY(IP) | KEY(TCP) |
			KEY(MPLS) | KEY(CT) | KEY(ENC_OPTS),
		.control_flags = FLOW_DIS_IS_FRAGMENT | FLOW_DIS_FIRST_FRAG,
		.actions = ACTION(REDIRECT) | ACTION(MIRRED) | ACTION(DROP) | ACTION(GOTO) |
			   TAG_ACTIONS | ACTION(MANGLE) | ACTION(CSUM) | ACTION(CT) |
			   ACTION(MPLS_PUSH) | ACTION(MPLS_POP) | ACTION(MPLS_MANGLE) |
			   TUNNEL_ACTIONS | ACTION(POLICE),
		FIELDS(full_fields),
		.sums = SUMS_ALL,
		.csum_flags = TCP_UDP_SUMS,
		.no_encap_df = true,
		.goto_behind_ct = true,
		.max_chain = U32_MAX,
		.no_priorities = true,
		.table_size = 1 << 18,
		.full_errno = ENOENT,
		.hw_stats = FLOW_ACTION_HW_STATS_DELAYED_BIT,
		.delayed_stats = true,
	}, {
		.name = "sfc",
		REAL,
		.keys = COMMON_KEYS | TUNNEL_KEYS | KEY(CVLAN) | KEY(IP) | KEY(TCP) | KEY(CT),
		.control_flags = FLOW_DIS_IS_FRAGMENT | FLOW_DIS_FIRST_FRAG,
		.ports_tcp_udp = true,
		.actions = ACTION(REDIRECT) | ACTION(MIRRED) | ACTION(DROP) | ACTION(GOTO) |
			   TAG_ACTIONS | ACTION(MANGLE) | ACTION(ADD) | ACTION(CT) |
			   TUNNEL_ACTIONS,
		FIELDS(sfc_fields),
		.sums = SUMS_OWN,
		.ttl_less_one = true,
		.goto_behind_ct = true,
		.max_chain = U32_MAX,
		.no_priorities = true,
		.table_size = 1 << 16,
		.full_errno = ENOSPC,
		.hw_stats = FLOW_ACTION_HW_STATS_DELAYED_BIT,
		.delayed_stats = true,
	}, {
		.name = "ice",
		REAL,
		.keys = COMMON_KEYS | TUNNEL_KEYS | KEY(CVLAN) | KEY(IP),
		.ports_tcp_udp = true,
		.actions = ACTION(REDIRECT) | ACTION(MIRRED) | ACTION(DROP),
		.action_errno = EINVAL,
		.mistakes = MISTAKE_ZERO_IS_ANY | MISTAKE_PROTO_BY_PORTS | MISTAKE_LAST_ACTION,
		.no_priorities = true,
		.table_size = 1 << 14,
		.full_errno = ENOSPC,
		.hw_stats = FLOW_ACTION_HW_STATS_DELAYED_BIT,
		.no_stats = true,
	}, {
		.name = "bnxt",
		REAL,
		.keys = COMMON_KEYS | KEY(ICMP) | KEY(ENC_KEYID) | KEY(ENC_PORTS) |
			KEY(ENC_IPV4_ADDRS) | KEY(ENC_CONTROL),
		.silent_keys = KEY(META) | KEY(CVLAN) | KEY(IP) | KEY(TCP) | KEY(ARP) | KEY(MPLS) |
			       KEY(CT) | KEY(ENC_IP) | KEY(ENC_OPTS),
		.ports_tcp_udp = true,
		.actions = ACTION(REDIRECT) | ACTION(DROP) | TAG_ACTIONS | ACTION(MANGLE) |
			   TUNNEL_ACTIONS,
		.silent_actions = ACTION(MIRRED) | ACTION(TRAP) | ACTION(ACCEPT) | ACTION(GOTO) |
				  ACTION(ADD) | ACTION(CSUM) | ACTION(CT) | ACTION(POLICE) |
				  ACTION(SAMPLE) | ACTION(MPLS_PUSH) | ACTION(MPLS_POP) |
				  ACTION(MPLS_MANGLE),
		.action_errno = EINVAL,
		FIELDS(bnxt_fields),
		.sums = SUMS_OWN,
		.mistakes = MISTAKE_PREFIX | MISTAKE_LAST_ADDRESS | MISTAKE_SOURCE_PORT |
			    MISTAKE_IPV6_DESTINATION | MISTAKE_TAG_PRIORITY | MISTAKE_TAG_MACS,
		.no_priorities = true,
		.table_size = 1 << 14,
		.full_errno = ENOSPC,
		.hw_stats = FLOW_ACTION_HW_STATS_DELAYED_BIT,
		.delayed_stats = true,
	}, {
		.name = "octeontx2",
		REAL,
		.keys = COMMON_KEYS | KEY(CVLAN) | KEY(IP) | KEY(TCP) | KEY(ICMP) | KEY(MPLS),
		.control_flags = FLOW_DIS_IS_FRAGMENT,
		.actions = ACTION(REDIRECT_INGRESS) | ACTION(DROP) | ACTION(VLAN_POP),
		.ingress_outputs = true,
		.max_outputs = 1,
		.table_size = 16,
		.full_errno = ENOMEM,
		.hw_stats = FLOW_ACTION_HW_STATS_IMMEDIATE_BIT,
	},
};

const struct asic_profile *const asic_profile_default = &asic_profiles[0];

/**
 * asic_profile_find() - look a profile up
 * @name:	its name
 *
 * Any thread. Return: the profile, which lives as long as the module, or NULL if there is none.
 */
const struct asic_profile *asic_profile_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asic_profiles); i++)
		if (!strcmp(asic_profiles[i].name, name))
			return &asic_profiles[i];
	return NULL;
}

/**
 * asic_profile_has_key() - can it match on this?
 * @profile:	kind of NIC
 * @key:	enum flow_dissector_key_id
 *
 * Any thread.
 */
bool asic_profile_has_key(const struct asic_profile *profile, unsigned int key)
{
	return key < 64 && profile->keys & BIT_ULL(key);
}

/**
 * asic_profile_ignores_key() - does it take a match on this, and not look at it?
 * @profile:	kind of NIC
 * @key:	enum flow_dissector_key_id
 *
 * Any thread.
 */
bool asic_profile_ignores_key(const struct asic_profile *profile, unsigned int key)
{
	return key < 64 && profile->silent_keys & BIT_ULL(key);
}

/**
 * asic_profile_has_action() - can it do this?
 * @profile:	kind of NIC
 * @id:		action as TC hands it over
 *
 * Any thread.
 */
bool asic_profile_has_action(const struct asic_profile *profile, enum flow_action_id id)
{
	return id < 64 && profile->actions & BIT_ULL(id);
}

/**
 * asic_profile_ignores_action() - does it take this, and not do it?
 * @profile:	kind of NIC
 * @id:		action as TC hands it over
 *
 * Any thread.
 */
bool asic_profile_ignores_action(const struct asic_profile *profile, enum flow_action_id id)
{
	return id < 64 && profile->silent_actions & BIT_ULL(id);
}

/* Which bits of the byte at @offset in @header may change. */
static u8 editable_bits(const struct asic_profile *profile,
			enum flow_action_mangle_base header, u32 offset)
{
	unsigned int i;

	for (i = 0; i < profile->num_fields; i++) {
		const struct asic_field *field = &profile->fields[i];

		if (field->header == header && offset >= field->offset &&
		    offset < field->offset + field->length)
			return field->bits[(offset - field->offset) % 2];
	}
	return 0;
}

/**
 * asic_profile_can_edit() - may pedit change these bits?
 * @profile:	kind of NIC
 * @header:	header that the offset counts from
 * @offset:	first of four bytes
 * @bits:	the bits of those four, as on the wire
 *
 * Any thread.
 */
bool asic_profile_can_edit(const struct asic_profile *profile,
			   enum flow_action_mangle_base header, u32 offset, __be32 bits)
{
	const u8 *byte = (const u8 *)&bits;
	unsigned int i;

	for (i = 0; i < sizeof(bits); i++)
		if (byte[i] & ~editable_bits(profile, header, offset + i))
			return false;
	return true;
}
