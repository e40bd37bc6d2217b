// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one direction of a connection: told to the provider,
 * answered, counted, ended.
 *
 * State   | comes with                         | goes with
 * --------+------------------------------------+--------------------------
 * KNOWN   | first or changed rule, new provider| the provider's answer
 * IN_HW   | the provider's answer              | answer, change, give up
 * REFUSED | answer, no provider, a rule that   | answer, change, new
 *         | no provider could place            | provider
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/nft_offload.h>
#include <net/flow_offload.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_flow_table.h>
#include "conn.h"
#include "flow.h"
#include "flowtable.h"
#include "message.h"
#include "offload.h"
#include "rest.h"
#include "rule.h"

/**
 * flow_id() - the number that user space knows a flow by
 * @flow: the flow
 *
 * Return: connection << 1 | direction.
 */
u64 flow_id(const struct flow *flow)
{
	return conn_of(flow)->nr << 1 | flow->dir;
}

/**
 * flow_is_placeable() - could a provider place it?
 * @flow: the flow
 *
 * Return: false if there is no rule, or one that nobody can place.
 */
bool flow_is_placeable(const struct flow *flow)
{
	return flow->rule && !flow->rule->reason;
}

/**
 * flow_idle_ms() - time since hardware carried the last packet
 * @flow: a flow of which hardware has carried something
 *
 * Return: milliseconds.
 */
u64 flow_idle_ms(const struct flow *flow)
{
	return jiffies64_to_msecs(get_jiffies_64() - flow->used);
}

/* Changes the state; counters and words follow it. Tells nobody. */
static void flow_set(struct offload *off, struct flow *flow, u8 state,
		     u32 reason, const char *text)
{
	lockdep_assert_held(&off->lock);
	if (flow->state == NFT_OFFLOAD_STATE_IN_HW)
		off->flows_in_hw--;
	if (state == NFT_OFFLOAD_STATE_IN_HW)
		off->flows_in_hw++;
	if (reason)
		off->reasons[reason]++;
	flow->state = state;
	flow->reason = reason;
	kfree(flow->text);
	/* Without memory the reason stands for itself. */
	flow->text = text ? kstrdup(text, GFP_KERNEL) : NULL;
}

/* Tells provider and observers of a new or changed rule. */
static void flow_tell(struct offload *off, struct flow *flow)
{
	flow->told = !message_flow_new(off, flow);
}

/**
 * flow_retell() - tells what there was no memory for
 * @off: the namespace, with a provider bound
 * @flow: one with a rule, or one that has ended
 *
 * Return: whether all that is to be told of it has been.
 * Context: process, offload.lock held.
 */
bool flow_retell(struct offload *off, struct flow *flow)
{
	lockdep_assert_held(&off->lock);
	if (flow->untold)
		flow->untold = message_flow_del(off, flow_id(flow)) == -ENOMEM;
	else if (flow->rule && !flow->told)
		flow_tell(off, flow);
	return !flow->untold && (!flow->rule || flow->told);
}

/*
 * The kernel has offered a rule again that lies in hardware: a packet that
 * hardware should have taken has come to software. One that was under way
 * when the rule was placed may do that, so a second must have passed; and with
 * a direction in software, packets of that one do.
 */
static bool flow_is_missed(const struct flow *flow)
{
	const struct conn *conn = conn_of(flow);

	return conn->flow[0].carried && conn->flow[1].carried &&
	       flow->state == NFT_OFFLOAD_STATE_IN_HW &&
	       time_after(jiffies, flow->placed + HZ);
}

static void flow_set_rule(struct offload *off, struct flow *flow,
			  struct rule *rule)
{
	if (!flow->rule)
		off->flows_known++;
	rule_free(flow->rule);
	flow->rule = rule;
	flow->gen++;

	if (rule->reason)
		flow_set(off, flow, NFT_OFFLOAD_STATE_REFUSED, rule->reason,
			 rule->text);
	else if (provider_is_bound(&off->provider) || flow->carried)
		flow_set(off, flow, NFT_OFFLOAD_STATE_KNOWN,
			 NFT_OFFLOAD_REASON_NONE, NULL);
	else
		flow_set(off, flow, NFT_OFFLOAD_STATE_REFUSED,
			 NFT_OFFLOAD_REASON_NO_PROVIDER, NULL);
}

/**
 * flow_replace() - the kernel has given a rule
 * @off: the namespace
 * @flow: the flow
 * @rule: taken over; the first one, the same as before, or another one.
 *	  Never one that nobody can place in place of one that somebody could
 *
 * The same rule again is the usual case (about once a second for a flow in
 * software) and leads to no message, unless the one before was lost or the
 * flow is one that should not be in software.
 *
 * Context: process, offload.lock held.
 */
void flow_replace(struct offload *off, struct flow *flow, struct rule *rule)
{
	lockdep_assert_held(&off->lock);
	if (!flow->rule || !rule_equal(flow->rule, rule)) {
		flow_set_rule(off, flow, rule);
		flow_tell(off, flow);
		return;
	}
	rule_free(rule);
	if (provider_is_bound(&off->provider) &&
	    (!flow->told || flow_is_missed(flow)))
		flow_tell(off, flow);
}

/**
 * flow_answer() - the provider says what has become of a flow
 * @off: the namespace
 * @flow: a flow that can be placed
 * @state: IN_HW or REFUSED
 * @reason: why refused; ignored otherwise
 * @text: the driver's words, or NULL; copied
 *
 * Context: process, offload.lock held.
 */
void flow_answer(struct offload *off, struct flow *flow, u8 state, u32 reason,
		 const char *text)
{
	bool changed;

	if (state == NFT_OFFLOAD_STATE_IN_HW) {
		reason = NFT_OFFLOAD_REASON_NONE;
		text = NULL;
	}
	changed = flow->state != state || flow->reason != reason;
	flow_set(off, flow, state, reason, text);
	flow->carried = state == NFT_OFFLOAD_STATE_IN_HW;
	flow->placed = jiffies;
	conn_update_hw(conn_of(flow));
	if (changed)
		message_flow_result(off, flow);
}

/**
 * flow_count() - the provider says what hardware has carried
 * @flow: the flow
 * @packets: since the flow is known, in all
 * @bytes: the same in bytes
 * @idle_ms: since the last packet
 *
 * Return: 0, or -ESTALE for totals lower than before, which are ignored.
 * Context: offload.lock held.
 */
int flow_count(struct flow *flow, u64 packets, u64 bytes, u64 idle_ms)
{
	u64 now = get_jiffies_64(), idle;

	if (packets < flow->packets || bytes < flow->bytes)
		return -ESTALE;
	flow->packets = packets;
	flow->bytes = bytes;
	if (!packets)
		return 0;
	idle = msecs_to_jiffies(min_t(u64, idle_ms, INT_MAX));
	if (idle < now)
		flow->used = max(flow->used, now - idle);
	return 0;
}

static struct flow_offload *flow_offload(const struct flow *flow)
{
	return conn_of(flow)->offload;
}

static bool flow_has_counter(const struct flow *flow)
{
	return conn_of(flow)->flowtable->nf->flags & NF_FLOWTABLE_COUNTER;
}

/*
 * What the kernel has not been told yet. Conntrack's counters take at most
 * 32 bits at a time, which at 100 Gbit/s is a third of a second: beyond that
 * we add to them here what the caller's one call could not.
 */
static void flow_take(struct flow *flow, u32 *packets, u32 *bytes)
{
	u64 rest = flow->bytes - flow->bytes_reported;
	struct nf_conn_acct *acct;

	*bytes = min_t(u64, rest, U32_MAX);
	rest -= *bytes;
	if (rest && flow_has_counter(flow)) {
		acct = nf_conn_acct_find(flow_offload(flow)->ct);
		if (acct)
			atomic64_add(rest, &acct->counter[flow->dir].bytes);
	}
	*packets = min_t(u64, flow->packets - flow->packets_reported, U32_MAX);
	flow->bytes_reported = flow->bytes;
	flow->packets_reported += *packets;
}

/* The timeout of a flowtable entry, in jiffies, as the kernel computes it. */
static u32 flow_timeout(const struct nf_conn *ct)
{
	struct net *net = nf_ct_net(ct);

	switch (nf_ct_protonum(ct)) {
	case IPPROTO_TCP:
		return nf_tcp_pernet(net)->offload_timeout;
	case IPPROTO_UDP:
		return nf_udp_pernet(net)->offload_timeout;
	}
	return NF_FLOW_TIMEOUT;
}

/**
 * flow_software_packets() - what software has forwarded
 * @flow: the flow
 * @packets: takes it: what conntrack counts, but for what was reported to it
 *
 * Return: false if nobody counts.
 * Context: offload.lock held.
 */
bool flow_software_packets(const struct flow *flow, u64 *packets)
{
	struct nf_conn_acct *acct = NULL;
	u64 counted;

	if (flow_has_counter(flow))
		acct = nf_conn_acct_find(flow_offload(flow)->ct);
	if (!acct)
		return false;
	counted = atomic64_read(&acct->counter[flow->dir].packets);
	*packets = counted - min(counted, flow->packets_reported);
	return true;
}

/**
 * flow_software_idle_ms() - time since software forwarded the last packet
 * @flow: the flow; of its connection, in either direction
 *
 * The kernel sets the entry's timeout anew with a packet, but at most once a
 * second (flow_offload_refresh()).
 *
 * Return: milliseconds.
 * Context: offload.lock held.
 */
u64 flow_software_idle_ms(const struct flow *flow)
{
	const struct flow_offload *offload = flow_offload(flow);
	u32 used = READ_ONCE(offload->timeout) - flow_timeout(offload->ct);
	s32 idle = (u32)jiffies - used;

	return jiffies_to_msecs(max(idle, 0));
}

/*
 * When hardware used the flow last, for the kernel to extend its timeout
 * from; 0 where that would not extend it. The kernel compares 64 bits of ours
 * with 32 of its own, and so would also take what shortens the timeout: it
 * is not given that.
 *
 * While no provider is bound nobody reads the counters of the rules that the
 * last one has left. Until it is back, or given up, its flows are kept.
 */
static u64 flow_lastused(const struct offload *off, const struct flow *flow)
{
	const struct flow_offload *offload = flow_offload(flow);
	u64 used = flow->used;
	u32 until;

	if (flow->carried && !provider_is_bound(&off->provider))
		used = get_jiffies_64();
	until = (u32)used + flow_timeout(offload->ct);
	if (!used || (s32)(until - READ_ONCE(offload->timeout)) <= 0)
		return 0;
	return used;
}

/**
 * flow_stats() - the kernel asks what hardware has carried since last time
 * @off: the namespace
 * @flow: the flow
 * @stats: takes it; the kernel adds it to conntrack's counters where the
 *	   flowtable has the flag "counter"
 *
 * Context: process, offload.lock held.
 */
void flow_stats(struct offload *off, struct flow *flow,
		struct flow_stats *stats)
{
	u32 packets, bytes;

	lockdep_assert_held(&off->lock);
	flow_take(flow, &packets, &bytes);
	flow_stats_update(stats, bytes, packets, 0, flow_lastused(off, flow),
			  FLOW_ACTION_HW_STATS_DELAYED);
}

/**
 * flow_reopen() - a provider has bound
 * @flow: the flow
 *
 * It has been told nothing yet. What it has left in hardware, or refused,
 * within the grace period stands; what was given up is open again.
 *
 * Context: offload.lock held.
 */
void flow_reopen(struct flow *flow)
{
	flow->told = false;
	if (flow->reason != NFT_OFFLOAD_REASON_NO_PROVIDER &&
	    flow->reason != NFT_OFFLOAD_REASON_PROVIDER_LOST)
		return;
	flow->state = NFT_OFFLOAD_STATE_KNOWN;
	flow->reason = NFT_OFFLOAD_REASON_NONE;
}

/**
 * flow_give_up() - no provider looks after the flow any more
 * @off: the namespace
 * @flow: the flow; one that nobody can place keeps its own reason
 * @reason: NO_PROVIDER or PROVIDER_LOST
 *
 * Context: process, offload.lock held.
 */
void flow_give_up(struct offload *off, struct flow *flow, u32 reason)
{
	if (flow_is_placeable(flow))
		flow_answer(off, flow, NFT_OFFLOAD_STATE_REFUSED, reason, NULL);
}

/**
 * flow_end() - the flow has ended
 * @off: the namespace
 * @flow: has a rule; has none after
 *
 * What hardware carried last still goes to conntrack; what the provider does
 * not know yet comes later.
 *
 * Context: process, offload.lock held.
 */
void flow_end(struct offload *off, struct flow *flow)
{
	u32 packets, bytes;

	lockdep_assert_held(&off->lock);
	flow->untold = message_flow_del(off, flow_id(flow)) == -ENOMEM;
	flow_take(flow, &packets, &bytes);
	if (packets && flow_has_counter(flow))
		nf_ct_acct_add(flow_offload(flow)->ct, flow->dir, packets,
			       bytes);
	rest_keep(off, flow);
	flow_set(off, flow, NFT_OFFLOAD_STATE_KNOWN, NFT_OFFLOAD_REASON_NONE,
		 NULL);
	off->flows_known--;
	rule_free(flow->rule);
	flow->rule = NULL;
}
