/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cookie: the 16 bytes in each of our rules by which it is known as ours
 * after a restart.
 *
 *	0	magic "nfto"
 *	4	version of this layout, 1
 *	5	source (enum nfo_source)
 *	6	two bytes 0
 *	8	hash of the match (nfo_rule_hash()), most significant byte first
 *
 * Pure. Internal to the library.
 */
#ifndef NFO_COOKIE_H
#define NFO_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "band.h"
#include "tc_flower.h"

/* nfo_cookie_write: makes the cookie of a rule of @source with match @hash. */
void nfo_cookie_write(uint8_t cookie[NFO_COOKIE_LEN], enum nfo_source source,
		      uint64_t hash);

/*
 * nfo_cookie_read: is @cookie one of ours? Then @source and @hash are filled.
 * A later version's is not: it means what we do not know.
 */
bool nfo_cookie_read(const uint8_t cookie[NFO_COOKIE_LEN],
		     enum nfo_source *source, uint64_t *hash);

#endif /* NFO_COOKIE_H */
