// SPDX-License-Identifier: Apache-2.0
/*
 * probe_socket: opens the socket, finds the family, sends and reads. Answers
 * and news come by the same socket: news are given to the caller's function
 * while an answer is waited for.
 */
#include "probe_socket.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "linux/nft_offload.h"

/* The kernel's NLMSG_ERROR: errno, and its words if it has any. */
static void take_error(struct probe_socket *sock, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	unsigned int skip = sizeof(*err);
	const struct nlattr *attr;

	sock->done = true;
	sock->error = err->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(err->msg);
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(sock->text, sizeof(sock->text), "%s",
				 mnl_attr_get_str(attr));
	}
}

/*
 * Reads what is there, once. If @wait, waits for something. Returns 0, or a
 * negative errno: -EAGAIN where nothing is there, -ENOBUFS for an overrun.
 */
int probe_socket_read(struct probe_socket *sock, bool wait,
		      probe_socket_cb *cb, void *data)
{
	const struct nlmsghdr *nlh = (const void *)sock->buffer;
	ssize_t got;
	int len;

	got = recv(mnl_socket_get_fd(sock->nl), sock->buffer,
		   sizeof(sock->buffer), wait ? 0 : MSG_DONTWAIT);
	if (got < 0)
		return -errno;
	for (len = got; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			if (nlh->nlmsg_seq == sock->seq)
				take_error(sock, nlh);
		} else if (nlh->nlmsg_type == NLMSG_DONE) {
			sock->done = true;
		} else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && cb) {
			cb(nlh, data);
		}
	}
	return 0;
}

/* Begins a request in @buffer (PROBE_BUFFER bytes); attributes may follow. */
struct nlmsghdr *probe_socket_request(struct probe_socket *sock, void *buffer,
				      uint8_t command, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = sock->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++sock->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = NFT_OFFLOAD_GENL_VERSION;
	sock->done = false;
	sock->error = 0;
	sock->text[0] = '\0';
	return nlh;
}

/* Returns 0 or a negative errno. */
int probe_socket_send(struct probe_socket *sock, const struct nlmsghdr *nlh)
{
	return mnl_socket_sendto(sock->nl, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

/*
 * Sends a request that asks for an ACK or is a dump, and reads until the
 * answer is complete. Returns the kernel's answer: 0 or a negative errno;
 * -ENOBUFS if messages were lost, the answer perhaps with them.
 */
int probe_socket_ask(struct probe_socket *sock, const struct nlmsghdr *nlh,
		     probe_socket_cb *cb, void *data)
{
	int err = probe_socket_send(sock, nlh);

	while (!err && !sock->done)
		err = probe_socket_read(sock, true, cb, data);
	return err ? err : sock->error;
}

static void take_group(struct probe_socket *sock, const struct nlattr *groups)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups) {
		mnl_attr_for_each_nested(attr, group) {
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				sock->group = mnl_attr_get_u32(attr);
		}
	}
}

static void take_family(const struct nlmsghdr *nlh, void *data)
{
	struct probe_socket *sock = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			sock->family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			take_group(sock, attr);
	}
}

static int find_family(struct probe_socket *sock)
{
	char buffer[256];
	struct nlmsghdr *nlh;

	sock->family = GENL_ID_CTRL;
	nlh = probe_socket_request(sock, buffer, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NFT_OFFLOAD_GENL_NAME);
	return probe_socket_ask(sock, nlh, take_family, sock);
}

/* Returns 0 or a negative errno: -ENOENT without the module. */
int probe_socket_open(struct probe_socket *sock)
{
	int on = 1, err;

	memset(sock, 0, offsetof(struct probe_socket, buffer));
	sock->nl = mnl_socket_open(NETLINK_GENERIC);
	if (!sock->nl)
		return -errno;
	err = mnl_socket_bind(sock->nl, 0, MNL_SOCKET_AUTOPID) ? -errno : 0;
	mnl_socket_setsockopt(sock->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(sock->nl, NETLINK_CAP_ACK, &on, sizeof(on));
	if (!err)
		err = find_family(sock);
	if (err)
		probe_socket_close(sock);
	return err;
}

void probe_socket_close(struct probe_socket *sock)
{
	mnl_socket_close(sock->nl);
}
