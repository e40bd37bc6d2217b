/* SPDX-License-Identifier: Apache-2.0 */

/* test_meter: meters over a fake kernel that keeps policers as act_police.c
 * and act_api.c do: by index, not to be deleted while a rule uses one. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail     /* Of cmocka; some headers have such a word. */

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "ovs-thread.h"
#include "util.h"

#include "meter.h"
#include "rtnl.h"
#include "tc_attr.h"
#include "tc_compat.h"
#include "tc_police.h"

/* TCA_ACT_IN_HW_COUNT, which OVS's own <linux/pkt_cls.h> does not have. */
#define IN_HW_COUNT 10

/* --- the kernel --- */

struct policer {
    bool there;
    struct nfo_police_info info;    /* 'bound': rules that use it. */
    uint32_t flags;                 /* NFO_TC_SKIP_*. */
};

static struct {
    struct policer policers[8];
    unsigned int replaced;
    uint32_t drivers;               /* That take a policer. */
    int refuse;                     /* Answer to puts, if not 0. */
    uint32_t answers[16384];        /* Not read yet, one datagram. */
    size_t len;
} kernel;

static struct policer *
kernel_find(uint32_t index)
{
    for (size_t i = 0; i < ARRAY_SIZE(kernel.policers); i++) {
        struct policer *p = &kernel.policers[i];

        if (p->there && p->info.police.index == index) {
            return p;
        }
    }
    return NULL;
}

static struct policer *
kernel_new(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(kernel.policers); i++) {
        if (!kernel.policers[i].there) {
            kernel.policers[i].there = true;
            return &kernel.policers[i];
        }
    }
    abort();
}

static size_t
kernel_count(void)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(kernel.policers); i++) {
        n += kernel.policers[i].there;
    }
    return n;
}

static void *
answer_room(void)
{
    assert_true(kernel.len + 4096 < sizeof kernel.answers);
    return (char *) kernel.answers + kernel.len;
}

static void
answer_error(const struct nlmsghdr *request, int error)
{
    struct nlmsghdr *nlh = answer_room();
    struct nlmsgerr *body = NLMSG_DATA(nlh);

    memset(nlh, 0, NLMSG_LENGTH(sizeof *body));
    nlh->nlmsg_len = NLMSG_LENGTH(sizeof *body);
    nlh->nlmsg_type = NLMSG_ERROR;
    nlh->nlmsg_flags = NLM_F_CAPPED;
    nlh->nlmsg_seq = request->nlmsg_seq;
    body->error = -error;
    body->msg = *request;
    kernel.len += NLMSG_ALIGN(nlh->nlmsg_len);
}

/* Tells of 'p'.  What is put and what is told look the same, but for the
 * counters, which come last here. */
static void
answer_policer(const struct nlmsghdr *request, const struct policer *p)
{
    struct gnet_stats_basic basic = {
        .bytes = p->info.bytes, .packets = p->info.packets,
    };
    struct gnet_stats_queue queue = { .drops = p->info.dropped };
    struct nlmsghdr *nlh = answer_room();
    struct nfo_tc_writer w = { .buf = (uint8_t *) nlh, .size = 4096 };
    struct nlattr *tab, *action;
    size_t nest;
    int len;

    len = nfo_tc_police_put(nlh, 4096, &p->info.police, p->flags);
    assert_true(len > 0);
    w.len = len;
    nfo_tc_put(&w, IN_HW_COUNT, &p->info.in_hw_count, 4);
    nest = nfo_tc_nest(&w, TCA_ACT_STATS);
    nfo_tc_put(&w, TCA_STATS_BASIC, &basic, sizeof basic);
    nfo_tc_put(&w, TCA_STATS_QUEUE, &queue, sizeof queue);
    nfo_tc_nest_end(&w, nest);
    assert_int_equal(w.err, 0);
    tab = (struct nlattr *) ((char *) nlh + NLMSG_LENGTH(sizeof (struct tcamsg)));
    action = (struct nlattr *) ((char *) tab + NLA_HDRLEN);
    tab->nla_len += w.len - len;
    action->nla_len += w.len - len;
    if (!p->info.ours) {
        struct nlattr *kind = (struct nlattr *) ((char *) action + NLA_HDRLEN);
        struct nlattr *cookie = (struct nlattr *) ((char *) kind
                                                   + NLA_ALIGN(kind->nla_len));

        assert_int_equal(cookie->nla_type, TCA_ACT_COOKIE);
        memset((char *) cookie + NLA_HDRLEN, 'x', 12);
    }
    nlh->nlmsg_len = w.len;
    nlh->nlmsg_seq = request->nlmsg_seq;
    nlh->nlmsg_flags = 0;
    kernel.len += NLMSG_ALIGN(w.len);
}

static void
keep_info(void *info_, const struct nfo_police_info *info)
{
    *(struct nfo_police_info *) info_ = *info;
}

static int
kernel_put(const struct nlmsghdr *nlh)
{
    struct nfo_police_info info = { .ours = false };
    struct policer *p;

    assert_int_equal(nfo_tc_police_parse(nlh, keep_info, &info), 0);
    p = kernel_find(info.police.index);
    if (kernel.refuse) {
        return kernel.refuse;
    } else if (p && !(nlh->nlmsg_flags & NLM_F_REPLACE)) {
        return EEXIST;
    }
    kernel.replaced += p != NULL;
    p = p ? p : kernel_new();
    info.bound = p->info.bound;
    info.in_hw_count = kernel.drivers;
    p->info = info;
    p->flags = (info.skip_sw ? NFO_TC_SKIP_SW : 0)
               | (info.skip_hw ? NFO_TC_SKIP_HW : 0);
    return 0;
}

/* The policer that a get or a delete is about. */
static struct policer *
kernel_asked(const struct nlmsghdr *nlh)
{
    const struct nlattr *tb[TCA_ACT_TAB + 1], *one[2];
    const struct nlattr *attrs[TCA_ACT_INDEX + 1];
    const size_t head = NLMSG_LENGTH(sizeof(struct tcamsg));
    uint32_t index;

    assert_int_equal(nfo_tc_sort((const char *) nlh + head,
                                 nlh->nlmsg_len - head, tb, TCA_ACT_TAB,
                                 NULL), 0);
    assert_int_equal(nfo_tc_sort_nest(tb[TCA_ACT_TAB], one, 1, NULL), 0);
    assert_int_equal(nfo_tc_sort_nest(one[1], attrs, TCA_ACT_INDEX, NULL), 0);
    assert_int_equal(nfo_tc_read(attrs[TCA_ACT_INDEX], &index, 4), 0);
    return kernel_find(index);
}

static int
kernel_del(struct policer *p)
{
    if (!p) {
        return ENOENT;
    } else if (p->info.bound) {
        return EPERM;
    }
    memset(p, 0, sizeof *p);
    return 0;
}

static void
kernel_dump(const struct nlmsghdr *nlh)
{
    struct nlmsghdr *done;

    for (size_t i = 0; i < ARRAY_SIZE(kernel.policers); i++) {
        if (kernel.policers[i].there) {
            answer_policer(nlh, &kernel.policers[i]);
        }
    }
    done = answer_room();
    memset(done, 0, NLMSG_LENGTH(4));
    done->nlmsg_len = NLMSG_LENGTH(4);
    done->nlmsg_type = NLMSG_DONE;
    done->nlmsg_seq = nlh->nlmsg_seq;
    kernel.len += NLMSG_ALIGN(done->nlmsg_len);
}

static int
kernel_do(const struct nlmsghdr *nlh)
{
    struct policer *p;

    if (nlh->nlmsg_type == RTM_NEWACTION) {
        return kernel_put(nlh);
    }
    p = kernel_asked(nlh);
    if (nlh->nlmsg_type == RTM_DELACTION) {
        return kernel_del(p);
    }
    if (p) {
        answer_policer(nlh, p);
    }
    return p ? 0 : ENOENT;
}

static int
kernel_send(void *arg OVS_UNUSED, const void *buf, size_t len)
{
    const struct nlmsghdr *nlh = buf;
    int error;

    for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
        if (nlh->nlmsg_flags & NLM_F_DUMP && nlh->nlmsg_type == RTM_GETACTION) {
            kernel_dump(nlh);
            continue;
        }
        error = kernel_do(nlh);
        if (error || nlh->nlmsg_flags & NLM_F_ACK) {
            answer_error(nlh, error);
        }
    }
    return 0;
}

static ssize_t
kernel_recv(void *arg OVS_UNUSED, void *buf, size_t size)
{
    size_t len = kernel.len;

    if (!len) {
        return -EAGAIN;
    }
    assert_true(len <= size);
    memcpy(buf, kernel.answers, len);
    kernel.len = 0;
    return len;
}

int __wrap_nfo_rtnl_open(struct nfo_rtnl **);
int
__wrap_nfo_rtnl_open(struct nfo_rtnl **rtnl)
{
    const struct nfo_rtnl_transport transport = {
        .send = kernel_send,
        .recv = kernel_recv,
    };

    return nfo_rtnl_open_transport(rtnl, &transport);
}

/* --- the tests --- */

static int
set(struct meters *meters, uint32_t id, uint16_t flags, uint32_t rate,
    uint32_t burst, uint32_t *stale)
{
    struct ofputil_meter_band band = {
        .type = OFPMBT13_DROP, .rate = rate, .burst_size = burst,
    };
    struct ofputil_meter_config config = {
        .flags = flags, .n_bands = 1, .bands = &band,
    };

    return meters_set(meters, id, &config, stale);
}

static uint32_t
index_of(const struct meters *meters, uint32_t id)
{
    uint32_t index, back;

    assert_true(meters_police(meters, id, &index));
    assert_true(meters_meter(meters, index, &back));
    assert_int_equal(back, id);
    return index;
}

static int
setup(void **state OVS_UNUSED)
{
    memset(&kernel, 0, sizeof kernel);
    return 0;
}

static void
test_set(void **state OVS_UNUSED)
{
    struct meters *meters = meters_create(NFO_TC_SKIP_SW);
    uint32_t stale, index;
    struct policer *p;

    kernel.drivers = 1;
    /* 8000 kilobits a second, and a burst of as many kilobits. */
    assert_int_equal(set(meters, 7, OFPMF13_KBPS, 8000, 1, &stale), 0);
    assert_int_equal(stale, 0);
    index = index_of(meters, 7);
    assert_true(index >= NFO_BAND_POLICE_MIN && index <= NFO_BAND_POLICE_MAX);
    p = kernel_find(index);
    assert_non_null(p);
    assert_true(p->info.ours && p->info.skip_sw);
    assert_int_equal(p->info.police.meter, 7);
    assert_int_equal(p->info.police.rate, 1000000);
    assert_int_equal(p->info.police.burst, 1000000);
    assert_false(p->info.police.by_packets);

    /* Changed where it is. */
    assert_int_equal(set(meters, 7, OFPMF13_PKTPS | OFPMF13_BURST, 500, 50,
                         &stale), 0);
    assert_int_equal(index_of(meters, 7), index);
    assert_int_equal(kernel.replaced, 1);
    assert_true(p->info.police.by_packets);
    assert_int_equal(p->info.police.rate, 500);
    assert_int_equal(p->info.police.burst, 50);

    assert_int_equal(set(meters, 8, OFPMF13_PKTPS, 1, 1, &stale), 0);
    assert_int_not_equal(index_of(meters, 8), index);
    assert_false(meters_police(meters, 9, &index));
    assert_false(meters_meter(meters, 5, &index));

    meters_destroy(meters, true);
    assert_int_equal(kernel_count(), 0);
}

static void
test_refuse(void **state OVS_UNUSED)
{
    struct ofputil_meter_band bands[2] = {
        { .type = OFPMBT13_DROP, .rate = 1 },
        { .type = OFPMBT13_DROP, .rate = 2 },
    };
    struct ofputil_meter_config config = {
        .flags = OFPMF13_KBPS, .n_bands = 2, .bands = bands,
    };
    struct meters *meters = meters_create(0);
    uint32_t stale, index;

    assert_int_equal(meters_set(meters, 1, &config, &stale), EOPNOTSUPP);
    assert_int_equal(stale, 0);
    bands[0].type = OFPMBT13_DSCP_REMARK;
    config.n_bands = 1;
    assert_int_equal(meters_set(meters, 1, &config, &stale), EOPNOTSUPP);
    assert_int_equal(kernel_count(), 0);

    /* One that could be policed and now cannot: its rules have to go, its
     * policer when they have. */
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 8, 0, &stale), 0);
    index = index_of(meters, 1);
    kernel_find(index)->info.bound = 3;
    assert_int_equal(meters_set(meters, 1, &config, &stale), EOPNOTSUPP);
    assert_int_equal(stale, index);
    assert_false(meters_police(meters, 1, &index));
    meters_run(meters);
    assert_int_equal(kernel_count(), 1);
    kernel_find(stale)->info.bound = 0;
    meters_run(meters);
    assert_int_equal(kernel_count(), 0);

    /* The kernel's no. */
    kernel.refuse = EINVAL;
    assert_int_equal(set(meters, 2, OFPMF13_KBPS, 8, 0, &stale), EINVAL);
    assert_false(meters_police(meters, 2, &index));
    meters_destroy(meters, false);
}

/* A change under rules in hardware: a driver that does not take it, or has
 * never heard of policers, goes on with the old limits, and TC says nothing. */
static void
test_change(void **state OVS_UNUSED)
{
    struct meters *meters = meters_create(0);
    uint32_t stale, first, second;

    kernel.drivers = 2;
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 8, 0, &stale), 0);
    first = index_of(meters, 1);
    kernel_find(first)->info.bound = 3;
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 9, 0, &stale), 0);
    assert_int_equal(stale, 0);
    assert_int_equal(index_of(meters, 1), first);

    kernel.drivers = 1;
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 10, 0, &stale), 0);
    assert_int_equal(stale, first);
    second = index_of(meters, 1);
    assert_int_not_equal(second, first);
    /* It goes after its rules. */
    meters_run(meters);
    assert_int_equal(kernel_count(), 2);
    kernel_find(first)->info.bound = 0;
    meters_run(meters);
    assert_int_equal(kernel_count(), 1);

    kernel.drivers = 0;
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 12, 0, &stale), 0);
    assert_int_equal(stale, second);
    assert_int_not_equal(index_of(meters, 1), second);
    meters_destroy(meters, true);
}

static void
test_counters(void **state OVS_UNUSED)
{
    struct ofputil_meter_band_stats band = { .packet_count = 1 };
    struct ofputil_meter_stats stats = {
        .packet_in_count = 10, .byte_in_count = 100,
        .n_bands = 1, .bands = &band,
    };
    struct meters *meters = meters_create(0);
    struct policer *p;
    uint32_t stale;

    assert_int_equal(meters_get(meters, 1, &stats), ENOENT);
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 8, 0, &stale), 0);
    p = kernel_find(index_of(meters, 1));
    p->info.packets = 30;
    p->info.bytes = 3000;
    p->info.dropped = 4;
    assert_int_equal(meters_get(meters, 1, &stats), 0);
    assert_int_equal(stats.packet_in_count, 40);
    assert_int_equal(stats.byte_in_count, 3100);
    assert_int_equal(band.packet_count, 5);
    assert_int_equal(meters_del(meters, 1, &stats), 0);
    assert_int_equal(stats.packet_in_count, 70);
    assert_int_equal(kernel_count(), 0);
    assert_int_equal(meters_del(meters, 1, NULL), ENOENT);
    meters_destroy(meters, false);
}

static void
test_restart(void **state OVS_UNUSED)
{
    struct meters *meters = meters_create(NFO_TC_SKIP_SW);
    struct policer *foreign = kernel_new();
    uint32_t stale, one, two, three;

    kernel.drivers = 1;
    /* Somebody has the first index. */
    foreign->info.police.index = NFO_BAND_POLICE_MIN;
    foreign->info.police.rate = 1;
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 8, 0, &stale), 0);
    assert_int_equal(set(meters, 2, OFPMF13_KBPS, 8, 0, &stale), 0);
    assert_int_equal(set(meters, 3, OFPMF13_KBPS, 8, 0, &stale), 0);
    one = index_of(meters, 1);
    two = index_of(meters, 2);
    three = index_of(meters, 3);
    assert_int_not_equal(one, NFO_BAND_POLICE_MIN);
    kernel_find(one)->info.bound = 1;
    kernel_find(two)->info.bound = 1;
    meters_destroy(meters, false);
    assert_int_equal(kernel_count(), 4);

    /* One is set again, a rule uses two, three is nobody's. */
    meters = meters_create(NFO_TC_SKIP_SW);
    assert_false(meters_meter(meters, one, &stale));
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 16, 0, &stale), 0);
    assert_int_equal(index_of(meters, 1), one);
    assert_int_equal(kernel_find(one)->info.police.rate, 2000);
    meters_run(meters);
    assert_non_null(kernel_find(two));
    assert_null(kernel_find(three));
    /* A new one takes none of these. */
    assert_int_equal(set(meters, 4, OFPMF13_KBPS, 8, 0, &stale), 0);
    assert_int_not_equal(index_of(meters, 4), two);
    kernel_find(two)->info.bound = 0;
    meters_run(meters);
    assert_null(kernel_find(two));
    kernel_find(one)->info.bound = 0;
    meters_destroy(meters, false);

    /* Another tc-policy: rules of then and of now cannot share one. */
    meters = meters_create(NFO_TC_SKIP_HW);
    assert_int_equal(set(meters, 1, OFPMF13_KBPS, 8, 0, &stale), 0);
    assert_int_not_equal(index_of(meters, 1), one);
    meters_run(meters);
    assert_null(kernel_find(one));

    meters_destroy(meters, true);
    assert_int_equal(kernel_count(), 1);
    assert_true(foreign->there);
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_set, setup),
        cmocka_unit_test_setup(test_refuse, setup),
        cmocka_unit_test_setup(test_change, setup),
        cmocka_unit_test_setup(test_counters, setup),
        cmocka_unit_test_setup(test_restart, setup),
    };

    ovs_set_program_name(argv[0], "0");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
