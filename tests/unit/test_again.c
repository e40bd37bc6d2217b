// SPDX-License-Identifier: Apache-2.0
/*
 * test_again: a difference that is told as one word is the same when it is read, for
 * rules of all shapes, and what is no such word is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "invent.h"
#include "rtnl.h"
#include "tc_flower.h"

#define SETS	200
#define RULES	6
#define PORTS	4

static struct ruleset from, to;
static unsigned int taken;

static void invent(struct ruleset_entry *entry, struct dice *d)
{
	static const struct nfo_place place = { .ifindex = 1, .prio = 1, .handle = 1 };
	static uint32_t message[NFO_RTNL_MSG_MAX / 4];
	static const struct invent_world world = {
		.n_ports = PORTS, .next_chain = 2, .policers = RULESET_POLICERS,
	};

	memset(entry, 0, sizeof(*entry));
	entry->port = dice_below(d, PORTS);
	entry->chain = dice_below(d, 4);
	entry->prio = 1 + dice_below(d, 65535);
	entry->there = dice_chance(d, 80);
	if (dice_chance(d, 50))
		invent_openflow(&entry->rule, d, &world);
	else
		invent_flowtable(&entry->rule, d, &world);
	if (dice_chance(d, 20))
		assert_int_equal(tunnel_receive(&entry->rule, d), 0);
	nfo_rule_normalise(&entry->rule);
	/* What TC has no words for never is. */
	if (nfo_tc_flower_put(message, sizeof(message), &entry->rule, &place, NULL, 0, NULL) < 0)
		entry->there = false;
	taken += entry->there;
}

static void forget(struct ruleset *set)
{
	while (set->n)
		nfo_rule_uninit(&set->entries[--set->n].rule);
}

/* Rules that are there, in the same order. */
static void compare(void)
{
	unsigned int i, k = 0;

	for (i = 0; i < from.n; i++) {
		const struct ruleset_entry *a = &from.entries[i], *b = &to.entries[k];

		if (!a->there)
			continue;
		assert_true(k++ < to.n);
		assert_int_equal(a->port, b->port);
		assert_int_equal(a->chain, b->chain);
		assert_int_equal(a->prio, b->prio);
		assert_false(b->there);
		assert_true(nfo_rule_equal(&a->rule, &b->rule));
	}
	assert_int_equal(k, to.n);
	assert_int_equal(from.both, to.both);
}

static void same(void **state)
{
	struct dice d = { .state = 1 };
	struct frame frame, back;
	unsigned int set;
	char *word;
	size_t len;
	FILE *f;

	(void)state;
	from.n_ports = to.n_ports = PORTS;
	for (set = 0; set < SETS; set++) {
		while (from.n < RULES)
			invent(&from.entries[from.n++], &d);
		from.both = dice_chance(&d, 50);
		frame.len = FRAME_MIN + dice_below(&d, FRAME_MAX - FRAME_MIN + 1);
		frame.port = dice_below(&d, PORTS);
		dice_bytes(&d, frame.bytes, frame.len);
		f = open_memstream(&word, &len);
		assert_int_equal(again_print(&from, &frame, f), 0);
		fclose(f);
		assert_int_equal(again_read(&to, &back, word), 0);
		assert_true(frame_equal(&frame, &back));
		compare();
		forget(&from);
		forget(&to);
		free(word);
	}
	assert_true(taken > SETS * RULES / 3);
}

#define PACKET	"0:000102030405060708090a0b0800"

static void refused(void **state)
{
	static const char *const words[] = {
		"", "h", "x/" PACKET, "h/", "h/0:", "h/4:000102030405060708090a0b0800",
		"h/0:0001", "h/0:000102030405060708090a0b080", "h/0:zz0102030405060708090a0b0800",
		"h/" PACKET "/", "h/0:0:1:/" PACKET, "h/0:0:1:00/" PACKET, "h/9:0:1:00/" PACKET,
		"h/0:0:1:24000000ffff00000000000000000000000000000000000000000000000000000000/" PACKET,
	};
	struct frame frame;
	unsigned int i;

	(void)state;
	to.n_ports = PORTS;
	assert_int_equal(again_read(&to, &frame, "h/" PACKET), 0);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (again_read(&to, &frame, words[i]) != -EINVAL)
			fail_msg("taken: %s", words[i]);
		forget(&to);
	}
}

/* To a port that there is none of. */
static void elsewhere(void **state)
{
	struct frame frame = { .len = FRAME_MIN };
	char *word;
	size_t len;
	FILE *f;

	(void)state;
	from.n_ports = to.n_ports = PORTS;
	from.n = 1;
	memset(&from.entries[0], 0, sizeof(from.entries[0]));
	nfo_rule_init(&from.entries[0].rule);
	assert_int_equal(nfo_rule_add_redirect(&from.entries[0].rule, PORTS + TUNNEL_KINDS + 1), 0);
	from.entries[0].prio = 1;
	from.entries[0].there = true;
	f = open_memstream(&word, &len);
	assert_int_equal(again_print(&from, &frame, f), 0);
	fclose(f);
	assert_int_equal(again_read(&to, &frame, word), -EINVAL);
	forget(&from);
	forget(&to);
	free(word);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same),
		cmocka_unit_test(refused),
		cmocka_unit_test(elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
