/* SPDX-License-Identifier: Apache-2.0 */

/* load: puts a load of flows on one offload provider, as ovs-vswitchd does: by
 * dpif_operate() in batches of 64, over a kernel datapath of its own.
 *
 *     load nft_offload|tc PORT...
 *
 * The ports are the netdevs that flows come from and go to, in turn.  Commands
 * are read from stdin, one a line; each is answered by one line on stdout when
 * it is done:
 *
 *     put FIRST N THREADS      SECONDS       puts flows FIRST, FIRST+1, ...
 *     del FIRST N THREADS      SECONDS       deletes them
 *     dump full|terse N        SECONDS       dumps all, N of them
 *     memory                   KB            of this process, resident
 *     record FIRST N           MESSAGES      puts and deletes on a tape each
 *     replay put|del THREADS   SECONDS       what is on that tape
 *
 * What is measured is dpif_operate() alone: flows are made before.  A flow is
 * a UDP connection, matched on all it has.  One more for each port stays in
 * hardware all the time.  A flow that does not get there, or a dump that does
 * not show all, ends the process with a word on stderr. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dpif-offload-provider.h"
#include "dpif-offload.h"
#include "dpif.h"
#include "netdev.h"
#include "netlink.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"

#include "gang.h"
#include "offload.h"
#include "tape.h"

#define BATCH 64                /* As handlers of ovs-vswitchd do. */
#define PORTS_MAX 16
#define THREADS_MAX 16

static struct dpif *dpif;
static odp_port_t ports[PORTS_MAX];
static size_t n_ports;
static struct tape tape_put, tape_del;

/* --- the datapath --- */

static void
datapath_open(const char *provider)
{
    struct ovsrec_open_vswitch config = { .n_bridges = 0 };
    char *name = xasprintf("load-%.6s", provider);
    int error;

    /* As loader.c does. */
    if (!strcmp(provider, nft_offload_class.type)) {
        dpif_offload_dummy_x_class = nft_offload_class;
    }
    smap_init(&config.other_config);
    smap_add(&config.other_config, "hw-offload", "true");
    smap_add(&config.other_config, "hw-offload-priority", provider);
    smap_add(&config.other_config, "tc-policy", "skip_sw");
    dpif_offload_set_global_cfg(&config);
    error = dpif_create_and_open(name, "system", &dpif);
    if (error) {
        ovs_fatal(error, "no datapath");
    }
    dpif_offload_set_config(dpif, &config.other_config);
    smap_destroy(&config.other_config);
    free(name);
}

static void
port_add(const char *name, const char *provider)
{
    struct dpif_offload *by;
    struct netdev *netdev;
    int error;

    if (n_ports == PORTS_MAX) {
        ovs_fatal(0, "more than %d ports", PORTS_MAX);
    }
    error = netdev_open(name, "system", &netdev);
    if (error) {
        ovs_fatal(error, "%s", name);
    }
    ports[n_ports] = ODPP_NONE;
    error = dpif_port_add(dpif, netdev, &ports[n_ports]);
    if (error) {
        ovs_fatal(error, "%s", name);
    }
    by = dpif_offload_port_offloaded_by(dpif, ports[n_ports]);
    if (!by || strcmp(dpif_offload_type(by), provider)) {
        ovs_fatal(0, "%s is the port of %s", name,
                  by ? dpif_offload_type(by) : "none");
    }
    n_ports++;
    netdev_close(netdev);
}

/* --- flows --- */

/* One, ready to be put. */
struct load_flow {
    uint32_t key[64], mask[64], actions[2];
    size_t key_len, mask_len;
    ovs_u128 ufid;
    struct dpif_flow_stats stats;
    struct dpif_op op;
};

static size_t
flow_store(uint32_t *to, size_t size, const struct ofpbuf *from)
{
    ovs_assert(from->size <= size);
    memcpy(to, from->data, from->size);
    return from->size;
}

static void
flow_make(struct load_flow *load, uint32_t i)
{
    struct flow flow = {
        .in_port.odp_port = ports[i % n_ports],
        .dl_src = ETH_ADDR_C(02,00,00,00,00,01),
        .dl_dst = ETH_ADDR_C(02,00,00,00,00,02),
        .dl_type = htons(ETH_TYPE_IP),
        .nw_src = htonl(0x0a000000 + (i >> 14)),
        .nw_dst = htonl(0x0a800001),
        .nw_proto = IPPROTO_UDP,
        .tp_src = htons(1024 + (i & 0x3fff)),
        .tp_dst = htons(4789),
    };
    struct flow mask = {
        .recirc_id = UINT32_MAX,
        .in_port.odp_port = ODPP_NONE,
        .dl_src = eth_addr_exact,
        .dl_dst = eth_addr_exact,
        .dl_type = OVS_BE16_MAX,
        .nw_src = OVS_BE32_MAX,
        .nw_dst = OVS_BE32_MAX,
        .nw_proto = UINT8_MAX,
        .nw_frag = FLOW_NW_FRAG_MASK,
        .tp_src = OVS_BE16_MAX,
        .tp_dst = OVS_BE16_MAX,
    };
    struct odp_flow_key_parms parms = { .flow = &flow, .mask = &mask };
    struct ofpbuf key, bits, actions;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&bits, 0);
    ofpbuf_init(&actions, 0);
    odp_flow_key_from_flow(&parms, &key);
    parms.key_buf = &key;
    odp_flow_key_from_mask(&parms, &bits);
    nl_msg_put_odp_port(&actions, OVS_ACTION_ATTR_OUTPUT,
                        ports[(i + 1) % n_ports]);
    load->key_len = flow_store(load->key, sizeof load->key, &key);
    load->mask_len = flow_store(load->mask, sizeof load->mask, &bits);
    flow_store(load->actions, sizeof load->actions, &actions);
    odp_flow_key_hash(load->key, load->key_len, &load->ufid);
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&bits);
    ofpbuf_uninit(&actions);
}

static void
flow_put_op(struct load_flow *load)
{
    load->op.type = DPIF_OP_FLOW_PUT;
    load->op.flow_put = (struct dpif_flow_put) {
        .flags = DPIF_FP_CREATE,
        .key = (struct nlattr *) load->key,
        .key_len = load->key_len,
        .mask = (struct nlattr *) load->mask,
        .mask_len = load->mask_len,
        .actions = (struct nlattr *) load->actions,
        .actions_len = sizeof load->actions,
        .ufid = &load->ufid,
        .pmd_id = PMD_ID_NULL,
    };
}

/* With statistics, as revalidators do. */
static void
flow_del_op(struct load_flow *load)
{
    load->op.type = DPIF_OP_FLOW_DEL;
    load->op.flow_del = (struct dpif_flow_del) {
        .key = (struct nlattr *) load->key,
        .key_len = load->key_len,
        .ufid = &load->ufid,
        .stats = &load->stats,
        .pmd_id = PMD_ID_NULL,
    };
}

/* --- puts and deletes --- */

/* One thread's share of a command. */
struct share {
    struct load_flow *flows;
    size_t n;
};

static void
share_operate(struct share *share)
{
    for (size_t i = 0; i < share->n; i += BATCH) {
        size_t n = MIN(share->n - i, BATCH);
        struct dpif_op *ops[BATCH];

        for (size_t j = 0; j < n; j++) {
            ops[j] = &share->flows[i + j].op;
        }
        dpif_operate(dpif, ops, n, DPIF_OFFLOAD_ALWAYS);
        ovsrcu_quiesce();
        for (size_t j = 0; j < n; j++) {
            if (ops[j]->error) {
                ovs_fatal(ops[j]->error, "flow %"PRIuSIZE, i + j);
            }
        }
    }
}

static void
share_run(void *share, struct gang *gang)
{
    gang_meet(gang);
    share_operate(share);
    gang_meet(gang);
}

/* Runs the operations of 'flows[n]', returns the seconds that it takes. */
static double
operate(struct load_flow *flows, size_t n, size_t n_threads)
{
    struct share shares[THREADS_MAX];

    n_threads = MIN(n_threads, THREADS_MAX);
    for (size_t i = 0; i < n_threads; i++) {
        size_t from = n * i / n_threads, to = n * (i + 1) / n_threads;

        shares[i].flows = flows + from;
        shares[i].n = to - from;
    }
    return gang_run("load", share_run, shares, sizeof *shares, n_threads);
}

static struct load_flow *
flows_make(uint32_t first, size_t n, void (*op)(struct load_flow *))
{
    struct load_flow *flows = xcalloc(n, sizeof *flows);

    for (size_t i = 0; i < n; i++) {
        flow_make(&flows[i], first + i);
        op(&flows[i]);
    }
    return flows;
}

static double
run(uint32_t first, size_t n, size_t n_threads,
    void (*op)(struct load_flow *))
{
    struct load_flow *flows = flows_make(first, n, op);
    double seconds = operate(flows, n, n_threads);

    free(flows);
    return seconds;
}

static void
record(uint32_t first, size_t n)
{
    tape_record(&tape_put);
    run(first, n, 1, flow_put_op);
    tape_stop();
    tape_record(&tape_del);
    run(first, n, 1, flow_del_op);
    tape_stop();
}

/* --- the others --- */

static double
dump(bool terse, size_t expected)
{
    struct dpif_flow_dump_types types = { .offloaded_flows = true };
    struct dpif_flow_dump_thread *thread;
    struct dpif_flow_dump *all;
    struct dpif_flow flows[50];
    size_t n = 0;
    long long int start = time_usec();
    int got, error;

    all = dpif_flow_dump_create(dpif, terse, &types);
    thread = dpif_flow_dump_thread_create(all);
    while ((got = dpif_flow_dump_next(thread, flows, ARRAY_SIZE(flows))) > 0) {
        for (int i = 0; i < got; i++) {
            n += flows[i].attrs.offloaded;
        }
    }
    dpif_flow_dump_thread_destroy(thread);
    error = dpif_flow_dump_destroy(all);
    start = time_usec() - start;
    if (error || n != expected) {
        ovs_fatal(error, "%"PRIuSIZE" of %"PRIuSIZE" flows dumped", n,
                  expected);
    }
    return start / 1e6;
}

static unsigned long
memory(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f || fscanf(f, "%*u %lu", &pages) != 1) {
        ovs_fatal(errno, "/proc/self/statm");
    }
    fclose(f);
    return pages * (get_page_size() / 1024);
}

/* --- commands --- */

static void
command(const char *line)
{
    unsigned int first, n, threads;
    char word[8];

    if (sscanf(line, "put %u %u %u", &first, &n, &threads) == 3) {
        printf("%.6f\n", run(first, n, threads, flow_put_op));
    } else if (sscanf(line, "del %u %u %u", &first, &n, &threads) == 3) {
        printf("%.6f\n", run(first, n, threads, flow_del_op));
    } else if (sscanf(line, "dump %7s %u", word, &n) == 2) {
        printf("%.6f\n", dump(!strcmp(word, "terse"), n + n_ports));
    } else if (!strcmp(line, "memory\n")) {
        printf("%lu\n", memory());
    } else if (sscanf(line, "record %u %u", &first, &n) == 2) {
        record(first, n);
        printf("%"PRIuSIZE"\n", tape_put.n);
    } else if (sscanf(line, "replay %7s %u", word, &threads) == 2) {
        printf("%.6f\n", tape_replay(strcmp(word, "del") ? &tape_put
                                                         : &tape_del, threads));
    } else {
        ovs_fatal(0, "no such command: %s", line);
    }
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    const uint32_t anchor = UINT32_C(1) << 24;
    char line[128];

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_WARN);
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_OFF);
    /* An emulated machine is slow. */
    vlog_set_levels(vlog_module_from_name("timeval"), VLF_CONSOLE, VLL_OFF);
    if (argc < 4) {
        ovs_fatal(0, "usage: load nft_offload|tc PORT PORT...");
    }
    datapath_open(argv[1]);
    for (int i = 2; i < argc; i++) {
        port_add(argv[i], argv[1]);
    }
    run(anchor, n_ports, 1, flow_put_op);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        ovsrcu_quiesce_start();
        if (!fgets(line, sizeof line, stdin)) {
            break;
        }
        ovsrcu_quiesce_end();
        command(line);
    }
    ovsrcu_quiesce_end();
    run(anchor, n_ports, 1, flow_del_op);
    dpif_delete(dpif);
    dpif_close(dpif);
    return 0;
}
