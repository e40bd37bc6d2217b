/* SPDX-License-Identifier: Apache-2.0 */

/* test_listener: what the provider says over its socket of flows that it was
 * given, over a fake kernel. */

#include <config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "dirs.h"
#include "openvswitch/dynamic-string.h"

#include "provider_host.h"

#define FLOW "recirc_id(0),in_port(1),eth(src=02:00:00:00:00:01," \
    "dst=02:00:00:00:00:02),eth_type(0x0800)," \
    "ipv4(src=10.1.0.1,proto=17,frag=no),udp(dst=53)"
#define OTHER "recirc_id(0),in_port(2),eth(src=02:00:00:00:00:03," \
    "dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(frag=no)"

#define UFID1 "ufid:00000001-0000-0000-0000-000000000000"
#define UFID2 "ufid:00000002-0000-0000-0000-000000000000"

static int
setup(void **state)
{
    (void) state;
    provider_host_boot();
    provider_host_start("true");
    provider_host_put(1, FLOW, "2", true);
    provider_host_put(2, OTHER, "trunc(100),2", false);
    return 0;
}

/* --- asking --- */

static struct ds said = DS_EMPTY_INITIALIZER;

static struct sockaddr_un
address(void)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };

    snprintf(un.sun_path, sizeof un.sun_path, "%s/nft-offload.sock",
             ovs_rundir());
    return un;
}

/* Sends 'line' and reads all of the answer; it listens soon. */
static void
ask(const char *line)
{
    struct sockaddr_un un = address();
    char buf[4096];
    ssize_t n;
    int fd;

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    for (int i = 0; connect(fd, (struct sockaddr *) &un, sizeof un); i++) {
        assert_true(i < 2000);
        usleep(10000);
    }
    assert_int_equal(send(fd, line, strlen(line), 0), strlen(line));
    ds_clear(&said);
    while ((n = recv(fd, buf, sizeof buf, 0)) > 0) {
        ds_put_buffer(&said, buf, n);
    }
    close(fd);
}

static void
says(const char *words)
{
    if (!strstr(ds_cstr(&said), words)) {
        fail_msg("'%s' is not in: %s", words, ds_cstr(&said));
    }
}

#define NOBODY "{\"type\":\"end\",\"objects\":0}\n"

/* --- tests --- */

static void
test_flows(void **state)
{
    (void) state;
    ask("flows\n");
    says("{\"type\":\"datapath_flow\",\"ufid\":\"" UFID1 "\",\"flow\":\"");
    says("\"actions\":\"2\",\"path\":\"hardware\",\"protocol\":\"udp\","
         "\"src\":\"10.1.0.1\",\"dport\":53,");
    says("\"state\":\"in_hw\",\"packets\":0,");
    says("\"ufid\":\"" UFID2 "\"");
    says("\"reason\":\"action_unsupported\"");
    says("{\"type\":\"end\",\"objects\":2}\n");
    /* Only of one flow. */
    assert_null(strstr(ds_cstr(&said), "\"rule\""));
}

static void
test_why(void **state)
{
    (void) state;
    ask("why " UFID1 "\n");
    says("\"rule\":\"");
    says("\"hook\":\"ingress\",\"chain\":0,\"pref\":");
    says("{\"type\":\"end\",\"objects\":1}\n");
    ask("why " OTHER ", packets:0, bytes:0, used:never, actions:drop\n");
    says("\"ufid\":\"" UFID2 "\"");
    /* A connection, a flow, words that nobody knows. */
    ask("why 7\n");
    assert_string_equal(ds_cstr(&said), NOBODY);
    ask("why ufid:00000003-0000-0000-0000-000000000000\n");
    assert_string_equal(ds_cstr(&said), NOBODY);
    ask("why \n");
    assert_string_equal(ds_cstr(&said), NOBODY);
    ask("flush\n");
    assert_string_equal(ds_cstr(&said), "");
}

static void
test_figures(void **state)
{
    (void) state;
    ask("stats\n");
    says("{\"type\":\"stats\",\"connections\":0,\"flows\":{\"known\":0,");
    says("\"datapath_flows\":{\"known\":1,\"placing\":0,\"in_hw\":1,");
    says("\"refusals\":{");
    ask("metrics\n");
    says("\nnft_offload_datapath_flows{state=\"in_hw\"} 1\n");
    says("\nnft_offload_flows_refused{reason=\"action_unsupported\"} 1\n");
    says("\n# EOF\n");
    ask("ports\n");
    says("\"type\":\"port\"");
    ask("version\n");
    says("\"synced\":false");
}

/* The rates of a flow that hardware carries: two looks, a second apart. */
static void
test_top(void **state)
{
    (void) state;
    for (int i = 0; i < 2000; i++) {
        ask("top packets 10\n");
        if (!strstr(ds_cstr(&said), "\"interval_ms\":0,")) {
            break;
        }
        usleep(10000);
    }
    says("{\"type\":\"totals\",");
    says("\"flows\":{\"hardware\":1,\"software\":1}");
    says("{\"type\":\"flow\",\"packets_per_s\":0,");
    says("\"ufid\":\"" UFID1 "\"");
}

/* No socket is left where nobody listens. */
static void
test_gone(void **state)
{
    struct sockaddr_un un = address();

    (void) state;
    ask("version\n");
    provider_host_stop();
    assert_int_equal(access(un.sun_path, F_OK), -1);
    provider_host_start("true");
    ask("version\n");
    says("\"type\":\"version\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flows, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_why, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_figures, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_top, setup,
                                        provider_host_teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup,
                                        provider_host_teardown),
    };

    return cmocka_run_group_tests(tests, provider_host_group_setup, NULL);
}
