// SPDX-License-Identifier: Apache-2.0
/*
 * check_kernel: the running kernel, its options, nft_offload.ko and who is
 * bound to it.
 *
 * Facts: net/netfilter/nf_tables_api.c (the flowtable type that registered first
 * is taken); docs/flowtable-offload.md and docs/ovs-provider.md say what each
 * option is for.
 */
#include "check_part.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bound.h"

#define MODULE_INET	"/sys/module/nf_flow_table_inet"

/* An option that is missing, and what is lost by that. */
struct option {
	const char *name;
	enum finding_verdict verdict;
	bool ovs;		/* matters with Open vSwitch only */
	const char *loss;
};

static const struct option options[] = {
	{ "CONFIG_NET_SWITCHDEV", FINDING_ERROR, false,
	  "NIC drivers have no switchdev mode" },
	{ "CONFIG_NET_CLS_FLOWER", FINDING_ERROR, false,
	  "TC has no flower classifier" },
	{ "CONFIG_NET_SCH_INGRESS", FINDING_ERROR, false,
	  "there is no clsact, which holds the rules" },
	{ "CONFIG_NET_ACT_MIRRED", FINDING_ERROR, false,
	  "no rule can lead from port to port" },
	{ "CONFIG_NET_ACT_PEDIT", FINDING_ERROR, false,
	  "no header can be rewritten" },
	{ "CONFIG_NET_ACT_CSUM", FINDING_WARNING, false,
	  "what is rewritten gets no checksum: IPv4 and NAT stay in software" },
	{ "CONFIG_NET_ACT_GACT", FINDING_WARNING, false,
	  "TTL 1 cannot be kept from hardware: flowtables stay in software" },
	{ "CONFIG_NF_FLOW_TABLE", FINDING_WARNING, false,
	  "nftables has no flowtables" },
	{ "CONFIG_NET_ACT_VLAN", FINDING_WARNING, false,
	  "flows with VLAN tags stay in software" },
	{ "CONFIG_NET_ACT_TUNNEL_KEY", FINDING_WARNING, false,
	  "tunnels stay in software" },
	{ "CONFIG_NET_TC_SKB_EXT", FINDING_WARNING, true,
	  "Open vSwitch's flows with recirculation (conntrack, bonds) stay in software" },
	{ "CONFIG_NET_ACT_CT", FINDING_WARNING, true,
	  "Open vSwitch's flows with conntrack stay in software" },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

/* Which of them @file has, built in or as a module. */
static void options_read(FILE *file, bool found[N_OPTIONS])
{
	char line[256];

	while (fgets(line, sizeof(line), file)) {
		size_t len = strcspn(line, "=\n");

		if (line[len] != '=' ||
		    (line[len + 1] != 'y' && line[len + 1] != 'm'))
			continue;
		line[len] = '\0';
		for (size_t i = 0; i < N_OPTIONS; i++)
			if (!strcmp(line, options[i].name))
				found[i] = true;
	}
}

static FILE *config_open(const char *release)
{
	static const char *const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config",
		"/usr/lib/modules/%s/config", "/lib/modules/%s/build/.config",
	};
	char path[512];
	FILE *file = NULL;

	for (size_t i = 0; !file && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), places[i], release);
		file = fopen(path, "re");
	}
	return file;
}

static void check_options(struct check *check, const char *release)
{
	bool found[N_OPTIONS] = { false };
	size_t missing = 0;
	FILE *file = config_open(release);

	if (!file) {
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_OK, .check = "kernel_options",
			.subject = "kernel",
		}, "%s; its configuration is not on this host, options were not looked at",
		release);
		return;
	}
	options_read(file, found);
	fclose(file);
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (found[i] || (options[i].ovs && !check->ovs.pid))
			continue;
		missing++;
		findings_add(&check->findings, &(struct finding){
			.verdict = options[i].verdict,
			.check = "kernel_options", .subject = "kernel",
			.cure = "run a kernel that has it",
		}, "%s has no %s: %s", release, options[i].name,
		options[i].loss);
	}
	if (!missing)
		findings_add(&check->findings, &(struct finding){
			.check = "kernel_options", .subject = "kernel",
		}, "%s has all options", release);
}

static void check_forwarding(struct check *check)
{
	char ipv4[16] = "", ipv6[16] = "";

	check_read_line("/proc/sys/net/ipv4/ip_forward", ipv4, sizeof(ipv4));
	check_read_line("/proc/sys/net/ipv6/conf/all/forwarding", ipv6,
			sizeof(ipv6));
	if (check->ruleset.n && ipv4[0] != '1' && ipv6[0] != '1')
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_ERROR, .check = "forwarding",
			.subject = "kernel",
			.cure = "sysctl net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
		}, "forwards neither IPv4 nor IPv6, and a flowtable is of what is forwarded");
}

void check_kernel(struct check *check)
{
	struct utsname name;

	if (uname(&name) == 0)
		check_options(check, name.release);
	check_forwarding(check);
}

/* --- the module --- */

/* Without it only Open vSwitch's own flows are offloaded. */
static void check_module_missing(struct check *check)
{
	enum finding_verdict verdict = FINDING_OK;
	bool order = access(MODULE_INET, F_OK) == 0;

	for (size_t i = 0; i < check->ruleset.n; i++)
		if (check->ruleset.flowtables[i].offload)
			verdict = FINDING_ERROR;
	if (!check->ovs.pid)
		verdict = FINDING_ERROR;
	findings_add(&check->findings, &(struct finding){
		.verdict = verdict,
		.check = order ? "module_order" : "module",
		.subject = "nft_offload.ko",
		.cure = !verdict ? NULL : order ?
			"nft flush ruleset; rmmod nf_flow_table_inet; modprobe nft_offload; load the ruleset again" :
			"modprobe nft_offload, before the ruleset is loaded",
	}, order ?
	"is not loaded, and nf_flow_table_inet is: flowtables are the kernel's own, which no driver of representors takes" :
	"is not loaded: no connection of a flowtable goes to hardware");
}

void check_module(struct check *check)
{
	char path[64], name[64] = "";

	if (!nfo_bound_module()) {
		check_module_missing(check);
		return;
	}
	if (!check->portid) {
		findings_add(&check->findings, &(struct finding){
			.verdict = FINDING_ERROR, .check = "provider",
			.subject = "nft_offload.ko",
			.cure = "systemctl start nft-offloadd, or ovs-vswitchd with the nft_offload plugin",
		}, "is loaded, and nobody in this network namespace takes its flows");
		return;
	}
	/* Mostly the port of a socket is the process's number, but need not be. */
	snprintf(path, sizeof(path), "/proc/%u/comm", check->portid);
	check_read_line(path, name, sizeof(name));
	if (!strcmp(name, "nft-offloadd") || !strcmp(name, "ovs-vswitchd"))
		findings_add(&check->findings, &(struct finding){
			.check = "provider", .subject = "nft_offload.ko",
		}, "its provider is %s (process %u)", name, check->portid);
	else
		findings_add(&check->findings, &(struct finding){
			.check = "provider", .subject = "nft_offload.ko",
		}, "has a provider");
}
