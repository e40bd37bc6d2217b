// SPDX-License-Identifier: Apache-2.0
/*
 * netlink: see netlink.h.
 */
#include "netlink.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>

const struct nlattr *netlink_attr(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

struct nlmsghdr *netlink_nfnl(void *buf, uint16_t type, uint16_t flags,
			      uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *head;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->nfgen_family = family;
	head->version = NFNETLINK_V0;
	return nlh;
}

int netlink_ask(struct mnl_socket *nl, const struct nlmsghdr *nlh,
		mnl_cb_t take, void *arg)
{
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len;
	int ret;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run(buf, len, nlh->nlmsg_seq,
				 mnl_socket_get_portid(nl), take, arg);
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}
