/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint: a connection as people write it: protocol, and the two ends as the
 * packets of one direction have them ("10.0.0.2:7001", "[fd00::2]:80").
 */
#ifndef NFT_OFFLOAD_ENDPOINT_H
#define NFT_OFFLOAD_ENDPOINT_H

#include <netinet/in.h>
#include <stdint.h>

/* One end. Ports in host byte order; 0 for protocols without. */
struct endpoint {
	int family;			/* AF_INET, AF_INET6 */
	struct in6_addr address;	/* IPv4: the first four bytes */
	uint16_t port;
};

struct endpoint_pair {
	uint8_t protocol;		/* IPPROTO_* */
	struct endpoint src;
	struct endpoint dst;
};

/*
 * endpoint_parse: fills @endpoint from "10.0.0.2:7001", "[fd00::2]:80", or an
 * address alone, with port 0. 0 or -EINVAL.
 */
int endpoint_parse(struct endpoint *endpoint, const char *text);

/*
 * endpoint_pair_parse: fills @pair from @words: "udp", source, destination; the
 * word "original" or "reply" may stand between, and more words may follow, so
 * that a line of `nft-offload flows` can be given as it is. @n: how many words.
 * 0; -EINVAL with what is wrong at *@why (static).
 */
int endpoint_pair_parse(struct endpoint_pair *pair, char *const *words, int n,
			const char **why);

#endif
