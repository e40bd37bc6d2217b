/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialect: what a NIC's driver takes, and how it wants to be told.
 *
 * TC flower is one language, and each driver understands a part of it, often
 * in words of its own: one wants no checksum action, another one knows no
 * output but "as if received there". Some take a rule and program half of it
 * without a word, so that waiting for their refusal is not enough.
 *
 * A dialect says a source's rule so that its driver does what the rule means,
 * or refuses it, naming what is in the way. What it knows is data, a row for
 * each driver (dialect_data.c), read in the drivers' source. A driver that has
 * no row is told everything as it is and left to refuse.
 *
 * Nothing here does I/O, locks or keeps state; dialects are static. Any thread.
 */
#ifndef NFO_DIALECT_H
#define NFO_DIALECT_H

#include <linux/nft_offload.h>
#include <stdbool.h>
#include <stdint.h>

#include "rule.h"

/* Whether it counts, and how soon what it counted can be read. */
enum nfo_dialect_stats {
	NFO_STATS_PROMPT,	/* when asked */
	NFO_STATS_DELAYED,	/* what it read a second or so ago */
	NFO_STATS_NONE,		/* a busy flow looks idle */
};

/* What it can do to a TTL or hop limit. */
enum nfo_dialect_ttl {
	NFO_TTL_FREE,		/* set and decrement */
	NFO_TTL_SET,
	NFO_TTL_LESS_ONE,	/* decrement; set where that comes to the same */
	NFO_TTL_FIXED,		/* nothing */
};

/* What it makes of the action csum. */
enum nfo_dialect_csum {
	NFO_SUMS_FREE,
	NFO_SUMS_BEHIND,	/* only behind a rewrite */
	NFO_SUMS_ALL,		/* the same, and it must name all that the NIC
				 * mends: the header's and the transport's */
	NFO_SUMS_OWN,		/* no such action: it mends what it rewrites */
};

/* How far it goes on in other chains. */
enum nfo_dialect_chains {
	NFO_CHAINS_FREE,
	NFO_CHAINS_CT,		/* from 0, behind the action ct, to one more */
	NFO_CHAINS_NONE,	/* chain 0 only */
};

/* Where an output goes to. */
enum nfo_dialect_output {
	NFO_OUTPUT_BOTH,	/* out, or with ptype "as if received there" */
	NFO_OUTPUT_OUT,		/* out of the port */
	NFO_OUTPUT_IN,		/* said as "received there", and means out */
};

/*
 * Masks are structs of the rule model: a bit that is 1 is one that the driver
 * can look at, or rewrite. A field that is not 0 in @exact and the like has
 * that quality.
 */
struct nfo_dialect {
	const char	*name;
	/* What the kernel calls the driver of a port (ethtool -i); NULL ends. */
	const char	*drivers[4];
	/* Nothing is known of it: rules are said as they are. */
	bool		unknown;

	/* --- the match --- */
	struct nfo_key	match;
	/* Not in @match, and taken without a word all the same. */
	struct nfo_key	ignored;
	struct nfo_key	exact;		/* the whole field or none of it */
	struct nfo_key	prefix;		/* leading bits only */
	struct nfo_key	not_zero;	/* a value of 0 is not looked at */
	uint16_t	ct_set;		/* NFO_CT_* that may have to be set */
	uint16_t	tcp_set;	/* TCP flags that may have to be set */
	bool		sctp_ports;	/* not of TCP and UDP alone */
	/* Not without ports: it does not look at ip_proto otherwise. */
	bool		proto_by_ports;
	/*
	 * It has no match for "no fragment", or one that misses some, but
	 * finds the ports of a packet in no fragment: a match on a port is the
	 * same.
	 */
	bool		frag_by_ports;
	bool		type_needed;	/* eth_type must be matched, as a whole */
	uint16_t	types[5];	/* eth_type it takes, host order; none: all */
	bool		tag_8021q;	/* takes each tag for one of 802.1Q */
	bool		tag_by_id;	/* with its id; of priorities 0 only */
	bool		tun_port_needed; /* no tunnel without its UDP port */
	uint16_t	geneve_match;	/* bytes of options; 0: none */

	/* --- the actions --- */
	uint32_t	actions;	/* 1 << NFO_ACT_* */
	uint32_t	actions_ignored;
	uint8_t		outputs;	/* redirect and mirror, at the most */
	enum nfo_dialect_output output;
	uint8_t		pops;		/* tags taken off, at the most */
	uint8_t		pushes;
	bool		push_pcp;	/* a priority other than 0 */
	/*
	 * With a tag it writes the addresses that the rule matches: they must
	 * be matched, and cannot be rewritten.
	 */
	bool		tag_by_macs;
	struct nfo_set	set;
	bool		set_whole;	/* each field as a whole */
	bool		set_one_run;	/* bits in a row */
	bool		set_once;	/* no bit twice */
	bool		set_macs;	/* both Ethernet addresses or none */
	bool		set_one_side;	/* source or destination, not both */
	bool		set_transport;	/* IP rewrites: of TCP, UDP, ICMP only */
	enum nfo_dialect_ttl ttl;
	enum nfo_dialect_csum csum;
	uint32_t	csums;		/* NFO_CSUM_* */
	bool		pop_first;	/* tags go off before others come on */
	bool		encap_ipv4;
	bool		encap_ipv6;
	uint16_t	encap_port;	/* only to this UDP port; 0: any */
	bool		encap_src_needed; /* it looks for none itself */
	bool		encap_ttl;	/* other than what hosts send, 64 */
	bool		encap_tos;
	bool		encap_gbp;
	bool		encap_csum;	/* an outer UDP checksum can be had */
	/* Don't Fragment of an outer header: false: it cannot be asked for. */
	bool		encap_df;
	uint16_t	encap_geneve[2]; /* bytes of options, IPv4 and IPv6 */
	uint32_t	ct_flags;	/* NFO_CT_COMMIT ... */

	/* --- the table --- */
	enum nfo_dialect_chains chains;
	/* A rule with a lower priority number is looked at first. */
	bool		priorities;
	bool		unlocked;	/* takes rules without RTNL */
	enum nfo_dialect_stats stats;
	int		full[4];	/* errno, positive; 0 ends */
};

/* The dialect of drivers that have none of their own. */
extern const struct nfo_dialect nfo_dialect_generic;

/* All others; NULL ends. */
extern const struct nfo_dialect *const nfo_dialects[];

/*
 * The dialect of @driver, as ethtool has the name ("mlx5e_rep"); the generic
 * one for NULL, "" and what is not known. eswsim simulates other drivers and
 * then is called "eswsim-" and the dialect's name. Never NULL.
 */
const struct nfo_dialect *nfo_dialect_find(const char *driver);

/* Where a rule is to lie, as far as drivers care. */
struct nfo_dialect_place {
	uint32_t	chain;
	bool		indirect;	/* on a tunnel or internal port */
};

/* A rule as a driver must be told it. */
struct nfo_said {
	bool		same;		/* it is the source's; @rule is empty */
	/*
	 * It means what the source meant to this driver only: it must not lie
	 * in software, too.
	 */
	bool		hw_only;
	struct nfo_rule	rule;		/* normalised; the caller's to free */
	char		text[NFT_OFFLOAD_TEXT_MAX]; /* of a refusal */
};

/*
 * How to say @rule (normalised) at @place so that the driver of @dialect does
 * what it means. NFT_OFFLOAD_REASON_NONE and @said, nfo_rule_uninit() for its
 * rule; or NIC_UNABLE with text, "ice: cannot rewrite headers"; or NO_MEMORY.
 * On a refusal the rule of @said is empty.
 *
 * What is said is said the same way again: what was read back from the kernel
 * and is said once more comes out unchanged, but for an output that is said as
 * "received there".
 */
enum nft_offload_reason nfo_dialect_say(const struct nfo_dialect *dialect,
					const struct nfo_rule *rule,
					const struct nfo_dialect_place *place,
					struct nfo_said *said);

/* Does @err (errno, the sign does not matter) mean that the table is full? */
bool nfo_dialect_is_full(const struct nfo_dialect *dialect, int err);

/*
 * Does the match leave TTL 0 and 1 out, so that the rule may decrement it
 * without a guard?
 */
bool nfo_dialect_ttl_safe(const struct nfo_rule *rule);

#endif /* NFO_DIALECT_H */
