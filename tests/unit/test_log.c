// SPDX-License-Identifier: Apache-2.0
/*
 * test_log: lines on standard error and in the journal, which is played here.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

#include "log.h"

/* What was sent to the journal last, a line for each field. */
static struct {
	unsigned int calls;
	char text[4096];
	int err;		/* what it answers */
} journal;

int __wrap_sd_journal_sendv(const struct iovec *vector, int n);
int __wrap_sd_journal_sendv(const struct iovec *vector, int n)
{
	size_t len = 0;

	journal.calls++;
	for (int i = 0; i < n; i++)
		len += snprintf(journal.text + len, sizeof(journal.text) - len,
				"%.*s\n", (int)vector[i].iov_len,
				(char *)vector[i].iov_base);
	return journal.err;
}

/* Standard error for one test: a pipe. */
static int saved_stderr, read_end;

static void stderr_take(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	read_end = fds[0];
	memset(&journal, 0, sizeof(journal));
}

static const char *stderr_said(void)
{
	static char text[4096];
	ssize_t len = read(read_end, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void stderr_give(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(read_end);
	unsetenv("JOURNAL_STREAM");
}

/* As systemd does it. */
static void stderr_is_journal(int inode_more)
{
	char stream[64];
	struct stat stat;

	fstat(STDERR_FILENO, &stat);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)stat.st_dev,
		 (unsigned long long)stat.st_ino + inode_more);
	setenv("JOURNAL_STREAM", stream, 1);
}

static const struct log_field fields[] = {
	{ "NFT_OFFLOAD_FLOW", "udp 10.0.0.2:7001 10.0.1.2:5001" },
	{ "NFT_OFFLOAD_REASON", "table_full" },
	{ "NFT_OFFLOAD_DRIVER_TEXT", NULL },
};

static void test_plain(void **state)
{
	(void)state;
	stderr_take();
	log_open("me", LOG_INFO);
	log_say(LOG_NOTICE, "it is %d", 5);
	assert_string_equal(stderr_said(), "me: it is 5\n");
	log_say_fields(LOG_INFO, fields, 3, "stays in software");
	assert_string_equal(stderr_said(), "me: stays in software\n");
	log_say(LOG_DEBUG, "not wanted");
	log_set_level(LOG_DEBUG);
	log_say(LOG_DEBUG, "wanted");
	assert_string_equal(stderr_said(), "me: wanted\n");
	assert_int_equal(journal.calls, 0);
	stderr_give();
}

static void test_journal(void **state)
{
	(void)state;
#ifndef HAVE_SYSTEMD
	skip();
#endif
	stderr_take();
	stderr_is_journal(0);
	log_open("me", LOG_INFO);
	log_say(LOG_WARNING, "it is %d", 5);
	assert_string_equal(stderr_said(), "<4>it is 5\n");
	errno = ENOSPC;
	log_say_fields(LOG_INFO, fields, 3, "a\nb %s", "c");
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(journal.text, "MESSAGE=a\nb c\nPRIORITY=6\n"
			    "SYSLOG_IDENTIFIER=me\n"
			    "NFT_OFFLOAD_FLOW=udp 10.0.0.2:7001 10.0.1.2:5001\n"
			    "NFT_OFFLOAD_REASON=table_full\n");
	assert_string_equal(stderr_said(), "");
	log_say_fields(LOG_DEBUG, fields, 3, "not wanted");
	assert_int_equal(journal.calls, 1);
	/* It does not take it: the line is not lost. */
	journal.err = -ENOTCONN;
	log_say_fields(LOG_INFO, fields, 3, "again");
	assert_string_equal(stderr_said(), "<6>again\n");
	stderr_give();
}

/* The variable is inherited, but standard error is another file now. */
static void test_not_the_journal(void **state)
{
	(void)state;
	stderr_take();
	stderr_is_journal(1);
	log_open("me", LOG_INFO);
	log_say_fields(LOG_INFO, fields, 3, "here");
	assert_string_equal(stderr_said(), "me: here\n");
	assert_int_equal(journal.calls, 0);
	setenv("JOURNAL_STREAM", "x", 1);
	log_open("me", LOG_INFO);
	log_say(LOG_INFO, "here");
	assert_string_equal(stderr_said(), "me: here\n");
	stderr_give();
}

/* Five, and then it is told how many were kept back. */
static void test_limit(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int i;

	(void)state;
	stderr_take();
	log_open("me", LOG_INFO);
	assert_true(log_limited(&limit, LOG_DEBUG));
	for (i = 0; i < 5; i++)
		assert_false(log_limited(&limit, LOG_INFO));
	for (i = 0; i < 7; i++)
		assert_true(log_limited(&limit, LOG_INFO));
	assert_string_equal(stderr_said(), "");
	limit.since -= 10;
	log_say_limited(&limit, LOG_INFO, "one more");
	assert_string_equal(stderr_said(),
			    "me: 7 more lines like the next one were kept back\n"
			    "me: one more\n");
	stderr_give();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_not_the_journal),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
