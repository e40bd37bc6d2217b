/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eswsim.h - a simulated SR-IOV NIC with an embedded switch
 *
 *      VM                    host                         outside
 *   +------+     +---------------------------+          +---------+
 *   |  VF  |     | representor      uplink   |          |  wire   |
 *   +--+---+     +------+-------------+------+          +----+----+
 *      |  peer          | rep         | rep                  | peer
 *   +--+----------------+--+       +--+----------------------+--+
 *   | eswsim_port, a VF    |       | eswsim_port, the uplink    |
 *   +----------+-----------+       +-------------+--------------+
 *              |            struct asic          |
 *              +---------------------------------+
 *
 * A packet enters the switch when a peer transmits. In switchdev mode the
 * ASIC (asic.h) then looks for a rule; what matches none is received by the
 * port's own rep. What the host transmits on a rep leaves through that port
 * without being looked at. In legacy mode there are no representors, the ASIC
 * is idle and the switch forwards by destination address (legacy.c).
 *
 * Locks. The devlink instance lock of a NIC (devl_lock) serialises all that
 * changes its shape: mode, number of VFs, ports, parameters. It is taken
 * before RTNL. Packets take no lock: they follow RCU pointers.
 */
#ifndef ESWSIM_H
#define ESWSIM_H

#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>
#include <net/devlink.h>

#include "asic.h"

#define ESWSIM_NAME "eswsim"
#define ESWSIM_VFS_MAX 64

/*
 * What a port counts. All of it is the hardware's work: the netdev
 * statistics of representors and uplink count only the slow path.
 */
enum eswsim_counter {
	ESWSIM_RX_HIT,	/* entered here, was handled by a rule */
	ESWSIM_RX_MISS,	/* entered here, no rule matched or one trapped it */
	ESWSIM_RX_DROP,	/* entered here, was dropped by a rule */
	ESWSIM_TX,	/* left here, sent by the hardware */
	ESWSIM_TX_DROP,	/* should have left here, but the port is down */
	ESWSIM_COUNTERS
};

/* One CPU's share of a port's counters; bytes include the Ethernet header. */
struct eswsim_counters {
	u64_stats_t packets[ESWSIM_COUNTERS];
	u64_stats_t bytes[ESWSIM_COUNTERS];
	struct u64_stats_sync syncp;
};

enum eswsim_port_kind {
	PORT_UPLINK,
	PORT_VF,
};

struct eswsim;

/*
 * One port of the switch. Lives from the creation of its VF (the uplink's:
 * of its NIC) until no packet and no rule can refer to it any more.
 */
struct eswsim_port {
	struct eswsim *nic;
	enum eswsim_port_kind kind;
	unsigned int vf;	/* number of the VF, for PORT_VF */
	/*
	 * The host's side: representor or uplink netdev. NULL while there is
	 * none (a VF in legacy mode): then no rule may name this port.
	 */
	struct net_device __rcu *rep;
	/* The other side of the link: VF or wire netdev. */
	struct net_device __rcu *peer;
	/*
	 * Rules that the ASIC holds for packets entering here; counted by
	 * the ASIC, asked before hw-tc-offload is turned off.
	 */
	atomic_t rules;
	struct eswsim_counters __percpu *counters;
	struct devlink_port devlink_port;
	struct device *dev;	/* the VF's own device; NULL for the uplink */
};

/* One simulated NIC; lives as long as its device. */
struct eswsim {
	struct device dev;
	struct list_head list;		/* in bus.c's list of NICs */
	unsigned int id;
	unsigned int max_vfs;
	const struct asic_profile *profile;	/* chosen at creation */
	struct netdev_phys_item_id switch_id;
	struct devlink *devlink;	/* NULL unless probed */
	struct dentry *debugfs;
	/* Below: written under the devlink instance lock. */
	u16 mode;			/* DEVLINK_ESWITCH_MODE_* */
	u16 reload_mode;		/* to go back to after a reload */
	unsigned int num_vfs;
	struct asic asic;
	struct eswsim_port __rcu *uplink; /* NULL in mid-reload */
	struct eswsim_port __rcu *vfs[ESWSIM_VFS_MAX];
};

/**
 * eswsim_port_count() - count one packet at a port
 * @port: the port
 * @what: which counter
 * @bytes: length of the frame without its checksum
 *
 * Called with bottom halves off; takes no lock.
 */
static inline void eswsim_port_count(struct eswsim_port *port,
				     enum eswsim_counter what,
				     unsigned int bytes)
{
	struct eswsim_counters *c = this_cpu_ptr(port->counters);

	u64_stats_update_begin(&c->syncp);
	u64_stats_inc(&c->packets[what]);
	u64_stats_add(&c->bytes[what], bytes);
	u64_stats_update_end(&c->syncp);
}

/* bus.c */
int eswsim_bus_init(void);
void eswsim_bus_exit(void);
struct device *eswsim_vf_device_add(struct eswsim *nic, unsigned int vf);
void eswsim_vf_device_del(struct eswsim *nic, unsigned int vf,
			  struct device *dev);

/* main.c */
int eswsim_probe(struct eswsim *nic);
void eswsim_remove(struct eswsim *nic);
int eswsim_uplink_create(struct eswsim *nic);
void eswsim_uplink_destroy(struct eswsim *nic);
int eswsim_set_num_vfs(struct eswsim *nic, unsigned int num_vfs);
int eswsim_set_mode(struct eswsim *nic, u16 mode,
		    struct netlink_ext_ack *extack);

/* devlink.c */
int eswsim_devlink_init(struct eswsim *nic);
void eswsim_devlink_exit(struct eswsim *nic);
struct devlink *eswsim_devlink_alloc(struct eswsim *nic);
int eswsim_devlink_port_add(struct eswsim_port *port);
void eswsim_devlink_port_del(struct eswsim_port *port);

/* port.c */
struct eswsim_port *eswsim_port_create(struct eswsim *nic,
				       enum eswsim_port_kind kind,
				       unsigned int vf);
void eswsim_port_destroy(struct eswsim_port *port);
int eswsim_port_rep_create(struct eswsim_port *port);
void eswsim_port_rep_destroy(struct eswsim_port *port);
void eswsim_port_update_carrier(struct eswsim_port *port);
struct eswsim_port *eswsim_port_of(const struct net_device *dev);
int eswsim_port_can_offload(const struct eswsim_port *port,
			    struct netlink_ext_ack *extack);
void eswsim_port_deliver(struct eswsim_port *out, struct sk_buff *skb);
void eswsim_port_miss(struct eswsim_port *in, struct sk_buff *skb);

/* legacy.c */
void eswsim_legacy_forward(struct eswsim_port *in, struct sk_buff *skb,
			   bool from_host);

/* ethtool.c */
extern const struct ethtool_ops eswsim_ethtool_ops;
extern const struct ethtool_ops eswsim_ethtool_port_ops;

/* debugfs.c */
void eswsim_debugfs_root_init(void);
void eswsim_debugfs_root_exit(void);
void eswsim_debugfs_init(struct eswsim *nic);
void eswsim_debugfs_exit(struct eswsim *nic);

#endif /* ESWSIM_H */
