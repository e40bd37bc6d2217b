// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_data: the drivers, a row each; see dialect.h.
 *
 * Read in the source of the drivers (drivers/net/ethernet/ of Linux 6.12 to
 * 7.3), the file named with each; nothing of it was tried on a NIC. What
 * depends on firmware or mode is there: where it lacks, the driver refuses, and
 * says so.
 */
#include <endian.h>
#include <errno.h>

#include "dialect.h"

#define ALL6	{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }
#define ALL16	{ .s6_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
			       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }
#define BYTES16	{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }
#define ALL32	0xffffffff
#define ALL16B	0xffff

/* A constant of a packet's byte order, which htons() is not in C. */
#if __BYTE_ORDER == __LITTLE_ENDIAN
#define BE16(x)	__builtin_bswap16(x)
#define BE32(x)	__builtin_bswap32(x)
#else
#define BE16(x)	(x)
#define BE32(x)	(x)
#endif

#define ACT(name)	(1U << NFO_ACT_##name)

/* What they all look at. */
#define MATCH_ADDRESSES						\
	.eth_type = ALL16B, .ip_proto = 0xff,			\
	.ipv4_src = ALL32, .ipv4_dst = ALL32,			\
	.ipv6_src = ALL16, .ipv6_dst = ALL16
#define MATCH_PORTS	.sport = ALL16B, .dport = ALL16B
#define MATCH_TAG						\
	.vlan_tpid = { ALL16B }, .vlan_vid = { 0xfff }, .vlan_pcp = { 7 }
#define MATCH_TAGS						\
	.vlan_tpid = { ALL16B, ALL16B }, .vlan_vid = { 0xfff, 0xfff }, \
	.vlan_pcp = { 7, 7 }
#define MATCH_TUNNEL						\
	.tun_id = ALL32, .tun_ipv4_src = ALL32, .tun_ipv4_dst = ALL32, \
	.tun_ipv6_src = ALL16, .tun_ipv6_dst = ALL16, .tun_dport = ALL16B
#define SET_MACS	.eth_src = ALL6, .eth_dst = ALL6
#define SET_ADDRESSES						\
	.ipv4_src = ALL32, .ipv4_dst = ALL32,			\
	.ipv6_src = ALL16, .ipv6_dst = ALL16

const struct nfo_dialect nfo_dialect_generic = {
	.name = "generic",
	.unknown = true,
	.priorities = true,
	.full = { ENOSPC },
};

/*
 * mellanox/mlx5/core: en_tc.c (parse_cls_flower, offload_pedit_fields,
 * modify_header_match_supported), en/tc_ct.c, en/tc_tun.c, en/tc/act/. An outer
 * Don't Fragment it takes and does not write; it is the tunnel's business and
 * left as it is.
 */
static const struct nfo_dialect mlx5 = {
	.name = "mlx5",
	.drivers = { "mlx5e_rep", "mlx5_core" },
	.match = {
		MATCH_ADDRESSES, MATCH_PORTS, MATCH_TAGS, MATCH_TUNNEL,
		.eth_src = ALL6, .eth_dst = ALL6, .tos = 0xff, .ttl = 0xff,
		.ip_frag = NFO_FRAG_ANY, .tcp_flags = BE16(0x1ff),
		.icmp_type = 0xff, .icmp_code = 0xff,
		.ct_state = NFO_CT_NEW | NFO_CT_EST | NFO_CT_REL | NFO_CT_TRK |
			    NFO_CT_INV | NFO_CT_RPL,
		.ct_zone = ALL16B, .ct_mark = ALL32, .ct_label = BYTES16,
		.tun_sport = ALL16B, .tun_tos = 0xff, .tun_ttl = 0xff,
		.tun_gbp = ALL32,
	},
	/* A label is a number that stands for all of it. */
	.exact = { .tun_dport = 1, .ct_label = { 1 } },
	.ct_set = NFO_CT_NEW | NFO_CT_EST | NFO_CT_TRK | NFO_CT_RPL,
	.tcp_set = 0x1ff,
	.geneve_match = NFO_GENEVE_MAX,
	.actions = ACT(REDIRECT) | ACT(DROP) | ACT(TRAP) | ACT(PASS) |
		   ACT(GOTO) | ACT(MIRROR) | ACT(VLAN_PUSH) | ACT(VLAN_POP) |
		   ACT(VLAN_MODIFY) | ACT(SET) | ACT(DEC_TTL) | ACT(CSUM) |
		   ACT(TUNNEL_SET) | ACT(TUNNEL_RELEASE) | ACT(CT) |
		   ACT(POLICE) | ACT(CHECK_PKT_LEN) | ACT(SKBEDIT_PTYPE) |
		   ACT(SAMPLE),
	.outputs = 32,
	.pops = 2, .pushes = 2, .push_pcp = true,
	/* The two bits of congestion are no part of its DSCP. */
	.set = {
		SET_MACS, SET_ADDRESSES, MATCH_PORTS, .tos = 0xfc, .ttl = 0xff,
	},
	.set_one_run = true, .set_once = true, .set_transport = true,
	.csum = NFO_SUMS_BEHIND,
	.csums = NFO_CSUM_IPV4 | NFO_CSUM_TCP | NFO_CSUM_UDP,
	.encap_ipv4 = true, .encap_ipv6 = true, .encap_ttl = true,
	.encap_tos = true, .encap_gbp = true, .encap_csum = true,
	.encap_df = true,
	.encap_geneve = { NFO_GENEVE_MAX, NFO_GENEVE_MAX },
	.ct_flags = NFO_CT_COMMIT | NFO_CT_FORCE | NFO_CT_CLEAR | NFO_CT_NAT |
		    NFO_CT_NAT_SRC | NFO_CT_NAT_DST,
	.priorities = true, .unlocked = true,
	.stats = NFO_STATS_DELAYED,
	.full = { ENOSPC, EAGAIN, ENOMEM },
};

/*
 * netronome/nfp/flower: offload.c (nfp_flower_calculate_key_layers), match.c,
 * action.c. It decrements no TTL, and wants every checksum named that its
 * firmware mends. Bits of TCP flags other than these it does not look at.
 */
static const struct nfo_dialect nfp = {
	.name = "nfp",
	.drivers = { "nfp" },
	.match = {
		MATCH_ADDRESSES, MATCH_PORTS, MATCH_TAGS, MATCH_TUNNEL,
		.eth_src = ALL6, .eth_dst = ALL6, .tos = 0xff, .ttl = 0xff,
		.ip_frag = NFO_FRAG_ANY | NFO_FRAG_FIRST,
		.tcp_flags = BE16(0x2f), .mpls_lse = BE32(0xffffff00),
		.ct_state = NFO_CT_EST | NFO_CT_TRK, .ct_zone = ALL16B,
		.tun_tos = 0xff, .tun_ttl = 0xff,
	},
	.ignored = { .tcp_flags = BE16(0xfd0), .mpls_lse = BE32(0xff) },
	.exact = {
		.ip_proto = 1, .eth_type = 1, .tun_dport = 1,
		.tun_ipv4_dst = 1, .tun_ipv6_dst = ALL16,
	},
	.ct_set = NFO_CT_EST | NFO_CT_TRK,
	.tcp_set = 0x07,
	.sctp_ports = true,
	.types = { 0x0800, 0x86dd, 0x8847, 0x8848 },
	.geneve_match = 32,
	.actions = ACT(REDIRECT) | ACT(DROP) | ACT(GOTO) | ACT(MIRROR) |
		   ACT(VLAN_PUSH) | ACT(VLAN_POP) | ACT(MPLS_PUSH) |
		   ACT(MPLS_POP) | ACT(MPLS_MODIFY) | ACT(SET) | ACT(CSUM) |
		   ACT(TUNNEL_SET) | ACT(TUNNEL_RELEASE) | ACT(CT) |
		   ACT(POLICE) | ACT(SKBEDIT_PTYPE),
	.outputs = 32,
	.pops = 2, .pushes = 2, .push_pcp = true,
	.set = {
		SET_MACS, SET_ADDRESSES, MATCH_PORTS, .tos = 0xff, .ttl = 0xff,
	},
	.ttl = NFO_TTL_SET,
	.csum = NFO_SUMS_ALL,
	.csums = NFO_CSUM_IPV4 | NFO_CSUM_TCP | NFO_CSUM_UDP,
	.encap_ipv4 = true, .encap_ipv6 = true, .encap_ttl = true,
	.encap_tos = true, .encap_csum = true,
	.encap_geneve = { 32, 8 },
	.ct_flags = NFO_CT_CLEAR | NFO_CT_NAT,
	.chains = NFO_CHAINS_CT,
	.unlocked = true,
	.stats = NFO_STATS_DELAYED,
	.full = { ENOENT },
};

/*
 * sfc: tc.c (efx_tc_flower_parse_match, efx_tc_flower_action_order_ok,
 * efx_tc_mangle, efx_tc_pedit_add), tc_encap_actions.c, mae.c. All rules have
 * one priority (EFX_TC_PRIO_TC).
 */
static const struct nfo_dialect sfc = {
	.name = "sfc",
	.drivers = { "efx_ef100_rep", "sfc" },
	.match = {
		MATCH_ADDRESSES, MATCH_PORTS, MATCH_TAGS, MATCH_TUNNEL,
		.eth_src = ALL6, .eth_dst = ALL6, .tos = 0xff, .ttl = 0xff,
		.ip_frag = NFO_FRAG_ANY | NFO_FRAG_FIRST,
		.tcp_flags = BE16(0xfff),
		.ct_state = NFO_CT_EST | NFO_CT_TRK, .ct_zone = ALL16B,
		.ct_mark = ALL32, .tun_sport = ALL16B, .tun_tos = 0xff,
	},
	.exact = {
		.tun_dport = 1, .tun_ipv4_src = 1, .tun_ipv4_dst = 1,
		.tun_ipv6_src = ALL16, .tun_ipv6_dst = ALL16,
	},
	.ct_set = NFO_CT_EST | NFO_CT_TRK,
	.tcp_set = 0xfff,
	.tun_port_needed = true,
	.actions = ACT(REDIRECT) | ACT(DROP) | ACT(GOTO) | ACT(MIRROR) |
		   ACT(VLAN_PUSH) | ACT(VLAN_POP) | ACT(SET) | ACT(DEC_TTL) |
		   ACT(TUNNEL_SET) | ACT(TUNNEL_RELEASE) | ACT(CT),
	.outputs = 32,
	.output = NFO_OUTPUT_OUT,
	.pops = 2, .pushes = 2, .push_pcp = true,
	.set = { SET_MACS, .ttl = 0xff },
	.set_whole = true,
	.ttl = NFO_TTL_LESS_ONE,
	.csum = NFO_SUMS_OWN,
	.pop_first = true,
	.encap_ipv4 = true, .encap_ipv6 = true, .encap_src_needed = true,
	.ct_flags = NFO_CT_NAT,
	.chains = NFO_CHAINS_CT,
	.stats = NFO_STATS_DELAYED,
	.full = { ENOSPC },
};

/*
 * intel/ice/ice_tc_lib.c. Its parser has a packet type for fragments of their
 * own, the first one too, which no rule with ports is of. What ip_proto says it
 * looks at for the ports alone, and values of 0 it takes for none (ice_tc_set_*).
 * The last action wins. All rules have one priority.
 */
static const struct nfo_dialect ice = {
	.name = "ice",
	.drivers = { "ice" },
	.match = {
		MATCH_ADDRESSES, MATCH_PORTS, MATCH_TAGS, MATCH_TUNNEL,
		.eth_src = ALL6, .eth_dst = ALL6, .tos = 0xff, .ttl = 0xff,
		.tun_tos = 0xff, .tun_ttl = 0xff,
	},
	.exact = { .vlan_vid = { 1, 1 }, .ip_proto = 1, .eth_type = 1 },
	.not_zero = {
		.eth_src = ALL6, .eth_dst = ALL6, .eth_type = 1,
		.ipv4_src = 1, .ipv4_dst = 1, .sport = 1, .dport = 1,
		.tun_ipv4_src = 1, .tun_ipv4_dst = 1, .tun_dport = 1,
	},
	.proto_by_ports = true,
	.frag_by_ports = true,
	.actions = ACT(REDIRECT) | ACT(DROP),
	.outputs = 1,
	.output = NFO_OUTPUT_OUT,
	.ttl = NFO_TTL_FIXED,
	.csum = NFO_SUMS_OWN,
	.chains = NFO_CHAINS_NONE,
	.stats = NFO_STATS_NONE,
	.full = { ENOSPC },
};

/*
 * broadcom/bnxt/bnxt_tc.c: bnxt_tc_parse_flow() asks for the keys it knows and
 * never whether there are others; bnxt_tc_parse_actions() passes over what it
 * does not know. Of an address' mask it tells the firmware the number of bits.
 * A second address to rewrite overwrites the first; an IPv6 destination is
 * kept where the source's is and never sent; a tag goes without a mask, so that
 * one of any id would be one of id 0 (is_vlan_tci_allowed()); of a word with ports it takes the
 * half where the source port is (bnxt_tc_parse_pedit()). With a tag it sends
 * the addresses of the match as those to write (bnxt_hwrm_cfa_flow_alloc()).
 * Where ports are in a fragment its firmware does not say: as with RSS, taken
 * to be nowhere. Checksums the NIC mends, whether asked or not.
 */
static const struct nfo_dialect bnxt = {
	.name = "bnxt",
	.drivers = { "bnxt_en" },
	.match = {
		MATCH_ADDRESSES, MATCH_PORTS, MATCH_TAG,
		.eth_src = ALL6, .eth_dst = ALL6,
		.icmp_type = 0xff, .icmp_code = 0xff,
		.tun_id = ALL32, .tun_ipv4_src = ALL32, .tun_ipv4_dst = ALL32,
		.tun_dport = ALL16B,
	},
	.ignored = {
		.vlan_tpid = { 0, ALL16B }, .vlan_vid = { 0, 0xfff },
		.vlan_pcp = { 0, 7 }, .tos = 0xff, .ttl = 0xff,
		.tcp_flags = ALL16B, .mpls_lse = ALL32, .arp_op = 0xff,
		.arp_sip = ALL32, .arp_tip = ALL32, .arp_sha = ALL6,
		.arp_tha = ALL6, .ct_state = ALL16B, .ct_zone = ALL16B,
		.ct_mark = ALL32, .ct_label = BYTES16, .tun_sport = ALL16B,
		.tun_flags = ALL16B, .tun_tos = 0xff, .tun_ttl = 0xff,
		.tun_gbp = ALL32,
	},
	.exact = {
		.eth_src = { 1 }, .eth_dst = { 1 }, .eth_type = 1,
		.ip_proto = 1, .vlan_tpid = { 1 }, .vlan_vid = { 1 },
		.icmp_type = 1, .icmp_code = 1, .tun_id = 1,
		.tun_ipv4_src = 1, .tun_ipv4_dst = 1, .tun_dport = 1,
	},
	.prefix = {
		.ipv4_src = 1, .ipv4_dst = 1,
		.ipv6_src = ALL16, .ipv6_dst = ALL16,
	},
	.frag_by_ports = true,
	.type_needed = true,
	.tag_8021q = true, .tag_by_id = true,
	.tun_port_needed = true,
	.actions = ACT(REDIRECT) | ACT(DROP) | ACT(VLAN_PUSH) | ACT(VLAN_POP) |
		   ACT(SET) | ACT(CSUM) | ACT(TUNNEL_SET) |
		   ACT(TUNNEL_RELEASE),
	.actions_ignored = ACT(TRAP) | ACT(PASS) | ACT(GOTO) | ACT(MIRROR) |
			   ACT(MPLS_PUSH) | ACT(MPLS_POP) | ACT(MPLS_MODIFY) |
			   ACT(CT) | ACT(POLICE) | ACT(CHECK_PKT_LEN) |
			   ACT(SKBEDIT_PTYPE) | ACT(SAMPLE),
	.outputs = 1,
	.output = NFO_OUTPUT_OUT,
	.pops = 1, .pushes = 1,
	.tag_by_macs = true,
	.set = {
		SET_MACS, .ipv4_src = ALL32, .ipv4_dst = ALL32,
		.ipv6_src = ALL16, .sport = ALL16B,
	},
	.set_whole = true, .set_macs = true, .set_one_side = true,
	.ttl = NFO_TTL_FIXED,
	.csums = NFO_CSUM_IPV4 | NFO_CSUM_TCP | NFO_CSUM_UDP | NFO_CSUM_ICMP,
	.encap_ipv4 = true,
	.encap_port = 4789,
	.chains = NFO_CHAINS_NONE,
	.stats = NFO_STATS_DELAYED,
	.full = { ENOSPC, ENOMEM },
};

/*
 * marvell/octeontx2/nic: otx2_tc.c (otx2_tc_prepare_flow, otx2_tc_parse_actions)
 * for representors, rep.c, which ethtool has no name for: the one here is that
 * of their PCI device's driver. Of fragments it sees those with more to come,
 * of IPv6 none.
 */
static const struct nfo_dialect octeontx2 = {
	.name = "octeontx2",
	.drivers = { "rvu_rep" },
	.match = {
		MATCH_ADDRESSES, MATCH_PORTS, MATCH_TAGS, .eth_dst = ALL6,
		.tos = 0xff, .tcp_flags = BE16(0xfff),
		.icmp_type = 0xff, .icmp_code = 0xff,
		.mpls_lse = ALL32,
	},
	.exact = { .ip_proto = 1, .vlan_tpid = { 1, 1 } },
	.tcp_set = 0xfff,
	.sctp_ports = true,
	.frag_by_ports = true,
	.actions = ACT(REDIRECT) | ACT(DROP) | ACT(VLAN_POP),
	.outputs = 1,
	.output = NFO_OUTPUT_IN,
	.pops = 1,
	.ttl = NFO_TTL_FIXED,
	.csum = NFO_SUMS_OWN,
	.chains = NFO_CHAINS_NONE,
	.priorities = true,
	.stats = NFO_STATS_PROMPT,
	.full = { ENOMEM },
};

const struct nfo_dialect *const nfo_dialects[] = {
	&mlx5, &nfp, &sfc, &ice, &bnxt, &octeontx2, NULL,
};
