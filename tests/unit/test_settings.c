// SPDX-License-Identifier: Apache-2.0
/*
 * test_settings: the configuration file of the daemon, right and wrong, and what
 * the man page and the example say of the keys.
 */
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
#include <syslog.h>
#include <unistd.h>
#include <cmocka.h>

#include "settings.h"

static char path[] = "/tmp/nft-offload-settings-XXXXXX";

/* The faults of the last reading: "LINE: text" each. */
static char faults[4096];

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_bytes(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void on_fault(void *arg, const char *file, unsigned int line,
		     const char *text)
{
	size_t len = strlen(faults);

	(void)arg;
	assert_string_equal(file, path);
	snprintf(faults + len, sizeof(faults) - len, "%u: %s\n", line, text);
}

static unsigned int reread(struct settings *settings)
{
	faults[0] = '\0';
	return settings_read(settings, on_fault, NULL);
}

static unsigned int read_text(struct settings *settings, const char *text)
{
	write_bytes(text, strlen(text));
	return reread(settings);
}

static void begin(struct settings *settings)
{
	settings_init(settings);
	settings->path = path;
}

static void expect(const struct settings *settings, uint32_t grace,
		   uint32_t bypass, uint32_t level)
{
	const uint32_t *value = settings->options.value;

	assert_int_equal(value[NFO_OPTION_GRACE], grace);
	assert_int_equal(value[NFO_OPTION_BYPASS_QDISC], bypass);
	assert_int_equal(value[NFO_OPTION_LOG_LEVEL], level);
}

static void test_values(void **state)
{
	struct settings settings;

	(void)state;
	begin(&settings);
	expect(&settings, 10, 0, LOG_INFO);
	assert_int_equal(read_text(&settings, "# a comment\n\n \t grace\t=  60 \n"
				   "bypass-qdisc=true\nlog-level = debug"), 0);
	expect(&settings, 60, 1, LOG_DEBUG);
	/* What is no more there has its initial value. */
	assert_int_equal(read_text(&settings, "log-level = err\n"), 0);
	expect(&settings, 10, 0, LOG_ERR);
	assert_int_equal(read_text(&settings, "grace = 0\n"), 0);
	expect(&settings, 0, 0, LOG_INFO);
	assert_int_equal(read_text(&settings, "grace = 600"), 0);
	expect(&settings, 600, 0, LOG_INFO);
	assert_int_equal(read_text(&settings, ""), 0);
	expect(&settings, 10, 0, LOG_INFO);
}

/* A wrong value is named, the old one stays, all else is taken. */
static void test_wrong(void **state)
{
	static const struct {
		const char *line;
		const char *fault;
	} cases[] = {
		{ "grace = 601", "2: grace = '601': give whole seconds from 0 to 600; it stays as it was\n" },
		{ "grace = -1", "2: grace = '-1': give whole" },
		{ "grace = +1", "2: grace = '+1': give whole" },
		{ "grace = 1 0", "2: grace = '1 0': give whole" },
		{ "grace = 0x10", "2: grace = '0x10': give whole" },
		{ "grace = 4294967306", "2: grace = '4294967306': give" },
		{ "grace = 18446744073709551626", "2: grace = '18" },
		{ "grace = 1.5", "2: grace = '1.5': give" },
		{ "grace = 10s", "2: grace = '10s': give" },
		{ "grace =", "2: grace = '': give" },
		{ "grace", "2: no 'key = value'" },
		{ "= 3", "2: unknown key '':" },
		{ "Grace = 3", "2: unknown key 'Grace':" },
		{ "[daemon]", "2: no 'key = value'" },
		{ "grace = 3 # s", "2: grace = '3 # s': give" },
		{ "bypass-qdisc = yes", "2: bypass-qdisc = 'yes': give false or true; it" },
		{ "nft-offload-grace = 3", "2: unknown key 'nft-offload-grace':" },
		{ "grace = 3\r", "2: characters that do not belong there" },
		{ "grace\xc2\xa0= 3", "2: characters that do not belong there" },
		{ "\x1b[31mgrace = 3", "2: characters that do not belong there" },
		{ "log-level = notice", "2: 'log-level' a second time, line 1 has it already" },
	};
	struct settings settings;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&settings);
		assert_int_equal(read_text(&settings, "grace = 42\n"
					   "bypass-qdisc = true\n"), 0);
		snprintf(text, sizeof(text), "log-level = err\n%s\n",
			 cases[i].line);
		assert_int_equal(read_text(&settings, text), 1);
		if (strncmp(faults, cases[i].fault, strlen(cases[i].fault)))
			fail_msg("'%s': %s", cases[i].line, faults);
		assert_int_equal(settings.options.value[NFO_OPTION_LOG_LEVEL],
				 LOG_ERR);
		/* What no right line says stays, for it may have been meant. */
		assert_int_equal(settings.options.value[NFO_OPTION_GRACE], 42);
		assert_int_equal(
			settings.options.value[NFO_OPTION_BYPASS_QDISC], 1);
	}
	/* Each one is told. */
	begin(&settings);
	assert_int_equal(read_text(&settings, "a = 1\nb = 1\ngrace = x\n"), 3);
	assert_non_null(strstr(faults, "3: grace"));
}

/* The command line holds, whatever is in the file, and however often. */
static void test_command_line(void **state)
{
	struct settings settings;
	char cure[64];

	(void)state;
	begin(&settings);
	assert_int_equal(settings_fix(&settings, "grace", "7", cure,
				      sizeof(cure)), 0);
	expect(&settings, 7, 0, LOG_INFO);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_text(&settings, "grace = 60\n"
					   "bypass-qdisc = true\n"), 0);
		expect(&settings, 7, 1, LOG_INFO);
	}
	assert_int_equal(settings_fix(&settings, "grace", "9999", cure,
				      sizeof(cure)), -EINVAL);
	assert_string_equal(cure, "give whole seconds from 0 to 600");
	assert_int_equal(settings_fix(&settings, "log-level", "loud", cure,
				      sizeof(cure)), -EINVAL);
	assert_string_equal(cure,
			    "give err, warning, notice, info or debug");
	expect(&settings, 7, 1, LOG_INFO);
}

/* What cannot be read, or may not be, changes nothing. */
static void test_file(void **state)
{
	static char big[17 * 1024];
	struct settings settings;
	static const char zero[] = "grace = 5\n\0grace = 6\n";
	char line[512];

	(void)state;
	begin(&settings);
	assert_int_equal(read_text(&settings, "grace = 42\n"), 0);

	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(reread(&settings), 1);
	assert_non_null(strstr(faults, "0: is not taken, for others"));
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(reread(&settings), 1);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(reread(&settings), 0);

	memset(big, '#', sizeof(big));
	write_bytes(big, sizeof(big));
	assert_int_equal(reread(&settings), 1);
	assert_non_null(strstr(faults, "0: is longer than 16384 bytes"));
	write_bytes(zero, sizeof(zero) - 1);
	assert_int_equal(reread(&settings), 1);
	assert_non_null(strstr(faults, "0: is no text"));
	expect(&settings, 42, 0, LOG_INFO);

	/* A line that is too long is left out, not cut. */
	memset(line, ' ', sizeof(line));
	memcpy(line, "grace = 6", 9);
	memcpy(line + 300, "0\ngrace = 8\n", 13);
	assert_int_equal(read_text(&settings, line), 1);
	assert_non_null(strstr(faults, "1: is longer than 255 characters"));
	expect(&settings, 8, 0, LOG_INFO);

	/* A pipe would wait for ever; a folder is none. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(reread(&settings), 1);
	assert_non_null(strstr(faults, "0: is no plain file"));
	expect(&settings, 8, 0, LOG_INFO);
	assert_int_equal(unlink(path), 0);

	/* There need be none, unless it was asked for. */
	settings.must_exist = true;
	assert_int_equal(reread(&settings), 1);
	assert_non_null(strstr(faults, "0: cannot be opened: No such file"));
	expect(&settings, 8, 0, LOG_INFO);
	settings.must_exist = false;
	assert_int_equal(reread(&settings), 0);
	expect(&settings, 10, 0, LOG_INFO);
	write_bytes("", 0);
}

/* The whole text of a file of the source tree. */
static char *slurp(const char *name)
{
	static char text[32768];
	FILE *file = fopen(name, "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

/* Each key is in man page and example, with its range and its default. */
static void test_documented(void **state)
{
	struct nfo_options initial;
	char wanted[128], value[32];
	int option;

	(void)state;
	nfo_options_init(&initial);
	for (option = 0; option < NFO_OPTION_COUNT; option++) {
		const struct nfo_option_info *info = nfo_option_info(option);
		char *page = slurp(SRCDIR "/docs/man/nft-offload.conf.5");
		char *end;

		assert_int_equal(nfo_option_find(info->key), option);
		snprintf(wanted, sizeof(wanted), "\n.It Ic %s\n", info->key);
		page = strstr(page, wanted);
		assert_non_null(page);
		end = strstr(page + 1, "\n.It ");
		if (end)
			*end = '\0';
		nfo_option_text(&initial, option, value, sizeof(value));
		if (info->words) {
			for (int i = 0; info->words[i]; i++)
				assert_non_null(strstr(page, info->words[i]));
			snprintf(wanted, sizeof(wanted),
				 "\nDefault:\n.Cm %s .\n", value);
		} else {
			snprintf(wanted, sizeof(wanted),
				 "\nUnit: %s.\nRange: %u to %u.\nDefault: %s.\n",
				 info->unit, info->min, info->max, value);
		}
		assert_non_null(strstr(page, wanted));
		snprintf(wanted, sizeof(wanted), "\n#%s = %s\n", info->key,
			 value);
		assert_non_null(strstr(slurp(SRCDIR "/packaging/etc/nft-offload.conf"),
				       wanted));
	}
}

/* The example as it is installed is without fault. */
static void test_example(void **state)
{
	struct settings settings;

	(void)state;
	begin(&settings);
	assert_int_equal(read_text(&settings, slurp(SRCDIR
				   "/packaging/etc/nft-offload.conf")), 0);
	expect(&settings, 10, 0, LOG_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
