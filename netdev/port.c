// SPDX-License-Identifier: Apache-2.0
/*
 * port: one network device as the eswitch sees it. See port.h.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <net/if.h>		/* linux/if_tunnel.h wants it first */
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "port.h"

#define FEATURE_NAME "hw-tc-offload"

/* Newer than the oldest headers that this is built with: Linux 6.2. */
#define LINK_DEVLINK_PORT	62	/* IFLA_DEVLINK_PORT */
/* In it, DEVLINK_ATTR_BUS_NAME and DEVLINK_ATTR_DEV_NAME of linux/devlink.h. */
#define DEVLINK_BUS		1
#define DEVLINK_DEV		2

/* Copies the string attribute @attr to @to, cut to IF_NAMESIZE. */
static void copy_name(char *to, const struct nlattr *attr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > IF_NAMESIZE - 1)
		len = IF_NAMESIZE - 1;
	memcpy(to, mnl_attr_get_payload(attr), len);
	to[len] = '\0';
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (!strcmp(kind, *kinds))
			return true;
	return false;
}

/* The first attribute in @nest of type @type that holds @data; or NULL. */
static const struct nlattr *find(const struct nlattr *nest, uint16_t type,
				 enum mnl_attr_data_type data)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type &&
		    mnl_attr_validate(attr, data) >= 0)
			return attr;
	return NULL;
}

/* Is a tunnel of @kind, with the settings @data, made without an outer header? */
static bool is_external(const char *kind, const struct nlattr *data)
{
	const struct nlattr *attr;

	if (!strcmp(kind, "vxlan")) {
		attr = find(data, IFLA_VXLAN_COLLECT_METADATA, MNL_TYPE_U8);
		return attr && mnl_attr_get_u8(attr);
	}
	if (!strcmp(kind, "geneve"))
		return find(data, IFLA_GENEVE_COLLECT_METADATA, MNL_TYPE_FLAG);
	if (!strcmp(kind, "gretap") || !strcmp(kind, "ip6gretap"))
		return find(data, IFLA_GRE_COLLECT_METADATA, MNL_TYPE_FLAG);
	return false;
}

/* What @info, IFLA_LINKINFO, says of @port. */
static void parse_kind(const struct nlattr *info, struct nfo_port *port)
{
	static const char *const indirect[] = {
		"vxlan", "geneve", "gretap", "ip6gretap", "openvswitch", NULL,
	};
	static const char *const lag[] = { "bond", "team", NULL };
	static const char *const ifb[] = { "ifb", NULL };
	const struct nlattr *attr, *data;
	const char *kind;

	attr = find(info, IFLA_INFO_KIND, MNL_TYPE_NUL_STRING);
	if (!attr)
		return;
	kind = mnl_attr_get_str(attr);
	port->indirect = is_one_of(kind, indirect);
	port->lag = is_one_of(kind, lag);
	port->ifb = is_one_of(kind, ifb);

	data = find(info, IFLA_INFO_DATA, MNL_TYPE_NESTED);
	attr = !data ? NULL :
	       !strcmp(kind, "vxlan") ? find(data, IFLA_VXLAN_PORT, MNL_TYPE_U16) :
	       !strcmp(kind, "geneve") ? find(data, IFLA_GENEVE_PORT, MNL_TYPE_U16) :
	       NULL;
	port->tunnel_port = attr ? mnl_attr_get_u16(attr) : 0;
	port->external = data && is_external(kind, data);
}

/* Which NIC @nest, IFLA_DEVLINK_PORT, says @port is of. */
static void parse_devlink(const struct nlattr *nest, struct nfo_port *port)
{
	const struct nlattr *bus = find(nest, DEVLINK_BUS, MNL_TYPE_NUL_STRING);
	const struct nlattr *dev = find(nest, DEVLINK_DEV, MNL_TYPE_NUL_STRING);
	int len;

	if (!bus || !dev)
		return;
	len = snprintf(port->devlink, sizeof(port->devlink), "%s/%s",
		       mnl_attr_get_str(bus), mnl_attr_get_str(dev));
	if (len >= (int)sizeof(port->devlink))
		port->devlink[0] = '\0';
}

/* Takes one attribute into @port. 0, -EBADMSG, or -ENOENT as in port.h. */
static int parse_attr(const struct nlattr *attr, struct nfo_port *port)
{
	size_t len = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_WIRELESS:
		return -ENOENT;
	case IFLA_IFNAME:
		copy_name(port->name, attr);
		break;
	case IFLA_PHYS_PORT_NAME:
		copy_name(port->port_name, attr);
		break;
	case IFLA_PHYS_SWITCH_ID:
		if (len > sizeof(port->switch_id))
			return -EBADMSG;
		memcpy(port->switch_id, mnl_attr_get_payload(attr), len);
		port->switch_id_len = len;
		break;
	case IFLA_LINKINFO:
		parse_kind(attr, port);
		break;
	case IFLA_MASTER:
		if (len < sizeof(uint32_t))
			return -EBADMSG;
		port->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK:
		if (len < sizeof(uint32_t))
			return -EBADMSG;
		port->link = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID:
		/* Follows IFLA_LINK, whose number is another namespace's then. */
		port->link = 0;
		break;
	case IFLA_ADDRESS:
		/* Longer ones are no Ethernet's. */
		if (len == sizeof(port->mac))
			memcpy(port->mac, mnl_attr_get_payload(attr), len);
		break;
	case LINK_DEVLINK_PORT:
		parse_devlink(attr, port);
		break;
	case IFLA_MTU:
		if (len < sizeof(uint32_t))
			return -EBADMSG;
		port->mtu = mnl_attr_get_u32(attr);
		break;
	}
	return 0;
}

int nfo_port_parse(const struct nlmsghdr *nlh, struct nfo_port *port)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	int err;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	if (info->ifi_family != AF_UNSPEC)
		return -ENOENT;

	memset(port, 0, sizeof(*port));
	port->ifindex = info->ifi_index;
	port->up = info->ifi_flags & IFF_UP;
	port->running = info->ifi_flags & IFF_RUNNING;
	mnl_attr_for_each(attr, nlh, sizeof(*info)) {
		err = parse_attr(attr, port);
		if (err)
			return err;
	}
	return 0;
}

bool nfo_port_same_switch(const struct nfo_port *a, const struct nfo_port *b)
{
	return a->switch_id_len && a->switch_id_len == b->switch_id_len &&
	       !memcmp(a->switch_id, b->switch_id, a->switch_id_len);
}

bool nfo_port_equal(const struct nfo_port *a, const struct nfo_port *b)
{
	return a->ifindex == b->ifindex && a->up == b->up &&
	       a->hw_tc_offload == b->hw_tc_offload && a->mtu == b->mtu &&
	       a->indirect == b->indirect && a->lag == b->lag &&
	       a->master == b->master && a->tunnel_port == b->tunnel_port &&
	       a->link == b->link && a->running == b->running &&
	       a->dialect == b->dialect &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       a->switch_id_len == b->switch_id_len &&
	       !memcmp(a->switch_id, b->switch_id, a->switch_id_len) &&
	       !strcmp(a->name, b->name) && !strcmp(a->port_name, b->port_name);
}

static int ethtool(int fd, const char *name, void *cmd)
{
	struct ifreq request = { .ifr_data = cmd };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

/*
 * How many features the kernel knows, the same for every device. Negative
 * errno on failure.
 */
static int feature_count(int fd, const char *name)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t len;
	} sset = {
		.info = {
			.cmd = ETHTOOL_GSSET_INFO,
			.sset_mask = 1ULL << ETH_SS_FEATURES,
		},
	};
	int err = ethtool(fd, name, &sset);

	if (err)
		return err;
	return sset.info.sset_mask ? (int)sset.len : -EOPNOTSUPP;
}

/* The number of FEATURE_NAME among @n features, or negative errno. */
static int feature_find(int fd, const char *name, unsigned int n)
{
	struct ethtool_gstrings *strings;
	int ret;

	strings = calloc(1, sizeof(*strings) + n * ETH_GSTRING_LEN);
	if (!strings)
		return -ENOMEM;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = n;
	ret = ethtool(fd, name, strings);
	if (!ret) {
		ret = -EOPNOTSUPP;
		for (unsigned int i = 0; i < n && i < strings->len; i++)
			if (!strncmp((char *)strings->data +
				     i * ETH_GSTRING_LEN, FEATURE_NAME,
				     ETH_GSTRING_LEN))
				ret = i;
	}
	free(strings);
	return ret;
}

int nfo_port_feature(void *arg, const char *name)
{
	int fd = *(int *)arg;
	int n = feature_count(fd, name);
	int i = n < 0 ? n : feature_find(fd, name, n);
	struct ethtool_gfeatures *features;
	size_t blocks;
	int ret;

	if (i < 0)
		return i;
	blocks = (n + 31) / 32;
	features = calloc(1, sizeof(*features) +
			  blocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	ret = ethtool(fd, name, features);
	if (!ret)
		ret = features->features[i / 32].active >> (i % 32) & 1;
	free(features);
	return ret;
}

/* The driver that @link, a path in sysfs, leads to. 0 or negative errno. */
static int driver_behind(const char *link, char driver[NFO_DRIVER_MAX])
{
	char target[256];
	const char *name;
	ssize_t len;

	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= NFO_DRIVER_MAX)
		return -ENAMETOOLONG;
	strcpy(driver, name);
	return 0;
}

void nfo_port_driver(void *arg, const struct nfo_port *port,
		     char driver[NFO_DRIVER_MAX])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	const char *slash = strchr(port->devlink, '/');
	char link[sizeof("/sys/bus//devices//driver") + NFO_DEVLINK_MAX];

	driver[0] = '\0';
	if (!ethtool(*(int *)arg, port->name, &info) && info.driver[0]) {
		info.driver[sizeof(info.driver) - 1] = '\0';
		strcpy(driver, info.driver);
		return;
	}
	if (!slash)
		return;
	snprintf(link, sizeof(link), "/sys/bus/%.*s/devices/%s/driver",
		 (int)(slash - port->devlink), port->devlink, slash + 1);
	if (driver_behind(link, driver))
		driver[0] = '\0';
}
