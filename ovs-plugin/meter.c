/* SPDX-License-Identifier: Apache-2.0 */

/* meter: see meter.h. */

#include <config.h>
#include "meter.h"

#include <errno.h>

#include "cmap.h"
#include "coverage.h"
#include "hash.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

#include "meter_leftover.h"
#include "police.h"
#include "rtnl.h"
#include "tc_police.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_meter);

COVERAGE_DEFINE(nft_offload_meter_set);
COVERAGE_DEFINE(nft_offload_meter_refused);

/* Indices tried until one is free. */
#define INDEX_TRIES 1024

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* A meter that has a policer.  Never changes; freed by RCU. */
struct meter {
    struct cmap_node id_node;       /* In 'meters->by_id'. */
    struct cmap_node index_node;    /* In 'meters->by_index'. */
    uint32_t id;
    uint32_t index;
};

struct meters {
    uint32_t tc_flags;
    struct cmap by_id;              /* Of struct meter. */
    struct cmap by_index;

    struct ovs_mutex mutex;         /* For all below, and to change these. */
    struct nfo_rtnl *rtnl;
    uint32_t next_index;
    struct meter_leftovers leftovers;
};

/* --- looking up --- */

static struct meter *
meter_find(const struct meters *meters, uint32_t id)
{
    struct meter *meter;

    CMAP_FOR_EACH_WITH_HASH (meter, id_node, hash_int(id, 0),
                             &meters->by_id) {
        if (meter->id == id) {
            return meter;
        }
    }
    return NULL;
}

static struct meter *
meter_find_index(const struct meters *meters, uint32_t index)
{
    struct meter *meter;

    CMAP_FOR_EACH_WITH_HASH (meter, index_node, hash_int(index, 0),
                             &meters->by_index) {
        if (meter->index == index) {
            return meter;
        }
    }
    return NULL;
}

bool
meters_police(const struct meters *meters, uint32_t id, uint32_t *index)
{
    const struct meter *meter = meter_find(meters, id);

    if (meter) {
        *index = meter->index;
    }
    return meter != NULL;
}

bool
meters_meter(const struct meters *meters, uint32_t index, uint32_t *id)
{
    const struct meter *meter = meter_find_index(meters, index);

    if (meter) {
        *id = meter->id;
    }
    return meter != NULL;
}

static void
meter_insert(struct meters *meters, uint32_t id, uint32_t index)
    OVS_REQUIRES(meters->mutex)
{
    struct meter *meter = xmalloc(sizeof *meter);

    meter->id = id;
    meter->index = index;
    cmap_insert(&meters->by_id, &meter->id_node, hash_int(id, 0));
    cmap_insert(&meters->by_index, &meter->index_node, hash_int(index, 0));
}

static void
meter_remove(struct meters *meters, struct meter *meter)
    OVS_REQUIRES(meters->mutex)
{
    cmap_remove(&meters->by_id, &meter->id_node, hash_int(meter->id, 0));
    cmap_remove(&meters->by_index, &meter->index_node,
                hash_int(meter->index, 0));
    ovsrcu_postpone(free, meter);
}

void
meters_run(struct meters *meters)
{
    ovs_mutex_lock(&meters->mutex);
    meter_leftovers_remove(&meters->leftovers, meters->rtnl);
    ovs_mutex_unlock(&meters->mutex);
}

/* --- setting --- */

/* Makes 'police' of 'config'. */
static int
police_from_config(const struct ofputil_meter_config *config,
                   struct nfo_police *police)
{
    const struct ofputil_meter_band *band = config->bands;
    uint64_t burst;

    if (config->n_bands != 1 || band->type != OFPMBT13_DROP || !band->rate
        || !(config->flags & (OFPMF13_KBPS | OFPMF13_PKTPS))) {
        return EOPNOTSUPP;
    }
    burst = config->flags & OFPMF13_BURST ? band->burst_size : band->rate;
    police->by_packets = config->flags & OFPMF13_PKTPS;
    police->rate = band->rate;
    police->burst = burst;
    if (!police->by_packets) {
        /* Kilobits. */
        police->rate = police->rate * 1000 / 8;
        police->burst = burst * 1000 / 8;
    }
    return 0;
}

/* The next index to try. */
static uint32_t
index_next(struct meters *meters)
    OVS_REQUIRES(meters->mutex)
{
    uint32_t index = meters->next_index;

    meters->next_index = index < NFO_BAND_POLICE_MAX ? index + 1
                                                     : NFO_BAND_POLICE_MIN;
    return index;
}

/* Makes a policer with an index that nobody has. */
static int
police_create(struct meters *meters, struct nfo_police *police)
    OVS_REQUIRES(meters->mutex)
{
    int error = EEXIST;

    for (int i = 0; i < INDEX_TRIES && error == EEXIST; i++) {
        police->index = index_next(meters);
        error = police_put(meters->rtnl, police, meters->tc_flags);
    }
    return error;
}

/* The policer of 'meter', which has none any more, is for the next who comes
 * by when its rules have gone. */
static void
meter_abandon(struct meters *meters, struct meter *meter)
    OVS_REQUIRES(meters->mutex)
{
    uint32_t index = meter->index;
    uint32_t id = meter->id;

    meter_remove(meters, meter);
    if (police_del(meters->rtnl, index)) {
        meter_leftovers_add(&meters->leftovers, id, index, false);
    }
}

/* Changes the policer that is there.  ESTALE: it is changed, but hardware may
 * go on with what it was, under the rules that use it.
 *
 * Drivers are told of a change, but TC does not say what they answer where the
 * policer is for software, too; and the one that does not hear of policers has
 * copied the limits into its rules.  The number of devices that have it tells
 * (tcf_action_offload_add_ex() in net/sched/act_api.c). */
static int
police_change(struct meters *meters, const struct nfo_police *police)
    OVS_REQUIRES(meters->mutex)
{
    struct nfo_police_info before = { .in_hw_count = 0 }, after;
    int error;

    police_get(meters->rtnl, police->index, &before);
    error = police_put(meters->rtnl, police,
                       meters->tc_flags | NFO_TC_REPLACE);
    if (error || meters->tc_flags & NFO_TC_SKIP_HW) {
        return error;
    }
    return (police_get(meters->rtnl, police->index, &after)
            || !after.in_hw_count || after.in_hw_count < before.in_hw_count
            ? ESTALE : 0);
}

/* '*stale' as meters_set(). */
static int
meters_set__(struct meters *meters, struct nfo_police *police, uint32_t *stale)
    OVS_REQUIRES(meters->mutex)
{
    struct meter *meter = meter_find(meters, police->meter);
    int error;

    police->index = meter ? meter->index
                          : meter_leftovers_take(&meters->leftovers,
                                                 police->meter);
    error = police->index ? police_change(meters, police) : ENOENT;
    if (error && police->index) {
        *stale = police->index;
        if (meter) {
            meter_abandon(meters, meter);
            meter = NULL;
        } else {
            meter_leftovers_add(&meters->leftovers, police->meter,
                                police->index, false);
        }
    }
    if (error == ESTALE || !police->index) {
        error = police_create(meters, police);
    }
    if (!error && !meter) {
        meter_insert(meters, police->meter, police->index);
    }
    return error;
}

int
meters_set(struct meters *meters, uint32_t id,
           const struct ofputil_meter_config *config, uint32_t *stale)
{
    struct nfo_police police = { .meter = id };
    struct meter *meter;
    int error;

    COVERAGE_INC(nft_offload_meter_set);
    *stale = 0;
    error = police_from_config(config, &police);
    ovs_mutex_lock(&meters->mutex);
    if (!error) {
        error = meters_set__(meters, &police, stale);
    }
    /* One that TC could have, and cannot have any more. */
    meter = error ? meter_find(meters, id) : NULL;
    if (meter) {
        *stale = meter->index;
        meter_abandon(meters, meter);
    }
    ovs_mutex_unlock(&meters->mutex);
    if (error) {
        COVERAGE_INC(nft_offload_meter_refused);
        VLOG_INFO_RL(&rl, "meter %"PRIu32" cannot be policed by TC, its flows "
                     "stay in software: %s", id,
                     error == EOPNOTSUPP && config->n_bands != 1
                     ? "it has more than one band" : ovs_strerror(error));
    }
    return error;
}

/* --- asking and deleting --- */

static void
stats_add(const struct nfo_police_info *info,
          struct ofputil_meter_stats *stats)
{
    stats->packet_in_count += info->packets;
    stats->byte_in_count += info->bytes;
    if (stats->n_bands) {
        stats->bands[0].packet_count += info->dropped;
    }
}

static int
meter_read(struct meters *meters, const struct meter *meter,
           struct ofputil_meter_stats *stats)
    OVS_REQUIRES(meters->mutex)
{
    struct nfo_police_info info;
    int error = police_get(meters->rtnl, meter->index, &info);

    if (!error) {
        stats_add(&info, stats);
    }
    return error;
}

int
meters_get(struct meters *meters, uint32_t id,
           struct ofputil_meter_stats *stats)
{
    const struct meter *meter;
    int error = ENOENT;

    ovs_mutex_lock(&meters->mutex);
    meter = meter_find(meters, id);
    if (meter) {
        error = meter_read(meters, meter, stats);
    }
    ovs_mutex_unlock(&meters->mutex);
    return error;
}

int
meters_del(struct meters *meters, uint32_t id,
           struct ofputil_meter_stats *stats)
{
    struct meter *meter;
    int error = ENOENT;

    ovs_mutex_lock(&meters->mutex);
    meter = meter_find(meters, id);
    if (meter) {
        error = stats ? meter_read(meters, meter, stats) : 0;
        meter_abandon(meters, meter);
    }
    ovs_mutex_unlock(&meters->mutex);
    return error;
}

/* --- life --- */

struct meters *
meters_create(uint32_t tc_flags)
{
    struct meters *meters = xzalloc(sizeof *meters);
    int error = -nfo_rtnl_open(&meters->rtnl);

    if (error) {
        VLOG_WARN("no netlink socket for meters, their flows stay in "
                  "software: %s", ovs_strerror(error));
        free(meters);
        return NULL;
    }
    meters->tc_flags = tc_flags;
    meters->next_index = NFO_BAND_POLICE_MIN;
    cmap_init(&meters->by_id);
    cmap_init(&meters->by_index);
    ovs_mutex_init(&meters->mutex);
    ovs_mutex_lock(&meters->mutex);
    meter_leftovers_read(&meters->leftovers, meters->rtnl, tc_flags,
                         &meters->next_index);
    ovs_mutex_unlock(&meters->mutex);
    return meters;
}

void
meters_destroy(struct meters *meters, bool remove)
{
    struct meter *meter;

    if (!meters) {
        return;
    }
    ovs_mutex_lock(&meters->mutex);
    CMAP_FOR_EACH (meter, id_node, &meters->by_id) {
        if (remove) {
            meter_abandon(meters, meter);
        } else {
            meter_remove(meters, meter);
        }
    }
    if (remove) {
        meter_leftovers_remove(&meters->leftovers, meters->rtnl);
    }
    meter_leftovers_uninit(&meters->leftovers);
    ovs_mutex_unlock(&meters->mutex);
    ovs_mutex_destroy(&meters->mutex);
    cmap_destroy(&meters->by_id);
    cmap_destroy(&meters->by_index);
    nfo_rtnl_close(meters->rtnl);
    free(meters);
}
