// SPDX-License-Identifier: Apache-2.0
/*
 * why: see why.h. The objects are described in nft-offloadd(8).
 */
#include "why.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "conntrack.h"
#include "control.h"
#include "member.h"

struct why {
	const struct show_options *options;
	const struct endpoint_pair *pair;
	char word[CONTROL_WORD_MAX];	/* asks for the one that was found */
	bool found;
};

/* --- which one --- */

static bool end_is(json_object *side, const char *address, const char *port,
		   const struct endpoint *end)
{
	struct in6_addr is = { 0 };

	return inet_pton(end->family, member_text(side, address), &is) == 1 &&
	       !memcmp(&is, &end->address, sizeof(is)) &&
	       member_number(side, port) == end->port;
}

static bool ends_are(json_object *side, const struct endpoint_pair *pair)
{
	return end_is(side, "src", "sport", &pair->src) &&
	       end_is(side, "dst", "dport", &pair->dst);
}

static bool side_is(json_object *object, const char *name,
		    const struct endpoint_pair *pair)
{
	json_object *side;

	return json_object_object_get_ex(object, name, &side) &&
	       ends_are(side, pair);
}

static int search(void *arg, const char *line, json_object *object)
{
	static const char *const names[] = {
		[IPPROTO_TCP] = "tcp", [IPPROTO_UDP] = "udp",
		[IPPROTO_GRE] = "gre",
	};
	struct why *why = arg;

	(void)line;
	if (why->found ||
	    strcmp(member_text(object, "protocol"), names[why->pair->protocol]))
		return 0;
	if (!strcmp(member_text(object, "type"), "datapath_flow")) {
		why->found = ends_are(object, why->pair);
		snprintf(why->word, sizeof(why->word), "why %s",
			 member_text(object, "ufid"));
	} else {
		why->found = side_is(object, "original", why->pair) ||
			     side_is(object, "reply", why->pair);
		snprintf(why->word, sizeof(why->word), "why %" PRIu64,
			 member_number(object, "connection"));
	}
	return 0;
}

/* --- its story --- */

static void tell_time(const char *words, uint64_t ms)
{
	printf("%s %" PRIu64 ".%" PRIu64 " s", words, ms / 1000,
	       ms % 1000 / 100);
}

static void tell_state(json_object *side)
{
	const char *state = member_text(side, "state");
	const char *driver = member_text(side, "driver_text");

	if (!strcmp(state, "in_hw")) {
		tell_time("in hardware for", member_number(side, "state_ms"));
		printf("; ");
	} else if (member_text(side, "reason")[0]) {
		printf("in software, %s: %s%s%s%s; ", member_text(side, "reason"),
		       member_text(side, "reason_text"), driver[0] ? " (" : "",
		       driver, driver[0] ? ")" : "");
		tell_time("so for", member_number(side, "state_ms"));
		printf("; ");
	} else {
		printf("%s; ", state);
	}
	tell_time("known for", member_number(side, "known_ms"));
	printf("\n");
}

/* What the table and the hardware have of it. */
static void tell_place(json_object *side)
{
	printf("          ");
	tell_state(side);
	if (member_text(side, "rule")[0])
		printf("          rule: %s\n", member_text(side, "rule"));
	if (member_number(side, "handle"))
		printf("          tc: dev %s %s chain %" PRIu64 " pref %" PRIu64 " handle 0x%" PRIx64 "\n",
		       member_text(side, "ingress"), member_text(side, "hook"),
		       member_number(side, "chain"), member_number(side, "pref"),
		       member_number(side, "handle"));
	printf("          hardware carried %" PRIu64 " packets, %" PRIu64 " bytes",
	       member_number(side, "packets"), member_number(side, "bytes"));
	if (member_number(side, "packets"))
		tell_time("; the last one before", member_number(side, "idle_ms"));
	printf("\n");
}

static void tell_side(json_object *object, const char *name)
{
	json_object *side;

	if (!json_object_object_get_ex(object, name, &side)) {
		printf("%-8s  not known: the module has not told of this direction\n",
		       name);
		return;
	}
	printf("%-8s  %s port %" PRIu64 " to %s port %" PRIu64 ", in by %s, out by %s\n",
	       name, member_text(side, "src"), member_number(side, "sport"),
	       member_text(side, "dst"), member_number(side, "dport"),
	       member_text(side, "ingress"), member_text(side, "egress"));
	tell_place(side);
}

/* Its packets that are not the NIC's are another's than those of a connection. */
static void tell_datapath(json_object *object)
{
	printf("%s\n", member_text(object, "ufid"));
	printf("          flow: %s\n", member_text(object, "flow"));
	printf("          actions: %s\n", member_text(object, "actions"));
	printf("          packets go by: %s\n", member_text(object, "path"));
	tell_place(object);
}

static int tell(void *arg, const char *line, json_object *object)
{
	struct why *why = arg;

	why->found = true;
	if (why->options->json)
		return puts(line) < 0 ? -errno : 0;
	if (!strcmp(member_text(object, "type"), "datapath_flow")) {
		tell_datapath(object);
		return 0;
	}
	printf("%s connection %" PRIu64 ", conntrack id %" PRIu64 ", of flowtable %s in table %s\n",
	       member_text(object, "protocol"), member_number(object, "connection"),
	       member_number(object, "conntrack_id"), member_text(object, "flowtable"),
	       member_text(object, "table"));
	tell_side(object, "original");
	tell_side(object, "reply");
	return 0;
}

/* --- one that no flowtable of ours has --- */

/* Why not, as far as the state of the connection says it. */
static const char *explain(const struct conntrack *conntrack,
			   const struct endpoint_pair *pair)
{
	if (conntrack->status & IPS_HW_OFFLOAD)
		return "it is in a flowtable whose rules the kernel itself has put into hardware, not nft-offload";
	if (conntrack->status & IPS_OFFLOAD)
		return "it is in a flowtable that nft-offload does not have: add \"flags offload\" to that, or load nft_offload before nf_flow_table_inet";
	if (conntrack->helper[0])
		return "it has a conntrack helper, which looks at each packet: never in a flowtable";
	if (!(conntrack->status & IPS_SEEN_REPLY))
		return "no answer has been seen yet, and only an established connection gets into a flowtable";
	if (pair->protocol == IPPROTO_TCP &&
	    conntrack->tcp_state != TCP_CONNTRACK_ESTABLISHED)
		return "TCP is not in the state established: it has just begun, or it ends";
	return "it is established, and no rule with \"flow add\" has taken a packet of it: see nft list ruleset, and nft-offload check";
}

static void print_unknown(const char *text, const char *helper)
{
	json_object *object = json_object_new_object();

	if (!object)
		return;
	json_object_object_add(object, "type",
			       json_object_new_string("unknown"));
	json_object_object_add(object, "text", json_object_new_string(text));
	if (helper[0])
		json_object_object_add(object, "helper",
				       json_object_new_string(helper));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}

static void tell_unknown(const struct why *why)
{
	struct conntrack conntrack;
	const char *text;
	int err = conntrack_get(why->pair, &conntrack);

	if (err == -ENOENT)
		text = "conntrack has no such connection in this network namespace: no packet of it has come by, or it has ended, or no rule here needs conntrack (\"flow add\" does); addresses and ports are those that packets come in with, before NAT";
	else if (err)
		text = "nft-offload does not have it; conntrack could not be asked (be root)";
	else
		text = explain(&conntrack, why->pair);
	if (why->options->json)
		print_unknown(text, err ? "" : conntrack.helper);
	else
		printf("%s%s%s\n", err ? "" : conntrack.helper,
		       !err && conntrack.helper[0] ? ": " : "", text);
}

int why_tell(const struct show_options *options,
	     const struct endpoint_pair *pair)
{
	struct why why = { .options = options, .pair = pair };
	int err;

	err = client_ask(options->socket, "flows", search, &why);
	if (err)
		return err;
	if (why.found) {
		why.found = false;
		err = client_ask(options->socket, why.word, tell, &why);
		if (err)
			return err;
	}
	/* Also if it ended between the two questions. */
	if (!why.found)
		tell_unknown(&why);
	return why.found ? 0 : 1;
}

/* --- one of Open vSwitch --- */

bool why_is_flow(const char *word)
{
	/* A bare ufid is five groups of hexadecimal digits. */
	return strchr(word, '(') || !strncmp(word, "ufid:", 5) ||
	       (strlen(word) == 36 && word[8] == '-' && word[13] == '-');
}

int why_tell_flow(const struct show_options *options, char *const *words, int n)
{
	static const char unknown[] =
		"no such flow is known here: it has ended, or Open vSwitch never offered it to nft_offload, as is the case where its port is another provider's (ovs-appctl dpif/offload/show, and hw-offload-priority of the Interface)";
	struct why why = { .options = options };
	size_t len;
	int err;

	len = snprintf(why.word, sizeof(why.word), "why");
	for (int i = 0; i < n && len < sizeof(why.word); i++)
		len += snprintf(why.word + len, sizeof(why.word) - len, " %s",
				words[i]);
	if (len >= sizeof(why.word) - 1)
		return -EMSGSIZE;
	err = client_ask(options->socket, why.word, tell, &why);
	if (!err && !why.found && options->json)
		print_unknown(unknown, "");
	else if (!err && !why.found)
		puts(unknown);
	return err ? err : !why.found;
}
