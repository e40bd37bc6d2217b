/* SPDX-License-Identifier: Apache-2.0 */

/* offload: the dpif offload provider "nft_offload" of one datapath.
 *
 *     dpif_operate()            flow dumps          dpif_port_add()
 *           |                       |                     |
 *      operate.c                 dump.c                port.c
 *           | translate.h           |                     |
 *           v                       v                     v
 *       sender.c  ------->  libnft-offload: table  <--  worker.c
 *     (per thread)                                  (counters, links)
 *
 * The class and its callbacks: lib/dpif-offload-provider.h of Open vSwitch
 * 4.0.0, which also says who calls what and from which threads: put, delete
 * and get come from all handlers and revalidators and from the main thread;
 * dumps from revalidators and the main thread; all others from the main
 * thread alone. */

#ifndef OFFLOAD_H
#define OFFLOAD_H 1

#include <stdbool.h>
#include <stdint.h>

#include "dpif-offload-provider.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"

#include "eswitch.h"
#include "option.h"
#include "table.h"
#include "sender.h"
#include "translate.h"

struct meters;
struct worker;

struct nft_offload {
    struct dpif_offload up;

    /* False until hw-offload has been seen true: then there is nothing below,
     * and every flow is left to others. */
    atomic_bool enabled;
    uint32_t policy;                /* NFO_TABLE_*, from tc-policy. */
    struct translate_env env;       /* 'aux' is this struct. */

    struct nfo_eswitch *eswitch;
    struct nfo_table *table;
    struct senders senders;
    struct meters *meters;          /* NULL: none can be had. */
    struct worker *worker;
    struct nfo_options options;     /* Main thread. */
    atomic_uint32_t grace_ms;       /* Of it, for the worker. */

    struct ovsthread_once probe_once;    /* The kernel is asked once. */
    struct ovsthread_once disable_once;  /* Leftovers are removed once. */
    struct ovs_mutex claim_mutex;   /* Of making flows of leftovers. */
    size_t n_claimed;               /* By it: how many did. */
    atomic_llong claimed;           /* time_msec() of the end; 0: not yet. */
    atomic_bool flushed;            /* No flow was placed since a flush. */
};

extern struct dpif_offload_class nft_offload_class;

/* Returns the provider that 'offload' is, which must be of our class. */
struct nft_offload *nft_offload_cast(const struct dpif_offload *offload);

/* Has hw-offload been enabled?  Any thread.  When true, 'eswitch', 'table',
 * 'senders' and 'worker' are there until close. */
bool nft_offload_enabled(const struct nft_offload *);

#endif /* offload.h */
