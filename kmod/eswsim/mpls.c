// SPDX-License-Identifier: GPL-2.0-only
/*
 * mpls - labels put on frames, taken off and changed.
 *
 * The label stack begins behind the addresses and the first VLAN tag, where the software action
 * has it: the host's kernel has taken that tag out of the frame by then (skb_vlan_untag()), a
 * second one not. Matching is the flow dissector's work, see packet.c.
 *
 * Facts: net/sched/act_mpls.c, net/core/skbuff.c (skb_mpls_push() and the like); RFC 3032.
 */
#include <linux/if_vlan.h>
#include <linux/seq_file.h>
#include <net/mpls.h>
#include <net/tc_act/tc_mpls.h>

#include "eswsim.h"

#define LABEL_SIZE sizeof(__be32)

static void set_field(struct asic_action *action, u32 mask, unsigned int shift, u32 value)
{
	action->mpls.keep &= ~mask;
	action->mpls.entry |= value << shift & mask;
}

static void set_fields(struct asic_action *action, u32 label, u8 tc, u8 bos, u8 ttl)
{
	action->mpls.keep = U32_MAX;
	if (label != ACT_MPLS_LABEL_NOT_SET)
		set_field(action, MPLS_LS_LABEL_MASK, MPLS_LS_LABEL_SHIFT, label);
	if (tc != ACT_MPLS_TC_NOT_SET)
		set_field(action, MPLS_LS_TC_MASK, MPLS_LS_TC_SHIFT, tc);
	if (bos != ACT_MPLS_BOS_NOT_SET)
		set_field(action, MPLS_LS_S_MASK, MPLS_LS_S_SHIFT, bos);
	if (ttl)
		set_field(action, MPLS_LS_TTL_MASK, MPLS_LS_TTL_SHIFT, ttl);
}

/**
 * asic_mpls_draft() - take an MPLS action over from TC
 * @entry:	FLOW_ACTION_MPLS_PUSH, _POP or _MANGLE
 * @action:	to fill, zeroed
 *
 * Any thread. TC has checked the values. Return: 0, or -EOPNOTSUPP for any other action.
 */
int asic_mpls_draft(const struct flow_action_entry *entry, struct asic_action *action)
{
	switch (entry->id) {
	case FLOW_ACTION_MPLS_PUSH:
		action->kind = ASIC_MPLS_PUSH;
		action->mpls.type = entry->mpls_push.proto;
		set_fields(action, entry->mpls_push.label, entry->mpls_push.tc,
			   entry->mpls_push.bos, entry->mpls_push.ttl);
		return 0;
	case FLOW_ACTION_MPLS_POP:
		action->kind = ASIC_MPLS_POP;
		action->mpls.type = entry->mpls_pop.proto;
		return 0;
	case FLOW_ACTION_MPLS_MANGLE:
		action->kind = ASIC_MPLS_SET;
		set_fields(action, entry->mpls_mangle.label, entry->mpls_mangle.tc,
			   entry->mpls_mangle.bos, entry->mpls_mangle.ttl);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* Where the label stack is or would be, from the start of the frame. */
static unsigned int stack_offset(const struct sk_buff *skb)
{
	const bool tagged = eth_type_vlan(((const struct ethhdr *)skb->data)->h_proto);

	return tagged && skb->len >= VLAN_ETH_HLEN ? VLAN_ETH_HLEN : ETH_HLEN;
}

/* The type before the label stack at @offset, which says what is there. */
static __be16 *stack_type(struct sk_buff *skb, unsigned int offset)
{
	return (__be16 *)(skb->data + offset) - 1;
}

static int push(struct asic_packet *packet, const struct asic_action *action)
{
	struct sk_buff *skb = packet->skb;
	const unsigned int offset = stack_offset(skb);
	u32 entry = action->mpls.entry;
	__be32 *label;

	if (asic_packet_writable(packet, LABEL_SIZE))
		return -ENOMEM;
	/* Where the user has not said so, the first label is the bottom of the stack. */
	if (action->mpls.keep & MPLS_LS_S_MASK && !eth_p_mpls(*stack_type(skb, offset)))
		entry |= MPLS_LS_S_MASK;
	skb_push(skb, LABEL_SIZE);
	skb_reset_mac_header(skb);
	memmove(skb->data, skb->data + LABEL_SIZE, offset);
	label = (__be32 *)(skb->data + offset);
	put_unaligned_be32(entry, label);
	*stack_type(skb, offset) = action->mpls.type;
	return 0;
}

/* A frame without a label is left alone. */
static int pop(struct asic_packet *packet, const struct asic_action *action)
{
	struct sk_buff *skb = packet->skb;
	const unsigned int offset = stack_offset(skb);

	if (!eth_p_mpls(*stack_type(skb, offset)))
		return 0;
	if (skb->len < offset + LABEL_SIZE || asic_packet_writable(packet, 0))
		return -EINVAL;
	memmove(skb->data + LABEL_SIZE, skb->data, offset);
	skb_pull(skb, LABEL_SIZE);
	skb_reset_mac_header(skb);
	*stack_type(skb, offset) = action->mpls.type;
	return 0;
}

/* A frame without a label is dropped, as software does. */
static int set(struct asic_packet *packet, const struct asic_action *action)
{
	struct sk_buff *skb = packet->skb;
	const unsigned int offset = stack_offset(skb);
	u8 *label;

	if (!eth_p_mpls(*stack_type(skb, offset)) || skb->len < offset + LABEL_SIZE ||
	    asic_packet_writable(packet, 0))
		return -EINVAL;
	label = skb->data + offset;
	put_unaligned_be32((get_unaligned_be32(label) & action->mpls.keep) | action->mpls.entry,
			   label);
	return 0;
}

/**
 * asic_mpls_run() - do an MPLS action
 * @packet:	the frame
 * @action:	of kind ASIC_MPLS_*
 *
 * Bottom halves off, any CPU. Return: 0, or -errno if the frame is to be dropped.
 */
int asic_mpls_run(struct asic_packet *packet, const struct asic_action *action)
{
	switch (action->kind) {
	case ASIC_MPLS_PUSH:
		return push(packet, action);
	case ASIC_MPLS_POP:
		return pop(packet, action);
	default:
		return set(packet, action);
	}
}

/**
 * asic_mpls_dump() - write an MPLS action, for debugging
 * @action:	of kind ASIC_MPLS_*
 * @seq:	where to
 */
void asic_mpls_dump(const struct asic_action *action, struct seq_file *seq)
{
	if (action->kind == ASIC_MPLS_POP)
		seq_printf(seq, " mpls-pop %04x", ntohs(action->mpls.type));
	else
		seq_printf(seq, " mpls-%s %08x/%08x",
			   action->kind == ASIC_MPLS_PUSH ? "push" : "set",
			   action->mpls.entry, ~action->mpls.keep);
}
