/* SPDX-License-Identifier: Apache-2.0 */

/* sender: a thread's own way to the kernel: a netlink socket and a batch of
 * the table.
 *
 * Handlers and revalidators put flows in parallel, so nothing that sends is
 * shared: each thread that puts or deletes gets a sender on first use, and
 * loses it when it ends or when the provider is closed. */

#ifndef SENDER_H
#define SENDER_H 1

#include "openvswitch/list.h"
#include "ovs-thread.h"

#include "table.h"

struct senders {
    struct nfo_table *table;
    ovsthread_key_t key;
    struct ovs_mutex mutex;
    struct ovs_list list OVS_GUARDED;   /* Of struct sender. */
};

struct sender {
    struct ovs_list list_node;  /* In 'senders->list'. */
    struct senders *senders;
    struct nfo_rtnl *rtnl;
    struct nfo_batch *batch;

    /* Told of each outcome of 'batch' while not NULL.  As nfo_batch_open()
     * says: under RCU of the library, must not wait. */
    nfo_table_view_fn *outcome;
    void *aux;
};

/* Senders to 'table', none yet.  'table' must live longer. */
void senders_init(struct senders *, struct nfo_table *table);

/* Frees the senders of all threads, of which none may be in use. */
void senders_destroy(struct senders *);

/* Returns the calling thread's sender, or NULL if the system has no socket or
 * memory for one, which is logged. */
struct sender *sender_get(struct senders *);

#endif /* sender.h */
