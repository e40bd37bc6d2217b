// SPDX-License-Identifier: Apache-2.0
/* frame: see frame.h. */
#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

uint64_t frame_hash(uint8_t port, const uint8_t *bytes, size_t len)
{
	uint64_t hash = (uint64_t)len << 8 | port, word;

	while (len > 0) {
		size_t n = len < sizeof(word) ? len : sizeof(word);

		word = 0;
		memcpy(&word, bytes, n);
		hash = (hash ^ word) * 0x9fb21c651e98df25;
		hash ^= hash >> 32;
		bytes += n;
		len -= n;
	}
	return hash * 0x94d049bb133111eb;
}

bool frame_equal(const struct frame *a, const struct frame *b)
{
	return a->port == b->port && a->len == b->len &&
	       !memcmp(a->bytes, b->bytes, a->len);
}

void frame_print(const struct frame *frame, FILE *to)
{
	unsigned int i;

	for (i = 0; i < frame->len; i++)
		fprintf(to, "%02x", frame->bytes[i]);
}

int frame_read(struct frame *frame, const char *text)
{
	size_t n = strlen(text), i;

	if (n % 2 || n / 2 < FRAME_MIN || n / 2 > FRAME_MAX ||
	    strspn(text, "0123456789abcdefABCDEF") != n)
		return -EINVAL;
	for (i = 0; i < n / 2; i++)
		sscanf(text + 2 * i, "%2hhx", &frame->bytes[i]);
	frame->len = n / 2;
	return 0;
}

uint32_t frame_sum(const uint8_t *bytes, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	if (len % 2)
		sum += bytes[len - 1] << 8;
	return sum;
}

uint16_t frame_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}
