/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider_part: what the parts of the provider share: provider.c (opening,
 * binding, requests), provider_read.c (what the module says) and
 * provider_answer.c (what is said to it). No interface of the library.
 */
#ifndef NFO_PROVIDER_PART_H
#define NFO_PROVIDER_PART_H

#include "provider.h"
#include "provider_flow.h"

#include <libmnl/libmnl.h>

/* Bytes of one read; the kernel fills at most 32 KiB of a dump. */
#define PROVIDER_READ_SIZE	(64 * 1024)

/* provider_batch: a message of answers that is being filled. */
struct provider_batch {
	uint8_t cmd;		/* FLOW_RESULT, FLOW_STATS, FLOW_TEARDOWN */
	unsigned int n;		/* flows in it */
	struct nlmsghdr *nlh;
	struct nlattr *nest;
};

struct nfo_provider {
	struct mnl_socket *nl;
	const struct nfo_provider_ops *ops;
	void *aux;
	uint16_t family;
	bool bound;
	uint32_t seq;		/* of the last request */
	struct nfo_provider_flows flows;
	struct provider_batch results;
	struct provider_batch stats;
	struct provider_batch teardowns;
	struct nfo_provider_counters counters;
	char text[256];		/* the module's words about our last request */

	/* The request that somebody waits for. */
	uint32_t wait_seq;	/* 0: none */
	int wait_err;
	struct nfo_provider_status *wait_status;

	/* The dump. */
	uint32_t dump_seq;	/* 0: none under way */
	uint32_t round;		/* counts dumps; flows carry the one they saw */
	bool dump_torn;		/* this one may have missed flows */
	bool resync;		/* another one is wanted */
	bool congested;		/* overrun, and not read to the end since */
	bool retell;		/* and is to tell every flow, changed or not */
	bool retelling;		/* the one under way does */
	uint32_t stuck;		/* its dump_seq when nothing was left to read */
	uint64_t dump_begun;	/* ms */
	uint64_t dump_ended;	/* ms */

	/* What software has carried. */
	uint32_t count_seq;	/* 0: none under way */
	uint64_t count_begun;	/* ms */
	uint64_t count_next;	/* ms; not before */

	uint8_t *buf;		/* PROVIDER_READ_SIZE bytes */
};

/* A generic netlink request at @buf; the caller adds attributes. */
struct nlmsghdr *nfo_provider_request(struct nfo_provider *provider, void *buf,
				      uint16_t family, uint8_t cmd,
				      uint16_t flags);

/* Sends @nlh. 0 or negative errno. */
int nfo_provider_send(struct nfo_provider *provider,
		      const struct nlmsghdr *nlh);

/* Asks for all flows, unless an answer is still coming. 0 or neg. errno. */
int nfo_provider_dump_start(struct nfo_provider *provider);

/*
 * Gives up a dump of which nothing comes any more. The kernel makes the next
 * part of a dump while one is read; without memory it makes none, and no end
 * either (netlink_dump() in net/netlink/af_netlink.c).
 */
void nfo_provider_dump_unstick(struct nfo_provider *provider);

/* Is a count under way, so that there can be no dump yet? */
bool nfo_provider_counting(const struct nfo_provider *provider);

/* Reads one datagram. 1, 0 if there was none, or negative errno. */
int nfo_provider_read(struct nfo_provider *provider);

/* An empty batch for messages of @cmd. 0 or -ENOMEM. */
int nfo_provider_batch_init(struct provider_batch *batch, uint8_t cmd);

/* Sends what @batch has, and empties it. 0 or negative errno. */
int nfo_provider_batch_send(struct nfo_provider *provider,
			    struct provider_batch *batch);

#endif
