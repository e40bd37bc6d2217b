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

#include "figure.h"

#define PREFIX "nft_offload_"

/* Figures of a group that become samples of one family. */
struct family {
	const char *name;	/* without PREFIX and _total */
	const char *type;	/* "gauge", "counter" */
	const char *help;
	const char *group;
	const char *label;	/* its value is the figure's name; NULL: none */
	const char *names;	/* "a b c"; NULL: all of the group */
};

static const struct family families[] = {
	{ "connections", "gauge",
	  "Connections that a flowtable has and the provider knows.",
	  "", NULL, "connections" },
	{ "flows", "gauge", "Directions of connections, by state.",
	  "flows", "state", NULL },
	{ "datapath_flows", "gauge", "Flows of Open vSwitch, by state.",
	  "datapath_flows", "state", NULL },
	{ "flows_refused", "gauge",
	  "Flows that are not in hardware now, by reason.",
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
	  "What happened between module and provider.",
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

/* "flows_known" is the state "known": the group's name says the rest. */
static const char *label_value(const char *name)
{
	return strncmp(name, "flows_", 6) ? name : name + 6;
}

static bool family_has(const struct family *family, const struct figure *figure)
{
	return !strcmp(figure->group, family->group) &&
	       (!family->names || has_word(family->names, figure->name));
}

/* A family without a figure is left out. */
static void write_family(FILE *out, const struct family *family,
			 const struct figures *figures)
{
	const char *suffix = strcmp(family->type, "counter") ? "" : "_total";
	bool headed = false;

	for (size_t i = 0; i < figures->n; i++) {
		const struct figure *figure = &figures->list[i];

		if (!family_has(family, figure))
			continue;
		if (!headed) {
			fprintf(out, "# TYPE " PREFIX "%s %s\n", family->name,
				family->type);
			fprintf(out, "# HELP " PREFIX "%s %s\n", family->name,
				family->help);
			headed = true;
		}
		fprintf(out, PREFIX "%s%s", family->name, suffix);
		if (family->label)
			fprintf(out, "{%s=\"%s\"}", family->label,
				label_value(figure->name));
		fprintf(out, " %" PRIu64 "\n", figure->value);
	}
}

char *metrics_text(const struct report_host *host)
{
	struct figures figures;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	figures_collect(&figures, host);
	fprintf(out, "# TYPE " PREFIX "build info\n");
	fprintf(out, "# HELP " PREFIX "build The version of the provider.\n");
	fprintf(out, PREFIX "build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		write_family(out, &families[i], &figures);
	fprintf(out, "# EOF");
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
