/* SPDX-License-Identifier: Apache-2.0 */

/* test_command: what the commands say of flows that the provider was given,
 * over a fake kernel; the connections to ovs-appctl are played here. */

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
#include "openvswitch/json.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "smap.h"
#include "timeval.h"
#include "unixctl.h"

#include "band.h"
#include "dpflow.h"
#include "fake_tc.h"
#include "offload.h"
#include "table.h"

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

static void
fake_operate(struct dpif *dpif, struct dpif_op **ops, size_t n)
{
    (void) dpif;
    for (size_t i = 0; i < n; i++) {
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

static int
setup(void **state)
{
    (void) state;
    tc = fake_tc_new();
    assert_int_equal(nft_offload_class.open(&nft_offload_class, &dpif,
                                            &offload), 0);
    ports_add();
    return 0;
}

static int
teardown(void **state)
{
    (void) state;
    nft_offload_class.close(offload);
    ovsrcu_quiesce();
    fake_tc_free(tc);
    return 0;
}

#define FLOW "recirc_id(0),in_port(1),eth(src=02:00:00:00:00:01," \
    "dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)"
#define OTHER "recirc_id(0),in_port(2),eth(src=02:00:00:00:00:03," \
    "dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)"
#define SHORT "recirc_id(0),in_port(3),eth(src=02:00:00:00:00:04," \
    "dst=02:00:00:00:00:02),eth_type(0x0806)"
#define VERBOSE SHORT ",arp(sip=10.1.0.1/0.0.0.0,tip=10.1.0.2/0.0.0.0," \
    "op=1/0,sha=02:00:00:00:00:04/00:00:00:00:00:00," \
    "tha=02:00:00:00:00:02/00:00:00:00:00:00)"

static void
put(uint32_t id, const char *flow, const char *actions_, bool taken)
{
    struct ofpbuf key, mask, actions;
    ovs_u128 ufid = { .u32 = { id } };
    struct dpif_op op, *opp = &op;

    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    ofpbuf_init(&actions, 0);
    assert_int_equal(odp_flow_from_string(flow, NULL, &key, &mask, NULL), 0);
    assert_int_equal(odp_actions_from_string(actions_, NULL, &actions), 0);
    memset(&op, 0, sizeof op);
    op.type = DPIF_OP_FLOW_PUT;
    op.error = -1;
    op.flow_put = (struct dpif_flow_put) {
        .flags = DPIF_FP_CREATE,
        .key = key.data, .key_len = key.size,
        .mask = mask.data, .mask_len = mask.size,
        .actions = actions.data, .actions_len = actions.size,
        .ufid = &ufid,
        .pmd_id = PMD_ID_NULL,
    };
    nft_offload_class.operate(&dpif, offload, &opp, 1);
    assert_int_equal(op.error, taken ? 0 : -1);
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
    ofpbuf_uninit(&actions);
}

/* --- ovs-appctl --- */

static struct shash commands = SHASH_INITIALIZER(&commands);

struct registered {
    unixctl_cb_func *cb;
    void *aux;
};

/* The one connection: what it wants, what it got. */
static struct {
    bool wants_json;
    char *text;
    char *error;
    struct json *json;
} conn;

void __wrap_unixctl_command_register(const char *, const char *, int, int,
                                     unixctl_cb_func *, void *);
enum unixctl_output_fmt
__wrap_unixctl_command_get_output_format(struct unixctl_conn *);
void __wrap_unixctl_command_reply(struct unixctl_conn *, const char *);
void __wrap_unixctl_command_reply_error(struct unixctl_conn *, const char *);
void __wrap_unixctl_command_reply_json(struct unixctl_conn *, struct json *);

void
__wrap_unixctl_command_register(const char *name, const char *usage,
                                int min_args, int max_args,
                                unixctl_cb_func *cb, void *aux)
{
    struct registered *r = xmalloc(sizeof *r);

    assert_non_null(usage);
    assert_true(min_args <= max_args);
    r->cb = cb;
    r->aux = aux;
    shash_add_once(&commands, name, r);
}

enum unixctl_output_fmt
__wrap_unixctl_command_get_output_format(struct unixctl_conn *c)
{
    (void) c;
    return conn.wants_json ? UNIXCTL_OUTPUT_FMT_JSON : UNIXCTL_OUTPUT_FMT_TEXT;
}

void
__wrap_unixctl_command_reply(struct unixctl_conn *c, const char *body)
{
    (void) c;
    assert_true(!conn.text && !conn.error && !conn.json && !conn.wants_json);
    conn.text = xstrdup(body);
}

void
__wrap_unixctl_command_reply_error(struct unixctl_conn *c, const char *error)
{
    (void) c;
    assert_true(!conn.text && !conn.error && !conn.json);
    conn.error = xstrdup(error);
}

void
__wrap_unixctl_command_reply_json(struct unixctl_conn *c, struct json *body)
{
    (void) c;
    assert_true(!conn.text && !conn.error && !conn.json && conn.wants_json);
    conn.json = body;
}

static void
run(const char *name, const char *arg, bool wants_json)
{
    const struct registered *r = shash_find_data(&commands, name);
    const char *argv[] = { name, arg, NULL };

    assert_non_null(r);
    free(conn.text);
    free(conn.error);
    json_destroy(conn.json);
    memset(&conn, 0, sizeof conn);
    conn.wants_json = wants_json;
    r->cb(NULL, arg ? 2 : 1, argv, r->aux);
    assert_true(!conn.text + !conn.error + !conn.json == 2);
}

static void
says(const char *word)
{
    const char *said = conn.text ? conn.text : conn.error;

    if (!said || !strstr(said, word)) {
        fail_msg("'%s' is not in: %s", word, said ? said : "nothing");
    }
}

/* Member 'name' of a JSON object. */
static const struct json *
member(const struct json *json, const char *name)
{
    const struct json *value = shash_find_data(json_object(json), name);

    if (!value) {
        fail_msg("no member %s", name);
    }
    return value;
}

#define assert_member(JSON, NAME, STRING) \
    assert_string_equal(json_string(member(JSON, NAME)), STRING)

static long long int
number(const struct json *json, const char *name)
{
    return json_integer(member(json, name));
}

#define UFID1 "00000001-0000-0000-0000-000000000000"
#define UFID2 "00000002-0000-0000-0000-000000000000"
#define UFID4 "00000004-0000-0000-0000-000000000000"

/* --- tests --- */

static void
enable(void)
{
    configure("true");
    put(1, FLOW, "2", true);
    put(2, OTHER, "trunc(100),2", false);
}

static void
test_off(void **state)
{
    (void) state;
    configure("false");
    run("nft-offload/stats", NULL, false);
    assert_non_null(conn.error);
    says("hw-offload=true");
}

static void
test_flows(void **state)
{
    const struct json *one;

    (void) state;
    enable();
    run("nft-offload/flows", NULL, false);
    says("ufid:" UFID1 ", source:ovs, state:in_hw, path:hardware");
    says("ufid:" UFID2 ", source:ovs, state:known, path:datapath, "
         "reason:action_unsupported");
    run("nft-offload/flows", "flowtable", false);
    assert_string_equal(conn.text, "");
    run("nft-offload/flows", "guard", false);
    assert_non_null(conn.error);

    run("nft-offload/flows", "ovs", true);
    assert_int_equal(json_array_size(conn.json), 2);
    one = json_array_at(conn.json, 0);
    if (strcmp(json_string(member(one, "id")), "ufid:" UFID1)) {
        one = json_array_at(conn.json, 1);
    }
    assert_member(one, "id", "ufid:" UFID1);
    assert_member(one, "state", "in_hw");
    assert_member(one, "reason", "none");
    assert_member(one, "actions", "2");
    assert_true(json_boolean(member(one, "in_hw")));
    assert_int_equal(number(member(one, "place"), "ifindex"), 2);
    assert_int_equal(number(member(one, "place"), "prio"),
                     NFO_BAND_PRIO_OVS);
    assert_true(strstr(json_string(member(one, "rule")), "redirect"));
}

static void
test_why(void **state)
{
    char *named;

    (void) state;
    enable();
    run("nft-offload/why", "ufid:" UFID1, false);
    says("  state: in hardware");
    says("  actions: 2\n");
    says("  place: dev 2 ingress");
    run("nft-offload/why", UFID2, false);
    says("  state: not in hardware");
    says("  reason: action_unsupported: The flow ");
    says("  rule: none\n");

    /* By the flow: as it was put, and as OVS prints it. */
    run("nft-offload/why", FLOW, true);
    assert_member(conn.json, "id", "ufid:" UFID1);
    run("nft-offload/why", OTHER ", packets:0, bytes:0, used:never, "
        "actions:drop", true);
    assert_member(conn.json, "id", "ufid:" UFID2);
    run("nft-offload/why", "ufid:" UFID2 ", " FLOW ", packets:0", true);
    assert_member(conn.json, "id", "ufid:" UFID2);

    /* What is printed without -m lacks what is not matched; with -m ports have
     * names, and a shell may have broken it up. */
    put(4, VERBOSE, "2", true);
    run("nft-offload/why", SHORT ", packets:5, bytes:0, actions:2", true);
    assert_member(conn.json, "id", "ufid:" UFID4);
    named = xasprintf("recirc_id(0),in_port(%s)%s, \n packets:5",
                      netdev_get_name(netdevs[2]),
                      strstr(VERBOSE, ",eth("));
    run("nft-offload/why", named, true);
    assert_member(conn.json, "id", "ufid:" UFID4);
    free(named);

    run("nft-offload/why", "ufid:00000003-0000-0000-0000-000000000000", true);
    says("no such flow");
    run("nft-offload/why", "recirc_id(0),in_port(3),eth(),eth_type(0x0800),"
        "ipv4(frag=no)", false);
    says("no such flow");
    run("nft-offload/why", "nonsense", false);
    assert_non_null(conn.error);
    run("nft-offload/why", "ufid:12", false);
    assert_non_null(conn.error);
}

static void
test_stats(void **state)
{
    const struct json *refused;

    (void) state;
    enable();
    run("nft-offload/stats", NULL, true);
    assert_int_equal(number(conn.json, "flows"), 2);
    assert_int_equal(number(conn.json, "in_hw"), 1);
    assert_int_equal(number(conn.json, "in_hw_ovs"), 1);
    assert_int_equal(number(conn.json, "in_hw_flowtable"), 0);
    refused = member(member(conn.json, "reasons"), "action_unsupported");
    assert_int_equal(number(refused, "now"), 1);
    assert_int_equal(number(refused, "so_far"), 1);
    refused = member(member(conn.json, "reasons"), "table_full");
    assert_int_equal(number(refused, "so_far"), 0);

    run("nft-offload/stats", NULL, false);
    says("action_unsupported                1          1\n");
    assert_null(strstr(conn.text, "table_full"));
}

static void
test_table(void **state)
{
    const struct json *one;

    (void) state;
    enable();
    run("nft-offload/table", NULL, true);
    assert_true(json_array_size(conn.json) >= 1);
    one = json_array_at(conn.json, json_array_size(conn.json) - 1);
    assert_member(one, "source", "ovs");
    assert_int_equal(number(one, "ifindex"), 2);
    assert_int_equal(number(one, "flows"), 1);
    assert_int_equal(number(one, "in_hw"), 1);
    run("nft-offload/table", NULL, false);
    says("source ");
    says("\novs ");
}

/* A flow is shown with the port of its tunnel, which its rule matches. */
static void
test_tunnel_port(void **state)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    ovs_u128 ufid = { .u32[0] = 1 };
    struct ofpbuf key, mask;
    struct dpflow *flow;

    (void) state;
    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    assert_int_equal(
        odp_flow_from_string("tunnel(tun_id=0x5,src=10.0.0.1,dst=10.0.0.2,"
                             "tp_dst=4789/0,flags(+key)),in_port(1),"
                             "eth_type(0x0800),ipv4(frag=no)",
                             NULL, &key, &mask, NULL), 0);
    flow = dpflow_create(&ufid, key.data, key.size, mask.data, mask.size,
                         NULL, 0);
    odp_flow_format(flow->key, flow->key_len, flow->mask, flow->mask_len,
                    NULL, &ds, false, false);
    assert_non_null(strstr(ds_cstr(&ds), "tunnel(tun_id=0x5,src=10.0.0.1,"
                           "dst=10.0.0.2,tp_dst=4789,flags(+key)),in_port(1),"
                           "eth_type(0x0800),ipv4(frag=no)"));
    dpflow_unref(flow);
    ds_destroy(&ds);
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
}

static int
group_setup(void **state)
{
    struct smap args = SMAP_INITIALIZER(&args);
    char name[8], ifindex[8];

    (void) state;
    assert_int_equal(pipe(quiet_fd), 0);
    time_msec();                /* Before a thread of OVS looks at the clock. */
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
        cmocka_unit_test_setup_teardown(test_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_why, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stats, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test(test_tunnel_port),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
