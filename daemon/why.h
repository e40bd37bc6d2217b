/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why: `nft-offload why`, the whole story of one connection: what nft-offloadd
 * knows of it, and where that is nothing, what conntrack says.
 */
#ifndef NFT_OFFLOAD_WHY_H
#define NFT_OFFLOAD_WHY_H

#include "endpoint.h"
#include "show.h"

/*
 * why_tell: prints it. 0 if the daemon knows the connection, 1 if not, or a
 * negative errno, as client_ask().
 */
int why_tell(const struct show_options *options,
	     const struct endpoint_pair *pair);

#endif
