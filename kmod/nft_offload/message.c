// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds and sends what the module says.
 *
 * To the provider each message goes by itself, and without waiting: a
 * provider that does not read must not hold up the kernel. What its socket
 * does not take is counted as lost, and netlink makes its next read fail with
 * ENOBUFS (netlink_attachskb(): a message from the kernel that may not wait).
 * It is told so once, and loses everything that comes until it has emptied
 * the socket: it has to read on to the end before it asks for a dump.
 *
 * Whatever is lost comes again: with the dump that the provider asks for then,
 * a flow also with the next REPLACE of the kernel (flow.told), the end of one
 * also as the answer to the next result or counter for it
 * (message_flow_unknown()). Of a message that could not be made for want of
 * memory the provider knows nothing: it is made later (provider_retell()).
 *
 * Observers get a copy of everything by multicast, if there are any.
 */
#include <linux/nft_offload.h>
#include <net/genetlink.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_flow_table.h>
#include "conn.h"
#include "family.h"
#include "flow.h"
#include "flowtable.h"
#include "message.h"
#include "offload.h"
#include "rule.h"

/* All of fixed size in a flow: id, counters and times of 8 bytes, others. */
#define MESSAGE_FLOW_SIZE	(nla_total_size(0) +			\
				 4 * nla_total_size_64bit(sizeof(u64)) + \
				 8 * nla_total_size(sizeof(u32)))

static bool message_has_observers(const struct offload *off)
{
	return genl_has_listeners(&family, off->net, MESSAGE_GROUP);
}

static struct sk_buff *message_new(u8 command, size_t size, void **header)
{
	struct sk_buff *skb;

	skb = genlmsg_new(size, GFP_KERNEL);
	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, 0, &family, 0, command);
	return skb;
}

/* Takes @skb over. The provider would get twice what is meant for it. */
static void message_to_observers(const struct offload *off, struct sk_buff *skb)
{
	genlmsg_multicast_netns(&family, off->net, skb, off->provider.portid,
				MESSAGE_GROUP, GFP_KERNEL);
}

/* Takes @skb over. Returns 0 or a negative errno if it was lost. */
static int message_to_provider(struct offload *off, struct sk_buff *skb)
{
	int err = genlmsg_unicast(off->net, skb, off->provider.portid);

	if (err)
		off->messages_lost++;
	return err;
}

/* To both. Takes @skb over. Returns 0 if the provider has got it. */
static int message_to_all(struct offload *off, struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (message_has_observers(off)) {
		copy = skb_clone(skb, GFP_KERNEL);
		if (copy)
			message_to_observers(off, copy);
	}
	return message_to_provider(off, skb);
}

static size_t message_flow_size(const struct flow *flow)
{
	const struct flowtable *ft = conn_of(flow)->flowtable;
	size_t size = MESSAGE_FLOW_SIZE + flow->rule->len;

	size += nla_total_size(strlen(flowtable_table_name(ft)) + 1);
	size += nla_total_size(strlen(flowtable_name(ft)) + 1);
	if (flow->text)
		size += nla_total_size(strlen(flow->text) + 1);
	return size;
}

static int message_put_conn(struct sk_buff *skb, const struct flow *flow)
{
	const struct conn *conn = conn_of(flow);
	const struct flowtable *ft = conn->flowtable;
	const struct nf_conn *ct = conn->offload->ct;
	/* conntrack(8) shows the kernel's number as if it came from the wire. */
	u32 ct_id = be32_to_cpu((__force __be32)nf_ct_get_id(ct));

	if (nla_put_u32(skb, NFT_OFFLOAD_FLOW_ATTR_CT_ID, ct_id) ||
	    nla_put_u16(skb, NFT_OFFLOAD_FLOW_ATTR_CT_ZONE, nf_ct_zone(ct)->id) ||
	    nla_put_string(skb, NFT_OFFLOAD_FLOW_ATTR_TABLE,
			   flowtable_table_name(ft)) ||
	    nla_put_string(skb, NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE,
			   flowtable_name(ft)) ||
	    nla_put_s32(skb, NFT_OFFLOAD_FLOW_ATTR_PRIORITY, ft->nf->priority) ||
	    nla_put_u32(skb, NFT_OFFLOAD_FLOW_ATTR_MTU,
			conn->offload->tuplehash[flow->dir].tuple.mtu))
		return -EMSGSIZE;
	return 0;
}

static int message_put_rule(struct sk_buff *skb, const struct rule *rule)
{
	/* The actions of a rule that nobody can place would only mislead. */
	size_t len = rule->reason ? rule->match_len : rule->len;

	if (skb_tailroom(skb) < len)
		return -EMSGSIZE;
	skb_put_data(skb, rule->attrs, len);
	return 0;
}

static int message_put_state(struct sk_buff *skb, const struct flow *flow)
{
	if (nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_ID, flow_id(flow),
			      NFT_OFFLOAD_FLOW_ATTR_PAD) ||
	    nla_put_u32(skb, NFT_OFFLOAD_FLOW_ATTR_GEN, flow->gen) ||
	    nla_put_u8(skb, NFT_OFFLOAD_FLOW_ATTR_STATE, flow->state))
		return -EMSGSIZE;
	if (flow->reason &&
	    nla_put_u32(skb, NFT_OFFLOAD_FLOW_ATTR_REASON, flow->reason))
		return -EMSGSIZE;
	if (flow->text &&
	    nla_put_string(skb, NFT_OFFLOAD_FLOW_ATTR_TEXT, flow->text))
		return -EMSGSIZE;
	return 0;
}

static int message_put_counters(struct sk_buff *skb, const struct flow *flow)
{
	if (nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_PACKETS, flow->packets,
			      NFT_OFFLOAD_FLOW_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_BYTES, flow->bytes,
			      NFT_OFFLOAD_FLOW_ATTR_PAD))
		return -EMSGSIZE;
	if (flow->used &&
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_IDLE_MS,
			      flow_idle_ms(flow), NFT_OFFLOAD_FLOW_ATTR_PAD))
		return -EMSGSIZE;
	return 0;
}

/* All there is to say about a flow. */
static int message_put_flow(struct sk_buff *skb, const struct flow *flow)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, NFT_OFFLOAD_ATTR_FLOW);
	if (!nest ||
	    message_put_state(skb, flow) ||
	    message_put_conn(skb, flow) ||
	    message_put_rule(skb, flow->rule) ||
	    message_put_counters(skb, flow))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * message_flow_new() - a flow is there to be placed, or its rule has changed
 * @off: the namespace
 * @flow: one that nobody can place is told as well: people ask the provider
 *
 * Return: 0 if the provider has it now, else a negative errno: -ENOTCONN if
 * there is none, -ENOMEM, or what the socket said.
 * Context: process, offload.lock held.
 */
int message_flow_new(struct offload *off, const struct flow *flow)
{
	bool wanted = provider_is_bound(&off->provider);
	struct sk_buff *skb;
	void *header;

	if (!wanted && !message_has_observers(off))
		return -ENOTCONN;
	skb = message_new(NFT_OFFLOAD_CMD_FLOW_NEW, message_flow_size(flow),
			  &header);
	if (!skb || WARN_ON_ONCE(message_put_flow(skb, flow))) {
		kfree_skb(skb);
		if (wanted)
			provider_retell(off);
		return -ENOMEM;
	}
	genlmsg_end(skb, header);
	if (wanted)
		return message_to_all(off, skb);
	message_to_observers(off, skb);
	return -ENOTCONN;
}

static struct sk_buff *message_flow_del_new(u64 id)
{
	struct sk_buff *skb;
	struct nlattr *nest;
	void *header;

	skb = message_new(NFT_OFFLOAD_CMD_FLOW_DEL, nla_total_size(0) +
			  nla_total_size_64bit(sizeof(u64)), &header);
	if (!skb)
		return NULL;
	nest = nla_nest_start(skb, NFT_OFFLOAD_ATTR_FLOW);
	nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_ID, id,
			  NFT_OFFLOAD_FLOW_ATTR_PAD);
	nla_nest_end(skb, nest);
	genlmsg_end(skb, header);
	return skb;
}

/**
 * message_flow_del() - a flow has ended
 * @off: the namespace
 * @id: of the flow
 *
 * Return: 0, -ENOMEM if it has to be told later, or what the socket said.
 * Context: process, offload.lock held.
 */
int message_flow_del(struct offload *off, u64 id)
{
	bool bound = provider_is_bound(&off->provider);
	struct sk_buff *skb;

	if (!bound && !message_has_observers(off))
		return 0;
	skb = message_flow_del_new(id);
	if (!skb && bound) {
		provider_retell(off);
		return -ENOMEM;
	}
	if (bound)
		return message_to_all(off, skb);
	if (skb)
		message_to_observers(off, skb);
	return 0;
}

/**
 * message_flow_unknown() - the provider has spoken of a flow that has ended
 * @off: the namespace, with a provider bound
 * @id: what it spoke of
 *
 * It may have missed the end, or have had it before a dump that was made
 * earlier: it is told (again).
 *
 * Context: process, offload.lock held.
 */
void message_flow_unknown(struct offload *off, u64 id)
{
	struct sk_buff *skb = message_flow_del_new(id);

	if (skb)
		message_to_provider(off, skb);
	else
		off->messages_lost++;
}

/**
 * message_flow_result() - tells observers of a flow's new state
 * @off: the namespace
 * @flow: the flow
 *
 * Context: process, offload.lock held.
 */
void message_flow_result(struct offload *off, const struct flow *flow)
{
	struct sk_buff *skb;
	struct nlattr *nest;
	void *header;

	if (!message_has_observers(off))
		return;
	skb = message_new(NFT_OFFLOAD_CMD_FLOW_RESULT, message_flow_size(flow),
			  &header);
	if (!skb)
		return;
	nest = nla_nest_start(skb, NFT_OFFLOAD_ATTR_FLOW);
	if (!nest || WARN_ON_ONCE(message_put_state(skb, flow))) {
		kfree_skb(skb);
		return;
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, header);
	message_to_observers(off, skb);
}

static void message_provider(struct offload *off, u8 command, u16 attr,
			     u32 value)
{
	struct sk_buff *skb;
	void *header;

	if (!message_has_observers(off))
		return;
	skb = message_new(command, nla_total_size(sizeof(u32)), &header);
	if (!skb)
		return;
	nla_put_u32(skb, attr, value);
	genlmsg_end(skb, header);
	message_to_observers(off, skb);
}

/**
 * message_provider_bound() - tells observers of a new provider
 * @off: the namespace
 *
 * Context: process, offload.lock held.
 */
void message_provider_bound(struct offload *off)
{
	message_provider(off, NFT_OFFLOAD_CMD_BIND, NFT_OFFLOAD_ATTR_PORTID,
			 off->provider.portid);
}

/**
 * message_provider_left() - tells observers that the provider has gone
 * @off: the namespace
 * @grace_ms: how long its flows are kept, in milliseconds
 *
 * Context: process, offload.lock held.
 */
void message_provider_left(struct offload *off, u32 grace_ms)
{
	message_provider(off, NFT_OFFLOAD_CMD_UNBIND, NFT_OFFLOAD_ATTR_GRACE_MS,
			 grace_ms);
}

/* Puts @flow into a dump by @put. Nothing of it is left if it has no room. */
static int message_dump(struct sk_buff *skb, struct netlink_callback *cb,
			u8 command, const struct flow *flow,
			int (*put)(struct sk_buff *skb, const struct flow *flow))
{
	void *header;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			     cb->nlh->nlmsg_seq, &family, NLM_F_MULTI, command);
	if (!header)
		return -EMSGSIZE;
	if (put(skb, flow)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/**
 * message_flow_dump() - puts a flow into a dump
 * @skb: the dump's
 * @cb: the dump
 * @flow: the flow
 *
 * Return: 0, or -EMSGSIZE if it has no room; nothing of it is left then.
 * Context: offload.lock held.
 */
int message_flow_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct flow *flow)
{
	return message_dump(skb, cb, NFT_OFFLOAD_CMD_FLOW_NEW, flow,
			    message_put_flow);
}

static int message_put_count(struct sk_buff *skb, const struct flow *flow)
{
	struct nlattr *nest;
	u64 packets;

	nest = nla_nest_start(skb, NFT_OFFLOAD_ATTR_FLOW);
	if (!nest ||
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_ID, flow_id(flow),
			      NFT_OFFLOAD_FLOW_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_IDLE_MS,
			      flow_software_idle_ms(flow),
			      NFT_OFFLOAD_FLOW_ATTR_PAD))
		return -EMSGSIZE;
	if (flow_software_packets(flow, &packets) &&
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_PACKETS, packets,
			      NFT_OFFLOAD_FLOW_ATTR_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * message_flow_count() - puts what software has carried of a flow into a dump
 * @skb: the dump's
 * @cb: the dump
 * @flow: the flow
 *
 * Return: 0, or -EMSGSIZE if it has no room; nothing of it is left then.
 * Context: offload.lock held.
 */
int message_flow_count(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct flow *flow)
{
	return message_dump(skb, cb, NFT_OFFLOAD_CMD_FLOW_COUNT, flow,
			    message_put_count);
}
