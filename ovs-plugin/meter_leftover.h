/* SPDX-License-Identifier: Apache-2.0 */

/* meter_leftover: policers of ours that no meter has: those of an earlier
 * process, and those in use by a rule when their meter was deleted.  The former
 * are for the meter of the same id when it is set again, for their rules then
 * stay as they are; the rest goes as soon as no rule uses it.
 *
 * One thread at a time. */

#ifndef METER_LEFTOVER_H
#define METER_LEFTOVER_H 1

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/list.h"

struct nfo_rtnl;

struct meter_leftovers {
    struct ovs_list list;           /* Of struct meter_leftover. */
};

/* Initialises '*leftovers' with the policers of ours that the kernel has, as far
 * as they can be read, and raises '*next_index' above their indices.  Those
 * with 'tc_flags' (NFO_TC_SKIP_*) are for meters. */
void meter_leftovers_read(struct meter_leftovers *, struct nfo_rtnl *,
                          uint32_t tc_flags, uint32_t *next_index);

/* Frees what '*leftovers' holds.  The policers stay. */
void meter_leftovers_uninit(struct meter_leftovers *);

/* Adds policer 'index' of meter 'id'; 'adoptable': it is for that meter. */
void meter_leftovers_add(struct meter_leftovers *, uint32_t id, uint32_t index,
                         bool adoptable);

/* Takes the policer that is for meter 'id'.  Returns its index, or 0. */
uint32_t meter_leftovers_take(struct meter_leftovers *, uint32_t id);

/* Deletes the policers that no rule uses. */
void meter_leftovers_remove(struct meter_leftovers *, struct nfo_rtnl *);

#endif /* METER_LEFTOVER_H */
