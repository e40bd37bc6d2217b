// SPDX-License-Identifier: Apache-2.0
/* side: see side.h. */
#include "side.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tuple.h"

/*
 * A packet is received three times at most: by the representor, by what
 * decapsulates it, by the far end. So often the bell is rung.
 */
#define SIDE_RINGS	3
#define SIDE_PATIENCE_S	60
/* A bell: this; four bytes of its number; a type that IEEE 802 leaves to experiments. */
#define BELL_START	"\2\2\2\2\2\2\2\2"
#define BELL_TYPE	"\x88\xb5"
#define BELL_LEN	60
#define HOME		"/proc/thread-self/ns/net"
#define SOFT		"/run/netns/soft"

static void port_name(const struct side *side, char *name, const char *what,
		      unsigned int number)
{
	snprintf(name, IFNAMSIZ, "%c%s%u", side->letter, what, number);
}

uint32_t side_representor(const struct side *side, unsigned int number)
{
	char name[IFNAMSIZ];

	port_name(side, name, "rep", number);
	return if_nametoindex(name);
}

/* The counter hw_rx_hit_packets of a representor: the first of all. */
static uint64_t hits_of(const struct side *side, unsigned int number)
{
	struct {
		struct ethtool_stats head;
		uint64_t values[64];
	} stats = { .head = { .cmd = ETHTOOL_GSTATS } };
	struct ifreq request = { .ifr_data = (void *)&stats };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;

	port_name(side, request.ifr_name, "rep", number);
	err = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	return err ? 0 : stats.values[0];
}

static uint64_t all_hits(const struct side *side)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < side->n_ports; i++)
		sum += hits_of(side, i);
	return sum;
}

uint64_t side_hits(const struct side *side)
{
	return all_hits(side) - side->hits;
}

static int open_named(struct side *side, struct ring *ring, const char *what,
		      enum ring_kind kind)
{
	char name[IFNAMSIZ];

	snprintf(name, sizeof(name), "%c%s", side->letter, what);
	return ring_open(ring, name, kind);
}

static int open_ports(struct side *side)
{
	char name[IFNAMSIZ];
	int err;

	while (side->n_ports < SIDE_PORTS_MAX) {
		port_name(side, name, "port", side->n_ports);
		err = ring_open(&side->ports[side->n_ports], name, RING_RECEIVED);
		if (err == -ENODEV && side->n_ports)
			return 0;
		if (err)
			return err;
		side->n_ports++;
	}
	return 0;
}

int side_pin(unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((long)cpu < sysconf(_SC_NPROCESSORS_ONLN) ? cpu : 0, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

int side_enter(char letter)
{
	int home = open(HOME, O_RDONLY | O_CLOEXEC), soft, err = 0;

	if (home < 0)
		return -errno;
	soft = letter == 's' ? open(SOFT, O_RDONLY | O_CLOEXEC) : -1;
	if (soft < 0)
		return home;
	if (setns(soft, CLONE_NEWNET))
		err = -errno;
	close(soft);
	if (err)
		close(home);
	return err ? err : home;
}

void side_leave(int home)
{
	setns(home, CLONE_NEWNET);
	close(home);
}

static int open_slow(struct side *side)
{
	const int home = side_enter(side->letter);
	int err;

	if (home < 0)
		return home;
	err = open_named(side, &side->slow, "slow", RING_SENT);
	side->has_slow = !err;
	side_leave(home);
	return err;
}

int side_open(struct side *side, char letter)
{
	int err;

	memset(side, 0, sizeof(*side));
	side->letter = letter;
	err = open_named(side, &side->bell, "bell", RING_RECEIVED);
	if (err)
		return err;
	err = open_slow(side);
	if (!err || err == -ENODEV)
		err = open_ports(side);
	if (err)
		side_close(side);
	else
		side->hits = all_hits(side);
	return err;
}

void side_close(struct side *side)
{
	while (side->n_ports)
		ring_close(&side->ports[--side->n_ports]);
	if (side->has_slow)
		ring_close(&side->slow);
	ring_close(&side->bell);
}

/* The number of a bell, 0 of another frame. */
static uint32_t bell_number(const struct frame *frame)
{
	uint32_t number;

	if (frame->len < BELL_LEN || memcmp(frame->bytes, BELL_START, sizeof(BELL_START) - 1) ||
	    memcmp(frame->bytes + 12, BELL_TYPE, 2))
		return 0;
	memcpy(&number, frame->bytes + 8, sizeof(number));
	return number;
}

/* Each has an address of its own, so that a bridge knows none of them. */
static int send_bell(struct ring *ring, uint32_t number)
{
	struct frame bell = { .len = BELL_LEN };

	memcpy(bell.bytes, BELL_START, sizeof(BELL_START) - 1);
	memcpy(bell.bytes + 8, &number, sizeof(number));
	memcpy(bell.bytes + 12, BELL_TYPE, 2);
	return ring_send(ring, &bell, 1);
}

/* Reads the bell's port until @number comes back. */
static int await_bell(struct side *side, uint32_t number)
{
	struct pollfd poll_fd = { .fd = side->bell.in.fd, .events = POLLIN };
	const time_t end = time(NULL) + SIDE_PATIENCE_S;
	struct frame got;

	for (;;) {
		while (ring_take(&side->bell, &got))
			if (bell_number(&got) == number)
				return 0;
		if (time(NULL) >= end)
			return -ETIMEDOUT;
		/* Asleep, so that the kernel's threads of this CPU get on. */
		if (poll(&poll_fd, 1, 1000) < 0 && errno != EINTR)
			return -errno;
	}
}

static int ring_bell(struct side *side)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < SIDE_RINGS; i++) {
		err = send_bell(&side->bell, ++side->bells);
		if (!err)
			err = await_bell(side, side->bells);
	}
	return err;
}

static void add(struct side *side, struct outcome *outcome, const struct frame *frame)
{
	uint64_t hash;

	if (outcome->blind_id || outcome->blind_sums || outcome->blind_trailer) {
		frame_copy(&side->seen, frame);
		if (outcome->blind_id)
			tuple_clear_id(&side->seen);
		if (outcome->blind_sums)
			tuple_clear_sums(&side->seen);
		if (outcome->blind_trailer)
			tuple_cut_trailer(&side->seen);
		frame = &side->seen;
	}
	hash = frame_hash(frame->port, frame->bytes, frame->len);
	outcome->sum += hash;
	if (outcome->n < OUTCOME_HASHES)
		outcome->hashes[outcome->n] = hash;
	outcome->n++;
}

static void collect_from(struct side *side, struct ring *ring, uint8_t number,
			 struct outcome *outcome)
{
	struct frame *frame;

	for (;;) {
		frame = outcome->n < outcome->room ?
			&outcome->kept[outcome->n] : &side->spare;
		if (!ring_take(ring, frame))
			return;
		if (side->bridge && bell_number(frame)) {
			side->answered = bell_number(frame);
			continue;
		}
		frame->port = number;
		add(side, outcome, frame);
	}
}

static void collect(struct side *side, struct outcome *outcome)
{
	unsigned int i;

	for (i = 0; i < side->n_ports; i++)
		collect_from(side, &side->ports[i], i, outcome);
	if (side->has_slow)
		collect_from(side, &side->slow, side->n_ports, outcome);
}

static int check_lost(struct side *side)
{
	unsigned int lost = 0, i;

	for (i = 0; i < side->n_ports; i++)
		lost += ring_lost(&side->ports[i]);
	if (side->has_slow)
		lost += ring_lost(&side->slow);
	return lost ? -ENOBUFS : 0;
}

/*
 * Collects until the bridge has given back a bell by this port. It loses packets
 * where too many come at once, so the bell is rung again.
 */
static int await_bridge(struct side *side, unsigned int port, struct outcome *outcome)
{
	struct pollfd poll_fd = { .fd = side->ports[port].in.fd, .events = POLLIN };
	const uint32_t number = ++side->bells;
	unsigned int left = SIDE_PATIENCE_S;
	int err;

	for (; left; left--) {
		err = send_bell(&side->ports[port], number);
		if (err)
			return err;
		do {
			collect(side, outcome);
			if (side->answered == number)
				return 0;
		} while (poll(&poll_fd, 1, 1000) > 0);
	}
	return -ETIMEDOUT;
}

/* How many of @n frames, from the first on, are of one port and sent at once. */
static size_t group_of(const struct frame *frames, size_t n)
{
	size_t i = 1;

	while (i < n && i < SIDE_AT_ONCE && frames[i].port == frames->port)
		i++;
	return i;
}

static int send_group(struct side *side, const struct frame *frames, size_t n,
		      struct outcome *outcome)
{
	int err = ring_send(&side->ports[frames->port], frames, n);

	if (!err && side->bridge)
		err = await_bridge(side, frames->port, outcome);
	collect(side, outcome);
	return err;
}

int side_exchange(struct side *side, const struct frame *frames, size_t n,
		  struct outcome *outcome)
{
	size_t group;
	int err = 0;

	for (; !err && n; frames += group, n -= group) {
		group = group_of(frames, n);
		err = send_group(side, frames, group, outcome);
	}
	if (!err)
		err = ring_bell(side);
	collect(side, outcome);
	return err ? err : check_lost(side);
}
