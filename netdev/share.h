/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share: the table's places, divided among sources and ports.
 *
 * Each source and each port has a part of the table that is its own when it asks
 * for it; what it does not ask for is lent to others. Flows are kept by source
 * and port, those outside and those inside the table each in the order of their
 * heat, so that whom to take in and whom to put out is found by looking at one
 * number for each source and port, however many flows there are.
 *
 * Memory is allocated when a source is first seen on a port. No I/O, no clock;
 * the caller locks.
 */
#ifndef NFO_SHARE_H
#define NFO_SHARE_H

#include "heat.h"

#define NFO_SHARE_SOURCES	8
/* Of each source, and of all ports together, if nobody says anything. */
#define NFO_SHARE_PERCENT	20

/* Flows of one source on one port. */
struct nfo_share_cell {
	struct nfo_heat_ring	out;	/* could be taken in */
	struct nfo_heat_ring	in;	/* could be put out */
};

struct nfo_share_port {
	uint32_t		ifindex;
	uint32_t		flows;	/* 0: free for another port */
	uint32_t		used;	/* rules */
	uint8_t			passed;	/* over in this search: source bits */
	int64_t			hot[NFO_SHARE_SOURCES];	/* outside */
	int64_t			cold[NFO_SHARE_SOURCES]; /* inside */
	struct nfo_share_cell	*cells[NFO_SHARE_SOURCES];
};

struct nfo_share {
	uint32_t		percent[NFO_SHARE_SOURCES];
	uint32_t		ports_percent; /* of all ports together */
	uint32_t		used[NFO_SHARE_SOURCES]; /* rules */
	uint32_t		n_ports;
	uint32_t		live;	/* ports with flows */
	uint32_t		room;
	struct nfo_share_port	*ports;
};

/* A source on a port. */
struct nfo_share_at {
	uint16_t		port;	/* index */
	uint8_t			source;
};

void nfo_share_init(struct nfo_share *share);
void nfo_share_uninit(struct nfo_share *share);

/*
 * nfo_share_join: a flow of @source on @ifindex comes: where it belongs, until
 * nfo_share_leave(). 0, or -ENOMEM, or -ENOSPC (too many ports).
 */
int nfo_share_join(struct nfo_share *share, unsigned int source,
		   uint32_t ifindex, double now, struct nfo_share_at *at);
void nfo_share_leave(struct nfo_share *share, struct nfo_share_at at);

/* nfo_share_put, nfo_share_take: as those of a ring; @in: inside the table. */
void nfo_share_put(struct nfo_share *share, struct nfo_share_at at, bool in,
		   struct cds_list_head *item, double heat, double now);
void nfo_share_take(struct nfo_share *share, struct nfo_share_at at, bool in,
		    struct cds_list_head *item, double heat, double now);

/* nfo_share_use: @rules more (or fewer) are in use. */
void nfo_share_use(struct nfo_share *share, struct nfo_share_at at, int rules);

/*
 * nfo_share_hottest: who comes next, of a table of @size rules: the hottest
 * flow of a source or port that has less than its own, if it is as hot as @least,
 * then the hottest of all. *@owed: it is one of the former. Those passed over
 * are left out.
 */
struct cds_list_head *nfo_share_hottest(struct nfo_share *share, uint32_t size,
					double least, double now, bool *owed);

/* nfo_share_hottest_at: the hottest outside of one source on one port. */
struct cds_list_head *nfo_share_hottest_at(struct nfo_share *share,
					   struct nfo_share_at at, double now);

/*
 * nfo_share_pass: nothing more of @at until nfo_share_pass_none(): no place can
 * be made for it.
 */
void nfo_share_pass(struct nfo_share *share, struct nfo_share_at at);
void nfo_share_pass_none(struct nfo_share *share);

/*
 * nfo_share_coldest: who would go for a flow of @at: the coldest whose source
 * and port are those of @at, or have more than their own. @owed: only such that
 * the source or port of @at comes nearer to its own by it. NULL: none.
 */
struct cds_list_head *nfo_share_coldest(struct nfo_share *share,
					struct nfo_share_at at, uint32_t size,
					bool owed, double now);

#endif /* NFO_SHARE_H */
