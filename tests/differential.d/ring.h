/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a network device as a place where frames are put in and come out.
 *
 * Two rings in memory that the kernel shares (AF_PACKET, TPACKET_V2): frames to
 * be sent are written into the one, and a system call sends hundreds of them;
 * what comes out the kernel writes into the other, which costs none. What the
 * device itself was given to send is not received, but with RING_SENT: then only
 * that is, and nothing can be sent.
 *
 * Facts: packet(7), Documentation/networking/packet_mmap.rst, tpacket_snd() in
 * net/packet/af_packet.c. Threads: a ring is its owner's alone.
 */
#ifndef RING_H
#define RING_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

enum ring_kind {
	RING_RECEIVED,	/* what comes in by the device */
	RING_SENT,	/* what the kernel sends by it */
};

/* Slots of one direction. */
struct ring_part {
	int		fd;	/* a socket of its own */
	uint8_t		*map;
	unsigned int	slots;
	unsigned int	next;	/* slot whose turn it is */
};

struct ring {
	enum ring_kind	kind;
	int		ifindex;
	unsigned int	mtu;	/* bytes behind the Ethernet header */
	struct ring_part in;	/* what has come out */
	struct ring_part out;	/* what is to be sent */
};

/*
 * Opens the device @name of the calling thread's network namespace; it must
 * be up. 0 or a negative errno; then nothing is to be closed.
 */
int ring_open(struct ring *ring, const char *name, enum ring_kind kind);

/* Closes what ring_open() opened. */
void ring_close(struct ring *ring);

/* So many are sent by one system call. */
#define RING_BATCH	224

/*
 * Sends @n frames, all of them; sleeps until the kernel has let go of each. 0 or a
 * negative errno: -EMSGSIZE for one that is no frame or beyond the device's MTU;
 * some may have been sent.
 */
int ring_send(struct ring *ring, const struct frame *frames, size_t n);

/*
 * Takes one frame that has come out, with its VLAN tag where it was on the
 * wire. 1, or 0 if there is none; @frame->port is left alone.
 */
int ring_take(struct ring *ring, struct frame *frame);

/* Frames that were lost since the last call, because the ring was full. */
unsigned int ring_lost(struct ring *ring);

#endif /* RING_H */
