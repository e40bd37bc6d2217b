// SPDX-License-Identifier: Apache-2.0
/*
 * mix: see mix.h.
 */
#include "mix.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "../differential.d/dice.h"

/* --- dice with other than flat sides --- */

/* Above 0, below 1. */
static double dice_even(struct dice *dice)
{
	return ((dice_roll(dice) >> 12) + 0.5) / 0x1p52;
}

static double dice_exponential(struct dice *dice, double mean)
{
	return -mean * log(dice_even(dice));
}

static double dice_normal(struct dice *dice)
{
	return sqrt(-2 * log(dice_even(dice))) * cos(2 * M_PI * dice_even(dice));
}

/* --- how long flows are --- */

/* Flows of at least .from packets and fewer than the next one's. */
struct band {
	double	from;
	double	part;	/* of all flows */
	double	bytes;	/* of a packet, on average */
};

/*
 * AGH campus, 30 days of 2015, 4.03e9 flows of one direction, by powers of two
 * (github.com/flow-models/agh_2015, histograms/all/length.csv; Jurkiewicz, Rzym,
 * Borylo, Computer Communications 167, 2021).
 */
static const struct band agh[] = {
	{ 0x1p0, 0.478326, 150 },	{ 0x1p1, 0.230857, 140 },
	{ 0x1p2, 0.116863, 204 },	{ 0x1p3, 0.0748428, 298 },
	{ 0x1p4, 0.041252, 362 },	{ 0x1p5, 0.0220233, 456 },
	{ 0x1p6, 0.0131409, 526 },	{ 0x1p7, 0.00859688, 603 },
	{ 0x1p8, 0.00535435, 613 },	{ 0x1p9, 0.00337076, 652 },
	{ 0x1p10, 0.00210725, 766 },	{ 0x1p11, 0.00126138, 798 },
	{ 0x1p12, 0.000767272, 829 },	{ 0x1p13, 0.000486384, 856 },
	{ 0x1p14, 0.000331586, 838 },	{ 0x1p15, 0.0002239, 866 },
	{ 0x1p16, 0.000128296, 985 },	{ 0x1p17, 4.76776e-05, 1078 },
	{ 0x1p18, 1.33616e-05, 1061 },	{ 0x1p19, 4.27242e-06, 1049 },
	{ 0x1p20, 1.29303e-06, 1097 },	{ 0x1p21, 3.85877e-07, 1109 },
	{ 0x1p22, 1.05397e-07, 939 },	{ 0x1p23, 4.53827e-08, 890 },
	{ 0x1p24, 2.47993e-08, 1086 },	{ 0x1p25, 0, 0 },
};

/* The "data mining" workload: Greenberg et al., VL2, SIGCOMM 2009. */
static const struct band datacentre[] = {
	{ 1, 0.5, 500 },	{ 2, 0.1, 700 },	{ 3, 0.1, 900 },
	{ 4, 0.1, 1100 },	{ 8, 0.1, 1300 },	{ 267, 0.05, 1400 },
	{ 2107, 0.04, 1450 },	{ 66667, 0.01, 1450 },	{ 666667, 0, 0 },
};

struct length {
	double packets;
	double bytes;	/* of a packet */
};

/* A band by its part, within it even in the logarithm. */
static struct length length_draw(struct dice *dice, const struct band *band)
{
	double x = dice_even(dice);

	while (x >= band->part && band[1].part) {
		x -= band->part;
		band++;
	}
	return (struct length){
		.packets = floor(band[0].from * pow(band[1].from / band[0].from,
						    dice_even(dice))),
		.bytes = band->bytes,
	};
}

/* --- how flows send --- */

/* What is to be made of one flow. */
struct source {
	struct trace	*trace;
	struct dice	*dice;
	uint32_t	flow;
	double		start_ms;	/* may be before the trace begins */
	double		end_ms;		/* of the trace */
	double		packets;
	double		bytes;		/* of a packet */
	double		per_s;
	double		unsteady;	/* deviation of the rate's logarithm */
	bool		pauses;		/* for as long as it sends, 5 s each */
};

static void source_emit(const struct source *source, double time, double packets)
{
	if (time >= 0 && packets >= 1)
		trace_add(source->trace, time, source->flow, packets,
			  packets * source->bytes);
}

/*
 * Packets come as the rate says, which is another each second. The first is a
 * record by itself; then there is one every 10 ms, later every 100 ms.
 */
static void source_send(const struct source *source)
{
	double time = source->start_ms, left = source->packets - 1, owed = 0;
	double rate = source->per_s, renew = time, pause = INFINITY;

	if (time >= source->end_ms)
		return;
	source_emit(source, floor(time), 1);
	if (source->pauses)
		pause = time + dice_exponential(source->dice, 5000);
	while (left >= 1 && time < source->end_ms) {
		double step = time - source->start_ms < 100 ? 10 : 100;
		double packets;

		if (time >= renew) {
			renew = time + 1000;
			rate = source->per_s *
				exp(source->unsteady * dice_normal(source->dice) -
				    source->unsteady * source->unsteady / 2);
		}
		if (time >= pause) {
			time += dice_exponential(source->dice, 5000);
			pause = time + dice_exponential(source->dice, 5000);
		}
		owed += rate * step / 1000;
		packets = fmin(floor(owed), left);
		owed -= packets;
		left -= packets;
		time += step;
		if (time < source->end_ms)
			source_emit(source, floor(time), packets);
	}
}

/* --- the mixes --- */

/*
 * Long flows are fast ones, too: the logarithms of length and rate go together
 * (Zhang, Breslau, Paxson, Shenker, SIGCOMM 2002). A flow of n packets has
 * @first * n ^ 0.45 packets a second, give or take a factor of e.
 */
static void make_long_tailed(struct trace *trace, const struct band *bands,
			     double first, double pausing,
			     const struct mix_config *config)
{
	/* Flows that began before: as long as nearly all last. */
	const double before = 2000e3;
	struct dice dice = { config->seed };
	double end = config->seconds * 1000.0;
	uint32_t flow = 0;

	for (double time = -before; time < end;
	     time += dice_exponential(&dice, 1000.0 / config->per_s)) {
		struct length length = length_draw(&dice, bands);
		struct source source = {
			.trace = trace,
			.dice = &dice,
			.flow = flow,
			.start_ms = time,
			.end_ms = end,
			.packets = length.packets,
			.bytes = length.bytes,
			.unsteady = config->steady ? 0 : 0.5,
		};
		size_t had = trace->n;

		source.per_s = first * pow(length.packets, 0.45) *
			exp(dice_normal(&dice));
		source.pauses = length.packets > 1000 &&
			dice_even(&dice) < pausing;
		/* What is over before the trace begins leaves nothing in it. */
		if (time + length.packets / source.per_s * 4000 < 0)
			continue;
		source_send(&source);
		flow += trace->n > had;
	}
}

static void make_agh(struct trace *trace, const struct mix_config *config)
{
	make_long_tailed(trace, agh, 3, 0, config);
}

static void make_datacentre(struct trace *trace,
			    const struct mix_config *config)
{
	make_long_tailed(trace, datacentre, 20, 1.0 / 3, config);
}

static void make_uniform(struct trace *trace, const struct mix_config *config)
{
	struct dice dice = { config->seed };
	double end = config->seconds * 1000.0;
	uint32_t flow = 0;

	for (double time = -300e3; time < end;
	     time += dice_exponential(&dice, 1000.0 / config->per_s)) {
		double lasts = dice_exponential(&dice, 30);
		struct source source = {
			.trace = trace,
			.dice = &dice,
			.flow = flow,
			.start_ms = time,
			.end_ms = end,
			.packets = 1 + floor(10 * lasts),
			.bytes = 800,
			.per_s = 10,
		};
		size_t had = trace->n;

		source_send(&source);
		flow += trace->n > had;
	}
}

/*
 * Steady flows of 20 packets a second, and as many flows that burst with 200 a
 * second, once in 30 s, some for 3 s and some for half a second: hot enough to be
 * taken in, and over then. There are new flows of one packet, too.
 */
static void make_adversarial(struct trace *trace,
			     const struct mix_config *config)
{
	struct dice dice = { config->seed };
	double end = config->seconds * 1000.0;
	uint32_t flows = config->per_s * 4;
	uint32_t flow = 0;

	for (; flow < flows; flow++) {
		bool steady = flow % 2;
		double time = -dice_even(&dice) * 30e3;

		for (; time < end; time += steady ? 100 : 30e3) {
			struct source source = {
				.trace = trace,
				.dice = &dice,
				.flow = flow,
				.start_ms = time,
				.end_ms = end,
				.packets = steady ? 2 : flow % 4 ? 100 : 600,
				.bytes = 800,
				.per_s = 200,
			};

			source_send(&source);
		}
	}
	for (double time = 0; time < end;
	     time += dice_exponential(&dice, 1000.0 / config->per_s))
		trace_add(trace, time, flow++, 1, 100);
}

static const struct mix mixes[] = {
	{ "agh", make_agh, 1000 },
	{ "datacentre", make_datacentre, 500 },
	{ "uniform", make_uniform, 200 },
	{ "adversarial", make_adversarial, 500 },
};

const struct mix *mix_at(unsigned int i)
{
	return i < sizeof(mixes) / sizeof(mixes[0]) ? &mixes[i] : NULL;
}

const struct mix *mix_find(const char *name)
{
	for (unsigned int i = 0; mix_at(i); i++)
		if (!strcmp(mix_at(i)->name, name))
			return mix_at(i);
	return NULL;
}

const char *mix_names(void)
{
	return "agh datacentre uniform adversarial";
}
