// SPDX-License-Identifier: Apache-2.0
/*
 * top: see top.h. The objects are described in nft-offloadd(8).
 */
#include "top.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "member.h"
#include "page.h"
#include "screen.h"

/* Until the daemon has looked twice, and it looks once a second. */
#define TOP_FIRST_MS	500
#define TOP_FIRST_TRIES	20

/* One answer. Each object is owned. */
struct top {
	const struct top_options *options;
	bool by_bytes;
	json_object *totals;	/* NULL: it was not there */
	json_object *ports;	/* arrays */
	json_object *flows;
	struct page page;
};

/* The member @inner of the object that @key is; 0 if there is none. */
static uint64_t number_of(json_object *object, const char *key,
			  const char *inner)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
	       member_number(value, inner) : 0;
}

/* --- what is shown --- */

/* "999", "12.3k", "1.20M": three digits, or what stands before the point. */
static const char *rate_text(char *buf, size_t size, uint64_t value)
{
	static const char units[] = " kMGTPE";
	double scaled = value;
	int unit = 0;

	while (scaled >= 999.5) {
		scaled /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(buf, size, "%" PRIu64, value);
	else
		snprintf(buf, size, "%.*f%c", scaled < 9.995 ? 2 :
			 scaled < 99.95 ? 1 : 0, scaled, units[unit]);
	return buf;
}

static void page_totals(struct top *top)
{
	json_object *totals = top->totals;
	char pps[2][16], bps[2][16];
	time_t now = time(NULL);
	char clock[16];

	for (int way = 0; way < 2; way++) {
		const char *name = way ? "hardware" : "software";

		rate_text(pps[way], sizeof(pps[way]),
			  number_of(totals, name, "packets_per_s"));
		rate_text(bps[way], sizeof(bps[way]),
			  8 * number_of(totals, name, "bytes_per_s"));
	}
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	page_line(&top->page, "nft-offload top - %s, %" PRIu64 " connections, the hottest flows by %s%s",
		  clock, member_number(totals, "connections"),
		  top->by_bytes ? "bytes" : "packets",
		  member_number(totals, "interval_ms") ? "" :
		  "; no rates yet");
	page_line(&top->page, "hardware: %8" PRIu64 " flows %8s packets/s %8s bit/s",
		  number_of(totals, "flows", "hardware"), pps[1], bps[1]);
	page_line(&top->page, "software: %8" PRIu64 " flows %8s packets/s %8s bit/s%s",
		  number_of(totals, "flows", "software"), pps[0], bps[0],
		  member_bool(totals, "software_counted") ||
		  !number_of(totals, "flows", "software") ? "" :
		  member_bool(totals, "datapath") ? "  (not counted here)" :
		  "  (not counted: sysctl net.netfilter.nf_conntrack_acct)");
}

/* @way is "hardware" or "software", @direction "in" or "out". */
static uint64_t port_rate(json_object *port, const char *way,
			  const char *direction, const char *what)
{
	json_object *part, *sum;

	if (!json_object_object_get_ex(port, way, &part) ||
	    !json_object_object_get_ex(part, direction, &sum))
		return 0;
	return member_number(sum, what);
}

static void page_port(struct top *top, json_object *port)
{
	static const char *const ways[] = { "hardware", "software" };
	char text[6][16];
	int n = 0;

	for (int out = 0; out < 2; out++) {
		const char *direction = out ? "out" : "in";

		for (int way = 0; way < 2; way++)
			rate_text(text[n++], sizeof(text[0]),
				  port_rate(port, ways[way], direction,
					    "packets_per_s"));
		rate_text(text[n++], sizeof(text[0]), 8 *
			  (port_rate(port, ways[0], direction, "bytes_per_s") +
			   port_rate(port, ways[1], direction, "bytes_per_s")));
	}
	page_line(&top->page, "%-15s %8" PRIu64 " %8" PRIu64 "  %8s %8s %8s  %8s %8s %8s",
		  member_text(port, "name"), number_of(port, "hardware", "flows"),
		  number_of(port, "software", "flows"), text[0], text[1],
		  text[2], text[3], text[4], text[5]);
}

static void page_ports(struct top *top)
{
	size_t i;

	page_line(&top->page, "%s", "");
	page_heading(&top->page, "%-15s %8s %8s  %8s %8s %8s  %8s %8s %8s",
		     "PORT", "FLOWS-HW", "FLOWS-SW", "IN-HW/s", "IN-SW/s",
		     "IN-bit/s", "OUT-HW/s", "OUT-SW/s", "OUT-bit/s");
	for (i = 0; i < json_object_array_length(top->ports); i++)
		page_port(top, json_object_array_get_idx(top->ports, i));
}

/*
 * An end of a flow; one of Open vSwitch that is not of one end alone is called by its
 * ufid.
 */
static const char *endpoint_text(char *buf, size_t size, json_object *flow,
				 const char *address, const char *port)
{
	if (member_text(flow, address)[0])
		return member_endpoint(buf, size, flow, address, port);
	snprintf(buf, size, "%s", strcmp(address, "src") ? "-" :
		 member_text(flow, "ufid"));
	return buf;
}

/* The widest one, so that the columns stand. */
static int endpoint_width(struct top *top, const char *address,
			  const char *port)
{
	size_t i, width = 4;
	char text[80];

	for (i = 0; i < json_object_array_length(top->flows); i++) {
		json_object *flow = json_object_array_get_idx(top->flows, i);
		size_t len = strlen(endpoint_text(text, sizeof(text), flow,
						  address, port));

		width = len > width ? len : width;
	}
	return width;
}

static void page_flows(struct top *top)
{
	int from = endpoint_width(top, "src", "sport");
	int to = endpoint_width(top, "dst", "dport");
	char pps[16], bps[16], src[80], dst[80];
	size_t i;

	page_line(&top->page, "%s", "");
	page_heading(&top->page, "%-5s %-*s %-*s %-8s %9s %9s  %-15s %-15s %s",
		     "PROTO", from, "FROM", to, "TO", "HARDWARE", "PACKETS/s",
		     "bit/s", "IN", "OUT", "WHY");
	for (i = 0; i < json_object_array_length(top->flows); i++) {
		json_object *flow = json_object_array_get_idx(top->flows, i);

		page_line(&top->page, "%-5s %-*s %-*s %-8s %9s %9s  %-15s %-15s %s",
			  member_text(flow, "protocol"),
			  from, endpoint_text(src, sizeof(src), flow, "src", "sport"),
			  to, endpoint_text(dst, sizeof(dst), flow, "dst", "dport"),
			  strcmp(member_text(flow, "state"), "in_hw") ? "no" : "yes",
			  rate_text(pps, sizeof(pps),
				    member_number(flow, "packets_per_s")),
			  rate_text(bps, sizeof(bps),
				    8 * member_number(flow, "bytes_per_s")),
			  member_text(flow, "ingress"), member_text(flow, "egress"),
			  member_text(flow, "reason"));
	}
}

static void top_page(struct top *top)
{
	page_clear(&top->page);
	page_totals(top);
	page_ports(top);
	page_flows(top);
}

/* --- asking --- */

static void top_forget(struct top *top)
{
	json_object_put(top->totals);
	json_object_put(top->ports);
	json_object_put(top->flows);
	top->totals = NULL;
	top->ports = NULL;
	top->flows = NULL;
}

static int take(void *arg, const char *line, json_object *object)
{
	const char *type = member_text(object, "type");
	struct top *top = arg;

	(void)line;
	if (!strcmp(type, "totals") && !top->totals)
		top->totals = json_object_get(object);
	else if (!strcmp(type, "port_rate"))
		json_object_array_add(top->ports, json_object_get(object));
	else if (!strcmp(type, "flow"))
		json_object_array_add(top->flows, json_object_get(object));
	return 0;
}

/* Asks once. 0, or negative errno: nothing has come. */
static int top_ask(struct top *top, unsigned int limit)
{
	char word[32];
	int err;

	top_forget(top);
	top->ports = json_object_new_array();
	top->flows = json_object_new_array();
	if (!top->ports || !top->flows)
		return -ENOMEM;
	snprintf(word, sizeof(word), "top %s %u",
		 top->by_bytes ? "bytes" : "packets",
		 limit < TOP_LIMIT_MAX ? limit : TOP_LIMIT_MAX);
	err = client_ask(top->options->socket, word, take, top);
	return !err && !top->totals ? -EBADMSG : err;
}

/* Asks until there are rates. */
static int top_ask_first(struct top *top, unsigned int limit)
{
	int err, i;

	for (i = 0; i < TOP_FIRST_TRIES; i++) {
		err = top_ask(top, limit);
		if (err || member_number(top->totals, "interval_ms"))
			return err;
		poll(NULL, 0, TOP_FIRST_MS);
	}
	return -ETIMEDOUT;
}

/* --- printing --- */

static void print_objects(json_object *array)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		puts(json_object_to_json_string_ext(
			json_object_array_get_idx(array, i),
			JSON_C_TO_STRING_PLAIN));
}

static void top_print(struct top *top)
{
	if (top->options->json) {
		puts(json_object_to_json_string_ext(top->totals,
						    JSON_C_TO_STRING_PLAIN));
		print_objects(top->ports);
		print_objects(top->flows);
	} else {
		top_page(top);
		page_print(&top->page);
	}
}

static int top_batch(struct top *top, unsigned int iterations)
{
	unsigned int limit = top->options->limit ? top->options->limit :
			     TOP_LIMIT;
	unsigned int i;
	int err;

	err = top_ask_first(top, limit);
	for (i = 1; !err; i++) {
		top_print(top);
		if (fflush(stdout) < 0 || i == iterations)
			break;
		poll(NULL, 0, top->options->delay_s * 1000);
		if (!top->options->json)
			putchar('\n');
		err = top_ask(top, limit);
	}
	return err;
}

/* --- the screen --- */

/* The keys until it is time for the next one. false: end. */
static bool top_keys(struct top *top, int wait_ms)
{
	switch (screen_key(wait_ms)) {
	case 'q':
		return false;
	case 'p':
		top->by_bytes = false;
		break;
	case 'b':
		top->by_bytes = true;
		break;
	}
	return true;
}

static int top_screen(struct top *top)
{
	unsigned int limit, i;
	int err;

	for (i = 1;; i++) {
		limit = top->options->limit ? top->options->limit :
			screen_rows();
		err = top_ask(top, limit);
		if (err && i == 1)
			break;
		if (err) {
			page_clear(&top->page);
			page_line(&top->page, "nft-offloadd does not answer (%s): trying again; q ends",
				  strerror(-err));
		} else {
			top_page(top);
		}
		screen_show(&top->page);
		if (i == top->options->iterations ||
		    !top_keys(top, top->options->delay_s * 1000))
			break;
	}
	return i == 1 ? err : 0;
}

int top_run(const struct top_options *options)
{
	struct top top = {
		.options = options,
		.by_bytes = options->by_bytes,
	};
	int err;

	if (options->batch || options->json) {
		err = top_batch(&top, options->iterations);
	} else if (screen_open() < 0) {
		/* Once is what somebody wants who does not look at it. */
		err = top_batch(&top, options->iterations ?
				options->iterations : 1);
	} else {
		err = top_screen(&top);
		screen_close();
	}
	top_forget(&top);
	page_free(&top.page);
	return err;
}
