// SPDX-License-Identifier: Apache-2.0
/*
 * probe_print: a message of the family as one line: its command, then each
 * attribute as name=value in the order of the message, for tests to grep.
 */
#include "probe_print.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <stdio.h>

#include "linux/nft_offload.h"

enum kind {
	KIND_UNKNOWN, KIND_U8, KIND_U16, KIND_U32, KIND_S32, KIND_U64,
	KIND_BE16, KIND_HEX16, KIND_IPV4, KIND_IPV6, KIND_STRING, KIND_FLAG,
	KIND_NEST, KIND_MANGLE, KIND_VLAN,
};

struct field {
	const char *name;
	enum kind kind;
	const struct field *fields;	/* of a nest */
	unsigned int max;
};

#define LEAF(NAME, KIND) { NAME, KIND, NULL, 0 }
#define NEST(NAME, FIELDS) \
	{ NAME, KIND_NEST, FIELDS, sizeof(FIELDS) / sizeof((FIELDS)[0]) - 1 }

static const struct field match_fields[] = {
	[NFT_OFFLOAD_MATCH_ATTR_IIF] = LEAF("iif", KIND_U32),
	[NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE] = LEAF("eth_type", KIND_HEX16),
	[NFT_OFFLOAD_MATCH_ATTR_IP_PROTO] = LEAF("proto", KIND_U8),
	[NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC] = LEAF("src", KIND_IPV4),
	[NFT_OFFLOAD_MATCH_ATTR_IPV4_DST] = LEAF("dst", KIND_IPV4),
	[NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC] = LEAF("src", KIND_IPV6),
	[NFT_OFFLOAD_MATCH_ATTR_IPV6_DST] = LEAF("dst", KIND_IPV6),
	[NFT_OFFLOAD_MATCH_ATTR_SPORT] = LEAF("sport", KIND_BE16),
	[NFT_OFFLOAD_MATCH_ATTR_DPORT] = LEAF("dport", KIND_BE16),
	[NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS] = LEAF("tcp_flags", KIND_HEX16),
	[NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK] = LEAF("tcp_mask", KIND_HEX16),
	[NFT_OFFLOAD_MATCH_ATTR_VLAN_ID] = LEAF("vlan", KIND_U16),
	[NFT_OFFLOAD_MATCH_ATTR_VLAN_TPID] = LEAF("vlan_tpid", KIND_HEX16),
	[NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID] = LEAF("cvlan", KIND_U16),
	[NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID] = LEAF("cvlan_tpid", KIND_HEX16),
};

static const struct field action_fields[] = {
	[NFT_OFFLOAD_ACTION_ATTR_REDIRECT] = LEAF("redirect", KIND_U32),
	[NFT_OFFLOAD_ACTION_ATTR_MANGLE] = LEAF("mangle", KIND_MANGLE),
	[NFT_OFFLOAD_ACTION_ATTR_CSUM] = LEAF("csum", KIND_U32),
	[NFT_OFFLOAD_ACTION_ATTR_VLAN_PUSH] = LEAF("vlan_push", KIND_VLAN),
	[NFT_OFFLOAD_ACTION_ATTR_VLAN_POP] = LEAF("vlan_pop", KIND_FLAG),
	[NFT_OFFLOAD_ACTION_ATTR_PPPOE_PUSH] = LEAF("pppoe_push", KIND_U16),
};

static const struct field flow_fields[] = {
	[NFT_OFFLOAD_FLOW_ATTR_ID] = LEAF("id", KIND_U64),
	[NFT_OFFLOAD_FLOW_ATTR_GEN] = LEAF("gen", KIND_U32),
	[NFT_OFFLOAD_FLOW_ATTR_CT_ID] = LEAF("ct", KIND_U32),
	[NFT_OFFLOAD_FLOW_ATTR_CT_ZONE] = LEAF("zone", KIND_U16),
	[NFT_OFFLOAD_FLOW_ATTR_TABLE] = LEAF("table", KIND_STRING),
	[NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE] = LEAF("flowtable", KIND_STRING),
	[NFT_OFFLOAD_FLOW_ATTR_PRIORITY] = LEAF("priority", KIND_S32),
	[NFT_OFFLOAD_FLOW_ATTR_MATCH] = NEST("match", match_fields),
	[NFT_OFFLOAD_FLOW_ATTR_ACTIONS] = NEST("actions", action_fields),
	[NFT_OFFLOAD_FLOW_ATTR_MTU] = LEAF("mtu", KIND_U32),
	[NFT_OFFLOAD_FLOW_ATTR_STATE] = LEAF("state", KIND_U8),
	[NFT_OFFLOAD_FLOW_ATTR_REASON] = LEAF("reason", KIND_U32),
	[NFT_OFFLOAD_FLOW_ATTR_TEXT] = LEAF("text", KIND_STRING),
	[NFT_OFFLOAD_FLOW_ATTR_PACKETS] = LEAF("packets", KIND_U64),
	[NFT_OFFLOAD_FLOW_ATTR_BYTES] = LEAF("bytes", KIND_U64),
	[NFT_OFFLOAD_FLOW_ATTR_IDLE_MS] = LEAF("idle_ms", KIND_U64),
	[NFT_OFFLOAD_FLOW_ATTR_COUNT] = LEAF("count", KIND_U64),
};

static const struct field reason_fields[] = {
	[NFT_OFFLOAD_ATTR_FLOW] = NEST("", flow_fields),
};

static const struct field message_fields[] = {
	[NFT_OFFLOAD_ATTR_GRACE_MS] = LEAF("grace_ms", KIND_U32),
	[NFT_OFFLOAD_ATTR_PORTID] = LEAF("portid", KIND_U32),
	[NFT_OFFLOAD_ATTR_FLOW] = NEST("", flow_fields),
	[NFT_OFFLOAD_ATTR_FLOWS_KNOWN] = LEAF("known", KIND_U32),
	[NFT_OFFLOAD_ATTR_FLOWS_IN_HW] = LEAF("in_hw", KIND_U32),
	[NFT_OFFLOAD_ATTR_RESULTS_STALE] = LEAF("stale", KIND_U64),
	[NFT_OFFLOAD_ATTR_MESSAGES_LOST] = LEAF("lost", KIND_U64),
	[NFT_OFFLOAD_ATTR_REASONS] = NEST("reasons", reason_fields),
};

static const char *const commands[] = {
	[NFT_OFFLOAD_CMD_BIND] = "bind",
	[NFT_OFFLOAD_CMD_UNBIND] = "unbind",
	[NFT_OFFLOAD_CMD_GET] = "get",
	[NFT_OFFLOAD_CMD_FLOW_NEW] = "new",
	[NFT_OFFLOAD_CMD_FLOW_DEL] = "del",
	[NFT_OFFLOAD_CMD_FLOW_RESULT] = "result",
};

static void print_number(const struct field *field, const struct nlattr *attr)
{
	switch (field->kind) {
	case KIND_U8:
		printf("%u", mnl_attr_get_u8(attr));
		break;
	case KIND_U16:
		printf("%u", mnl_attr_get_u16(attr));
		break;
	case KIND_U32:
		printf("%" PRIu32, mnl_attr_get_u32(attr));
		break;
	case KIND_S32:
		printf("%" PRId32, (int32_t)mnl_attr_get_u32(attr));
		break;
	case KIND_U64:
		printf("%" PRIu64, mnl_attr_get_u64(attr));
		break;
	case KIND_BE16:
		printf("%u", ntohs(mnl_attr_get_u16(attr)));
		break;
	case KIND_HEX16:
		printf("%04x", ntohs(mnl_attr_get_u16(attr)));
		break;
	default:
		printf("?");
	}
}

static void print_mangle(const struct nft_offload_mangle *mangle)
{
	printf("%u+%u:%08x/%08x", mangle->htype, mangle->offset,
	       ntohl(mangle->value), ntohl(mangle->mask));
}

static void print_value(const struct field *field, const struct nlattr *attr)
{
	const struct nft_offload_vlan *vlan;
	char text[INET6_ADDRSTRLEN];

	switch (field->kind) {
	case KIND_IPV4:
		printf("%s", inet_ntop(AF_INET, mnl_attr_get_payload(attr),
				       text, sizeof(text)));
		break;
	case KIND_IPV6:
		printf("%s", inet_ntop(AF_INET6, mnl_attr_get_payload(attr),
				       text, sizeof(text)));
		break;
	case KIND_STRING:
		printf("%s", mnl_attr_get_str(attr));
		break;
	case KIND_MANGLE:
		print_mangle(mnl_attr_get_payload(attr));
		break;
	case KIND_VLAN:
		vlan = mnl_attr_get_payload(attr);
		printf("%u/%04x", vlan->id, ntohs(vlan->tpid));
		break;
	case KIND_FLAG:
		printf("yes");
		break;
	default:
		print_number(field, attr);
	}
}

static void print_attr(const struct nlattr *attr, const struct field *fields,
		       unsigned int max)
{
	unsigned int type = mnl_attr_get_type(attr);
	const struct nlattr *inner;

	if (type > max || !fields[type].name) {
		printf(" unknown_%u", type);
	} else if (fields[type].kind == KIND_NEST) {
		if (fields[type].name[0])
			printf(" %s:", fields[type].name);
		mnl_attr_for_each_nested(inner, attr)
			print_attr(inner, fields[type].fields, fields[type].max);
	} else {
		printf(" %s=", fields[type].name);
		print_value(&fields[type], attr);
	}
}

/* Prints @nlh, a message of the family, and flushes stdout. */
void probe_print(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (genl->cmd < sizeof(commands) / sizeof(commands[0]) &&
	    commands[genl->cmd])
		printf("%s", commands[genl->cmd]);
	else
		printf("command_%u", genl->cmd);
	if (nlh->nlmsg_flags & NLM_F_MULTI)
		printf(" dumped");
	mnl_attr_for_each(attr, nlh, sizeof(*genl))
		print_attr(attr, message_fields,
			   sizeof(message_fields) / sizeof(message_fields[0]) - 1);
	printf("\n");
	fflush(stdout);
}
