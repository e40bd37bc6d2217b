/* SPDX-License-Identifier: Apache-2.0 */

/* gang: see gang.h. */

#include <config.h>
#include "gang.h"

#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

struct gang {
    pthread_barrier_t barrier;
    gang_fn *fn;
};

struct member {
    struct gang *gang;
    pthread_t thread;
    void *share;
};

void
gang_meet(struct gang *gang)
{
    pthread_barrier_wait(&gang->barrier);
}

static void *
member_main(void *member_)
{
    struct member *member = member_;

    member->gang->fn(member->share, member->gang);
    return NULL;
}

double
gang_run(const char *name, gang_fn *fn, void *shares, size_t size, size_t n)
{
    struct member *members = xcalloc(n, sizeof *members);
    struct gang gang = { .fn = fn };
    long long int start;

    pthread_barrier_init(&gang.barrier, NULL, n + 1);
    for (size_t i = 0; i < n; i++) {
        members[i].gang = &gang;
        members[i].share = (char *) shares + i * size;
        members[i].thread = ovs_thread_create(name, member_main, &members[i]);
    }
    /* Members may wait for a grace period, which is not to wait for us. */
    ovsrcu_quiesce_start();
    gang_meet(&gang);
    start = time_usec();
    gang_meet(&gang);
    start = time_usec() - start;
    for (size_t i = 0; i < n; i++) {
        xpthread_join(members[i].thread, NULL);
    }
    ovsrcu_quiesce_end();
    pthread_barrier_destroy(&gang.barrier);
    free(members);
    return start / 1e6;
}
