// SPDX-License-Identifier: Apache-2.0
/*
 * log: see log.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
/* It would always be this one. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

#define LOG_LINE_MAX		1024	/* bytes of a line; the rest is cut */
#define LOG_LIMIT_LINES		5
#define LOG_LIMIT_PERIOD	10	/* s */

static const char *log_name = "nft-offloadd";
static int log_level = LOG_INFO;
static bool log_journal;

/* Is standard error what systemd has given us, and not a file since? */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uint64_t device, inode;
	struct stat stat;

	return stream &&
	       sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &stat) && stat.st_dev == device &&
	       stat.st_ino == inode;
}

void log_open(const char *name, int level)
{
	log_name = name;
	log_level = level;
	log_journal = is_journal();
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

#ifdef HAVE_SYSTEMD
/* Sends @message with its fields. 0 or negative errno. */
static int log_send(int level, const struct log_field *fields, size_t n,
		    const char *message)
{
	char lines[LOG_FIELDS_MAX + 3][LOG_LINE_MAX];
	struct iovec vector[LOG_FIELDS_MAX + 3];
	size_t i, used = 0;

	snprintf(lines[used++], LOG_LINE_MAX, "MESSAGE=%s", message);
	snprintf(lines[used++], LOG_LINE_MAX, "PRIORITY=%d", level);
	snprintf(lines[used++], LOG_LINE_MAX, "SYSLOG_IDENTIFIER=%s", log_name);
	for (i = 0; i < n && i < LOG_FIELDS_MAX; i++)
		if (fields[i].value)
			snprintf(lines[used++], LOG_LINE_MAX, "%s=%s",
				 fields[i].name, fields[i].value);
	for (i = 0; i < used; i++) {
		vector[i].iov_base = lines[i];
		vector[i].iov_len = strlen(lines[i]);
	}
	return sd_journal_sendv(vector, used);
}
#else
static int log_send(int level, const struct log_field *fields, size_t n,
		    const char *message)
{
	return -ENOSYS;
}
#endif

void log_say_fields(int level, const struct log_field *fields, size_t n,
		    const char *format, ...)
{
	char message[LOG_LINE_MAX];
	int saved = errno;
	va_list args;

	if (!log_wanted(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (!log_journal || log_send(level, fields, n, message) < 0)
		log_say(level, "%s", message);
	errno = saved;
}

bool log_limited(struct log_limit *limit, int level)
{
	struct timespec now;

	if (!log_wanted(level))
		return true;
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
		return true;
	}
	limit->said++;
	return false;
}

void log_say_limited(struct log_limit *limit, int level,
		     const char *format, ...)
{
	va_list args;

	if (log_limited(limit, level))
		return;
	va_start(args, format);
	log_write(level, format, args);
	va_end(args);
}
