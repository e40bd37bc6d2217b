// SPDX-License-Identifier: Apache-2.0
/*
 * test_shrink: of a difference nothing is left but what makes it. The two sides
 * are a fault made up here: rule 3 and its action dec_ttl on a packet of 30 bytes or
 * more, of which one has a certain value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "shrink.h"

#define RULES	8
#define FAULTY	3
#define LEN	30
#define AT	20
#define VALUE	0x40

/* What the fault is in, and how often a NIC refuses a rule that has lost an action. */
static struct ruleset set;
static unsigned int refusals;
static int failure;

int ruleset_put(struct ruleset *s, unsigned int i, bool there)
{
	struct ruleset_entry *entry = &s->entries[i];

	if (entry->there == there)
		return 0;
	if (there && refusals && entry->rule.n_actions == 1) {
		refusals--;
		return -EOPNOTSUPP;
	}
	entry->there = there;
	return 0;
}

int duel_burst(struct duel *duel, const struct frame *frames, size_t n)
{
	const struct ruleset_entry *entry = &set.entries[FAULTY];

	assert_int_equal(n, 1);
	assert_true(duel->hasty);
	if (failure)
		return failure;
	return frames->len >= LEN && frames->bytes[AT] == VALUE &&
	       (!set.n || (entry->there && nfo_rule_has(&entry->rule, NFO_ACT_DEC_TTL)));
}

static void make_rules(void)
{
	unsigned int i;

	memset(&set, 0, sizeof(set));
	for (i = 0; i < RULES; i++) {
		nfo_rule_init(&set.entries[i].rule);
		assert_int_equal(nfo_rule_add_csum(&set.entries[i].rule, NFO_CSUM_IPV4), 0);
		assert_int_equal(nfo_rule_add_plain(&set.entries[i].rule, NFO_ACT_DEC_TTL), 0);
		assert_int_equal(nfo_rule_add_redirect(&set.entries[i].rule, 1), 0);
		/* One is gone already. */
		set.entries[i].there = i != 1;
	}
	set.n = RULES;
}

static void free_rules(void)
{
	unsigned int i;

	for (i = 0; i < RULES; i++)
		nfo_rule_uninit(&set.entries[i].rule);
	set.n = 0;
}

static void make_frame(struct frame *frame)
{
	memset(frame, 0xee, sizeof(*frame));
	frame->len = 700;
	frame->bytes[AT] = VALUE;
}

static void check_frame(const struct frame *frame)
{
	unsigned int i;

	assert_int_equal(frame->len, LEN);
	for (i = 0; i < LEN; i++)
		assert_int_equal(frame->bytes[i], i == AT ? VALUE : 0);
}

static void shrinks(void **state)
{
	static struct duel duel;
	struct frame frame;
	unsigned int i;

	(void)state;
	make_rules();
	make_frame(&frame);
	assert_int_equal(shrink(&duel, &set, &frame), 0);
	for (i = 0; i < RULES; i++)
		assert_int_equal(set.entries[i].there, i == FAULTY);
	assert_int_equal(set.entries[FAULTY].rule.n_actions, 1);
	assert_int_equal(set.entries[FAULTY].rule.actions[0].type, NFO_ACT_DEC_TTL);
	check_frame(&frame);
	assert_false(duel.hasty);
	free_rules();
}

/* A rule that is not taken without an action stays as it was. */
static void refused(void **state)
{
	static struct duel duel;
	struct frame frame;

	(void)state;
	make_rules();
	make_frame(&frame);
	refusals = 2;
	assert_int_equal(shrink(&duel, &set, &frame), 0);
	assert_int_equal(refusals, 0);
	assert_true(set.entries[FAULTY].there);
	assert_int_equal(set.entries[FAULTY].rule.n_actions, 2);
	assert_true(nfo_rule_has(&set.entries[FAULTY].rule, NFO_ACT_DEC_TTL));
	check_frame(&frame);
	free_rules();
}

/* Of connections through a router there are no rules of ours. */
static void without_rules(void **state)
{
	static struct duel duel;
	struct frame frame;

	(void)state;
	make_frame(&frame);
	assert_int_equal(shrink(&duel, NULL, &frame), 0);
	check_frame(&frame);
}

static void fails(void **state)
{
	static struct duel duel;
	struct frame frame;

	(void)state;
	make_rules();
	make_frame(&frame);
	failure = -ETIMEDOUT;
	assert_int_equal(shrink(&duel, &set, &frame), -ETIMEDOUT);
	failure = 0;
	assert_false(duel.hasty);
	free_rules();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shrinks),
		cmocka_unit_test(refused),
		cmocka_unit_test(without_rules),
		cmocka_unit_test(fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
