/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conntrack: what the kernel's connection tracking knows of one connection.
 *
 * Facts: net/netfilter/nf_conntrack_netlink.c (ctnetlink_get_conntrack(), which
 * finds a connection by either direction's tuple; ctnetlink_fill_info()).
 */
#ifndef NFT_OFFLOAD_CONNTRACK_H
#define NFT_OFFLOAD_CONNTRACK_H

#include <stdint.h>

#include "endpoint.h"

struct conntrack {
	uint32_t status;	/* IPS_* of nf_conntrack_common.h */
	uint8_t tcp_state;	/* TCP_CONNTRACK_*; 0: not TCP */
	char helper[32];	/* or "" */
};

/*
 * conntrack_get: asks for the connection that has @pair in one of its
 * directions, in zone 0. 0, -ENOENT if there is none, or another negative errno;
 * it takes CAP_NET_ADMIN.
 */
int conntrack_get(const struct endpoint_pair *pair,
		  struct conntrack *conntrack);

#endif
