// SPDX-License-Identifier: Apache-2.0
/*
 * endpoint: see endpoint.h.
 */
#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 0 or -EINVAL. */
static int port_parse(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || value > UINT16_MAX)
		return -EINVAL;
	*port = value;
	return 0;
}

int endpoint_parse(struct endpoint *endpoint, const char *text)
{
	char copy[INET6_ADDRSTRLEN + 16];
	char *address = copy, *port = NULL;

	memset(endpoint, 0, sizeof(*endpoint));
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	if (*copy == '[') {
		char *end = strchr(copy, ']');

		if (!end || (end[1] && end[1] != ':'))
			return -EINVAL;
		port = end[1] ? end + 2 : NULL;
		*end = '\0';
		address = copy + 1;
	} else if (strchr(copy, '.')) {
		port = strchr(copy, ':');
		if (port)
			*port++ = '\0';
	}
	endpoint->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(endpoint->family, address, &endpoint->address) != 1)
		return -EINVAL;
	return port ? port_parse(port, &endpoint->port) : 0;
}

static int protocol_parse(const char *word, uint8_t *protocol)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "gre", IPPROTO_GRE },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i].name))
			continue;
		*protocol = names[i].number;
		return 0;
	}
	return -EINVAL;
}

int endpoint_pair_parse(struct endpoint_pair *pair, char *const *words, int n,
			const char **why)
{
	int from = n > 1 && (!strcmp(words[1], "original") ||
			     !strcmp(words[1], "reply")) ? 2 : 1;

	*why = "a flow is PROTOCOL FROM TO, as in: udp 10.0.0.2:7001 10.0.1.2:5001";
	if (n < from + 2)
		return -EINVAL;
	*why = "a protocol is tcp, udp or gre";
	if (protocol_parse(words[0], &pair->protocol))
		return -EINVAL;
	*why = "an end is ADDRESS:PORT, or [IPV6-ADDRESS]:PORT";
	if (endpoint_parse(&pair->src, words[from]) ||
	    endpoint_parse(&pair->dst, words[from + 1]))
		return -EINVAL;
	*why = "one end is of IPv4, the other one of IPv6";
	if (pair->src.family != pair->dst.family)
		return -EINVAL;
	*why = NULL;
	return 0;
}
