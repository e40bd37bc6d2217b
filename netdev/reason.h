/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason: why a flow is not in hardware.
 *
 * The list is enum nft_offload_reason of the kernel interface; here are the
 * names and sentences that go with it, and what a refusal by TC means.
 * All functions are pure, all strings static.
 */
#ifndef NFO_REASON_H
#define NFO_REASON_H

#include <linux/nft_offload.h>
#include <stdbool.h>

/*
 * The word for @reason in JSON and metrics ("table_full"); "none" for
 * NFT_OFFLOAD_REASON_NONE, "unknown" for a number this version does not know.
 */
const char *nfo_reason_name(enum nft_offload_reason reason);

/* One sentence for people: cause and cure. Never NULL. */
const char *nfo_reason_text(enum nft_offload_reason reason);

/* The reason with this name, or -ENOENT. */
int nfo_reason_by_name(const char *name);

/*
 * What it means that the kernel refused a rule with @err (errno, the sign
 * does not matter) and @text (its extack words; NULL or "" if none). 0 gives
 * NFT_OFFLOAD_REASON_NONE. Facts: matrix of drivers by errno when full;
 * net/sched/cls_api.c, cls_flower.c and include/net/pkt_cls.h for the words.
 */
enum nft_offload_reason nfo_reason_from_tc(int err, const char *text);

/* Are @text (NULL or "" if none) the kernel's own words, and no driver's? */
bool nfo_reason_is_kernels(const char *text);

#endif /* NFO_REASON_H */
