/* SPDX-License-Identifier: Apache-2.0 */

/* nft: see nft.h. */

#include <config.h>
#include "nft.h"

#include <errno.h>
#include <stdlib.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

#include "bound.h"
#include "daemon/connection.h"
#include "flowtable_source.h"
#include "offload.h"
#include "reason.h"
#include "sender.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_nft);

/* Milliseconds. */
#define BIND_INTERVAL 2000      /* Between two looks whether it can be bound, */
#define FLUSH_INTERVAL 1000     /* and two messages of counters. */

/* What has been logged last about being bound. */
enum nft_state {
    NFT_IDLE,                   /* Nothing: no module. */
    NFT_BOUND,
    NFT_OTHER,                  /* Another provider is. */
    NFT_FAILED,
};

struct nft {
    struct nft_offload *offload;
    struct sender *sender;
    struct connections connections;         /* For those who ask. */
    struct nfo_flowtable_source *source;    /* NULL: not bound. */
    enum nft_state state;
    bool unloaded;              /* The module has gone. */
    long long int next;         /* When to try to bind. */
    uint32_t grace_ms;          /* As the module was told. */
};

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* --- what the source tells --- */

static int
nft_flow_new(void *nft_, const struct nfo_flowtable_flow *flow)
{
    struct nft *nft = nft_;

    return connections_learn(&nft->connections, flow);
}

static void
nft_flow_del(void *nft_, uint64_t id)
{
    struct nft *nft = nft_;

    connections_forget(&nft->connections, id);
}

static void
nft_refused(void *nft OVS_UNUSED, const struct nfo_view *view)
{
    VLOG_DBG_RL(&rl, "connection %"PRIu64" stays in software: %s%s%s",
                view->id.lo >> 1, nfo_reason_text(view->reason),
                view->text[0] ? ": " : "", view->text);
}

static void
nft_synced(void *nft OVS_UNUSED, uint64_t reaped)
{
    if (reaped) {
        VLOG_INFO("removed %"PRIu64" rules of connections that ended while "
                  "no provider ran", reaped);
    }
}

static void
nft_trouble(void *nft_, int error, const char *text)
{
    struct nft *nft = nft_;

    if (error == -ENOENT) {
        nft->unloaded = true;
    } else {
        VLOG_WARN_RL(&rl, "nft_offload.ko refused a message: %s (%s)", text,
                     ovs_strerror(-error));
    }
}

static const struct nfo_flowtable_source_ops source_ops = {
    .flow_new = nft_flow_new,
    .flow_del = nft_flow_del,
    .flow_refused = nft_refused,
    .synced = nft_synced,
    .trouble = nft_trouble,
};

static void
nft_outcome(void *nft_, const struct nfo_view *view)
{
    struct nft *nft = nft_;

    if (nft->source) {
        nfo_flowtable_source_outcome(nft->source, view);
    }
}

/* --- binding --- */

static void
nft_prepare_ports(struct nft *nft)
{
    struct nfo_port *ports;
    ssize_t n = nfo_eswitch_ports(nft->offload->eswitch, true, &ports);

    for (ssize_t i = 0; i < n; i++) {
        nfo_flowtable_source_port_changed(nft->source, NULL, &ports[i]);
    }
    if (n >= 0) {
        free(ports);
    }
}

/* Has the module a provider?  Who cannot be asked has none. */
static bool
is_bound(void)
{
    uint32_t portid;

    return !nfo_bound_ask(&portid) && portid;
}

/* Becomes the module's provider.  Left-over rules of connections are read
 * back only where nobody else is bound, whose they would be. */
static int
nft_take(struct nft *nft, ssize_t *leftovers)
{
    struct nfo_batch *batch = nft->sender->batch;
    int error;

    if (is_bound()) {
        return EBUSY;
    }
    *leftovers = nfo_table_claim(batch, NFO_FLOWTABLE_SOURCES);
    error = *leftovers < 0 ? -*leftovers : 0;
    if (!error) {
        atomic_read_relaxed(&nft->offload->grace_ms, &nft->grace_ms);
        error = -nfo_flowtable_source_bind(nft->source, nft->grace_ms);
    }
    if (error) {
        nfo_table_disclaim(batch, NFO_FLOWTABLE_SOURCES, false);
    }
    return error;
}

static void
nft_log_bound(int error, ssize_t leftovers)
{
    if (!error) {
        VLOG_INFO("connections of nftables flowtables go to hardware, too "
                  "(%"PRIdSIZE" rules of an earlier provider found)",
                  leftovers);
    } else if (error == EBUSY) {
        VLOG_WARN("connections of nftables flowtables are left to another "
                  "provider, most likely nft-offloadd, that is bound to "
                  "nft_offload.ko (EBUSY); only flows of Open vSwitch are "
                  "served here: stop nft-offloadd to have both");
    } else {
        VLOG_WARN("connections of nftables flowtables stay in software, for "
                  "nft_offload.ko cannot be bound: %s", ovs_strerror(error));
    }
}

static void
nft_bind(struct nft *nft)
{
    const struct nfo_flowtable_source_config config = {
        .eswitch = nft->offload->eswitch,
        .table = nft->offload->table,
        .batch = nft->sender->batch,
        .ops = &source_ops,
        .aux = nft,
    };
    enum nft_state state;
    ssize_t leftovers = 0;
    int error;

    if (!nfo_bound_module()) {
        nft->state = NFT_IDLE;
        return;
    }
    nft->unloaded = false;
    error = -nfo_flowtable_source_open(&nft->source, &config);
    if (!error) {
        error = nft_take(nft, &leftovers);
        if (error) {
            nfo_flowtable_source_close(nft->source);
            nft->source = NULL;
        }
    }
    state = !error ? NFT_BOUND : error == EBUSY ? NFT_OTHER : NFT_FAILED;
    if (state != nft->state) {
        nft->state = state;
        nft_log_bound(error, leftovers);
    }
    if (!error) {
        nft_prepare_ports(nft);
    }
}

/* Tells the module of another grace. */
static void
nft_follow_settings(struct nft *nft)
{
    uint32_t grace_ms;
    int error;

    atomic_read_relaxed(&nft->offload->grace_ms, &grace_ms);
    if (grace_ms == nft->grace_ms) {
        return;
    }
    nft->grace_ms = grace_ms;
    error = -nfo_provider_grace(nfo_flowtable_source_provider(nft->source),
                                grace_ms);
    if (error) {
        VLOG_WARN("nft_offload.ko does not take the grace of %"PRIu32" s: %s",
                  grace_ms / 1000, ovs_strerror(error));
    }
}

static void
nft_release(struct nft *nft)
{
    int error;

    if (!nft->source) {
        return;
    }
    error = -nfo_flowtable_source_stop(nft->source, false);
    if (error) {
        VLOG_WARN("some rules of connections could not be removed: %s",
                  ovs_strerror(error));
    }
    nfo_flowtable_source_close(nft->source);
    nft->source = NULL;
}

/* --- the worker's calls --- */

struct nft *
nft_create(struct nft_offload *offload, struct sender *sender)
{
    struct nft *nft = xzalloc(sizeof *nft);

    nft->offload = offload;
    nft->sender = sender;
    if (connections_init(&nft->connections)) {
        out_of_memory();
    }
    sender->outcome = nft_outcome;
    sender->aux = nft;
    if (offload->policy & NFO_TABLE_SKIP_HW) {
        /* They have a quicker path in software than TC. */
        VLOG_INFO("connections of nftables flowtables are not served, for "
                  "tc-policy is skip_hw");
        nft->next = LLONG_MAX;
    }
    return nft;
}

void
nft_destroy(struct nft *nft)
{
    if (nft) {
        nft_release(nft);
        nft->sender->outcome = NULL;
        connections_free(&nft->connections);
        free(nft);
    }
}

void
nft_run(struct nft *nft)
{
    int error;

    if (!nft->source) {
        if (time_msec() < nft->next) {
            return;
        }
        nft->next = time_msec() + BIND_INTERVAL;
        nft_bind(nft);
        if (!nft->source) {
            return;
        }
    }
    nft_follow_settings(nft);
    error = -nfo_flowtable_source_receive(nft->source);
    if (!error) {
        error = -nfo_table_commit(nft->sender->batch);
    }
    if (!error) {
        error = -nfo_flowtable_source_flush(nft->source);
    }
    if (error) {
        VLOG_WARN_RL(&rl, "exchange with nft_offload.ko failed, will be made "
                     "good: %s", ovs_strerror(error));
    }
    if (nft->unloaded) {
        VLOG_INFO("nft_offload.ko was unloaded, no connection of a flowtable "
                  "is in hardware until it is loaded again");
        nft_release(nft);
        nft->state = NFT_IDLE;
    }
}

void
nft_wait(struct nft *nft)
{
    if (nft->source) {
        poll_fd_wait(nfo_flowtable_source_fd(nft->source), POLLIN);
        poll_timer_wait(FLUSH_INTERVAL);
    } else if (nft->next != LLONG_MAX) {
        poll_timer_wait_until(nft->next);
    }
}

void
nft_count(struct nft *nft)
{
    if (nft->source) {
        nfo_flowtable_source_count(nft->source);
    }
}

void
nft_port_changed(struct nft *nft, const struct nfo_port *before,
                 const struct nfo_port *after)
{
    if (nft && nft->source) {
        nfo_flowtable_source_port_changed(nft->source, before, after);
    }
}

struct connections *
nft_connections(struct nft *nft)
{
    return &nft->connections;
}

struct nfo_flowtable_source *
nft_source(struct nft *nft)
{
    return nft->source;
}

/* --- hw-offload is off --- */

void
nft_remove_leftovers(void)
{
    ssize_t n;

    if (is_bound()) {
        return;
    }
    n = nfo_table_purge_all(NFO_FLOWTABLE_SOURCES);
    if (n > 0) {
        VLOG_INFO("removed %"PRIdSIZE" rules of connections of an earlier "
                  "provider", n);
    }
}
