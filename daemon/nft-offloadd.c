// SPDX-License-Identifier: Apache-2.0
/*
 * nft-offloadd: puts the connections of nftables flowtables into the hardware
 * of switchdev NICs. This file: options, signals, the order of starting and
 * stopping. What it does for a living is agent.c.
 *
 * Signals: SIGTERM and SIGINT remove all rules and end; SIGHUP reads the
 * configuration again; SIGUSR2 ends and leaves the rules to the next daemon,
 * which has the grace to come in. (Not SIGUSR1: liburcu's worker threads unblock
 * that one for themselves.)
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
#include "settings.h"

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
	struct settings settings;
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
	bool reload;		/* the configuration is to be read again */
	int stop;		/* the signal that ends it; 0: go on */
};

static const char usage[] =
"Usage: nft-offloadd [OPTION]...\n"
"Puts the connections of nftables flowtables (flags offload) into the\n"
"hardware of NICs in switchdev mode.\n"
"\n"
"  --config FILE      where the configuration is, which these override\n"
"                     (" SETTINGS_FILE ")\n"
"  --grace SECONDS    how long flows and rules outlive a daemon that died\n"
"                     (0 to 600; 10)\n"
"  --bypass-qdisc[=false]\n"
"                     offload flows also where packets would bypass a\n"
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
"restart. SIGHUP reads the configuration again. Exit: 0 fine, 1 failed, 2\n"
"usage, 3 module not loaded, 4 no CAP_NET_ADMIN, 5 another provider bound, 6\n"
"already running.\n";

/* --- options --- */

static void bad_option(const char *option, const char *word, const char *cure)
{
	fprintf(stderr, "nft-offloadd: %s %s: %s\n", option, word, cure);
	exit(EXIT_USAGE);
}

/* What is in the file, too: @option of the line is @key there. */
static void fix_option(struct settings *settings, const char *key,
		       const char *word)
{
	char option[32], cure[128];

	if (settings_fix(settings, key, word, cure, sizeof(cure)) < 0) {
		snprintf(option, sizeof(option), "--%s", key);
		bad_option(option, word, cure);
	}
}

static void options_parse(struct options *options, int argc, char **argv)
{
	enum { CONFIG = 1, GRACE, BYPASS, SOCKET, GROUP, LEVEL, FOREGROUND,
	       VERSION, HELP };
	static const struct option known[] = {
		{ "config", required_argument, NULL, CONFIG },
		{ "grace", required_argument, NULL, GRACE },
		{ "bypass-qdisc", optional_argument, NULL, BYPASS },
		{ "socket", required_argument, NULL, SOCKET },
		{ "group", required_argument, NULL, GROUP },
		{ "log-level", required_argument, NULL, LEVEL },
		{ "foreground", no_argument, NULL, FOREGROUND },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	int option;

	*options = (struct options){ .socket = CONTROL_SOCKET };
	settings_init(&options->settings);
	while ((option = getopt_long(argc, argv, ":", known, NULL)) >= 0) {
		switch (option) {
		case CONFIG:
			options->settings.path = optarg;
			options->settings.must_exist = true;
			break;
		case GRACE:
			fix_option(&options->settings, "grace", optarg);
			break;
		case BYPASS:
			fix_option(&options->settings, "bypass-qdisc",
				   optarg ? optarg : "true");
			break;
		case SOCKET:
			options->socket = optarg;
			break;
		case GROUP:
			options->group = optarg;
			break;
		case LEVEL:
			fix_option(&options->settings, "log-level", optarg);
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

/* --- configuration --- */

static uint32_t option_of(const struct daemon *daemon, enum nfo_option option)
{
	return daemon->options.settings.options.value[option];
}

static void config_fault(void *arg, const char *path, unsigned int line,
			 const char *text)
{
	(void)arg;
	if (line)
		log_say(LOG_ERR, "%s:%u: %s", path, line, text);
	else
		log_say(LOG_ERR, "%s: %s", path, text);
}

static struct agent_options agent_options_of(const struct daemon *daemon)
{
	return (struct agent_options){
		.grace_ms = option_of(daemon, NFO_OPTION_GRACE) * 1000,
		.bypass_qdisc = option_of(daemon, NFO_OPTION_BYPASS_QDISC),
		.shares = {
			.flowtable = option_of(daemon, NFO_OPTION_SHARE_FLOWTABLE),
			.ovs = option_of(daemon, NFO_OPTION_SHARE_OVS),
			.ports = option_of(daemon, NFO_OPTION_SHARE_PORTS),
		},
	};
}

/* Says what is another value now than @before. The number of those. */
static unsigned int config_tell(const struct nfo_options *before,
				const struct nfo_options *now)
{
	unsigned int n = 0;
	char was[32], is[32];
	int option;

	for (option = 0; option < NFO_OPTION_COUNT; option++) {
		if (before->value[option] == now->value[option])
			continue;
		nfo_option_text(before, option, was, sizeof(was));
		nfo_option_text(now, option, is, sizeof(is));
		log_say(LOG_NOTICE, "%s is %s now, and was %s",
			nfo_option_info(option)->key, is, was);
		n++;
	}
	return n;
}

static void config_reload(struct daemon *daemon)
{
	struct settings *settings = &daemon->options.settings;
	struct nfo_options before = settings->options;
	struct agent_options options;
	unsigned int faults, changes;

	notify_reloading();
	faults = settings_read(settings, config_fault, NULL);
	changes = config_tell(&before, &settings->options);
	log_set_level(option_of(daemon, NFO_OPTION_LOG_LEVEL));
	log_say(LOG_NOTICE, "%s was read again: %u changes, %u faults",
		settings->path, changes, faults);
	options = agent_options_of(daemon);
	agent_configure(&daemon->agent, &options);
	guard_grace(&daemon->guard, daemon->agent.grace_ms);
	notify_ready();
}

/* --- signals and time --- */

static void signals_ready(struct loop_watch *watch, uint32_t events)
{
	struct daemon *daemon = (struct daemon *)
		((char *)watch - offsetof(struct daemon, signals));
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		daemon->reload = true;
	else
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
	const struct agent_options options = agent_options_of(daemon);

	switch (agent_start(&daemon->agent, &daemon->loop, &options)) {
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
		/* Not from inside of what the loop calls. */
		if (daemon->reload)
			config_reload(daemon);
		daemon->reload = false;
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
	err = control_serve(&daemon->control, &daemon->loop,
			    &daemon->agent.host);
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
	log_open("nft-offloadd", LOG_INFO);
	settings_read(&daemon.options.settings, config_fault, NULL);
	log_set_level(option_of(&daemon, NFO_OPTION_LOG_LEVEL));
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
	err = guard_start(&daemon.guard,
			  option_of(&daemon, NFO_OPTION_GRACE) * 1000);
	if (err)
		log_say(LOG_WARNING, "no guard process (%s): if nft-offloadd is killed, run nft-offload flush",
			strerror(-err));
	code = serve(&daemon, &set);
	control_close(&daemon.control);
	return code;
}
