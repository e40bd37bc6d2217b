/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show: the daemon's answers as text for people, or as they are (JSON, one
 * object per line) for programs.
 */
#ifndef NFT_OFFLOAD_SHOW_H
#define NFT_OFFLOAD_SHOW_H

#include <stdbool.h>

/* What is to be shown, and how. */
struct show_options {
	const char *socket;	/* as of client_ask() */
	bool json;
	bool in_hw;		/* flows: only those wholly in hardware */
	bool not_in_hw;		/* flows: only those that are not */
};

/*
 * show_flows, show_ports, show_stats: ask the daemon and print. 0 or a
 * negative errno, as client_ask().
 */
int show_flows(const struct show_options *options);
int show_ports(const struct show_options *options);
int show_stats(const struct show_options *options);

#endif
