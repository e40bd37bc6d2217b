/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port: one network device as the eswitch sees it. See eswitch.h.
 *
 * Facts: net/core/rtnetlink.c (rtnl_fill_ifinfo, rtnl_phys_switch_id_fill,
 * rtnl_phys_port_name_fill; a change of features is told as RTM_NEWLINK, too),
 * net/ethtool/ioctl.c (ETHTOOL_GFEATURES, ETHTOOL_GDRVINFO). No function locks or keeps state.
 */
#ifndef NFO_PORT_H
#define NFO_PORT_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "dialect.h"

/* The kernel's MAX_PHYS_ITEM_ID_LEN. */
#define NFO_SWITCH_ID_MAX	32
/* Bus and name of a device; what is longer is as if it were none. */
#define NFO_DEVLINK_MAX		48
/* ETHTOOL_BUSINFO_LEN, of names of drivers, too. */
#define NFO_DRIVER_MAX		32

struct nfo_port {
	uint32_t	ifindex;
	char		name[IF_NAMESIZE];	/* for people only */
	char		port_name[IF_NAMESIZE];	/* phys_port_name or "" */
	uint8_t		switch_id[NFO_SWITCH_ID_MAX];
	uint8_t		switch_id_len;		/* 0: no switchdev port */
	bool		up;			/* IFF_UP */
	bool		running;		/* IFF_RUNNING: and has a link */
	bool		hw_tc_offload;		/* ethtool -k hw-tc-offload */
	uint32_t	mtu;			/* bytes at layer 3 */
	uint32_t	master;			/* ifindex of it; 0: none */
	uint32_t	link;			/* made on this ifindex (VLAN) */
	uint8_t		mac[6];			/* its own address */
	/* A bond or team: what is a rule's end is its members. */
	bool		lag;
	/*
	 * A tunnel device or an internal port of Open vSwitch: no port of a
	 * switch, but the kernel offers its rules to all drivers that asked
	 * for such (flow_indr_dev_setup_offload() in flow_offload.c).
	 */
	bool		indirect;
	/* A tunnel that takes the outer header from the packet's route. */
	bool		external;
	bool		ifb;	/* where people send packets to be shaped */
	/* The UDP port of VXLAN or Geneve, network byte order; else 0. */
	uint16_t	tunnel_port;
	/* "pci/0000:03:00.0", the NIC that it is a devlink port of, or "". */
	char		devlink[NFO_DEVLINK_MAX];
	/* What the driver of a switchdev port takes; NULL: is no such port. */
	const struct nfo_dialect *dialect;
};

/*
 * Has the device @name hw-tc-offload on? 1, 0 or negative errno. @arg is the
 * caller's own. Tests put their own here.
 */
typedef int nfo_port_feature_fn(void *arg, const char *name);

/*
 * Writes the name of the driver of @port to @driver; "" if it cannot be known.
 * @arg is the caller's own. Tests put their own here.
 */
typedef void nfo_port_driver_fn(void *arg, const struct nfo_port *port,
				char driver[NFO_DRIVER_MAX]);

/*
 * nfo_port_parse: fills @port (all but hw_tc_offload and dialect, which become
 * false and NULL)
 * from a RTM_NEWLINK or RTM_DELLINK. 0; -EBADMSG if the message is malformed;
 * -ENOENT if it is about something else than the device as such (bridge port
 * or wireless events).
 */
int nfo_port_parse(const struct nlmsghdr *nlh, struct nfo_port *port);

/* nfo_port_same_switch: false unless both are ports of the one switch. */
bool nfo_port_same_switch(const struct nfo_port *a, const struct nfo_port *b);

/* nfo_port_equal: has nothing changed between @a and @b? */
bool nfo_port_equal(const struct nfo_port *a, const struct nfo_port *b);

/*
 * nfo_port_feature: nfo_port_feature_fn that asks the kernel; @arg points to
 * an int, a socket of any family in the device's namespace.
 */
int nfo_port_feature(void *arg, const char *name);

/*
 * nfo_port_driver: nfo_port_driver_fn that asks the kernel; @arg as in
 * nfo_port_feature(). First ethtool; representors that it knows nothing of
 * (those of octeontx2 have no parent device) go by the NIC that they are a
 * devlink port of.
 */
void nfo_port_driver(void *arg, const struct nfo_port *port,
		     char driver[NFO_DRIVER_MAX]);

#endif /* NFO_PORT_H */
