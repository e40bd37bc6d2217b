// SPDX-License-Identifier: Apache-2.0
/*
 * nft-offload: shows what nft-offloadd, or the provider of Open vSwitch, has in
 * hardware and why not the rest, what is in the way on this host, and takes away rules that were left behind.
 * This file: the command line.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "bound.h"
#include "check.h"
#include "client.h"
#include "control.h"
#include "endpoint.h"
#include "privilege.h"
#include "show.h"
#include "table.h"
#include "top.h"
#include "why.h"

/* Documented in nft-offload(8). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_LOOKED = 3,	/* check; 0 to 2 are its verdict */
};

struct options {
	struct show_options show;
	uint32_t sources;	/* whose rules, bits as in nfo_table_config */
	bool force;
	struct endpoint_pair pair;	/* of why */
	char *const *words;		/* or, if there are any, of why a flow */
	int n_words;
	struct top_options top;
};

/* Which options a command takes. */
#define TAKES_JSON	0x01
#define TAKES_HW	0x02
#define TAKES_FORCE	0x04
#define TAKES_SOCKET	0x08
#define TAKES_SOURCE	0x10	/* an operand */
#define TAKES_FLOW	0x20	/* operands */
#define TAKES_TOP	0x40

struct command {
	const char *name;
	unsigned int takes;
	enum exit_code (*run)(const struct options *options);
};

static const char usage[] =
"Usage: nft-offload COMMAND [OPTION]...\n"
"\n"
"  check   look at this host, read-only: what is in the way of offload, and what\n"
"          would cure it\n"
"  flows   each connection that a flowtable has established, and each flow of\n"
"          Open vSwitch: in hardware, or why not, and what hardware carried of it\n"
"            --in-hw      only those in hardware, connections in both directions\n"
"            --not-in-hw  only the others\n"
"  why PROTOCOL FROM TO\n"
"          the whole story of one connection, by what its packets have in either\n"
"          direction: why udp 10.0.0.2:7001 10.0.1.2:5001; a line of flows will do\n"
"  why UFID|FLOW\n"
"          of one flow of Open vSwitch: its ufid, or as ovs-appctl prints it\n"
"  top     the hottest flows, in hardware and not, ports and sums, once a second;\n"
"          keys: p by packets, b by bytes, q ends\n"
"            -b, --batch         print it rather than take the terminal\n"
"            -d, --delay S       from one to the next, 1 to 3600 s (1)\n"
"            -n, --iterations N  so often (until q; without a terminal once)\n"
"            -o, --sort ORDER    packets or bytes (packets)\n"
"            --limit N           so many flows, up to 1000\n"
"  stats   flows by state and reason, rules, messages\n"
"  metrics the figures of stats as OpenMetrics text, for Prometheus\n"
"  ports   network devices, and which of them take rules\n"
"  flush [flowtable|ovs]\n"
"          remove the rules that were left behind by nft-offloadd, or by an\n"
"          ovs-vswitchd with the nft_offload provider: those of flowtables,\n"
"          those of Open vSwitch, or all\n"
"            --force      even though a provider is bound\n"
"\n"
"  --json         one JSON object per line (check, flows, why, top, stats,\n"
"                 ports)\n"
"  --socket PATH  where nft-offloadd, or the provider of Open vSwitch, listens\n"
"                 (" CONTROL_SOCKET ",\n"
"                 else " CONTROL_SOCKET_OVS ")\n"
"  --version      print the version and exit\n"
"  --help         print this and exit\n"
"\n"
"Exit: 0 fine, 1 failed, 2 usage; check: 0 fine, 1 warnings, 2 will not offload,\n"
"3 could not look.\n";

static enum exit_code complain(const char *format, const char *word)
{
	fputs("nft-offload: ", stderr);
	fprintf(stderr, format, word);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

/* One line about why nobody answered: @err (negative errno), asked at @socket. */
static enum exit_code answered(int err, const char *socket)
{
	const char *where = client_where(socket);

	switch (err) {
	case 0:
		return EXIT_FINE;
	case -ENOENT:
	case -ECONNREFUSED:
		return complain("nft-offloadd is not running, nor the nft_offload provider of Open vSwitch (nobody listens at %s): systemctl start nft-offloadd, or ovs-vsctl set Open_vSwitch . other_config:hw-offload=true",
				where);
	case -EACCES:
	case -EPERM:
		return complain("not permitted to ask at %s: be root, or a member of the group that the socket has",
				where);
	case -EPIPE:
	case -ECONNRESET:
		return complain("the answer broke off: who answers has ended, has too many clients, or is older than this command%s",
				"");
	case -ETIMEDOUT:
		return complain("who listens at %s does not answer: see its log, journalctl -u nft-offloadd -u ovs-vswitchd",
				where);
	case -EBADMSG:
		return complain("what answers at %s is no nft-offloadd and no provider of Open vSwitch",
				where);
	case -EMSGSIZE:
		return complain("that is too long to ask for%s", "");
	default:
		return complain("asking failed: %s", strerror(-err));
	}
}

static enum exit_code run_check(const struct options *options)
{
	int ret = check_run(options->show.json);

	if (ret >= 0)
		return (enum exit_code)ret;
	if (ret == -EPERM)
		complain("not permitted: check needs CAP_NET_ADMIN; run it as %s",
			 "root");
	else
		complain("cannot look at this host: %s", strerror(-ret));
	return EXIT_NOT_LOOKED;
}

static enum exit_code run_flows(const struct options *options)
{
	return answered(show_flows(&options->show), options->show.socket);
}

static enum exit_code run_why(const struct options *options)
{
	int ret = options->n_words ?
		  why_tell_flow(&options->show, options->words,
				options->n_words) :
		  why_tell(&options->show, &options->pair);

	return ret == 1 ? EXIT_FAILED : answered(ret, options->show.socket);
}

static enum exit_code run_top(const struct options *options)
{
	struct top_options top = options->top;

	top.socket = options->show.socket;
	top.json = options->show.json;
	return answered(top_run(&top), top.socket);
}

static enum exit_code run_stats(const struct options *options)
{
	return answered(show_stats(&options->show), options->show.socket);
}

static enum exit_code run_metrics(const struct options *options)
{
	return answered(client_copy(options->show.socket, "metrics", "# EOF"),
			options->show.socket);
}

static enum exit_code run_ports(const struct options *options)
{
	return answered(show_ports(&options->show), options->show.socket);
}

static enum exit_code run_flush(const struct options *options)
{
	uint32_t portid;
	ssize_t n;
	int err;

	if (privilege_check() == -EPERM)
		return complain("not permitted: flush needs CAP_NET_ADMIN; run it as %s",
				"root");
	err = nfo_bound_ask(&portid);
	if (err)
		return complain("cannot ask the module who is bound: %s",
				strerror(-err));
	/* Who is bound may have nothing to do with rules of Open vSwitch. */
	if (portid && options->sources & AGENT_SOURCES && !options->force)
		return complain("a provider is bound and would put its rules back: stop it first (systemctl stop nft-offloadd, or ovs-vswitchd with the nft_offload plugin), or use %s",
				"--force");
	n = nfo_table_purge_all(options->sources);
	if (n < 0)
		return complain("not all rules could be removed: %s",
				strerror(-n));
	printf("%zd rules removed\n", n);
	return EXIT_FINE;
}

static const struct command commands[] = {
	{ "check", TAKES_JSON, run_check },
	{ "flows", TAKES_JSON | TAKES_HW | TAKES_SOCKET, run_flows },
	{ "why", TAKES_JSON | TAKES_SOCKET | TAKES_FLOW, run_why },
	{ "top", TAKES_JSON | TAKES_SOCKET | TAKES_TOP, run_top },
	{ "stats", TAKES_JSON | TAKES_SOCKET, run_stats },
	{ "metrics", TAKES_SOCKET, run_metrics },
	{ "ports", TAKES_JSON | TAKES_SOCKET, run_ports },
	{ "flush", TAKES_FORCE | TAKES_SOURCE, run_flush },
};

static void refuse(const char *what, const char *word)
{
	fprintf(stderr, "nft-offload: %s%s; try nft-offload --help\n", what,
		word);
	exit(EXIT_USAGE);
}

/* A number from @min to @max that is @word. */
static unsigned int number_parse(const char *option, const char *word,
				 unsigned int min, unsigned int max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(word, &end, 10);
	if (errno || *end || *word < '0' || *word > '9' || value < min ||
	    value > max) {
		fprintf(stderr, "nft-offload: %s %s: give a whole number from %u to %u\n",
			option, word, min, max);
		exit(EXIT_USAGE);
	}
	return value;
}

/* Those of top; false: another one. */
static bool top_option(struct top_options *top, int option, const char *word)
{
	switch (option) {
	case 'b':
		top->batch = true;
		return true;
	case 'd':
		top->delay_s = number_parse("--delay", word, 1, 3600);
		return true;
	case 'n':
		top->iterations = number_parse("--iterations", word, 1,
					       1000000000);
		return true;
	case 'l':
		top->limit = number_parse("--limit", word, 1, TOP_LIMIT_MAX);
		return true;
	case 'o':
		top->by_bytes = !strcmp(word, "bytes");
		if (!top->by_bytes && strcmp(word, "packets"))
			refuse("--sort is packets or bytes, and not ", word);
		return true;
	default:
		return false;
	}
}

/* Those with a letter are top's. */
enum { JSON = 1, IN_HW, NOT_IN_HW, FORCE, SOCKET, VERSION, HELP };
static const struct option known[] = {
	{ "batch", no_argument, NULL, 'b' },
	{ "delay", required_argument, NULL, 'd' },
	{ "iterations", required_argument, NULL, 'n' },
	{ "limit", required_argument, NULL, 'l' },
	{ "sort", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, JSON },
	{ "in-hw", no_argument, NULL, IN_HW },
	{ "not-in-hw", no_argument, NULL, NOT_IN_HW },
	{ "force", no_argument, NULL, FORCE },
	{ "socket", required_argument, NULL, SOCKET },
	{ "version", no_argument, NULL, VERSION },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

/* Reads the options; what they are takes as bits of TAKES_* at @taken. */
static void options_parse(struct options *options, unsigned int *taken,
			  int argc, char **argv)
{
	int option;

	*taken = 0;
	options->top.delay_s = 1;
	while ((option = getopt_long(argc, argv, ":bd:n:o:", known, NULL)) >= 0) {
		if (top_option(&options->top, option, optarg)) {
			*taken |= TAKES_TOP;
			continue;
		}
		switch (option) {
		case JSON:
			options->show.json = true;
			*taken |= TAKES_JSON;
			break;
		case IN_HW:
			options->show.in_hw = true;
			*taken |= TAKES_HW;
			break;
		case NOT_IN_HW:
			options->show.not_in_hw = true;
			*taken |= TAKES_HW;
			break;
		case FORCE:
			options->force = true;
			*taken |= TAKES_FORCE;
			break;
		case SOCKET:
			options->show.socket = optarg;
			*taken |= TAKES_SOCKET;
			break;
		case VERSION:
			puts("nft-offload " PACKAGE_VERSION);
			exit(EXIT_FINE);
		case HELP:
			fputs(usage, stdout);
			exit(EXIT_FINE);
		case ':':
			refuse("an option without its argument: ",
			       argv[optind - 1]);
			break;
		default:
			refuse("unknown option ", argv[optind - 1]);
		}
	}
}

/* Bits for the sources that flush is told, none told: all. */
static uint32_t sources_parse(const char *name)
{
	const uint32_t ovs = 1U << NFO_SOURCE_OVS;

	if (!name)
		return AGENT_SOURCES | ovs;
	if (!strcmp(name, "flowtable"))
		return AGENT_SOURCES;
	if (!strcmp(name, "ovs"))
		return ovs;
	refuse("unknown source of rules ", name);
	return 0;
}

/* What why is asked about. */
static void flow_parse(struct options *options, char *const *words, int n)
{
	const char *why;

	if (n && why_is_flow(words[0])) {
		options->words = words;
		options->n_words = n;
	} else if (endpoint_pair_parse(&options->pair, words, n, &why)) {
		refuse(why, "");
	}
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	struct options options = { 0 };
	enum exit_code code;
	unsigned int taken;
	size_t i;

	options_parse(&options, &taken, argc, argv);
	if (optind == argc)
		refuse("a command is missing", "");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[optind], commands[i].name))
			command = &commands[i];
	if (!command)
		refuse("unknown command ", argv[optind]);
	if (command->takes & TAKES_SOURCE) {
		options.sources = sources_parse(argv[optind + 1]);
		optind += argv[optind + 1] != NULL;
	}
	if (command->takes & TAKES_FLOW) {
		flow_parse(&options, argv + optind + 1, argc - optind - 1);
		optind = argc - 1;
	}
	if (optind + 1 < argc)
		refuse("too many arguments: ", argv[optind + 1]);
	if (taken & ~command->takes)
		refuse("an option that this command does not take: ",
		       command->name);
	if (options.show.in_hw && options.show.not_in_hw)
		refuse("--in-hw and --not-in-hw leave nothing", "");
	code = command->run(&options);
	if (fflush(stdout) < 0 || ferror(stdout))
		return complain("writing failed: %s", strerror(errno));
	return code;
}
