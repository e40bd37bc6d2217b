// SPDX-License-Identifier: Apache-2.0
/*
 * test_endpoint: connections as people write them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "endpoint.h"

#define MAX_WORDS	16

/* Parses @line, cut at its blanks. */
static int parse(struct endpoint_pair *pair, const char *line,
		 const char **why)
{
	char copy[256], *words[MAX_WORDS], *rest = copy, *word;
	int n = 0;

	strcpy(copy, line);
	while ((word = strsep(&rest, " ")))
		if (*word && n < MAX_WORDS)
			words[n++] = word;
	return endpoint_pair_parse(pair, words, n, why);
}

static void end_is(const struct endpoint *end, const char *address,
		   uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	assert_non_null(inet_ntop(end->family, &end->address, text,
				  sizeof(text)));
	assert_string_equal(text, address);
	assert_int_equal(end->port, port);
}

static void test_good(void **state)
{
	static const struct {
		const char *line;
		uint8_t protocol;
		const char *src;
		uint16_t sport;
		const char *dst;
		uint16_t dport;
	} good[] = {
		{ "udp 10.0.0.2:7001 10.0.1.2:5001", IPPROTO_UDP,
		  "10.0.0.2", 7001, "10.0.1.2", 5001 },
		{ "tcp [fd00::2]:1 [fd00:1::2]:65535", IPPROTO_TCP,
		  "fd00::2", 1, "fd00:1::2", 65535 },
		{ "gre 10.0.0.2 10.0.1.2", IPPROTO_GRE,
		  "10.0.0.2", 0, "10.0.1.2", 0 },
		{ "gre fd00::2 [fd00::3]", IPPROTO_GRE,
		  "fd00::2", 0, "fd00::3", 0 },
		{ "udp original 10.0.0.2:7001 10.0.1.2:5001 yes 12 3400 0.1s eth3 eth5 filter/fast",
		  IPPROTO_UDP, "10.0.0.2", 7001, "10.0.1.2", 5001 },
	};
	struct endpoint_pair pair;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(&pair, good[i].line, &why), 0);
		assert_null(why);
		assert_int_equal(pair.protocol, good[i].protocol);
		end_is(&pair.src, good[i].src, good[i].sport);
		end_is(&pair.dst, good[i].dst, good[i].dport);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"", "udp", "udp 10.0.0.2:1", "udp original 10.0.0.2:1",
		"icmp 10.0.0.2 10.0.0.3", "udp 10.0.0.2:1 fd00::1",
		"udp 10.0.0.2: 10.0.0.3:1", "udp 10.0.0.2:65536 10.0.0.3:1",
		"udp 10.0.0.2:-1 10.0.0.3:1", "udp 10.0.0.256:1 10.0.0.3:1",
		"udp [fd00::1 [fd00::2]:1", "udp [fd00::1]x [fd00::2]:1",
		"udp 10.0.0.2:1x 10.0.0.3:1",
		"udp 10.0.0.2:111111111111111111111111111111111111111111111111111111111111111 10.0.0.3:1",
	};
	struct endpoint_pair pair;
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(&pair, bad[i], &why), -EINVAL);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
