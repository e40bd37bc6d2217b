/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: a packet as it is thought of, header by header, until it is written
 * into a frame. It may lie: about versions, lengths and checksums.
 *
 * Byte order: addresses as in the packet, all else in host byte order.
 * Threads: nothing here locks or keeps state.
 */
#ifndef PACKET_H
#define PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "dice.h"
#include "frame.h"
#include "rule.h"

#define PACKET_TAGS_MAX		4
#define PACKET_LABELS_MAX	4
#define PACKET_EXTS_MAX		4
#define PACKET_OPTIONS_MAX	40

enum packet_sum {
	PACKET_SUM_RIGHT,
	PACKET_SUM_WRONG,
	PACKET_SUM_ZERO,
};

/* What the transport header's payload is. */
enum packet_inner {
	PACKET_INNER_NONE,	/* random bytes */
	PACKET_INNER_IP,	/* the IP header of another packet */
	PACKET_INNER_GRE,	/* GRE and another packet from its IP header on */
	PACKET_INNER_VXLAN,	/* VXLAN and another frame, in UDP */
};

struct packet {
	uint8_t		dst[6];
	uint8_t		src[6];
	unsigned int	n_tags;
	struct {
		uint16_t	tpid;
		uint16_t	tci;
	} tags[PACKET_TAGS_MAX];
	uint16_t	type;		/* behind the tags */
	unsigned int	n_labels;
	uint32_t	labels[PACKET_LABELS_MAX];
	uint16_t	l3;		/* the header that is there, or 0 */

	uint8_t		version;
	uint8_t		tos;
	uint8_t		ttl;
	uint8_t		proto;		/* of the transport header */
	uint32_t	id;	/* of IPv4 the low half */
	uint16_t	frag;		/* flags and offset, as in IPv4 */
	struct in6_addr	ip_src;		/* IPv4 in the first four bytes */
	struct in6_addr	ip_dst;
	uint32_t	flow;		/* IPv6 flow label */
	uint8_t		n_options;	/* bytes, a multiple of 4 */
	uint8_t		options[PACKET_OPTIONS_MAX];
	int		ihl_lie;	/* added to the length, in words */
	int		length_lie;	/* added to total or payload length */
	unsigned int	n_exts;		/* IPv6 extension headers */
	uint8_t		exts[PACKET_EXTS_MAX];
	enum packet_sum	ip_sum;

	bool		l4;		/* a transport header is there */
	uint16_t	sport;
	uint16_t	dport;
	uint16_t	tcp_flags;	/* with 3 reserved bits */
	uint32_t	seq;
	uint32_t	ack;
	int		doff_lie;	/* words */
	int		udp_lie;	/* bytes */
	uint8_t		icmp_type;
	uint8_t		icmp_code;
	enum packet_sum	l4_sum;

	uint16_t	arp_op;
	uint8_t		arp_sha[6];
	uint8_t		arp_tha[6];

	enum packet_inner inner;
	unsigned int	payload;	/* bytes behind the transport header */
	unsigned int	trailer;	/* bytes behind what IP says */
	uint64_t	seed;		/* of random bytes */
};

/* Makes a packet of no rule's: any headers, right in themselves. */
void packet_random(struct packet *packet, struct dice *dice);

/*
 * Makes a packet that matches @key under @mask, as far as it can; what the
 * mask leaves open is random, and sensible more often than not.
 */
void packet_match(struct packet *packet, struct dice *dice,
		  const struct nfo_key *key, const struct nfo_key *mask);

/* Changes one or two things: a field, a header, a length (packet_mutate.c). */
void packet_mutate(struct packet *packet, struct dice *dice);

/*
 * Writes it, at most FRAME_MAX bytes and at least FRAME_MIN: longer ones are
 * cut. @frame->port is left alone.
 */
void packet_write(const struct packet *packet, struct frame *frame);

#endif /* PACKET_H */
