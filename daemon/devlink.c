// SPDX-License-Identifier: Apache-2.0
/*
 * devlink: see devlink.h.
 */
#include "devlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <stdint.h>

#include "netlink.h"

/* An attribute that an answer is read for. */
struct wanted {
	uint16_t type;
	int value;		/* negative errno: not there */
};

static int take(const struct nlmsghdr *nlh, void *arg)
{
	struct wanted *wanted = arg;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == wanted->type &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
			wanted->value = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static struct nlmsghdr *request(void *buf, uint16_t family, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = cmd;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

/* Sends @nlh; the u16 attribute @type of the answer, or negative errno. */
static int ask(struct mnl_socket *nl, struct nlmsghdr *nlh, uint16_t type)
{
	struct wanted wanted = { type, -ENODATA };
	int err = netlink_ask(nl, nlh, take, &wanted);

	return err ? err : wanted.value;
}

int devlink_eswitch_mode(const char *bus, const char *dev)
{
	char buf[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	struct nlmsghdr *nlh;
	int ret;

	if (!nl)
		return -errno;
	ret = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (!ret) {
		nlh = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
		mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME,
				  DEVLINK_GENL_NAME);
		ret = ask(nl, nlh, CTRL_ATTR_FAMILY_ID);
	}
	if (ret > 0) {
		nlh = request(buf, ret, DEVLINK_CMD_ESWITCH_GET);
		mnl_attr_put_strz(nlh, DEVLINK_ATTR_BUS_NAME, bus);
		mnl_attr_put_strz(nlh, DEVLINK_ATTR_DEV_NAME, dev);
		ret = ask(nl, nlh, DEVLINK_ATTR_ESWITCH_MODE);
	}
	mnl_socket_close(nl);
	return ret;
}
