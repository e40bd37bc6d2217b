// SPDX-License-Identifier: Apache-2.0
/*
 * settings: see settings.h.
 */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS_SIZE_MAX	(16 * 1024)	/* bytes of the file */
#define SETTINGS_LINE_MAX	256		/* bytes of a line with its end */

/* A file that is being read. */
struct reading {
	const struct settings *settings;
	settings_fault *fault;
	void *arg;
	unsigned int faults;
	unsigned int line;
	struct nfo_options options;	/* found so far */
	unsigned int seen[NFO_OPTION_COUNT];	/* in which line; 0: none */
};

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->path = SETTINGS_FILE;
	nfo_options_init(&settings->options);
}

int settings_fix(struct settings *settings, const char *key, const char *word,
		 char *cure, size_t size)
{
	int option = nfo_option_find(key);
	int err;

	if (option < 0) {
		snprintf(cure, size, "there is no such key");
		return -EINVAL;
	}
	err = nfo_option_set(&settings->fixed, option, word, cure, size);
	if (err)
		return err;
	settings->is_fixed[option] = true;
	settings->options.value[option] = settings->fixed.value[option];
	return 0;
}

static void __attribute__((format(printf, 2, 3)))
fault(struct reading *reading, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reading->faults++;
	reading->fault(reading->arg, reading->settings->path, reading->line,
		       text);
}

/* --- a line --- */

/* Cuts spaces and tabs off both ends of @text, in place. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	text[len] = '\0';
	return text;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if ((*text < ' ' && *text != '\t') || *text > '~')
			return false;
	return true;
}

static void take_value(struct reading *reading, const char *key,
		       const char *word)
{
	int option = nfo_option_find(key);
	char cure[128];

	if (option < 0) {
		fault(reading, "unknown key '%s': nft-offload.conf(5) has those that there are",
		      key);
		return;
	}
	if (reading->seen[option]) {
		fault(reading, "'%s' a second time, line %u has it already: that one holds",
		      key, reading->seen[option]);
		return;
	}
	if (!nfo_option_set(&reading->options, option, word, cure,
			    sizeof(cure))) {
		reading->seen[option] = reading->line;
		return;
	}
	fault(reading, "%s = '%s': %s; it stays as it was", key, word, cure);
}

/* @line without its newline, changed. */
static void take_line(struct reading *reading, char *line)
{
	char *text = trim(line);
	char *equals;

	if (!*text || *text == '#')
		return;
	if (!printable(text)) {
		fault(reading, "characters that do not belong there: give printable ASCII");
		return;
	}
	equals = strchr(text, '=');
	if (!equals) {
		fault(reading, "no 'key = value', as in: grace = 10");
		return;
	}
	*equals = '\0';
	take_value(reading, trim(text), trim(equals + 1));
}

/* --- the file --- */

/* Is it one that only root, or who we are, can have written? */
static bool trusted(struct reading *reading, int fd)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0) {
		fault(reading, "cannot be looked at: %s", strerror(errno));
		return false;
	}
	if (!S_ISREG(stat.st_mode)) {
		fault(reading, "is no plain file");
		return false;
	}
	if ((stat.st_uid && stat.st_uid != geteuid()) ||
	    stat.st_mode & (S_IWGRP | S_IWOTH)) {
		fault(reading, "is not taken, for others than root can write it: chown root and chmod go-w");
		return false;
	}
	return true;
}

/* Reads it whole into @buf of SETTINGS_SIZE_MAX + 1 bytes. Its length or -1. */
static ssize_t read_whole(struct reading *reading, int fd, char *buf)
{
	size_t len = 0;
	ssize_t got;

	do {
		got = read(fd, buf + len, SETTINGS_SIZE_MAX + 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fault(reading, "cannot be read: %s", strerror(errno));
			return -1;
		}
		len += got;
	} while (got && len <= SETTINGS_SIZE_MAX);
	if (len > SETTINGS_SIZE_MAX) {
		fault(reading, "is longer than %d bytes", SETTINGS_SIZE_MAX);
		return -1;
	}
	if (memchr(buf, '\0', len)) {
		fault(reading, "is no text: it has a byte 0");
		return -1;
	}
	buf[len] = '\0';
	return len;
}

static void take_lines(struct reading *reading, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		reading->line++;
		if (strlen(line) >= SETTINGS_LINE_MAX)
			fault(reading, "is longer than %d characters",
			      SETTINGS_LINE_MAX - 1);
		else
			take_line(reading, line);
	}
}

/* 0: read, and what was found is in @reading; -1: nothing was. */
static int read_file(struct reading *reading)
{
	const struct settings *settings = reading->settings;
	char text[SETTINGS_SIZE_MAX + 1];
	ssize_t len = -1;
	int fd;

	/* Without waiting, should somebody have put a pipe there. */
	fd = open(settings->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT && !settings->must_exist)
		return 0;
	if (fd < 0) {
		fault(reading, "cannot be opened: %s", strerror(errno));
		return -1;
	}
	if (trusted(reading, fd))
		len = read_whole(reading, fd, text);
	close(fd);
	if (len < 0)
		return -1;
	take_lines(reading, text);
	return 0;
}

unsigned int settings_read(struct settings *settings, settings_fault *fn,
			   void *arg)
{
	struct reading reading = {
		.settings = settings,
		.fault = fn,
		.arg = arg,
	};
	int option;

	nfo_options_init(&reading.options);
	if (read_file(&reading) < 0)
		return reading.faults;
	for (option = 0; option < NFO_OPTION_COUNT; option++) {
		uint32_t *value = &reading.options.value[option];

		/* It may be what a wrong line was meant to be about. */
		if (reading.faults && !reading.seen[option])
			*value = settings->options.value[option];
		if (settings->is_fixed[option])
			*value = settings->fixed.value[option];
	}
	settings->options = reading.options;
	return reading.faults;
}
