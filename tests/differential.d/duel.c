// SPDX-License-Identifier: Apache-2.0
/* duel: see duel.h. */
#include "duel.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "exempt.h"
#include "tuple.h"

/* Frames of one packet that are shown. */
#define SHOWN	16
/* How long a router may think, in steps of microseconds. */
#define LATE_TRIES	100
#define LATE_HASTY	10
#define LATE_US		20000

/* The software's side does what it is asked for, beside the hardware's. */
static void *second(void *arg)
{
	struct duel *duel = arg;
	struct duel_job *job = &duel->job;
	int pinned = side_pin(1);

	for (;;) {
		sem_wait(&duel->asked);
		if (!job->frames)
			return NULL;
		job->err = pinned ?: side_exchange(&duel->sw, job->frames, job->n, job->outcome);
		sem_post(&duel->answered);
	}
}

static void ask(struct duel *duel, const struct frame *frames, size_t n,
		struct outcome *outcome)
{
	duel->job = (struct duel_job){ .frames = frames, .n = n, .outcome = outcome };
	sem_post(&duel->asked);
}

static int open_sides(struct duel *duel)
{
	int err = side_open(&duel->hw, 'h');

	if (err)
		return err;
	err = side_open(&duel->sw, 's');
	if (!err && (duel->hw.n_ports != duel->sw.n_ports ||
		     duel->hw.has_slow != duel->sw.has_slow)) {
		side_close(&duel->sw);
		err = -EINVAL;
	}
	if (err)
		side_close(&duel->hw);
	return err;
}

static void close_sides(struct duel *duel)
{
	side_close(&duel->sw);
	side_close(&duel->hw);
}

int duel_open(struct duel *duel)
{
	int err = side_pin(0) ?: open_sides(duel);

	if (err)
		return err;
	duel->hw.bridge = duel->sw.bridge = duel->bridge;
	sem_init(&duel->asked, 0, 0);
	sem_init(&duel->answered, 0, 0);
	err = -pthread_create(&duel->second, NULL, second, duel);
	if (err)
		close_sides(duel);
	return err;
}

void duel_close(struct duel *duel)
{
	ask(duel, NULL, 0, NULL);
	pthread_join(duel->second, NULL);
	close_sides(duel);
}

/*
 * Some of the work is done by processes, later; and software corrects a checksum
 * where hardware makes it anew, so that a wrong one is not compared.
 */
static bool duel_late(const struct duel *duel)
{
	return duel->router || duel->bridge;
}

static bool same(const struct outcome *hw, const struct outcome *sw)
{
	return hw->n == sw->n && hw->sum == sw->sum;
}

/* Did nothing come out of hardware that did not come out of software? */
static bool less(const struct outcome *hw, const struct outcome *sw)
{
	bool found[OUTCOME_HASHES] = { false };
	unsigned int i, k;

	if (hw->n > OUTCOME_HASHES || sw->n > OUTCOME_HASHES)
		return same(hw, sw);
	for (i = 0; i < hw->n; i++) {
		for (k = 0; k < sw->n; k++)
			if (!found[k] && hw->hashes[i] == sw->hashes[k])
				break;
		if (k == sw->n)
			return false;
		found[k] = true;
	}
	return true;
}

static bool agree(const struct outcome *hw, const struct outcome *sw)
{
	return hw->may_drop ? less(hw, sw) : same(hw, sw);
}

static int exchange_once(struct duel *duel, const struct frame *frames, size_t n,
			 struct outcome *hw, struct outcome *sw)
{
	int err;

	ask(duel, frames, n, sw);
	err = side_exchange(&duel->hw, frames, n, hw);
	sem_wait(&duel->answered);
	return err ?: duel->job.err;
}

/* What both make of the frames; waits for the later of them. */
static int exchange(struct duel *duel, const struct frame *frames, size_t n,
		    struct outcome *hw, struct outcome *sw)
{
	unsigned int late = !duel_late(duel) ? 0 : duel->hasty ? LATE_HASTY : LATE_TRIES;
	bool blind = false;
	size_t i;
	int err;

	for (i = 0; duel_late(duel) && !blind && i < n; i++)
		blind = !tuple_sums_right(&frames[i]);
	hw->blind_id = sw->blind_id = duel->router;
	hw->blind_sums = sw->blind_sums = blind;
	hw->may_drop = duel->router && exempt_drop(frames);
	err = exchange_once(duel, frames, n, hw, sw);
	for (; !err && late && !agree(hw, sw); late--) {
		usleep(LATE_US);
		err = exchange_once(duel, frames, 0, hw, sw);
	}
	duel->packets += n;
	return err;
}

enum duel_class duel_class(const struct duel *duel, const struct frame *frame)
{
	if (exempt_frame(frame) || (duel->router && exempt_routed(frame)))
		return DUEL_EXEMPT;
	if (duel->router && exempt_drop(frame))
		return DUEL_MAY_DROP;
	return duel_late(duel) && !tuple_sums_right(frame) ? DUEL_WRONG : DUEL_RIGHT;
}

int duel_burst(struct duel *duel, const struct frame *frames, size_t n)
{
	unsigned int times = duel->bridge ? 2 : 1;
	int result = 0;

	if (n == 1 && duel_class(duel, frames) == DUEL_EXEMPT)
		return 0;
	while (!result && times--) {
		duel->outcomes[0] = (struct outcome){ .kept = duel->kept[0], .room = OUTCOME_HASHES };
		duel->outcomes[1] = (struct outcome){ .kept = duel->kept[1], .room = OUTCOME_HASHES };
		result = exchange(duel, frames, n, &duel->outcomes[0], &duel->outcomes[1]) ?:
			 !agree(&duel->outcomes[0], &duel->outcomes[1]);
	}
	return result;
}

/* What came out of one side, and not of the other. */
static void tell_rest(const char *name, const struct outcome *one, const struct outcome *other,
		      FILE *to)
{
	unsigned int i, k;

	for (i = 0; i < one->n && i < one->room; i++) {
		for (k = 0; k < other->n && k < other->room; k++)
			if (one->hashes[i] == other->hashes[k])
				break;
		if (k < other->n)
			continue;
		fprintf(to, "  %s: out of port %u: ", name, one->kept[i].port);
		frame_print(&one->kept[i], to);
		fputc('\n', to);
	}
}

void duel_tell(const struct duel *duel, FILE *to)
{
	tell_rest("hardware only", &duel->outcomes[0], &duel->outcomes[1], to);
	tell_rest("software only", &duel->outcomes[1], &duel->outcomes[0], to);
}

static void print_outcome(const struct side *side, const char *name,
			  const struct outcome *outcome, FILE *to)
{
	unsigned int i;

	if (!outcome->n)
		fprintf(to, "  %s: nothing\n", name);
	for (i = 0; i < outcome->n && i < outcome->room; i++) {
		if (outcome->kept[i].port == side->n_ports)
			fprintf(to, "  %s: left to the slow path: ", name);
		else
			fprintf(to, "  %s: out of port %u: ", name, outcome->kept[i].port);
		frame_print(&outcome->kept[i], to);
		fputc('\n', to);
	}
}

static void print_both(const struct duel *duel, const struct frame *frame,
		       const struct outcome *hw, const struct outcome *sw, FILE *to)
{
	fprintf(to, "  packet: into port %u: ", frame->port);
	frame_print(frame, to);
	fputc('\n', to);
	print_outcome(&duel->hw, "hardware", hw, to);
	print_outcome(&duel->sw, "software", sw, to);
}

int duel_ask(struct duel *duel, const struct frame *frame, struct frame *out)
{
	static struct frame kept[2][SHOWN];
	struct outcome hw = { .kept = kept[0], .room = SHOWN };
	struct outcome sw = { .kept = kept[1], .room = SHOWN };
	int err = exchange(duel, frame, 1, &hw, &sw);

	if (err)
		return err;
	if (!agree(&hw, &sw)) {
		printf("difference, of a packet that makes or keeps a connection:\n");
		print_both(duel, frame, &hw, &sw, stdout);
		return -EBADMSG;
	}
	*out = kept[0][0];
	return hw.n == 1;
}

int duel_show(struct duel *duel, const struct frame *frame, FILE *to)
{
	static struct frame kept[2][SHOWN];
	struct outcome hw = { .kept = kept[0], .room = SHOWN };
	struct outcome sw = { .kept = kept[1], .room = SHOWN };
	int err = exchange(duel, frame, 1, &hw, &sw);

	if (!err)
		print_both(duel, frame, &hw, &sw, to);
	return err ?: !agree(&hw, &sw);
}
