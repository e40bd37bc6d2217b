// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "nft_offload": takes and checks what
 * user space says. Commands about flows: batch.c.
 *
 * Every command needs CAP_NET_ADMIN in the user namespace of the network
 * namespace. Messages are checked strictly, each command by a policy of its
 * own: an attribute that a command does not know is an error. Commands run in
 * parallel; each takes offload.lock of its namespace.
 */
#include <linux/module.h>
#include <linux/nft_offload.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "batch.h"
#include "conn.h"
#include "family.h"
#include "flow.h"
#include "message.h"
#include "offload.h"
#include "provider.h"
#include "rule.h"

/* Not const: kernel 6.1 would not take it. */
static struct netlink_range_validation family_grace_range = {
	.max = NFT_OFFLOAD_GRACE_MAX_MS,
};

static const struct nla_policy family_bind_policy[] = {
	[NFT_OFFLOAD_ATTR_GRACE_MS] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &family_grace_range),
};

static const struct nla_policy family_unbind_policy[] = {
	[NFT_OFFLOAD_ATTR_FLUSH] = { .type = NLA_FLAG },
};

static int family_bind(struct sk_buff *skb, struct genl_info *info)
{
	struct offload *off = offload_of(genl_info_net(info));
	struct nlattr *attr = info->attrs[NFT_OFFLOAD_ATTR_GRACE_MS];
	u32 grace_ms = attr ? nla_get_u32(attr) : NFT_OFFLOAD_GRACE_DEFAULT_MS;
	int err;

	mutex_lock(&off->lock);
	err = provider_bind(off, info->snd_portid, grace_ms, info->extack);
	mutex_unlock(&off->lock);
	return err;
}

static int family_unbind(struct sk_buff *skb, struct genl_info *info)
{
	struct offload *off = offload_of(genl_info_net(info));
	int err;

	mutex_lock(&off->lock);
	err = provider_check(off, info->snd_portid, info->extack);
	if (!err)
		provider_leave(off, info->attrs[NFT_OFFLOAD_ATTR_FLUSH]);
	mutex_unlock(&off->lock);
	return err;
}

static int family_put_reasons(struct sk_buff *skb, const struct offload *off)
{
	struct nlattr *reasons, *nest;
	u32 reason;

	reasons = nla_nest_start(skb, NFT_OFFLOAD_ATTR_REASONS);
	if (!reasons)
		return -EMSGSIZE;
	for (reason = 0; reason < ARRAY_SIZE(off->reasons); reason++) {
		if (!off->reasons[reason])
			continue;
		nest = nla_nest_start(skb, NFT_OFFLOAD_ATTR_FLOW);
		if (!nest ||
		    nla_put_u32(skb, NFT_OFFLOAD_FLOW_ATTR_REASON, reason) ||
		    nla_put_u64_64bit(skb, NFT_OFFLOAD_FLOW_ATTR_COUNT,
				      off->reasons[reason],
				      NFT_OFFLOAD_FLOW_ATTR_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	nla_nest_end(skb, reasons);
	return 0;
}

static int family_put_offload(struct sk_buff *skb, const struct offload *off)
{
	const struct provider *provider = &off->provider;

	if (provider_is_bound(provider) &&
	    nla_put_u32(skb, NFT_OFFLOAD_ATTR_PORTID, provider->portid))
		return -EMSGSIZE;
	if (provider->grace &&
	    nla_put_u32(skb, NFT_OFFLOAD_ATTR_GRACE_MS,
			provider_grace_left_ms(provider)))
		return -EMSGSIZE;
	if (nla_put_u32(skb, NFT_OFFLOAD_ATTR_FLOWS_KNOWN, off->flows_known) ||
	    nla_put_u32(skb, NFT_OFFLOAD_ATTR_FLOWS_IN_HW, off->flows_in_hw) ||
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_ATTR_RESULTS_STALE,
			      off->results_stale, NFT_OFFLOAD_ATTR_PAD) ||
	    nla_put_u64_64bit(skb, NFT_OFFLOAD_ATTR_MESSAGES_LOST,
			      off->messages_lost, NFT_OFFLOAD_ATTR_PAD))
		return -EMSGSIZE;
	return family_put_reasons(skb, off);
}

static int family_get(struct sk_buff *skb, struct genl_info *info)
{
	struct offload *off = offload_of(genl_info_net(info));
	struct sk_buff *reply;
	void *header;
	int err;

	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &family, 0,
				   NFT_OFFLOAD_CMD_GET);
	mutex_lock(&off->lock);
	err = header ? family_put_offload(reply, off) : -EMSGSIZE;
	mutex_unlock(&off->lock);
	if (err) {
		kfree_skb(reply);
		return err;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

/*
 * A dump goes through the connections in the order of their numbers, up to
 * the last one there was at its begin: what lives all the while is told once,
 * whatever comes and goes beside it, and what comes later is told by FLOW_NEW
 * anyway. cb->args: id of the flow to begin with, last number.
 */
static int family_dump_start(struct netlink_callback *cb)
{
	cb->args[0] = 0;
	cb->args[1] = conn_last_nr();
	return 0;
}

typedef int family_tell_t(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct offload *off, struct flow *flow);

static int family_tell_flow(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct offload *off, struct flow *flow)
{
	int err = message_flow_dump(skb, cb, flow);

	if (!err && NETLINK_CB(cb->skb).portid == off->provider.portid)
		flow->told = true;
	return err;
}

static int family_tell_count(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct offload *off, struct flow *flow)
{
	if (flow->state == NFT_OFFLOAD_STATE_IN_HW ||
	    !flow_is_placeable(flow))
		return 0;
	return message_flow_count(skb, cb, flow);
}

static int family_tell_conn(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct offload *off, struct conn *conn,
			    family_tell_t *tell)
{
	struct flow *flow;
	int dir, err;

	for (dir = 0; dir < ARRAY_SIZE(conn->flow); dir++) {
		flow = &conn->flow[dir];
		if (!flow->rule || flow_id(flow) < cb->args[0])
			continue;
		err = tell(skb, cb, off, flow);
		if (err) {
			cb->args[0] = flow_id(flow);
			return err;
		}
	}
	return 0;
}

static int family_tell_all(struct sk_buff *skb, struct netlink_callback *cb,
			   family_tell_t *tell)
{
	struct offload *off = offload_of(sock_net(skb->sk));
	unsigned long nr, last = cb->args[1];
	struct conn *conn;
	int err = 0;

	mutex_lock(&off->lock);
	xa_for_each_range(&off->conns_by_nr, nr, conn, cb->args[0] >> 1, last) {
		err = family_tell_conn(skb, cb, off, conn, tell);
		if (err)
			break;
	}
	mutex_unlock(&off->lock);
	if (!err)
		cb->args[0] = (last + 1) << 1;
	/* A full message is sent, and this called again for the rest. */
	return skb->len ?: err;
}

static int family_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return family_tell_all(skb, cb, family_tell_flow);
}

static int family_count(struct sk_buff *skb, struct netlink_callback *cb)
{
	return family_tell_all(skb, cb, family_tell_count);
}

static const struct genl_ops family_ops[] = {
	{
		.cmd		= NFT_OFFLOAD_CMD_BIND,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= family_bind,
		.policy		= family_bind_policy,
		.maxattr	= ARRAY_SIZE(family_bind_policy) - 1,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_UNBIND,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= family_unbind,
		.policy		= family_unbind_policy,
		.maxattr	= ARRAY_SIZE(family_unbind_policy) - 1,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_GET,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= family_get,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_FLOW_GET,
		.flags		= GENL_UNS_ADMIN_PERM,
		.start		= family_dump_start,
		.dumpit		= family_dump,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_FLOW_RESULT,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= batch_result,
		.policy		= batch_result_policy,
		.maxattr	= ARRAY_SIZE(batch_result_policy) - 1,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_FLOW_STATS,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= batch_stats,
		.policy		= batch_stats_policy,
		.maxattr	= ARRAY_SIZE(batch_stats_policy) - 1,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_FLOW_TEARDOWN,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= batch_teardown,
		.policy		= batch_teardown_policy,
		.maxattr	= ARRAY_SIZE(batch_teardown_policy) - 1,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_FLOW_COUNT,
		.flags		= GENL_UNS_ADMIN_PERM,
		.start		= family_dump_start,
		.dumpit		= family_count,
	},
};

static const struct genl_multicast_group family_groups[] = {
	[MESSAGE_GROUP] = {
		.name	= NFT_OFFLOAD_GENL_MCGRP,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

/*
 * resv_start_op is left at 0: reserved fields are checked in all commands. A
 * command without a policy takes no attributes.
 */
struct genl_family family = {
	.name		= NFT_OFFLOAD_GENL_NAME,
	.version	= NFT_OFFLOAD_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.ops		= family_ops,
	.n_ops		= ARRAY_SIZE(family_ops),
	.mcgrps		= family_groups,
	.n_mcgrps	= ARRAY_SIZE(family_groups),
	.module		= THIS_MODULE,
};

/**
 * family_init() - user space may speak from now on
 *
 * Return: 0 or a negative errno.
 */
int family_init(void)
{
	return genl_register_family(&family);
}

/** family_exit() - undoes family_init(); waits for commands that run. */
void family_exit(void)
{
	genl_unregister_family(&family);
}
