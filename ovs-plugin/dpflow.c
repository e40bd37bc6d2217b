/* SPDX-License-Identifier: Apache-2.0 */

/* dpflow: see dpflow.h. */

#include <config.h>
#include "dpflow.h"

#include "dpif.h"
#include "openvswitch/util.h"
#include "timeval.h"
#include "util.h"

/* Copies 'n' bytes to '*to' and moves that past them, aligned as attributes
 * want it. */
static const struct nlattr *
append(uint64_t **to, const struct nlattr *from, size_t n)
{
    uint64_t *start = *to;

    nullable_memcpy(start, from, n);
    *to = start + DIV_ROUND_UP(n, sizeof *start);
    return (const struct nlattr *) start;
}

struct dpflow *
dpflow_create(const ovs_u128 *ufid,
              const struct nlattr *key, size_t key_len,
              const struct nlattr *mask, size_t mask_len,
              const struct nlattr *actions, size_t actions_len)
{
    size_t room = ROUND_UP(key_len, 8) + ROUND_UP(mask_len, 8)
                  + ROUND_UP(actions_len, 8);
    struct dpflow *flow = xzalloc(sizeof *flow + room);
    uint64_t *to = flow->data;

    ovs_refcount_init(&flow->ref_cnt);
    atomic_init(&flow->ours, false);
    flow->ufid = *ufid;
    flow->key = append(&to, key, key_len);
    flow->key_len = key_len;
    flow->mask = append(&to, mask, mask_len);
    flow->mask_len = mask_len;
    flow->actions = append(&to, actions, actions_len);
    flow->actions_len = actions_len;
    return flow;
}

struct dpflow *
dpflow_ref(struct dpflow *flow)
{
    ovs_refcount_ref(&flow->ref_cnt);
    return flow;
}

void
dpflow_unref(struct dpflow *flow)
{
    if (flow && ovs_refcount_unref_relaxed(&flow->ref_cnt) == 1) {
        free(flow);
    }
}

bool
dpflow_is_ours(const struct dpflow *flow)
{
    bool ours;

    atomic_read_relaxed(&CONST_CAST(struct dpflow *, flow)->ours, &ours);
    return ours;
}

void
dpflow_set_ours(struct dpflow *flow, bool ours)
{
    atomic_store_relaxed(&flow->ours, ours);
}

void
dpflow_stats(const struct nfo_counters *counters,
             struct dpif_flow_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->n_packets = counters->packets;
    stats->n_bytes = counters->bytes;
    /* Hardware does not say which TCP flags it saw; tc says 0, too. */
    if (counters->packets) {
        stats->used = time_msec() - counters->idle_ms;
    }
}

void
dpflow_attrs(const struct nfo_view *view, struct dpif_flow_attrs *attrs)
{
    memset(attrs, 0, sizeof *attrs);
    attrs->offloaded = view->in_hw;
    attrs->dp_layer = "tc";
}

static void
look(void *look_, const struct nfo_view *view)
{
    struct dpflow_look *look = look_;

    look->known = true;
    look->ours = view->info && dpflow_is_ours(view->info);
    look->state = view->state;
    look->in_hw = view->in_hw;
    look->counters = view->counters;
    look->reason = view->reason;
    ovs_strlcpy(look->text, view->text, sizeof look->text);
}

void
dpflow_look_up(struct nfo_table *table, struct nfo_id id,
               struct dpflow_look *result)
{
    memset(result, 0, sizeof *result);
    nfo_table_get(table, NFO_SOURCE_OVS, id, look, result);
}
