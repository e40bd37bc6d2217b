// SPDX-License-Identifier: Apache-2.0
/*
 * check_ovs: Open vSwitch, as far as it is on this host: whether ovs-vswitchd
 * has the plugin, and is told to use it.
 */
#include "check_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OVS_PIDFILE	"/run/openvswitch/ovs-vswitchd.pid"
#define OVS_LOADER	"nft_offload_ovs.so"
#define OVS_CLASSES	"ovs-appctl --timeout=5 dpif/offload/classes 2>/dev/null"
#define OVS_ASK		"ovs-vsctl --timeout=5 --no-wait --if-exists get Open_vSwitch . other_config:%s 2>/dev/null"

/* A value of other_config, without its quotes; "" if it is not set. */
static void config_read(const char *key, char *value, size_t size)
{
	char command[256];
	FILE *pipe;
	size_t len;

	*value = '\0';
	snprintf(command, sizeof(command), OVS_ASK, key);
	pipe = popen(command, "re");
	if (!pipe)
		return;
	if (!fgets(value, size, pipe))
		*value = '\0';
	pclose(pipe);
	value[strcspn(value, "\n")] = '\0';
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		memmove(value, value + 1, len - 2);
		value[len - 2] = '\0';
	}
}

/* Is our class one of those that ovs-vswitchd has? */
static bool is_class(void)
{
	FILE *pipe = popen(OVS_CLASSES, "re");
	char line[256];
	bool found = false;

	if (!pipe)
		return false;
	while (fgets(line, sizeof(line), pipe))
		found |= !strncmp(line, "nft_offload ", 12);
	pclose(pipe);
	return found;
}

void check_ovs_read(struct check_ovs *ovs)
{
	char text[512], path[64];
	FILE *maps;

	if (!check_read_line(OVS_PIDFILE, text, sizeof(text)))
		return;
	snprintf(path, sizeof(path), "/proc/%d/maps", atoi(text));
	maps = fopen(path, "re");
	/* It has gone, and left its file. */
	if (!maps)
		return;
	ovs->pid = atoi(text);
	while (fgets(text, sizeof(text), maps))
		ovs->loader |= strstr(text, OVS_LOADER) != NULL;
	fclose(maps);
	ovs->plugin = ovs->loader && is_class();
	config_read("hw-offload", text, sizeof(text));
	ovs->hw_offload = !strcmp(text, "true");
	config_read("hw-offload-priority", ovs->priority,
		    sizeof(ovs->priority));
}

static bool names_us(const char *priority)
{
	char copy[sizeof(((struct check_ovs *)0)->priority)], *rest = copy;
	char *word;

	snprintf(copy, sizeof(copy), "%s", priority);
	while ((word = strsep(&rest, ", ")))
		if (!strcmp(word, "nft_offload"))
			return true;
	return false;
}

void check_ovs(struct check *check)
{
	const struct check_ovs *ovs = &check->ovs;
	struct finding finding = {
		.verdict = FINDING_WARNING, .check = "ovs",
		.subject = "ovs-vswitchd",
	};

	if (!ovs->pid)
		return;
	if (!ovs->loader) {
		finding.cure = "install nft-offload-ovs (its drop-in for ovs-vswitchd.service), then systemctl restart ovs-vswitchd";
		findings_add(&check->findings, &finding,
			     "runs without the nft_offload plugin");
		return;
	}
	if (!ovs->plugin) {
		finding.check = "ovs_version";
		finding.verdict = FINDING_ERROR;
		finding.cure = "install the nft-offload-ovs that was built for this Open vSwitch; ovs-vswitchd.log says which versions meet";
		findings_add(&check->findings, &finding,
			     "is not the version that the nft_offload plugin was built for, and runs without it");
		return;
	}
	if (!ovs->hw_offload) {
		finding.cure = "ovs-vsctl set Open_vSwitch . other_config:hw-offload=true";
		findings_add(&check->findings, &finding,
			     "other_config:hw-offload is not true");
		return;
	}
	if (!names_us(ovs->priority)) {
		finding.cure = "ovs-vsctl set Open_vSwitch . other_config:hw-offload-priority=nft_offload,tc; systemctl restart ovs-vswitchd";
		findings_add(&check->findings, &finding,
			     "other_config:hw-offload-priority does not name nft_offload");
		return;
	}
	finding.verdict = FINDING_OK;
	findings_add(&check->findings, &finding,
		     "has the nft_offload plugin, and hw-offload-priority is %s",
		     ovs->priority);
}
