// SPDX-License-Identifier: Apache-2.0
/*
 * tcpload: many TCP connections at a time, each byte of them checked, for the
 * guest tests.
 *
 *   tcpload serve PORT [--ports N]
 *   tcpload hold ADDRESS PORT COUNT --stop FILE [--every MS] [--ports N]
 *   tcpload churn ADDRESS PORT RATE SECONDS [--ports N]
 *
 * serve sends back what comes, on N ports from PORT on, until it is killed.
 *
 * hold opens COUNT connections and sends a record of 1000 bytes in each, again
 * every MS (100) milliseconds when the last one has come back. It ends when
 * FILE is there and the records under way have come back, and prints
 *
 *   connections=N records=N failed=N wrong=N slowest=MS
 *
 * churn opens RATE connections a second; each sends RECORDS records, one after
 * the other, and closes. It prints
 *
 *   opened=N finished=N failed=N wrong=N
 *
 * failed: could not be connected, or broke; wrong: came back as something else;
 * slowest: the longest that a record took, in milliseconds. Works for IPv4 and
 * IPv6. Exit 0: all went well; 1: some failed or were wrong; 2: usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECORD	1000	/* bytes */
#define RECORDS	3	/* of a connection of churn */
#define EVENTS	256
#define BACKLOG	4096

/* A connection that has been opened. */
struct conn {
	int fd;			/* -1: none */
	uint32_t seed;		/* its records differ by it */
	uint32_t records;	/* that have come back */
	unsigned int sent;	/* bytes of the one under way */
	unsigned int got;
	bool open;		/* connected */
	double due;		/* the next record; while one is under way: since */
	struct conn *next;	/* free ones */
};

struct load {
	struct sockaddr_storage to;
	socklen_t to_len;
	int epoll;
	unsigned int port, ports, count;
	double every, rate, seconds;
	const char *stop;
	bool churn;
	struct conn *conns, *spare;
	unsigned int opened, finished, failed, wrong, active;
	unsigned long long records;
	double slowest;
};

static void die(const char *what)
{
	fprintf(stderr, "tcpload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void watch(int epoll, int op, int fd, uint32_t events, void *data)
{
	struct epoll_event event = { .events = events, .data.ptr = data };

	if (epoll_ctl(epoll, op, fd, &event))
		die("epoll_ctl");
}

/* --- serve --- */

/* What has come and did not go back yet. */
struct echo {
	int fd;
	bool listens;
	bool ended;
	unsigned int len, off;
	char data[4 * RECORD];
};

static struct echo *echo_new(int fd, bool listens)
{
	struct echo *echo = calloc(1, sizeof(*echo));

	if (!echo)
		die("calloc");
	echo->fd = fd;
	echo->listens = listens;
	return echo;
}

static void serve_listen(int epoll, int port)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1, off = 0;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (void *)&any, sizeof(any)) || listen(fd, BACKLOG))
		die("listen");
	watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, echo_new(fd, true));
}

static void serve_accept(int epoll, struct echo *echo)
{
	int fd, on = 1;

	while ((fd = accept4(echo->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, echo_new(fd, false));
	}
}

/* Sends back what there is. False: the connection has ended. */
static bool echo_back(struct echo *echo)
{
	for (;;) {
		ssize_t n;

		if (echo->off < echo->len) {
			n = send(echo->fd, echo->data + echo->off,
				 echo->len - echo->off, MSG_NOSIGNAL);
			if (n < 0)
				return errno == EAGAIN;
			echo->off += n;
			continue;
		}
		if (echo->ended)
			return false;
		n = recv(echo->fd, echo->data, sizeof(echo->data), 0);
		if (n < 0)
			return errno == EAGAIN;
		echo->ended = !n;
		echo->len = n;
		echo->off = 0;
	}
}

/* Does not return. */
static void serve(int port, int ports)
{
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(0);

	for (int i = 0; i < ports; i++)
		serve_listen(epoll, port + i);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct echo *echo = events[i].data.ptr;

			if (echo->listens) {
				serve_accept(epoll, echo);
				continue;
			}
			if (!echo_back(echo)) {
				close(echo->fd);
				free(echo);
				continue;
			}
			watch(epoll, EPOLL_CTL_MOD, echo->fd,
			      echo->off < echo->len ? EPOLLOUT : EPOLLIN, echo);
		}
	}
}

/* --- hold and churn --- */

static char record_byte(const struct conn *conn, unsigned int at)
{
	return (conn->seed * 2654435761u + conn->records * 40503u + at * 31u) >> 7;
}

static void conn_end(struct load *load, struct conn *conn, bool failed)
{
	close(conn->fd);
	conn->fd = -1;
	load->failed += failed;
	load->finished += !failed;
	load->active--;
	conn->next = load->spare;
	load->spare = conn;
}

static void conn_open(struct load *load)
{
	struct conn *conn = load->spare;
	in_port_t port = htons(load->port + load->opened % load->ports);
	int on = 1;

	load->spare = conn->next;
	*conn = (struct conn){ .seed = load->opened++, .due = now() };
	load->active++;
	conn->fd = socket(load->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (conn->fd < 0)
		die("socket");
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* The port is at the same place in both. */
	((struct sockaddr_in *)&load->to)->sin_port = port;
	if (connect(conn->fd, (void *)&load->to, load->to_len) &&
	    errno != EINPROGRESS) {
		conn_end(load, conn, true);
		return;
	}
	watch(load->epoll, EPOLL_CTL_ADD, conn->fd, EPOLLOUT, conn);
}

/* Sends what is left of the record. False: the connection has broken. */
static bool conn_send(struct load *load, struct conn *conn)
{
	char data[RECORD];
	ssize_t n;

	for (unsigned int i = 0; i < RECORD; i++)
		data[i] = record_byte(conn, i);
	n = send(conn->fd, data + conn->sent, RECORD - conn->sent, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		return false;
	if (n > 0)
		conn->sent += n;
	watch(load->epoll, EPOLL_CTL_MOD, conn->fd,
	      EPOLLIN | (conn->sent < RECORD ? EPOLLOUT : 0), conn);
	return true;
}

/* A record has come back whole. */
static void conn_record(struct load *load, struct conn *conn)
{
	double took = now() - conn->due;

	if (took > load->slowest)
		load->slowest = took;
	load->records++;
	conn->records++;
	conn->sent = conn->got = 0;
	conn->due = load->churn ? now() : conn->due + load->every;
	if (conn->due < now())
		conn->due = now();
}

/* Takes in what has come back. False: broken. */
static bool conn_receive(struct load *load, struct conn *conn)
{
	char data[RECORD];
	ssize_t n = recv(conn->fd, data, RECORD - conn->got, 0);

	if (n < 0)
		return errno == EAGAIN;
	if (!n)
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (data[i] != record_byte(conn, conn->got + i)) {
			load->wrong++;
			return false;
		}
	conn->got += n;
	if (conn->got == RECORD)
		conn_record(load, conn);
	return true;
}

static void conn_event(struct load *load, struct conn *conn, uint32_t events)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (!conn->open) {
		getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err) {
			conn_end(load, conn, true);
			return;
		}
		conn->open = true;
		if (!conn_send(load, conn))
			conn_end(load, conn, true);
		return;
	}
	if (events & EPOLLOUT && conn->sent < RECORD && !conn_send(load, conn)) {
		conn_end(load, conn, true);
		return;
	}
	if (events & ~EPOLLOUT && !conn_receive(load, conn)) {
		conn_end(load, conn, true);
		return;
	}
	if (conn->sent || !load->churn)
		return;
	/* One record of churn is back. */
	if (conn->records == RECORDS)
		conn_end(load, conn, false);
	else if (!conn_send(load, conn))
		conn_end(load, conn, true);
}

static void turn(struct load *load, int ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(load->epoll, events, EVENTS, ms);

	for (int i = 0; i < n; i++)
		conn_event(load, events[i].data.ptr, events[i].events);
}

static int tell(const struct load *load)
{
	if (load->churn)
		printf("opened=%u finished=%u failed=%u wrong=%u\n", load->opened,
		       load->finished, load->failed, load->wrong);
	else
		printf("connections=%u records=%llu failed=%u wrong=%u slowest=%.0f\n",
		       load->opened, load->records, load->failed, load->wrong,
		       load->slowest * 1000);
	return load->failed || load->wrong;
}

static int hold(struct load *load)
{
	bool stop = false, busy = true;

	while (load->opened < load->count) {
		conn_open(load);
		turn(load, 0);
	}
	while (busy && load->active) {
		turn(load, 10);
		stop = stop || !access(load->stop, F_OK);
		busy = !stop;
		for (unsigned int i = 0; i < load->count; i++) {
			struct conn *conn = &load->conns[i];

			if (conn->fd < 0)
				continue;
			if (!conn->open || conn->sent)
				busy = true;
			else if (!stop && conn->due <= now() &&
				 !conn_send(load, conn))
				conn_end(load, conn, true);
		}
	}
	return tell(load);
}

static int churn(struct load *load)
{
	double start = now(), patience = 300;
	double end = start + load->seconds;

	while (now() < end || load->active) {
		double t = now();

		/* What is late is opened at once, some at a time. */
		for (int i = 0; i < 64 && t < end && load->spare &&
		     load->opened < (t - start) * load->rate; i++)
			conn_open(load);
		turn(load, 1);
		if (now() > end + patience) {
			load->failed += load->active;
			break;
		}
	}
	return tell(load);
}

static void target(struct load *load, const char *address)
{
	struct sockaddr_in6 *to6 = (void *)&load->to;
	struct sockaddr_in *to4 = (void *)&load->to;

	if (inet_pton(AF_INET, address, &to4->sin_addr) == 1) {
		to4->sin_family = AF_INET;
		load->to_len = sizeof(*to4);
	} else if (inet_pton(AF_INET6, address, &to6->sin6_addr) == 1) {
		to6->sin6_family = AF_INET6;
		load->to_len = sizeof(*to6);
	} else {
		fprintf(stderr, "tcpload: '%s' is not an address\n", address);
		exit(2);
	}
}

static int run(struct load *load, const char *address, const char *port)
{
	target(load, address);
	load->port = atoi(port);
	load->epoll = epoll_create1(0);
	load->conns = calloc(load->count, sizeof(*load->conns));
	if (!load->conns || load->epoll < 0)
		die("start");
	for (unsigned int i = load->count; i-- > 0;) {
		load->conns[i].fd = -1;
		load->conns[i].next = load->spare;
		load->spare = &load->conns[i];
	}
	return load->churn ? churn(load) : hold(load);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: tcpload serve PORT [--ports N]\n"
		"       tcpload hold ADDRESS PORT COUNT --stop FILE [--every MS] [--ports N]\n"
		"       tcpload churn ADDRESS PORT RATE SECONDS [--ports N]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ports", required_argument, NULL, 'p' },
		{ "stop", required_argument, NULL, 's' },
		{ "every", required_argument, NULL, 'e' },
		{ }
	};
	struct rlimit files = { 60000, 60000 };
	struct load load = { .ports = 1, .every = 0.1 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'p': load.ports = atoi(optarg); break;
		case 's': load.stop = optarg; break;
		case 'e': load.every = atof(optarg) / 1000; break;
		default: return usage();
		}
	argv += optind;
	argc -= optind;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 2 && load.ports && !strcmp(argv[0], "serve"))
		serve(atoi(argv[1]), load.ports);
	if (argc == 4 && load.ports && load.stop && !strcmp(argv[0], "hold")) {
		load.count = atoi(argv[3]);
		return load.count ? run(&load, argv[1], argv[2]) : usage();
	}
	if (argc == 5 && load.ports && !strcmp(argv[0], "churn")) {
		load.churn = true;
		load.rate = atof(argv[3]);
		load.seconds = atof(argv[4]);
		load.count = 20000;
		return run(&load, argv[1], argv[2]);
	}
	return usage();
}
