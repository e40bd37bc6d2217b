/* SPDX-License-Identifier: Apache-2.0 */

/* offload: see offload.h. */

#include <config.h>
#include "offload.h"

#include <errno.h>

#include "dpif-provider.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "util.h"

#include "claim.h"
#include "command.h"
#include "dpflow.h"
#include "dump.h"
#include "fit.h"
#include "meter.h"
#include "nft.h"
#include "operate.h"
#include "port.h"
#include "report.h"
#include "settings.h"
#include "tc_flower.h"
#include "worker.h"

VLOG_DEFINE_THIS_MODULE(nft_offload);

#define OVS_RULES (1u << NFO_SOURCE_OVS)

static int nft_offload_open(const struct dpif_offload_class *, struct dpif *,
                            struct dpif_offload **);

struct nft_offload *
nft_offload_cast(const struct dpif_offload *offload)
{
    /* Not dpif_offload_assert_class(): the loader gives OVS a copy of the
     * class, which lies where OVS looks for one. */
    ovs_assert(offload->class->open == nft_offload_open);
    return CONTAINER_OF(offload, struct nft_offload, up);
}

bool
nft_offload_enabled(const struct nft_offload *offload_)
{
    struct nft_offload *offload = CONST_CAST(struct nft_offload *, offload_);
    bool enabled;

    atomic_read_explicit(&offload->enabled, &enabled, memory_order_acquire);
    return enabled;
}

/* --- environment of the translator --- */

static bool
env_chain_reached(const void *offload_, uint32_t chain)
{
    const struct nft_offload *offload = offload_;

    return nfo_table_chain_reached(offload->table, chain);
}

static bool
env_police(const void *offload_, uint32_t meter_id, uint32_t *index)
{
    const struct nft_offload *offload = offload_;

    return offload->meters && meters_police(offload->meters, meter_id, index);
}

static bool
env_meter(const void *offload_, uint32_t index, uint32_t *meter_id)
{
    const struct nft_offload *offload = offload_;

    return offload->meters && meters_meter(offload->meters, index, meter_id);
}

static void
env_init(struct nft_offload *offload, const struct dpif *dpif)
{
    offload->env = (struct translate_env) {
        .aux = offload,
        .port = port_to_translate,
        .port_no = port_by_ifindex,
        .police = env_police,
        .meter = env_meter,
        .chain_reached = env_chain_reached,
    };
    if (dpif_get_features(CONST_CAST(struct dpif *, dpif))
        & OVS_DP_F_TC_RECIRC_SHARING) {
        offload->env.features |= TRANSLATE_RECIRC;
    }
}

/* --- on and off --- */

static void
info_free(void *flow)
{
    dpflow_unref(flow);
}

static uint32_t
policy_parse(const char *policy)
{
    if (!strcmp(policy, "skip_hw")) {
        return NFO_TABLE_SKIP_HW;
    } else if (!strcmp(policy, "none")) {
        return NFO_TABLE_ANY;
    } else if (strcmp(policy, "skip_sw")) {
        VLOG_WARN("tc-policy=%s is none that is known, skip_sw is used",
                  policy);
    }
    return 0;
}

/* A policer has to lie where the rules lie that use it: in hardware these are
 * in software, too (netdev/batch.c). */
static uint32_t
police_flags(uint32_t policy)
{
    return policy & NFO_TABLE_SKIP_HW ? NFO_TC_SKIP_HW : 0;
}

/* What 'options' say, to those who do it. */
static void
offload_configure(struct nft_offload *offload)
{
    const uint32_t *value = offload->options.value;
    const struct nfo_table_shares shares = {
        .flowtable = value[NFO_OPTION_SHARE_FLOWTABLE],
        .ovs = value[NFO_OPTION_SHARE_OVS],
        .ports = value[NFO_OPTION_SHARE_PORTS],
    };

    nfo_table_share(offload->table, &shares);
    atomic_store_relaxed(&offload->grace_ms,
                         value[NFO_OPTION_GRACE] * UINT32_C(1000));
}

static int
offload_start(struct nft_offload *offload)
{
    struct nfo_table_config config = {
        .sources = OVS_RULES,
        .flags = offload->policy,
        .info_free = info_free,
    };
    int error;

    error = -nfo_eswitch_create(&offload->eswitch);
    if (error) {
        return error;
    }
    config.eswitch = offload->eswitch;
    error = -nfo_table_create(&offload->table, &config);
    if (error) {
        nfo_eswitch_destroy(offload->eswitch);
        return error;
    }
    senders_init(&offload->senders, offload->table);
    offload->meters = meters_create(police_flags(offload->policy));
    claim_prepare(offload);
    offload->worker = worker_create(offload);
    return 0;
}

static void
offload_enable(struct nft_offload *offload, const char *policy)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
    int error;

    offload->policy = policy_parse(policy);
    atomic_store_relaxed(&offload->grace_ms,
                         offload->options.value[NFO_OPTION_GRACE]
                         * UINT32_C(1000));
    error = offload_start(offload);
    if (error) {
        VLOG_ERR_RL(&rl, "no hardware offload, for the kernel's links cannot "
                    "be read: %s", ovs_strerror(error));
        return;
    }
    atomic_store_explicit(&offload->enabled, true, memory_order_release);
    offload_configure(offload);
    port_enable_all(offload);
    VLOG_INFO("%s: flows go to hardware through TC flower, recirculation "
              "%s", dpif_offload_name(&offload->up),
              offload->env.features & TRANSLATE_RECIRC
              ? "included" : "not included, for this kernel does not share it "
              "with TC (CONFIG_NET_TC_SKB_EXT)");
}

/* hw-offload is off: nothing of a process in which it was on may stay, for TC
 * would go on to take packets from under the datapath. */
static void
offload_remove_leftovers(void)
{
    ssize_t n = nfo_table_purge_all(OVS_RULES);

    if (n < 0) {
        VLOG_WARN("rules of an earlier process could not be removed: %s",
                  ovs_strerror(-n));
    } else if (n) {
        VLOG_INFO("removed %"PRIdSIZE" rules of an earlier process, for "
                  "hw-offload is off", n);
    }
    meters_destroy(meters_create(0), true);
    nft_remove_leftovers();
}

static void
nft_offload_set_config(struct dpif_offload *offload_,
                       const struct smap *other_config)
{
    struct nft_offload *offload = nft_offload_cast(offload_);

    settings_update(&offload->options, other_config);
    if (nft_offload_enabled(offload)) {
        /* Whatever else has changed needs a restart: vswitchd.conf.db(5). */
        offload_configure(offload);
        return;
    }
    if (smap_get_bool(other_config, "hw-offload", false)) {
        offload_enable(offload, smap_get_def(other_config, "tc-policy",
                                             "skip_sw"));
    } else if (ovsthread_once_start(&offload->disable_once)) {
        offload_remove_leftovers();
        ovsthread_once_done(&offload->disable_once);
    }
}

/* --- life --- */

/* The name of the one datapath whose provider may be open, for two tables
 * would take each other's rules for leftovers.  That of a datapath which was
 * just deleted may still wait for RCU to be closed while the next one of the
 * same name opens its own. */
static struct ovs_mutex open_mutex = OVS_MUTEX_INITIALIZER;
static char *open_name OVS_GUARDED_BY(open_mutex);
static int open_count OVS_GUARDED_BY(open_mutex);

static int
open_claim(const char *name)
{
    int error = 0;

    ovs_mutex_lock(&open_mutex);
    if (open_count && strcmp(open_name, name)) {
        VLOG_INFO("%s: no flow goes to hardware, only those of %s do", name,
                  open_name);
        error = EBUSY;
    } else if (!open_count++) {
        open_name = xstrdup(name);
    }
    ovs_mutex_unlock(&open_mutex);
    return error;
}

static void
open_release(void)
{
    ovs_mutex_lock(&open_mutex);
    if (!--open_count) {
        free(open_name);
        open_name = NULL;
    }
    ovs_mutex_unlock(&open_mutex);
}

/* The class that OVS opens may be a copy of ours, see loader.c. */
static int
nft_offload_open(const struct dpif_offload_class *class OVS_UNUSED,
                 struct dpif *dpif, struct dpif_offload **offloadp)
{
    struct nft_offload *offload;
    int error;

    error = open_claim(dpif_name(dpif));
    if (error) {
        return error;
    }
    offload = xzalloc(sizeof *offload);
    dpif_offload_init(&offload->up, &nft_offload_class, dpif);
    atomic_init(&offload->enabled, false);
    atomic_init(&offload->claimed, 0);
    atomic_init(&offload->flushed, false);
    atomic_init(&offload->grace_ms, 0);
    nfo_options_init(&offload->options);
    offload->probe_once = (struct ovsthread_once) OVSTHREAD_ONCE_INITIALIZER;
    offload->disable_once = (struct ovsthread_once) OVSTHREAD_ONCE_INITIALIZER;
    ovs_mutex_init(&offload->claim_mutex);
    env_init(offload, dpif);
    command_attach(offload);
    *offloadp = &offload->up;
    return 0;
}

/* Rules stay where they are, and hardware goes on forwarding, as the kernel's
 * datapath does; the next process adopts them.  Unless OVS has flushed its
 * flows, which it does when it means to leave nothing behind: then what nobody
 * has claimed is nobody's. */
static void
offload_stop(struct nft_offload *offload)
{
    struct nfo_table_stats stats;
    struct sender *sender;
    bool flushed;

    worker_destroy(offload->worker);
    nfo_table_stats(offload->table, &stats);
    atomic_read_relaxed(&offload->flushed, &flushed);
    if (flushed && !stats.entries) {
        sender = sender_get(&offload->senders);
        if (sender) {
            nfo_table_reap(sender->batch, 0);
        }
    }
    meters_destroy(offload->meters, flushed && !stats.entries);
    senders_destroy(&offload->senders);
    nfo_table_destroy(offload->table);
    nfo_eswitch_destroy(offload->eswitch);
}

static void
nft_offload_close(struct dpif_offload *offload_)
{
    struct nft_offload *offload = nft_offload_cast(offload_);

    command_detach(offload);
    port_del_all(offload);
    if (nft_offload_enabled(offload)) {
        offload_stop(offload);
    }
    ovsthread_once_destroy(&offload->probe_once);
    ovsthread_once_destroy(&offload->disable_once);
    ovs_mutex_destroy(&offload->claim_mutex);
    dpif_offload_destroy(offload_);
    free(offload);
    open_release();
}

/* --- flows --- */

static int
nft_offload_flow_flush(const struct dpif_offload *offload_)
{
    struct nft_offload *offload = nft_offload_cast(offload_);
    struct sender *sender;

    if (!nft_offload_enabled(offload)) {
        return 0;
    }
    sender = sender_get(&offload->senders);
    if (!sender) {
        return ENOBUFS;
    }
    atomic_store_relaxed(&offload->flushed, true);
    return -nfo_table_flush(sender->batch, NFO_SOURCE_OVS);
}

static uint64_t
nft_offload_flow_count(const struct dpif_offload *offload_)
{
    struct nft_offload *offload = nft_offload_cast(offload_);
    struct nfo_table_stats stats;

    if (!nft_offload_enabled(offload)) {
        return 0;
    }
    nfo_table_stats(offload->table, &stats);
    return stats.in_hw_of[NFO_SOURCE_OVS];
}

/* --- meters --- */

/* Flows whose rules use a policer that is none any more. */
struct stale {
    uint32_t police;
    struct nfo_batch *batch;
};

static void
stale_del(void *stale_, const struct nfo_view *view)
{
    const struct stale *stale = stale_;

    for (size_t i = 0; view->rule && i < view->rule->n_actions; i++) {
        if (view->rule->actions[i].type == NFO_ACT_POLICE
            && view->rule->actions[i].police == stale->police) {
            nfo_table_del(stale->batch, view->source, view->id);
            return;
        }
    }
}

/* OVS misses these flows in its dumps, and puts them again when their packets
 * come up. */
static void
offload_drop_policed(struct nft_offload *offload, uint32_t police)
{
    struct sender *sender = sender_get(&offload->senders);
    struct stale stale = { .police = police };

    if (sender) {
        stale.batch = sender->batch;
        nfo_table_foreach(offload->table, NFO_SOURCE_OVS, stale_del, &stale);
        nfo_table_commit(sender->batch);
    }
}

static struct meters *
offload_meters(const struct dpif_offload *offload_)
{
    const struct nft_offload *offload = nft_offload_cast(offload_);

    return nft_offload_enabled(offload) ? offload->meters : NULL;
}

static int
nft_offload_meter_set(const struct dpif_offload *offload, ofproto_meter_id id,
                      struct ofputil_meter_config *config)
{
    struct meters *meters = offload_meters(offload);
    uint32_t stale = 0;
    int error = EOPNOTSUPP;

    if (meters) {
        error = meters_set(meters, id.uint32, config, &stale);
    }
    if (stale) {
        offload_drop_policed(nft_offload_cast(offload), stale);
    }
    return error;
}

static int
nft_offload_meter_get(const struct dpif_offload *offload, ofproto_meter_id id,
                      struct ofputil_meter_stats *stats)
{
    struct meters *meters = offload_meters(offload);

    return meters ? meters_get(meters, id.uint32, stats) : ENOENT;
}

static int
nft_offload_meter_del(const struct dpif_offload *offload, ofproto_meter_id id,
                      struct ofputil_meter_stats *stats)
{
    struct meters *meters = offload_meters(offload);

    return meters ? meters_del(meters, id.uint32, stats) : ENOENT;
}

struct dpif_offload_class nft_offload_class = {
    .type = "nft_offload",
    .impl_type = DPIF_OFFLOAD_IMPL_FLOWS_PROVIDER_ONLY,
    .supported_dpif_types = (const char *const[]) {"system", NULL},
    .init = fit_check,
    .open = nft_offload_open,
    .close = nft_offload_close,
    .set_config = nft_offload_set_config,
    .get_debug = report_debug,
    .get_global_stats = report_global_stats,
    .can_offload = port_can_offload,
    .port_add = port_add,
    .port_del = port_del,
    .get_netdev = port_get_netdev,
    .flow_flush = nft_offload_flow_flush,
    .flow_dump_create = dump_create,
    .flow_dump_next = dump_next,
    .flow_dump_destroy = dump_destroy,
    .flow_dump_thread_create = dump_thread_create,
    .flow_dump_thread_destroy = dump_thread_destroy,
    .operate = nft_offload_operate,
    .flow_count = nft_offload_flow_count,
    .meter_set = nft_offload_meter_set,
    .meter_get = nft_offload_meter_get,
    .meter_del = nft_offload_meter_del,
};
