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

#include "odp-util.h"
#include "openvswitch/ofpbuf.h"

#include "band.h"
#include "fake_tc.h"
#include "offload.h"
#include "provider_host.h"
#include "table.h"

#define RULES NFO_BAND_PRIO_OVS, NFO_BAND_PRIO_END - 1

/* --- flows --- */

static int
setup(void **state OVS_UNUSED)
{
    provider_host_boot();
    provider_host_start("true");
    return 0;
}

/* Puts flow 'id' and returns what became of the operation; the put that OVS
 * would go on with, if any, to 'put'. */
static int
put(uint32_t id, const char *flow, const char *actions,
    enum dpif_flow_put_flags flags, enum dpif_flow_put_flags *after)
{
    struct flow_text text;
    int error;

    flow_text_init(&text, id, flow, actions);
    flow_text_put(&text, flags);
    error = flow_text_operate(&text);
    if (after) {
        *after = text.op.flow_put.flags;
    }
    flow_text_uninit(&text);
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
    return flow_text_operate(&text);
}

static unsigned int
dump(bool terse, struct dpif_flow *flows, unsigned int max)
{
    struct dpif_offload_flow_dump *d;
    struct dpif_offload_flow_dump_thread *thread;
    unsigned int n = 0;
    int got;

    d = nft_offload_class.flow_dump_create(host.offload, terse);
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
    assert_int_equal(fake_tc_filters(host.tc, RULES), 1);
    assert_int_equal(nft_offload_class.flow_count(host.offload), 1);
    fake_tc_first(host.tc, RULES)->packets = 7;
    fake_tc_first(host.tc, RULES)->bytes = 700;

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
    flow_text_init(&text, 1, IP_FLOW, "2");
    ofpbuf_init(&buf, 0);
    text.op.type = DPIF_OP_FLOW_GET;
    text.op.error = -1;
    text.op.flow_get = (struct dpif_flow_get) {
        .ufid = &text.ufid, .buffer = &buf, .flow = &got,
    };
    assert_int_equal(flow_text_operate(&text), 0);
    assert_int_equal(got.key_len, text.key.size);
    assert_memory_equal(got.key, text.key.data, text.key.size);
    assert_int_equal(got.mask_len, text.mask.size);
    assert_memory_equal(got.mask, text.mask.data, text.mask.size);
    assert_int_equal(got.actions_len, text.actions.size);
    assert_memory_equal(got.actions, text.actions.data, text.actions.size);
    text.ufid.u32[0] = 2;
    text.op.error = -1;
    assert_int_equal(flow_text_operate(&text), -1);
    ofpbuf_uninit(&buf);
    flow_text_uninit(&text);

    /* What came since the last reading counts as well. */
    fake_tc_first(host.tc, RULES)->packets = 9;
    assert_int_equal(del(1, &stats), 0);
    assert_int_equal(stats.n_packets, 9);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);
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
    unsigned int fresh = 0;
    struct dpif_flow flow;

    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    host.tc->dump_ms = 60;
    /* Where the machine has no time for us, the second is over before. */
    for (unsigned int packets = 3; fresh < 3; packets++) {
        assert_true(packets < 100);
        fake_tc_first(host.tc, RULES)->packets = packets;
        assert_int_equal(dump(false, &flow, 1), 1);
        fresh += flow.stats.n_packets == packets;
    }
    /* Longer than anybody waits, and until it is allowed to end. */
    host.tc->dump_ms = 600 * 1000;
    fake_tc_first(host.tc, RULES)->packets = 1000;
    xpthread_join(ovs_thread_create("revalidator", revalidate, &flow), NULL);
    assert_true(flow.stats.n_packets < 1000);
    host.tc->dump_ms = 0;
}

/* A refused flow is left to others and never placed later. */
static void
test_refused(void **state OVS_UNUSED)
{
    struct nft_offload *nft = nft_offload_cast(host.offload);
    struct nfo_table_stats figures;
    struct dpif_flow flows[4];

    assert_int_equal(put(9, IP_FLOW, "2", DPIF_FP_CREATE | DPIF_FP_PROBE,
                         NULL), -1);
    nfo_table_stats(nft->table, &figures);
    assert_int_equal(figures.entries, 0);

    host.tc->fail_news = 1;
    host.tc->fail_err = -ENOSPC;
    /* offload-rebalance waits for this. */
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), ENOSPC);
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
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);

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
    unsigned int dels = host.tc->dels;
    struct dpif_flow flows[4];

    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    fake_tc_first(host.tc, RULES)->packets = 5;
    /* In place, and counters go on. */
    assert_int_equal(put(1, IP_FLOW, "2,3", DPIF_FP_MODIFY, NULL), 0);
    assert_int_equal(host.tc->replaces, 1);
    assert_int_equal(host.tc->dels, dels);
    assert_int_equal(host.dpif_dels, 0);
    assert_int_equal(dump(false, flows, 4), 1);
    assert_int_equal(flows[0].stats.n_packets, 5);
    /* What cannot be placed moves to the datapath, which creates it. */
    assert_int_equal(put(1, IP_FLOW, "trunc(100),2", DPIF_FP_MODIFY, &after),
                     -1);
    assert_int_equal(after, DPIF_FP_CREATE);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);
    assert_int_equal(dump(true, flows, 4), 0);
    /* There it is modified. */
    assert_int_equal(put(1, IP_FLOW, "trunc(90),2", DPIF_FP_MODIFY, &after),
                     -1);
    assert_int_equal(after, DPIF_FP_MODIFY);
    /* And back: the datapath forgets it, counters begin anew. */
    assert_int_equal(put(1, IP_FLOW, "3", DPIF_FP_MODIFY, NULL), 0);
    assert_int_equal(host.dpif_dels, 1);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 1);
    fake_tc_first(host.tc, RULES)->packets = 3;
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
    unsigned int sends = host.tc->sends;
    char flow[256];

    for (int i = 0; i < BATCH; i++) {
        snprintf(flow, sizeof flow, "recirc_id(0),in_port(1),eth(src="
                 "02:00:00:00:00:01,dst=02:00:00:00:01:%02x),"
                 "eth_type(0x0800),ipv4(frag=no)", i);
        flow_text_init(&text[i], i + 1, flow, "2");
        flow_text_put(&text[i], DPIF_FP_CREATE);
        ops[i] = &text[i].op;
    }
    /* One of them is there twice: the last one wins. */
    text[3].ufid = text[2].ufid;
    nft_offload_class.operate(&host.dpif, host.offload, ops, BATCH);
    for (int i = 0; i < BATCH; i++) {
        assert_int_equal(text[i].op.error, 0);
        flow_text_uninit(&text[i]);
    }
    assert_int_equal(fake_tc_filters(host.tc, RULES), BATCH - 1);
    /* The worker may read counters meanwhile. */
    assert_in_range(host.tc->sends - sends, 2, 12);
    assert_int_equal(dump(true, flows, BATCH), BATCH - 1);
    assert_int_equal(nft_offload_class.flow_flush(host.offload), 0);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);
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
    flow_text_init(&first, 1, IP_FLOW, "recirc(5)");
    flow_text_put(&first, DPIF_FP_CREATE);
    flow_text_init(&second, 2, CHAIN_FLOW, "2");
    flow_text_put(&second, DPIF_FP_CREATE);
    ops[0] = &first.op;
    ops[1] = &second.op;
    nft_offload_class.operate(&host.dpif, host.offload, ops, 2);
    assert_int_equal(first.op.error, 0);
    assert_int_equal(second.op.error, 0);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 2);
    flow_text_uninit(&first);
    flow_text_uninit(&second);
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
                         ",dst=02:00:00:00:00:01),eth_type(0x0800),"
                         "ipv4(frag=no)",
                         "recirc(5)", DPIF_FP_CREATE, NULL), 0);
    provider_host_stop();
    assert_int_equal(fake_tc_filters(host.tc, RULES), 2);
    fake_tc_first(host.tc, RULES)->packets = 4;
    news = host.tc->news;

    provider_host_start("true");
    /* Recirculation ids mean nothing any more. */
    assert_int_equal(fake_tc_filters(host.tc, RULES), 1);
    /* OVS flushes at the start: what was not claimed yet stays. */
    nft_offload_class.flow_flush(host.offload);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 1);
    assert_int_equal(dump(true, flows, 4), 1);
    ufid = flows[0].ufid;
    assert_int_equal(flows[0].stats.n_packets, 4);
    /* The two probes of tunnels are the rules that were put. */
    assert_in_range(host.tc->news - news, 0, 2);

    ofpbuf_init(&buf, 0);
    op.type = DPIF_OP_FLOW_GET;
    op.error = -1;
    op.flow_get = (struct dpif_flow_get) {
        .ufid = &ufid, .buffer = &buf, .flow = &got,
    };
    nft_offload_class.operate(&host.dpif, host.offload, &opp, 1);
    assert_int_equal(op.error, 0);
    {
        struct flow_text text;
        struct ds ds = DS_EMPTY_INITIALIZER;

        flow_text_init(&text, 1, IP_FLOW, "2,3");
        assert_int_equal(got.actions_len, text.actions.size);
        assert_memory_equal(got.actions, text.actions.data, got.actions_len);
        odp_flow_format(got.key, got.key_len, got.mask, got.mask_len, NULL,
                        &ds, false, false);
        assert_non_null(strstr(ds_cstr(&ds), "dst=02:00:00:00:00:02"));
        assert_non_null(strstr(ds_cstr(&ds), "in_port(1)"));
        ds_destroy(&ds);
        flow_text_uninit(&text);
    }
    ofpbuf_uninit(&buf);
    op.type = DPIF_OP_FLOW_DEL;
    op.error = -1;
    op.flow_del = (struct dpif_flow_del) { .ufid = &ufid, .stats = &stats };
    nft_offload_class.operate(&host.dpif, host.offload, &opp, 1);
    assert_int_equal(op.error, 0);
    assert_int_equal(stats.n_packets, 4);
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);
}

/* Off means that nothing of before stays; flushed and closed, too. */
static void
test_off(void **state OVS_UNUSED)
{
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    provider_host_stop();
    provider_host_start("false");
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), -1);

    /* And on at run time. */
    provider_host_configure("true");
    assert_int_equal(put(1, IP_FLOW, "2", DPIF_FP_CREATE, NULL), 0);
    provider_host_stop();
    provider_host_start("true");
    nft_offload_class.flow_flush(host.offload);
    provider_host_stop();
    assert_int_equal(fake_tc_filters(host.tc, RULES), 0);
    provider_host_start("true");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_get_del, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_fresh, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_modify, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_batch, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_recirculation, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_off, setup,
                                        provider_host_teardown),
    };

    return cmocka_run_group_tests(tests, provider_host_group_setup,
                                  NULL);
}
