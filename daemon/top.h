/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: `nft-offload top`, the hottest flows, in hardware and not, the ports and
 * the sums of all, again and again. The daemon works out what is hottest
 * (rate.h) and tells no more flows than are shown.
 */
#ifndef NFT_OFFLOAD_TOP_H
#define NFT_OFFLOAD_TOP_H

#include <stdbool.h>

struct top_options {
	const char *socket;
	bool json;		/* the daemon's objects, as they are */
	bool batch;		/* print, rather than take the terminal */
	bool by_bytes;		/* the order; else by packets */
	unsigned int delay_s;	/* from one to the next */
	unsigned int iterations;	/* 0: until somebody ends it */
	unsigned int limit;	/* flows; 0: as many as there is room for */
};

/* Flows that are printed if nobody says how many, and that the daemon tells. */
#define TOP_LIMIT	40
#define TOP_LIMIT_MAX	1000

/* top_run: until it has been shown often enough. 0 or as client_ask(). */
int top_run(const struct top_options *options);

#endif
