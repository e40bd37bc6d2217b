// SPDX-License-Identifier: Apache-2.0
/* dice: see dice.h. */
#include "dice.h"

#include <string.h>

void dice_bytes(struct dice *d, void *buf, size_t len)
{
	uint8_t *to = buf;
	uint64_t bits;

	while (len > 0) {
		size_t n = len < sizeof(bits) ? len : sizeof(bits);

		bits = dice_roll(d);
		memcpy(to, &bits, n);
		to += n;
		len -= n;
	}
}
