/* SPDX-License-Identifier: Apache-2.0 */
/*
 * band: which priorities, chains, handles and cookies are whose. The one
 * place where they are written down.
 *
 * TC priorities (lower is looked at first). One priority holds one protocol
 * (tcf_chain_tp_find() in net/sched/cls_api.c), so each source needs one per
 * Ethernet type. All of what nftables needs is at most 16, the largest that
 * mlx5 takes without ignore_flow_level, and each costs it a hardware table.
 *
 *	1		OVS's own tc provider: policing
 *	2 to 4		the same: IPv4, IPv6, 802.1Q (get_prio_for_tc_flower)
 *	5 to 8		the same counts up from 5 for each further Ethernet
 *			type; it hardly ever gets past 8
 *	9 to 12		ours: guards of the flowtable source
 *	13 to 16	ours: the flowtable source
 *	17 to 24	ours: the OVS source, 24 for rules of any Ethernet type.
 *			After the flowtable, for the kernel's software path has
 *			them in that order, too: nftables' ingress hook, then OVS.
 *	49152 and down	the kernel, when people name no priority
 *
 * Chains: 0 for the flowtable. OVS takes a recirculation id for a chain, and
 * those are below 2^28 (TC_ACT_EXT_VAL_MASK); the last one of these is for our
 * probes, so that no packet gets to them.
 *
 * Police indices: OVS's tc provider has its meters from 0x10000000 to
 * 0x1fffffff, and when it gets its first port deletes every policer there that
 * no rule uses, whoever made it. Ours are the next as many, so that both
 * providers can run in one process: OVS tells each of them of every meter.
 *
 * Handles: ours are from NFO_BAND_HANDLE_MIN up, each used for one rule of all
 * ports. The kernel's own start at 1 (fl_change() in cls_flower.c).
 *
 * Guards. A router must not forward a packet with TTL 0 or 1; it has to answer
 * it, and only software can. A flow's rule cannot leave such packets out: TC
 * flower matches the TTL by value and mask, "not 0 and not 1" is not one such
 * match but seven rules. (That a packet is no fragment, or has none of SYN,
 * FIN and RST, is one match, value 0 under a mask; so that is in the flow's
 * rule itself.) So for each port, protocol and number of VLAN tags there is
 * one rule before the flows' that hands TTL 0 and 1 to software, there from
 * before the first flow that needs it until after the last.
 */
#ifndef NFO_BAND_H
#define NFO_BAND_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

/* Who wants a rule. Numbers are in cookies: they stay. */
enum nfo_source {
	NFO_SOURCE_GUARD	= 1,	/* the table itself, see above */
	NFO_SOURCE_FLOWTABLE	= 2,
	NFO_SOURCE_OVS		= 3,
	NFO_SOURCE_COUNT,
};

#define NFO_BAND_PRIO_GUARD	9
#define NFO_BAND_PRIO_FLOWTABLE	13
#define NFO_BAND_PRIO_OVS	17
#define NFO_BAND_PRIO_OVS_ANY	24	/* whatever the Ethernet type */
#define NFO_BAND_PRIO_END	25	/* the first that is not ours */

#define NFO_BAND_HANDLE_MIN	0x10000000U
#define NFO_BAND_HANDLE_MAX	0xfffffff0U

#define NFO_BAND_POLICE_MIN	0x20000000U
#define NFO_BAND_POLICE_MAX	0x2fffffffU

#define NFO_BAND_CHAIN_PROBE	0x0fffffffU

/*
 * nfo_band_prio: the priority of rules of @source with TC protocol @protocol
 * (network byte order, as nfo_rule_protocol() says it); 0 if the band of that
 * source has none for it. A rule for another Ethernet type cannot go under
 * ETH_P_ALL: what flower compares with is the type behind all tags (fl_classify(), by
 * the flow dissector), so that it would take tagged packets, too.
 */
static inline uint16_t nfo_band_prio(enum nfo_source source, __be16 protocol)
{
	static const struct {
		uint16_t first;
		uint16_t n;
	} bands[NFO_SOURCE_COUNT] = {
		[NFO_SOURCE_GUARD] = { NFO_BAND_PRIO_GUARD, 4 },
		[NFO_SOURCE_FLOWTABLE] = { NFO_BAND_PRIO_FLOWTABLE, 4 },
		[NFO_SOURCE_OVS] = { NFO_BAND_PRIO_OVS, 7 },
	};
	static const uint16_t protocols[] = {
		ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD,
		ETH_P_ARP, ETH_P_MPLS_UC, ETH_P_MPLS_MC,
	};

	for (uint16_t i = 0; i < bands[source].n; i++)
		if (protocols[i] == ntohs(protocol))
			return bands[source].first + i;
	return source == NFO_SOURCE_OVS && protocol == htons(ETH_P_ALL) ?
	       NFO_BAND_PRIO_OVS_ANY : 0;
}

/* nfo_band_has: is @prio of the bands above, so that a rule may be ours? */
static inline bool nfo_band_has(uint16_t prio)
{
	return prio >= NFO_BAND_PRIO_GUARD && prio < NFO_BAND_PRIO_END;
}

#endif /* NFO_BAND_H */
