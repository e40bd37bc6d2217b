// SPDX-License-Identifier: Apache-2.0
/*
 * reason: names and sentences for enum nft_offload_reason, and what a refusal
 * by TC means; see reason.h.
 */
#include "reason.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct reason {
	const char	*name;
	const char	*text;
};

#define REASON(id, name, text) [NFT_OFFLOAD_REASON_##id] = { name, text }

static const struct reason reasons[] = {
	REASON(NONE, "none", "Nothing keeps this flow out of hardware."),
	REASON(NO_PROVIDER, "no_provider",
	       "No offload provider is running: start nft-offloadd, or ovs-vswitchd with the nft_offload plugin."),
	REASON(PROVIDER_LOST, "provider_lost",
	       "The offload provider died and did not come back in time: look into its log and start it again."),
	REASON(NO_MEMORY, "no_memory",
	       "Memory ran out while the flow was placed: it is tried again when its next packet comes by software."),
	REASON(MALFORMED, "malformed",
	       "The flow as it was handed over cannot be read: kernel module and provider must be of one version, and the plugin built for the Open vSwitch it runs in."),
	REASON(INTERNAL, "internal",
	       "This is a bug in nft-offload: please report it with the log of the provider."),
	REASON(MATCH_UNSUPPORTED, "match_unsupported",
	       "The flow is matched on something that TC flower cannot match: match on less, or leave the flow to software."),
	REASON(ACTION_UNSUPPORTED, "action_unsupported",
	       "The flow needs an action that TC cannot carry out: change the rule that asks for it, or leave the flow to software."),
	REASON(TOO_MANY_ACTIONS, "too_many_actions",
	       "The flow needs more actions than TC takes in one rule (32): send it to fewer ports or rewrite less."),
	REASON(NO_OUTPUT, "no_output",
	       "The flow's actions neither send the packet anywhere nor end its way: nothing to do for hardware."),
	REASON(MTU, "mtu",
	       "Packets of the flow may be longer than the MTU of the port they leave by: raise that MTU or lower the sender's."),
	REASON(PORT_GONE, "port_gone",
	       "A port of the flow does not exist any more: the flow is placed again when the port is back."),
	REASON(NOT_SWITCHDEV, "not_switchdev",
	       "A port of the flow is not on a NIC in switchdev mode: use VF representors and the uplink, and set the mode with devlink dev eswitch set."),
	REASON(OTHER_SWITCH, "other_switch",
	       "The flow's ports are on different NICs, between which no hardware forwards: keep both on one NIC."),
	REASON(HW_TC_OFFLOAD_OFF, "hw_tc_offload_off",
	       "TC offload is switched off on a port of the flow: switch it on with ethtool -K PORT hw-tc-offload on."),
	REASON(SAME_PORT, "same_port",
	       "The flow leaves by the port it came in, which is left to software: change the route if that is not wanted."),
	REASON(TABLE_FULL, "table_full",
	       "The NIC's rule table is full: the flow gets a place when another one ends; a bigger table may be had in the NIC's settings."),
	REASON(DRIVER_REFUSED, "driver_refused",
	       "The NIC's driver refused the rule for the reason it gives; newer driver or firmware may take it."),
	REASON(KERNEL_REFUSED, "kernel_refused",
	       "The kernel's traffic control refused the rule for the reason it gives: load the cls_flower and act_* modules, or use a newer kernel."),
	REASON(BUSY, "busy",
	       "Kernel or driver were busy: the flow is tried again shortly."),
	REASON(RULE_VANISHED, "rule_vanished",
	       "The flow's rule was removed by somebody else and is being put back: look for another program that deletes TC filters on the port."),
	REASON(OTHER_PROVIDER, "other_provider",
	       "A port of the flow is not one of this offload provider's: give all ports of the flow the same hw-offload-priority."),
	REASON(RECIRC_UNSHARED, "recirc_unshared",
	       "The flow recirculates, and this kernel does not tell Open vSwitch where hardware left off: use a kernel with CONFIG_NET_TC_SKB_EXT."),
	REASON(RECIRC_UNREACHED, "recirc_unreached",
	       "The flow continues a recirculation whose first part is not in hardware: see why that one is not."),
	REASON(METER_UNKNOWN, "meter_unknown",
	       "The flow uses a meter that TC cannot police: give it one drop band."),
	REASON(NEIGHBOUR, "neighbour",
	       "The flow's next hop has no resolved link address: it is tried again while packets come; see ip neigh if it stays so."),
	REASON(XFRM, "xfrm",
	       "The flow leaves through IPsec, which is left to software: exempt it from the policy if that is not wanted."),
	REASON(QDISC, "qdisc",
	       "Packets would bypass a queueing discipline of a port of the flow: remove it, or set bypass-qdisc (nft-offload.conf(5)) if that is wanted."),
	REASON(NIC_UNABLE, "nic_unable",
	       "The NIC's driver cannot carry out what is named, or would get it wrong without a word, and is not asked: leave the flow to software, or use a NIC that can."),
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) ==
	       __NFT_OFFLOAD_REASON_MAX, "a reason without name and sentence");

const char *nfo_reason_name(enum nft_offload_reason reason)
{
	if ((unsigned int)reason >= __NFT_OFFLOAD_REASON_MAX)
		return "unknown";
	return reasons[reason].name;
}

const char *nfo_reason_text(enum nft_offload_reason reason)
{
	if ((unsigned int)reason >= __NFT_OFFLOAD_REASON_MAX)
		return "A reason this version does not know: use the same version of all parts of nft-offload.";
	return reasons[reason].text;
}

int nfo_reason_by_name(const char *name)
{
	int i;

	for (i = 0; i < __NFT_OFFLOAD_REASON_MAX; i++)
		if (!strcmp(name, reasons[i].name))
			return i;
	return -ENOENT;
}

/*
 * Whose words are these? TC's own come from a few places: what says its
 * module's name first (NL_SET_ERR_MSG_MOD) is of cls_flower or an action;
 * the others start like one of these. A driver may say anything else.
 */
bool nfo_reason_is_kernels(const char *text)
{
	static const char *const starts[] = {
		"cls_", "act_", "sch_",
		/* net/sched/cls_api.c, act_api.c */
		"Specified ", "TC classifier", "TC action", "Failed to load TC",
		"Failed to create TC", "Failed to create filter",
		"Cannot find specified", "Cannot create specified",
		"Parent Qdisc", "Qdisc not ", "Need both RTM_",
		"Filter kind", "Filter with specified", "Filter already exists",
		"Invalid filter command", "invalid control action",
		"invalid fallback control", "Chain template",
		/* net/sched/cls_flower.c */
		"no trk", "new and ", "when inv", "Missing flags mask",
		"Missing tunnel key", "Tunnel key", "Conntrack ", "Label must",
		"Key and mask", "Both min and max",
		/* lib/nlattr.c */
		"Attribute failed policy", "NLA_F_NESTED", "Unknown attribute",
		"Unsupported attribute",
	};
	size_t i;

	for (i = 0; text && i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(text, starts[i], strlen(starts[i])))
			return true;
	return false;
}

/*
 * EINVAL, EOPNOTSUPP and the rest: a matter of whose words come with it.
 * Without words it is a driver that says none (ice answers EINVAL so, bnxt
 * EOPNOTSUPP), or cls_flower, which has no words for skip_sw on a port where
 * no driver took the rule.
 */
static enum nft_offload_reason refused(int err, const char *text)
{
	if (text && strstr(text, "offload is disabled"))
		return NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF;
	if (nfo_reason_is_kernels(text))
		return NFT_OFFLOAD_REASON_KERNEL_REFUSED;
	/* The filter or action kind has no module: nothing asked a driver. */
	if (err == ENOENT || err == EPERM || err == EACCES || err == ENOPROTOOPT)
		return NFT_OFFLOAD_REASON_KERNEL_REFUSED;
	return NFT_OFFLOAD_REASON_DRIVER_REFUSED;
}

enum nft_offload_reason nfo_reason_from_tc(int err, const char *text)
{
	if (err < 0)
		err = -err;
	switch (err) {
	case 0:
		return NFT_OFFLOAD_REASON_NONE;
	case ENOSPC:
		return NFT_OFFLOAD_REASON_TABLE_FULL;
	case ENOMEM:
	case ENOBUFS:
		return NFT_OFFLOAD_REASON_NO_MEMORY;
	case EAGAIN:
	case EBUSY:
	case EINTR:
	/* Another flow's rule has the match, until that flow has gone. */
	case EEXIST:
		return NFT_OFFLOAD_REASON_BUSY;
	case ENODEV:
	case ENXIO:
		return NFT_OFFLOAD_REASON_PORT_GONE;
	case E2BIG:
		return NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS;
	case EMSGSIZE:
		return NFT_OFFLOAD_REASON_INTERNAL;
	default:
		return refused(err, text);
	}
}
