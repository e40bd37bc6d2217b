// SPDX-License-Identifier: Apache-2.0
/* shrink: see shrink.h. */
#include "shrink.h"

#include <string.h>

static int without_rules(struct duel *duel, struct ruleset *set,
			 const struct frame *frame)
{
	unsigned int i;
	int differs, err;

	for (i = 0; i < set->n; i++) {
		if (!set->entries[i].there)
			continue;
		err = ruleset_put(set, i, false);
		if (err)
			return err;
		differs = duel_burst(duel, frame, 1);
		err = differs ? 0 : ruleset_put(set, i, true);
		if (differs < 0 || err)
			return differs < 0 ? differs : err;
	}
	return 0;
}

/* The rule of entry @i less one action; 1 if the sides differ then as well. */
static int without_action(struct duel *duel, struct ruleset *set,
			  unsigned int i, unsigned int k,
			  const struct frame *frame)
{
	struct nfo_rule *rule = &set->entries[i].rule, before;
	int err = nfo_rule_copy(&before, rule), differs = 0;

	if (err)
		return err;
	err = ruleset_put(set, i, false);
	if (err)
		goto out;
	memmove(&rule->actions[k], &rule->actions[k + 1],
		(rule->n_actions - k - 1) * sizeof(rule->actions[0]));
	rule->n_actions--;
	if (!ruleset_put(set, i, true))
		differs = duel_burst(duel, frame, 1);
	if (!differs) {
		err = ruleset_put(set, i, false);
		nfo_rule_uninit(rule);
		*rule = before;
		return err ?: ruleset_put(set, i, true);
	}
out:
	nfo_rule_uninit(&before);
	return err ?: differs;
}

static int without_actions(struct duel *duel, struct ruleset *set,
			   const struct frame *frame)
{
	unsigned int i, k;
	int done;

	for (i = 0; i < set->n; i++) {
		for (k = 0; set->entries[i].there && k < set->entries[i].rule.n_actions;) {
			done = without_action(duel, set, i, k, frame);
			if (done < 0)
				return done;
			k += !done;
		}
	}
	return 0;
}

/* Cuts as much as possible off the end. */
static int shorter(struct duel *duel, struct frame *frame)
{
	unsigned int step = frame->len / 2;
	struct frame less;
	int differs;

	while (step) {
		if (frame->len < FRAME_MIN + step) {
			step /= 2;
			continue;
		}
		less = *frame;
		less.len -= step;
		differs = duel_burst(duel, &less, 1);
		if (differs < 0)
			return differs;
		if (differs)
			*frame = less;
		else
			step /= 2;
	}
	return 0;
}

static int clearer(struct duel *duel, struct frame *frame)
{
	struct frame less = *frame;
	unsigned int i;
	int differs;

	for (i = 0; i < frame->len; i++) {
		if (!frame->bytes[i])
			continue;
		less.bytes[i] = 0;
		differs = duel_burst(duel, &less, 1);
		if (differs < 0)
			return differs;
		if (!differs)
			less.bytes[i] = frame->bytes[i];
	}
	*frame = less;
	return 0;
}

int shrink(struct duel *duel, struct ruleset *set, struct frame *frame)
{
	int err = 0;

	duel->hasty = true;
	if (set)
		err = without_rules(duel, set, frame);
	if (!err && set)
		err = without_actions(duel, set, frame);
	if (!err)
		err = shorter(duel, frame);
	if (!err)
		err = clearer(duel, frame);
	duel->hasty = false;
	return err;
}
