// SPDX-License-Identifier: Apache-2.0
/*
 * nft-offload-exporter: the figures of nft-offloadd for Prometheus. It needs no
 * right but to ask at the daemon's socket, and parses nothing of the daemon's.
 * This file: the command line, start and end. The rest is exporter.c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "control.h"
#include "exporter.h"
#include "log.h"
#include "notify.h"

/* Documented in nft-offload-exporter(8). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_BROKEN = 1,
	EXIT_USAGE = 2,
};

struct options {
	const char *listen;
	const char *socket;
};

static const char usage[] =
"Usage: nft-offload-exporter [OPTION]...\n"
"Answers with the figures of nft-offloadd, or of the nft_offload provider in\n"
"ovs-vswitchd, for Prometheus, at /metrics.\n"
"\n"
"  --listen ADDRESS:PORT  where (" EXPORTER_LISTEN ")\n"
"  --socket PATH          where these listen\n"
"                         (" CONTROL_SOCKET ",\n"
"                         else " CONTROL_SOCKET_OVS ")\n"
"  --version              print the version and exit\n"
"  --help                 print this and exit\n"
"\n"
"Exit: 0 fine, 1 failed, 2 usage.\n";

static void refuse(const char *what, const char *word)
{
	fprintf(stderr, "nft-offload-exporter: %s%s; try --help\n", what, word);
	exit(EXIT_USAGE);
}

static void options_parse(struct options *options, int argc, char **argv)
{
	enum { LISTEN = 1, SOCKET, VERSION, HELP };
	static const struct option known[] = {
		{ "listen", required_argument, NULL, LISTEN },
		{ "socket", required_argument, NULL, SOCKET },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	int option;

	*options = (struct options){ EXPORTER_LISTEN, NULL };
	while ((option = getopt_long(argc, argv, ":", known, NULL)) >= 0) {
		switch (option) {
		case LISTEN:
			options->listen = optarg;
			break;
		case SOCKET:
			options->socket = optarg;
			break;
		case VERSION:
			puts("nft-offload-exporter " PACKAGE_VERSION);
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
	if (optind < argc)
		refuse("there are only options: ", argv[optind]);
}

int main(int argc, char **argv)
{
	struct exporter *exporter;
	struct endpoint endpoint;
	struct options options;
	sigset_t signals;
	int number, err;

	options_parse(&options, argc, argv);
	if (endpoint_parse(&endpoint, options.listen) < 0)
		refuse("--listen takes ADDRESS:PORT or [IPV6-ADDRESS]:PORT, and not ",
		       options.listen);
	log_open("nft-offload-exporter", LOG_INFO);
	/* Before there are threads, which do as we do. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	err = exporter_start(&exporter, &endpoint, options.socket);
	if (err) {
		log_say(LOG_ERR, "cannot listen at %s: %s", options.listen,
			strerror(-err));
		return EXIT_BROKEN;
	}
	log_say(LOG_INFO, "answers at %s, port %u, with what %s says",
		options.listen, exporter_port(exporter),
		client_where(options.socket));
	notify_ready();
	sigwait(&signals, &number);
	notify_stopping();
	exporter_stop(exporter);
	return EXIT_FINE;
}
