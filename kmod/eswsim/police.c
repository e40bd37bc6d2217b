// SPDX-License-Identifier: GPL-2.0-only
/*
 * police - token buckets, and what is done with frames that fit and that do not.
 *
 * A policer goes by TC's index of its action, so that all rules that name one share its buckets. TC
 * tells of it with each rule that uses it, or as an action of its own
 * (flow_indr_dev_register(), TC_SETUP_ACT): then it is there without rules too, its limits can
 * change under them, and TC asks for its counters by index. Indices are those of one network
 * namespace; a second namespace with policers on the same NIC would share them.
 *
 * Where a rule goes on after a policer is TC's control code. A jump names a TC action counted from
 * the first one of the rule, and only forward jumps make sense in hardware. Of other actions no
 * driver is told whether they go on with the next one or jump, so that what stands before the
 * target of a jump must end the rule: otherwise nobody could say what it does.
 *
 * Lengths are those of the software policer: rates count what is behind the Ethernet header, the
 * MTU includes it; the first VLAN tag counts for neither.
 *
 * Facts: net/sched/act_police.c, act_api.c (tcf_action_exec(), tcf_action_offload_add_ex()).
 */
#include <linux/if_vlan.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "eswsim.h"
#include "police.h"

/* TC's limits, in its units: bytes, packets, per second; a rate of 0 is none. */
struct limits {
	u64 byte_rate;
	u64 byte_burst;
	u64 packet_rate;
	u64 packet_burst;
	u32 overhead;
	u32 mtu;
};

/**
 * struct asic_police - a policer
 * @node:	in asic.polices
 * @index:	TC's name for it
 * @rules:	rules that use it, under asic.lock
 * @alone:	TC has told of it as an action of its own, under asic.lock
 * @rcu:	frees it
 * @lock:	protects all below; bottom halves off
 * @limits:	as TC has set them
 * @bytes:	what is in the bucket of bytes, in nanoseconds of its rate
 * @packets:	the same for packets
 * @filled:	when the buckets were filled up last, nanoseconds
 * @stats:	what was counted, and not yet told to TC; @lastused since ever
 */
struct asic_police {
	struct list_head node;
	u32 index;
	u32 rules;
	bool alone;
	struct rcu_head rcu;
	spinlock_t lock; /* see above */
	struct limits limits;
	s64 bytes;
	s64 packets;
	u64 filled;
	struct flow_stats stats;
};

static struct asic_police *police_find(const struct asic *asic, u32 index)
{
	struct asic_police *police;

	lockdep_assert_held(&asic->lock);
	list_for_each_entry(police, &asic->polices, node)
		if (police->index == index)
			return police;
	return NULL;
}

/* How long @amount takes at @rate per second, nanoseconds. */
static s64 duration(u64 amount, u64 rate)
{
	return min_t(u64, mul_u64_u64_div_u64(amount, NSEC_PER_SEC, rate), S64_MAX / 4);
}

static void fill(s64 *bucket, u64 burst, u64 rate, u64 elapsed)
{
	if (rate)
		*bucket = min_t(s64, *bucket + min_t(u64, elapsed, S64_MAX / 4),
				duration(burst, rate));
}

static void set_limits(struct asic_police *police, const struct limits *limits)
{
	spin_lock_bh(&police->lock);
	if (memcmp(&police->limits, limits, sizeof(*limits))) {
		police->limits = *limits;
		police->bytes = S64_MAX / 4;
		police->packets = S64_MAX / 4;
		police->filled = ktime_get_ns();
		fill(&police->bytes, limits->byte_burst, limits->byte_rate, 0);
		fill(&police->packets, limits->packet_burst, limits->packet_rate, 0);
	}
	spin_unlock_bh(&police->lock);
}

/* The policer of that index, with the limits that TC gives now. */
static struct asic_police *police_get(struct asic *asic, const struct flow_action_entry *entry,
				      u32 index)
{
	struct asic_police *police = police_find(asic, index);
	struct limits limits = {};

	limits.byte_rate = entry->police.rate_bytes_ps;
	limits.byte_burst = entry->police.burst;
	limits.packet_rate = entry->police.rate_pkt_ps;
	limits.packet_burst = entry->police.burst_pkt;
	limits.overhead = entry->police.overhead;
	limits.mtu = entry->police.mtu;
	if (!police) {
		police = kzalloc(sizeof(*police), GFP_KERNEL);
		if (!police)
			return NULL;
		spin_lock_init(&police->lock);
		police->index = index;
		police->stats.lastused = jiffies;
		list_add_tail(&police->node, &asic->polices);
	}
	set_limits(police, &limits);
	return police;
}

static void police_put(struct asic_police *police)
{
	if (police->rules || police->alone)
		return;
	list_del(&police->node);
	kfree_rcu(police, rcu);
}

static int check_entry(const struct flow_action_entry *entry, struct netlink_ext_ack *extack)
{
	if (entry->police.peakrate_bytes_ps || entry->police.avrate)
		return asic_refuse(extack, "eswsim: police has no peakrate and no avrate");
	return 0;
}

static int draft_control(enum flow_action_id id, u32 value, int *next,
			 struct netlink_ext_ack *extack)
{
	switch (id) {
	case FLOW_ACTION_PIPE:
		*next = POLICE_NEXT;
		return 0;
	case FLOW_ACTION_DROP:
		*next = POLICE_DROP;
		return 0;
	case FLOW_ACTION_JUMP:
		*next = value;
		return 0;
	default:
		return asic_refuse(extack, "eswsim: police can go on by pipe, drop or jump only");
	}
}

/**
 * asic_police_draft() - take a police action over from TC
 * @asic:	whose rule; its lock held
 * @entry:	the action
 * @action:	to fill, zeroed; asic_police_resolve() has to finish it
 * @extack:	why not
 *
 * Return: 0, -EOPNOTSUPP or -ENOMEM.
 */
int asic_police_draft(struct asic *asic, const struct flow_action_entry *entry,
		      struct asic_action *action, struct netlink_ext_ack *extack)
{
	int err = check_entry(entry, extack);

	if (!err)
		err = draft_control(entry->police.notexceed.act_id, entry->police.notexceed.extval,
				    &action->police.conform, extack);
	if (!err)
		err = draft_control(entry->police.exceed.act_id, entry->police.exceed.extval,
				    &action->police.exceed, extack);
	if (err)
		return err;
	action->police.police = police_get(asic, entry, entry->hw_index);
	if (!action->police.police)
		return -ENOMEM;
	action->police.police->rules++;
	action->kind = ASIC_POLICE;
	return 0;
}

/* Makes an index into the actions of a control code: where TC action number @code begins. */
static int resolve(const struct asic_rule *rule, unsigned int at, int *code, unsigned long *targets,
		   struct netlink_ext_ack *extack)
{
	unsigned int i;
	int number = -1;

	if (*code == POLICE_DROP)
		return 0;
	if (*code == POLICE_NEXT) {
		*code = at + 1;
		return 0;
	}
	for (i = 0; i < rule->num_actions; i++) {
		/* Words of one pedit are one TC action. */
		number += !(rule->actions[i].kind == ASIC_EDIT && rule->actions[i].edit.same);
		if (number == *code)
			break;
	}
	if (i <= at || i == rule->num_actions)
		return asic_refuse(extack, "eswsim: police can jump only forward, to an action of the rule");
	if (i > at + 1 && !asic_action_ends(&rule->actions[i - 1]))
		return asic_refuse(extack,
				   "eswsim: what is before the target of a jump must redirect, drop or goto");
	__set_bit(i, targets);
	*code = i;
	return 0;
}

/**
 * asic_police_resolve() - find out where the policers of a rule lead
 * @rule:	with all its actions
 * @targets:	bit per action: those that can be jumped to are set
 * @extack:	why not
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int asic_police_resolve(struct asic_rule *rule, unsigned long *targets,
			struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < rule->num_actions && !err; i++) {
		struct asic_action *action = &rule->actions[i];

		if (action->kind != ASIC_POLICE)
			continue;
		err = resolve(rule, i, &action->police.conform, targets, extack);
		if (!err)
			err = resolve(rule, i, &action->police.exceed, targets, extack);
	}
	return err;
}

/**
 * asic_police_put() - a rule lets go of its policer
 * @asic:	whose; its lock held
 * @police:	the policer; frames may still look at it
 */
void asic_police_put(struct asic *asic, struct asic_police *police)
{
	lockdep_assert_held(&asic->lock);
	police->rules--;
	police_put(police);
}

/* Takes from a bucket if there is enough. */
static bool take(const struct asic_police *police, unsigned int length, s64 *bytes, s64 *packets)
{
	const struct limits *limits = &police->limits;

	*bytes = police->bytes;
	*packets = police->packets;
	if (limits->byte_rate)
		*bytes -= duration(length + limits->overhead, limits->byte_rate);
	if (limits->packet_rate)
		*packets -= duration(1, limits->packet_rate);
	return *bytes >= 0 && *packets >= 0;
}

static bool conforms(struct asic_police *police, unsigned int length)
{
	const struct limits *limits = &police->limits;
	u64 now = ktime_get_ns();
	s64 bytes, packets;

	if (length + ETH_HLEN > limits->mtu)
		return false;
	fill(&police->bytes, limits->byte_burst, limits->byte_rate, now - police->filled);
	fill(&police->packets, limits->packet_burst, limits->packet_rate, now - police->filled);
	police->filled = now;
	if (!take(police, length, &bytes, &packets))
		return false;
	police->bytes = bytes;
	police->packets = packets;
	return true;
}

/**
 * asic_police_run() - put a frame to a policer
 * @packet:	the frame
 * @action:	of kind ASIC_POLICE
 *
 * Bottom halves off, any CPU. Return: index of the action to go on with, or POLICE_DROP.
 */
int asic_police_run(const struct asic_packet *packet, const struct asic_action *action)
{
	struct asic_police *police = action->police.police;
	int next;

	spin_lock(&police->lock);
	next = conforms(police, packet->length) ? action->police.conform : action->police.exceed;
	police->stats.pkts++;
	police->stats.bytes += packet->skb->len;
	police->stats.drops += next == POLICE_DROP;
	police->stats.lastused = jiffies;
	spin_unlock(&police->lock);
	return next;
}

/* An action of its own is new, or has other limits. */
static int act_replace(struct asic *asic, const struct flow_offload_action *act)
{
	const struct flow_action_entry *entry = &act->action.entries[0];
	struct asic_police *police;
	int err, next;

	if (act->action.num_entries != 1 || entry->id != FLOW_ACTION_POLICE ||
	    !asic_profile_has_action(asic->profile, FLOW_ACTION_POLICE))
		return asic_refuse(act->extack,
				   "eswsim: of actions of their own only police can be offloaded");
	err = check_entry(entry, act->extack);
	if (!err)
		err = draft_control(entry->police.notexceed.act_id, 0, &next, act->extack);
	if (!err)
		err = draft_control(entry->police.exceed.act_id, 0, &next, act->extack);
	if (err)
		return err;
	police = police_get(asic, entry, act->index);
	if (!police)
		return -ENOMEM;
	police->alone = true;
	return 0;
}

static void act_stats(struct asic_police *police, struct flow_offload_action *act)
{
	spin_lock_bh(&police->lock);
	flow_stats_update(&act->stats, police->stats.bytes, police->stats.pkts,
			  police->stats.drops, police->stats.lastused,
			  FLOW_ACTION_HW_STATS_IMMEDIATE);
	police->stats.bytes = 0;
	police->stats.pkts = 0;
	police->stats.drops = 0;
	spin_unlock_bh(&police->lock);
}

/**
 * asic_police_act() - TC has something for an action of its own
 * @asic:	NIC that is asked
 * @act:	the request; its statistics are filled in
 *
 * Process context; takes asic.lock. Return: 0; -EOPNOTSUPP for anything but a policer that the NIC
 * can do, -ENOENT for one that it does not have as such, or -ENOMEM.
 */
int asic_police_act(struct asic *asic, struct flow_offload_action *act)
{
	struct asic_police *police;
	int err = -ENOENT;

	/* Only policers come in; others may have the same index. */
	if (act->id != FLOW_ACTION_POLICE)
		return asic_refuse(act->extack,
				   "eswsim: of actions of their own only police can be offloaded");
	mutex_lock(&asic->lock);
	police = police_find(asic, act->index);
	if (act->command == FLOW_ACT_REPLACE) {
		err = act_replace(asic, act);
	} else if (police && police->alone) {
		err = 0;
		if (act->command == FLOW_ACT_STATS) {
			act_stats(police, act);
		} else {
			police->alone = false;
			police_put(police);
		}
	}
	mutex_unlock(&asic->lock);
	return err;
}

/**
 * asic_police_dump() - write a police action, for debugging
 * @action:	of kind ASIC_POLICE
 * @seq:	where to
 */
void asic_police_dump(const struct asic_action *action, struct seq_file *seq)
{
	seq_printf(seq, " police %u conform %d exceed %d", action->police.police->index,
		   action->police.conform, action->police.exceed);
}
