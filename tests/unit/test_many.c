// SPDX-License-Identifier: Apache-2.0
/*
 * test_many: the command beside a daemon that has 100,000 flows: `flows --json`
 * takes no memory for them, at either end, and `top` no more than 5 % of a
 * processor.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "connection.h"
#include "control.h"
#include "ranking.h"
#include "report.h"
#include "table_host.h"

#define CONNECTIONS	50000	/* two flows each */
/* Of the command, the libraries' own included; the answer has 30 MB. */
#define DATA_MAX	(8 * 1024 * 1024)
/* Of the daemon, beside what it knows: two buffers of a client and an object. */
#define MORE_MAX	(512 * 1024)
#define TOP_SECONDS	4
#define TOP_PERCENT	5

static char directory[] = "/tmp/nft-offload-XXXXXX";
static char path[64];

/* The daemon, without the kernel. */
static struct {
	struct host *host;
	struct connections connections;
	struct ranking ranking;
	bool counted;
	struct report_host of;
	struct control control;
	struct loop loop;
	double walk_s;		/* processor time of the quickest walk; 0: none */
} box;

static double processor_s(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int setup(void **state)
{
	struct nfo_flowtable_flow flow = {
		.table = "filter", .flowtable = "fast", .iif = 2, .oif = 3,
		.tuple = { .family = AF_INET, .ip_proto = IPPROTO_UDP },
	};

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", directory);
	box.host = host_new();
	box.of = (struct report_host){
		.eswitch = box.host->eswitch,
		.table = box.host->table,
		.connections = &box.connections,
		.ranking = &box.ranking,
		.software_counted = &box.counted,
	};
	assert_int_equal(connections_init(&box.connections), 0);
	ranking_init(&box.ranking, &box.connections, NULL);
	for (flow.id = 2; flow.id < 2 + 2 * CONNECTIONS; flow.id++) {
		uint32_t number = flow.id >> 1;

		flow.ct_id = number;
		memcpy(&flow.tuple.src, &number, sizeof(number));
		memcpy(&flow.tuple.dst, &number, sizeof(number));
		flow.tuple.sport = htons(number);
		flow.tuple.dport = htons(443);
		assert_int_equal(connections_learn(&box.connections,
						   &flow), 0);
		assert_int_equal(nfo_table_reject(box.host->batch, FLOWTABLE,
						  nfo_id(flow.id), NULL,
						  NFT_OFFLOAD_REASON_TABLE_FULL,
						  "no place", NULL, NULL), 0);
	}
	assert_int_equal(nfo_table_commit(box.host->batch), 0);
	assert_int_equal(loop_open(&box.loop), 0);
	assert_int_equal(control_open(&box.control, path, NULL), 0);
	assert_int_equal(control_serve(&box.control, &box.loop, &box.of), 0);
	return 0;
}

static int teardown(void **state)
{
	char lock[sizeof(path) + 8];

	(void)state;
	control_close(&box.control);
	loop_close(&box.loop);
	connections_free(&box.connections);
	host_free(box.host);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	return rmdir(directory);
}

/*
 * Starts the command with @words, its output to @file; it may have @data bytes
 * of memory (RLIMIT_DATA), 0: as much as it likes.
 */
static pid_t command(const char *const *words, const char *file, size_t data)
{
	const char *argv[16] = { "./nft-offload", "--socket", path };
	int n = 3;
	pid_t pid;

	while (*words)
		argv[n++] = *words++;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct rlimit limit = { data, data };
		int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, STDOUT_FILENO);
		if (data)
			setrlimit(RLIMIT_DATA, &limit);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
	return pid;
}

/* The daemon's second: every flow has carried something, each another rate. */
static void second(uint64_t now_ms)
{
	struct ranking *ranking = &box.ranking;
	static uint64_t packets;
	double before;
	uint64_t id;

	if (!ranking_watched(ranking))
		return;
	packets++;
	for (id = 2; id < 2 + 2 * CONNECTIONS; id++)
		ranking_software(connections_find(&box.connections, id),
			       id & 1, packets * id * 10,
			       packets * id * 1000, 1000);
	before = processor_s(CLOCK_THREAD_CPUTIME_ID);
	ranking_walk(ranking, box.host->table, now_ms);
	before = processor_s(CLOCK_THREAD_CPUTIME_ID) - before;
	/* Others may have spoilt the caches. */
	if (!box.walk_s || before < box.walk_s)
		box.walk_s = before;
}

/* Turns the loop until the command has ended: its status, its memory and time. */
static int serve_until(pid_t pid, struct rusage *usage, size_t *most)
{
	uint64_t next_ms = processor_s(CLOCK_MONOTONIC) * 1000;
	int status;

	*most = 0;
	while (!wait4(pid, &status, WNOHANG, usage)) {
		uint64_t now_ms = processor_s(CLOCK_MONOTONIC) * 1000;
		size_t used;

		assert_int_equal(loop_turn(&box.loop, 20), 0);
		used = mallinfo2().uordblks + mallinfo2().hblkhd;
		*most = used > *most ? used : *most;
		if (now_ms >= next_ms) {
			second(now_ms);
			next_ms += 1000;
		}
	}
	return status;
}

static void test_flows(void **state)
{
	static const char *const words[] = { "flows", "--json", NULL };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, most;
	char line[4096], file[80];
	struct rusage usage;
	unsigned int n = 0;
	FILE *out;

	(void)state;
	snprintf(file, sizeof(file), "%s/out", directory);
	assert_int_equal(serve_until(command(words, file, DATA_MAX), &usage,
				     &most), 0);
	out = fopen(file, "r");
	while (fgets(line, sizeof(line), out)) {
		assert_non_null(strstr(line, "\"reason\":\"table_full\""));
		n++;
	}
	print_message("%u connections, %ld bytes; the daemon took %zd bytes more\n",
		      n, ftell(out), most - before);
	fclose(out);
	unlink(file);
	assert_int_equal(n, CONNECTIONS);
	assert_true(most < before + MORE_MAX);
}

/* Text: columns are found out a part at a time. */
static void test_flows_text(void **state)
{
	static const char *const words[] = { "flows", NULL };
	char line[4096], file[80];
	struct rusage usage;
	unsigned int n = 0;
	size_t most;
	FILE *out;

	(void)state;
	snprintf(file, sizeof(file), "%s/out", directory);
	assert_int_equal(serve_until(command(words, file, DATA_MAX), &usage,
				     &most), 0);
	out = fopen(file, "r");
	while (fgets(line, sizeof(line), out))
		n += !strncmp(line, "udp ", 4);
	fclose(out);
	unlink(file);
	assert_int_equal(n, 2 * CONNECTIONS);
}

static void test_top(void **state)
{
	static const char *const words[] = { "top", "-b", "-n", "5", "--limit",
					     "50", NULL };
	double begun = processor_s(CLOCK_MONOTONIC), wall, cpu;
	char line[4096], file[80], hottest[32];
	double busy = processor_s(CLOCK_THREAD_CPUTIME_ID);
	struct rusage usage;
	unsigned int n = 0, seconds = 0;
	size_t most;
	FILE *out;

	(void)state;
	snprintf(file, sizeof(file), "%s/out", directory);
	assert_int_equal(serve_until(command(words, file, 0), &usage, &most),
			 0);
	wall = processor_s(CLOCK_MONOTONIC) - begun;
	busy = processor_s(CLOCK_THREAD_CPUTIME_ID) - busy;
	cpu = usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6 +
	      usage.ru_stime.tv_sec + usage.ru_stime.tv_usec / 1e6;
	print_message("top: %.1f s, of a processor %.2f %%; the daemon's walk through %u flows %.1f ms\n",
		      wall, cpu * 100 / wall, 2 * CONNECTIONS,
		      box.walk_s * 1000);
	/* The one with the highest id has the most, and is the first. */
	snprintf(hottest, sizeof(hottest), ":%u ", CONNECTIONS);
	out = fopen(file, "r");
	while (fgets(line, sizeof(line), out)) {
		seconds += !strncmp(line, "nft-offload top", 15);
		if (!strncmp(line, "udp ", 4) && n++ % 50 == 0)
			assert_non_null(strstr(line, hottest));
	}
	fclose(out);
	unlink(file);
	assert_int_equal(seconds, TOP_SECONDS + 1);
	assert_int_equal(n, 50 * seconds);
	assert_true(wall > TOP_SECONDS);
	assert_true(cpu * 100 / wall < TOP_PERCENT);
	/* Of each second: some 4 % here, 400 ns for each flow. */
	assert_true(box.walk_s > 0 && box.walk_s * 100 < 2 * TOP_PERCENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_flows_text),
		cmocka_unit_test(test_top),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
