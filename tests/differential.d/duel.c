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

/* A side does what it is asked for, beside the other. */
static void *work(void *arg)
{
	struct duel_worker *w = arg;
	const int pinned = side_pin(w->cpu);

	for (;;) {
		sem_wait(&w->asked);
		if (!w->frames)
			return NULL;
		w->err = pinned ?: side_exchange(w->side, w->frames, w->n, w->outcome);
		sem_post(&w->answered);
	}
}

static void ask(struct duel_worker *w, const struct frame *frames, size_t n)
{
	w->frames = frames;
	w->n = n;
	sem_post(&w->asked);
}

static int start_worker(struct duel *duel, unsigned int i)
{
	struct duel_worker *w = &duel->workers[i];

	w->side = i ? &duel->sw : &duel->hw;
	w->cpu = i;
	sem_init(&w->asked, 0, 0);
	sem_init(&w->answered, 0, 0);
	return -pthread_create(&w->thread, NULL, work, w);
}

static void stop_worker(struct duel_worker *w)
{
	ask(w, NULL, 0);
	pthread_join(w->thread, NULL);
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
	int err = open_sides(duel);

	if (err)
		return err;
	duel->hw.bridge = duel->sw.bridge = duel->bridge;
	err = start_worker(duel, 0);
	if (err)
		goto out;
	err = start_worker(duel, 1);
	if (!err)
		return 0;
	stop_worker(&duel->workers[0]);
out:
	close_sides(duel);
	return err;
}

void duel_close(struct duel *duel)
{
	stop_worker(&duel->workers[0]);
	stop_worker(&duel->workers[1]);
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

static void ask_both(struct duel *duel, const struct frame *frames, size_t n)
{
	ask(&duel->workers[0], frames, n);
	ask(&duel->workers[1], frames, n);
}

static int await_both(struct duel *duel)
{
	sem_wait(&duel->workers[0].answered);
	sem_wait(&duel->workers[1].answered);
	return duel->workers[0].err ?: duel->workers[1].err;
}

/* Has both begin with the frames. */
static void exchange_start(struct duel *duel, const struct frame *frames, size_t n,
			   struct outcome *hw, struct outcome *sw)
{
	bool blind = false;
	size_t i;

	for (i = 0; duel_late(duel) && !blind && i < n; i++)
		blind = !tuple_sums_right(&frames[i]);
	hw->blind_id = sw->blind_id = duel->router || duel->state;
	hw->blind_sums = sw->blind_sums = blind;
	/* The stack cuts it, a flowtable does not, and one side may be late with that. */
	hw->blind_trailer = sw->blind_trailer = duel->router;
	hw->may_drop = duel_late(duel) && exempt_drop(frames);
	duel->workers[0].outcome = hw;
	duel->workers[1].outcome = sw;
	ask_both(duel, frames, n);
	duel->packets += n;
}

/* Waits until both have done so, and for the later of them. */
static int exchange_end(struct duel *duel)
{
	unsigned int late = !duel_late(duel) ? 0 : duel->hasty ? LATE_HASTY : LATE_TRIES;
	const struct duel_worker *hw = &duel->workers[0], *sw = &duel->workers[1];
	int err = await_both(duel);

	for (; !err && late && !agree(hw->outcome, sw->outcome); late--) {
		usleep(LATE_US);
		ask_both(duel, hw->frames, 0);
		err = await_both(duel);
	}
	return err;
}

/* What both make of the frames. */
static int exchange(struct duel *duel, const struct frame *frames, size_t n,
		    struct outcome *hw, struct outcome *sw)
{
	exchange_start(duel, frames, n, hw, sw);
	return exchange_end(duel);
}

enum duel_class duel_class(const struct duel *duel, const struct frame *frame)
{
	if (exempt_frame(frame) || (duel->router && exempt_routed(frame)) ||
	    (duel->bridge && exempt_bridged(frame)))
		return DUEL_EXEMPT;
	if (duel_late(duel) && exempt_drop(frame))
		return DUEL_MAY_DROP;
	return duel_late(duel) && !tuple_sums_right(frame) ? DUEL_WRONG : DUEL_RIGHT;
}

void duel_start(struct duel *duel, const struct frame *frames, size_t n)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		duel->outcomes[i] = (struct outcome){ .kept = duel->kept[i], .room = DUEL_BURST };
	exchange_start(duel, frames, n, &duel->outcomes[0], &duel->outcomes[1]);
}

int duel_end(struct duel *duel)
{
	const int err = exchange_end(duel);

	return err ?: !agree(&duel->outcomes[0], &duel->outcomes[1]);
}

int duel_burst(struct duel *duel, const struct frame *frames, size_t n)
{
	unsigned int times = duel->bridge ? 2 : 1;
	int result = 0;

	if (n == 1 && duel_class(duel, frames) == DUEL_EXEMPT)
		return 0;
	while (!result && times--) {
		duel_start(duel, frames, n);
		result = duel_end(duel);
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
