// SPDX-License-Identifier: Apache-2.0
/*
 * share: see share.h.
 */
#include "share.h"

#include <errno.h>
#include <stdlib.h>

#define PORTS_MAX	UINT16_MAX

void nfo_share_init(struct nfo_share *share)
{
	*share = (struct nfo_share){ 0 };
}

void nfo_share_uninit(struct nfo_share *share)
{
	for (uint32_t i = 0; i < share->n_ports; i++)
		for (unsigned int s = 0; s < NFO_SHARE_SOURCES; s++)
			free(share->ports[i].cells[s]);
	free(share->ports);
}

/* --- who belongs where --- */

/* The port's index, that of a free one, or that of a new one; negative errno. */
static int port_find(struct nfo_share *share, uint32_t ifindex)
{
	int unused = -1;

	for (uint32_t i = 0; i < share->n_ports; i++) {
		struct nfo_share_port *port = &share->ports[i];

		if (port->ifindex == ifindex)
			return i;
		if (!port->flows)
			unused = i;
	}
	if (unused >= 0) {
		share->ports[unused].ifindex = ifindex;
		return unused;
	}
	if (share->n_ports == share->room) {
		uint32_t room = share->room ? share->room * 2 : 16;
		struct nfo_share_port *ports;

		if (share->room == PORTS_MAX)
			return -ENOSPC;
		if (room > PORTS_MAX)
			room = PORTS_MAX;
		ports = reallocarray(share->ports, room, sizeof(*ports));
		if (!ports)
			return -ENOMEM;
		share->ports = ports;
		share->room = room;
	}
	share->ports[share->n_ports] = (struct nfo_share_port){
		.ifindex = ifindex,
	};
	for (unsigned int s = 0; s < NFO_SHARE_SOURCES; s++) {
		share->ports[share->n_ports].hot[s] = NFO_HEAT_EMPTY;
		share->ports[share->n_ports].cold[s] = NFO_HEAT_EMPTY;
	}
	return share->n_ports++;
}

int nfo_share_join(struct nfo_share *share, unsigned int source,
		   uint32_t ifindex, double now, struct nfo_share_at *at)
{
	int index = port_find(share, ifindex);
	struct nfo_share_port *port;

	if (index < 0)
		return index;
	port = &share->ports[index];
	if (!port->cells[source]) {
		struct nfo_share_cell *cell = malloc(sizeof(*cell));

		if (!cell)
			return -ENOMEM;
		nfo_heat_ring_init(&cell->out, now);
		nfo_heat_ring_init(&cell->in, now);
		port->cells[source] = cell;
	}
	if (!port->flows++)
		share->live++;
	*at = (struct nfo_share_at){ index, source };
	return 0;
}

void nfo_share_leave(struct nfo_share *share, struct nfo_share_at at)
{
	if (!--share->ports[at.port].flows)
		share->live--;
}

static void keys_renew(struct nfo_share_port *port, unsigned int source)
{
	const struct nfo_share_cell *cell = port->cells[source];

	port->hot[source] = nfo_heat_hottest_key(&cell->out);
	port->cold[source] = nfo_heat_coldest_key(&cell->in);
}

void nfo_share_put(struct nfo_share *share, struct nfo_share_at at, bool in,
		   struct cds_list_head *item, double heat, double now)
{
	struct nfo_share_port *port = &share->ports[at.port];
	struct nfo_share_cell *cell = port->cells[at.source];

	nfo_heat_put(in ? &cell->in : &cell->out, item, heat, now);
	keys_renew(port, at.source);
}

void nfo_share_take(struct nfo_share *share, struct nfo_share_at at, bool in,
		    struct cds_list_head *item, double heat, double now)
{
	struct nfo_share_port *port = &share->ports[at.port];
	struct nfo_share_cell *cell = port->cells[at.source];

	nfo_heat_take(in ? &cell->in : &cell->out, item, heat, now);
	keys_renew(port, at.source);
}

void nfo_share_use(struct nfo_share *share, struct nfo_share_at at, int rules)
{
	share->used[at.source] += rules;
	share->ports[at.port].used += rules;
}

/* --- whose turn it is --- */

/* What is @source's own of a table of @size. */
static uint32_t source_own(const struct nfo_share *share, unsigned int source,
			   uint32_t size)
{
	return (uint64_t)size * share->percent[source] / 100;
}

static uint32_t port_own(const struct nfo_share *share, uint32_t size)
{
	return share->live ?
		(uint64_t)size * share->ports_percent / 100 / share->live : 0;
}

struct cds_list_head *nfo_share_hottest(struct nfo_share *share, uint32_t size,
					double least, double now, bool *owed)
{
	int64_t warm = nfo_heat_key(least);
	struct nfo_share_port *best = NULL;
	uint32_t of_port = port_own(share, size);
	unsigned int source = 0;

	*owed = false;
	for (uint32_t i = 0; i < share->n_ports; i++) {
		struct nfo_share_port *port = &share->ports[i];

		if (!port->flows)
			continue;
		for (unsigned int s = 0; s < NFO_SHARE_SOURCES; s++) {
			bool less;

			if (port->hot[s] == NFO_HEAT_EMPTY ||
			    port->passed & 1 << s)
				continue;
			less = port->hot[s] >= warm &&
				(port->used < of_port || share->used[s] <
				 source_own(share, s, size));
			if (best && (*owed > less ||
				     (*owed == less &&
				      port->hot[s] <= best->hot[source])))
				continue;
			best = port;
			source = s;
			*owed = less;
		}
	}
	return best ? nfo_heat_hottest(&best->cells[source]->out, now) : NULL;
}

struct cds_list_head *nfo_share_hottest_at(struct nfo_share *share,
					   struct nfo_share_at at, double now)
{
	return nfo_heat_hottest(&share->ports[at.port].cells[at.source]->out,
				now);
}

void nfo_share_pass(struct nfo_share *share, struct nfo_share_at at)
{
	share->ports[at.port].passed |= 1 << at.source;
}

void nfo_share_pass_none(struct nfo_share *share)
{
	for (uint32_t i = 0; i < share->n_ports; i++)
		share->ports[i].passed = 0;
}

struct cds_list_head *nfo_share_coldest(struct nfo_share *share,
					struct nfo_share_at at, uint32_t size,
					bool owed, double now)
{
	struct nfo_share_port *best = NULL;
	uint32_t of_port = port_own(share, size);
	bool source_owed = share->used[at.source] <
		source_own(share, at.source, size);
	bool port_owed = share->ports[at.port].used < of_port;
	unsigned int source = 0;

	for (unsigned int s = 0; s < NFO_SHARE_SOURCES; s++) {
		if (s != at.source &&
		    share->used[s] <= source_own(share, s, size))
			continue;
		for (uint32_t i = 0; i < share->n_ports; i++) {
			struct nfo_share_port *port = &share->ports[i];

			if (port->cold[s] == NFO_HEAT_EMPTY ||
			    (i != at.port && port->used <= of_port))
				continue;
			if (owed && !(source_owed && s != at.source) &&
			    !(port_owed && i != at.port))
				continue;
			if (best && port->cold[s] >= best->cold[source])
				continue;
			best = port;
			source = s;
		}
	}
	return best ? nfo_heat_coldest(&best->cells[source]->in, now) : NULL;
}
