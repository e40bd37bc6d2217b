/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why: `nft-offload why`, the whole story of one connection or one flow of Open
 * vSwitch: what the provider knows of it, and where that is nothing, what
 * conntrack says.
 */
#ifndef NFT_OFFLOAD_WHY_H
#define NFT_OFFLOAD_WHY_H

#include "endpoint.h"
#include "show.h"

/*
 * why_tell: prints it. 0 if the provider knows what has these ends, 1 if not, or
 * a negative errno, as client_ask().
 */
int why_tell(const struct show_options *options,
	     const struct endpoint_pair *pair);

/* why_is_flow: does @word begin a flow of Open vSwitch, or its ufid? */
bool why_is_flow(const char *word);

/*
 * why_tell_flow: the same for a flow of Open vSwitch: its ufid, or as
 * dpctl/dump-flows prints it, in @n words. -EMSGSIZE: too long a one.
 */
int why_tell_flow(const struct show_options *options, char *const *words, int n);

#endif
