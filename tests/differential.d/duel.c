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
#define LATE_US		20000

int duel_open(struct duel *duel)
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

void duel_close(struct duel *duel)
{
	side_close(&duel->sw);
	side_close(&duel->hw);
}

static bool same(const struct outcome *hw, const struct outcome *sw)
{
	return hw->n == sw->n && hw->sum == sw->sum;
}

/* What both make of the frames; waits for the later of them. */
static int exchange(struct duel *duel, const struct frame *frames, size_t n,
		    struct outcome *hw, struct outcome *sw)
{
	unsigned int late = duel->late ? LATE_TRIES : 0;
	bool blind = false;
	size_t i;
	int err;

	for (i = 0; duel->late && !blind && i < n; i++)
		blind = !tuple_sums_right(&frames[i]);
	hw->blind_id = sw->blind_id = duel->router;
	hw->blind_sums = sw->blind_sums = blind;
	err = side_exchange(&duel->hw, frames, n, hw);
	if (!err)
		err = side_exchange(&duel->sw, frames, n, sw);
	for (; !err && late && !same(hw, sw); late--) {
		usleep(LATE_US);
		err = side_more(&duel->hw, hw) ?: side_more(&duel->sw, sw);
	}
	duel->packets += n;
	return err;
}

bool duel_exempt(const struct duel *duel, const struct frame *frame)
{
	return exempt_frame(frame) || (duel->router && exempt_routed(frame));
}

int duel_burst(struct duel *duel, const struct frame *frames, size_t n)
{
	struct outcome hw = { 0 }, sw = { 0 };
	int err;

	if (n == 1 && duel_exempt(duel, frames))
		return 0;
	err = exchange(duel, frames, n, &hw, &sw);
	return err ?: !same(&hw, &sw);
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
	if (!same(&hw, &sw)) {
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
	return err;
}
