/* SPDX-License-Identifier: Apache-2.0 */

/* dpflow: see dpflow.h. */

#include <config.h>
#include "dpflow.h"

#include "dpif.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
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

/* Copies 'tunnel', of a mask, to 'to', with the port in it exact. */
static void
tunnel_put(struct ofpbuf *to, const struct nlattr *tunnel)
{
    size_t start = nl_msg_start_nested(to, OVS_KEY_ATTR_TUNNEL);
    const struct nlattr *a;
    size_t left;

    NL_NESTED_FOR_EACH (a, left, tunnel) {
        if (nl_attr_type(a) != OVS_TUNNEL_KEY_ATTR_TP_DST) {
            nl_msg_put_unspec(to, a->nla_type, nl_attr_get(a),
                              nl_attr_get_size(a));
        }
    }
    nl_msg_put_be16(to, OVS_TUNNEL_KEY_ATTR_TP_DST, OVS_BE16_MAX);
    nl_msg_end_nested(to, start);
}

/* A rule of a UDP tunnel is about its port even where OVS's mask leaves it out
 * (match_tunnel.c): who looks at the flow is shown that.  If the flow is such a
 * one, puts the mask to 'to' and returns true. */
static bool
mask_put(struct ofpbuf *to, const struct nlattr *key, size_t key_len,
         const struct nlattr *mask, size_t mask_len)
{
    const struct nlattr *tunnel, *a;
    size_t left;

    tunnel = nl_attr_find__(key, key_len, OVS_KEY_ATTR_TUNNEL);
    if (!tunnel || !mask
        || !nl_attr_find_nested(tunnel, OVS_TUNNEL_KEY_ATTR_TP_DST)) {
        return false;
    }
    NL_ATTR_FOR_EACH (a, left, mask, mask_len) {
        if (nl_attr_type(a) == OVS_KEY_ATTR_TUNNEL) {
            tunnel_put(to, a);
        } else {
            nl_msg_put_unspec(to, a->nla_type, nl_attr_get(a),
                              nl_attr_get_size(a));
        }
    }
    return true;
}

static struct dpflow *
create(const ovs_u128 *ufid, const struct nlattr *key, size_t key_len,
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
dpflow_create(const ovs_u128 *ufid,
              const struct nlattr *key, size_t key_len,
              const struct nlattr *mask, size_t mask_len,
              const struct nlattr *actions, size_t actions_len)
{
    uint64_t stub[64];
    struct ofpbuf buf = OFPBUF_STUB_INITIALIZER(stub);
    struct dpflow *flow;

    if (mask_put(&buf, key, key_len, mask, mask_len)) {
        mask = buf.data;
        mask_len = buf.size;
    }
    flow = create(ufid, key, key_len, mask, mask_len, actions, actions_len);
    ofpbuf_uninit(&buf);
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

struct nfo_counters
dpflow_counters(const struct nfo_view *view)
{
    const struct dpflow *flow = view->info;
    struct nfo_counters counters = view->counters;

    if (flow) {
        counters.packets -= MIN(counters.packets, flow->base.packets);
        counters.bytes -= MIN(counters.bytes, flow->base.bytes);
    }
    return counters;
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
dpflow_view_stats(const struct nfo_view *view, struct dpif_flow_stats *stats)
{
    struct nfo_counters counters = dpflow_counters(view);

    dpflow_stats(&counters, stats);
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
    look->counters = dpflow_counters(view);
    if (view->info) {
        look->base = ((const struct dpflow *) view->info)->base;
    }
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
