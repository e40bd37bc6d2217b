/* SPDX-License-Identifier: Apache-2.0 */

/* operate: see operate.h.
 *
 * What each result means to OVS: dpif_offload_operate() in lib/dpif-offload.c.
 * A put that is refused leaves the flow known in the table, with the reason,
 * and withdrawn, for from then on it is somebody else's.  Its deletion, later,
 * therefore has to reach the others, too. */

#include <config.h>
#include "operate.h"

#include <errno.h>

#include "coverage.h"
#include "dpif-provider.h"
#include "hash.h"
#include "netdev-provider.h"
#include "odp-util.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"

#include "dpflow.h"
#include "offload.h"
#include "port.h"
#include "reason.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_operate);

COVERAGE_DEFINE(nft_offload_put);
COVERAGE_DEFINE(nft_offload_put_refused);
COVERAGE_DEFINE(nft_offload_modify_moved);
COVERAGE_DEFINE(nft_offload_del);

/* Operations that a job keeps on the stack: those of handlers (64) and
 * revalidators (50). */
#define JOB_STUB 64

/* An operation whose outcome is known after the next commit. */
struct task {
    struct hmap_node node;      /* In 'job->tasks', by 'id'. */
    struct nfo_id id;
    struct dpif_op *op;
    bool ours_before;           /* The flow was in this provider. */
    struct nfo_counters counters;
};

/* One call of operate(). */
struct job {
    struct nft_offload *offload;
    struct dpif *dpif;
    struct sender *sender;
    struct hmap tasks;          /* Queued since the last commit. */
    struct task *stub;          /* Where they are. */
    size_t n;
    bool withdrawn;             /* Something to send after the answers. */
};

static uint32_t
id_hash(struct nfo_id id)
{
    /* A ufid is a hash already. */
    return id.lo;
}

static struct task *
task_find(const struct job *job, struct nfo_id id)
{
    struct task *task;

    HMAP_FOR_EACH_WITH_HASH (task, node, id_hash(id), &job->tasks) {
        if (task->id.hi == id.hi && task->id.lo == id.lo) {
            return task;
        }
    }
    return NULL;
}

static struct task *
task_add(struct job *job, struct dpif_op *op, struct nfo_id id,
         const struct dpflow_look *before)
{
    struct task *task = &job->stub[job->n++];

    task->id = id;
    task->op = op;
    task->ours_before = before->ours;
    task->counters = before->counters;
    hmap_insert(&job->tasks, &task->node, id_hash(id));
    return task;
}

/* --- put --- */

/* The flow that is ours now is still in the kernel's datapath. */
static void
put_leave_datapath(struct job *job, const struct dpif_flow_put *put)
{
    struct dpif_op op = {
        .type = DPIF_OP_FLOW_DEL,
        .flow_del = {
            .key = put->key,
            .key_len = put->key_len,
            .ufid = put->ufid,
            .pmd_id = put->pmd_id,
        },
    };
    struct dpif_op *opp = &op;

    dpif_operate(job->dpif, &opp, 1, DPIF_OFFLOAD_NEVER);
}

static void
put_taken(struct job *job, struct task *task, const struct dpflow_look *look)
{
    struct dpif_flow_put *put = &task->op->flow_put;

    if (put->stats) {
        dpflow_stats(&look->counters, put->stats);
    }
    if (put->flags & DPIF_FP_MODIFY && !task->ours_before) {
        put_leave_datapath(job, put);
    }
    atomic_store_relaxed(&job->offload->flushed, false);
    task->op->error = 0;
}

/* The table is full: says so to those who would make room for the flow
 * (offload-rebalance).  They ask for one flow after the other until there is
 * ENOSPC (rebalance_insert_pending() in ofproto/ofproto-dpif-upcall.c); for
 * everybody else it is as any refusal. */
static void
put_no_room(struct job *job, struct dpif_op *op)
{
    const struct dpif_flow_put *put = &op->flow_put;
    const struct dpif_offload_port *port;
    const struct nlattr *attr;

    op->error = ENOSPC;
    attr = nl_attr_find__(put->key, put->key_len, OVS_KEY_ATTR_IN_PORT);
    port = attr ? dpif_offload_port_mgr_find_by_odp_port(
                      &job->offload->up, nl_attr_get_odp_port(attr)) : NULL;
    if (port && dpif_offload_rebalance_policy_enabled()) {
        netdev_set_hw_info(port->netdev, HW_INFO_TYPE_OOR, true);
    }
}

static void
put_log_refusal(const struct dpif_flow_put *put,
                const struct dpflow_look *look)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);
    /* That TC does not understand what we say is our mistake, or a kernel
     * that nobody has tried; all else happens every day. */
    bool odd = look->reason == NFT_OFFLOAD_REASON_INTERNAL
               || look->reason == NFT_OFFLOAD_REASON_KERNEL_REFUSED
               || look->reason == NFT_OFFLOAD_REASON_MALFORMED;
    enum vlog_level level = odd ? VLL_WARN : VLL_DBG;
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (vlog_is_enabled(&this_module, level)
        && !vlog_should_drop(&this_module, level, &rl)) {
        odp_flow_format(put->key, put->key_len, put->mask, put->mask_len,
                        NULL, &ds, false, false);
        ds_put_cstr(&ds, ", actions:");
        format_odp_actions(&ds, put->actions, put->actions_len, NULL);
        VLOG(level, "not in hardware: %s%s%s: %s",
             nfo_reason_text(look->reason), look->text[0] ? ": " : "",
             look->text, ds_cstr(&ds));
    }
    ds_destroy(&ds);
}

static void
put_refused(struct job *job, struct task *task, struct dpflow_look *look)
{
    struct dpif_flow_put *put = &task->op->flow_put;

    COVERAGE_INC(nft_offload_put_refused);
    if (!look->reason) {
        /* Another thread has the flow in hand, or an answer was lost. */
        look->reason = NFT_OFFLOAD_REASON_BUSY;
    }
    nfo_table_withdraw(job->sender->batch, NFO_SOURCE_OVS, task->id,
                       look->reason, look->text);
    job->withdrawn = true;
    if (look->reason == NFT_OFFLOAD_REASON_TABLE_FULL) {
        put_no_room(job, task->op);
    }
    put_log_refusal(put, look);
    if (task->ours_before && put->flags & DPIF_FP_MODIFY) {
        /* The datapath does not have it yet. */
        COVERAGE_INC(nft_offload_modify_moved);
        put->flags &= ~DPIF_FP_MODIFY;
        put->flags |= DPIF_FP_CREATE;
        if (put->stats) {
            dpflow_stats(&task->counters, put->stats);
        }
    }
}

struct outcome {
    struct dpflow_look look;
    bool taken;
};

/* Decides while nobody can free the flow whether it is ours. */
static void
put_outcome(void *outcome_, const struct nfo_view *view)
{
    struct outcome *outcome = outcome_;

    outcome->taken = view->state == NFO_STATE_IN_HW;
    outcome->look.counters = dpflow_counters(view);
    outcome->look.reason = view->reason;
    ovs_strlcpy(outcome->look.text, view->text, sizeof outcome->look.text);
    if (view->info) {
        dpflow_set_ours(view->info, outcome->taken);
    }
}

static void
put_end(struct job *job, struct task *task)
{
    struct outcome outcome = { .taken = false };

    nfo_table_get(job->offload->table, NFO_SOURCE_OVS, task->id, put_outcome,
                  &outcome);
    if (outcome.taken) {
        put_taken(job, task, &outcome.look);
    } else {
        put_refused(job, task, &outcome.look);
    }
}

/* --- delete --- */

static void
del_end(struct task *task)
{
    struct dpif_flow_del *del = &task->op->flow_del;

    if (!task->ours_before) {
        return;
    }
    if (del->stats) {
        dpflow_stats(&task->counters, del->stats);
    }
    task->op->error = 0;
}

/* The rule has gone, and these are its last words. */
static void
job_outcome(void *job_, const struct nfo_view *view)
{
    struct job *job = job_;
    struct task *task;

    if (view->source == NFO_SOURCE_OVS && view->state == NFO_STATE_GONE) {
        task = task_find(job, view->id);
        if (task) {
            task->counters = dpflow_counters(view);
        }
    }
}

/* --- the whole --- */

static void
job_commit(struct job *job)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    int error = -nfo_table_commit(job->sender->batch);

    if (error) {
        VLOG_WARN_RL(&rl, "sending flows failed, they stay in software: %s",
                     ovs_strerror(error));
    }
}

/* Sends what is queued and fills in the results. */
static void
job_flush(struct job *job)
{
    if (!job->n) {
        return;
    }
    job_commit(job);
    for (size_t i = 0; i < job->n; i++) {
        struct task *task = &job->stub[i];

        if (task->op->type == DPIF_OP_FLOW_PUT) {
            put_end(job, task);
        } else {
            del_end(task);
        }
    }
    if (job->withdrawn) {
        job_commit(job);
        job->withdrawn = false;
    }
    job->n = 0;
    hmap_clear(&job->tasks);
}

/* As translate_flow().  A flow behind a recirculation that waits in the same
 * batch as the one that leads there is looked at when that is placed. */
static int
put_translate(struct job *job, const struct dpif_flow_put *put,
              struct nfo_place *where, struct nfo_rule *rule,
              struct translate_refusal *refusal)
{
    int error;

    for (;;) {
        error = translate_flow(&job->offload->env, put->key, put->key_len,
                               put->mask, put->mask_len, put->actions,
                               put->actions_len, where, rule, refusal);
        if (!error || !job->n
            || refusal->reason != NFT_OFFLOAD_REASON_RECIRC_UNREACHED) {
            return error;
        }
        job_flush(job);
    }
}

/* Tells the table.  'flow' passes to it. */
static void
put_submit(struct job *job, struct nfo_id id, struct dpflow *flow,
           const struct nfo_place *where, const struct nfo_rule *rule,
           const struct translate_refusal *refusal)
{
    struct nfo_batch *batch = job->sender->batch;

    int error;

    if (refusal->reason) {
        error = nfo_table_reject(batch, NFO_SOURCE_OVS, id, NULL,
                                 refusal->reason, refusal->text, NULL, flow);
    } else {
        error = nfo_table_put(batch, NFO_SOURCE_OVS, id, where, rule, NULL,
                              flow);
    }
    if (error) {
        /* What is there of a former put must not pass for this one. */
        nfo_table_withdraw(batch, NFO_SOURCE_OVS, id,
                           NFT_OFFLOAD_REASON_NO_MEMORY, "");
    }
}

static void
job_put(struct job *job, struct dpif_op *op)
{
    struct dpif_flow_put *put = &op->flow_put;
    struct translate_refusal refusal = { .text = "" };
    struct dpflow_look before;
    struct nfo_place where;
    struct nfo_rule rule;
    struct dpflow *flow;
    struct nfo_id id;
    int error;

    if (!put->ufid || put->flags & DPIF_FP_PROBE) {
        return;
    }
    COVERAGE_INC(nft_offload_put);
    id = dpflow_id(put->ufid);
    if (task_find(job, id)) {
        job_flush(job);
    }
    error = put_translate(job, put, &where, &rule, &refusal);
    if (!error) {
        refusal.reason = NFT_OFFLOAD_REASON_NONE;
    } else if (!refusal.reason) {
        refusal.reason = error == ENOMEM ? NFT_OFFLOAD_REASON_NO_MEMORY
                                         : NFT_OFFLOAD_REASON_MALFORMED;
    }
    dpflow_look_up(job->offload->table, id, &before);
    flow = dpflow_create(put->ufid, put->key, put->key_len, put->mask,
                         put->mask_len, put->actions, put->actions_len);
    /* Dumps go on to show it meanwhile. */
    dpflow_set_ours(flow, before.ours);
    flow->base = before.base;
    if (!before.ours) {
        flow->base.packets += before.counters.packets;
        flow->base.bytes += before.counters.bytes;
    }
    task_add(job, op, id, &before);
    put_submit(job, id, flow, &where, &rule, &refusal);
    if (!error) {
        nfo_rule_uninit(&rule);
    }
}

static void
job_del(struct job *job, struct dpif_op *op)
{
    const struct dpif_flow_del *del = &op->flow_del;
    struct dpflow_look before;
    struct nfo_id id;

    if (!del->ufid) {
        return;
    }
    id = dpflow_id(del->ufid);
    if (task_find(job, id)) {
        job_flush(job);
    }
    dpflow_look_up(job->offload->table, id, &before);
    if (!before.known) {
        return;
    }
    COVERAGE_INC(nft_offload_del);
    task_add(job, op, id, &before);
    nfo_table_del(job->sender->batch, NFO_SOURCE_OVS, id);
}

/* Fills in a get from what was put. */
static void
get_fill(void *op_, const struct nfo_view *view)
{
    const struct dpflow *flow = view->info;
    struct dpif_op *op = op_;
    struct ofpbuf *buf = op->flow_get.buffer;
    struct dpif_flow *result = op->flow_get.flow;
    size_t start = buf->size;

    if (!flow || !dpflow_is_ours(flow)) {
        return;
    }
    memset(result, 0, sizeof *result);
    /* Attributes begin at multiples of four bytes, and so have to be where
     * the buffer lies when it has grown for the last. */
    ofpbuf_put(buf, flow->key, flow->key_len);
    ofpbuf_put(buf, flow->mask, flow->mask_len);
    ofpbuf_put(buf, flow->actions, flow->actions_len);
    result->key = ofpbuf_at_assert(buf, start, 0);
    result->key_len = flow->key_len;
    start += flow->key_len;
    result->mask = ofpbuf_at_assert(buf, start, 0);
    result->mask_len = flow->mask_len;
    start += flow->mask_len;
    result->actions = ofpbuf_at_assert(buf, start, 0);
    result->actions_len = flow->actions_len;
    result->ufid = flow->ufid;
    result->ufid_present = true;
    result->pmd_id = PMD_ID_NULL;
    dpflow_view_stats(view, &result->stats);
    dpflow_attrs(view, &result->attrs);
    op->error = 0;
}

static void
job_get(struct job *job, struct dpif_op *op)
{
    if (op->flow_get.ufid) {
        job_flush(job);
        nfo_table_get(job->offload->table, NFO_SOURCE_OVS,
                      dpflow_id(op->flow_get.ufid), get_fill, op);
    }
}

static void
job_run(struct job *job, struct dpif_op **ops, size_t n_ops)
{
    for (size_t i = 0; i < n_ops; i++) {
        struct dpif_op *op = ops[i];

        if (op->error >= 0) {
            continue;
        }
        switch (op->type) {
        case DPIF_OP_FLOW_PUT:
            job_put(job, op);
            break;
        case DPIF_OP_FLOW_DEL:
            job_del(job, op);
            break;
        case DPIF_OP_FLOW_GET:
            job_get(job, op);
            break;
        case DPIF_OP_EXECUTE:
            break;
        }
    }
    job_flush(job);
}

void
nft_offload_operate(struct dpif *dpif, const struct dpif_offload *offload_,
                    struct dpif_op **ops, size_t n_ops)
{
    struct nft_offload *offload = nft_offload_cast(offload_);
    struct task stub[JOB_STUB];
    struct job job = { .offload = offload, .dpif = dpif, .stub = stub };

    job.sender = nft_offload_enabled(offload)
                 ? sender_get(&offload->senders) : NULL;
    if (!job.sender) {
        return;
    }
    hmap_init(&job.tasks);
    if (n_ops > JOB_STUB) {
        job.stub = xmalloc(n_ops * sizeof *job.stub);
    }
    job.sender->outcome = job_outcome;
    job.sender->aux = &job;
    job_run(&job, ops, n_ops);
    job.sender->outcome = NULL;
    hmap_destroy(&job.tasks);
    if (job.stub != stub) {
        free(job.stub);
    }
}
