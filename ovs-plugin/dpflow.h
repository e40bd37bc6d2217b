/* SPDX-License-Identifier: Apache-2.0 */

/* dpflow: a datapath flow word for word as OVS put it.
 *
 * It hangs on the flow's entry in the table ('info' of a view), so that dumps
 * give back exactly what was put, without asking the kernel and without
 * translating back.  It is replaced as a whole when the flow is modified and
 * never changed, but for 'ours' and 'rate'.
 *
 * Lifetime: references.  The table holds one, dropped when no reader under
 * the library's RCU can see it any more; who wants it longer, takes one within
 * the callback that shows it. */

#ifndef DPFLOW_H
#define DPFLOW_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "ovs-atomic.h"

#include "daemon/connection.h"
#include "table.h"

struct dpif_flow_attrs;
struct dpif_flow_stats;
struct nlattr;

struct dpflow {
    struct ovs_refcount ref_cnt;
    ovs_u128 ufid;

    /* OVS was told that this provider has the flow.  Otherwise it is in the
     * kernel's datapath, or with another provider, and here for the record
     * only. */
    atomic_bool ours;

    /* What the table had counted when the flow came back from the datapath:
     * OVS begins anew then, for it takes them for two flows. */
    struct nfo_counters base;

    struct connection_rate rate;    /* While somebody looks; worker's. */

    const struct nlattr *key;
    size_t key_len;
    const struct nlattr *mask;
    size_t mask_len;
    const struct nlattr *actions;
    size_t actions_len;

    uint64_t data[];            /* What the three point to. */
};

/* A copy of all of that, but with the port of a tunnel in the mask; 'ours' is
 * false.  The reference is the caller's. */
struct dpflow *dpflow_create(const ovs_u128 *ufid,
                             const struct nlattr *key, size_t key_len,
                             const struct nlattr *mask, size_t mask_len,
                             const struct nlattr *actions, size_t actions_len);

struct dpflow *dpflow_ref(struct dpflow *);

/* Drops a reference; with the last one frees.  Any thread, also one that OVS
 * knows nothing of.  NULL is fine. */
void dpflow_unref(struct dpflow *);

bool dpflow_is_ours(const struct dpflow *);
void dpflow_set_ours(struct dpflow *, bool);

/* The table's id for 'ufid', and back. */
static inline struct nfo_id
dpflow_id(const ovs_u128 *ufid)
{
    return (struct nfo_id) { .hi = ufid->u64.hi, .lo = ufid->u64.lo };
}

/* What was counted of the flow as OVS knows it: without its base. */
struct nfo_counters dpflow_counters(const struct nfo_view *);

/* What OVS calls statistics: 'used' is in time_msec() units, 0 for a flow that
 * no packet has hit. */
void dpflow_stats(const struct nfo_counters *, struct dpif_flow_stats *);

/* dpflow_stats() of dpflow_counters(). */
void dpflow_view_stats(const struct nfo_view *, struct dpif_flow_stats *);

/* As the tc provider says it, so that "type=tc" and "type=offloaded" of
 * dpctl/dump-flows find our flows. */
void dpflow_attrs(const struct nfo_view *, struct dpif_flow_attrs *);

/* What is known of a flow at one moment. */
struct dpflow_look {
    bool known;                 /* In the table at all.  Else nothing below. */
    bool ours;
    enum nfo_state state;
    bool in_hw;
    struct nfo_counters counters;
    struct nfo_counters base;   /* Not among 'counters'. */
    enum nft_offload_reason reason;
    char text[NFT_OFFLOAD_TEXT_MAX];
};

/* Looks the flow up in 'table'.  Any thread, no lock. */
void dpflow_look_up(struct nfo_table *table, struct nfo_id,
                    struct dpflow_look *);

#endif /* dpflow.h */
