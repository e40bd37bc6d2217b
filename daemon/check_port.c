// SPDX-License-Identifier: Apache-2.0
/*
 * check_port: NICs and their ports: eswitch mode, hw-tc-offload, and the TC
 * rules that lie there.
 *
 * Facts: net/ethtool/ioctl.c (ETHTOOL_GDRVINFO),
 * drivers/net/ethernet/mellanox/mlx5/core/en/devlink.c.
 */
#include "check_part.h"

#include <linux/devlink.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devlink.h"
#include "dialect.h"
#include "table.h"

/* The driver of @name and its firmware; false: it has none to tell of. */
static bool driver_of(const char *name, struct ethtool_drvinfo *info)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	memset(info, 0, sizeof(*info));
	info->cmd = ETHTOOL_GDRVINFO;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_data = (void *)info;
	ok = fd >= 0 && ioctl(fd, SIOCETHTOOL, &ifr) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The last part of what link @path leads to; false: there is none. */
static bool link_read(const char *path, char *text, size_t size)
{
	char target[512];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	if (len < 0)
		return false;
	target[len] = '\0';
	slash = strrchr(target, '/');
	return snprintf(text, size, "%s", slash ? slash + 1 : target) <
	       (int)size;
}

/* --- the eswitch of a NIC --- */

/* The device behind @port, as devlink says it: "pci", "0000:03:00.0". */
static bool device_of(const struct nfo_port *port, char *bus, char *dev,
		      size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", port->name);
	if (!link_read(path, dev, size))
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/device/subsystem",
		 port->name);
	return link_read(path, bus, size);
}

/* Has a device before @port in the list been looked at for the same NIC? */
static bool is_told(const struct check *check, const struct nfo_port *port,
		    const char *bus, const char *dev)
{
	char other_bus[64], other[64];

	for (const struct nfo_port *p = check->ports; p < port; p++)
		if (device_of(p, other_bus, other, sizeof(other)) &&
		    !strcmp(other, dev) && !strcmp(other_bus, bus))
			return true;
	return false;
}

/*
 * The eswitch of a NIC with SR-IOV, told once, at its first netdev. A switch id
 * it may have in legacy mode, too (mlx5e_devlink_port_register()). True: it is in
 * switchdev mode.
 */
static bool check_eswitch(struct check *check, const struct nfo_port *port)
{
	char bus[64], dev[64], cure[256], subject[160];
	struct ethtool_drvinfo driver;
	int mode;

	if (!device_of(port, bus, dev, sizeof(dev)))
		return false;
	mode = devlink_eswitch_mode(bus, dev);
	if (mode < 0)
		return false;
	snprintf(subject, sizeof(subject), "%s/%s", bus, dev);
	if (is_told(check, port, bus, dev))
		return mode == DEVLINK_ESWITCH_MODE_SWITCHDEV;
	if (mode == DEVLINK_ESWITCH_MODE_SWITCHDEV) {
		driver_of(port->name, &driver);
		findings_add(&check->findings, &(struct finding){
			.check = "eswitch_mode", .subject = subject,
		}, "is in switchdev mode; driver %s, firmware %s",
		driver.driver[0] ? driver.driver : "unknown",
		driver.fw_version[0] ? driver.fw_version : "unknown");
		return true;
	}
	snprintf(cure, sizeof(cure),
		 "devlink dev eswitch set %s/%s mode switchdev", bus, dev);
	findings_add(&check->findings, &(struct finding){
		.verdict = FINDING_WARNING, .check = "eswitch_mode",
		.subject = subject, .cure = cure,
	}, "is not in switchdev mode: its VFs have no representors");
	return false;
}

/* --- one port --- */

/* The least that a connection of a flowtable needs: UDP, routed. 0 or errno. */
static int routed_make(struct nfo_rule *rule)
{
	struct nfo_set value = { .eth_src = { 2 }, .eth_dst = { 2 } };
	struct nfo_set mask;
	int err;

	memset(&mask, 0, sizeof(mask));
	memset(mask.eth_src, 0xff, sizeof(mask.eth_src));
	memset(mask.eth_dst, 0xff, sizeof(mask.eth_dst));
	nfo_rule_init(rule);
	rule->key.eth_type = htons(ETH_P_IP);
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = IPPROTO_UDP;
	rule->mask.ip_proto = 0xff;
	rule->key.sport = rule->key.dport = htons(1);
	rule->mask.sport = rule->mask.dport = 0xffff;
	rule->mask.ip_frag = NFO_FRAG_ANY;
	err = nfo_rule_add_set(rule, &value, &mask);
	if (!err)
		err = nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
	if (!err)
		err = nfo_rule_fix_csum(rule);
	return err ? err : nfo_rule_add_redirect(rule, 1);
}

/* A port of a flowtable whose NIC can carry none of its connections. */
static void check_dialect(struct check *check, const struct nfo_port *port)
{
	static const struct nfo_dialect_place place;
	struct nfo_said said;
	struct nfo_rule rule;

	if (!port->dialect)
		return;
	nfo_rule_init(&said.rule);
	if (!routed_make(&rule) &&
	    nfo_dialect_say(port->dialect, &rule, &place, &said) ==
	    NFT_OFFLOAD_REASON_NIC_UNABLE)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_ERROR, .check = "nic_unable",
			.subject = port->name,
		}, "its NIC can carry no connection of a flowtable (%s): all that come in here stay in software",
		said.text);
	nfo_rule_uninit(&said.rule);
	nfo_rule_uninit(&rule);
}

static void check_port(struct check *check, const struct nfo_port *port)
{
	bool wanted = check_port_wanted(check, port->name);
	char cure[64];

	if (!port->hw_tc_offload) {
		snprintf(cure, sizeof(cure), "ethtool -K %s hw-tc-offload on",
			 port->name);
		findings_add(&check->findings, &(struct finding){
			.verdict = wanted ? FINDING_ERROR : FINDING_WARNING,
			.check = "hw_tc_offload", .subject = port->name,
			.cure = cure,
		}, "hw-tc-offload is off: it takes no rules");
	}
	if (wanted)
		check_dialect(check, port);
	if (wanted && !port->up) {
		snprintf(cure, sizeof(cure), "ip link set %s up", port->name);
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "down",
			.subject = port->name, .cure = cure,
		}, "is down, and in a flowtable");
	}
}

/*
 * What is the matter with @member of a bond, @first being another one (NULL:
 * none)? NULL: nothing.
 */
static const char *member_fault(const struct nfo_port *member,
				const struct nfo_port *first)
{
	if (!member->switch_id_len)
		return "is no port of a switch";
	if (!member->hw_tc_offload)
		return "has hw-tc-offload off";
	if (first && first->switch_id_len &&
	    !nfo_port_same_switch(first, member))
		return "is a port of another switch than the first one";
	return NULL;
}

/* The members of the bond @lag: a rule is in hardware when all have it. */
static void check_bond(struct check *check, const struct nfo_port *lag)
{
	const struct nfo_port *first = NULL;

	for (ssize_t i = 0; i < check->n_ports; i++) {
		const struct nfo_port *port = &check->ports[i];
		const char *fault;

		if (port->master != lag->ifindex)
			continue;
		fault = member_fault(port, first);
		if (!first)
			first = port;
		if (fault)
			findings_add(&check->findings, &(struct finding){
				.verdict = FINDING_WARNING, .check = "bond",
				.subject = lag->name,
			}, "its member %s %s: connections by the bond stay in software",
			port->name, fault);
	}
	if (!first)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "bond",
			.subject = lag->name,
			.cure = "ip link set UPLINK master BOND",
		}, "has no member: connections by it stay in software");
}

/* Hardware rules of nftables' own on @port, if flows come by it. */
static void check_chains(struct check *check, const struct nfo_port *port)
{
	for (size_t i = 0; i < check->ruleset.n_chains; i++) {
		const struct ruleset_hook *chain = &check->ruleset.chains[i];
		char cure[256];

		if (!check_port_wanted(check, port->name) ||
		    !ruleset_has_device(chain, port->name))
			continue;
		snprintf(cure, sizeof(cure), "nft delete chain %s %s %s",
			 ruleset_family(chain->family), chain->table,
			 chain->name);
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "static_rules",
			.subject = port->name, .cure = cure,
		}, "chain %s %s %s has flags offload, and a driver takes one block of rules for a port: connections that come by it stay in software; the same rules can be TC's (flower skip_sw)",
		ruleset_family(chain->family), chain->table, chain->name);
	}
}

/* Rules on @port that are not a provider's that runs. */
static void check_rules(struct check *check, struct nfo_rtnl *rtnl,
			const struct nfo_port *port)
{
	bool provider = check->portid || check->ovs.plugin;
	struct nfo_survey survey;
	char cure[64];

	if (nfo_table_survey(rtnl, port, &survey))
		return;
	if (survey.ours && !provider)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "orphans",
			.subject = port->name, .cure = "nft-offload flush",
		}, "%llu rules of a provider that does not run forward packets: nobody follows what changes",
		(unsigned long long)survey.ours);
	snprintf(cure, sizeof(cure), "tc filter show dev %s ingress",
		 port->name);
	if (survey.before || survey.among)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "foreign_rules",
			.subject = port->name, .cure = cure,
		}, "%llu TC rules of others come before ours (preferences 1 to 24): they decide on their packets first",
		(unsigned long long)(survey.before + survey.among));
}

void check_ports(struct check *check)
{
	struct nfo_rtnl *rtnl = NULL;
	bool any = false;

	if (nfo_rtnl_open(&rtnl))
		rtnl = NULL;
	for (ssize_t i = 0; i < check->n_ports; i++) {
		const struct nfo_port *port = &check->ports[i];

		any |= check_eswitch(check, port);
		if (port->lag && check_port_wanted(check, port->name))
			check_bond(check, port);
		if (!port->switch_id_len)
			continue;
		check_port(check, port);
		check_chains(check, port);
		if (rtnl)
			check_rules(check, rtnl, port);
	}
	nfo_rtnl_close(rtnl);
	if (any)
		return;
	findings_add(&check->findings, &(struct finding){
		.verdict = FINDING_ERROR, .check = "switchdev",
		.subject = "NICs",
		.cure = "put an SR-IOV NIC into switchdev mode: devlink dev eswitch set pci/... mode switchdev",
	}, "no NIC of this network namespace is in switchdev mode");
}
