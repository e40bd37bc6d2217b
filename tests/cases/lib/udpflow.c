// SPDX-License-Identifier: Apache-2.0
/*
 * udpflow: a UDP flow with a known number of packets, for the guest tests.
 *
 *   udpflow recv PORT [--for SECONDS] [--silent]
 *   udpflow send ADDRESS PORT COUNT [--from PORT] [--size BYTES] [--pps N]
 *           [--warmup SECONDS] [--until FILE] [--stop FILE]
 *
 * The receiver answers the first packet of each sender (a connection is
 * offloaded only after a reply), counts what arrives, and prints one line
 * when the sender says it is done or the time is over:
 *
 *   received=N lost=N reordered=N duplicates=N ttl=MIN..MAX
 *
 * The kernel verifies the checksums before the receiver sees a packet, so a
 * packet with a wrong one shows as lost. The sender waits for the answer,
 * sends slowly (5 packets a second) for the warm-up, in which the flow reaches
 * hardware, and until FILE is there, then COUNT packets at the given rate, or fewer if
 * the file of --stop appears. Works for IPv4 and
 * IPv6. Exit 0: done; 1: no answer, or an error; 2: usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x7f10cafeu
#define SIZE_MAX_BYTES 65000
#define WARMUP_PPS 5

enum kind { KIND_HELLO = 1, KIND_DATA, KIND_END };

/* What each packet starts with, in network byte order. */
struct head {
	uint32_t magic;
	uint32_t kind;
	uint32_t seq;
};

/* What the receiver has seen, over all senders. */
struct tally {
	uint64_t received, reordered, duplicates;
	uint32_t highest, expected;
	int ttl_min, ttl_max;
	uint8_t *seen;
	uint32_t seen_size;
};

static void die(const char *what)
{
	fprintf(stderr, "udpflow: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
	double left = when - now();
	struct timespec t;

	if (left <= 0)
		return;
	t.tv_sec = left;
	t.tv_nsec = (left - t.tv_sec) * 1e9;
	nanosleep(&t, NULL);
}

/* The TTL or hop limit that the kernel reports with a packet, or -1. */
static int ttl_of(struct msghdr *msg)
{
	struct cmsghdr *c;
	int ttl = -1;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	return ttl;
}

static void tally_add(struct tally *t, uint32_t seq, int ttl)
{
	if (seq >= t->seen_size) {
		uint32_t size = seq * 2 + 4096;

		t->seen = realloc(t->seen, size);
		if (!t->seen)
			die("realloc");
		memset(t->seen + t->seen_size, 0, size - t->seen_size);
		t->seen_size = size;
	}
	if (t->seen[seq]) {
		t->duplicates++;
		return;
	}
	t->seen[seq] = 1;
	t->received++;
	if (seq < t->highest)
		t->reordered++;
	else
		t->highest = seq;
	if (ttl < t->ttl_min)
		t->ttl_min = ttl;
	if (ttl > t->ttl_max)
		t->ttl_max = ttl;
}

static int receive_socket(int port)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	struct timeval tick = { .tv_usec = 200000 };
	int fd, on = 1, off = 0, buffer = 64 << 20;

	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)))
		die("setsockopt");
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		die("bind");
	return fd;
}

static int receive(int port, double seconds, bool silent)
{
	struct tally t = { .ttl_min = 256, .ttl_max = -1 };
	double end = seconds > 0 ? now() + seconds : 0;
	int fd = receive_socket(port);
	bool done = false;

	while (!done && (!end || now() < end)) {
		char data[SIZE_MAX_BYTES], control[256];
		struct sockaddr_in6 from;
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = {
			.msg_name = &from, .msg_namelen = sizeof(from),
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(fd, &msg, 0);
		struct head h;

		if (n < (ssize_t)sizeof(h))
			continue;
		memcpy(&h, data, sizeof(h));
		if (ntohl(h.magic) != MAGIC)
			continue;
		switch (ntohl(h.kind)) {
		case KIND_HELLO:
			if (!silent)
				sendto(fd, data, n, 0, (void *)&from, msg.msg_namelen);
			break;
		case KIND_DATA:
			tally_add(&t, ntohl(h.seq), ttl_of(&msg));
			break;
		case KIND_END:
			t.expected = ntohl(h.seq);
			done = true;
		}
	}
	printf("received=%llu lost=%lld reordered=%llu duplicates=%llu ttl=%d..%d\n",
	       (unsigned long long)t.received,
	       done ? (long long)t.expected - (long long)t.received : -1,
	       (unsigned long long)t.reordered, (unsigned long long)t.duplicates,
	       t.ttl_min, t.ttl_max);
	return 0;
}

struct plan {
	const char *address, *until, *stop;
	int port, from, size;
	uint32_t count;
	double pps, warmup;
};

static int send_socket(const struct plan *p)
{
	bool v6 = strchr(p->address, ':');
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(p->port) };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(p->port) };
	struct sockaddr_in6 local6 = { .sin6_family = AF_INET6, .sin6_port = htons(p->from) };
	struct sockaddr_in local4 = { .sin_family = AF_INET, .sin_port = htons(p->from) };
	struct timeval wait = { .tv_usec = 200000 };
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), on = 1, e;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)))
		die("setsockopt");
	if (inet_pton(v6 ? AF_INET6 : AF_INET, p->address,
		      v6 ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr) != 1) {
		fprintf(stderr, "udpflow: '%s' is not an address\n", p->address);
		exit(2);
	}
	e = v6 ? bind(fd, (void *)&local6, sizeof(local6)) :
		 bind(fd, (void *)&local4, sizeof(local4));
	if (e)
		die("bind");
	e = v6 ? connect(fd, (void *)&to6, sizeof(to6)) :
		 connect(fd, (void *)&to4, sizeof(to4));
	if (e)
		die("connect");
	return fd;
}

static void send_one(int fd, char *data, int size, enum kind kind, uint32_t seq)
{
	struct head h = { htonl(MAGIC), htonl(kind), htonl(seq) };

	memcpy(data, &h, sizeof(h));
	/* ECONNREFUSED is an old ICMP error, ENOBUFS a full queue: once more. */
	while (send(fd, data, size, 0) < 0)
		if (errno != ECONNREFUSED && errno != ENOBUFS && errno != EAGAIN)
			die("send");
}

static int hello(int fd, char *data, int size)
{
	char answer[SIZE_MAX_BYTES];

	for (int i = 0; i < 300; i++) {
		send_one(fd, data, size, KIND_HELLO, 0);
		if (recv(fd, answer, sizeof(answer), 0) > 0)
			return 0;
	}
	fprintf(stderr, "udpflow: no answer within 60 s\n");
	return -1;
}

static int transmit(const struct plan *p)
{
	static char data[SIZE_MAX_BYTES];
	int fd = send_socket(p);
	uint32_t seq = 0;
	double start;

	if (hello(fd, data, p->size))
		return 1;
	start = now();
	while (now() < start + p->warmup || (p->until && access(p->until, F_OK))) {
		send_one(fd, data, p->size, KIND_DATA, seq++);
		sleep_until(start + (double)seq / WARMUP_PPS);
	}
	start = now();
	for (uint32_t i = 0; i < p->count; i++) {
		send_one(fd, data, p->size, KIND_DATA, seq++);
		/* Every 16th: the timer is coarser than a packet's time. */
		if (i % 16 != 15)
			continue;
		if (p->pps > 0)
			sleep_until(start + (i + 1) / p->pps);
		if (p->stop && !access(p->stop, F_OK))
			break;
	}
	usleep(300000);
	for (int i = 0; i < 3; i++) {
		send_one(fd, data, p->size, KIND_END, seq);
		usleep(20000);
	}
	printf("sent=%u\n", seq);
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: udpflow recv PORT [--for SECONDS] [--silent]\n"
		"       udpflow send ADDRESS PORT COUNT [--from PORT] [--size BYTES]\n"
		"               [--pps N] [--warmup SECONDS] [--until FILE]\n"
		"               [--stop FILE]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "for", required_argument, NULL, 'f' },
		{ "silent", no_argument, NULL, 's' },
		{ "from", required_argument, NULL, 'p' },
		{ "size", required_argument, NULL, 'z' },
		{ "pps", required_argument, NULL, 'r' },
		{ "warmup", required_argument, NULL, 'w' },
		{ "stop", required_argument, NULL, 'x' },
		{ "until", required_argument, NULL, 'u' },
		{ }
	};
	struct plan p = { .size = 64, .warmup = 2 };
	double seconds = 0;
	bool silent = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'f': seconds = atof(optarg); break;
		case 's': silent = true; break;
		case 'p': p.from = atoi(optarg); break;
		case 'z': p.size = atoi(optarg); break;
		case 'r': p.pps = atof(optarg); break;
		case 'w': p.warmup = atof(optarg); break;
		case 'u': p.until = optarg; break;
		case 'x': p.stop = optarg; break;
		default: return usage();
		}
	if (p.size < (int)sizeof(struct head) || p.size > SIZE_MAX_BYTES)
		return usage();
	argv += optind;
	argc -= optind;
	if (argc == 2 && !strcmp(argv[0], "recv"))
		return receive(atoi(argv[1]), seconds, silent);
	if (argc == 4 && !strcmp(argv[0], "send")) {
		p.address = argv[1];
		p.port = atoi(argv[2]);
		p.count = strtoul(argv[3], NULL, 10);
		return transmit(&p);
	}
	return usage();
}
