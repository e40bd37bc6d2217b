/* SPDX-License-Identifier: Apache-2.0 */

/* dump: see dump.h. */

#include <config.h>
#include "dump.h"

#include "dpif-provider.h"
#include "util.h"

#include "claim.h"
#include "dpflow.h"
#include "offload.h"
#include "worker.h"

/* Flows that one call of dump_next() gives at the most. */
#define DUMP_BATCH 64

struct dump {
    struct dpif_offload_flow_dump up;
    struct nfo_table *table;    /* NULL: nothing to dump. */
    struct nfo_id *ids;
    size_t n, allocated;
    atomic_size_t next;         /* The first that no thread has taken. */
};

struct dump_thread {
    struct dpif_offload_flow_dump_thread up;
    struct dump *dump;
    struct dpflow *held[DUMP_BATCH];    /* What the last call pointed to. */
    size_t n_held;
};

/* Is the flow one that OVS knows to be here, and that is? */
static bool
view_shows(const struct nfo_view *view)
{
    return view->info && dpflow_is_ours(view->info)
           && (view->state == NFO_STATE_IN_HW
               || view->state == NFO_STATE_PLACING);
}

static void
dump_collect(void *dump_, const struct nfo_view *view)
{
    struct dump *dump = dump_;

    if (!view_shows(view)) {
        return;
    }
    if (dump->n == dump->allocated) {
        dump->ids = x2nrealloc(dump->ids, &dump->allocated,
                               sizeof *dump->ids);
    }
    dump->ids[dump->n++] = view->id;
}

struct dpif_offload_flow_dump *
dump_create(const struct dpif_offload *offload_, bool terse)
{
    struct nft_offload *offload = nft_offload_cast(offload_);
    struct dump *dump = xzalloc(sizeof *dump);

    dpif_offload_flow_dump_init(&dump->up, offload_, terse);
    atomic_init(&dump->next, 0);
    if (!nft_offload_enabled(offload)) {
        return &dump->up;
    }
    claim_leftovers(offload);
    /* Only people may wait. Revalidators dump tersely, unless ufids have been
     * switched off. */
    if (terse || !strncmp(get_subprogram_name(), "revalidator", 11)) {
        worker_kick(offload->worker);
    } else {
        worker_kick_and_wait(offload->worker);
    }
    dump->table = offload->table;
    nfo_table_foreach(dump->table, NFO_SOURCE_OVS, dump_collect, dump);
    return &dump->up;
}

int
dump_destroy(struct dpif_offload_flow_dump *dump_)
{
    struct dump *dump = CONTAINER_OF(dump_, struct dump, up);

    free(dump->ids);
    free(dump);
    return 0;
}

struct dpif_offload_flow_dump_thread *
dump_thread_create(struct dpif_offload_flow_dump *dump)
{
    struct dump_thread *thread = xmalloc(sizeof *thread);

    dpif_offload_flow_dump_thread_init(&thread->up, dump);
    thread->dump = CONTAINER_OF(dump, struct dump, up);
    thread->n_held = 0;
    return &thread->up;
}

static void
thread_release(struct dump_thread *thread)
{
    while (thread->n_held) {
        dpflow_unref(thread->held[--thread->n_held]);
    }
}

void
dump_thread_destroy(struct dpif_offload_flow_dump_thread *thread_)
{
    struct dump_thread *thread = CONTAINER_OF(thread_, struct dump_thread, up);

    thread_release(thread);
    free(thread);
}

struct fill {
    struct dump_thread *thread;
    struct dpif_flow *flow;
    bool filled;
};

static void
fill_one(void *fill_, const struct nfo_view *view)
{
    struct fill *fill = fill_;
    struct dump_thread *thread = fill->thread;
    struct dpif_flow *to = fill->flow;
    struct dpflow *flow = view->info;

    if (!view_shows(view)) {
        return;
    }
    memset(to, 0, sizeof *to);
    if (!thread->dump->up.terse) {
        thread->held[thread->n_held++] = dpflow_ref(flow);
        to->key = flow->key;
        to->key_len = flow->key_len;
        to->mask = flow->mask;
        to->mask_len = flow->mask_len;
        to->actions = flow->actions;
        to->actions_len = flow->actions_len;
    }
    to->ufid = flow->ufid;
    to->ufid_present = true;
    to->pmd_id = PMD_ID_NULL;
    dpflow_view_stats(view, &to->stats);
    dpflow_attrs(view, &to->attrs);
    fill->filled = true;
}

int
dump_next(struct dpif_offload_flow_dump_thread *thread_,
          struct dpif_flow *flows, int max_flows)
{
    struct dump_thread *thread = CONTAINER_OF(thread_, struct dump_thread, up);
    struct dump *dump = thread->dump;
    int n_max = MIN(max_flows, DUMP_BATCH);
    int n = 0;

    thread_release(thread);
    while (n < n_max) {
        struct fill fill = { .thread = thread, .flow = &flows[n] };
        size_t i;

        atomic_add(&dump->next, 1, &i);
        if (i >= dump->n) {
            break;
        }
        nfo_table_get(dump->table, NFO_SOURCE_OVS, dump->ids[i], fill_one,
                      &fill);
        n += fill.filled;
    }
    return n;
}
