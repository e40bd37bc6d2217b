// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_control: where a packet goes after each TC action.
 *
 * A rule has branches (CHECK_PKT_LEN); TC has a control code per action:
 * PIPE to the next, or JUMP to a number counted from the first action
 * (tcf_action_exec() in net/sched/act_api.c starts over and skips so many).
 * A jump behind the last action would be returned as it is, so that end is
 * written OK. The order of actions stays that of the rule:
 *
 *	police (longer: PIPE, not longer: JUMP b)
 *	longer ... (the last one: JUMP c)
 *	b: not longer ...
 *	c: ...
 *
 * To find branches again: the first branch ends where packets that are not
 * longer go on, and the second where the first one jumps to.
 */
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

/* No action has this number: nothing follows. */
#define NOWHERE	0xffff

/* What is known while a rule is planned, by number of our action. */
struct plan {
	const struct nfo_rule	*rule;
	uint16_t		next[NFO_ACTIONS_MAX];	/* after it */
	uint16_t		other[NFO_ACTIONS_MAX];	/* checks: not longer */
	bool			target[NFO_ACTIONS_MAX + 1];
};

/*
 * Fills the plan for actions @from to @to (not included), behind which the
 * packet goes on at @behind. *@ends: no packet does.
 */
static int plan_range(struct plan *plan, uint16_t from, uint16_t to,
		      uint16_t behind, bool *ends)
{
	const struct nfo_action *a;
	bool longer_ends, other_ends;
	uint16_t i, other, after, next;
	int err;

	*ends = false;
	for (i = from; i < to; i = after) {
		/* Nobody gets here: the rule does not mean what it says. */
		if (*ends)
			return -EINVAL;
		a = &plan->rule->actions[i];
		after = i + 1;
		if (a->type == NFO_ACT_CHECK_PKT_LEN)
			after += a->check.n_longer + a->check.n_other;
		if (after > to)
			return -EINVAL;
		next = after < to ? after : behind;
		plan->next[i] = nfo_action_ends(a->type) ? NOWHERE : next;
		*ends = nfo_action_ends(a->type);
		if (a->type != NFO_ACT_CHECK_PKT_LEN)
			continue;
		other = i + 1 + a->check.n_longer;
		plan->next[i] = a->check.n_longer ? i + 1 : next;
		plan->other[i] = a->check.n_other ? other : next;
		plan->target[other] = true;
		plan->target[next] = true;
		err = plan_range(plan, i + 1, other, next, &longer_ends);
		if (!err)
			err = plan_range(plan, other, after, next, &other_ends);
		if (err)
			return err;
		*ends = longer_ends && other_ends;
	}
	return 0;
}

/* May the decrement @i share a pedit with the rewrite before it? */
static bool is_merged(const struct plan *plan, uint16_t i)
{
	return i && plan->rule->actions[i].type == NFO_ACT_DEC_TTL &&
	       plan->rule->actions[i - 1].type == NFO_ACT_SET &&
	       plan->next[i - 1] == i && !plan->target[i];
}

/* The control code for going from TC action @tc to our action @to. */
static int control_to(const struct nfo_tc_step *steps, uint16_t n, uint8_t tc,
		      uint16_t to, int n_tc)
{
	int target = to < n ? steps[to].tc : n_tc;

	if (to == NOWHERE || target == tc + 1)
		return TC_ACT_PIPE;
	return to < n ? TC_ACT_JUMP | target : TC_ACT_OK;
}

int nfo_tc_control_plan(const struct nfo_rule *rule, struct nfo_tc_step *steps)
{
	struct plan plan = { .rule = rule };
	uint16_t i, n = rule->n_actions;
	int n_tc = 0, err;
	bool ends;

	err = plan_range(&plan, 0, n, n, &ends);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		steps[i].merged = is_merged(&plan, i);
		steps[i].tc = steps[i].merged ? n_tc - 1 : n_tc++;
	}
	for (i = 0; i < n; i++) {
		steps[i].control = control_to(steps, n, steps[i].tc,
					      plan.next[i], n_tc);
		steps[i].shorter = TC_ACT_PIPE;
		if (rule->actions[i].type == NFO_ACT_CHECK_PKT_LEN)
			steps[i].shorter = control_to(steps, n, steps[i].tc,
						      plan.other[i], n_tc);
		/* The policer is another's: nobody can tell where it leads. */
		if (rule->actions[i].type == NFO_ACT_POLICE &&
		    steps[i].control != TC_ACT_PIPE)
			return -EOPNOTSUPP;
	}
	return n_tc;
}

/* What is known while branches are looked for. */
struct find {
	struct nfo_rule		*rule;
	uint16_t		next[NFO_ACTIONS_MAX];
	uint16_t		other[NFO_ACTIONS_MAX];
};

/*
 * Our action that control code @control of action @i leads to. Only forward,
 * and only to where an action of ours begins.
 */
static int target_of(const struct nfo_rule *rule,
		     const struct nfo_tc_step *steps, uint16_t i, int control,
		     int n_tc)
{
	uint16_t to;

	if (control == TC_ACT_PIPE)
		return i + 1;
	if (control == TC_ACT_OK)
		return rule->n_actions;
	if (!TC_ACT_EXT_CMP(control, TC_ACT_JUMP))
		return -EOPNOTSUPP;
	control &= TC_ACT_EXT_VAL_MASK;
	if (control <= steps[i].tc || control >= n_tc)
		return -EOPNOTSUPP;
	for (to = i + 1; to < rule->n_actions; to++)
		if (steps[to].tc == control)
			return to;
	return -EOPNOTSUPP;
}

/* Where the ways out of actions @from to @to lead that end in none of them. */
static uint16_t exit_of(const struct find *find, uint16_t from, uint16_t to)
{
	uint16_t i, exit = NOWHERE;

	for (i = from; i < to; i++) {
		if (find->next[i] != NOWHERE && find->next[i] >= to &&
		    (exit == NOWHERE || find->next[i] > exit))
			exit = find->next[i];
		if (find->rule->actions[i].type == NFO_ACT_CHECK_PKT_LEN &&
		    find->other[i] >= to &&
		    (exit == NOWHERE || find->other[i] > exit))
			exit = find->other[i];
	}
	return exit;
}

static int find_range(struct find *find, uint16_t from, uint16_t to,
		      uint16_t behind);

/*
 * The branches of check @i, which lies in a list that ends before @to and
 * goes on at @behind. Returns where the list goes on, or -EOPNOTSUPP.
 */
static int find_branches(struct find *find, uint16_t i, uint16_t to,
			 uint16_t behind)
{
	struct nfo_check *check = &find->rule->actions[i].check;
	uint16_t longer = find->next[i], other = find->other[i], join, mid, end;
	int err;

	if (longer == other) {
		join = longer;
		check->n_longer = 0;
		check->n_other = 0;
		return join == (i + 1 < to ? i + 1 : behind) ? i + 1 :
							       -EOPNOTSUPP;
	}
	/* Where the first branch is empty, its target is where they meet. */
	mid = longer != i + 1 ? i + 1 : other < to ? other : to;
	join = longer != i + 1 ? longer : exit_of(find, i + 1, mid);
	if (join == NOWHERE)
		join = other < to ? behind : other;
	/* The second branch reaches up to there, or to the end of the list. */
	end = join < to ? join : to;
	if (longer != i + 1 && other != i + 1)
		return -EOPNOTSUPP;
	if (end < mid || (mid == end && other != join) ||
	    (mid != end && other != mid))
		return -EOPNOTSUPP;
	if (join >= to && join != behind)
		return -EOPNOTSUPP;
	check->n_longer = mid - i - 1;
	check->n_other = end - mid;
	err = find_range(find, i + 1, mid, join);
	if (!err)
		err = find_range(find, mid, end, join);
	return err ? err : end;
}

static int find_range(struct find *find, uint16_t from, uint16_t to,
		      uint16_t behind)
{
	uint16_t i = from;
	int end;

	while (i < to) {
		if (find->rule->actions[i].type == NFO_ACT_CHECK_PKT_LEN) {
			end = find_branches(find, i, to, behind);
			if (end < 0)
				return end;
			i = end;
			continue;
		}
		if (find->next[i] == NOWHERE) {
			if (i + 1 < to)
				return -EOPNOTSUPP;
		} else if (find->next[i] != (i + 1 < to ? i + 1 : behind)) {
			return -EOPNOTSUPP;
		}
		i++;
	}
	return 0;
}

int nfo_tc_control_find(struct nfo_rule *rule, const struct nfo_tc_step *steps,
			int n_tc)
{
	struct find find = { .rule = rule };
	uint16_t i, n = rule->n_actions;
	int to;

	for (i = 0; i < n; i++) {
		if (nfo_action_ends(rule->actions[i].type)) {
			find.next[i] = NOWHERE;
			continue;
		}
		/* Inside one TC action there is no control code. */
		if (i + 1 < n && steps[i + 1].merged)
			to = i + 1;
		else
			to = target_of(rule, steps, i, steps[i].control, n_tc);
		if (to < 0)
			return to;
		find.next[i] = to;
		if (rule->actions[i].type != NFO_ACT_CHECK_PKT_LEN)
			continue;
		to = target_of(rule, steps, i, steps[i].shorter, n_tc);
		if (to < 0)
			return to;
		find.other[i] = to;
	}
	return find_range(&find, 0, n, n);
}
