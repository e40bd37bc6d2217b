/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: one question to the kernel and its answer, for the command's looks at
 * this host.
 */
#ifndef NFT_OFFLOAD_NETLINK_H
#define NFT_OFFLOAD_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/* netlink_attr: the attribute of @type in @nest, or NULL. */
const struct nlattr *netlink_attr(const struct nlattr *nest, uint16_t type);

/*
 * netlink_nfnl: begins a request of nfnetlink at @buf: @type with its subsystem,
 * @flags beside NLM_F_REQUEST, @family NFPROTO_* or AF_*. The caller adds
 * attributes.
 */
struct nlmsghdr *netlink_nfnl(void *buf, uint16_t type, uint16_t flags,
			      uint8_t family);

/*
 * netlink_ask: sends @nlh, a dump or a request with NLM_F_ACK, over @nl and calls
 * @take with @arg for each message of the answer. 0 or negative errno.
 */
int netlink_ask(struct mnl_socket *nl, const struct nlmsghdr *nlh,
		mnl_cb_t take, void *arg);

#endif
