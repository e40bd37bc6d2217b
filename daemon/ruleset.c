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

static int devices_add(struct ruleset_hook *hook, const struct nlattr *attr)
{
	uint16_t type = mnl_attr_get_type(attr);
	struct ruleset_device *devices;

	if ((type != NFTA_DEVICE_NAME && type != RULESET_DEVICE_PREFIX) ||
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return 0;
	devices = reallocarray(hook->devices, hook->n_devices + 1,
			       sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	hook->devices = devices;
	devices += hook->n_devices++;
	snprintf(devices->name, sizeof(devices->name), "%.*s%s",
		 IF_NAMESIZE - 1, mnl_attr_get_str(attr),
		 type == RULESET_DEVICE_PREFIX ? "*" : "");
	return 0;
}

/* The attributes that tell of a hook, in messages of one kind. */
struct layout {
	uint16_t table, name, use, flags, hook, devices;
	uint32_t offload;	/* the flag */
};

static const struct layout flowtable_layout = {
	NFTA_FLOWTABLE_TABLE, NFTA_FLOWTABLE_NAME, NFTA_FLOWTABLE_USE,
	NFTA_FLOWTABLE_FLAGS, NFTA_FLOWTABLE_HOOK, NFTA_FLOWTABLE_HOOK_DEVS,
	NFT_FLOWTABLE_HW_OFFLOAD,
};

static const struct layout chain_layout = {
	NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_USE, NFTA_CHAIN_FLAGS,
	NFTA_CHAIN_HOOK, NFTA_HOOK_DEVS, NFT_CHAIN_HW_OFFLOAD,
};

static int hook_fill(struct ruleset_hook *hook, const struct nlmsghdr *nlh,
		     const struct layout *layout)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *where = attr_of(nlh, layout->hook);
	const struct nlattr *attr, *devices;
	int err = 0;

	hook->family = head->nfgen_family;
	hook->table = text_of(attr_of(nlh, layout->table));
	hook->name = text_of(attr_of(nlh, layout->name));
	hook->use = u32_of(attr_of(nlh, layout->use));
	hook->offload = u32_of(attr_of(nlh, layout->flags)) & layout->offload;
	if (!hook->table || !hook->name)
		return -ENOMEM;
	devices = where ? netlink_attr(where, layout->devices) : NULL;
	if (!devices)
		return 0;
	mnl_attr_for_each_nested(attr, devices)
		if (!err)
			err = devices_add(hook, attr);
	return err;
}

static void hook_clear(struct ruleset_hook *hook)
{
	free(hook->table);
	free(hook->name);
	free(hook->devices);
	memset(hook, 0, sizeof(*hook));
}

/* Appends what @nlh tells of to the @n hooks at *@hooksp. */
static int hook_add(struct ruleset_hook **hooksp, size_t *n,
		    const struct nlmsghdr *nlh, const struct layout *layout)
{
	struct ruleset_hook *hooks = reallocarray(*hooksp, *n + 1,
						  sizeof(*hooks));

	if (!hooks) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	*hooksp = hooks;
	memset(&hooks[*n], 0, sizeof(*hooks));
	if (hook_fill(&hooks[(*n)++], nlh, layout)) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

static bool is_message(const struct nlmsghdr *nlh, uint8_t type)
{
	return (nlh->nlmsg_type & 0xff) == type &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct nfgenmsg);
}

static int take_flowtable(const struct nlmsghdr *nlh, void *arg)
{
	struct ruleset *ruleset = arg;

	if (!is_message(nlh, NFT_MSG_NEWFLOWTABLE))
		return MNL_CB_OK;
	return hook_add(&ruleset->flowtables, &ruleset->n, nlh,
			&flowtable_layout);
}

static int take_chain(const struct nlmsghdr *nlh, void *arg)
{
	struct ruleset *ruleset = arg;
	int ret;

	if (!is_message(nlh, NFT_MSG_NEWCHAIN))
		return MNL_CB_OK;
	ret = hook_add(&ruleset->chains, &ruleset->n_chains, nlh,
		       &chain_layout);
	/* Of the many others nothing is wanted. */
	if (ret == MNL_CB_OK &&
	    !ruleset->chains[ruleset->n_chains - 1].offload)
		hook_clear(&ruleset->chains[--ruleset->n_chains]);
	return ret;
}

static int take_object(const struct nlmsghdr *nlh, void *arg)
{
	struct ruleset *ruleset = arg;

	if (is_message(nlh, NFT_MSG_NEWOBJ) &&
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
		err = dump(nl, NFT_MSG_GETCHAIN, take_chain, ruleset);
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
	for (size_t i = 0; i < ruleset->n; i++)
		hook_clear(&ruleset->flowtables[i]);
	for (size_t i = 0; i < ruleset->n_chains; i++)
		hook_clear(&ruleset->chains[i]);
	free(ruleset->flowtables);
	free(ruleset->chains);
	memset(ruleset, 0, sizeof(*ruleset));
}

/* A name, or a prefix of names with '*'. */
static bool device_matches(const char *device, const char *name)
{
	size_t len = strlen(device);

	if (len && device[len - 1] == '*')
		return !strncmp(device, name, len - 1);
	return !strcmp(device, name);
}

bool ruleset_has_device(const struct ruleset_hook *hook, const char *name)
{
	for (size_t i = 0; i < hook->n_devices; i++)
		if (device_matches(hook->devices[i].name, name))
			return true;
	return false;
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
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "other";
	}
}
