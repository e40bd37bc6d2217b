// SPDX-License-Identifier: Apache-2.0
/*
 * cookie: the mark of our rules. See cookie.h.
 */
#include <string.h>

#include "cookie.h"

static const uint8_t head[5] = { 'n', 'f', 't', 'o', 1 };

void nfo_cookie_write(uint8_t cookie[NFO_COOKIE_LEN], enum nfo_source source,
		      uint64_t hash)
{
	memset(cookie, 0, NFO_COOKIE_LEN);
	memcpy(cookie, head, sizeof(head));
	cookie[5] = source;
	for (int i = 0; i < 8; i++)
		cookie[8 + i] = hash >> (56 - 8 * i);
}

bool nfo_cookie_read(const uint8_t cookie[NFO_COOKIE_LEN],
		     enum nfo_source *source, uint64_t *hash)
{
	if (memcmp(cookie, head, sizeof(head)) || cookie[5] == 0 ||
	    cookie[5] >= NFO_SOURCE_COUNT || cookie[6] || cookie[7])
		return false;
	*source = cookie[5];
	*hash = 0;
	for (int i = 0; i < 8; i++)
		*hash = *hash << 8 | cookie[8 + i];
	return true;
}
