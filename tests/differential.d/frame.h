/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame: the bytes of a packet from the Ethernet header on, as they are sent
 * and as they come out.
 *
 * Threads: nothing here locks or keeps state.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The longest frame, in bytes; a port's MTU is below it. */
#define FRAME_MAX	2048
/* An Ethernet header; a shorter frame cannot be sent. */
#define FRAME_MIN	14

struct frame {
	uint16_t	len;	/* bytes in use */
	uint8_t		port;	/* number of the port it is for or from */
	uint8_t		bytes[FRAME_MAX];
};

/*
 * A number for the bytes and the port; equal frames have equal ones, and
 * different ones, for what a test is concerned, different ones.
 */
uint64_t frame_hash(uint8_t port, const uint8_t *bytes, size_t len);

/* Copies the port and the bytes that are in use. */
static inline void frame_copy(struct frame *to, const struct frame *from)
{
	to->len = from->len;
	to->port = from->port;
	memcpy(to->bytes, from->bytes, from->len);
}

/* The same port and bytes? */
bool frame_equal(const struct frame *a, const struct frame *b);

/* Writes the bytes as hex digits, without a newline. */
void frame_print(const struct frame *frame, FILE *to);

/*
 * Reads hex digits (two for each byte) up to the end of @text. 0, or -EINVAL
 * for another digit, half a byte, or a length no frame has.
 */
int frame_read(struct frame *frame, const char *text);

/* Adds up @len bytes as the Internet checksum does (RFC 1071), unfolded. */
uint32_t frame_sum(const uint8_t *bytes, size_t len, uint32_t sum);

/* The checksum, network byte order, of a sum of frame_sum(). */
uint16_t frame_fold(uint32_t sum);

#endif /* FRAME_H */
