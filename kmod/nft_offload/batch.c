// SPDX-License-Identifier: GPL-2.0-only
/*
 * A batch of flows of which the provider says something: the
 * commands FLOW_RESULT, FLOW_STATS and FLOW_TEARDOWN.
 *
 * All of a batch is checked before any of it is taken. A flow that has ended
 * meanwhile is no error.
 */
#include <linux/nft_offload.h>
#include <net/genetlink.h>
#include "batch.h"
#include "conn.h"
#include "flow.h"
#include "message.h"
#include "offload.h"
#include "provider.h"
#include "rest.h"

/* A flow in FLOW_RESULT. */
static const struct nla_policy batch_answer_policy[] = {
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
static const struct nla_policy batch_count_policy[] = {
	[NFT_OFFLOAD_FLOW_ATTR_ID]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_PACKETS]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_BYTES]	= { .type = NLA_U64 },
	[NFT_OFFLOAD_FLOW_ATTR_IDLE_MS]	= { .type = NLA_U64 },
};

/* A flow in FLOW_TEARDOWN. */
static const struct nla_policy batch_teardown_one_policy[] = {
	[NFT_OFFLOAD_FLOW_ATTR_ID]	= { .type = NLA_U64 },
};

const struct nla_policy batch_result_policy[] = {
	[NFT_OFFLOAD_ATTR_FLOWS] = NLA_POLICY_NESTED_ARRAY(batch_answer_policy),
};

const struct nla_policy batch_stats_policy[] = {
	[NFT_OFFLOAD_ATTR_FLOWS] = NLA_POLICY_NESTED_ARRAY(batch_count_policy),
};

const struct nla_policy batch_teardown_policy[] = {
	[NFT_OFFLOAD_ATTR_FLOWS] =
		NLA_POLICY_NESTED_ARRAY(batch_teardown_one_policy),
};

/*
 * Of the flows in one batch that are no more, so many are answered, so that
 * the answers do not crowd out the acknowledgment from the provider's socket.
 */
#define BATCH_UNKNOWN_MAX	16

/**
 * struct batch - how to take a batch of flows
 * @policy: of one flow
 * @maxtype: the last attribute in @policy
 * @required: attributes that each flow must have, as bits
 * @check: what the policy cannot say about one flow; or NULL
 * @apply: takes one flow, offload.lock held; @unknown as in batch_flow()
 */
struct batch {
	const struct nla_policy	*policy;
	int			maxtype;
	u32			required;
	int (*check)(struct nlattr **attrs, struct netlink_ext_ack *extack);
	void (*apply)(struct offload *off, struct nlattr **attrs, int *unknown);
};

static int batch_check_one(const struct batch *batch,
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
static int batch_check(const struct batch *batch,
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
		err = batch_check_one(batch, entry, extack);
		if (err)
			return err;
	}
	return 0;
}

static int batch_take(const struct batch *batch,
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
		err = batch_check(batch, flows, info->extack);
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
static struct flow *batch_flow(struct offload *off, struct nlattr **attrs,
			       int *unknown)
{
	u64 id = nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_ID]);
	struct flow *flow = conn_flow(off, id);

	if (!flow) {
		off->results_stale++;
		if ((*unknown)++ < BATCH_UNKNOWN_MAX)
			message_flow_unknown(off, id);
	}
	return flow;
}

static int batch_answer_check(struct nlattr **attrs,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *reason = attrs[NFT_OFFLOAD_FLOW_ATTR_REASON];

	if (nla_get_u8(attrs[NFT_OFFLOAD_FLOW_ATTR_STATE]) !=
	    NFT_OFFLOAD_STATE_REFUSED || (reason && nla_get_u32(reason)))
		return 0;
	NL_SET_ERR_MSG(extack, "a refused flow needs a REASON");
	return -EINVAL;
}

static void batch_answer_apply(struct offload *off, struct nlattr **attrs,
			       int *unknown)
{
	struct nlattr *reason = attrs[NFT_OFFLOAD_FLOW_ATTR_REASON];
	struct nlattr *text = attrs[NFT_OFFLOAD_FLOW_ATTR_TEXT];
	struct flow *flow = batch_flow(off, attrs, unknown);

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

static void batch_count_apply(struct offload *off, struct nlattr **attrs,
			      int *unknown)
{
	u64 packets = nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_PACKETS]);
	u64 bytes = nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_BYTES]);
	struct flow *flow;

	if (rest_settle(off, nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_ID]),
			packets, bytes))
		return;
	flow = batch_flow(off, attrs, unknown);
	if (!flow)
		return;
	if (flow_count(flow, packets, bytes,
		       nla_get_u64(attrs[NFT_OFFLOAD_FLOW_ATTR_IDLE_MS])))
		off->results_stale++;
}

/* The flow's connection; of its second direction nothing is left then. */
static void batch_teardown_apply(struct offload *off, struct nlattr **attrs,
				 int *unknown)
{
	struct flow *flow = batch_flow(off, attrs, unknown);

	if (flow)
		conn_teardown(off, conn_of(flow));
}

/**
 * batch_result() - FLOW_RESULT: where hardware has these flows
 * @skb: the message
 * @info: the same, taken apart by batch_result_policy
 *
 * Return: 0 or a negative errno: -EPERM for a socket that is not the
 * provider's, -EINVAL, -E2BIG.
 * Context: process; takes offload.lock.
 */
int batch_result(struct sk_buff *skb, struct genl_info *info)
{
	static const struct batch batch = {
		.policy		= batch_answer_policy,
		.maxtype	= ARRAY_SIZE(batch_answer_policy) - 1,
		.required	= BIT(NFT_OFFLOAD_FLOW_ATTR_ID) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_GEN) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_STATE),
		.check		= batch_answer_check,
		.apply		= batch_answer_apply,
	};

	return batch_take(&batch, info);
}

/**
 * batch_stats() - FLOW_STATS: what hardware has carried of these flows
 * @skb: the message
 * @info: the same, taken apart by batch_stats_policy
 *
 * Return, context: as batch_result().
 */
int batch_stats(struct sk_buff *skb, struct genl_info *info)
{
	static const struct batch batch = {
		.policy		= batch_count_policy,
		.maxtype	= ARRAY_SIZE(batch_count_policy) - 1,
		.required	= BIT(NFT_OFFLOAD_FLOW_ATTR_ID) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_PACKETS) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_BYTES) |
				  BIT(NFT_OFFLOAD_FLOW_ATTR_IDLE_MS),
		.apply		= batch_count_apply,
	};

	return batch_take(&batch, info);
}

/**
 * batch_teardown() - FLOW_TEARDOWN: these flows are not true any more
 * @skb: the message
 * @info: the same, taken apart by batch_teardown_policy
 *
 * Return, context: as batch_result().
 */
int batch_teardown(struct sk_buff *skb, struct genl_info *info)
{
	static const struct batch batch = {
		.policy		= batch_teardown_one_policy,
		.maxtype	= ARRAY_SIZE(batch_teardown_one_policy) - 1,
		.required	= BIT(NFT_OFFLOAD_FLOW_ATTR_ID),
		.apply		= batch_teardown_apply,
	};

	return batch_take(&batch, info);
}
