// SPDX-License-Identifier: Apache-2.0
/*
 * test_heap: when memory is given back, and that it then is.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "heap.h"

static void falls_to_half(void **state)
{
	struct heap heap = { 0 };

	(void)state;
	assert_false(heap_look(&heap, 10000));
	assert_false(heap_look(&heap, 5000));	/* half is not less than half */
	assert_false(heap_look(&heap, 4999));	/* RCU may have some yet */
	assert_true(heap_look(&heap, 4990));
	/* From there on anew. */
	assert_false(heap_look(&heap, 2500));
	assert_false(heap_look(&heap, 2494));
	assert_true(heap_look(&heap, 0));
	assert_false(heap_look(&heap, 0));
	assert_false(heap_look(&heap, 0));
}

static void few_are_left_alone(void **state)
{
	struct heap heap = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_false(heap_look(&heap, HEAP_FLOWS_MIN - 1));
		assert_false(heap_look(&heap, 0));
	}
}

/* KiB of this process in memory. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages, ret;

	assert_non_null(file);
	ret = fscanf(file, "%*d %ld", &pages);
	fclose(file);
	assert_int_equal(ret, 1);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Flows in between which something stays, as it is in a daemon. */
static void memory_returns(void **state)
{
	enum { FLOWS = 50000, SIZE = 400 };
	void **flows = calloc(FLOWS, sizeof(*flows));
	struct heap heap = { 0 };
	long before, full;

	(void)state;
#ifndef HAVE_MALLOC_TRIM
	skip();		/* this C library's malloc() cannot be asked to */
#endif
	assert_non_null(flows);
	memset(flows, 1, FLOWS * sizeof(*flows));
	before = resident();
	for (size_t i = 0; i < FLOWS; i++) {
		flows[i] = malloc(SIZE);
		assert_non_null(flows[i]);
		memset(flows[i], 1, SIZE);
	}
	full = resident();
	assert_true(full - before > FLOWS / 1024 * SIZE / 2);
	assert_false(heap_look(&heap, FLOWS));
	for (size_t i = 0; i < FLOWS - 1; i++)
		free(flows[i]);
	assert_false(heap_look(&heap, 1));
	assert_true(heap_look(&heap, 1));
	assert_true(resident() - before < (full - before) / 10);
	free(flows[FLOWS - 1]);
	free(flows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(falls_to_half),
		cmocka_unit_test(few_are_left_alone),
		cmocka_unit_test(memory_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
