// SPDX-License-Identifier: Apache-2.0
/*
 * check_flowtable: the flowtables of the ruleset: which of their devices can
 * offload, and what keeps flows between these in software.
 *
 * Facts: net/netfilter/nft_flow_offload.c (what is never put into a flowtable),
 * net/xfrm/xfrm_user.c (XFRM_MSG_GETSPDINFO), docs/flowtable-offload.md.
 */
#include "check_part.h"

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shaper.h"

/* A port that rules for @device can lie on; NULL: none. */
static const struct nfo_port *usable(const struct check *check,
				     const struct ruleset_device *device)
{
	const struct nfo_port *port = check_port_named(check, device->name);

	return port && port->hw_tc_offload &&
	       (port->switch_id_len || port->lag) ? port : NULL;
}

static bool is_prefix(const struct ruleset_device *device)
{
	return device->name[strlen(device->name) - 1] == '*';
}

/* What is to be said of one device; true if rules can lie there. */
static bool check_device(struct check *check, const char *name,
			 const struct ruleset_device *device)
{
	const struct nfo_port *port = check_port_named(check, device->name);

	if (is_prefix(device) || usable(check, device))
		return true;
	/* A port whose hw-tc-offload is off has been told of. */
	if (!port || port->switch_id_len)
		return false;
	findings_add(&check->findings, &(struct finding){
		.verdict = FINDING_WARNING, .check = "not_switchdev",
		.subject = name,
	}, "%s is no port of a switch: connections by it stay in software",
	port->name);
	return false;
}

static void check_switches(struct check *check, const char *name,
			   const struct ruleset_hook *flowtable)
{
	const struct nfo_port *first = NULL, *port;

	for (size_t i = 0; i < flowtable->n_devices; i++) {
		port = usable(check, &flowtable->devices[i]);
		if (!port || port->lag)
			continue;
		if (!first)
			first = port;
		if (nfo_port_same_switch(first, port))
			continue;
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "other_switch",
			.subject = name,
		}, "%s and %s are ports of two switches: connections between them stay in software",
		first->name, port->name);
		return;
	}
}

static void check_flowtable(struct check *check,
			    const struct ruleset_hook *flowtable)
{
	size_t n = 0;
	char name[256];

	snprintf(name, sizeof(name), "flowtable %s %s %s",
		 ruleset_family(flowtable->family), flowtable->table,
		 flowtable->name);
	if (!flowtable->offload) {
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "flags_offload",
			.subject = name, .cure = "add to it: flags offload;",
		}, "has no flags offload: the kernel keeps its flows in software");
		return;
	}
	for (size_t i = 0; i < flowtable->n_devices; i++)
		n += check_device(check, name, &flowtable->devices[i]);
	if (!n)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_ERROR, .check = "no_port",
			.subject = name,
			.cure = "name representors or uplinks in devices = { }",
		}, "none of its devices takes rules");
	else if (!flowtable->use)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_ERROR, .check = "flow_add",
			.subject = name,
			.cure = "a rule in a forward chain: meta l4proto { tcp, udp } flow add @...",
		}, "no rule adds connections to it");
	else
		findings_add(&check->findings, &(struct finding){
			.check = "flowtable", .subject = name,
		}, "%zu of its %zu devices take rules", n,
		flowtable->n_devices);
	check_switches(check, name, flowtable);
}

/* --- what is in the way --- */

static void check_qdiscs(struct check *check)
{
	struct nfo_shaper *shaper;
	char text[256], cure[64];

	if (nfo_shaper_open(&shaper, check->eswitch))
		return;
	nfo_shaper_refresh(shaper);
	for (ssize_t i = 0; i < check->n_ports; i++) {
		const struct nfo_port *port = &check->ports[i];

		if (!check_port_wanted(check, port->name) ||
		    !nfo_shaper_on(shaper, port->ifindex, port->ifindex, text,
				   sizeof(text)))
			continue;
		snprintf(cure, sizeof(cure), "tc qdisc show dev %s",
			 port->name);
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "qdisc",
			.subject = port->name, .cure = cure,
		}, "connections by it stay in software, for hardware would bypass what is there: %s",
		text);
	}
	nfo_shaper_close(shaper);
}

static int take_spd(const struct nlmsghdr *nlh, void *arg)
{
	uint32_t *out = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(uint32_t)) {
		const struct xfrmu_spdinfo *info = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_SPD_INFO &&
		    mnl_attr_get_payload_len(attr) >= sizeof(*info))
			*out = info->outcnt;
	}
	return MNL_CB_OK;
}

/* How many IPsec policies there are for what goes out. */
static uint32_t policies(void)
{
	char buf[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	uint32_t out = 0;
	ssize_t len;

	/* A kernel without IPsec has none. */
	if (!nl)
		return 0;
	nlh->nlmsg_type = XFRM_MSG_GETSPDINFO;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	*(uint32_t *)mnl_nlmsg_put_extra_header(nlh, sizeof(uint32_t)) = 0;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0) {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len > 0)
			mnl_cb_run(buf, len, 0, 0, take_spd, &out);
	}
	mnl_socket_close(nl);
	return out;
}

static void check_ways(struct check *check)
{
	uint32_t n = policies();

	if (n)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "xfrm",
			.subject = "IPsec",
			.cure = "rt ipsec missing flow add @..., on both directions' rules",
		}, "%u policies for outgoing packets: a connection that an answer puts into a flowtable goes out in the clear, by the kernel's software path, too",
		n);
	if (check->ruleset.helpers)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "helper",
			.subject = "ruleset",
		}, "%zu conntrack helpers: connections that have one stay in software, for it looks at each packet",
		check->ruleset.helpers);
}

static void check_timeouts(struct check *check)
{
	static const char *const names[] = {
		"nf_flowtable_tcp_timeout", "nf_flowtable_udp_timeout",
	};
	char path[128], text[16], cure[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/netfilter/%s",
			 names[i]);
		if (!check_read_line(path, text, sizeof(text)) ||
		    atoi(text) >= 5)
			continue;
		snprintf(cure, sizeof(cure), "sysctl net.netfilter.%s=30",
			 names[i]);
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "timeout",
			.subject = names[i], .cure = cure,
		}, "is %s s: counters of hardware are up to 2 s old, and a connection that sends rarely leaves hardware again and again",
		text);
	}
}

void check_flowtables(struct check *check)
{
	if (!check->ruleset.n && !check->ovs.pid)
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_WARNING, .check = "no_flowtable",
			.subject = "ruleset",
			.cure = "see nft-offload(8) and the example router.nft",
		}, "has no flowtable in this network namespace, and there is no Open vSwitch");
	for (size_t i = 0; i < check->ruleset.n; i++)
		check_flowtable(check, &check->ruleset.flowtables[i]);
	if (!check->ruleset.n)
		return;
	check_qdiscs(check);
	check_ways(check);
	check_timeouts(check);
}
