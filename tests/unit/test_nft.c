/* SPDX-License-Identifier: Apache-2.0 */

/* test_nft: when the provider binds to nft_offload.ko and when it lets go,
 * with the module, the table and the clock played here. */

#include <config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "openvswitch/vlog.h"
#include "util.h"

#include "bound.h"
#include "flowtable_source.h"
#include "nft.h"
#include "offload.h"
#include "sender.h"

static struct {
    bool loaded;                /* The module. */
    uint32_t portid;            /* Who is bound. */
    int bind_error;
    int receive_error;
    const struct nfo_flowtable_source_config *config; /* What is open. */
    struct nfo_flowtable_source_config copy;
    bool bound;
    bool claimed;
    unsigned int opens;
    unsigned int ports_told;
    unsigned int outcomes;
    unsigned int purges;
    uint32_t grace_ms;          /* As the module has it. */
    long long int now;
} world;

static struct sender sender;
static struct nft_offload offload;

#define SOURCE ((struct nfo_flowtable_source *) &world)

#define WRAP(TYPE, NAME, ...) \
    TYPE __wrap_##NAME(__VA_ARGS__); \
    TYPE __wrap_##NAME(__VA_ARGS__)

WRAP(bool, nfo_bound_module, void)
{
    return world.loaded;
}

WRAP(int, nfo_bound_ask, uint32_t *portid)
{
    *portid = world.loaded ? world.portid : 0;
    return 0;
}

WRAP(long long int, time_msec, void)
{
    return world.now;
}

WRAP(int, nfo_flowtable_source_open, struct nfo_flowtable_source **source,
     const struct nfo_flowtable_source_config *config)
{
    assert_null(world.config);
    world.copy = *config;
    world.config = &world.copy;
    world.opens++;
    *source = SOURCE;
    return 0;
}

WRAP(void, nfo_flowtable_source_close, struct nfo_flowtable_source *source)
{
    assert_ptr_equal(source, SOURCE);
    assert_non_null(world.config);
    assert_false(world.bound);
    world.config = NULL;
}

WRAP(int, nfo_flowtable_source_bind, struct nfo_flowtable_source *source,
     uint32_t grace_ms)
{
    assert_ptr_equal(source, SOURCE);
    world.grace_ms = grace_ms;
    /* Whose rules they are has to be known before the first flow comes. */
    assert_true(world.claimed);
    world.bound = !world.bind_error;
    return world.bind_error;
}

WRAP(struct nfo_provider *, nfo_flowtable_source_provider,
     struct nfo_flowtable_source *source)
{
    assert_ptr_equal(source, SOURCE);
    return (struct nfo_provider *) &world;
}

WRAP(int, nfo_provider_grace, struct nfo_provider *provider OVS_UNUSED,
     uint32_t grace_ms)
{
    assert_int_not_equal(grace_ms, world.grace_ms);
    world.grace_ms = grace_ms;
    return 0;
}

WRAP(int, nfo_flowtable_source_stop, struct nfo_flowtable_source *source,
     bool keep)
{
    assert_ptr_equal(source, SOURCE);
    assert_true(world.bound);
    /* Nobody would take them away when the connections end. */
    assert_false(keep);
    world.bound = world.claimed = false;
    return 0;
}

WRAP(int, nfo_flowtable_source_receive,
     struct nfo_flowtable_source *source OVS_UNUSED)
{
    assert_true(world.bound);
    if (world.receive_error) {
        world.copy.ops->trouble(world.copy.aux, world.receive_error, "gone");
    }
    return world.receive_error;
}

WRAP(int, nfo_flowtable_source_flush,
     struct nfo_flowtable_source *source OVS_UNUSED)
{
    return 0;
}

WRAP(void, nfo_flowtable_source_outcome,
     struct nfo_flowtable_source *source OVS_UNUSED,
     const struct nfo_view *view OVS_UNUSED)
{
    assert_non_null(world.config);
    world.outcomes++;
}

WRAP(void, nfo_flowtable_source_port_changed,
     struct nfo_flowtable_source *source OVS_UNUSED,
     const struct nfo_port *before OVS_UNUSED,
     const struct nfo_port *after OVS_UNUSED)
{
    assert_true(world.bound);
    world.ports_told++;
}

WRAP(ssize_t, nfo_table_claim, struct nfo_batch *batch OVS_UNUSED,
     uint32_t sources)
{
    assert_int_equal(sources, NFO_FLOWTABLE_SOURCES);
    assert_false(world.claimed);
    world.claimed = true;
    return 3;
}

WRAP(int, nfo_table_disclaim, struct nfo_batch *batch OVS_UNUSED,
     uint32_t sources, bool remove)
{
    assert_int_equal(sources, NFO_FLOWTABLE_SOURCES);
    assert_false(remove);
    world.claimed = false;
    return 0;
}

WRAP(int, nfo_table_commit, struct nfo_batch *batch OVS_UNUSED)
{
    return 0;
}

WRAP(ssize_t, nfo_table_purge_all, uint32_t sources)
{
    assert_int_equal(sources, NFO_FLOWTABLE_SOURCES);
    world.purges++;
    return 1;
}

static const struct nfo_port ports[] = {
    { .ifindex = 2, .switch_id_len = 1, .hw_tc_offload = true },
    { .ifindex = 3, .switch_id_len = 1 },
};

WRAP(ssize_t, nfo_eswitch_ports, struct nfo_eswitch *eswitch OVS_UNUSED,
     bool switchdev, struct nfo_port **portsp)
{
    assert_true(switchdev);
    *portsp = malloc(sizeof ports);
    memcpy(*portsp, ports, sizeof ports);
    return ARRAY_SIZE(ports);
}

static int
setup(void **state)
{
    memset(&world, 0, sizeof world);
    memset(&sender, 0, sizeof sender);
    memset(&offload, 0, sizeof offload);
    atomic_init(&offload.grace_ms, 10000);
    world.now = 1000000;
    *state = nft_create(&offload, &sender);
    return 0;
}

/* A while later. */
static void
run(struct nft *nft)
{
    world.now += 2500;
    nft_run(nft);
}

/* No module is no reason to open anything, which would load it; it is bound
 * when it is there, with the ports told, and let go at the end. */
static void
test_bind(void **state)
{
    const struct nfo_view view = { .state = NFO_STATE_IN_HW };
    struct nft *nft = *state;

    run(nft);
    assert_int_equal(world.opens, 0);
    nft_port_changed(nft, NULL, &ports[0]);
    sender.outcome(sender.aux, &view);
    assert_int_equal(world.outcomes, 0);

    world.loaded = true;
    nft_run(nft);               /* Not at once: it has just been looked. */
    assert_int_equal(world.opens, 0);
    run(nft);
    assert_true(world.bound);
    assert_int_equal(world.grace_ms, 10000);
    assert_int_equal(world.ports_told, 2);
    /* The module is told of another grace, once. */
    atomic_store(&offload.grace_ms, 60000);
    nft_run(nft);
    nft_run(nft);
    assert_int_equal(world.grace_ms, 60000);
    sender.outcome(sender.aux, &view);
    assert_int_equal(world.outcomes, 1);
    nft_port_changed(nft, NULL, &ports[0]);
    nft_port_changed(nft, NULL, &ports[1]);
    assert_int_equal(world.ports_told, 4);

    nft_destroy(nft);
    assert_false(world.bound);
    assert_null(world.config);
    assert_null(sender.outcome);
}

/* Another provider's rules are not touched, and its place is taken when it
 * ends, also where it is quicker than the question whether there is one. */
static void
test_other(void **state)
{
    struct nft *nft = *state;

    world.loaded = true;
    world.portid = 77;
    run(nft);
    run(nft);
    assert_int_equal(world.opens, 2);
    assert_null(world.config);
    assert_false(world.claimed);

    world.portid = 0;
    world.bind_error = -EBUSY;
    run(nft);
    assert_null(world.config);
    assert_false(world.claimed);

    world.bind_error = 0;
    run(nft);
    assert_true(world.bound);
    nft_destroy(nft);
}

/* The module goes and comes back. */
static void
test_unload(void **state)
{
    struct nft *nft = *state;

    world.loaded = true;
    run(nft);
    assert_true(world.bound);
    world.receive_error = -ENOBUFS;
    run(nft);
    assert_true(world.bound);
    world.receive_error = -ENOENT;
    world.loaded = false;
    run(nft);
    assert_false(world.bound);
    assert_null(world.config);
    world.receive_error = 0;
    run(nft);
    assert_null(world.config);
    world.loaded = true;
    run(nft);
    assert_true(world.bound);
    nft_destroy(nft);
}

/* Software has a quicker path for connections than TC's. */
static void
test_skip_hw(void **state)
{
    struct nft *nft;

    nft_destroy(*state);
    offload.policy = NFO_TABLE_SKIP_HW;
    nft = nft_create(&offload, &sender);
    world.loaded = true;
    run(nft);
    assert_int_equal(world.opens, 0);
    nft_destroy(nft);
}

/* While hardware offload is off. */
static void
test_leftovers(void **state)
{
    nft_destroy(*state);
    nft_remove_leftovers();
    assert_int_equal(world.purges, 1);
    world.loaded = true;
    world.portid = 77;
    nft_remove_leftovers();
    assert_int_equal(world.purges, 1);
    world.portid = 0;
    nft_remove_leftovers();
    assert_int_equal(world.purges, 2);
    assert_null(world.config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bind, setup),
        cmocka_unit_test_setup(test_other, setup),
        cmocka_unit_test_setup(test_unload, setup),
        cmocka_unit_test_setup(test_skip_hw, setup),
        cmocka_unit_test_setup(test_leftovers, setup),
    };

    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
