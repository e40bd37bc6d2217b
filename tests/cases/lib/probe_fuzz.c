// SPDX-License-Identifier: Apache-2.0
/*
 * probe_fuzz: makes messages that are well formed to begin with and then
 * breaks them: bits flipped, lengths changed, the end cut off, attributes of
 * random type and size. The same seed makes the same messages.
 */
#include "probe_fuzz.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "linux/nft_offload.h"

#define FUZZ_SIZE 2048

static unsigned int fuzz_below(unsigned int *seed, unsigned int limit)
{
	return (unsigned int)rand_r(seed) % limit;
}

static void fuzz_put_random(struct nlmsghdr *nlh, unsigned int *seed)
{
	uint8_t bytes[64];
	unsigned int i, len = fuzz_below(seed, sizeof(bytes) + 1);

	for (i = 0; i < len; i++)
		bytes[i] = rand_r(seed);
	mnl_attr_put(nlh, fuzz_below(seed, 24), len, bytes);
}

static void fuzz_put_flow(struct nlmsghdr *nlh, unsigned int *seed)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW);

	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_ID, fuzz_below(seed, 64));
	if (fuzz_below(seed, 2)) {
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_GEN, 1);
		mnl_attr_put_u8(nlh, NFT_OFFLOAD_FLOW_ATTR_STATE,
				fuzz_below(seed, 4));
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_REASON,
				 fuzz_below(seed, 32));
		mnl_attr_put_strz(nlh, NFT_OFFLOAD_FLOW_ATTR_TEXT, "fuzz");
	} else {
		mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_PACKETS, 1);
		mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_BYTES, 1);
		mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_IDLE_MS, 1);
	}
	if (!fuzz_below(seed, 3))
		fuzz_put_random(nlh, seed);
	mnl_attr_nest_end(nlh, nest);
}

static void fuzz_put_body(struct nlmsghdr *nlh, unsigned int *seed)
{
	unsigned int i, n = fuzz_below(seed, 4);
	struct nlattr *nest;

	if (!fuzz_below(seed, 3)) {
		for (i = 0; i < n; i++)
			fuzz_put_random(nlh, seed);
		return;
	}
	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOWS);
	for (i = 0; i < n; i++)
		fuzz_put_flow(nlh, seed);
	mnl_attr_nest_end(nlh, nest);
}

/* Changes what follows the netlink header; returns the bytes to send. */
static unsigned int fuzz_break(struct nlmsghdr *nlh, unsigned int *seed)
{
	uint8_t *bytes = (uint8_t *)nlh;
	unsigned int i, len = nlh->nlmsg_len, n = fuzz_below(seed, 5);

	for (i = 0; len > NLMSG_HDRLEN && i < n; i++)
		bytes[NLMSG_HDRLEN + fuzz_below(seed, len - NLMSG_HDRLEN)] ^=
			1 << fuzz_below(seed, 8);
	switch (fuzz_below(seed, 4)) {
	case 0:	/* cut, and the header says so */
		len = NLMSG_HDRLEN + fuzz_below(seed, len - NLMSG_HDRLEN + 1);
		nlh->nlmsg_len = len;
		break;
	case 1:	/* cut, and the header does not: netlink drops these */
		len = 1 + fuzz_below(seed, len);
		break;
	}
	return len;
}

/*
 * Sends @count broken messages and prints how many the kernel refused and
 * took (some are still right by chance). Returns 0 or a negative errno.
 */
int probe_fuzz(struct probe_socket *sock, unsigned int seed, unsigned int count)
{
	static const uint16_t flags[] = { NLM_F_ACK, NLM_F_ACK, NLM_F_DUMP,
					  NLM_F_ACK | NLM_F_ROOT };
	unsigned int i, len, refused = 0, taken = 0;
	char buffer[FUZZ_SIZE];
	struct nlmsghdr *nlh;
	int err;

	for (i = 0; i < count; i++) {
		memset(buffer, 0, sizeof(buffer));
		nlh = probe_socket_request(sock, buffer, fuzz_below(&seed, 12),
					   flags[fuzz_below(&seed, 4)]);
		fuzz_put_body(nlh, &seed);
		len = fuzz_break(nlh, &seed);
		if (send(mnl_socket_get_fd(sock->nl), buffer, len, 0) < 0)
			return -errno;
		do {
			err = probe_socket_read(sock, false, NULL, NULL);
		} while (!err || err == -ENOBUFS);
		if (sock->done && !sock->error)
			taken++;
		else
			refused++;
	}
	sock->done = false;
	printf("fuzz: %u refused, %u taken\n", refused, taken);
	fflush(stdout);
	return 0;
}
