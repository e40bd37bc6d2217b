/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the time that all limits and pauses are measured by.
 */
#ifndef NFO_CLOCK_H
#define NFO_CLOCK_H

#include <stdint.h>
#include <time.h>

/* nfo_clock_ms: milliseconds of CLOCK_MONOTONIC. Any thread. */
static inline uint64_t nfo_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

#endif /* NFO_CLOCK_H */
