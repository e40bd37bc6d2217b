// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool - driver name, link and counters of the netdevs
 *
 * Representors and uplink tell what the hardware did at their port
 * ("ethtool -S"): which way a packet went is seen by these counters and the
 * netdev statistics ("ip -s link"), which count the slow path.
 */
#include <linux/ethtool.h>

#include "eswsim.h"

/* One name per value, in the order of enum eswsim_counter. */
static const char counter_names[][ETH_GSTRING_LEN] = {
	"hw_rx_hit_packets", "hw_rx_hit_bytes",
	"hw_rx_miss_packets", "hw_rx_miss_bytes",
	"hw_rx_drop_packets", "hw_rx_drop_bytes",
	"hw_tx_packets", "hw_tx_bytes",
	"hw_tx_drop_packets", "hw_tx_drop_bytes",
};

static_assert(ARRAY_SIZE(counter_names) == 2 * ESWSIM_COUNTERS);

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, ESWSIM_NAME, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(dev->dev.parent),
		sizeof(info->bus_info));
}

/* Whose dialect of TC the port speaks, the name has to say: that of the simulated driver. */
static void get_port_drvinfo(struct net_device *dev,
			     struct ethtool_drvinfo *info)
{
	const struct asic *asic = &eswsim_port_of(dev)->nic->asic;
	const struct asic_profile *profile = READ_ONCE(asic->profile);

	get_drvinfo(dev, info);
	if (profile != asic_profile_default)
		snprintf(info->driver, sizeof(info->driver), ESWSIM_NAME "-%s",
			 profile->name);
}

/* A speed that bonds and bridges can reckon with; nothing limits to it. */
static int get_link_ksettings(struct net_device *dev,
			      struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_25000;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_OTHER;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static int get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(counter_names) : -EOPNOTSUPP;
}

static void get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, counter_names, sizeof(counter_names));
}

/* Sums up what the CPUs counted, in arrays of ESWSIM_COUNTERS. */
static void read_counters(const struct eswsim_port *port,
			  u64 *packets, u64 *bytes)
{
	struct eswsim_counters *c;
	u64 p[ESWSIM_COUNTERS], b[ESWSIM_COUNTERS];
	unsigned int start;
	int cpu, i;

	memset(packets, 0, sizeof(p));
	memset(bytes, 0, sizeof(b));
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(port->counters, cpu);
		do {
			start = u64_stats_fetch_begin(&c->syncp);
			for (i = 0; i < ESWSIM_COUNTERS; i++) {
				p[i] = u64_stats_read(&c->packets[i]);
				b[i] = u64_stats_read(&c->bytes[i]);
			}
		} while (u64_stats_fetch_retry(&c->syncp, start));
		for (i = 0; i < ESWSIM_COUNTERS; i++) {
			packets[i] += p[i];
			bytes[i] += b[i];
		}
	}
}

static void get_ethtool_stats(struct net_device *dev,
			      struct ethtool_stats *stats, u64 *data)
{
	u64 packets[ESWSIM_COUNTERS], bytes[ESWSIM_COUNTERS];
	int i;

	read_counters(eswsim_port_of(dev), packets, bytes);
	for (i = 0; i < ESWSIM_COUNTERS; i++) {
		*data++ = packets[i];
		*data++ = bytes[i];
	}
}

/* VFs and wires. */
const struct ethtool_ops eswsim_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
};

/* Representors and uplinks. */
const struct ethtool_ops eswsim_ethtool_port_ops = {
	.get_drvinfo = get_port_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
};
