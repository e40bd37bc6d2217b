// SPDX-License-Identifier: Apache-2.0
/*
 * metrics: see metrics.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "metrics.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "nft_offload_"

/* Members of an object of stats that become samples of one family. */
struct family {
	const char *name;	/* without PREFIX and _total */
	const char *type;	/* "gauge", "counter" */
	const char *help;
	const char *object;	/* of stats; NULL: stats itself */
	const char *label;	/* its value is the member's name; NULL: none */
	const char *members;	/* "a b c"; NULL: all numbers of the object */
};

static const struct family families[] = {
	{ "connections", "gauge",
	  "Connections that a flowtable has and the daemon knows.",
	  NULL, NULL, "connections" },
	{ "flows", "gauge", "Directions of connections, by state.",
	  "flows", "state", NULL },
	{ "flows_refused", "gauge",
	  "Directions of connections that are not in hardware now, by reason.",
	  "reasons", "reason", NULL },
	{ "rules", "gauge", "TC rules now, by kind.",
	  "rules", "kind", "in_hw guards orphans" },
	{ "rules_placed", "counter", "TC rules that were acknowledged.",
	  "rules", NULL, "added" },
	{ "rules_refused", "counter",
	  "TC rules that were refused, or had no place, by reason.",
	  "refusals", "reason", NULL },
	{ "rule_events", "counter", "What else became of TC rules.",
	  "rules", "event",
	  "replaced removed adopted adopted_replaced reaped vanished doubted retried answers_lost" },
	{ "places", "gauge",
	  "Flows that have a place in hardware, wait for one, or could have one where the NIC has said how many.",
	  "places", "kind", "taken waiting limit" },
	{ "place_events", "counter",
	  "Flows that left hardware for another, and that came back.",
	  "places", "event", "evicted recalled" },
	{ "changes", "counter",
	  "Changes of routes, neighbours, links and the ruleset.",
	  "changes", NULL, "heard" },
	{ "teardowns", "counter",
	  "Connections that left hardware for such a change.",
	  "changes", NULL, "teardowns" },
	{ "module_flows", "gauge", "Directions of connections in the module.",
	  "module", "state", "flows_known flows_in_hw" },
	{ "module_events", "counter",
	  "What happened between module and daemon.",
	  "module", "event",
	  "messages_lost results_stale overruns resyncs swept malformed refused" },
};

/* Is @name one of the words of @list? */
static bool has_word(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* "flows_known" is the state "known": the object's name says the rest. */
static const char *label_value(const char *name)
{
	return strncmp(name, "flows_", 6) ? name : name + 6;
}

static void write_family(FILE *out, const struct family *family,
			 json_object *stats)
{
	bool counter = !strcmp(family->type, "counter");
	json_object *object = stats;

	if (family->object &&
	    !json_object_object_get_ex(stats, family->object, &object))
		return;
	fprintf(out, "# TYPE " PREFIX "%s %s\n", family->name, family->type);
	fprintf(out, "# HELP " PREFIX "%s %s\n", family->name, family->help);
	json_object_object_foreach(object, name, value) {
		if (!json_object_is_type(value, json_type_int) ||
		    (family->members && !has_word(family->members, name)))
			continue;
		fprintf(out, PREFIX "%s%s", family->name,
			counter ? "_total" : "");
		if (family->label)
			fprintf(out, "{%s=\"%s\"}", family->label,
				label_value(name));
		fprintf(out, " %" PRIu64 "\n", json_object_get_uint64(value));
	}
}

char *metrics_text(json_object *stats)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	fprintf(out, "# TYPE " PREFIX "build info\n");
	fprintf(out, "# HELP " PREFIX "build The version of the daemon.\n");
	fprintf(out, PREFIX "build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		write_family(out, &families[i], stats);
	fprintf(out, "# EOF");
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
