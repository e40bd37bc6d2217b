// SPDX-License-Identifier: Apache-2.0
/*
 * tsc: prints the rate of this machine's time stamp counter in kHz, which is
 * that of a guest's, too (QEMU's cpu_get_host_ticks()). A guest that measures
 * it by itself while this machine is busy can be wrong by far, and then all
 * its clocks are.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

/* Reads both clocks at one moment: of several tries the one without a pause. */
static uint64_t both(uint64_t *ns)
{
	uint64_t best = UINT64_MAX, at = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t before = __rdtsc(), after;
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC_RAW, &now);
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		at = before + best / 2;
		*ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	}
	return at;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 200000000 };
	uint64_t ns0, ns1, tsc0, tsc1;

	tsc0 = both(&ns0);
	nanosleep(&pause, NULL);
	tsc1 = both(&ns1);
	printf("%llu\n", (unsigned long long)
	       ((double)(tsc1 - tsc0) * 1e6 / (double)(ns1 - ns0)));
	return 0;
}
