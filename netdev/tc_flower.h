/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tc_flower: a rule as the bytes of a TC flower filter, and back.
 *
 * Only bytes: nothing is sent or received here, and nothing is kept. Every
 * function may be called from any thread. The only part of the library that
 * knows TC attribute numbers.
 *
 * Facts: net/sched/cls_api.c (message, chain, priority, protocol),
 * cls_flower.c (fl_set_key, fl_dump_key, fl_terse_dump), act_api.c and each
 * act_*.c (attributes, control codes), include/uapi/linux/pkt_cls.h and
 * linux/tc_act/.
 */
#ifndef NFO_TC_FLOWER_H
#define NFO_TC_FLOWER_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reason.h"
#include "rule.h"

/* The cookie of an action: 16 bytes the kernel keeps and gives back. */
#define NFO_COOKIE_LEN		16
/* A buffer of this size holds any rule, in bytes. */
#define NFO_TC_FLOWER_MSG_MAX	32768

/* How a rule is put: for nfo_tc_flower_put(). */
#define NFO_TC_SKIP_SW		0x01	/* in hardware, or fail */
#define NFO_TC_SKIP_HW		0x02	/* in software only */
#define NFO_TC_VERBOSE		0x04	/* driver's words also without SKIP_SW */
/* Replace the rule of that handle; without it an existing one is EEXIST. */
#define NFO_TC_REPLACE		0x08
/* A dump with counters, cookies and handles only: quick (kernel 5.8). */
#define NFO_TC_TERSE		0x10

/* What nfo_tc_flower_parse() learns besides the rule. */
struct nfo_tc_info {
	uint8_t		cookie[NFO_COOKIE_LEN];
	bool		has_cookie;	/* one of exactly NFO_COOKIE_LEN bytes */
	bool		skip_sw;
	bool		skip_hw;
	bool		in_hw;
	uint32_t	in_hw_count;	/* devices that took it (bond members) */

	/*
	 * Counters of the action with the cookie, else of the first: the one
	 * every packet of the rule passes first. Software and hardware sum;
	 * of that hardware. TC counts bytes from layer 2 in software, from
	 * layer 3 for most drivers.
	 */
	uint64_t	packets;
	uint64_t	bytes;
	uint64_t	hw_packets;
	uint64_t	hw_bytes;
	bool		has_times;	/* not in a terse dump */
	uint64_t	age_ms;		/* since the rule was put */
	uint64_t	idle_ms;	/* since the last packet or, if none, put */
	/* The driver's words (TCA_EXT_WARN_MSG); in the message; or NULL. */
	const char	*text;
};

/*
 * Writes RTM_NEWTFILTER for @rule (normalised) at @place into @buf (@size
 * bytes, aligned to 4). @cookie: NFO_COOKIE_LEN bytes, or NULL; it goes on one action only,
 * the first that is the rule's own (a policer by index is shared, its cookie
 * and counters are too) and counts what hardware does (csum, tunnel_key do not). @flags: NFO_TC_*.
 * nlmsg_flags are NLM_F_REQUEST | NLM_F_CREATE (| NLM_F_EXCL without REPLACE);
 * the caller adds NLM_F_ACK, a sequence number and so on.
 * Returns the length, a multiple of 4, or
 * -EMSGSIZE	@size is too small,
 * -EOPNOTSUPP	TC cannot say this match or action,
 * -E2BIG	more actions than TC takes,
 * -EINVAL	the rule or the place contradicts itself.
 * Then @reason, unless NULL, tells which.
 */
int nfo_tc_flower_put(void *buf, size_t size, const struct nfo_rule *rule,
		      const struct nfo_place *place, const uint8_t *cookie,
		      uint32_t flags, enum nft_offload_reason *reason);

/*
 * Writes RTM_DELTFILTER for the one rule at @place (handle not 0). Returns
 * the length, -EMSGSIZE, or -EINVAL for a place without handle or priority.
 */
int nfo_tc_flower_del(void *buf, size_t size, const struct nfo_place *place);

/* Writes RTM_GETTFILTER for the one rule at @place. As nfo_tc_flower_del(). */
int nfo_tc_flower_get(void *buf, size_t size, const struct nfo_place *place);

/*
 * Writes RTM_GETTFILTER with NLM_F_DUMP: all flower rules of the port or
 * block and hook of @place, of one priority if that is not 0. All chains, or
 * only @place->chain if @one_chain. @flags: NFO_TC_TERSE or 0.
 */
int nfo_tc_flower_dump(void *buf, size_t size, const struct nfo_place *place,
		       bool one_chain, uint32_t flags);

/*
 * Reads a RTM_NEWTFILTER (from a dump, an echo, a notification). Any bytes
 * are safe. @rule is made anew (its content before is not looked at), comes
 * out normalised, and must be freed with nfo_rule_uninit() on success; NULL
 * if only the rest is wanted, as with a terse dump. @place, @info: filled as
 * far as the message says; NULL if not wanted.
 * 0, or
 * -EOPNOTSUPP	no flower rule, or one that this model cannot express: @place
 *		and @info are filled as far as they go, @rule is empty,
 * -EINVAL	the message is malformed,
 * -ENOMEM.
 */
int nfo_tc_flower_parse(const struct nlmsghdr *nlh, struct nfo_rule *rule,
			struct nfo_place *place, struct nfo_tc_info *info);

#endif /* NFO_TC_FLOWER_H */
