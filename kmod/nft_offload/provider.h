/* SPDX-License-Identifier: GPL-2.0-only */
/* The one socket of a namespace that places flows. */
#ifndef NFT_OFFLOAD_PROVIDER_H
#define NFT_OFFLOAD_PROVIDER_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct netlink_ext_ack;
struct offload;

/**
 * struct provider - who places flows into hardware
 * @portid: its netlink port, 0 if none is bound
 * @grace_ms: how long its flows are kept after its death, in milliseconds
 * @grace: it has gone, its flows are kept until @grace_end
 * @grace_end: in jiffies
 * @grace_work: ends the grace period
 * @retell_work: tells what there was no memory for
 *
 * Member of struct offload, guarded by its lock.
 */
struct provider {
	u32			portid;
	u32			grace_ms;
	bool			grace;
	unsigned long		grace_end;
	struct delayed_work	grace_work;
	struct delayed_work	retell_work;
};

void provider_init(struct provider *provider);
void provider_exit(struct provider *provider);
bool provider_is_bound(const struct provider *provider);
u32 provider_grace_left_ms(const struct provider *provider);
int provider_bind(struct offload *off, u32 portid, u32 grace_ms,
		  struct netlink_ext_ack *extack);
int provider_check(const struct offload *off, u32 portid,
		   struct netlink_ext_ack *extack);
void provider_retell(struct offload *off);
void provider_leave(struct offload *off, bool flush);
int provider_notifier_init(void);
void provider_notifier_exit(void);

#endif /* NFT_OFFLOAD_PROVIDER_H */
