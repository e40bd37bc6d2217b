// SPDX-License-Identifier: Apache-2.0
/*
 * recheck: see recheck.h.
 */
#include "recheck.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Changes kept apart; more than so many at a time concern all flows. */
#define RECHECK_CHANGES		64
/*
 * Connections handed out at a time: the module answers each with two messages
 * at once, which have to fit into the provider's socket.
 */
#define RECHECK_SLICE		1024

struct nfo_recheck {
	struct nfo_table	*table;
	struct nfo_eswitch	*eswitch;
	nfo_recheck_fn		*fn;
	void			*arg;
	int			timer;
	struct nfo_recheck_counters counters;

	/* Changes that no walk has looked at yet. */
	struct nfo_change	changes[RECHECK_CHANGES];
	unsigned int		n_changes;
	bool			all;
	uint64_t		due;		/* ms; of the walk, 0: none */
	uint64_t		walked;		/* ms; the last one */

	/* Found by a walk, not handed out yet: from @next on. */
	uint64_t		*ids;
	size_t			n_ids;
	size_t			room;
	size_t			next;
	bool			no_memory;
};

/* Has the descriptor become readable in @ms milliseconds. */
static void recheck_arm(struct nfo_recheck *recheck, uint64_t ms)
{
	struct itimerspec when = {
		.it_value.tv_sec = ms / 1000,
		.it_value.tv_nsec = ms % 1000 * 1000000 + 1,
	};

	timerfd_settime(recheck->timer, 0, &when, NULL);
}

/* When the next walk may be; arms the timer for it. */
static void recheck_plan(struct nfo_recheck *recheck)
{
	uint64_t now = nfo_clock_ms();
	uint64_t soon = now + NFO_RECHECK_DELAY_MS;
	uint64_t pause = recheck->walked + NFO_RECHECK_PAUSE_MS;

	recheck->due = soon > pause ? soon : pause;
	recheck_arm(recheck, recheck->due - now);
}

/* --- changes --- */

static void recheck_add(struct nfo_recheck *recheck,
			const struct nfo_change *change)
{
	unsigned int i;

	if (change->kind == NFO_CHANGE_ALL ||
	    recheck->n_changes == RECHECK_CHANGES) {
		recheck->all = true;
		return;
	}
	for (i = 0; i < recheck->n_changes; i++)
		if (nfo_change_equal(&recheck->changes[i], change))
			return;
	recheck->changes[recheck->n_changes++] = *change;
}

/*
 * Is @port beneath device @above: a member of it, or what it is made on (a VLAN
 * device)? Ports are few, levels as well; a loop of devices cannot be made, but
 * between two events can be seen.
 */
static bool port_is_beneath(const struct nfo_port *ports, ssize_t n,
			    const struct nfo_port *port, uint32_t above,
			    int depth)
{
	ssize_t i;

	if (port->ifindex == above)
		return true;
	if (!depth)
		return false;
	for (i = 0; i < n; i++)
		if ((ports[i].ifindex == port->master ||
		     ports[i].link == port->ifindex) &&
		    port_is_beneath(ports, n, &ports[i], above, depth - 1))
			return true;
	return false;
}

/* The device, and all ports that packets for it come from or go to. */
static void recheck_add_device(struct nfo_recheck *recheck, uint32_t ifindex)
{
	struct nfo_change change = {
		.kind = NFO_CHANGE_DEVICE,
		.ifindex = ifindex,
	};
	struct nfo_port *ports;
	ssize_t n, i;

	recheck_add(recheck, &change);
	n = nfo_eswitch_ports(recheck->eswitch, false, &ports);
	if (n < 0) {
		recheck->all = true;
		return;
	}
	for (i = 0; i < n; i++) {
		if (!ports[i].switch_id_len && !ports[i].lag)
			continue;
		if (!port_is_beneath(ports, n, &ports[i], ifindex, 4))
			continue;
		change.ifindex = ports[i].ifindex;
		recheck_add(recheck, &change);
	}
	free(ports);
}

void nfo_recheck_change(struct nfo_recheck *recheck,
			const struct nfo_change *change)
{
	recheck->counters.changes++;
	if (change->kind == NFO_CHANGE_DEVICE)
		recheck_add_device(recheck, change->ifindex);
	else
		recheck_add(recheck, change);
	if (!recheck->due)
		recheck_plan(recheck);
}

/* --- the walk --- */

static int recheck_remember(struct nfo_recheck *recheck, uint64_t id)
{
	size_t room = recheck->room ? recheck->room * 2 : 256;
	uint64_t *ids;

	if (recheck->n_ids == recheck->room) {
		ids = realloc(recheck->ids, room * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		recheck->ids = ids;
		recheck->room = room;
	}
	recheck->ids[recheck->n_ids++] = id;
	return 0;
}

static void recheck_look(void *arg, const struct nfo_view *view)
{
	struct nfo_recheck *recheck = arg;
	struct nfo_change_flow flow;
	bool concerned = recheck->all;
	unsigned int i;

	if (!concerned)
		nfo_change_flow_init(&flow, view->place.ifindex, view->rule);
	for (i = 0; !concerned && i < recheck->n_changes; i++)
		concerned = nfo_change_concerns(&recheck->changes[i], &flow);
	if (concerned && recheck_remember(recheck, view->id.lo) < 0)
		recheck->no_memory = true;
}

/* By connection, that is without the direction. */
static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a >> 1, y = *(const uint64_t *)b >> 1;

	return x < y ? -1 : x > y;
}

/* One id of each connection stays. */
static void recheck_unique(struct nfo_recheck *recheck)
{
	size_t i, n = 0;

	/* No array at all is nothing that qsort() may be given. */
	if (recheck->n_ids)
		qsort(recheck->ids, recheck->n_ids, sizeof(*recheck->ids),
		      compare_ids);
	for (i = 0; i < recheck->n_ids; i++)
		if (!n || recheck->ids[n - 1] >> 1 != recheck->ids[i] >> 1)
			recheck->ids[n++] = recheck->ids[i];
	recheck->n_ids = n;
}

static void recheck_walk(struct nfo_recheck *recheck, uint64_t now)
{
	recheck->no_memory = false;
	nfo_table_foreach(recheck->table, NFO_SOURCE_FLOWTABLE, recheck_look,
			  recheck);
	recheck_unique(recheck);
	recheck->counters.walks++;
	recheck->walked = now;
	recheck->due = 0;
	/* What was found is a beginning; the changes stay for the rest. */
	if (recheck->no_memory) {
		recheck_plan(recheck);
		return;
	}
	recheck->n_changes = 0;
	recheck->all = false;
}

static void recheck_hand_out(struct nfo_recheck *recheck)
{
	size_t end = recheck->next + RECHECK_SLICE;

	for (; recheck->next < recheck->n_ids && recheck->next < end;
	     recheck->next++) {
		recheck->fn(recheck->arg, recheck->ids[recheck->next]);
		recheck->counters.flows++;
	}
	if (recheck->next < recheck->n_ids) {
		recheck_arm(recheck, 0);
		return;
	}
	recheck->next = recheck->n_ids = 0;
	if (recheck->due) {
		uint64_t now = nfo_clock_ms();

		recheck_arm(recheck, recheck->due > now ?
				     recheck->due - now : 0);
	}
}

void nfo_recheck_run(struct nfo_recheck *recheck)
{
	uint64_t now = nfo_clock_ms();
	uint64_t expired;

	if (read(recheck->timer, &expired, sizeof(expired)) < 0)
		return;
	if (!recheck->n_ids && recheck->due && now >= recheck->due)
		recheck_walk(recheck, now);
	recheck_hand_out(recheck);
}

/* --- the rest --- */

int nfo_recheck_open(struct nfo_recheck **recheckp, struct nfo_table *table,
		     struct nfo_eswitch *eswitch, nfo_recheck_fn *fn,
		     void *arg)
{
	struct nfo_recheck *recheck = calloc(1, sizeof(*recheck));

	if (!recheck)
		return -ENOMEM;
	recheck->table = table;
	recheck->eswitch = eswitch;
	recheck->fn = fn;
	recheck->arg = arg;
	recheck->timer = timerfd_create(CLOCK_MONOTONIC,
					TFD_CLOEXEC | TFD_NONBLOCK);
	if (recheck->timer < 0) {
		int err = -errno;

		free(recheck);
		return err;
	}
	*recheckp = recheck;
	return 0;
}

void nfo_recheck_close(struct nfo_recheck *recheck)
{
	if (!recheck)
		return;
	close(recheck->timer);
	free(recheck->ids);
	free(recheck);
}

int nfo_recheck_fd(const struct nfo_recheck *recheck)
{
	return recheck->timer;
}

void nfo_recheck_counters(const struct nfo_recheck *recheck,
			  struct nfo_recheck_counters *counters)
{
	*counters = recheck->counters;
}
