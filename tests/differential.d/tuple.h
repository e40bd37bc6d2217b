/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tuple: what a frame says of the connection that it belongs to, and of its
 * checksums.
 *
 * Threads: nothing here locks or keeps state.
 */
#ifndef TUPLE_H
#define TUPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "rule.h"

/* Offsets are from the frame's start, in bytes. */
struct tuple {
	struct nfo_key	key;		/* tags, type, addresses, protocol, ports */
	struct nfo_key	mask;		/* which of these are there */
	unsigned int	l3;
	unsigned int	l4;		/* 0: none, or a later fragment */
	unsigned int	end;		/* of the IP packet, by its own word */
	uint16_t	tcp_flags;	/* host byte order; 0 if it is not TCP */
};

/*
 * Reads a frame. False if it is no whole IPv4 or IPv6 header by the type, which
 * alone is asked, and not the version, as TC and the flowtable do. A transport
 * header is looked for right behind it, and behind no extension header.
 */
bool tuple_read(struct tuple *tuple, const struct frame *frame);

/*
 * Are all checksums that the frame has right, as far as it is a whole packet?
 * UDP without one is right in IPv4, and wrong in IPv6 (RFC 8200, 8.1).
 */
bool tuple_sums_right(const struct frame *frame);

/* Clears the checksums of IPv4, TCP, UDP and ICMP where they would be. */
void tuple_clear_sums(struct frame *frame);

/* Cuts off what is behind the packet, by IP's word. */
void tuple_cut_trailer(struct frame *frame);

/*
 * Clears the identification of an IPv4 packet that a router has sent (from
 * address .1 of a network, or an ICMP error, whose source NAT may have changed),
 * and corrects the header's checksum if it was right.
 */
void tuple_clear_id(struct frame *frame);

#endif /* TUPLE_H */
