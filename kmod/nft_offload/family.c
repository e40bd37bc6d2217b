// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "nft_offload": takes and checks what
 * user space says.
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
#include "conn.h"
#include "family.h"
#include "flow.h"
#include "message.h"
#include "offload.h"
#include "provider.h"
#include "rest.h"
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

/* A flow in FLOW_RESULT. */
static const struct nla_policy family_answer_policy[] = {
	[NFT_OFFLOAD_FLOW_ATTR_ID]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_GEN]	= { .type = NLA_U32 },
	[NFT_OFFLOAD_FLOW_ATTR_STATE]	=
		NLA_POLICY_RANGE(NLA_U8, NFT_OFFLOAD_STATE_IN_HW,
				 NFT_OFFLOAD_STATE_REFUSED),
	[NFT_OFFLOAD_FLOW_ATTR_REASON]	=
		NLA_POLICY_MAX(NLA_U32, NFT_OFFLOAD_REASON_MAX),
	[NFT_OFFLOAD_FLOW_ATTR_TEXT]	= {
		.type = NLA_NUL_STRING,
		.len = NFT_OFFLOAD_TEXT_MAX - 1,
	},
};

/* A flow in FLOW_STATS. */
static const struct nla_policy family_count_policy[] = {
	[NFT_OFFLOAD_FLOW_ATTR_ID]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_PACKETS]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_BYTES]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_IDLE_MS]	= { .type = NLA_U64 },
};

static const struct nla_policy family_result_policy[] = {
	[NFT_OFFLOAD_ATTR_FLOWS] = NLA_POLICY_NESTED_ARRAY(family_answer_policy),
};

static const struct nla_policy family_stats_policy[] = {
	[NFT_OFFLOAD_ATTR_FLOWS] = NLA_POLICY_NESTED_ARRAY(family_count_policy),
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

static int family_dump_conn(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct offload *off, struct conn *conn)
{
	struct flow *flow;
	int dir, err;

	for (dir = 0; dir < ARRAY_SIZE(conn->flow); dir++) {
		flow = &conn->flow[dir];
		if (!flow->rule || flow_id(flow) < cb->args[0])
			continue;
		err = message_flow_dump(skb, cb, flow);
		if (err) {
			cb->args[0] = flow_id(flow);
			return err;
		}
		if (NETLINK_CB(cb->skb).portid == off->provider.portid)
			flow->told = true;
	}
	return 0;
}

static int family_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct offload *off = offload_of(sock_net(skb->sk));
	unsigned long nr, last = cb->args[1];
	struct conn *conn;
	int err = 0;

	mutex_lock(&off->lock);
	xa_for_each_range(&off->conns_by_nr, nr, conn, cb->args[0] >> 1, last) {
		err = family_dump_conn(skb, cb, off, conn);
		if (err)
			break;
	}
	mutex_unlock(&off->lock);
	if (!err)
		cb->args[0] = (last + 1) << 1;
	/* A full message is sent, and this called again for the rest. */
	return skb->len ?: err;
}

/*
 * Of the flows in one batch that are no more, so many are answered, so that
 * the answers do not crowd out the acknowledgment from the provider's socket.
 */
#define FAMILY_UNKNOWN_MAX	16

/**
 * struct family_batch - how to take a batch of flows
 * @policy: of one flow
 * @maxtype: the last attribute in @policy
 * @required: attributes that each flow must have, as bits
 * @check: what the policy cannot say about one flow; or NULL
 * @apply: takes one flow, offload.lock held; @unknown as in family_flow()
 */
struct family_batch {
	const struct nla_policy	*policy;
	int			maxtype;
	u32			required;
	int (*check)(struct nlattr **attrs, struct netlink_ext_ack *extack);
	void (*apply)(struct offload *off, struct nlattr **attrs, int *unknown);
};

static int family_batch_check_one(const struct family_batch *batch,
				  const struct nlattr *entry,
				  struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[NFT_OFFLOAD_FLOW_ATTR_MAX + 1];
	int type, err;

	if (nla_type(entry) != NFT_OFFLOAD_ATTR_FLOW) {
		NL_SET_ERR_MSG_ATTR(extack, entry, "FLOWS may contain FLOW only");
		return -EINVAL;
	}
	err = nla_parse_nested(attrs, batch->maxtype, entry, batch->policy,
			       extack);
	if (err)
		return err;
	for (type = 0; type <= batch->maxtype; type++) {
		if (!(batch->required & BIT(type)) || attrs[type])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, entry,
				    "each flow of this command needs more attributes");
		return -EINVAL;
	}
	return batch->check ? batch->check(attrs, extack) : 0;
}

/* All of a batch is checked before any of it is taken. */
static int family_batch_check(const struct family_batch *batch,
			      const struct nlattr *flows,
			      struct netlink_ext_ack *extack)
{
	const struct nlattr *entry;
	int rem, count = 0, err;

	nla_for_each_nested(entry, flows, rem) {
		if (++count > NFT_OFFLOAD_BATCH_MAX) {
			NL_SET_ERR_MSG_ATTR(extack, entry,
					    "too many flows in one message; send several");
			return -E2BIG;
		}
		err = family_batch_check_one(batch, entry, extack);
		if (err)
			return err;
	}
	return 0;
}

static int family_batch_take(const struct family_batch *batch,
			     struct genl_info *info)
{
	struct offload *off = offload_of(genl_info_net(info));
	struct nlattr *attrs[NFT_OFFLOAD_FLOW_ATTR_MAX + 1];
	struct nlattr *flows = info->attrs[NFT_OFFLOAD_ATTR_FLOWS];
	const struct nlattr *entry;
	int rem, err, unknown = 0;

	if (!flows) {
		NL_SET_ERR_MSG(info->extack, "the attribute FLOWS is missing");
		return -EINVAL;
	}
	mutex_lock(&off->lock);
	err = provider_check(off, info->snd_portid, info->extack);
	if (!err)
		err = family_batch_check(batch, flows, info->extack);
	if (err)
		goto out;
	nla_for_each_nested(entry, flows, rem) {
		err = nla_parse_nested(attrs, batch->maxtype, entry,
				       batch->policy, info->extack);
		if (err)
			break;
		batch->apply(off, attrs, &unknown);
	}
out:
	mutex_unlock(&off->lock);
	return err;
}

/*
 * NULL, counted and answered, if the flow is no more. @unknown counts those
 * of this batch.
 */
static struct flow *family_flow(struct offload *off, struct nlattr **attrs,
				int *unknown)
{
	u64 id = nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_ID]);
	struct flow *flow = conn_flow(off, id);

	if (!flow) {
		off->results_stale++;
		if ((*unknown)++ < FAMILY_UNKNOWN_MAX)
			message_flow_unknown(off, id);
	}
	return flow;
}

static int family_answer_check(struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *reason = attrs[NFT_OFFLOAD_FLOW_ATTR_REASON];

	if (nla_get_u8(attrs[NFT_OFFLOAD_FLOW_ATTR_STATE]) !=
	    NFT_OFFLOAD_STATE_REFUSED || (reason && nla_get_u32(reason)))
		return 0;
	NL_SET_ERR_MSG(extack, "a refused flow needs a REASON");
	return -EINVAL;
}

static void family_answer_apply(struct offload *off, struct nlattr **attrs,
				int *unknown)
{
	struct nlattr *reason = attrs[NFT_OFFLOAD_FLOW_ATTR_REASON];
	struct nlattr *text = attrs[NFT_OFFLOAD_FLOW_ATTR_TEXT];
	struct flow *flow = family_flow(off, attrs, unknown);

	if (!flow)
		return;
	if (nla_get_u32(attrs[NFT_OFFLOAD_FLOW_ATTR_GEN]) != flow->gen) {
		off->results_stale++;
		return;
	}
	/* What nobody can place keeps the reason that it has. */
	if (!flow_is_placeable(flow))
		return;
	flow_answer(off, flow, nla_get_u8(attrs[NFT_OFFLOAD_FLOW_ATTR_STATE]),
		    reason ? nla_get_u32(reason) : NFT_OFFLOAD_REASON_NONE,
		    text ? nla_data(text) : NULL);
}

static void family_count_apply(struct offload *off, struct nlattr **attrs,
			       int *unknown)
{
	u64 packets = nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_PACKETS]);
	u64 bytes = nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_BYTES]);
	struct flow *flow;

	if (rest_settle(off, nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_ID]),
			packets, bytes))
		return;
	flow = family_flow(off, attrs, unknown);
	if (!flow)
		return;
	if (flow_count(flow, packets, bytes,
		       nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_IDLE_MS])))
		off->results_stale++;
}

static int family_result(struct sk_buff *skb, struct genl_info *info)
{
	static const struct family_batch batch = {
		.policy		= family_answer_policy,
		.maxtype	= ARRAY_SIZE(family_answer_policy) - 1,
		.required	= BIT(NFT_OFFLOAD_FLOW_ATTR_ID) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_GEN) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_STATE),
		.check		= family_answer_check,
		.apply		= family_answer_apply,
	};

	return family_batch_take(&batch, info);
}

static int family_stats(struct sk_buff *skb, struct genl_info *info)
{
	static const struct family_batch batch = {
		.policy		= family_count_policy,
		.maxtype	= ARRAY_SIZE(family_count_policy) - 1,
		.required	= BIT(NFT_OFFLOAD_FLOW_ATTR_ID) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_PACKETS) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_BYTES) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_IDLE_MS),
		.apply		= family_count_apply,
	};

	return family_batch_take(&batch, info);
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
		.doit		= family_result,
		.policy		= family_result_policy,
		.maxattr	= ARRAY_SIZE(family_result_policy) - 1,
	}, {
		.cmd		= NFT_OFFLOAD_CMD_FLOW_STATS,
		.flags		= GENL_UNS_ADMIN_PERM,
		.doit		= family_stats,
		.policy		= family_stats_policy,
		.maxattr	= ARRAY_SIZE(family_stats_policy) - 1,
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
