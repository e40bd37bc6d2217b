/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asic - the part of the simulated NIC that executes TC flower rules.
 *
 * One struct asic per NIC. A frame that enters the switch is parsed once, looked up by mask
 * groups in the rules of the block that its port is bound to, and what the rule says is done.
 *
 * Locks: @lock (a mutex, innermost: below RTNL, devlink and the TC block lock) serialises all
 * changes of the table. Frames take no lock, they run under RCU.
 */
#ifndef ESWSIM_ASIC_H
#define ESWSIM_ASIC_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/flow_dissector.h>
#include <net/flow_offload.h>

#include "compat.h"
#include "police.h"
#include "profile.h"
#include "tunnel.h"
#include "zone.h"

struct eswsim;
struct eswsim_port;
struct psample_group;
struct seq_file;

/* Sizes of two small hash tables, and the largest errno that can be injected. */
#define ASIC_PORT_BITS	6
#define ASIC_CHAIN_BITS	6
#define ASIC_ERROR_MAX	4095

/*
 * What the host's kernel can go on with where the hardware left off: in the chain; and, which
 * takes the former, with an action in the middle of a rule.
 */
#define ASIC_CAN_RESTORE_CHAIN	IS_ENABLED(CONFIG_NET_TC_SKB_EXT)
#define ASIC_CAN_RESTORE_ACTION	(ASIC_CAN_RESTORE_CHAIN && COMPAT_HAS_ACT_MISS)

/**
 * struct asic - table and faults of one NIC
 * @nic:		the NIC, never changes
 * @profile:		its abilities; changes only while the table is empty
 * @lock:		serialises changes of everything below except the faults
 * @cookies:		rules by the cookie that TC knows them by
 * @rules:		all rules, oldest first
 * @zones:	conntrack zones that rules name
 * @num_conns:	connections in them, one for each direction; no lock
 * @next_block:	number of the next block
 * @bindings:		port to block, read by frames under RCU
 * @polices:		policers, see police.c
 * @tunnels:		blocks of tunnel netdevs, read by frames under RCU
 * @wq:			frees what frames might still look at
 * @dissector:		makes an asic_key of a frame; never changes
 * @count:		rules in the table
 * @table_size:		rules that fit, see asic_set_size()
 * @insert_delay_us:	fault: how long the insertion of a rule takes, microseconds. Insertions are
 *			serial, so that it also sets their rate. Plain u32 for debugfs.
 * @fail_next:		fault: so many of the next insertions are refused
 * @fail_errno:		with this errno, positive
 * @stall_until:	fault: table operations wait till this time, jiffies; see asic_stall()
 */
struct asic {
	struct eswsim *nic;
	const struct asic_profile *profile;
	struct mutex lock; /* changes of the table */
	struct rhashtable cookies;
	struct list_head rules;
	struct list_head zones;
	atomic_t num_conns;
	u32 next_block;
	struct hlist_head bindings[1 << ASIC_PORT_BITS];
	struct list_head polices;
	struct list_head tunnels;
	struct workqueue_struct *wq;
	struct flow_dissector dissector;
	u32 count;
	u32 table_size;

	u32 insert_delay_us;
	atomic_t fail_next;
	u32 fail_errno;
	unsigned long stall_until;
};

/* For the platform (main.c, port.c, devlink.c, debugfs.c). */

int asic_init(struct asic *asic, struct eswsim *nic);
void asic_exit(struct asic *asic);
int asic_set_profile(struct asic *asic, const struct asic_profile *profile);
int asic_set_size(struct asic *asic, u32 rules);
u32 asic_count(const struct asic *asic);
void asic_receive(struct eswsim_port *in, struct sk_buff *skb);
int asic_setup_block(struct eswsim_port *port, struct flow_block_offload *offload);
void asic_flush_port(struct eswsim_port *port);
void asic_flush_all(struct asic *asic);
void asic_stall(struct asic *asic, unsigned int ms);
void asic_dump(struct asic *asic, struct seq_file *seq);

/* Inside the ASIC. */

/**
 * struct asic_key - what a frame is matched by, in the units of the kernel's flow dissector
 * @port:	port that it came in by, as a number made of the pointer
 * @eth:	addresses
 * @outer:	outermost ethertype, as skb_protocol() would tell it
 *
 * The other members are the kernel's. Compared as a row of longs, so no padding may hold
 * anything but zero: always start from a zeroed key. The enc_ members are of the tunnel that a
 * frame came by, and zero if it came by none.
 */
struct asic_key {
	unsigned long port;
	struct flow_dissector_key_eth_addrs eth;
	__be16 outer;
	struct flow_dissector_key_tcp tcp;
	struct flow_dissector_key_vlan vlan;
	struct flow_dissector_key_vlan cvlan;
	struct flow_dissector_key_control control;
	struct flow_dissector_key_basic basic;
	struct flow_dissector_key_ip ip;
	union {
		struct flow_dissector_key_ipv4_addrs ipv4;
		struct flow_dissector_key_ipv6_addrs ipv6;
	};
	struct flow_dissector_key_ports ports;
	struct flow_dissector_key_icmp icmp;
	struct flow_dissector_key_arp arp;
	struct flow_dissector_key_mpls mpls;
	struct flow_dissector_key_ct ct;
	struct flow_dissector_key_control enc_control;
	struct flow_dissector_key_keyid enc_keyid;
	struct flow_dissector_key_ip enc_ip;
	struct flow_dissector_key_ports enc_ports;
	union {
		struct flow_dissector_key_ipv4_addrs enc_ipv4;
		struct flow_dissector_key_ipv6_addrs enc_ipv6;
	};
	struct flow_dissector_key_enc_opts enc_opts;
} __aligned(sizeof(long));

enum asic_action_kind {
	ASIC_REDIRECT,
	ASIC_MIRROR,
	ASIC_DROP,
	ASIC_SLOW,
	ASIC_GOTO,
	ASIC_VLAN_PUSH,
	ASIC_VLAN_POP,
	ASIC_VLAN_SET,
	ASIC_EDIT,
	ASIC_CSUM,
	ASIC_MPLS_PUSH,
	ASIC_MPLS_POP,
	ASIC_MPLS_SET,
	ASIC_CT,
	ASIC_TUNNEL_SET,
	ASIC_TUNNEL_UNSET,
	ASIC_POLICE,
	ASIC_SAMPLE,
};

/**
 * struct asic_action - one step of a rule
 * @kind:	what to do; says which member of the union is in use
 * @encap:	ASIC_REDIRECT, ASIC_MIRROR: outer headers to put on, owned, or NULL
 * @port:	ASIC_REDIRECT, ASIC_MIRROR: where to
 * @chain:	ASIC_GOTO: where to go on
 * @vlan:	ASIC_VLAN_PUSH, ASIC_VLAN_SET: type and TCI without the DEI bit
 * @edit:	ASIC_EDIT: a word of 32 bits at @offset bytes in @header becomes
 *		(word & mask) ^ value, or with @add (word & mask) ^ ((word + value) & ~mask), in the
 *		host's byte order; @same says that the TC action of the step before goes on; @sums
 *		are the checksums (TCA_CSUM_UPDATE_FLAG_*) that the NIC mends with it
 * @csum:	ASIC_CSUM: TCA_CSUM_UPDATE_FLAG_*
 * @mpls:	ASIC_MPLS_*: ethertype of the result, and what a label stack entry becomes:
 *		(old & keep) | entry, in the host's byte order; a new one is @entry
 * @ct:		ASIC_CT: TCA_CT_ACT_* @flags; with TCA_CT_ACT_CLEAR that is all. Else the @zone,
 *		held, and the host's name of the action, to go on with it there
 * @police:	ASIC_POLICE: which, counted; index of the action to go on with, or POLICE_DROP
 * @sample:	ASIC_SAMPLE: group, counted; one of how many frames; bytes to show
 */
struct asic_action {
	enum asic_action_kind kind;
	struct asic_encap *encap;
	union {
		struct eswsim_port *port;
		u32 chain;
		struct {
			__be16 type;
			u16 tci;
		} vlan;
		struct {
			enum flow_action_mangle_base header;
			u32 offset;
			u32 mask;
			u32 value;
			u32 sums;
			bool add;
			bool same;
		} edit;
		u32 csum;
		struct {
			__be16 type;
			u32 entry;
			u32 keep;
		} mpls;
		struct {
			struct asic_zone *zone;
			u64 miss_cookie;
			u16 flags;
		} ct;
		struct {
			struct asic_police *police;
			int conform;
			int exceed;
		} police;
		struct {
			struct psample_group *group;
			u32 rate;
			u32 truncate;
		} sample;
	};
};

/**
 * struct asic_block - a TC block that is bound to at least one port, with its rules
 * @asic:	whose
 * @number:	names it in asic_dump()
 * @chains:	chains with rules by number, read by frames under RCU
 * @bindings:	the ports that are bound to it, see tc.c
 * @count:	rules in it
 * @tunnel:	tunnel netdev whose rules these are (only to compare), or NULL
 * @in_tunnels:	in asic.tunnels, if @tunnel
 * @rcu:	frees it
 */
struct asic_block {
	struct asic *asic;
	u32 number;
	struct hlist_head chains[1 << ASIC_CHAIN_BITS];
	struct list_head bindings;
	u32 count;
	const struct net_device *tunnel;
	struct list_head in_tunnels;
	struct rcu_head rcu;
};

/**
 * struct asic_rule - an installed rule
 * @node:	in asic.rules
 * @by_key:	in the table of its mask group
 * @by_cookie:	in asic.cookies
 * @rcu:	frees it
 * @block:	where it is from
 * @group:	the rules of its chain, priority and mask; see lookup.c
 * @cookie:	TC's name for it
 * @key:	what to match, masked
 * @new_packets: packets since TC last asked
 * @new_bytes:	their bytes: whole frames as matched, without preamble and check sequence
 * @old_packets: packets told to TC already
 * @old_bytes:	their bytes
 * @new_drops:	packets that its policers dropped, since TC last asked
 * @lastused:	time of the last packet, or of the insertion, jiffies
 * @told:	when TC was told of packets last, jiffies
 * @num_actions: how many
 * @actions:	what to do, in order; the last one ends the rule
 */
struct asic_rule {
	struct list_head node;
	struct rhlist_head by_key;
	struct rhash_head by_cookie;
	struct rcu_head rcu;
	struct asic_block *block;
	struct asic_group *group;
	unsigned long cookie;
	struct asic_key key;
	atomic64_t new_packets;
	atomic64_t new_bytes;
	atomic64_t old_packets;
	atomic64_t old_bytes;
	atomic64_t new_drops;
	unsigned long lastused;
	unsigned long told;
	unsigned int num_actions;
	struct asic_action actions[];
};

/**
 * struct asic_packet - a frame on its way through the switch
 * @skb:	the frame, owned, plain as asic_receive() wants it
 * @pristine:	what came in, owned, where it may be wanted again: the kernel cannot take up a
 *		later chain, or it came by a tunnel; or NULL
 * @in:		where it came in
 * @tunnel:	tunnel netdev whose outer headers have been taken off (only to compare), or NULL
 * @length:	what policers count: bytes behind the Ethernet header and the first VLAN tag, before
 *		any change
 * @chain:	chain that it is in
 * @hit:	a rule has matched
 * @changed:	its bytes are not those that @key was made of
 * @missed:	the host has to go on with an action in the middle of a rule
 * @miss_cookie: the host's name of that action, where it has one
 * @ct:		what conntrack says of it; zero if it was not asked
 * @key:	what it is matched by
 */
struct asic_packet {
	struct sk_buff *skb;
	struct sk_buff *pristine;
	struct eswsim_port *in;
	const struct net_device *tunnel;
	unsigned int length;
	u32 chain;
	bool hit;
	bool changed;
	bool missed;
	u64 miss_cookie;
	struct flow_dissector_key_ct ct;
	struct asic_key key;
};

enum asic_verdict {
	ASIC_VERDICT_SENT,
	ASIC_VERDICT_DROP,
	ASIC_VERDICT_SLOW,
	ASIC_VERDICT_CHAIN,
};

/* packet.c */
void asic_packet_dissector_init(struct flow_dissector *dissector);
int asic_packet_writable(struct asic_packet *packet, unsigned int headroom);
unsigned int asic_frame_l3(struct sk_buff *skb, __be16 *type);
unsigned int asic_packet_l3(struct asic_packet *packet, __be16 *type);
int asic_packet_l4(struct asic_packet *packet, u8 protocol, unsigned int *offset);

/* action.c */
bool asic_action_ends(const struct asic_action *action);
enum asic_verdict asic_action_run(struct asic_packet *packet, struct asic_rule *rule);
void asic_action_release(const struct asic_rule *rule);

/* mpls.c */
int asic_mpls_draft(const struct flow_action_entry *entry, struct asic_action *action);
int asic_mpls_run(struct asic_packet *packet, const struct asic_action *action);
void asic_mpls_dump(const struct asic_action *action, struct seq_file *seq);

/* order.c */
int asic_order_check(struct asic_rule *rule, bool encaps, struct netlink_ext_ack *extack);

/* limit.c */
u32 asic_limit_mended(const struct asic_rule *rule, const struct asic_action *action);
int asic_limit_check(const struct asic_profile *profile, const struct flow_rule *from,
		     const struct asic_rule *rule, const struct asic_key *mask,
		     struct netlink_ext_ack *extack);

/* mistake.c */
void asic_mistake_apply(const struct asic_profile *profile, struct asic_rule *rule,
			struct asic_key *mask);

/* sample.c */
int asic_sample_draft(const struct flow_action_entry *entry, struct asic_action *action,
		      struct netlink_ext_ack *extack);
void asic_sample_put(const struct asic_action *action);
void asic_sample_run(const struct asic_packet *packet, const struct asic_action *action);
void asic_sample_dump(const struct asic_action *action, struct seq_file *seq);

/* lookup.c */
int asic_lookup_init(struct asic *asic);
void asic_lookup_exit(struct asic *asic);
int asic_lookup_insert(struct asic_rule *rule, const struct asic_key *mask, u32 chain, u32 prio);
void asic_lookup_remove(struct asic_rule *rule);
struct asic_rule *asic_lookup_cookie(struct asic *asic, unsigned long cookie);
struct asic_rule *asic_lookup_packet(const struct asic_block *block,
				     const struct asic_packet *packet);

/* flower.c */
int asic_flower(struct asic_block *block, struct flow_cls_offload *flower);

/* tc.c */
struct asic_block *asic_block_create(struct asic *asic);
void asic_block_release(void *priv);
int asic_block_cb(enum tc_setup_type type, void *type_data, void *priv);
struct asic_block *asic_block_of(struct asic *asic, const struct eswsim_port *port);
int asic_block_can_offload(const struct asic_block *block, struct netlink_ext_ack *extack);
void asic_block_count(struct asic_block *block, int rules);

/**
 * asic_refuse() - say no, and why
 * @extack:	where to say it, or NULL
 * @text:	static text: before 6.2 the kernel has no place for a made-up one
 *
 * Return: -EOPNOTSUPP.
 */
static inline int asic_refuse(struct netlink_ext_ack *extack, const char *text)
{
	if (extack)
		extack->_msg = text;
	return -EOPNOTSUPP;
}

#endif
