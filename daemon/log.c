// SPDX-License-Identifier: Apache-2.0
/*
 * log: see log.h.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX		1024	/* bytes of a line; the rest is cut */
#define LOG_LIMIT_LINES		5
#define LOG_LIMIT_PERIOD	10	/* s */

static const char *log_name = "nft-offloadd";
static int log_level = LOG_INFO;
static bool log_journal;

void log_open(const char *name, int level)
{
	log_name = name;
	log_level = level;
	log_journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_level(int level)
{
	log_level = level;
}

bool log_wanted(int level)
{
	return level <= log_level;
}

/* One write per line, so that lines of daemon and guard do not mix. */
static void log_write(int level, const char *format, va_list args)
{
	char line[LOG_LINE_MAX];
	ssize_t written;
	int n, m;

	if (log_journal)
		n = snprintf(line, sizeof(line), "<%d>", level);
	else
		n = snprintf(line, sizeof(line), "%s: ", log_name);
	m = vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	if (m < 0)
		return;
	n += m;
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	/* Nowhere left to report a failure to. */
	written = write(STDERR_FILENO, line, n);
	(void)written;
}

void log_say(int level, const char *format, ...)
{
	int saved = errno;
	va_list args;

	if (!log_wanted(level))
		return;
	va_start(args, format);
	log_write(level, format, args);
	va_end(args);
	errno = saved;
}

void log_say_limited(struct log_limit *limit, int level,
		     const char *format, ...)
{
	struct timespec now;
	va_list args;

	if (!log_wanted(level))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!limit->since || now.tv_sec - limit->since >= LOG_LIMIT_PERIOD) {
		if (limit->held)
			log_say(level, "%u more lines like the next one were kept back",
				limit->held);
		limit->since = now.tv_sec;
		limit->said = 0;
		limit->held = 0;
	}
	if (limit->said >= LOG_LIMIT_LINES) {
		limit->held++;
		return;
	}
	limit->said++;
	va_start(args, format);
	log_write(level, format, args);
	va_end(args);
}
