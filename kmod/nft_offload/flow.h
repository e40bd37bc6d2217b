/* SPDX-License-Identifier: GPL-2.0-only */
/* One direction of a connection: rule, state, counters. */
#ifndef NFT_OFFLOAD_FLOW_H
#define NFT_OFFLOAD_FLOW_H

#include <linux/types.h>

struct flow_stats;
struct offload;
struct rule;

/**
 * struct flow - one direction of a connection
 * @rule: what to place; NULL while the kernel has not told it
 * @mtu: of the device that it leaves by when @rule came first, in bytes; 0 if
 *	 that was unknown
 * @gen: counts changes of @rule, from 1
 * @reason: enum nft_offload_reason, NONE unless @state is REFUSED
 * @state: enum nft_offload_state
 * @dir: 0 original, 1 reply; its place in conn.flow
 * @carried: by all we know a rule for it is in hardware: after IN_HW until
 *	     another answer, also while a changed rule waits for one
 * @told: the bound provider has been sent @rule as it is
 * @untold: the flow has ended, and there was no memory to say so
 * @text: the words to @reason, or NULL
 * @packets: carried by hardware in all, as the provider said last
 * @bytes: the same in bytes
 * @packets_reported: of these told to the kernel
 * @bytes_reported: the same in bytes
 * @used: when hardware carried the last packet, in jiffies (64 bits), or 0
 * @placed: when the provider said last that hardware carries it, in jiffies
 *
 * Guarded by offload.lock.
 */
struct flow {
	struct rule	*rule;
	u32		mtu;
	u32		gen;
	u32		reason;
	u8		state;
	u8		dir;
	bool		carried;
	bool		told;
	bool		untold;
	char		*text;
	u64		packets;
	u64		bytes;
	u64		packets_reported;
	u64		bytes_reported;
	u64		used;
	unsigned long	placed;
};

u64 flow_id(const struct flow *flow);
bool flow_is_placeable(const struct flow *flow);
u64 flow_idle_ms(const struct flow *flow);
u64 flow_software_idle_ms(const struct flow *flow);
bool flow_software_packets(const struct flow *flow, u64 *packets);
bool flow_retell(struct offload *off, struct flow *flow);
void flow_replace(struct offload *off, struct flow *flow, struct rule *rule);
void flow_answer(struct offload *off, struct flow *flow, u8 state, u32 reason,
		 const char *text);
int flow_count(struct flow *flow, u64 packets, u64 bytes, u64 idle_ms);
void flow_stats(struct offload *off, struct flow *flow,
		struct flow_stats *stats);
void flow_reopen(struct flow *flow);
void flow_give_up(struct offload *off, struct flow *flow, u32 reason);
void flow_end(struct offload *off, struct flow *flow);

#endif /* NFT_OFFLOAD_FLOW_H */
