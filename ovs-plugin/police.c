/* SPDX-License-Identifier: Apache-2.0 */

/* police: see police.h. */

#include <config.h>
#include "police.h"

#include <errno.h>
#include <string.h>

#include "openvswitch/vlog.h"
#include "util.h"

#include "rtnl.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_police);

/* The answer to a request. */
struct answer {
    int error;
    struct nfo_police_info info;
};

static void
answer_done(void *answer_, int err, const char *text)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);
    struct answer *answer = answer_;

    answer->error = -err;
    if (err && err != -EPERM && err != -EEXIST && err != -ENOENT) {
        VLOG_DBG_RL(&rl, "policer: %s%s%s", ovs_strerror(-err),
                    text[0] ? ": " : "", text);
    }
}

static void
answer_info(void *answer_, const struct nfo_police_info *info)
{
    struct answer *answer = answer_;

    answer->info = *info;
}

static void
answer_reply(void *answer, const struct nlmsghdr *nlh)
{
    nfo_tc_police_parse(nlh, answer_info, answer);
}

/* Sends the message of 'len' bytes that lies in nfo_rtnl_room(). */
static int
transact(struct nfo_rtnl *rtnl, int len, struct answer *answer)
{
    int error = len < 0 ? -len : 0;

    memset(answer, 0, sizeof *answer);
    if (!error) {
        error = -nfo_rtnl_queue(rtnl, answer_done, answer_reply, answer);
    }
    if (!error) {
        error = -nfo_rtnl_flush(rtnl);
    }
    return error ? error : answer->error;
}

int
police_put(struct nfo_rtnl *rtnl, const struct nfo_police *police,
           uint32_t flags)
{
    void *room = nfo_rtnl_room(rtnl);
    struct answer answer;

    if (!room) {
        return ENOMEM;
    }
    return transact(rtnl, nfo_tc_police_put(room, NFO_RTNL_MSG_MAX, police,
                                            flags), &answer);
}

int
police_get(struct nfo_rtnl *rtnl, uint32_t index,
           struct nfo_police_info *info)
{
    void *room = nfo_rtnl_room(rtnl);
    struct answer answer;
    int error;

    if (!room) {
        return ENOMEM;
    }
    error = transact(rtnl, nfo_tc_police_get(room, NFO_RTNL_MSG_MAX, index),
                     &answer);
    *info = answer.info;
    return error ? error : info->police.index == index ? 0 : EPROTO;
}

int
police_del(struct nfo_rtnl *rtnl, uint32_t index)
{
    void *room = nfo_rtnl_room(rtnl);
    struct answer answer;

    if (!room) {
        return ENOMEM;
    }
    return transact(rtnl, nfo_tc_police_del(room, NFO_RTNL_MSG_MAX, index),
                    &answer);
}
