/* SPDX-License-Identifier: Apache-2.0 */

/* sender: see sender.h. */

#include <config.h>
#include "sender.h"

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_sender);

static void
sender_outcome(void *sender_, const struct nfo_view *view)
{
    struct sender *sender = sender_;

    if (sender->outcome) {
        sender->outcome(sender->aux, view);
    }
}

static void
sender_free(struct sender *sender)
{
    nfo_batch_close(sender->batch);
    nfo_rtnl_close(sender->rtnl);
    free(sender);
}

/* The thread ends. */
static void
sender_thread_ends(void *sender_)
{
    struct sender *sender = sender_;

    ovs_mutex_lock(&sender->senders->mutex);
    ovs_list_remove(&sender->list_node);
    ovs_mutex_unlock(&sender->senders->mutex);
    sender_free(sender);
}

void
senders_init(struct senders *senders, struct nfo_table *table)
{
    senders->table = table;
    ovs_mutex_init(&senders->mutex);
    ovs_mutex_lock(&senders->mutex);
    ovs_list_init(&senders->list);
    ovs_mutex_unlock(&senders->mutex);
    ovsthread_key_create(&senders->key, sender_thread_ends);
}

void
senders_destroy(struct senders *senders)
{
    struct sender *sender;

    /* From here on no thread that ends looks at its sender. */
    ovsthread_key_delete(senders->key);
    ovs_mutex_lock(&senders->mutex);
    LIST_FOR_EACH_POP (sender, list_node, &senders->list) {
        sender_free(sender);
    }
    ovs_mutex_unlock(&senders->mutex);
    ovs_mutex_destroy(&senders->mutex);
}

static int
sender_create(struct senders *senders, struct sender **senderp)
{
    struct sender *sender = xzalloc(sizeof *sender);
    int error;

    error = -nfo_rtnl_open(&sender->rtnl);
    if (!error) {
        error = -nfo_batch_open(&sender->batch, senders->table, sender->rtnl,
                                sender_outcome, sender);
    }
    if (error) {
        if (sender->rtnl) {
            nfo_rtnl_close(sender->rtnl);
        }
        free(sender);
        return error;
    }
    sender->senders = senders;
    *senderp = sender;
    return 0;
}

struct sender *
sender_get(struct senders *senders)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    struct sender *sender = ovsthread_getspecific(senders->key);
    int error;

    if (OVS_LIKELY(sender)) {
        return sender;
    }
    error = sender_create(senders, &sender);
    if (error) {
        VLOG_ERR_RL(&rl, "no netlink socket for this thread, its flows stay "
                    "in software: %s", ovs_strerror(error));
        return NULL;
    }
    ovs_mutex_lock(&senders->mutex);
    ovs_list_push_back(&senders->list, &sender->list_node);
    ovs_mutex_unlock(&senders->mutex);
    ovsthread_setspecific(senders->key, sender);
    return sender;
}
