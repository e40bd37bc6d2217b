/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mix: makes up a trace.
 *
 *	agh		flows of as many packets as those of a campus network, of
 *			which the distribution is published (mix.c has the source)
 *	datacentre	as many as in the "data mining" workload of papers on
 *			datacentre transport; of the long ones some pause
 *	uniform		all of one rate, and as likely to end at any time
 *	adversarial	flows that are steady among those that burst and cease when
 *			a policy has just believed in them
 *
 * The longest of the first two send more packets than all others together. New
 * flows come at random (Poisson). The trace begins with as many under way as
 * there are at any later time.
 */
#ifndef MIX_H
#define MIX_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

struct mix_config {
	uint32_t	per_s;	/* new flows */
	uint32_t	seconds;
	uint64_t	seed;
	bool		steady;	/* agh, datacentre: rates do not change */
};

struct mix {
	const char	*name;
	void		(*make)(struct trace *trace,
				const struct mix_config *config);
	uint32_t	per_s;	/* new flows a second, if nothing else is said */
};

/*
 * mix_find, mix_at: by name, by number from 0; NULL: no such mix. mix_names: all,
 * with blanks between.
 */
const struct mix *mix_find(const char *name);
const struct mix *mix_at(unsigned int i);
const char *mix_names(void);

#endif /* MIX_H */
