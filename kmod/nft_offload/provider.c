// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who places flows into hardware: its coming, its going, and the
 * grace period in between.
 *
 * The provider is a socket, known by its netlink port. When the socket is
 * closed, be it by exit, crash or kill, the kernel tells NETLINK_URELEASE
 * (net/netlink/af_netlink.c), so its death is known at once. Its rules stay
 * in the NIC. For the grace period its flows stay as they are, so that a
 * provider that starts again can take them over.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/nft_offload.h>
#include "conn.h"
#include "flow.h"
#include "message.h"
#include "offload.h"
#include "provider.h"

/* All flows go back to software. */
static void provider_give_up(struct offload *off, u32 reason)
{
	struct conn *conn;
	unsigned long nr;

	lockdep_assert_held(&off->lock);
	xa_for_each(&off->conns_by_nr, nr, conn) {
		flow_give_up(off, &conn->flow[0], reason);
		flow_give_up(off, &conn->flow[1], reason);
		cond_resched();
	}
}

static void provider_grace_over(struct work_struct *work)
{
	struct offload *off = container_of(to_delayed_work(work),
					   struct offload, provider.grace_work);
	struct provider *provider = &off->provider;

	mutex_lock(&off->lock);
	/* Meanwhile it may have come, and even gone again. */
	if (provider->grace && !time_before(jiffies, provider->grace_end)) {
		pr_warn_ratelimited("no provider has come back within %u ms: %u flows go from hardware to software (is nft-offloadd running?)\n",
				    provider->grace_ms, off->flows_in_hw);
		provider->grace = false;
		provider_give_up(off, NFT_OFFLOAD_REASON_PROVIDER_LOST);
	}
	mutex_unlock(&off->lock);
}

static void provider_retell_now(struct work_struct *work)
{
	struct offload *off = container_of(to_delayed_work(work),
					   struct offload, provider.retell_work);

	mutex_lock(&off->lock);
	/* What fails again has asked for the next time. */
	if (provider_is_bound(&off->provider))
		conn_retell(off);
	mutex_unlock(&off->lock);
}

/**
 * provider_retell() - there was no memory for a message
 * @off: the namespace, with a provider bound
 *
 * It is told in a tenth of a second.
 *
 * Context: offload.lock held.
 */
void provider_retell(struct offload *off)
{
	lockdep_assert_held(&off->lock);
	off->messages_lost++;
	queue_delayed_work(system_unbound_wq, &off->provider.retell_work,
			   HZ / 10);
}

/**
 * provider_init() - no provider yet
 * @provider: of a new namespace
 */
void provider_init(struct provider *provider)
{
	INIT_DELAYED_WORK(&provider->grace_work, provider_grace_over);
	INIT_DELAYED_WORK(&provider->retell_work, provider_retell_now);
}

/**
 * provider_exit() - the namespace ends
 * @provider: of it; bound only if the module goes
 *
 * Context: process, offload.lock not held.
 */
void provider_exit(struct provider *provider)
{
	cancel_delayed_work_sync(&provider->grace_work);
	cancel_delayed_work_sync(&provider->retell_work);
}

/**
 * provider_is_bound() - is there somebody to send flows to?
 * @provider: of the namespace
 */
bool provider_is_bound(const struct provider *provider)
{
	return provider->portid;
}

/**
 * provider_grace_left_ms() - what is left of the grace period
 * @provider: of the namespace
 *
 * Return: milliseconds, 0 if there is none.
 * Context: offload.lock held.
 */
u32 provider_grace_left_ms(const struct provider *provider)
{
	if (!provider->grace || time_after_eq(jiffies, provider->grace_end))
		return 0;
	return jiffies_to_msecs(provider->grace_end - jiffies);
}

/**
 * provider_bind() - a socket wants to be the provider
 * @off: the namespace
 * @portid: the socket's netlink port
 * @grace_ms: how long to keep its flows after its death, in milliseconds
 * @extack: takes the words to an error
 *
 * The bound provider may do so again, to change its grace period. The flows
 * of one that has gone stand as it has left them, if the grace period is not
 * over.
 *
 * Return: 0, or -EBUSY where another one is bound.
 * Context: process, offload.lock held.
 */
int provider_bind(struct offload *off, u32 portid, u32 grace_ms,
		  struct netlink_ext_ack *extack)
{
	struct provider *provider = &off->provider;
	struct conn *conn;
	unsigned long nr;

	lockdep_assert_held(&off->lock);
	if (provider->portid && provider->portid != portid) {
		NL_SET_ERR_MSG(extack,
			       "another provider is bound in this network namespace; stop it first");
		return -EBUSY;
	}
	provider->grace_ms = grace_ms;
	if (provider->portid)
		return 0;

	/* The work may be waiting for our lock: it looks at the flag. */
	provider->grace = false;
	cancel_delayed_work(&provider->grace_work);
	xa_for_each(&off->conns_by_nr, nr, conn) {
		flow_reopen(&conn->flow[0]);
		flow_reopen(&conn->flow[1]);
		cond_resched();
	}
	WRITE_ONCE(provider->portid, portid);
	message_provider_bound(off);
	return 0;
}

/**
 * provider_check() - may this socket speak as the provider?
 * @off: the namespace
 * @portid: the socket's netlink port
 * @extack: takes the words to an error
 *
 * Return: 0 or -EPERM.
 * Context: offload.lock held.
 */
int provider_check(const struct offload *off, u32 portid,
		   struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&off->lock);
	if (off->provider.portid == portid)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "this socket is not the provider of this network namespace; send BIND first");
	return -EPERM;
}

/**
 * provider_leave() - the provider goes
 * @off: the namespace, with a provider bound
 * @flush: it has removed its rules, so that there is nothing to wait for
 *
 * Context: process, offload.lock held.
 */
void provider_leave(struct offload *off, bool flush)
{
	struct provider *provider = &off->provider;
	u32 grace_ms = flush ? 0 : provider->grace_ms;

	lockdep_assert_held(&off->lock);
	WRITE_ONCE(provider->portid, 0);
	conn_forget_untold(off);
	message_provider_left(off, grace_ms);
	if (flush) {
		provider_give_up(off, NFT_OFFLOAD_REASON_NO_PROVIDER);
		return;
	}
	provider->grace = true;
	provider->grace_end = jiffies + msecs_to_jiffies(grace_ms);
	mod_delayed_work(system_unbound_wq, &provider->grace_work,
			 msecs_to_jiffies(grace_ms));
}

/* A netlink socket has been closed. Runs in the context of who closed it. */
static int provider_notify(struct notifier_block *block, unsigned long event,
			   void *data)
{
	const struct netlink_notify *notify = data;
	struct offload *off;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;

	off = offload_of(notify->net);
	/* Most sockets are not the provider's: do not wait for the lock. */
	if (READ_ONCE(off->provider.portid) != notify->portid)
		return NOTIFY_DONE;

	mutex_lock(&off->lock);
	if (off->provider.portid == notify->portid)
		provider_leave(off, false);
	mutex_unlock(&off->lock);
	return NOTIFY_DONE;
}

static struct notifier_block provider_notifier = {
	.notifier_call = provider_notify,
};

/**
 * provider_notifier_init() - from now on the death of a provider is noticed
 *
 * Return: 0 or a negative errno.
 */
int provider_notifier_init(void)
{
	return netlink_register_notifier(&provider_notifier);
}

/** provider_notifier_exit() - undoes provider_notifier_init(). */
void provider_notifier_exit(void)
{
	netlink_unregister_notifier(&provider_notifier);
}
