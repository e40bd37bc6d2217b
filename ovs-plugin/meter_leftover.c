/* SPDX-License-Identifier: Apache-2.0 */

/* meter_leftover: see meter_leftover.h. */

#include <config.h>
#include "meter_leftover.h"

#include <errno.h>

#include "openvswitch/vlog.h"
#include "util.h"

#include "rtnl.h"
#include "tc_police.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_meter_leftover);

struct meter_leftover {
    struct ovs_list node;           /* In 'list' of struct meter_leftovers. */
    uint32_t index;
    uint32_t id;
    bool adoptable;                 /* Its rules may be adopted. */
    bool removed;
};

/* What the reading of all policers needs. */
struct reading {
    struct meter_leftovers *leftovers;
    uint32_t tc_flags;
    uint32_t next_index;
};

static void
leftovers_forget(struct meter_leftovers *leftovers)
{
    struct meter_leftover *leftover;

    LIST_FOR_EACH_POP (leftover, node, &leftovers->list) {
        free(leftover);
    }
}

/* A policer in the kernel. */
static void
read_one(void *reading_, const struct nfo_police_info *info)
{
    struct reading *reading = reading_;
    uint32_t index = info->police.index;
    bool adoptable;

    if (!info->ours) {
        return;
    }
    adoptable = info->skip_sw == !!(reading->tc_flags & NFO_TC_SKIP_SW)
                && info->skip_hw == !!(reading->tc_flags & NFO_TC_SKIP_HW);
    meter_leftovers_add(reading->leftovers, info->police.meter, index,
                        adoptable);
    if (index >= reading->next_index && index < NFO_BAND_POLICE_MAX) {
        reading->next_index = index + 1;
    }
}

/* A message of the dump; NULL: it begins anew. */
static int
read_message(void *reading_, const struct nlmsghdr *nlh)
{
    struct reading *reading = reading_;

    if (!nlh) {
        leftovers_forget(reading->leftovers);
    } else {
        nfo_tc_police_parse(nlh, read_one, reading);
    }
    return 0;
}

void
meter_leftovers_read(struct meter_leftovers *leftovers, struct nfo_rtnl *rtnl,
                     uint32_t tc_flags, uint32_t *next_index)
{
    uint32_t buf[NFO_TC_POLICE_MSG_MAX / sizeof(uint32_t)];
    struct reading reading = {
        .leftovers = leftovers,
        .tc_flags = tc_flags,
        .next_index = *next_index,
    };
    int error;

    ovs_list_init(&leftovers->list);
    nfo_tc_police_dump(buf, sizeof buf);
    error = -nfo_rtnl_dump(rtnl, (struct nlmsghdr *) buf, read_message,
                           &reading);
    if (error) {
        VLOG_WARN("policers of an earlier process could not be read: %s",
                  ovs_strerror(error));
    } else if (!ovs_list_is_empty(&leftovers->list)) {
        VLOG_INFO("found %"PRIuSIZE" policers of an earlier process",
                  ovs_list_size(&leftovers->list));
    }
    *next_index = reading.next_index;
}

void
meter_leftovers_uninit(struct meter_leftovers *leftovers)
{
    leftovers_forget(leftovers);
}

void
meter_leftovers_add(struct meter_leftovers *leftovers, uint32_t id,
                    uint32_t index, bool adoptable)
{
    struct meter_leftover *leftover = xmalloc(sizeof *leftover);

    *leftover = (struct meter_leftover) {
        .index = index,
        .id = id,
        .adoptable = adoptable,
    };
    ovs_list_push_back(&leftovers->list, &leftover->node);
}

uint32_t
meter_leftovers_take(struct meter_leftovers *leftovers, uint32_t id)
{
    struct meter_leftover *leftover;
    uint32_t index;

    LIST_FOR_EACH (leftover, node, &leftovers->list) {
        if (leftover->adoptable && leftover->id == id) {
            index = leftover->index;
            ovs_list_remove(&leftover->node);
            free(leftover);
            return index;
        }
    }
    return 0;
}

static void
remove_done(void *leftover_, int err, const char *text OVS_UNUSED)
{
    struct meter_leftover *leftover = leftover_;

    /* EPERM: a rule uses it. */
    leftover->removed = !err || err == -ENOENT;
}

void
meter_leftovers_remove(struct meter_leftovers *leftovers,
                       struct nfo_rtnl *rtnl)
{
    struct meter_leftover *leftover;

    if (ovs_list_is_empty(&leftovers->list)) {
        return;
    }
    LIST_FOR_EACH (leftover, node, &leftovers->list) {
        void *room = nfo_rtnl_room(rtnl);

        if (room && nfo_tc_police_del(room, NFO_RTNL_MSG_MAX,
                                      leftover->index) > 0) {
            nfo_rtnl_queue(rtnl, remove_done, NULL, leftover);
        }
    }
    nfo_rtnl_flush(rtnl);
    LIST_FOR_EACH_SAFE (leftover, node, &leftovers->list) {
        if (leftover->removed) {
            ovs_list_remove(&leftover->node);
            free(leftover);
        }
    }
}
