// SPDX-License-Identifier: Apache-2.0
/*
 * guard: see guard.h. What goes through the pipe is struct guard_word, which
 * is small enough never to come in parts (PIPE_BUF); its end says that the
 * daemon is gone.
 */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent.h"
#include "bound.h"
#include "log.h"
#include "privilege.h"
#include "table.h"

struct guard_word {
	enum { GUARD_ARM, GUARD_DISMISS, GUARD_GRACE } word;
	uint32_t grace_ms;	/* of GUARD_GRACE */
};

/*
 * Reads words until the daemon is gone; *@grace_ms is the last grace told. Is
 * there something to do?
 */
static bool guard_wait(int fd, uint32_t *grace_ms)
{
	struct guard_word word;
	bool armed = false;
	ssize_t got;

	for (;;) {
		got = read(fd, &word, sizeof(word));
		if (got < 0 && errno == EINTR)
			continue;
		if (got != sizeof(word))
			return armed;
		if (word.word == GUARD_GRACE)
			*grace_ms = word.grace_ms;
		else
			armed = word.word == GUARD_ARM;
	}
}

static void guard_run(int fd, uint32_t grace_ms)
{
	uint32_t portid;
	ssize_t n;

	if (!guard_wait(fd, &grace_ms))
		return;
	log_say(LOG_WARNING, "the daemon is gone; its rules go in %u s unless another one comes",
		grace_ms / 1000);
	while (poll(NULL, 0, grace_ms) < 0 && errno == EINTR)
		;
	/* Who cannot be asked will not look after the rules either. */
	if (nfo_bound_ask(&portid) == 0 && portid)
		return;
	n = nfo_table_purge_all(AGENT_SOURCES);
	if (n < 0)
		log_say(LOG_ERR, "the rules could not be removed (%s): run nft-offload flush",
			strerror(-n));
	else
		log_say(LOG_NOTICE, "removed %zd rules: flows are back in software",
			n);
}

/* Closes what the daemon had open, but for @keep and standard error. */
static void guard_close_others(int keep)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	dir = opendir("/proc/self/fd");
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (fd != keep && fd != STDERR_FILENO && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

static void guard_child(int fd, uint32_t grace_ms)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR2, SIGPIPE };
	sigset_t none;
	size_t i;

	/* Whoever stops the daemon by its process group does not mean us. */
	setsid();
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	guard_close_others(fd);
	prctl(PR_SET_NAME, "nft-offload-grd");
	log_open("nft-offloadd guard", LOG_INFO);
	if (chdir("/") < 0 || privilege_drop() < 0)
		log_say(LOG_WARNING, "could not give up all rights");
	guard_run(fd, grace_ms);
}

int guard_start(struct guard *guard, uint32_t grace_ms)
{
	int fds[2];
	pid_t pid;

	guard->fd = -1;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid) {
		close(fds[1]);
		guard_child(fds[0], grace_ms);
		_exit(0);
	}
	close(fds[0]);
	guard->fd = fds[1];
	return 0;
}

static void guard_say(struct guard *guard, const struct guard_word *word)
{
	/* Fails only if somebody killed the guard; nothing follows from it. */
	if (guard->fd >= 0 && write(guard->fd, word, sizeof(*word)) < 0)
		log_say(LOG_WARNING, "the guard process is gone: if nft-offloadd is killed, run nft-offload flush");
}

void guard_grace(struct guard *guard, uint32_t grace_ms)
{
	const struct guard_word word = {
		.word = GUARD_GRACE,
		.grace_ms = grace_ms,
	};

	guard_say(guard, &word);
}

void guard_arm(struct guard *guard)
{
	const struct guard_word word = { .word = GUARD_ARM };

	guard_say(guard, &word);
}

void guard_dismiss(struct guard *guard)
{
	const struct guard_word word = { .word = GUARD_DISMISS };

	guard_say(guard, &word);
	close(guard->fd);
	guard->fd = -1;
}
