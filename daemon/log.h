/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: what nft-offloadd has to say, one line each, on standard error.
 *
 * Under systemd standard error is the journal, which takes the importance of
 * a line from a "<N>" in front of it (sd-daemon(3)); log_open() looks at
 * $JOURNAL_STREAM to know (systemd.exec(5)). Lines that are about one thing have
 * fields for the journal beside the text: nft-offloadd(8) has their names.
 * Everything runs in the one thread of the daemon.
 */
#ifndef NFT_OFFLOADD_LOG_H
#define NFT_OFFLOADD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>
#include <time.h>

/*
 * log_limit: lets through a burst of lines per period, and says afterwards
 * how many it kept back. Zero-initialised is ready to use.
 */
struct log_limit {
	time_t since;		/* start of the period, CLOCK_MONOTONIC, s */
	unsigned int said;	/* lines let through in this period */
	unsigned int held;	/* lines kept back in this period */
};

/* log_field: a field of the journal beside the text. */
struct log_field {
	const char *name;	/* A-Z, _ and digits */
	const char *value;	/* NULL: left out */
};

#define LOG_FIELDS_MAX	8

/*
 * log_open: prepares for log(). @name goes before each line (borrowed, kept),
 * except in the journal, which knows it. Lines less important than @level
 * (LOG_ERR ... LOG_DEBUG) are dropped.
 */
void log_open(const char *name, int level);

/* log_set_level: another @level from now on. */
void log_set_level(int level);

/* log_wanted: whether a line of importance @level would be written. */
bool log_wanted(int level);

/* log_say: writes one line of importance @level; no newline in @format. */
void log_say(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * log_say_fields: log_say(); the journal gets the @n fields, too, at most
 * LOG_FIELDS_MAX. Not in a process that has closed its descriptors since.
 */
void log_say_fields(int level, const struct log_field *fields, size_t n,
		    const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * log_limited: must a line of importance @level be kept back, because there were
 * 5 of @limit in the last 10 s? It is counted, and told of with the next one.
 */
bool log_limited(struct log_limit *limit, int level);

/* log_say_limited: log_say(), at most 5 lines in 10 s through one @limit. */
void log_say_limited(struct log_limit *limit, int level,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
