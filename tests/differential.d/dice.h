/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dice: random numbers from a seed, the same on every machine.
 *
 * Not for secrets. Threads: a struct dice is its owner's alone.
 */
#ifndef DICE_H
#define DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* The next 64 random bits (splitmix64, by S. Vigna, public domain). */
static inline uint64_t dice_roll(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* One of 0 to @n - 1; @n is not 0. */
static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (dice_roll(d) >> 32) * n >> 32;
}

/* True in @percent of 100 calls. */
static inline bool dice_chance(struct dice *d, uint32_t percent)
{
	return dice_below(d, 100) < percent;
}

/* Fills @len bytes at @buf. */
void dice_bytes(struct dice *d, void *buf, size_t len);

/* One element of an array. */
#define DICE_OF(d, array) \
	((array)[dice_below(d, sizeof(array) / sizeof((array)[0]))])

#endif /* DICE_H */
