// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample - frames of which every so many is shown to user space, by psample.
 *
 * As with real NICs the host gets the sampled frame from the hardware and hands it on; it is
 * reported like a frame that the representor received.
 *
 * Facts: net/sched/act_sample.c, net/psample/psample.c; the use in
 * drivers/net/ethernet/mellanox/mlxsw/spectrum.c.
 */
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <net/psample.h>

#include "eswsim.h"
#include "tunnel.h"

/**
 * asic_sample_draft() - take a sample action over from TC
 * @entry:	the action
 * @action:	to fill, zeroed; keeps the group
 * @extack:	why not
 *
 * Any thread. Return: 0 or -EOPNOTSUPP.
 */
int asic_sample_draft(const struct flow_action_entry *entry, struct asic_action *action,
		      struct netlink_ext_ack *extack)
{
	if (!IS_ENABLED(CONFIG_PSAMPLE) || !entry->sample.psample_group || !entry->sample.rate)
		return asic_refuse(extack, "eswsim: sample needs psample in the kernel, and a rate");
	psample_group_take(entry->sample.psample_group);
	action->kind = ASIC_SAMPLE;
	action->sample.group = entry->sample.psample_group;
	action->sample.rate = entry->sample.rate;
	action->sample.truncate = entry->sample.truncate ? entry->sample.trunc_size : U32_MAX;
	return 0;
}

/**
 * asic_sample_put() - give up what asic_sample_draft() has taken
 * @action:	of kind ASIC_SAMPLE; frames may still look at it
 */
void asic_sample_put(const struct asic_action *action)
{
	if (IS_ENABLED(CONFIG_PSAMPLE))
		psample_group_put(action->sample.group);
}

/* Number of the netdev that the frame would be seen on. */
static int seen_on(const struct asic_packet *packet)
{
	const struct tundev *tundev = packet->tunnel ? tundev_find(packet->tunnel) : NULL;
	const struct net_device *rep = rcu_dereference(packet->in->rep);

	if (tundev && READ_ONCE(tundev->up))
		return tundev->dev->ifindex;
	return rep ? rep->ifindex : 0;
}

/**
 * asic_sample_run() - perhaps show a frame to user space
 * @packet:	the frame, not changed
 * @action:	of kind ASIC_SAMPLE
 *
 * Under RCU, bottom halves off.
 */
void asic_sample_run(const struct asic_packet *packet, const struct asic_action *action)
{
	struct psample_metadata md = { .in_ifindex = seen_on(packet) };

	if (reciprocal_scale(get_random_u32(), action->sample.rate))
		return;
	md.trunc_size = min(packet->skb->len, action->sample.truncate);
	psample_sample_packet(action->sample.group, packet->skb, action->sample.rate, &md);
}

/**
 * asic_sample_dump() - write a sample action, for debugging
 * @action:	of kind ASIC_SAMPLE
 * @seq:	where to
 */
void asic_sample_dump(const struct asic_action *action, struct seq_file *seq)
{
	seq_printf(seq, " sample group %u rate %u", action->sample.group->group_num,
		   action->sample.rate);
}
