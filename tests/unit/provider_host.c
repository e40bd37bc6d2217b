/* SPDX-License-Identifier: Apache-2.0 */

/* provider_host: see provider_host.h. */

#include <config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "provider_host.h"

#include "dummy.h"
#include "netdev.h"
#include "odp-util.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "smap.h"
#include "timeval.h"

#include "fake_tc.h"
#include "offload.h"

struct provider_host host;

static int quiet_fd[2];         /* Where no link event ever comes from. */

int __wrap_nfo_rtnl_open(struct nfo_rtnl **);
int __wrap_nfo_eswitch_create(struct nfo_eswitch **);
int __wrap_nfo_eswitch_fd(const struct nfo_eswitch *);
ssize_t __wrap_nfo_table_purge_all(uint32_t sources);

int
__wrap_nfo_rtnl_open(struct nfo_rtnl **rtnlp)
{
    *rtnlp = fake_tc_rtnl(host.tc);
    return 0;
}

int
__wrap_nfo_eswitch_create(struct nfo_eswitch **eswitchp)
{
    *eswitchp = fake_tc_eswitch(host.tc);
    return 0;
}

int
__wrap_nfo_eswitch_fd(const struct nfo_eswitch *eswitch)
{
    (void) eswitch;
    return quiet_fd[0];
}

ssize_t
__wrap_nfo_table_purge_all(uint32_t sources)
{
    struct nfo_eswitch *eswitch = fake_tc_eswitch(host.tc);
    struct nfo_rtnl *rtnl = fake_tc_rtnl(host.tc);
    ssize_t n = nfo_table_purge(rtnl, eswitch, sources);

    nfo_rtnl_close(rtnl);
    nfo_eswitch_destroy(eswitch);
    return n;
}

static void
fake_operate(struct dpif *dpif, struct dpif_op **ops, size_t n)
{
    (void) dpif;
    for (size_t i = 0; i < n; i++) {
        host.dpif_dels += ops[i]->type == DPIF_OP_FLOW_DEL;
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

/* For the socket of the provider. */
static char rundir[] = "/tmp/nft-offload-XXXXXX";

static void
rundir_remove(void)
{
    char lock[sizeof rundir + 32];

    snprintf(lock, sizeof lock, "%s/nft-offload.sock.lock", rundir);
    unlink(lock);
    rmdir(rundir);
}

int
provider_host_group_setup(void **state)
{
    struct smap args = SMAP_INITIALIZER(&args);
    char name[8], ifindex[8];

    (void) state;
    assert_non_null(mkdtemp(rundir));
    atexit(rundir_remove);
    setenv("OVS_RUNDIR", rundir, true);
    assert_int_equal(pipe(quiet_fd), 0);
    time_msec();                /* Before a thread of OVS looks at the clock. */
    dummy_enable("");
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_ERR);
    dpif_init(&host.dpif, &fake_class, "ovs-system", 0, 0);
    for (int i = 0; i < HOST_PORTS; i++) {
        snprintf(name, sizeof name, "p%d", i + 1);
        snprintf(ifindex, sizeof ifindex, "%d", i + 2);
        assert_int_equal(netdev_open(name, "dummy", &host.netdevs[i]), 0);
        smap_replace(&args, "ifindex", ifindex);
        assert_int_equal(netdev_set_config(host.netdevs[i], &args, NULL), 0);
    }
    smap_destroy(&args);
    return 0;
}

void
provider_host_boot(void)
{
    host.tc = fake_tc_new();
    host.dpif_dels = 0;
}

void
provider_host_shutdown(void)
{
    fake_tc_free(host.tc);
}

void
provider_host_configure(const char *hw_offload)
{
    struct smap config = SMAP_INITIALIZER(&config);

    smap_add(&config, "hw-offload", hw_offload);
    nft_offload_class.set_config(host.offload, &config);
    smap_destroy(&config);
}

void
provider_host_start(const char *hw_offload)
{
    assert_int_equal(nft_offload_class.open(&nft_offload_class, &host.dpif,
                                            &host.offload), 0);
    for (int i = 0; i < HOST_PORTS; i++) {
        assert_int_equal(nft_offload_class.port_add(host.offload,
                                                    host.netdevs[i],
                                                    u32_to_odp(i + 1)), 0);
    }
    if (hw_offload) {
        provider_host_configure(hw_offload);
    }
}

void
provider_host_stop(void)
{
    nft_offload_class.close(host.offload);
    ovsrcu_quiesce();
}

void
flow_text_init(struct flow_text *text, uint32_t id, const char *flow,
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

void
flow_text_uninit(struct flow_text *text)
{
    ofpbuf_uninit(&text->key);
    ofpbuf_uninit(&text->mask);
    ofpbuf_uninit(&text->actions);
}

void
flow_text_put(struct flow_text *text, enum dpif_flow_put_flags flags)
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

int
flow_text_operate(struct flow_text *text)
{
    nft_offload_class.operate(&host.dpif, host.offload, &text->opp, 1);
    return text->op.error;
}

void
provider_host_put(uint32_t id, const char *flow, const char *actions,
                  bool taken)
{
    struct flow_text text;

    flow_text_init(&text, id, flow, actions);
    flow_text_put(&text, DPIF_FP_CREATE);
    assert_int_equal(flow_text_operate(&text), taken ? 0 : -1);
    flow_text_uninit(&text);
}

int
provider_host_teardown(void **state)
{
    (void) state;
    provider_host_stop();
    provider_host_shutdown();
    return 0;
}
