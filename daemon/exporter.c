// SPDX-License-Identifier: Apache-2.0
/*
 * exporter: see exporter.h.
 *
 * Facts: microhttpd.h (the handler is called once with the head of a request, and
 * again for each part of its body); the media type: OpenMetrics specification 1.0.
 */
#include "exporter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "log.h"

#define EXPORTER_CLIENTS	16
#define EXPORTER_PATIENCE	10u	/* s, of a client that says nothing */
#define EXPORTER_MEMORY		((size_t)8192)	/* bytes for a request */
#define EXPORTER_TEXT_MAX	(1024 * 1024)	/* bytes of an answer */
#define EXPORTER_FRESH_MS	1000

#define TYPE_METRICS	"application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TYPE_TEXT	"text/plain; charset=utf-8"
#define TYPE_HTML	"text/html; charset=utf-8"

struct exporter {
	struct MHD_Daemon *http;
	const char *socket;	/* borrowed */
	uint16_t port;
	/* What the daemon said last. Only the thread of libmicrohttpd. */
	char *text;
	uint64_t asked_ms;	/* 0: never */
	int err;
	struct log_limit limit;
};

static const char page[] =
"<!DOCTYPE html>\n"
"<title>nft-offload-exporter</title>\n"
"<p>The figures of nft-offloadd: <a href=\"/metrics\">/metrics</a>\n";

/* --- answers --- */

static enum MHD_Result answer(struct MHD_Connection *connection,
			      unsigned int status, const char *type,
			      const char *text)
{
	struct MHD_Response *response;
	enum MHD_Result ret;

	response = MHD_create_response_from_buffer(strlen(text), (void *)text,
						   MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					"GET, HEAD");
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

/* Asks the daemon, unless there is an answer that is fresh. */
static void refresh(struct exporter *exporter)
{
	uint64_t now = nfo_clock_ms();

	if (!exporter->err && exporter->asked_ms &&
	    now - exporter->asked_ms < EXPORTER_FRESH_MS)
		return;
	free(exporter->text);
	exporter->text = NULL;
	exporter->err = client_text(exporter->socket, "metrics", "# EOF",
				    EXPORTER_TEXT_MAX, &exporter->text);
	exporter->asked_ms = nfo_clock_ms();
	if (exporter->err)
		log_say_limited(&exporter->limit, LOG_WARNING,
				"who listens at %s does not answer: %s",
				client_where(exporter->socket), strerror(-exporter->err));
}

static enum MHD_Result answer_metrics(struct exporter *exporter,
				      struct MHD_Connection *connection)
{
	char why[256];

	refresh(exporter);
	if (!exporter->err)
		return answer(connection, MHD_HTTP_OK, TYPE_METRICS,
			      exporter->text);
	snprintf(why, sizeof(why), "who listens at %s does not answer: %s\n",
		 client_where(exporter->socket), strerror(-exporter->err));
	return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE, TYPE_TEXT, why);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *body,
			      size_t *body_size, void **state)
{
	struct exporter *exporter = arg;

	(void)version;
	(void)body;
	(void)body_size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      TYPE_TEXT, "nothing can be changed here\n");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(exporter, connection);
	if (!strcmp(url, "/"))
		return answer(connection, MHD_HTTP_OK, TYPE_HTML, page);
	return answer(connection, MHD_HTTP_NOT_FOUND, TYPE_TEXT,
		      "there is /metrics\n");
}

/* --- start and stop --- */

static void say(void *arg, const char *format, va_list args)
{
	char line[256];

	(void)arg;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_say(LOG_DEBUG, "libmicrohttpd: %s", line);
}

/* A socket that listens there, or a negative errno. */
static int exporter_listen(const struct endpoint *endpoint, uint16_t *port)
{
	struct sockaddr_in6 ipv6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(endpoint->port),
		.sin6_addr = endpoint->address,
	};
	struct sockaddr_in ipv4 = {
		.sin_family = AF_INET,
		.sin_port = htons(endpoint->port),
	};
	bool is_ipv6 = endpoint->family == AF_INET6;
	struct sockaddr *address = is_ipv6 ? (struct sockaddr *)&ipv6 :
				   (struct sockaddr *)&ipv4;
	socklen_t len = is_ipv6 ? sizeof(ipv6) : sizeof(ipv4);
	const int on = 1, off = 0;
	int err;
	int fd;

	memcpy(&ipv4.sin_addr, &endpoint->address, sizeof(ipv4.sin_addr));
	fd = socket(endpoint->family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* One that has just ended must not be in the way. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Every address is those of IPv4, too. */
	if (is_ipv6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, address, len) < 0 || listen(fd, EXPORTER_CLIENTS) < 0 ||
	    getsockname(fd, address, &len) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	*port = ntohs(is_ipv6 ? ipv6.sin6_port : ipv4.sin_port);
	return fd;
}

int exporter_start(struct exporter **exporterp, const struct endpoint *endpoint,
		   const char *socket)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));
	int fd;

	if (!exporter)
		return -ENOMEM;
	fd = exporter_listen(endpoint, &exporter->port);
	if (fd < 0) {
		free(exporter);
		return fd;
	}
	exporter->socket = socket;
	exporter->http = MHD_start_daemon(
		MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL,
		NULL, handle, exporter,
		MHD_OPTION_EXTERNAL_LOGGER, say, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)EXPORTER_CLIENTS,
		MHD_OPTION_CONNECTION_TIMEOUT, EXPORTER_PATIENCE,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, EXPORTER_MEMORY,
		MHD_OPTION_END);
	if (!exporter->http) {
		close(fd);
		free(exporter);
		return -ENOMEM;
	}
	*exporterp = exporter;
	return 0;
}

uint16_t exporter_port(const struct exporter *exporter)
{
	return exporter->port;
}

/* libmicrohttpd closes the socket. */
void exporter_stop(struct exporter *exporter)
{
	MHD_stop_daemon(exporter->http);
	free(exporter->text);
	free(exporter);
}
