/* SPDX-License-Identifier: Apache-2.0 */
/*
 * figure: what is counted of flows and rules, by name: the one list of which
 * `nft-offload stats` and the metrics are made. Names: nft-offloadd(8).
 */
#ifndef NFT_OFFLOADD_FIGURE_H
#define NFT_OFFLOADD_FIGURE_H

#include <linux/nft_offload.h>
#include <stddef.h>
#include <stdint.h>

struct report_host;

/* All reasons twice, and room for the others. */
#define FIGURES_MAX	(2 * __NFT_OFFLOAD_REASON_MAX + 64)

struct figure {
	const char *group;	/* "": none. Those of a group are neighbours. */
	const char *name;
	uint64_t value;
};

struct figures {
	size_t n;
	struct figure list[FIGURES_MAX];
};

/* figures_collect: all of @host as they are now. Strings are static. */
void figures_collect(struct figures *figures, const struct report_host *host);

#endif
