/* SPDX-License-Identifier: Apache-2.0 */

/* meter: OVS's meters as TC policers, which rules name by their index.
 *
 * A meter with one band of type drop becomes a policer; any other has none,
 * and its flows stay with the datapath (METER_UNKNOWN).  Policers are known as
 * ours, and whose they are, by their cookie (tc_police.h): those of an earlier
 * process are taken over when OVS sets the same meter again, so that rules
 * which use them can be adopted, and go when no rule uses them any more.
 *
 * OVS sets, asks and deletes meters rarely, from the main thread and from the
 * RCU thread: that is one lock and one socket.  Looking one up, as each put
 * does, takes no lock.
 *
 * What OVS's tc provider does with meters: lib/dpif-offload-tc-netdev.c,
 * lib/netdev-linux.c; what a meter means: dpif_netlink_meter_set__() in
 * lib/dpif-netlink.c and net/openvswitch/meter.c of Linux. */

#ifndef METER_H
#define METER_H 1

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/ofp-meter.h"

struct meters;

/* 'tc_flags' must be those of the rules: NFO_TC_SKIP_HW or 0.
 * Reads which policers of an earlier process are there.  Returns NULL, which
 * is logged, if the system has no socket. */
struct meters *meters_create(uint32_t tc_flags);

/* Frees 'meters', which may be NULL.  With 'remove' the policers go, as far as
 * no rule uses them; else they are left to the next process. */
void meters_destroy(struct meters *, bool remove);

/* Makes the policer for meter 'id', or changes it.
 *
 * Returns 0, EOPNOTSUPP for a meter that is not one band of type drop, or the
 * kernel's errno.  On an error the meter has no policer any more.  Where
 * hardware cannot be sure to follow a change it has another one.  In both
 * cases '*stale', otherwise 0, is the index of the one it had, which rules may
 * still use: these have to go. */
int meters_set(struct meters *, uint32_t id,
               const struct ofputil_meter_config *, uint32_t *stale);

/* Adds what was policed to 'stats', and what was dropped to its first band, of
 * which the kernel counts packets, not bytes.  Returns 0, ENOENT if the meter
 * has no policer, or the kernel's errno. */
int meters_get(struct meters *, uint32_t id, struct ofputil_meter_stats *);

/* The meter has gone: so does its policer, as soon as no rule uses it.
 * 'stats' may be NULL.  As meters_get(). */
int meters_del(struct meters *, uint32_t id, struct ofputil_meter_stats *);

/* Removes policers that nobody wants and no rule uses any more.  To be called
 * now and then by one thread, which may be held up by the kernel. */
void meters_run(struct meters *);

/* Translate between meter and policer.  False: there is none.  Any thread that
 * OVS's RCU knows. */
bool meters_police(const struct meters *, uint32_t id, uint32_t *index);
bool meters_meter(const struct meters *, uint32_t index, uint32_t *id);

#endif /* meter.h */
