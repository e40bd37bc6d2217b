// SPDX-License-Identifier: Apache-2.0
/*
 * test_exporter: what it answers by HTTP, with a daemon that is played here: one
 * that speaks, one that breaks off, one that is not there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "exporter.h"
#include "log.h"

#define METRICS	"# TYPE nft_offload_connections gauge\n" \
		"nft_offload_connections 7\n" \
		"# EOF\n"

static char directory[] = "/tmp/nft-offload-XXXXXX";
static char path[64];

/* The daemon: what it says, and how often it was asked. */
static struct {
	int fd;
	pthread_t thread;
	const char *says;
	char *much;		/* owned */
	volatile unsigned int asked;
} box;

static void *box_run(void *arg)
{
	char word[64];
	size_t len;
	int fd;

	(void)arg;
	while ((fd = accept(box.fd, NULL, NULL)) >= 0) {
		len = recv(fd, word, sizeof(word) - 1, 0);
		word[len] = '\0';
		box.asked++;
		if (!strcmp(word, "metrics\n"))
			send(fd, box.says, strlen(box.says), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void box_start(const char *says)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	box.says = says;
	box.asked = 0;
	box.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(box.fd, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	assert_int_equal(listen(box.fd, 4), 0);
	assert_int_equal(pthread_create(&box.thread, NULL, box_run, NULL), 0);
}

static void box_stop(void)
{
	shutdown(box.fd, SHUT_RDWR);
	pthread_join(box.thread, NULL);
	close(box.fd);
	unlink(path);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(directory);
}

/* What comes back for @request, all of it. */
static const char *http(uint16_t port, const char *request)
{
	static char reply[65536];
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	size_t len = 0;
	ssize_t got;
	int fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)), 0);
	send(fd, request, strlen(request), MSG_NOSIGNAL);
	while ((got = recv(fd, reply + len, sizeof(reply) - 1 - len, 0)) > 0)
		len += got;
	reply[len] = '\0';
	close(fd);
	return reply;
}

#define REQUEST(method, url) \
	method " " url " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void expect(const char *reply, const char *head, const char *part)
{
	if (strncmp(reply, head, strlen(head)) || !strstr(reply, part))
		fail_msg("no '%s' with '%s': %s", head, part, reply);
}

static struct exporter *start(const char *listen)
{
	struct exporter *exporter;
	struct endpoint endpoint;

	assert_int_equal(endpoint_parse(&endpoint, listen), 0);
	assert_int_equal(exporter_start(&exporter, &endpoint, path), 0);
	return exporter;
}

static void test_answers(void **state)
{
	struct exporter *exporter = start("127.0.0.1:0");
	uint16_t port = exporter_port(exporter);
	const char *reply;

	(void)state;
	box_start(METRICS);
	reply = http(port, REQUEST("GET", "/metrics"));
	expect(reply, "HTTP/1.1 200 ", "\r\n\r\n" METRICS);
	expect(reply, "HTTP/1.1 200 ",
	       "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n");
	/* With what Prometheus may say behind it. */
	expect(http(port, REQUEST("GET", "/metrics?x=y")), "HTTP/1.1 200 ",
	       METRICS);
	reply = http(port, REQUEST("HEAD", "/metrics"));
	expect(reply, "HTTP/1.1 200 ", "Content-Length: ");
	assert_null(strstr(reply, "# EOF"));
	expect(http(port, REQUEST("GET", "/")), "HTTP/1.1 200 ",
	       "href=\"/metrics\"");
	expect(http(port, REQUEST("GET", "/metric")), "HTTP/1.1 404 ",
	       "there is /metrics");
	expect(http(port, "POST /metrics HTTP/1.1\r\nHost: x\r\n"
		    "Connection: close\r\nContent-Length: 3\r\n\r\nabc"),
	       "HTTP/1.1 405 ", "Allow: GET, HEAD\r\n");
	/* Three requests, but one question within the second. */
	assert_int_equal(box.asked, 1);
	sleep(1);
	http(port, REQUEST("GET", "/metrics"));
	assert_int_equal(box.asked, 2);
	box_stop();
	exporter_stop(exporter);
}

/* The daemon is not there, breaks off, talks without end: 503, and says so. */
static void test_fails(void **state)
{
	static const struct {
		const char *says;
		const char *why;
	} cases[] = {
		{ NULL, "sock does not answer: No such file or directory" },
		{ "", "sock does not answer: Broken pipe" },
		{ "nft_offload_connections 7\n", "Broken pipe" },
	};
	struct exporter *exporter;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		exporter = start("127.0.0.1:0");
		if (cases[i].says)
			box_start(cases[i].says);
		expect(http(exporter_port(exporter),
			    REQUEST("GET", "/metrics")),
		       "HTTP/1.1 503 ", cases[i].why);
		if (cases[i].says)
			box_stop();
		exporter_stop(exporter);
	}
	box.much = malloc(2 * 1024 * 1024);
	memset(box.much, 'x', 2 * 1024 * 1024 - 1);
	box.much[2 * 1024 * 1024 - 1] = '\0';
	for (i = 79; i < 2 * 1024 * 1024 - 1; i += 80)
		box.much[i] = '\n';
	exporter = start("127.0.0.1:0");
	box_start(box.much);
	expect(http(exporter_port(exporter), REQUEST("GET", "/metrics")),
	       "HTTP/1.1 503 ", "Message too long");
	box_stop();
	exporter_stop(exporter);
	free(box.much);
}

/* It comes back by itself. */
static void test_returns(void **state)
{
	struct exporter *exporter = start("127.0.0.1:0");
	uint16_t port = exporter_port(exporter);

	(void)state;
	expect(http(port, REQUEST("GET", "/metrics")), "HTTP/1.1 503 ", "");
	/* At once: only what was good is kept for a second. */
	box_start(METRICS);
	expect(http(port, REQUEST("GET", "/metrics")), "HTTP/1.1 200 ",
	       METRICS);
	box_stop();
	exporter_stop(exporter);
}

static void test_listen(void **state)
{
	struct exporter *exporter = start("127.0.0.1:0"), *second;
	struct endpoint endpoint;
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), "127.0.0.1:%u", exporter_port(exporter));
	assert_int_equal(endpoint_parse(&endpoint, text), 0);
	assert_int_equal(exporter_start(&second, &endpoint, path),
			 -EADDRINUSE);
	exporter_stop(exporter);
	/* Which one that has ended leaves free at once. */
	assert_int_equal(exporter_start(&second, &endpoint, path), 0);
	exporter_stop(second);
	/* No such address here. */
	assert_int_equal(endpoint_parse(&endpoint, "192.0.2.77:0"), 0);
	assert_int_equal(exporter_start(&second, &endpoint, path),
			 -EADDRNOTAVAIL);
}

/* Garbage, and more than it wants to have, is answered or hung up on. */
static void test_garbage(void **state)
{
	struct exporter *exporter = start("127.0.0.1:0");
	uint16_t port = exporter_port(exporter);
	char *request = malloc(65536);

	(void)state;
	box_start(METRICS);
	http(port, "\r\n\r\n");
	http(port, "GET\r\n\r\n");
	memset(request, 'a', 65535);
	memcpy(request, "GET /", 5);
	request[65535] = '\0';
	expect(http(port, request), "HTTP/1.1 4", "");
	expect(http(port, REQUEST("GET", "/metrics")), "HTTP/1.1 200 ",
	       METRICS);
	box_stop();
	exporter_stop(exporter);
	free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_returns),
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_garbage),
	};

	signal(SIGPIPE, SIG_IGN);
	log_open("test_exporter", LOG_CRIT);
	return cmocka_run_group_tests(tests, setup, teardown);
}
