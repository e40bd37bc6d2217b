/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule: what a packet must look like and what is then done with it.
 *
 * The one form in which every source (nftables flowtable, Open vSwitch) says
 * what it wants and every other part of the library reads it. A rule does not
 * know where it lies: that is the place (struct nfo_place), so the same rule
 * can be put on any port. A rule does no I/O and knows no TC attribute.
 *
 * Byte order: whatever a packet carries as a multi-byte field is in network
 * byte order (__be types, addresses); VLAN ids, conntrack state, zone, mark
 * and the VXLAN group policy are plain host integers.
 *
 * Threads: no function here locks or keeps state. A rule that nobody changes
 * any more may be read from any number of threads.
 */
#ifndef NFO_RULE_H
#define NFO_RULE_H

#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Actions of one rule, at the most. TC takes 32 (TCA_ACT_MAX_PRIO); an action
 * here can become at most one TC action, so the same bound holds.
 */
#define NFO_ACTIONS_MAX		32
/* Bytes of all Geneve options of one rule (kernel: 255, options are 4n). */
#define NFO_GENEVE_MAX		252
/* Room that nfo_rule_to_string() needs for most rules, in bytes. */
#define NFO_RULE_STRLEN		1024

/* Bits of nfo_key.ip_frag. */
#define NFO_FRAG_ANY		0x01	/* any fragment, the first too */
#define NFO_FRAG_FIRST		0x02	/* the fragment with offset 0 */

/* Bits of nfo_key.tun_flags and of a tunnel header to be put on. */
#define NFO_TUN_CSUM		0x01	/* outer UDP checksum is there */
#define NFO_TUN_DF		0x02	/* outer Don't Fragment */
#define NFO_TUN_OAM		0x04	/* Geneve: control packet */
#define NFO_TUN_CRIT		0x08	/* Geneve: has critical options */

/* Bits of nfo_key.ct_state. */
#define NFO_CT_NEW		0x01
#define NFO_CT_EST		0x02
#define NFO_CT_REL		0x04
#define NFO_CT_TRK		0x08
#define NFO_CT_INV		0x10
#define NFO_CT_RPL		0x20

/* Bits of an NFO_ACT_CSUM action: which checksums to compute anew. */
#define NFO_CSUM_IPV4		0x01
#define NFO_CSUM_ICMP		0x02	/* ICMP and ICMPv6 */
#define NFO_CSUM_IGMP		0x04
#define NFO_CSUM_TCP		0x08
#define NFO_CSUM_UDP		0x10
#define NFO_CSUM_UDPLITE	0x20
#define NFO_CSUM_SCTP		0x40

/* Bits of an NFO_ACT_CT action. */
#define NFO_CT_COMMIT		0x01
#define NFO_CT_FORCE		0x02
#define NFO_CT_CLEAR		0x04
#define NFO_CT_NAT		0x08	/* alone: as the connection says */
#define NFO_CT_NAT_SRC		0x10
#define NFO_CT_NAT_DST		0x20

/*
 * Fields of a packet, all of them flat. Used three times: value and mask of
 * a match, and (struct nfo_set) of a rewrite. As a mask, a bit that is 1 must
 * be equal; a field whose mask is 0 does not matter.
 *
 * The struct has no padding (asserted in rule.c), so that one can be cleared,
 * compared and masked as bytes.
 *
 * Tags: tag 0 is the outer one. A tag is there where the mask of its tpid is
 * not 0, tag 1 only if tag 0 is. eth_type is the type behind all tags. A rule
 * with eth_type and without a tag takes untagged packets only: TC compares
 * the type that the packet itself has.
 *
 * tun_*: the outer header of a packet that a tunnel device has decapsulated.
 * ttl and tos are the IPv6 hop limit and traffic class too.
 */
struct nfo_key {
	struct in6_addr	ipv6_src;
	struct in6_addr	ipv6_dst;
	struct in6_addr	tun_ipv6_src;
	struct in6_addr	tun_ipv6_dst;
	uint8_t		ct_label[16];

	__be32		ipv4_src;
	__be32		ipv4_dst;
	__be32		arp_sip;
	__be32		arp_tip;
	__be32		mpls_lse;	/* label 20, tc 3, bos 1, ttl 8 bits */
	__be32		tun_id;		/* VNI, GRE key */
	__be32		tun_ipv4_src;
	__be32		tun_ipv4_dst;
	uint32_t	tun_gbp;	/* VXLAN group policy, 32 bits as TC */
	uint32_t	ct_mark;

	uint8_t		eth_src[6];
	uint8_t		eth_dst[6];
	uint8_t		arp_sha[6];
	uint8_t		arp_tha[6];

	__be16		eth_type;
	__be16		vlan_tpid[2];
	uint16_t	vlan_vid[2];
	__be16		sport;		/* TCP, UDP, SCTP, by ip_proto */
	__be16		dport;
	__be16		tcp_flags;	/* low 12 bits */
	__be16		tun_sport;
	__be16		tun_dport;
	uint16_t	tun_flags;	/* NFO_TUN_* */
	uint16_t	ct_state;	/* NFO_CT_NEW ... NFO_CT_RPL */
	uint16_t	ct_zone;

	uint8_t		vlan_pcp[2];	/* 0 to 7 */
	uint8_t		ip_proto;
	uint8_t		tos;
	uint8_t		ttl;
	uint8_t		ip_frag;	/* NFO_FRAG_* */
	uint8_t		icmp_type;	/* ICMP or ICMPv6, by ip_proto */
	uint8_t		icmp_code;
	uint8_t		arp_op;
	uint8_t		tun_tos;
	uint8_t		tun_ttl;
	uint8_t		reserved[3];	/* 0 */
};

/*
 * Geneve options as on the wire: one after the other class (2 bytes), type,
 * length of the data in words, data (RFC 8926, section 3.5). @mask lies
 * beside @value; the mask of a length is not looked at, lengths are exact.
 * An action has no mask.
 */
struct nfo_geneve {
	uint16_t	len;		/* bytes in use, a multiple of 4 */
	uint8_t		value[NFO_GENEVE_MAX];
	uint8_t		mask[NFO_GENEVE_MAX];
};

/*
 * Fields that a rewrite can set, named as in struct nfo_key. Ports are those
 * of TCP or UDP, whichever the rule's match pins.
 */
struct nfo_set {
	struct in6_addr	ipv6_src;
	struct in6_addr	ipv6_dst;
	__be32		ipv4_src;
	__be32		ipv4_dst;
	__be16		sport;
	__be16		dport;
	uint8_t		eth_src[6];
	uint8_t		eth_dst[6];
	uint8_t		tos;
	uint8_t		ttl;
	uint8_t		reserved[2];	/* 0 */
};

enum nfo_action_type {
	NFO_ACT_NONE,
	/* These end the packet's way through the rule. */
	NFO_ACT_REDIRECT,	/* .port: out there, and nowhere else */
	NFO_ACT_DROP,
	NFO_ACT_TRAP,		/* to the CPU, as if no rule had matched */
	NFO_ACT_PASS,		/* end of classification, packet goes on */
	NFO_ACT_GOTO,		/* .chain */
	/* After these the next action follows. */
	NFO_ACT_MIRROR,		/* .port: a copy goes out there */
	NFO_ACT_VLAN_PUSH,	/* .vlan */
	NFO_ACT_VLAN_POP,
	NFO_ACT_VLAN_MODIFY,	/* .vlan */
	NFO_ACT_MPLS_PUSH,	/* .mpls, with label and ttl at least */
	NFO_ACT_MPLS_POP,	/* .mpls.proto: type of what is below */
	NFO_ACT_MPLS_MODIFY,	/* .mpls */
	NFO_ACT_SET,		/* .set */
	NFO_ACT_DEC_TTL,	/* TTL or hop limit less one */
	NFO_ACT_CSUM,		/* .csum: NFO_CSUM_* */
	NFO_ACT_TUNNEL_SET,	/* .tunnel: header for a tunnel device */
	NFO_ACT_TUNNEL_RELEASE,
	NFO_ACT_CT,		/* .ct */
	NFO_ACT_POLICE,		/* .police: index of a policer that is there */
	NFO_ACT_CHECK_PKT_LEN,	/* .check */
	NFO_ACT_SKBEDIT_PTYPE,	/* .ptype: PACKET_HOST ... */
	NFO_ACT_SAMPLE,		/* .sample */

	NFO_ACT_COUNT,
};

/* Addresses and ports that NAT may choose from, both ends included. */
struct nfo_nat {
	bool		is_ipv6;
	/* All 0: no address. IPv4 uses the first four bytes. */
	struct in6_addr	addr_min;
	struct in6_addr	addr_max;
	__be16		port_min;	/* 0: no ports */
	__be16		port_max;
};

/*
 * Packets longer than @len bytes (whole frame without FCS) run the next
 * @n_longer actions, the others the @n_other actions after these, then both
 * go on with what follows. A nested check counts with all its branches.
 * Where the first branch ends the packet's way, what follows both is only for
 * the second: normalising counts it there.
 */
struct nfo_check {
	uint32_t	len;
	uint8_t		n_longer;
	uint8_t		n_other;
};

struct nfo_tunnel {
	__be32		id;
	bool		has_id;
	bool		is_ipv6;
	uint8_t		tos;
	uint8_t		ttl;		/* 0: the tunnel's or route's own */
	__be16		dport;		/* 0: none (GRE) */
	uint16_t	flags;		/* NFO_TUN_CSUM, NFO_TUN_DF */
	bool		has_gbp;
	uint32_t	gbp;
	/* IPv4 uses the first four bytes. */
	struct in6_addr	src;
	struct in6_addr	dst;
	struct nfo_geneve *geneve;	/* owned by the rule; NULL: none */
};

struct nfo_action {
	enum nfo_action_type type;
	union {
		struct {
			uint32_t	ifindex;
			bool		ingress; /* as if received there */
		} port;
		uint32_t	chain;
		struct {
			__be16		tpid;
			uint16_t	vid;
			uint8_t		pcp;
			bool		keep_pcp;	/* modify only */
		} vlan;
		struct {
			__be16		proto;	/* push: of the label; pop */
			__be32		lse;
			__be32		mask;	/* fields given, whole ones */
		} mpls;
		struct {
			struct nfo_set	value;
			struct nfo_set	mask;
		} set;
		uint32_t	csum;
		struct nfo_tunnel tunnel;
		struct {
			uint32_t	flags;	/* NFO_CT_COMMIT ... */
			uint16_t	zone;
			uint32_t	mark;
			uint32_t	mark_mask;
			uint8_t		label[16];
			uint8_t		label_mask[16];
			struct nfo_nat	nat;
		} ct;
		uint32_t	police;
		struct nfo_check check;
		uint16_t	ptype;
		struct {
			uint32_t	group;	/* psample group */
			uint32_t	rate;	/* one packet in so many */
			uint32_t	trunc;	/* bytes; 0: whole packet */
		} sample;
	};
};

/* Made by nfo_rule_init(); owns @geneve and @actions. */
struct nfo_rule {
	struct nfo_key		key;
	struct nfo_key		mask;
	struct nfo_geneve	*geneve;	/* NULL: no options matched */
	struct nfo_action	*actions;
	uint16_t		n_actions;
	uint16_t		room;		/* allocated actions */
};

/* Where a rule lies. Equal place, equal rule in the kernel. */
struct nfo_place {
	uint32_t	ifindex;
	/*
	 * In the ingress block that the members of a bond share. Its index is
	 * the bond's ifindex, as Open vSwitch has it, too
	 * (netdev_linux_get_block_id() in lib/netdev-linux.c).
	 */
	bool		shared;
	bool		egress;		/* clsact egress, else ingress */
	uint32_t	chain;
	uint16_t	prio;		/* 1 to 65535, lower first */
	uint32_t	handle;		/* within chain and prio; 0: kernel's */
};

/* An empty rule: matches everything, does nothing. Owns nothing yet. */
void nfo_rule_init(struct nfo_rule *rule);

/* Frees what @rule owns and makes it empty. NULL is fine. */
void nfo_rule_uninit(struct nfo_rule *rule);

/*
 * Makes @to (not initialised, or empty) a deep copy of @from.
 * 0 or -ENOMEM; then @to is empty.
 */
int nfo_rule_copy(struct nfo_rule *to, const struct nfo_rule *from);

/*
 * Clears every bit of the match's value that its mask does not look at, and
 * every bit of a rewrite that is not rewritten. Two rules that mean the same
 * match have the same bytes afterwards. Hash and equality want it done.
 */
void nfo_rule_normalise(struct nfo_rule *rule);

/*
 * The part of nfo_rule_normalise() for the actions: also clears what an
 * action's type does not use.
 */
void nfo_rule_normalise_actions(struct nfo_rule *rule);

/* The same match? Both normalised. */
bool nfo_rule_match_equal(const struct nfo_rule *a, const struct nfo_rule *b);

/* The same actions in the same order? Both normalised. */
bool nfo_rule_actions_equal(const struct nfo_rule *a,
			    const struct nfo_rule *b);

/* Both of the above. */
bool nfo_rule_equal(const struct nfo_rule *a, const struct nfo_rule *b);

/*
 * A number for the match of a normalised rule: the same on every machine, in
 * every process and every later version of the library. FNV-1a, 64 bits, over
 * number, value and mask of each field with a mask, multi-byte fields most
 * significant byte first. Whoever sends packets can make two matches collide,
 * so compare with nfo_rule_match_equal() before believing it.
 */
uint64_t nfo_rule_hash(const struct nfo_rule *rule);

/*
 * The Ethernet type TC files the rule under: that of the outer tag, else
 * eth_type, else ETH_P_ALL. All rules of one (chain, prio) must have the same.
 */
__be16 nfo_rule_protocol(const struct nfo_rule *rule);

/*
 * Do @len bytes hold whole Geneve options? 0, -EINVAL, or -E2BIG for more
 * than NFO_GENEVE_MAX bytes.
 */
int nfo_geneve_check(const uint8_t *value, size_t len);

/*
 * Matches @len bytes of Geneve options, laid out as in struct nfo_geneve; the
 * bytes are copied. No bytes: options do not matter. 0, -EINVAL if the options
 * do not add up to @len, -E2BIG if there are more than NFO_GENEVE_MAX bytes,
 * -ENOMEM.
 */
int nfo_rule_match_geneve(struct nfo_rule *rule, const uint8_t *value,
			  const uint8_t *mask, size_t len);

/*
 * Appends a copy of @action; of a tunnel its Geneve options are copied too.
 * 0, -E2BIG past NFO_ACTIONS_MAX, -EINVAL for options that do not add up,
 * -ENOMEM.
 */
int nfo_rule_add(struct nfo_rule *rule, const struct nfo_action *action);

/* Appends an action that needs no argument (drop, pop, decrement ...). */
int nfo_rule_add_plain(struct nfo_rule *rule, enum nfo_action_type type);

/* The last output: the packet leaves by @ifindex. Errors: nfo_rule_add(). */
int nfo_rule_add_redirect(struct nfo_rule *rule, uint32_t ifindex);

/* A copy of the packet as it is now leaves by @ifindex. */
int nfo_rule_add_mirror(struct nfo_rule *rule, uint32_t ifindex);

/* Classification goes on in @chain (below 2^28). */
int nfo_rule_add_goto(struct nfo_rule *rule, uint32_t chain);

/* Rewrites the bits of @mask to those of @value. */
int nfo_rule_add_set(struct nfo_rule *rule, const struct nfo_set *value,
		     const struct nfo_set *mask);

/* Puts on a tag. @tpid: ETH_P_8021Q or ETH_P_8021AD, network byte order. */
int nfo_rule_add_vlan_push(struct nfo_rule *rule, __be16 tpid, uint16_t vid,
			   uint8_t pcp);

/* Computes the checksums of @flags (NFO_CSUM_*) anew. */
int nfo_rule_add_csum(struct nfo_rule *rule, uint32_t flags);

/*
 * Puts a CSUM action behind each run of rewrites that leaves a checksum
 * wrong: the IPv4 header's after its addresses, TOS or TTL, the L4 one after
 * addresses (IPv4 and IPv6) or ports. Rewriting, as TC does it, touches no
 * checksum. The source of a rule calls it once, last; a rule that has CSUM
 * actions already keeps them. For a NIC that fixes checksums by itself, its
 * dialect takes the actions out again.
 * 0, -E2BIG, -ENOMEM, or -EOPNOTSUPP where the protocol whose checksum it
 * would be is not pinned by the match. On an error @rule is as before.
 */
int nfo_rule_fix_csum(struct nfo_rule *rule);

/* Does an action of @rule have this type? */
bool nfo_rule_has(const struct nfo_rule *rule, enum nfo_action_type type);

/* The port by which packets leave, the last one of several; 0: none. */
uint32_t nfo_rule_egress(const struct nfo_rule *rule);

/* Does an action of this type end the packet's way? */
bool nfo_action_ends(enum nfo_action_type type);

/* "vlan_push" and so on; "?" for a number that is none. Static storage. */
const char *nfo_action_name(enum nfo_action_type type);

/*
 * The rule in one line, in the words of tc and OVS: match, " -> ", actions.
 * Like snprintf(): writes at most @size bytes with the NUL, returns the whole
 * length without it.
 */
size_t nfo_rule_to_string(const struct nfo_rule *rule, char *buf, size_t size);

/* The same, of any length: the caller's to free; NULL without memory. */
char *nfo_rule_to_new_string(const struct nfo_rule *rule);

/* "dev 7 ingress chain 0 prio 4 handle 0x1"; as nfo_rule_to_string(). */
size_t nfo_place_to_string(const struct nfo_place *place, char *buf,
			   size_t size);

#endif /* NFO_RULE_H */
