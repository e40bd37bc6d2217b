// SPDX-License-Identifier: Apache-2.0
/*
 * conntrack: see conntrack.h.
 */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "netlink.h"

static void take_tcp(const struct nlattr *protoinfo,
		     struct conntrack *conntrack)
{
	const struct nlattr *tcp = netlink_attr(protoinfo, CTA_PROTOINFO_TCP);
	const struct nlattr *state;

	state = tcp ? netlink_attr(tcp, CTA_PROTOINFO_TCP_STATE) : NULL;
	if (state && mnl_attr_validate(state, MNL_TYPE_U8) >= 0)
		conntrack->tcp_state = mnl_attr_get_u8(state);
}

static void take_helper(const struct nlattr *help,
			struct conntrack *conntrack)
{
	const struct nlattr *name = netlink_attr(help, CTA_HELP_NAME);

	if (name && mnl_attr_validate(name, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(conntrack->helper, sizeof(conntrack->helper), "%s",
			 mnl_attr_get_str(name));
}

static int take(const struct nlmsghdr *nlh, void *arg)
{
	struct conntrack *conntrack = arg;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_STATUS:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
				conntrack->status =
					ntohl(mnl_attr_get_u32(attr));
			break;
		case CTA_PROTOINFO:
			take_tcp(attr, conntrack);
			break;
		case CTA_HELP:
			take_helper(attr, conntrack);
			break;
		}
	}
	return MNL_CB_OK;
}

static void put_tuple(struct nlmsghdr *nlh, const struct endpoint_pair *pair)
{
	bool ipv4 = pair->src.family == AF_INET;
	struct nlattr *tuple, *part;

	tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	mnl_attr_put(nlh, ipv4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, ipv4 ? 4 : 16,
		     &pair->src.address);
	mnl_attr_put(nlh, ipv4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, ipv4 ? 4 : 16,
		     &pair->dst.address);
	mnl_attr_nest_end(nlh, part);
	part = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, pair->protocol);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(pair->src.port));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(pair->dst.port));
	mnl_attr_nest_end(nlh, part);
	mnl_attr_nest_end(nlh, tuple);
}

static int ask(struct mnl_socket *nl, const struct endpoint_pair *pair,
	       struct conntrack *conntrack)
{
	char buf[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh;

	nlh = netlink_nfnl(buf, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
			   NLM_F_ACK, pair->src.family);
	put_tuple(nlh, pair);
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return netlink_ask(nl, nlh, take, conntrack);
}

int conntrack_get(const struct endpoint_pair *pair,
		  struct conntrack *conntrack)
{
	struct mnl_socket *nl;
	int err;

	memset(conntrack, 0, sizeof(*conntrack));
	nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!nl)
		return -errno;
	err = ask(nl, pair, conntrack);
	mnl_socket_close(nl);
	return err;
}
