/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optimum: what a table could have carried, had one known.
 *
 *	any	the offline optimum: in each tenth of a second the table holds those
 *		that send most in it. No insert takes time or is counted. Only the
 *		first packet of a flow goes by software, as it must be known first.
 *		No policy for the same table can do more, but for what changes within
 *		a tenth of a second.
 *	second	the same, but decided once a second
 *	behind	those that sent most in the second before, known at once, all
 *		inserts free: what there is to be had without foresight
 *	counted	all flows have room, each from when software has first told of its
 *		packets: the most for a policy that does not take all at sight
 *
 * And without regard to the table: of the flows that a number of inserts could
 * have served, the longest; each needs one.
 */
#ifndef OPTIMUM_H
#define OPTIMUM_H

#include "sim.h"

/* Parts of all packets and bytes. */
struct optimum_part {
	double		packets;
	double		bytes;
};

struct optimum {
	struct optimum_part any;
	struct optimum_part second;
	struct optimum_part behind;
	struct optimum_part counted;
};

void optimum_find(const struct trace *trace, const struct sim_config *config,
		  struct optimum *optimum);

/*
 * Part of all packets in the longest @inserts flows, and as many more as the
 * table could hold when the counting began.
 */
double optimum_of_inserts(const struct trace *trace,
			  const struct sim_config *config, uint64_t inserts);

#endif /* OPTIMUM_H */
