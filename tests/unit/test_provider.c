/* SPDX-License-Identifier: Apache-2.0 */

/* test_provider: the provider as OVS calls it, through its class, over a fake
 * kernel: operations, dumps, leftovers, switching off. */

#include <config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "dpif-offload-provider.h"
#include "dpif-provider.h"
#include "dummy.h"
#include "netdev.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-rcu.h"
#include "smap.h"
#include "openvswitch/vlog.h"

#include "band.h"
#include "fake_tc.h"
#include "offload.h"
#include "table.h"

#define RULES NFO_BAND_PRIO_OVS, NFO_BAND_PRIO_END - 1
#define PORTS 3

/* --- the kernel, and the datapath --- */

static struct fake_tc *tc;
static int quiet_fd[2];         /* Where no link event ever comes from. */

int __wrap_nfo_rtnl_open(struct nfo_rtnl **);
int __wrap_nfo_eswitch_create(struct nfo_eswitch **);
int __wrap_nfo_eswitch_fd(const struct nfo_eswitch *);

int
__wrap_nfo_rtnl_open(struct nfo_rtnl **rtnlp)
{
    *rtnlp = fake_tc_rtnl(tc);
    return 0;
}

int
__wrap_nfo_eswitch_create(struct nfo_eswitch **eswitchp)
{
    *eswitchp = fake_tc_eswitch(tc);
    return 0;
}

int
__wrap_nfo_eswitch_fd(const struct nfo_eswitch *eswitch)
{
    (void) eswitch;
    return quiet_fd[0];
}

static unsigned int dpif_dels;

static void
fake_operate(struct dpif *dpif, struct dpif_op **ops, size_t n)
{
    (void) dpif;
    for (size_t i = 0; i < n; i++) {
        dpif_dels += ops[i]->type == DPIF_OP_FLOW_DEL;
        ops[i]->error = 0;
    }
}

static uint32_t
fake_features(struct dpif *dpif)
{
    (void) dpif;
    return OVS_DP_F_TC_RECIRC_SHARING;
}

static const struct dpif_class fake_class = {
    .type = "system",
    .operate = fake_operate,
    .get_features = fake_features,
};

static struct dpif dpif;
static struct dpif_offload *offload;
static struct netdev *netdevs[PORTS];

/* Port N is device N + 1 of the fake kernel: 2, 3, 4 of one switch. */
static void
ports_add(void)
{
    for (int i = 0; i < PORTS; i++) {
        assert_int_equal(nft_offload_class.port_add(offload, netdevs[i],
                                                    u32_to_odp(i + 1)), 0);
    }
}

static void
configure(const char *hw_offload)
{
    struct smap config = SMAP_INITIALIZER(&config);

    smap_add(&config, "hw-offload", hw_offload);
    nft_offload_class.set_config(offload, &config);
    smap_destroy(&config);
}

/* A process begins: OVS opens its datapath, whose ports are there. */
static void
process_start(const char *hw_offload)
{
    assert_int_equal(nft_offload_class.open(&nft_offload_class, &dpif,
                                            &offload), 0);
    ports_add();
    configure(hw_offload);
}

/* It ends and leaves its rules. */
static void
process_stop(void)
{
    nft_offload_class.close(offload);
    ovsrcu_quiesce();
}

static int
setup(void **state OVS_UNUSED)
{
    tc = fake_tc_new();
    dpif_dels = 0;
    process_start("true");
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    process_stop();
    fake_tc_free(tc);
    return 0;
}

/* --- flows --- */

struct flow_text {
    struct ofpbuf key, mask, actions;
    ovs_u128 ufid;
    struct dpif_flow_stats stats;
    struct dpif_op op;
    struct dpif_op *opp;
};

static void
text_init(struct flow_text *text, uint32_t id, const char *flow,
          const char *actions)
{
    memset(text, 0, sizeof *text);
    ofpbuf_init(&text->key, 0);
    ofpbuf_init(&text->mask, 0);
    ofpbuf_init(&text->actions, 0);
    assert_int_equal(odp_flow_from_string(flow, NULL, &text->key, &text->mask,
                                          NULL), 0);
    assert_int_equal(odp_actions_from_string(actions, NULL, &text->actions),
                     0);
    text->ufid.u32[0] = id;
    text->opp = &text->op;
}

static void
text_uninit(struct flow_text *text)
{
    ofpbuf_uninit(&text->key);
    ofpbuf_uninit(&text->mask);
    ofpbuf_uninit(&text->actions);
}

static void
put_init(struct flow_text *text, enum dpif_flow_put_flags flags)
{
    text->op.type = DPIF_OP_FLOW_PUT;
    text->op.error = -1;
    text->op.flow_put = (struct dpif_flow_put) {
        .flags = flags,
        .key = text->key.data, .key_len = text->key.size,
        .mask = text->mask.data, .mask_len = text->mask.size,
        .actions = text->actions.data, .actions_len = text->actions.size,
        .ufid = &text->ufid,
        .pmd_id = PMD_ID_NULL,
        .stats = &text->stats,
    };
}

static int
operate(struct flow_text *text)
{
    nft_offload_class.operate(&dpif, offload, &text->opp, 1);
    return text->op.error;
}

/* Puts flow 'id' and returns what became of the operation; the put that OVS
 * would go on with, if any, to 'put'. */
static int
put(uint32_t id, const char *flow, const char *actions,
    enum dpif_flow_put_flags flags, enum dpif_flow_put_flags *after)
{
    struct flow_text text;
    int error;

    text_init(&text, id, flow, actions);
    put_init(&text, flags);
    error = operate(&text);
    if (after) {
        *after = text.op.flow_put.flags;
    }
    text_uninit(&text);
    return error;
}

static int
del(uint32_t id, struct dpif_flow_stats *stats)
{
    struct flow_text text = { .ufid.u32[0] = id, .opp = &text.op };

    text.op.type = DPIF_OP_FLOW_DEL;
    text.op.error = -1;
    text.op.flow_del.ufid = &text.ufid;
    text.op.flow_del.stats = stats;
    return operate(&text);
}

static unsigned int
dump(bool terse, struct dpif_flow *flows, unsigned int max)
{
    struct dpif_offload_flow_dump *d;
    struct dpif_offload_flow_dump_thread *thread;
    unsigned int n = 0;
    int got;

    d = nft_offload_class.flow_dump_create(offload, terse);
    thread = nft_offload_class.flow_dump_thread_create(d);
    do {
        got = nft_offload_class.flow_dump_next(thread, flows + n, max - n);
        n += got;
    } while (got && n < max);
    nft_offload_class.flow_dump_thread_destroy(thread);
    assert_int_equal(nft_offload_class.flow_dump_destroy(d), 0);
    return n;
}

#define IP_FLOW "recirc_id(0),in_port(1),eth(src=02:00:00:00:00:01," \
    "dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)"

/* --- tests --- */

static void
test_put_get_del(void **state OVS_UNUSED)
{
    struct dpif_flow_stats stats;
    struct dpif_flow flows[4], got;
    struct flow_text text;
    struct ofpbuf buf;

    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    assert_int_equal(fake_tc_filters(tc, RULES), 1);
    assert_int_equal(nft_offload_class.flow_count(offload), 1);
    fake_tc_first(tc, RULES)->packets = 7;
    fake_tc_first(tc, RULES)->bytes = 700;

    /* A dump shows what was put, counted. */
    assert_int_equal(dump(true, flows, 4), 1);
    assert_true(flows[0].ufid_present && flows[0].ufid.u32[0] == 1);
    assert_int_equal(flows[0].key_len, 0);
    assert_int_equal(dump(false, flows, 4), 1);
    assert_int_equal(flows[0].stats.n_packets, 7);
    assert_int_equal(flows[0].stats.n_bytes, 700);
    assert_true(flows[0].stats.used);
    assert_true(flows[0].attrs.offloaded);
    assert_string_equal(flows[0].attrs.dp_layer, "tc");

    /* A get, too, byte for byte. */
    text_init(&text, 1, IP_FLOW, "2");
    ofpbuf_init(&buf, 0);
    text.op.type = DPIF_OP_FLOW_GET;
    text.op.error = -1;
    text.op.flow_get = (struct dpif_flow_get) {
        .ufid = &text.ufid, .buffer = &buf, .flow = &got,
    };
    assert_int_equal(operate(&text), 0);
    assert_int_equal(got.key_len, text.key.size);
    assert_memory_equal(got.key, text.key.data, text.key.size);
    assert_int_equal(got.mask_len, text.mask.size);
    assert_memory_equal(got.mask, text.mask.data, text.mask.size);
    assert_int_equal(got.actions_len, text.actions.size);
    assert_memory_equal(got.actions, text.actions.data, text.actions.size);
    text.ufid.u32[0] = 2;
    text.op.error = -1;
    assert_int_equal(operate(&text), -1);
    ofpbuf_uninit(&buf);
    text_uninit(&text);

    /* What came since the last reading counts as well. */
    fake_tc_first(tc, RULES)->packets = 9;
    assert_int_equal(del(1, &stats), 0);
    assert_int_equal(stats.n_packets, 9);
    assert_int_equal(fake_tc_filters(tc, RULES), 0);
    assert_int_equal(del(1, NULL), -1);
    assert_int_equal(dump(true, flows, 4), 0);
}

static void *
revalidate(void *flow)
{
    assert_int_equal(dump(false, flow, 1), 1);
    return NULL;
}

/* Who asks right after the packets sees them, on a slow machine as well; only
 * revalidators do not wait for that. */
static void
test_fresh(void **state OVS_UNUSED)
{
    struct dpif_flow flow;

    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    tc->dump_ms = 60;
    for (unsigned int packets = 3; packets < 6; packets++) {
        fake_tc_first(tc, RULES)->packets = packets;
        assert_int_equal(dump(false, &flow, 1), 1);
        assert_int_equal(flow.stats.n_packets, packets);
    }
    /* Longer than anybody waits, and until it is allowed to end. */
    tc->dump_ms = 600 * 1000;
    fake_tc_first(tc, RULES)->packets = 6;
    xpthread_join(ovs_thread_create("revalidator", revalidate, &flow), NULL);
    assert_int_equal(flow.stats.n_packets, 5);
    tc->dump_ms = 0;
}

/* A refused flow is left to others and never placed later. */
static void
test_refused(void **state OVS_UNUSED)
{
    struct nft_offload *nft = nft_offload_cast(offload);
    struct nfo_table_stats figures;
    struct dpif_flow flows[4];

    assert_int_equal(put(9, IP_FLOW, "2", DPIF_FP_CREATE | DPIF_FP_PROBE,
                         NULL), -1);
    nfo_table_stats(nft->table, &figures);
    assert_int_equal(figures.entries, 0);

    tc->fail_news = 1;
    tc->fail_err = -ENOSPC;
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), -1);
    /* No rule says this. */
    assert_int_equal(put(2, IP_FLOW, "trunc(100),2", DPIF_FP_CREATE, NULL),
                     -1);
    /* Port 9 is not ours. */
    assert_int_equal(put(3, IP_FLOW, "9", DPIF_FP_CREATE, NULL), -1);
    nfo_table_stats(nft->table, &figures);
    assert_int_equal(figures.entries, 3);
    assert_int_equal(figures.refused[NFT_OFFLOAD_REASON_TABLE_FULL], 1);
    assert_int_equal(figures.refused[NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED],
                     1);
    assert_int_equal(figures.refused[NFT_OFFLOAD_REASON_OTHER_PROVIDER], 1);
    assert_int_equal(dump(true, flows, 4), 0);
    /* The first one would be due. */
    usleep(300 * 1000);
    assert_int_equal(fake_tc_filters(tc, RULES), 0);

    /* The deletion reaches the others, and the flow is forgotten. */
    assert_int_equal(del(1, NULL), -1);
    assert_int_equal(del(2, NULL), -1);
    nfo_table_stats(nft->table, &figures);
    assert_int_equal(figures.entries, 1);
}

static void
test_modify(void **state OVS_UNUSED)
{
    enum dpif_flow_put_flags after;
    unsigned int dels = tc->dels;
    struct dpif_flow flows[4];

    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    fake_tc_first(tc, RULES)->packets = 5;
    /* In place, and counters go on. */
    assert_int_equal(put(1, IP_FLOW, "2,3", DPIF_FP_MODIFY, NULL), 0);
    assert_int_equal(tc->replaces, 1);
    assert_int_equal(tc->dels, dels);
    assert_int_equal(dpif_dels, 0);
    assert_int_equal(dump(false, flows, 4), 1);
    assert_int_equal(flows[0].stats.n_packets, 5);
    /* What cannot be placed moves to the datapath, which creates it. */
    assert_int_equal(put(1, IP_FLOW, "trunc(100),2", DPIF_FP_MODIFY, &after),
                     -1);
    assert_int_equal(after, DPIF_FP_CREATE);
    assert_int_equal(fake_tc_filters(tc, RULES), 0);
    assert_int_equal(dump(true, flows, 4), 0);
    /* There it is modified. */
    assert_int_equal(put(1, IP_FLOW, "trunc(90),2", DPIF_FP_MODIFY, &after),
                     -1);
    assert_int_equal(after, DPIF_FP_MODIFY);
    /* And back: the datapath forgets it, counters begin anew. */
    assert_int_equal(put(1, IP_FLOW, "3", DPIF_FP_MODIFY, NULL), 0);
    assert_int_equal(dpif_dels, 1);
    assert_int_equal(fake_tc_filters(tc, RULES), 1);
    fake_tc_first(tc, RULES)->packets = 3;
    assert_int_equal(dump(false, flows, 4), 1);
    assert_int_equal(flows[0].stats.n_packets, 3);
    assert_int_equal(del(1, &flows[0].stats), 0);
    assert_int_equal(flows[0].stats.n_packets, 3);
}

#define BATCH 64

static void
test_batch(void **state OVS_UNUSED)
{
    static struct flow_text text[BATCH];
    static struct dpif_flow flows[BATCH];
    struct dpif_op *ops[BATCH];
    unsigned int sends = tc->sends;
    char flow[256];

    for (int i = 0; i < BATCH; i++) {
        snprintf(flow, sizeof flow, "recirc_id(0),in_port(1),eth(src="
                 "02:00:00:00:00:01,dst=02:00:00:00:01:%02x),"
                 "eth_type(0x0800),ipv4(frag=no)", i);
        text_init(&text[i], i + 1, flow, "2");
        put_init(&text[i], DPIF_FP_CREATE);
        ops[i] = &text[i].op;
    }
    /* One of them is there twice: the last one wins. */
    text[3].ufid = text[2].ufid;
    nft_offload_class.operate(&dpif, offload, ops, BATCH);
    for (int i = 0; i < BATCH; i++) {
        assert_int_equal(text[i].op.error, 0);
        text_uninit(&text[i]);
    }
    assert_int_equal(fake_tc_filters(tc, RULES), BATCH - 1);
    /* The worker may read counters meanwhile. */
    assert_in_range(tc->sends - sends, 2, 12);
    assert_int_equal(dump(true, flows, BATCH), BATCH - 1);
    assert_int_equal(nft_offload_class.flow_flush(offload), 0);
    assert_int_equal(fake_tc_filters(tc, RULES), 0);
    assert_int_equal(dump(true, flows, BATCH), 0);
}

#define CHAIN_FLOW "recirc_id(0x5),in_port(1),eth(src=02:00:00:00:00:01," \
    "dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)"

static void
test_recirculation(void **state OVS_UNUSED)
{
    struct flow_text first, second;
    struct dpif_op *ops[2];

    /* Nothing leads there. */
    assert_int_equal(put(2, CHAIN_FLOW, "2", DPIF_FP_CREATE, NULL), -1);
    /* In one batch with what does. */
    text_init(&first, 1, IP_FLOW, "recirc(5)");
    put_init(&first, DPIF_FP_CREATE);
    text_init(&second, 2, CHAIN_FLOW, "2");
    put_init(&second, DPIF_FP_CREATE);
    ops[0] = &first.op;
    ops[1] = &second.op;
    nft_offload_class.operate(&dpif, offload, ops, 2);
    assert_int_equal(first.op.error, 0);
    assert_int_equal(second.op.error, 0);
    assert_int_equal(fake_tc_filters(tc, RULES), 2);
    text_uninit(&first);
    text_uninit(&second);
}

/* The next process finds the rules, shows them as flows, and keeps those. */
static void
test_restart(void **state OVS_UNUSED)
{
    struct dpif_flow_stats stats;
    struct dpif_flow flows[4], got;
    struct dpif_op op, *opp = &op;
    struct ofpbuf buf;
    unsigned int news;
    ovs_u128 ufid;

    assert_int_equal(put(1, IP_FLOW, "2,3", DPIF_FP_CREATE, NULL), 0);
    assert_int_equal(put(2, "recirc_id(0),in_port(2),eth(src=02:00:00:00:00:02"
                         ",dst=02:00:00:00:00:01),eth_type(0x88cc)",
                         "recirc(5)", DPIF_FP_CREATE, NULL), 0);
    process_stop();
    assert_int_equal(fake_tc_filters(tc, RULES), 2);
    fake_tc_first(tc, RULES)->packets = 4;
    news = tc->news;

    process_start("true");
    /* Recirculation ids mean nothing any more. */
    assert_int_equal(fake_tc_filters(tc, RULES), 1);
    /* OVS flushes at the start: what was not claimed yet stays. */
    nft_offload_class.flow_flush(offload);
    assert_int_equal(fake_tc_filters(tc, RULES), 1);
    assert_int_equal(dump(true, flows, 4), 1);
    ufid = flows[0].ufid;
    assert_int_equal(flows[0].stats.n_packets, 4);
    /* The two probes of tunnels are the rules that were put. */
    assert_in_range(tc->news - news, 0, 2);

    ofpbuf_init(&buf, 0);
    op.type = DPIF_OP_FLOW_GET;
    op.error = -1;
    op.flow_get = (struct dpif_flow_get) {
        .ufid = &ufid, .buffer = &buf, .flow = &got,
    };
    nft_offload_class.operate(&dpif, offload, &opp, 1);
    assert_int_equal(op.error, 0);
    {
        struct flow_text text;
        struct ds ds = DS_EMPTY_INITIALIZER;

        text_init(&text, 1, IP_FLOW, "2,3");
        assert_int_equal(got.actions_len, text.actions.size);
        assert_memory_equal(got.actions, text.actions.data, got.actions_len);
        odp_flow_format(got.key, got.key_len, got.mask, got.mask_len, NULL,
                        &ds, false, false);
        assert_non_null(strstr(ds_cstr(&ds), "dst=02:00:00:00:00:02"));
        assert_non_null(strstr(ds_cstr(&ds), "in_port(1)"));
        ds_destroy(&ds);
        text_uninit(&text);
    }
    ofpbuf_uninit(&buf);
    op.type = DPIF_OP_FLOW_DEL;
    op.error = -1;
    op.flow_del = (struct dpif_flow_del) { .ufid = &ufid, .stats = &stats };
    nft_offload_class.operate(&dpif, offload, &opp, 1);
    assert_int_equal(op.error, 0);
    assert_int_equal(stats.n_packets, 4);
    assert_int_equal(fake_tc_filters(tc, RULES), 0);
}

/* Off means that nothing of before stays; flushed and closed, too. */
static void
test_off(void **state OVS_UNUSED)
{
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    process_stop();
    process_start("false");
    assert_int_equal(fake_tc_filters(tc, RULES), 0);
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), -1);

    /* And on at run time. */
    configure("true");
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    process_stop();
    process_start("true");
    nft_offload_class.flow_flush(offload);
    process_stop();
    assert_int_equal(fake_tc_filters(tc, RULES), 0);
    process_start("true");
}

static int
group_setup(void **state OVS_UNUSED)
{
    struct smap args = SMAP_INITIALIZER(&args);
    char name[8], ifindex[8];

    assert_int_equal(pipe(quiet_fd), 0);
    dummy_enable("");
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_ERR);
    dpif_init(&dpif, &fake_class, "ovs-system", 0, 0);
    for (int i = 0; i < PORTS; i++) {
        snprintf(name, sizeof name, "p%d", i + 1);
        snprintf(ifindex, sizeof ifindex, "%d", i + 2);
        assert_int_equal(netdev_open(name, "dummy", &netdevs[i]), 0);
        smap_replace(&args, "ifindex", ifindex);
        assert_int_equal(netdev_set_config(netdevs[i], &args, NULL), 0);
    }
    smap_destroy(&args);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_get_del, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_modify, setup, teardown),
        cmocka_unit_test_setup_teardown(test_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recirculation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_off, setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
