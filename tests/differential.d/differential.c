// SPDX-License-Identifier: Apache-2.0
/*
 * differential: random rules at both sides, random and hostile packets
 * through both, and whether the same bytes leave by the same ports.
 *
 *	differential [--seed N] [--packets N] [--chains] [--state] [--router | --bridge] [--mistake] [--again WORD]
 *
 * The sides are what topology.sh has made. --chains: rules may lead to chains.
 * --state: there are tunnels and conntrack. With --mistake the two have not quite
 * the same rules, which must be found. WORD is a difference that was told (again.h),
 * and nothing else is tried. The last line counts. Exit code 0,
 * 1 where the sides differ, 2 if it could not be found out.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "again.h"
#include "bridge.h"
#include "duel.h"
#include "exempt.h"
#include "flows.h"
#include "packet.h"
#include "ruleset.h"
#include "shrink.h"
#include "tuple.h"

/* Packets for one set of rules, and differences that are told. */
#define ROUND		4096
#define ROUND_ROUTER	50000
#define ROUND_BRIDGE	1024
/* Packets of a batch that come in by one port, one after the other. */
#define GROUP		256
/* More at once are too many for the queues of Open vSwitch. */
#define BURST_BRIDGE	32
#define DIFFERENCES_MAX	5

struct options {
	uint64_t	seed;
	uint64_t	packets;
	bool		chains;
	bool		state;
	bool		router;
	bool		bridge;
	bool		mistake;
	const char	*again;
};

/* What packets are made of: rules, or connections through a router. */
struct game {
	struct duel	duel;
	struct ruleset	set;
	struct flows	flows;
	bool		router;
};

/* Cuts it, or changes a few of its bytes, or leaves it alone. */
static void mutate_bytes(struct frame *frame, struct dice *d)
{
	unsigned int n;

	if (dice_chance(d, 8))
		frame->len = FRAME_MIN + dice_below(d, frame->len - FRAME_MIN + 1);
	if (!dice_chance(d, 8))
		return;
	for (n = 1 + dice_below(d, 3); n; n--)
		frame->bytes[dice_below(d, frame->len)] = dice_roll(d);
}

/* What would end a connection, and so has another meaning the second time. */
static bool ends(const struct frame *frame)
{
	struct tuple tuple;

	return tuple_read(&tuple, frame) && tuple.tcp_flags & 7;
}

/* Is there something that knows of connections? */
static bool has_state(const struct game *game)
{
	return game->router || game->set.tracks.n;
}

/* Near hits: most are changed in nothing or in one thing. */
static void make_frame(const struct game *game, unsigned int port,
		       struct dice *d, struct frame *frame)
{
	static const unsigned int changes[] = { 0, 0, 0, 1, 1, 1, 1, 2, 2, 3 };
	const unsigned int max = FRAME_MIN + game->duel.hw.ports[port].mtu;
	unsigned int n = DICE_OF(d, changes), device = port;
	struct packet packet;

	if (game->router) {
		flows_packet(&game->flows, port, d, &packet);
	} else {
		device = ruleset_device(&game->set, port, d);
		ruleset_packet(&game->set, device, d, &packet);
	}
	for (; n; n--)
		packet_mutate(&packet, d);
	if (has_state(game))
		packet.tcp_flags &= ~7;
	packet_write(&packet, frame);
	mutate_bytes(frame, d);
	if (device != port) {
		tunnel_wrap(frame, d, device - game->set.n_ports, max);
		mutate_bytes(frame, d);
	}
	frame->port = port;
	/* A longer one cannot be sent. */
	if (frame->len > max)
		frame->len = max;
}

/* What is there: connections like that of @frame, or rules. */
static void tell(const struct game *game, const struct frame *frame, FILE *to)
{
	if (game->router)
		flows_print(&game->flows, frame, to);
	else
		ruleset_print(&game->set, to);
}

/* And the word that makes a test of it (again.h). */
static void tell_again(const struct game *game, const struct frame *frame, FILE *to)
{
	if (game->router)
		return;
	fputs("  again: --again ", to);
	again_print(&game->set, frame, to);
	fputc('\n', to);
}

/*
 * Shrinks what differs and tells it; if it does so no more, as it was, which
 * @first says. 1, or a negative errno.
 */
static int reduce(struct game *game, const struct frame *found, const char *first)
{
	struct frame frame = *found;
	char *text;
	size_t len;
	FILE *to;
	int differs;

	/* To shrink it may take minutes. */
	fputs("found:\n", stderr);
	tell(game, &frame, stderr);
	fputs(first, stderr);
	tell_again(game, &frame, stderr);
	differs = shrink(&game->duel, game->router ? NULL : &game->set, &frame);

	if (differs < 0)
		return differs;
	to = open_memstream(&text, &len);
	if (!to)
		return -ENOMEM;
	differs = duel_show(&game->duel, &frame, to);
	fclose(to);
	printf("difference%s:\n", differs ? "" : ", which was there once");
	tell(game, &frame, stdout);
	fputs(differs ? text : first, stdout);
	free(text);
	tell_again(game, &frame, stdout);
	return differs < 0 ? differs : 1;
}

/* A burst differs: which of its packets does? 1 if it is told, or -errno. */
static int find(struct game *game, const struct frame *frames, size_t n)
{
	char *text, *burst;
	size_t len, i;
	FILE *to = open_memstream(&burst, &len);
	int result = 0;

	if (!to)
		return -ENOMEM;
	duel_tell(&game->duel, to);
	fclose(to);
	for (i = 0; !result && i < n; i++) {
		to = open_memstream(&text, &len);
		if (!to)
			break;
		result = duel_show(&game->duel, &frames[i], to);
		fclose(to);
		if (result == 1)
			result = reduce(game, &frames[i], text);
		free(text);
	}
	if (!result) {
		printf("difference: of %zu packets that do not differ one by one:\n%s", n, burst);
		tell(game, frames, stdout);
		result = 1;
	}
	free(burst);
	return result;
}

/* Packets to come, by class. */
struct batch {
	struct frame	frames[DUEL_CLASSES][DUEL_BURST];
	unsigned int	n[DUEL_CLASSES];
};

/* Adds @n frames into one port. */
static void add_group(struct game *game, struct dice *d, unsigned int n, struct batch *batch)
{
	const unsigned int port = dice_below(d, game->duel.hw.n_ports);
	unsigned int class;
	struct frame frame;

	while (n) {
		make_frame(game, port, d, &frame);
		class = duel_class(&game->duel, &frame);
		if (class == DUEL_EXEMPT || (has_state(game) && ends(&frame)) ||
		    (game->set.tracks.n && exempt_tracked(&frame)))
			continue;
		frame_copy(&batch->frames[class][batch->n[class]++], &frame);
		n--;
	}
}

/* Makes @n packets. */
static void make_batch(struct game *game, struct dice *d, unsigned int n, struct batch *batch)
{
	unsigned int group;

	memset(batch->n, 0, sizeof(batch->n));
	for (; n; n -= group) {
		group = n < GROUP ? n : GROUP;
		add_group(game, d, group, batch);
	}
}

/*
 * Sends a batch, and meanwhile makes the next, of @n packets: the class with the
 * most comes last. 1 if it differs and is told, 0 or -errno.
 */
static int play_batch(struct game *game, struct dice *d, const struct batch *batch,
		      unsigned int n, struct batch *next)
{
	unsigned int class = DUEL_CLASSES;
	int result = 0;

	while (!result && class--) {
		if (batch->n[class])
			duel_start(&game->duel, batch->frames[class], batch->n[class]);
		if (class == DUEL_RIGHT)
			make_batch(game, d, n, next);
		if (batch->n[class])
			result = duel_end(&game->duel);
		if (result == 1)
			result = find(game, batch->frames[class], batch->n[class]);
	}
	return result;
}

/* A burst for a bridge, which has to have seen what hardware is to know. */
static int play_bridge(struct game *game, const struct batch *batch)
{
	unsigned int class;
	int result = 0;

	for (class = 0; !result && class < DUEL_CLASSES; class++) {
		if (batch->n[class])
			result = duel_burst(&game->duel, batch->frames[class], batch->n[class]);
		if (result == 1)
			result = find(game, batch->frames[class], batch->n[class]);
	}
	return result;
}

/* @n packets. As play(). */
static int play_packets(struct game *game, struct dice *d, uint64_t n)
{
	static struct batch batches[2];
	const unsigned int most = game->duel.bridge ? BURST_BRIDGE : DUEL_BURST;
	unsigned int now = n < most ? n : most, next, i = 0;
	int result = 0;

	make_batch(game, d, now, &batches[0]);
	for (; !result && now; now = next, i ^= 1) {
		n -= now;
		next = n < most ? n : most;
		if (game->duel.bridge) {
			result = play_bridge(game, &batches[i]);
			make_batch(game, d, next, &batches[!i]);
		} else {
			result = play_batch(game, d, &batches[i], next, &batches[!i]);
		}
	}
	return result;
}

/* One set of rules. 1 if the sides differ, 0 if not, or a negative errno. */
static int play(struct game *game, struct dice *d, uint64_t n)
{
	int result;

	if (game->router)
		result = flows_renew(&game->flows, &game->duel, d);
	else
		result = ruleset_renew(&game->set, d);
	if (!result)
		result = play_packets(game, d, n);
	return !result && game->router ? flows_end(&game->flows, &game->duel, d) : result;
}

/* A difference that was told (again.h): 1 if it is one now, 0 if not, or -errno. */
static int play_again(struct game *game, const char *word)
{
	struct ruleset *set = &game->set;
	struct frame frame;
	unsigned int i;
	int err = again_read(set, &frame, word);

	if (!err && set->bridge)
		err = bridge_load(set);
	for (i = 0; !err && i < set->n; i++)
		err = ruleset_put(set, i, true);
	if (!err)
		err = duel_burst(&game->duel, &frame, 1);
	if (err < 0)
		return err;
	tell(game, &frame, stdout);
	err = duel_show(&game->duel, &frame, stdout);
	return err;
}

static int run(struct game *game, const struct options *options)
{
	struct dice all = { .state = options->seed }, dice;
	const uint64_t round = game->duel.router ? ROUND_ROUTER : game->duel.bridge ? ROUND_BRIDGE : ROUND;
	uint64_t left = options->packets, n;
	int result = 0, differences = 0;

	/* Of a mistake that was made one is enough. */
	while (left && result >= 0 &&
	       differences < (game->set.mistake ? 1 : DIFFERENCES_MAX)) {
		n = left < round ? left : round;
		/* What one set of rules takes is no matter for the next. */
		dice.state = dice_roll(&all);
		result = play(game, &dice, n);
		differences += result == 1;
		left -= n;
		fflush(stdout);
	}
	return result < 0 ? result : differences;
}

static void sum_up(const struct game *game, const struct options *options,
		   int differences, double seconds)
{
	printf("%llu packets, %llu hits, %d differences, %.0f packets/s, ",
	       (unsigned long long)game->duel.packets,
	       (unsigned long long)side_hits(&game->duel.hw), differences,
	       game->duel.packets / seconds);
	if (game->router)
		printf("%u connections", game->flows.tried);
	else
		printf("%llu rules (%llu more refused)",
		       (unsigned long long)game->set.taken,
		       (unsigned long long)game->set.refused);
	printf(", seed %llu\n", (unsigned long long)options->seed);
}

static int compare(struct game *game, const struct options *options)
{
	struct timespec from, to;
	int err, result;

	game->router = game->duel.router = options->router;
	game->duel.bridge = options->bridge;
	err = duel_open(&game->duel);
	if (err)
		return err;
	err = ruleset_open(&game->set, &game->duel.hw, &game->duel.sw,
			   options->chains);
	if (err)
		goto out;
	game->set.state = game->duel.state = options->state;
	game->set.mistake = options->mistake;
	game->set.bridge = options->bridge;
	clock_gettime(CLOCK_MONOTONIC, &from);
	result = options->again ? play_again(game, options->again) : run(game, options);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (result >= 0)
		sum_up(game, options, result, to.tv_sec - from.tv_sec +
		       (to.tv_nsec - from.tv_nsec) / 1e9);
	err = result;
	ruleset_close(&game->set);
out:
	duel_close(&game->duel);
	return err;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option words[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "packets", required_argument, NULL, 'p' },
		{ "chains", no_argument, NULL, 'c' },
		{ "state", no_argument, NULL, 't' },
		{ "router", no_argument, NULL, 'r' },
		{ "bridge", no_argument, NULL, 'b' },
		{ "mistake", no_argument, NULL, 'm' },
		{ "again", required_argument, NULL, 'a' },
		{ 0 },
	};
	int word;

	while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
		char *end = "";

		switch (word) {
		case 's':
			options->seed = strtoull(optarg, &end, 10);
			break;
		case 'p':
			options->packets = strtoull(optarg, &end, 10);
			break;
		case 'c':
			options->chains = true;
			break;
		case 't':
			options->state = true;
			break;
		case 'r':
			options->router = true;
			break;
		case 'b':
			options->bridge = true;
			break;
		case 'm':
			options->mistake = true;
			break;
		case 'a':
			options->again = optarg;
			break;
		default:
			return false;
		}
		if (*end)
			return false;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	static struct game game;
	struct options options = { .seed = 1, .packets = 100000 };
	int result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!parse(argc, argv, &options)) {
		fprintf(stderr, "usage: %s [--seed N] [--packets N] [--chains] [--state] [--router | --bridge] [--mistake] [--again WORD]\n",
			argv[0]);
		return 2;
	}
	result = compare(&game, &options);
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-result));
		return 2;
	}
	return result != 0;
}
