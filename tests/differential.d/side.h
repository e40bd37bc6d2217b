/* SPDX-License-Identifier: Apache-2.0 */
/*
 * side: one of the two that are compared: a switch with its ports, whose
 * packets go through hardware or through software.
 *
 *	port 0 ... n-1   the far end of each port (VFs, the wire): frames are
 *	                 sent there and come out there
 *	slow             what the switch left to the slow path, where the
 *	                 topology has led it there; number n
 *	bell             a port of its own that gives back what it is sent, by
 *	                 way of software: what was sent before has then come out
 *
 * A bridge of Open vSwitch hands packets on to a process, one after the other:
 * there a frame that it has not seen yet, and gives back (bridge.h), comes after
 * all others of a port.
 *
 * The devices have fixed names, and the switch may have a namespace: topology.sh. Frames are sent and processed on
 * one CPU, the caller's, whose backlog keeps their order: that is why the bell
 * proves something.
 *
 * Threads: a side is for one at a time, which side_pin() has put on a CPU.
 */
#ifndef SIDE_H
#define SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "ring.h"

#define SIDE_PORTS_MAX	8
#define OUTCOME_HASHES	4096
/* Frames that are sent before what came out is taken from the rings. */
#define SIDE_AT_ONCE	RING_BATCH

struct side {
	char		letter;		/* 'h' or 's': names begin with it */
	unsigned int	n_ports;
	struct ring	ports[SIDE_PORTS_MAX];
	bool		has_slow;
	struct ring	slow;
	struct ring	bell;
	uint32_t	bells;		/* rung so far */
	bool		bridge;		/* of Open vSwitch; the caller's to set */
	uint32_t	answered;	/* the last bell that it gave back */
	uint64_t	hits;		/* of the NIC, at the start */
	struct frame	spare;		/* what came out, if it is not kept */
	struct frame	seen;		/* less what is not compared */
};

/*
 * What came out: how many, and a sum that is equal for equal sets of (port,
 * bytes) in any order, and a number for each, so far as there is room. Frames
 * are kept as far as there is room, as they came.
 */
struct outcome {
	bool		blind_id;	/* not to IPv4 ids of a router's own */
	bool		blind_sums;	/* not to checksums */
	bool		blind_trailer;	/* not to what is behind the packet */
	bool		may_drop;	/* it, and the other does not */
	uint64_t	sum;
	unsigned int	n;
	uint64_t	hashes[OUTCOME_HASHES];
	struct frame	*kept;
	unsigned int	room;
};

/*
 * Puts the calling thread on CPU @cpu, or, where there are not so many, on the
 * first. 0 or a negative errno.
 */
int side_pin(unsigned int cpu);

/* Opens the devices that begin with @letter. 0 or a negative errno. */
int side_open(struct side *side, char letter);

void side_close(struct side *side);

/*
 * Sends @n frames (or none), each by its port, waits until all of them are
 * through, and adds to @outcome what came out. 0 or a negative errno:
 * -ETIMEDOUT where the bell does not come back, -ENOBUFS where a ring ran over.
 */
int side_exchange(struct side *side, const struct frame *frames, size_t n,
		  struct outcome *outcome);

/* Packets that rules of the NIC have taken at any port since the opening. */
uint64_t side_hits(const struct side *side);

/* The ifindex of port @number's representor, 0 if there is none. After side_enter(). */
uint32_t side_representor(const struct side *side, unsigned int number);

/*
 * Takes the calling thread to the network namespace of the switch: for the software's
 * side "soft", where there is one. The far ends are all at home. A file to be given
 * to side_leave(), or a negative errno.
 */
int side_enter(char letter);

/* And home again. */
void side_leave(int home);

#endif /* SIDE_H */
