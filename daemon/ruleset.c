// SPDX-License-Identifier: Apache-2.0
/*
 * ruleset: see ruleset.h.
 */
#include "ruleset.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"

/* Since 7.0; the headers at hand may be older. */
#define RULESET_DEVICE_PREFIX	(NFTA_DEVICE_NAME + 1)

/* The attribute of @type in the message @nlh, or NULL. */
static const struct nlattr *attr_of(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 ?
	       ntohl(mnl_attr_get_u32(attr)) : 0;
}

/* A copy of the string @attr; "" if there is none. NULL: no memory. */
static char *text_of(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return strdup("");
	return strdup(mnl_attr_get_str(attr));
}

static int devices_add(struct ruleset_flowtable *flowtable,
		       const struct nlattr *attr)
{
	uint16_t type = mnl_attr_get_type(attr);
	struct ruleset_device *devices;

	if ((type != NFTA_DEVICE_NAME && type != RULESET_DEVICE_PREFIX) ||
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return 0;
	devices = reallocarray(flowtable->devices, flowtable->n_devices + 1,
			       sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	flowtable->devices = devices;
	devices += flowtable->n_devices++;
	snprintf(devices->name, sizeof(devices->name), "%.*s%s",
		 IF_NAMESIZE - 1, mnl_attr_get_str(attr),
		 type == RULESET_DEVICE_PREFIX ? "*" : "");
	return 0;
}

static int flowtable_fill(struct ruleset_flowtable *flowtable,
			  const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *hook = attr_of(nlh, NFTA_FLOWTABLE_HOOK);
	const struct nlattr *attr, *devices;
	int err = 0;

	flowtable->family = head->nfgen_family;
	flowtable->table = text_of(attr_of(nlh, NFTA_FLOWTABLE_TABLE));
	flowtable->name = text_of(attr_of(nlh, NFTA_FLOWTABLE_NAME));
	flowtable->use = u32_of(attr_of(nlh, NFTA_FLOWTABLE_USE));
	flowtable->offload = u32_of(attr_of(nlh, NFTA_FLOWTABLE_FLAGS)) &
			     NFT_FLOWTABLE_HW_OFFLOAD;
	if (!flowtable->table || !flowtable->name)
		return -ENOMEM;
	devices = hook ? netlink_attr(hook, NFTA_FLOWTABLE_HOOK_DEVS) : NULL;
	if (!devices)
		return 0;
	mnl_attr_for_each_nested(attr, devices)
		if (!err)
			err = devices_add(flowtable, attr);
	return err;
}

static int take_flowtable(const struct nlmsghdr *nlh, void *arg)
{
	struct ruleset *ruleset = arg;
	struct ruleset_flowtable *flowtables;

	if ((nlh->nlmsg_type & 0xff) != NFT_MSG_NEWFLOWTABLE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	flowtables = reallocarray(ruleset->flowtables, ruleset->n + 1,
				  sizeof(*flowtables));
	if (!flowtables) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	ruleset->flowtables = flowtables;
	memset(&flowtables[ruleset->n], 0, sizeof(*flowtables));
	if (flowtable_fill(&flowtables[ruleset->n++], nlh)) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

static int take_object(const struct nlmsghdr *nlh, void *arg)
{
	struct ruleset *ruleset = arg;

	if ((nlh->nlmsg_type & 0xff) == NFT_MSG_NEWOBJ &&
	    mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct nfgenmsg) &&
	    u32_of(attr_of(nlh, NFTA_OBJ_TYPE)) == NFT_OBJECT_CT_HELPER)
		ruleset->helpers++;
	return MNL_CB_OK;
}

/* Dumps what @type asks for. 0 or negative errno. */
static int dump(struct mnl_socket *nl, uint8_t type, mnl_cb_t take,
		struct ruleset *ruleset)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));

	return netlink_ask(nl, netlink_nfnl(buf,
					    NFNL_SUBSYS_NFTABLES << 8 | type,
					    NLM_F_DUMP, NFPROTO_UNSPEC),
			   take, ruleset);
}

int ruleset_read(struct ruleset *ruleset)
{
	struct mnl_socket *nl;
	int err;

	memset(ruleset, 0, sizeof(*ruleset));
	nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!nl)
		return errno == EPROTONOSUPPORT ? 0 : -errno;
	err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (!err)
		err = dump(nl, NFT_MSG_GETFLOWTABLE, take_flowtable, ruleset);
	if (!err)
		err = dump(nl, NFT_MSG_GETOBJ, take_object, ruleset);
	mnl_socket_close(nl);
	if (err)
		ruleset_free(ruleset);
	/* nfnetlink: no such subsystem. */
	return err == -EINVAL || err == -EOPNOTSUPP ? 0 : err;
}

void ruleset_free(struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n; i++) {
		free(ruleset->flowtables[i].table);
		free(ruleset->flowtables[i].name);
		free(ruleset->flowtables[i].devices);
	}
	free(ruleset->flowtables);
	memset(ruleset, 0, sizeof(*ruleset));
}

const char *ruleset_family(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	default:
		return "other";
	}
}
