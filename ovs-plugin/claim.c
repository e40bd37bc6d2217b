/* SPDX-License-Identifier: Apache-2.0 */

/* claim: see claim.h.
 *
 * What revalidators make of flows that they do not know: ukey_acquire() and
 * revalidate_ukey__() in ofproto/ofproto-dpif-upcall.c.  How a key becomes
 * attributes: odp_flow_key_from_flow() in lib/odp-util.c. */

#include <config.h>
#include "claim.h"

#include "odp-util.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

#include "dpflow.h"
#include "offload.h"
#include "translate.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_claim);

#define CLAIM_MS 100            /* In one dump, at least one portion. */
#define PORTION 64              /* Rules between two looks at the clock. */

void
claim_prepare(struct nft_offload *offload)
{
    struct sender *sender = sender_get(&offload->senders);
    ssize_t n, reaped = 0;

    if (!sender) {
        return;
    }
    n = nfo_table_read_back(sender->batch);
    if (n > 0) {
        reaped = nfo_table_reap_chains(sender->batch, NFO_SOURCE_OVS);
    }
    if (n < 0 || reaped < 0) {
        VLOG_WARN("rules of an earlier process could not be read: %s",
                  ovs_strerror(n < 0 ? -n : -reaped));
    } else if (n) {
        VLOG_INFO("found %"PRIdSIZE" rules of an earlier process, removed "
                  "%"PRIdSIZE" of these that recirculate", n, reaped);
    }
}

/* Appends the attributes of 'match' to 'key' and 'mask', as the datapath would
 * show them. */
static void
match_to_attributes(const struct match *match, struct ofpbuf *key,
                    struct ofpbuf *mask)
{
    struct odp_flow_key_parms parms = {
        .flow = &match->flow,
        .mask = &match->wc.masks,
        .support = {
            .max_vlan_headers = 2,
            .max_mpls_depth = 1,
            .recirc = true,
            .ct_state = true,
            .ct_zone = true,
            .ct_mark = true,
            .ct_label = true,
        },
    };

    odp_flow_key_from_flow(&parms, key);
    parms.key_buf = key;
    odp_flow_key_from_mask(&parms, mask);
}

/* Makes a flow of 'left'.  False: OVS could not have asked for it. */
static bool
claim_one(struct nft_offload *offload, struct sender *sender,
          const struct nfo_leftover *left)
{
    struct ofpbuf key, mask, actions;
    struct dpflow *flow;
    struct match match;
    ovs_u128 ufid;
    bool ok;

    ofpbuf_init(&key, 512);
    ofpbuf_init(&mask, 512);
    ofpbuf_init(&actions, 256);
    ok = !translate_back(&offload->env, &left->place, &left->rule, &match,
                         &actions);
    if (ok) {
        match_to_attributes(&match, &key, &mask);
        odp_flow_key_hash(key.data, key.size, &ufid);
        flow = dpflow_create(&ufid, key.data, key.size, mask.data, mask.size,
                             actions.data, actions.size);
        dpflow_set_ours(flow, true);
        ok = !nfo_table_put(sender->batch, NFO_SOURCE_OVS, dpflow_id(&ufid),
                            &left->place, &left->rule, NULL, flow);
    }
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
    ofpbuf_uninit(&actions);
    return ok;
}

/* Makes flows of the next few.  False: there are none, or it went wrong. */
static bool
claim_some(struct nft_offload *offload, struct sender *sender)
{
    struct nfo_leftover *left;
    ssize_t n;

    n = nfo_table_leftovers(offload->table, NFO_SOURCE_OVS, PORTION, &left);
    if (n < 0) {
        VLOG_WARN("rules of an earlier process cannot become flows: %s",
                  ovs_strerror(-n));
        return false;
    }
    for (ssize_t i = 0; i < n; i++) {
        offload->n_claimed += claim_one(offload, sender, &left[i]);
    }
    nfo_leftovers_free(left, n);
    nfo_table_commit(sender->batch);
    return n != 0;
}

static void
claim_until(struct nft_offload *offload, struct sender *sender,
            long long int until)
{
    while (claim_some(offload, sender)) {
        if (time_msec() >= until) {
            return;
        }
    }
    if (offload->n_claimed) {
        VLOG_INFO("%"PRIuSIZE" rules of an earlier process are flows now",
                  offload->n_claimed);
    }
    atomic_store(&offload->claimed, time_msec());
}

void
claim_leftovers(struct nft_offload *offload)
{
    struct sender *sender = sender_get(&offload->senders);
    long long int claimed;

    atomic_read(&offload->claimed, &claimed);
    if (claimed || !sender) {
        return;
    }
    ovs_mutex_lock(&offload->claim_mutex);
    atomic_read(&offload->claimed, &claimed);
    if (!claimed) {
        claim_until(offload, sender, time_msec() + CLAIM_MS);
    }
    ovs_mutex_unlock(&offload->claim_mutex);
}
