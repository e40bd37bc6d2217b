/* SPDX-License-Identifier: Apache-2.0 */

/* test_command: what the commands say of flows that the provider was given,
 * over a fake kernel; the connections to ovs-appctl are played here. */

#include <config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "netdev.h"
#include "odp-util.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "unixctl.h"

#include "band.h"
#include "dpflow.h"
#include "fake_tc.h"
#include "offload.h"
#include "provider_host.h"
#include "table.h"

static int
setup(void **state)
{
    (void) state;
    provider_host_boot();
    provider_host_start(NULL);
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
    provider_host_configure("true");
    provider_host_put(1, FLOW, "2", true);
    provider_host_put(2, OTHER, "trunc(100),2", false);
}

static void
test_off(void **state)
{
    (void) state;
    provider_host_configure("false");
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
    provider_host_put(4, VERBOSE, "2", true);
    run("nft-offload/why", SHORT ", packets:5, bytes:0, actions:2", true);
    assert_member(conn.json, "id", "ufid:" UFID4);
    named = xasprintf("recirc_id(0),in_port(%s)%s, \n packets:5",
                      netdev_get_name(host.netdevs[2]),
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_off, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_flows, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_why, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_stats, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_table, setup,
                                        provider_host_teardown),
        cmocka_unit_test(test_tunnel_port),
    };

    return cmocka_run_group_tests(tests, provider_host_group_setup,
                                  NULL);
}
