/* SPDX-License-Identifier: Apache-2.0 */

/* worker: see worker.h. */

#include <config.h>
#include "worker.h"

#include <time.h>

#include "latch.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "timeval.h"

#include "listener.h"
#include "meter.h"
#include "nft.h"
#include "offload.h"
#include "port.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_worker);

/* All in milliseconds. */
#define COUNTERS_MIN    100     /* Between two readings of the counters, */
#define COUNTERS_MAX    3000
#define COUNTERS_SHARE  10      /* and of the time that they take. */
#define RECONCILE_MIN   2000    /* Between two ports compared, */
#define RECONCILE_SHARE 50      /* and of the time that it takes. */
#define REFRESH         10000   /* Reading of all links. */
#define METERS          1000    /* Removal of policers. */
#define GRACE           10000   /* Until leftovers are removed. */
#define PATIENCE        1000    /* With counters that somebody waits for. */

#define RETRY_MAX       64      /* Flows in one go. */
#define SMALL           1000    /* Flows of a table that is read when asked. */

/* Something that is done again and again, but not in more than one part in
 * 'share' of the time. */
struct chore {
    long long int next;
    long long int min, max;
    int share;
};

struct worker {
    struct nft_offload *offload;
    pthread_t thread;
    struct latch exit;
    struct latch kick;
    struct nft *nft;            /* NULL until there is a sender. */
    struct listener *listener;  /* The same. */
    struct chore counters;
    struct chore reconcile;
    struct chore refresh;
    struct chore meters;
    atomic_ullong begun;        /* Readings of the counters, */
    atomic_ullong ended;
};

static bool
chore_due(const struct chore *chore)
{
    return time_msec() >= chore->next;
}

/* 'start' is when it was begun. */
static void
chore_done(struct chore *chore, long long int start)
{
    long long int now = time_msec();
    long long int pause = (now - start) * chore->share;

    chore->next = now + MIN(MAX(pause, chore->min), chore->max);
}

/* Can it change where rules may lie?  Most changes are up, down and MTU. */
static bool
link_matters(const struct nfo_port *before, const struct nfo_port *after)
{
    return !before || !after || before->indirect != after->indirect
           || before->hw_tc_offload != after->hw_tc_offload
           || before->dialect != after->dialect
           || before->lag != after->lag || before->master != after->master
           || before->switch_id_len != after->switch_id_len
           || memcmp(before->switch_id, after->switch_id,
                     before->switch_id_len);
}

static void
worker_link_changed(void *worker_, const struct nfo_port *before,
                    const struct nfo_port *after)
{
    struct worker *worker = worker_;
    struct nft_offload *offload = worker->offload;
    struct sender *sender = sender_get(&offload->senders);
    uint32_t ifindex = after ? after->ifindex : before->ifindex;

    if (after) {
        port_log_verdict(offload, before, after);
    }
    if (sender && link_matters(before, after)) {
        nfo_table_port_changed(sender->batch, ifindex);
    }
    nft_port_changed(worker->nft, before, after);
}

/* Revalidators ask twice a second, and a person does not want to wait long: a
 * large table is read at its pace.  By number, not by the time that it takes,
 * for that is also long while the machine is busy. */
static bool
worker_has_few(const struct worker *worker)
{
    struct nfo_table_stats stats;

    nfo_table_stats(worker->offload->table, &stats);
    return stats.in_hw < SMALL;
}

static void
worker_read_counters(struct worker *worker, struct sender *sender)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    bool kicked = latch_poll(&worker->kick);
    unsigned long long int n;
    long long int start;
    int error;

    if (!(kicked && worker_has_few(worker)) && !chore_due(&worker->counters)) {
        return;
    }
    start = time_msec();
    atomic_add(&worker->begun, 1, &n);
    error = -nfo_table_read_counters(sender->batch, 0);
    if (error) {
        VLOG_WARN_RL(&rl, "counters could not be read: %s",
                     ovs_strerror(error));
    }
    nft_count(worker->nft);
    chore_done(&worker->counters, start);
    atomic_store(&worker->ended, n + 1);
}

/* Counted from when leftovers could be claimed: with flow-restore-wait that is
 * long after they were read back, and until then only hardware forwards. */
static void
worker_reap(struct worker *worker, struct sender *sender)
{
    long long int claimed;
    ssize_t n;

    atomic_read(&worker->offload->claimed, &claimed);
    if (!claimed || time_msec() < claimed + GRACE) {
        return;
    }
    n = nfo_table_reap(sender->batch, GRACE);
    if (n > 0) {
        VLOG_INFO("removed %"PRIdSIZE" rules of an earlier process that no "
                  "flow claimed", n);
    }
}

/* What may take the kernel long: OVS's RCU must not wait for it. */
static void
worker_work(struct worker *worker, struct sender *sender)
{
    long long int start;

    ovsrcu_quiesce_start();
    worker_read_counters(worker, sender);
    nft_run(worker->nft);
    nfo_table_retry(sender->batch, RETRY_MAX);
    if (chore_due(&worker->reconcile)) {
        start = time_msec();
        nfo_table_reconcile(sender->batch, 1);
        chore_done(&worker->reconcile, start);
    }
    worker_reap(worker, sender);
    if (worker->offload->meters && chore_due(&worker->meters)) {
        start = time_msec();
        meters_run(worker->offload->meters);
        chore_done(&worker->meters, start);
    }
    ovsrcu_quiesce_end();
}

static void
worker_links(struct worker *worker)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    struct nfo_eswitch *eswitch = worker->offload->eswitch;
    int error;

    error = -nfo_eswitch_handle(eswitch, worker_link_changed, worker);
    if (error) {
        VLOG_WARN_RL(&rl, "link events could not be read: %s",
                     ovs_strerror(error));
    }
    if (chore_due(&worker->refresh)) {
        long long int start = time_msec();

        nfo_eswitch_refresh(eswitch, worker_link_changed, worker);
        chore_done(&worker->refresh, start);
    }
}

static void *
worker_main(void *worker_)
{
    struct worker *worker = worker_;

    while (!latch_is_set(&worker->exit)) {
        struct sender *sender = sender_get(&worker->offload->senders);

        if (sender && !worker->nft) {
            worker->nft = nft_create(worker->offload, sender);
            worker->listener = listener_create(worker->offload, worker->nft);
        }
        worker_links(worker);
        if (sender) {
            worker_work(worker, sender);
            nft_wait(worker->nft);
            listener_run(worker->listener);
            listener_wait(worker->listener);
        } else {
            worker->counters.next = worker->reconcile.next
                = time_msec() + COUNTERS_MAX;
            latch_poll(&worker->kick);
        }
        poll_fd_wait(nfo_eswitch_fd(worker->offload->eswitch), POLLIN);
        latch_wait(&worker->exit);
        latch_wait(&worker->kick);
        poll_timer_wait_until(MIN(worker->counters.next,
                                  worker->reconcile.next));
        poll_block();
    }
    listener_destroy(worker->listener);
    ovsrcu_quiesce_start();
    nft_destroy(worker->nft);
    ovsrcu_quiesce_end();
    return NULL;
}

struct worker *
worker_create(struct nft_offload *offload)
{
    struct worker *worker = xmalloc(sizeof *worker);

    *worker = (struct worker) {
        .offload = offload,
        .counters = { .min = COUNTERS_MIN, .max = COUNTERS_MAX,
                      .share = COUNTERS_SHARE },
        .reconcile = { .min = RECONCILE_MIN, .max = LLONG_MAX,
                       .share = RECONCILE_SHARE },
        .refresh = { .min = REFRESH, .max = REFRESH, .share = 1 },
        .meters = { .min = METERS, .max = METERS, .share = 1 },
    };
    latch_init(&worker->exit);
    latch_init(&worker->kick);
    worker->thread = ovs_thread_create("nft_offload", worker_main, worker);
    return worker;
}

void
worker_destroy(struct worker *worker)
{
    latch_set(&worker->exit);
    xpthread_join(worker->thread, NULL);
    latch_destroy(&worker->exit);
    latch_destroy(&worker->kick);
    free(worker);
}

void
worker_kick(struct worker *worker)
{
    latch_set(&worker->kick);
}

void
worker_kick_and_wait(struct worker *worker)
{
    const struct timespec ms = { .tv_nsec = 1000 * 1000 };
    unsigned long long int begun, ended;
    long long int until = time_msec() + PATIENCE;

    /* A reading that is under way may have passed what the person wants. */
    atomic_read(&worker->begun, &begun);
    worker_kick(worker);
    if (!worker_has_few(worker)) {
        return;
    }
    /* Not poll_block(), which would pass for a quiescent state. */
    do {
        nanosleep(&ms, NULL);
        atomic_read(&worker->ended, &ended);
    } while (ended <= begun && time_msec() < until);
}
