// SPDX-License-Identifier: GPL-2.0-only
/*
 * flower - TC flower rules into the table, out of it, and their counters.
 *
 * What the NIC cannot do exactly as software does it is refused, with a text that says what and,
 * where there is one, the cure. A rule may end in redirect, drop, goto, trap or pass; what may be
 * before that is in order.c.
 *
 * Facts: include/net/flow_offload.h, net/sched/cls_flower.c, net/sched/cls_api.c
 * (tc_setup_offload_action()), net/sched/act_{gact,mirred,vlan,pedit,csum}.c. Called with the
 * block's lock held for reading, possibly RTNL too; several CPUs at once.
 */
#include <linux/delay.h>
#include <linux/if_vlan.h>
#include <linux/slab.h>
#include <net/pkt_cls.h>

#include "compat.h"
#include "eswsim.h"

/* A rule on its way from TC into the table. */
struct draft {
	struct asic *asic;
	const struct flow_rule *from;
	struct netlink_ext_ack *extack;
	struct asic_rule *rule;
	struct asic_key mask;
	const struct ip_tunnel_info *tunnel;	/* what tunnel_key set said last */
};

#define KEY(name) FLOW_DISSECTOR_KEY_##name
#define CANNOT(text) ("eswsim: cannot match on " text)

/* What the profile may lack, in words. */
static const char *const key_refusals[FLOW_DISSECTOR_KEY_MAX] = {
	[KEY(META)] = CANNOT("the ingress device"),
	[KEY(ETH_ADDRS)] = CANNOT("Ethernet addresses"),
	[KEY(VLAN)] = CANNOT("a VLAN tag"),
	[KEY(CVLAN)] = CANNOT("a second VLAN tag"),
	[KEY(IPV4_ADDRS)] = CANNOT("IPv4 addresses"),
	[KEY(IPV6_ADDRS)] = CANNOT("IPv6 addresses"),
	[KEY(IP)] = CANNOT("TOS or TTL"),
	[KEY(PORTS)] = CANNOT("transport ports"),
	[KEY(PORTS_RANGE)] = CANNOT("a range of ports; use a mask or one port"),
	[KEY(TCP)] = CANNOT("TCP flags"),
	[KEY(ICMP)] = CANNOT("ICMP type or code"),
	[KEY(ARP)] = CANNOT("ARP fields"),
	[KEY(MPLS)] = CANNOT("an MPLS label"),
	[KEY(CT)] = CANNOT("connection tracking state"),
	[KEY(HASH)] = CANNOT("the hash of a packet"),
	[KEY(NUM_OF_VLANS)] = CANNOT("the number of VLAN tags"),
	[KEY(PPPOE)] = CANNOT("PPPoE"),
	[KEY(L2TPV3)] = CANNOT("L2TPv3"),
	[KEY(ENC_KEYID)] = CANNOT("a tunnel key"),
	[KEY(ENC_IPV4_ADDRS)] = CANNOT("tunnel addresses"),
	[KEY(ENC_IPV6_ADDRS)] = CANNOT("tunnel addresses"),
	[KEY(ENC_CONTROL)] = CANNOT("tunnel flags"),
	[KEY(ENC_PORTS)] = CANNOT("tunnel ports"),
	[KEY(ENC_IP)] = CANNOT("TOS or TTL of a tunnel"),
	[KEY(ENC_OPTS)] = CANNOT("tunnel options"),
};

#define MEMBER(id, name, type) { \
	KEY(id), offsetof(struct asic_key, name), sizeof(struct flow_dissector_key_##type) \
}

/* What of a match is taken over as it is. */
static const struct {
	enum flow_dissector_key_id id;
	unsigned int offset;
	unsigned int size;
} key_members[] = {
	MEMBER(CONTROL, control, control),
	MEMBER(BASIC, basic, basic),
	MEMBER(ETH_ADDRS, eth, eth_addrs),
	MEMBER(VLAN, vlan, vlan),
	MEMBER(CVLAN, cvlan, vlan),
	MEMBER(IPV4_ADDRS, ipv4, ipv4_addrs),
	MEMBER(IPV6_ADDRS, ipv6, ipv6_addrs),
	MEMBER(IP, ip, ip),
	MEMBER(PORTS, ports, ports),
	MEMBER(TCP, tcp, tcp),
	MEMBER(ICMP, icmp, icmp),
	MEMBER(ARP, arp, arp),
	MEMBER(MPLS, mpls, mpls),
	MEMBER(CT, ct, ct),
	MEMBER(ENC_CONTROL, enc_control, control),
	MEMBER(ENC_KEYID, enc_keyid, keyid),
	MEMBER(ENC_IP, enc_ip, ip),
	MEMBER(ENC_PORTS, enc_ports, ports),
	MEMBER(ENC_IPV4_ADDRS, enc_ipv4, ipv4_addrs),
	MEMBER(ENC_IPV6_ADDRS, enc_ipv6, ipv6_addrs),
	MEMBER(ENC_OPTS, enc_opts, enc_opts),
};

/* Matches on the tunnel that a frame came by. */
#define TUNNEL_KEYS \
	(BIT_ULL(KEY(ENC_CONTROL)) | BIT_ULL(KEY(ENC_KEYID)) | BIT_ULL(KEY(ENC_IP)) | \
	 BIT_ULL(KEY(ENC_PORTS)) | BIT_ULL(KEY(ENC_IPV4_ADDRS)) | \
	 BIT_ULL(KEY(ENC_IPV6_ADDRS)) | BIT_ULL(KEY(ENC_OPTS)))

/* Does @rep, a port's, stand for @dev? A bond is any of its members, here. */
static bool rep_is(struct net_device *rep, const struct net_device *dev)
{
	return rep == dev || (netif_is_lag_master(dev) &&
			      netdev_master_upper_dev_get_rcu(rep) == dev);
}

/*
 * The port of this NIC that a netdev of the host stands for: @dev, or if that is NULL the one
 * numbered @ifindex. Compares only: a port that goes away takes its @rep back before it has the
 * table flushed, and that waits for our lock.
 */
static struct eswsim_port *port_of(const struct asic *asic, const struct net_device *dev,
				   int ifindex)
{
	struct eswsim *nic = asic->nic;
	struct eswsim_port *port, *found = NULL;
	struct net_device *rep;
	unsigned int i;

	lockdep_assert_held(&asic->lock);
	rcu_read_lock();
	for (i = 0; i <= ESWSIM_VFS_MAX && !found; i++) {
		port = i ? rcu_dereference(nic->vfs[i - 1]) : rcu_dereference(nic->uplink);
		rep = port ? rcu_dereference(port->rep) : NULL;
		if (rep && (dev ? rep_is(rep, dev) : rep->ifindex == ifindex))
			found = port;
	}
	rcu_read_unlock();
	return found;
}

static int draft_meta(struct draft *draft)
{
	struct flow_match_meta match;
	struct eswsim_port *port;

	flow_rule_match_meta(draft->from, &match);
	if (compat_meta_other_mask(match.mask))
		return asic_refuse(draft->extack,
				   "eswsim: of meta data only the ingress device can be matched");
	if (!match.mask->ingress_ifindex)
		return 0;
	if (~match.mask->ingress_ifindex)
		return asic_refuse(draft->extack, "eswsim: the ingress device cannot be masked");
	port = port_of(draft->asic, NULL, match.key->ingress_ifindex);
	if (!port)
		return asic_refuse(draft->extack,
				   "eswsim: the ingress device is no port of this NIC");
	draft->rule->key.port = (unsigned long)port;
	draft->mask.port = ULONG_MAX;
	return 0;
}

static int draft_check_keys(const struct draft *draft)
{
	const struct asic_profile *profile = draft->asic->profile;
	unsigned int key;

	for (key = 0; key < FLOW_DISSECTOR_KEY_MAX; key++) {
		if (!flow_rule_match_key(draft->from, key) || asic_profile_has_key(profile, key) ||
		    asic_profile_ignores_key(profile, key))
			continue;
		return asic_refuse(draft->extack, key_refusals[key] ?:
				   "eswsim: the rule has a match that this NIC does not know");
	}
	return 0;
}

static int draft_match(struct draft *draft, __be16 protocol)
{
	const struct flow_match *match = &draft->from->match;
	int err = draft_check_keys(draft);
	unsigned int i;

	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(key_members); i++) {
		const unsigned int offset = key_members[i].offset;

		if (!flow_rule_match_key(draft->from, key_members[i].id) ||
		    asic_profile_ignores_key(draft->asic->profile, key_members[i].id))
			continue;
		memcpy((void *)&draft->rule->key + offset,
		       skb_flow_dissector_target(match->dissector, key_members[i].id, match->key),
		       key_members[i].size);
		memcpy((void *)&draft->mask + offset,
		       skb_flow_dissector_target(match->dissector, key_members[i].id, match->mask),
		       key_members[i].size);
	}
	if (draft->mask.control.flags & ~draft->asic->profile->control_flags)
		return asic_refuse(draft->extack,
				   "eswsim: of flags only fragment and first fragment can be matched");
	if (match->dissector->used_keys & TUNNEL_KEYS && !draft->rule->block->tunnel)
		return asic_refuse(draft->extack,
				   "eswsim: a tunnel key can be matched only on a tunnel device");
	if (draft->mask.icmp.id)
		return asic_refuse(draft->extack, "eswsim: cannot match on an ICMP identifier");
	/* A filter sees only frames of its protocol, whatever it matches on. */
	if (protocol != htons(ETH_P_ALL)) {
		draft->rule->key.outer = protocol;
		draft->mask.outer = htons(0xffff);
	}
	if (flow_rule_match_key(draft->from, FLOW_DISSECTOR_KEY_META) &&
	    asic_profile_has_key(draft->asic->profile, FLOW_DISSECTOR_KEY_META))
		return draft_meta(draft);
	return 0;
}

static int draft_output(struct draft *draft, const struct flow_action_entry *entry,
			struct asic_action *action)
{
	action->kind = entry->id == FLOW_ACTION_MIRRED ? ASIC_MIRROR : ASIC_REDIRECT;
	if (entry->dev && tundev_is_tunnel(entry->dev))
		return asic_encap_draft(draft->asic, draft->tunnel, entry->dev, action,
					draft->extack);
	action->port = entry->dev ? port_of(draft->asic, entry->dev, 0) : NULL;
	if (!action->port)
		return asic_refuse(draft->extack,
				   "eswsim: the target of mirred is no port of this NIC");
	return 0;
}

/* Editing needs the match to say that the header is there. */
static bool has_header(const struct draft *draft, enum flow_action_mangle_base header)
{
	const struct flow_dissector_key_basic *key = &draft->rule->key.basic;
	const struct flow_dissector_key_basic *mask = &draft->mask.basic;
	bool ip = mask->n_proto == htons(0xffff);
	bool transport = mask->ip_proto == 0xff;

	switch (header) {
	case FLOW_ACT_MANGLE_HDR_TYPE_ETH:
		return true;
	case FLOW_ACT_MANGLE_HDR_TYPE_IP4:
		return ip && key->n_proto == htons(ETH_P_IP);
	case FLOW_ACT_MANGLE_HDR_TYPE_IP6:
		return ip && key->n_proto == htons(ETH_P_IPV6);
	case FLOW_ACT_MANGLE_HDR_TYPE_TCP:
		return ip && transport && key->ip_proto == IPPROTO_TCP;
	case FLOW_ACT_MANGLE_HDR_TYPE_UDP:
		return ip && transport && key->ip_proto == IPPROTO_UDP;
	default:
		return false;
	}
}

static int draft_edit(struct draft *draft, const struct flow_action_entry *entry,
		      struct asic_action *action)
{
	u32 touched = ~entry->mangle.mask;

	action->kind = ASIC_EDIT;
	action->edit.header = entry->mangle.htype;
	action->edit.offset = entry->mangle.offset;
	action->edit.mask = entry->mangle.mask;
	action->edit.value = entry->mangle.val;
	action->edit.add = entry->id == FLOW_ACTION_ADD;
	if (!action->edit.add)
		touched |= entry->mangle.val;
	if (entry->mangle.offset % sizeof(u32) ||
	    !asic_profile_can_edit(draft->asic->profile, entry->mangle.htype, entry->mangle.offset,
				   (__force __be32)touched))
		return asic_refuse(draft->extack, "eswsim: pedit of a field that is fixed");
	if (!has_header(draft, entry->mangle.htype))
		return asic_refuse(draft->extack,
				   "eswsim: pedit of a header needs a match on its protocol");
	/* TC hands a pedit over in words; those of one action have its index in common. */
	if (entry != draft->from->action.entries)
		action->edit.same = entry[-1].hw_index == entry->hw_index &&
				    (entry[-1].id == FLOW_ACTION_MANGLE ||
				     entry[-1].id == FLOW_ACTION_ADD);
	if (draft->asic->profile->sums == SUMS_OWN)
		action->edit.sums = asic_limit_mended(draft->rule, action);
	return 0;
}

static int draft_action(struct draft *draft, const struct flow_action_entry *entry,
			struct asic_action *action)
{
	const struct asic_profile *profile = draft->asic->profile;

	if (!asic_profile_has_action(profile, entry->id))
		return asic_refuse(draft->extack,
				   "eswsim: the rule has an action that this NIC cannot do");
	switch (entry->id) {
	case FLOW_ACTION_REDIRECT:
	case FLOW_ACTION_MIRRED:
	/* In hardware the other side of a port is where its rep's packets come from. */
	case FLOW_ACTION_REDIRECT_INGRESS:
		return draft_output(draft, entry, action);
	case FLOW_ACTION_DROP:
		action->kind = ASIC_DROP;
		return 0;
	case FLOW_ACTION_TRAP:
	case FLOW_ACTION_ACCEPT:
		action->kind = ASIC_SLOW;
		return 0;
	case FLOW_ACTION_GOTO:
		action->kind = ASIC_GOTO;
		action->chain = entry->chain_index;
		if (action->chain > profile->max_chain)
			return asic_refuse(draft->extack, "eswsim: goto a chain beyond the last");
		return 0;
	case FLOW_ACTION_VLAN_PUSH:
	case FLOW_ACTION_VLAN_MANGLE:
		action->kind = entry->id == FLOW_ACTION_VLAN_PUSH ? ASIC_VLAN_PUSH : ASIC_VLAN_SET;
		action->vlan.type = entry->vlan.proto;
		action->vlan.tci = entry->vlan.vid | entry->vlan.prio << VLAN_PRIO_SHIFT;
		return 0;
	case FLOW_ACTION_VLAN_POP:
		action->kind = ASIC_VLAN_POP;
		return 0;
	case FLOW_ACTION_CT:
		return asic_zone_action(draft->asic, entry, action, draft->extack);
	case FLOW_ACTION_MANGLE:
	case FLOW_ACTION_ADD:
		return draft_edit(draft, entry, action);
	case FLOW_ACTION_CSUM:
		action->kind = ASIC_CSUM;
		action->csum = entry->csum_flags;
		if (action->csum & ~profile->csum_flags)
			return asic_refuse(draft->extack,
					   "eswsim: checksums only of IPv4, ICMP, TCP and UDP");
		return 0;
	case FLOW_ACTION_MPLS_PUSH:
	case FLOW_ACTION_MPLS_POP:
	case FLOW_ACTION_MPLS_MANGLE:
		return asic_mpls_draft(entry, action);
	case FLOW_ACTION_POLICE:
		return asic_police_draft(draft->asic, entry, action, draft->extack);
	case FLOW_ACTION_SAMPLE:
		return asic_sample_draft(entry, action, draft->extack);
	case FLOW_ACTION_TUNNEL_ENCAP:
		action->kind = ASIC_TUNNEL_SET;
		draft->tunnel = entry->tunnel;
		return 0;
	case FLOW_ACTION_TUNNEL_DECAP:
		action->kind = ASIC_TUNNEL_UNSET;
		draft->tunnel = NULL;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int draft_actions(struct draft *draft)
{
	const struct asic_profile *profile = draft->asic->profile;
	const struct flow_action *from = &draft->from->action;
	struct asic_rule *rule = draft->rule;
	unsigned int i, n = 0;
	int err;

	if (!flow_action_hw_stats_check(from, draft->extack, profile->hw_stats))
		return -EOPNOTSUPP;
	for (i = 0; i < from->num_entries; i++) {
		if (asic_profile_ignores_action(profile, from->entries[i].id))
			continue;
		err = draft_action(draft, &from->entries[i], &rule->actions[n]);
		if (err)
			return err;
		n++;
	}
	/* A filter without actions lets the frame pass. */
	if (!n)
		rule->actions[n++].kind = ASIC_SLOW;
	rule->num_actions = n;
	err = asic_order_check(rule, draft->tunnel, draft->extack);
	return err ?: asic_limit_check(profile, draft->from, rule, &draft->mask, draft->extack);
}

/* What is in the way of one more rule: what the user has injected, or too many of them. */
static int check_room(struct asic *asic, struct netlink_ext_ack *extack)
{
	if (atomic_dec_if_positive(&asic->fail_next) >= 0) {
		asic_refuse(extack, "eswsim: the insertion failed, as was asked for by fail_next");
		return -(int)READ_ONCE(asic->fail_errno);
	}
	if (asic->count >= asic->table_size) {
		asic_refuse(extack,
			    "eswsim: the table is full; see devlink resource \"rules\"");
		return -asic->profile->full_errno;
	}
	return 0;
}

static int draft_insert(struct draft *draft, const struct flow_cls_offload *flower)
{
	const struct flow_cls_common_offload *common = &flower->common;
	struct asic *asic = draft->asic;
	const struct asic_profile *profile = asic->profile;
	u32 delay;
	int err;

	err = asic_block_can_offload(draft->rule->block, draft->extack);
	if (err)
		return err;
	if (common->chain_index > profile->max_chain)
		return asic_refuse(draft->extack, "eswsim: a chain beyond the last");
	err = draft_match(draft, common->protocol);
	if (err)
		return err;
	err = draft_actions(draft);
	if (err == -EOPNOTSUPP && profile->action_errno)
		err = -profile->action_errno;
	if (err)
		return err;
	err = check_room(asic, draft->extack);
	if (err)
		return err;
	delay = READ_ONCE(asic->insert_delay_us);
	if (delay)
		fsleep(delay);
	asic_mistake_apply(profile, draft->rule, &draft->mask);
	err = asic_lookup_insert(draft->rule, &draft->mask, common->chain_index,
				 profile->no_priorities ? 1 : common->prio);
	if (err == -EEXIST)
		asic_refuse(draft->extack, "eswsim: there is a rule of that cookie already");
	return err;
}

static int flower_replace(struct asic_block *block, struct flow_cls_offload *flower)
{
	const struct flow_rule *from = flow_cls_offload_flow_rule(flower);
	struct draft draft = {
		.asic = block->asic,
		.from = from,
		.extack = flower->common.extack,
	};
	unsigned int num_actions = max(from->action.num_entries, 1U);
	int err;

	if (num_actions > READ_ONCE(block->asic->profile)->max_actions)
		return asic_refuse(draft.extack, "eswsim: more actions than one rule can have");
	draft.rule = kzalloc(struct_size(draft.rule, actions, num_actions), GFP_KERNEL);
	if (!draft.rule)
		return -ENOMEM;
	draft.rule->block = block;
	draft.rule->cookie = flower->cookie;
	draft.rule->num_actions = num_actions;
	draft.rule->lastused = jiffies;
	draft.rule->told = jiffies - HZ;

	mutex_lock(&block->asic->lock);
	err = draft_insert(&draft, flower);
	if (err)
		asic_action_release(draft.rule);
	mutex_unlock(&block->asic->lock);
	if (err)
		kfree(draft.rule);
	return err;
}

static int flower_destroy(struct asic_block *block, const struct flow_cls_offload *flower)
{
	struct asic *asic = block->asic;
	struct asic_rule *rule;

	mutex_lock(&asic->lock);
	rule = asic_lookup_cookie(asic, flower->cookie);
	if (rule)
		asic_lookup_remove(rule);
	mutex_unlock(&asic->lock);
	return rule ? 0 : -ENOENT;
}

/* What was counted since the last call; several may run at once, each tells its own part. */
static int flower_stats(struct asic_block *block, struct flow_cls_offload *flower)
{
	const struct asic_profile *profile = READ_ONCE(block->asic->profile);
	struct asic_rule *rule;
	u64 packets, bytes, drops;

	rcu_read_lock();
	rule = asic_lookup_cookie(block->asic, flower->cookie);
	if (!rule) {
		rcu_read_unlock();
		return -ENOENT;
	}
	if (profile->no_stats ||
	    (profile->delayed_stats && time_before(jiffies, READ_ONCE(rule->told) + HZ))) {
		rcu_read_unlock();
		return profile->no_stats ? -EOPNOTSUPP : 0;
	}
	WRITE_ONCE(rule->told, jiffies);
	packets = atomic64_xchg(&rule->new_packets, 0);
	bytes = atomic64_xchg(&rule->new_bytes, 0);
	atomic64_add(packets, &rule->old_packets);
	atomic64_add(bytes, &rule->old_bytes);
	drops = atomic64_xchg(&rule->new_drops, 0);
	flow_stats_update(&flower->stats, bytes, packets, drops, READ_ONCE(rule->lastused),
			  BIT(profile->hw_stats));
	rcu_read_unlock();
	return 0;
}

/**
 * asic_flower() - do what TC's flower classifier asks for
 * @block:	block that the filter is in
 * @flower:	the request; its statistics are filled in
 *
 * Threads and locks: see above; takes asic.lock, may sleep. Return: 0; -EOPNOTSUPP for what the
 * NIC cannot do, of actions the profile's errno if it has one; -EEXIST for a known cookie, -ENOENT
 * for an unknown one, the profile's errno when the table is full, an injected one, or -ENOMEM.
 * Chain templates are not used.
 */
int asic_flower(struct asic_block *block, struct flow_cls_offload *flower)
{
	switch (flower->command) {
	case FLOW_CLS_REPLACE:
		return flower_replace(block, flower);
	case FLOW_CLS_DESTROY:
		return flower_destroy(block, flower);
	case FLOW_CLS_STATS:
		return flower_stats(block, flower);
	default:
		return -EOPNOTSUPP;
	}
}
