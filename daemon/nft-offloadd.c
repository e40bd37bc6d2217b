// SPDX-License-Identifier: Apache-2.0
/*
 * nft-offloadd: puts the connections of nftables flowtables into the hardware
 * of switchdev NICs. This file: options, signals, the order of starting and
 * stopping. What it does for a living is agent.c.
 *
 * Signals: SIGTERM and SIGINT remove all rules and end; SIGUSR2 ends and
 * leaves the rules to the next daemon, which has the grace to come in. (Not
 * SIGUSR1: liburcu's worker threads unblock that one for themselves.)
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "agent.h"
#include "control.h"
#include "guard.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "privilege.h"

/* Documented in nft-offloadd(8). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_BROKEN = 1,
	EXIT_USAGE = 2,
	EXIT_NO_MODULE = 3,
	EXIT_NO_RIGHT = 4,
	EXIT_OTHER_PROVIDER = 5,
	EXIT_SECOND_DAEMON = 6,
};

struct options {
	struct agent_options agent;
	int log_level;
	const char *socket;
	const char *group;
};

/* What the loop works on; the callbacks find it through their watch. */
struct daemon {
	struct options options;
	struct loop loop;
	struct agent agent;
	struct control control;
	struct guard guard;
	struct loop_watch signals;
	struct loop_watch timer;
	int stop;		/* the signal that ends it; 0: go on */
};

static const char usage[] =
"Usage: nft-offloadd [OPTION]...\n"
"Puts the connections of nftables flowtables (flags offload) into the\n"
"hardware of NICs in switchdev mode.\n"
"\n"
"  --grace SECONDS    how long flows and rules outlive a daemon that died\n"
"                     (0 to 600; 10)\n"
"  --bypass-qdisc     offload flows also where packets would bypass a\n"
"                     shaping qdisc of a port\n"
"  --socket PATH      where nft-offload asks\n"
"                     (" CONTROL_SOCKET ")\n"
"  --group GROUP      who may ask besides root\n"
"  --log-level LEVEL  err, warning, notice, info or debug (info)\n"
"  --foreground       stay in the foreground, as it always does\n"
"  --version          print the version and exit\n"
"  --help             print this and exit\n"
"\n"
"SIGTERM removes all rules and ends. SIGUSR2 ends and keeps them for a\n"
"restart. Exit: 0 fine, 1 failed, 2 usage, 3 module not loaded, 4 no\n"
"CAP_NET_ADMIN, 5 another provider bound, 6 already running.\n";

/* --- options --- */

static bool grace_parse(const char *word, uint32_t *grace_ms)
{
	unsigned long seconds;
	char *end;

	errno = 0;
	seconds = strtoul(word, &end, 10);
	if (errno || end == word || *end || word[0] == '-' ||
	    seconds > NFT_OFFLOAD_GRACE_MAX_MS / 1000)
		return false;
	*grace_ms = seconds * 1000;
	return true;
}

static void bad_option(const char *option, const char *word, const char *cure)
{
	fprintf(stderr, "nft-offloadd: %s %s: %s\n", option, word, cure);
	exit(EXIT_USAGE);
}

static void options_parse(struct options *options, int argc, char **argv)
{
	enum { GRACE = 1, BYPASS, SOCKET, GROUP, LEVEL, FOREGROUND, VERSION, HELP };
	static const struct option known[] = {
		{ "grace", required_argument, NULL, GRACE },
		{ "bypass-qdisc", no_argument, NULL, BYPASS },
		{ "socket", required_argument, NULL, SOCKET },
		{ "group", required_argument, NULL, GROUP },
		{ "log-level", required_argument, NULL, LEVEL },
		{ "foreground", no_argument, NULL, FOREGROUND },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	int option;

	*options = (struct options){
		.agent.grace_ms = NFT_OFFLOAD_GRACE_DEFAULT_MS,
		.log_level = LOG_INFO,
		.socket = CONTROL_SOCKET,
	};
	while ((option = getopt_long(argc, argv, ":", known, NULL)) >= 0) {
		switch (option) {
		case GRACE:
			if (!grace_parse(optarg, &options->agent.grace_ms))
				bad_option("--grace", optarg,
					   "give whole seconds from 0 to 600");
			break;
		case BYPASS:
			options->agent.bypass_qdisc = true;
			break;
		case SOCKET:
			options->socket = optarg;
			break;
		case GROUP:
			options->group = optarg;
			break;
		case LEVEL:
			options->log_level = log_level_parse(optarg);
			if (options->log_level < 0)
				bad_option("--log-level", optarg,
					   "give err, warning, notice, info or debug");
			break;
		case FOREGROUND:
			break;
		case VERSION:
			puts("nft-offloadd " PACKAGE_VERSION);
			exit(EXIT_FINE);
		case HELP:
			fputs(usage, stdout);
			exit(EXIT_FINE);
		case ':':
			bad_option("option", argv[optind - 1],
				   "its argument is missing; try --help");
			break;
		default:
			bad_option("option", argv[optind - 1],
				   "unknown; try --help");
		}
	}
	if (optind < argc)
		bad_option("argument", argv[optind],
			   "there are only options; try --help");
}

/* --- signals and time --- */

static void signals_ready(struct loop_watch *watch, uint32_t events)
{
	struct daemon *daemon = (struct daemon *)
		((char *)watch - offsetof(struct daemon, signals));
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP)
		daemon->stop = info.ssi_signo;
}

/* The signals that are watched; blocked, so that they come by the fd only. */
static void signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR2);
	sigprocmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int signals_watch(struct daemon *daemon, const sigset_t *set)
{
	daemon->signals.fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signals.fd < 0)
		return -errno;
	daemon->signals.ready = signals_ready;
	return loop_add(&daemon->loop, &daemon->signals, EPOLLIN);
}

static void timer_ready(struct loop_watch *watch, uint32_t events)
{
	struct daemon *daemon = (struct daemon *)
		((char *)watch - offsetof(struct daemon, timer));
	struct nfo_table_stats stats;
	char status[128];
	uint64_t ticks;

	if (read(watch->fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	agent_tick(&daemon->agent);
	nfo_table_stats(daemon->agent.table, &stats);
	snprintf(status, sizeof(status),
		 "%zu connections, %llu flows, %llu in hardware",
		 daemon->agent.connections.n,
		 (unsigned long long)stats.entries,
		 (unsigned long long)stats.in_hw);
	notify_alive(status);
}

static int timer_watch(struct daemon *daemon)
{
	struct itimerspec second = {
		.it_interval.tv_sec = 1,
		.it_value.tv_sec = 1,
	};

	daemon->timer.fd = timerfd_create(CLOCK_MONOTONIC,
					  TFD_CLOEXEC | TFD_NONBLOCK);
	if (daemon->timer.fd < 0 ||
	    timerfd_settime(daemon->timer.fd, 0, &second, NULL) < 0)
		return -errno;
	daemon->timer.ready = timer_ready;
	return loop_add(&daemon->loop, &daemon->timer, EPOLLIN);
}

/* --- start --- */

/*
 * With the kernel's own nf_flow_table_inet loaded first, nftables never asks
 * our module, and nothing tells but that flows do not come.
 */
static void warn_of_kernel_flowtable(void)
{
	FILE *modules = fopen("/proc/modules", "re");
	bool found = false;
	char line[512];

	if (!modules)
		return;
	while (fgets(line, sizeof(line), modules))
		if (!strncmp(line, "nf_flow_table_inet ", 19))
			found = true;
	fclose(modules);
	if (found)
		log_say(LOG_WARNING, "the kernel's nf_flow_table_inet is loaded and may serve flowtables in place of nft_offload: delete the flowtables, modprobe -r nf_flow_table_inet, then load the ruleset again");
}

static enum exit_code open_control(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	int err;

	err = control_open(&daemon->control, options->socket, options->group);
	switch (err) {
	case 0:
		return EXIT_FINE;
	case -EADDRINUSE:
		log_say(LOG_ERR, "another nft-offloadd is running (it holds %s.lock): stop it, or give this one its own --socket",
			options->socket);
		return EXIT_SECOND_DAEMON;
	default:
		log_say(LOG_ERR, "cannot listen at %s%s%s: %s", options->socket,
			options->group ? " for group " : "",
			options->group ? options->group : "", strerror(-err));
		return EXIT_BROKEN;
	}
}

static enum exit_code start_agent(struct daemon *daemon)
{
	switch (agent_start(&daemon->agent, &daemon->loop,
			    &daemon->options.agent)) {
	case AGENT_FINE:
		return EXIT_FINE;
	case AGENT_NO_MODULE:
		return EXIT_NO_MODULE;
	case AGENT_OTHER_PROVIDER:
		return EXIT_OTHER_PROVIDER;
	case AGENT_NO_RIGHT:
		return EXIT_NO_RIGHT;
	default:
		return EXIT_BROKEN;
	}
}

static enum exit_code run(struct daemon *daemon)
{
	bool keep;
	int err = 0;

	notify_ready();
	while (!daemon->stop && !daemon->agent.failed && !err) {
		err = loop_turn(&daemon->loop, -1);
		agent_turn(&daemon->agent);
	}
	notify_stopping();
	if (err)
		log_say(LOG_ERR, "waiting for events failed: %s",
			strerror(-err));
	keep = daemon->stop == SIGUSR2;
	log_say(LOG_NOTICE, keep ? "ends; the rules stay for the next daemon" :
				   "ends and removes its rules");
	err = daemon->agent.failed ? daemon->agent.failed : err;
	/* Answers under way come out of what the agent has. */
	control_hang_up(&daemon->control);
	agent_stop(&daemon->agent, keep);
	if (!keep)
		guard_dismiss(&daemon->guard);
	if (err == -ENOENT)
		return EXIT_NO_MODULE;
	return err ? EXIT_BROKEN : EXIT_FINE;
}

/* Everything with a loop; the control socket is open. */
static enum exit_code serve(struct daemon *daemon, const sigset_t *set)
{
	enum exit_code code;
	int err;

	err = loop_open(&daemon->loop);
	if (!err)
		err = signals_watch(daemon, set);
	if (!err)
		err = timer_watch(daemon);
	if (err) {
		log_say(LOG_ERR, "cannot wait for events: %s", strerror(-err));
		return EXIT_BROKEN;
	}
	code = start_agent(daemon);
	if (code)
		return code;
	guard_arm(&daemon->guard);
	err = control_serve(&daemon->control, &daemon->loop, &daemon->agent);
	if (err)
		log_say(LOG_WARNING, "nft-offload will get no answers: %s",
			strerror(-err));
	return run(daemon);
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	enum exit_code code;
	sigset_t set;
	int err;

	options_parse(&daemon.options, argc, argv);
	log_open("nft-offloadd", daemon.options.log_level);
	if (privilege_check() == -EPERM) {
		log_say(LOG_ERR, "not permitted: nft-offloadd needs CAP_NET_ADMIN; start it as root");
		return EXIT_NO_RIGHT;
	}
	signals_block(&set);
	code = open_control(&daemon);
	if (code)
		return code;
	err = privilege_drop();
	if (err)
		log_say(LOG_WARNING, "cannot give up needless rights: %s",
			strerror(-err));
	warn_of_kernel_flowtable();
	err = guard_start(&daemon.guard, daemon.options.agent.grace_ms);
	if (err)
		log_say(LOG_WARNING, "no guard process (%s): if nft-offloadd is killed, run nft-offload flush",
			strerror(-err));
	code = serve(&daemon, &set);
	control_close(&daemon.control);
	return code;
}
