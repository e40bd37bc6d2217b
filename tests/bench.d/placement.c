// SPDX-License-Identifier: Apache-2.0
/*
 * placement: the project's placement (netdev/placement.h) and policies of others
 * on the same traces, in virtual time. Usage: see usage(); what the figures mean:
 * docs/placement.md.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"
#include "optimum.h"
#include "policy.h"

#define TABLES_MAX	8

static const struct policy *const policies[] = {
	&policy_placement, &policy_first, &policy_threshold, &policy_rebalance,
	&policy_lru, &policy_s3fifo,
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

/* A size of the table: rules, or a part of the flows known. */
struct table {
	double	number;
	bool	percent;
};

struct options {
	struct table	tables[TABLES_MAX];
	unsigned int	n_tables;
	const char	*mix;	/* NULL: all */
	const char	*trace;
	const char	*json;
	uint64_t	seed;
	uint32_t	seconds;	/* that are measured */
	uint32_t	warm;		/* before that */
	uint32_t	per_s;		/* new flows; 0: as the mix says */
	uint32_t	software_ms, hardware_ms; /* between counts */
	bool		steady;
	bool		check;
};

/* What one table did with one trace. */
struct figures {
	const char		*mix;
	uint64_t		seed;
	double			known, active;
	struct sim_config	config;
	struct optimum		optimum;
	struct sim_result	results[POLICIES];
	size_t			n;	/* of them */
};

static void usage(FILE *to)
{
	fprintf(to,
		"Usage: tests/bench placement [OPTION...]\n"
		"Runs the code that decides which flows get a place in the hardware table, and\n"
		"policies of others, on the same traffic in virtual time. See docs/placement.md.\n"
		"\n"
		"  --table N|P%%   rules, or percent of the flows known (10%% and 1%%); may be repeated\n"
		"  --mix NAME     %s (all)\n"
		"  --trace FILE   traffic from a file instead: TIME FLOW PACKETS BYTES a line\n"
		"  --seed N       for the mixes (1)\n"
		"  --rate N       new flows a second (as the mix says)\n"
		"  --seconds N    to be measured (120), after --warm N (60)\n"
		"  --steady       agh, datacentre: a flow's rate does not change each second\n"
		"  --software-ms N, --hardware-ms N\n"
		"                 packets are counted so often (500, 1000), hardware's late by as much\n"
		"  --json FILE    the figures to FILE, too\n"
		"  --check        the project's policy and first come first served only; fails if\n"
		"                 the former falls behind what docs/placement.md says\n",
		mix_names());
}

static void table_add(struct options *options, const char *text)
{
	struct table *table = &options->tables[options->n_tables];
	char *end;

	if (options->n_tables == TABLES_MAX)
		errx(2, "at most %d times --table", TABLES_MAX);
	table->number = strtod(text, &end);
	table->percent = !strcmp(end, "%");
	if (end == text || (*end && !table->percent) || !(table->number > 0))
		errx(2, "--table takes a number of rules or a percentage, not %s",
		     text);
	options->n_tables++;
}

static uint64_t number(const char *name, const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (end == text || *end || *text == '-' || n > UINT32_MAX)
		errx(2, "--%s takes a number, not %s", name, text);
	return n;
}

static void options_parse(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "table", required_argument, NULL, 't' },
		{ "mix", required_argument, NULL, 'm' },
		{ "trace", required_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ "rate", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 'd' },
		{ "warm", required_argument, NULL, 'w' },
		{ "steady", no_argument, NULL, 'y' },
		{ "software-ms", required_argument, NULL, 'S' },
		{ "hardware-ms", required_argument, NULL, 'H' },
		{ "json", required_argument, NULL, 'j' },
		{ "check", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) >= 0) {
		switch (c) {
		case 't': table_add(options, optarg); break;
		case 'm': options->mix = optarg; break;
		case 'f': options->trace = optarg; break;
		case 's': options->seed = number("seed", optarg); break;
		case 'r': options->per_s = number("rate", optarg); break;
		case 'd': options->seconds = number("seconds", optarg); break;
		case 'w': options->warm = number("warm", optarg); break;
		case 'y': options->steady = true; break;
		case 'S': options->software_ms = number("software-ms", optarg); break;
		case 'H': options->hardware_ms = number("hardware-ms", optarg); break;
		case 'j': options->json = optarg; break;
		case 'c': options->check = true; break;
		case 'h': usage(stdout); exit(0);
		default: usage(stderr); exit(2);
		}
	}
	if (argv[optind] || !options->seconds || !options->software_ms ||
	    !options->hardware_ms) {
		usage(stderr);
		exit(2);
	}
	if (options->mix && !mix_find(options->mix))
		errx(2, "no mix is called %s: %s", options->mix, mix_names());
	if (!options->n_tables) {
		table_add(options, "10%");
		table_add(options, "1%");
	}
}

/* --- figures --- */

static double part_of(uint64_t a, uint64_t b)
{
	return b ? (double)a / b : 0;
}

static void part_print(const char *name, const struct optimum_part *part,
		       const struct optimum *optimum)
{
	printf("  %-26s %7.2f%% %7.2f%% %8.3f\n", name, 100 * part->packets,
	       100 * part->bytes, part->packets / optimum->any.packets);
}

static void figures_print(const struct figures *figures,
			  const struct trace *trace)
{
	const struct optimum *optimum = &figures->optimum;
	const struct sim_result *first = &figures->results[1];

	printf("\n%s, table of %u rules; %.0f flows known on average, %.0f of them active\n",
	       figures->mix, figures->config.table, figures->known,
	       figures->active);
	printf("  %-26s %8s %8s %8s %9s %9s %9s\n", "", "packets", "bytes",
	       "optimum", "inserts", "refused", "swaps");
	part_print("offline optimum", &optimum->any, optimum);
	part_print("  decided once a second", &optimum->second, optimum);
	part_print("  by the second before", &optimum->behind, optimum);
	printf("  %-26s %7.2f%% %7.2f%%\n", "any table, once counted",
	       100 * optimum->counted.packets, 100 * optimum->counted.bytes);
	for (size_t i = 0; i < figures->n; i++) {
		const struct sim_result *result = &figures->results[i];
		double packets = part_of(result->hw_packets, result->packets);

		printf("  %-26s %7.2f%% %7.2f%% %8.3f %9lu %9lu %9lu\n",
		       policies[i]->name, 100 * packets,
		       100 * part_of(result->hw_bytes, result->bytes),
		       packets / optimum->any.packets,
		       (unsigned long)result->inserts,
		       (unsigned long)result->refused,
		       (unsigned long)result->swaps);
	}
	printf("  with a tenth of the inserts that first come first served asks for, no policy\n"
	       "  can do more than %.2f%%; of those that it gets, than %.2f%%\n",
	       100 * optimum_of_inserts(trace, &figures->config,
					first->asked / 10),
	       100 * optimum_of_inserts(trace, &figures->config,
					first->inserts / 10));
}

static void part_json(FILE *json, const char *name,
		      const struct optimum_part *part)
{
	fprintf(json, "  \"%s\": {\"packets\": %.6f, \"bytes\": %.6f},\n",
		name, part->packets, part->bytes);
}

static void json_print(FILE *json, const struct figures *figures, bool more)
{
	const struct optimum *optimum = &figures->optimum;

	fprintf(json, "%s\n {\"mix\": \"%s\", \"seed\": %lu, \"table\": %u, \"known\": %.1f, \"active\": %.1f,\n",
		more ? "," : "", figures->mix, (unsigned long)figures->seed,
		figures->config.table, figures->known, figures->active);
	part_json(json, "optimum", &optimum->any);
	part_json(json, "optimum_second", &optimum->second);
	part_json(json, "optimum_behind", &optimum->behind);
	part_json(json, "optimum_counted", &optimum->counted);
	fprintf(json, "  \"policies\": [");
	for (size_t i = 0; i < figures->n; i++) {
		const struct sim_result *result = &figures->results[i];

		fprintf(json, "%s\n   {\"name\": \"%s\", \"packets\": %.6f, \"bytes\": %.6f, \"inserts\": %lu, \"refused\": %lu, \"swaps\": %lu}",
			i ? "," : "", policies[i]->name,
			part_of(result->hw_packets, result->packets),
			part_of(result->hw_bytes, result->bytes),
			(unsigned long)result->inserts,
			(unsigned long)result->refused,
			(unsigned long)result->swaps);
	}
	fprintf(json, "]}");
}

/* --- the check --- */

/*
 * What is documented, by mix, with some room for chance on small sizes: the least
 * part of the optimum, with a table for a tenth and for a hundredth of the flows,
 * and whether a tenth of the inserts of first come first served has to do.
 */
static const struct {
	const char	*mix;
	double		at_10, at_1;
	bool		few;
} least[] = {
	{ "agh", 0.92, 0.90, true },
	{ "datacentre", 0.89, 0.75, true },
	{ "uniform", 0.80, 0.65, false },
	{ "adversarial", 0.82, 0.22, false },
};

static bool figures_check(const struct figures *figures,
			  const struct table *table)
{
	const struct sim_result *ours = &figures->results[0];
	const struct sim_result *first = &figures->results[1];
	double packets = part_of(ours->hw_packets, ours->packets);
	double part = packets / figures->optimum.any.packets, want = 0;
	bool tenth = table->percent && table->number == 10;
	bool hundredth = table->percent && table->number == 1;
	bool good = true, few = false;

	for (size_t i = 0; i < sizeof(least) / sizeof(least[0]); i++) {
		if (strcmp(least[i].mix, figures->mix))
			continue;
		want = tenth ? least[i].at_10 : hundredth ? least[i].at_1 : 0;
		few = least[i].few && (tenth || hundredth);
	}
	if (part < want) {
		printf("FAIL: %.3f of the optimum, %.3f at least\n", part, want);
		good = false;
	}
	if (packets < part_of(first->hw_packets, first->packets)) {
		printf("FAIL: less than first come first served\n");
		good = false;
	}
	if (few && ours->asked * 10 > first->asked) {
		printf("FAIL: more than a tenth of the inserts that first come first served asks for\n");
		good = false;
	}
	return good;
}

/* --- all --- */

static bool trace_run(const struct options *options, const char *mix,
		      const struct trace *trace, FILE *json, bool *any)
{
	struct figures figures = {
		.mix = mix,
		.seed = options->seed,
		.config = {
			.idle_ms = 10000,	/* OVS's max-idle */
			.ops_per_s = 5000,
			.software_ms = options->software_ms,
			.hardware_ms = options->hardware_ms,
			.warm_ms = options->warm * 1000,
		},
		/* The first two are all that is checked. */
		.n = options->check ? 2 : POLICIES,
	};
	bool good = true;

	sim_known(trace, &figures.config, &figures.known, &figures.active);
	for (unsigned int i = 0; i < options->n_tables; i++) {
		const struct table *table = &options->tables[i];
		double rules = table->percent ?
			figures.known * table->number / 100 : table->number;

		figures.config.table = rules < 1 ? 1 : rules;
		optimum_find(trace, &figures.config, &figures.optimum);
		for (size_t p = 0; p < figures.n; p++)
			sim_run(trace, &figures.config, policies[p],
				&figures.results[p]);
		figures_print(&figures, trace);
		if (json)
			json_print(json, &figures, *any);
		*any = true;
		if (options->check)
			good &= figures_check(&figures, table);
		fflush(stdout);
	}
	return good;
}

static bool mix_run(const struct options *options, const struct mix *mix,
		    FILE *json, bool *any)
{
	struct mix_config config = {
		.per_s = options->per_s ? options->per_s : mix->per_s,
		.seconds = options->warm + options->seconds,
		.seed = options->seed,
		.steady = options->steady,
	};
	struct trace trace = { 0 };
	bool good;

	mix->make(&trace, &config);
	trace_sort(&trace);
	good = trace_run(options, mix->name, &trace, json, any);
	trace_free(&trace);
	return good;
}

int main(int argc, char **argv)
{
	struct options options = {
		.seed = 1,
		.seconds = 120,
		.warm = 60,
		.software_ms = 500,	/* OVS's max-revalidator */
		.hardware_ms = 1000,
	};
	bool good = true, any = false;
	struct trace trace = { 0 };
	FILE *json = NULL;

	options_parse(&options, argc, argv);
	if (options.json) {
		json = fopen(options.json, "w");
		if (!json)
			err(1, "%s", options.json);
		fprintf(json, "[");
	}
	if (options.trace) {
		trace_read(&trace, options.trace);
		good = trace_run(&options, options.trace, &trace, json, &any);
		trace_free(&trace);
	}
	for (unsigned int i = 0; !options.trace && mix_at(i); i++)
		if (!options.mix || !strcmp(mix_at(i)->name, options.mix))
			good &= mix_run(&options, mix_at(i), json, &any);
	if (json) {
		fprintf(json, "\n]\n");
		if (fclose(json))
			err(1, "%s", options.json);
	}
	return !good;
}
