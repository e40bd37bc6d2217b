/* SPDX-License-Identifier: Apache-2.0 */

/* command: see command.h. */

#include <config.h>
#include "command.h"

#include <errno.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "ovs-thread.h"
#include "unixctl.h"
#include "util.h"

#include "offload.h"
#include "reason.h"
#include "search.h"
#include "story.h"

/* The provider that commands are about, and that none is freed meanwhile. */
static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct nft_offload *attached OVS_GUARDED_BY(mutex);

static bool
wants_json(struct unixctl_conn *conn)
{
    return unixctl_command_get_output_format(conn) == UNIXCTL_OUTPUT_FMT_JSON;
}

/* Replies with the one of the two that is not empty; frees both. */
static void
reply(struct unixctl_conn *conn, struct ds *ds, struct json *json)
{
    if (json) {
        unixctl_command_reply_json(conn, json);
    } else {
        unixctl_command_reply(conn, ds_cstr(ds));
    }
    ds_destroy(ds);
}

/* --- flows --- */

struct listing {
    const struct nft_offload *offload;
    struct ds ds;
    struct json *json;          /* NULL: text is wanted. */
};

static void
list_one(void *listing_, const struct nfo_view *view)
{
    struct listing *listing = listing_;

    if (listing->json) {
        json_array_add(listing->json, story_json(listing->offload, view));
    } else {
        story_line(listing->offload, view, &listing->ds);
    }
}

static void
do_flows(struct unixctl_conn *conn, const struct nft_offload *offload,
         int argc, const char *argv[])
{
    struct listing listing = {
        .offload = offload,
        .ds = DS_EMPTY_INITIALIZER,
    };
    enum nfo_source source = 0;

    if (argc > 1 && !strcmp(argv[1], "ovs")) {
        source = NFO_SOURCE_OVS;
    } else if (argc > 1 && !strcmp(argv[1], "flowtable")) {
        source = NFO_SOURCE_FLOWTABLE;
    } else if (argc > 1) {
        unixctl_command_reply_error(conn, "source must be ovs or flowtable");
        return;
    }
    if (wants_json(conn)) {
        listing.json = json_array_create_empty();
    }
    nfo_table_foreach(offload->table, source, list_one, &listing);
    reply(conn, &listing.ds, listing.json);
}

/* --- why --- */

static void
tell_one(void *listing_, const struct nfo_view *view)
{
    struct listing *listing = listing_;

    if (listing->json) {
        json_destroy(listing->json);
        listing->json = story_json(listing->offload, view);
    } else {
        story_tell(listing->offload, view, &listing->ds);
    }
}

static void
do_why(struct unixctl_conn *conn, const struct nft_offload *offload, int argc,
       const char *argv[])
{
    struct listing listing = {
        .offload = offload,
        .ds = DS_EMPTY_INITIALIZER,
    };
    struct ds text = DS_EMPTY_INITIALIZER;
    struct nfo_id id;
    bool found;

    /* A shell takes a flow with spaces for several words. */
    for (int i = 1; i < argc; i++) {
        ds_put_format(&text, "%s%s", i > 1 ? " " : "", argv[i]);
    }
    if (wants_json(conn)) {
        listing.json = json_object_create();
    }
    found = (search_flow(offload, ds_cstr(&text), &id)
             && !nfo_table_get(offload->table, NFO_SOURCE_OVS, id, tell_one,
                               &listing));
    ds_destroy(&text);
    if (!found) {
        unixctl_command_reply_error(conn, "no such flow is known here: it has "
                                    "ended, or OVS never offered it to "
                                    "nft_offload, as is the case where its "
                                    "port is another provider's (see "
                                    "dpif/offload/show, and "
                                    "hw-offload-priority of the Interface)");
        json_destroy(listing.json);
        ds_destroy(&listing.ds);
        return;
    }
    reply(conn, &listing.ds, listing.json);
}

/* --- stats --- */

/* How many flows are not in hardware now, by reason. */
static void
count_reason(void *counts_, const struct nfo_view *view)
{
    uint64_t *counts = counts_;

    if (view->reason && view->reason < __NFT_OFFLOAD_REASON_MAX) {
        counts[view->reason]++;
    }
}

static void
put_figure(struct ds *ds, struct json *json, const char *name, uint64_t value)
{
    if (json) {
        json_object_put(json, name, json_integer_create(value));
    } else {
        ds_put_format(ds, "%-24s %10"PRIu64"\n", name, value);
    }
}

static void
put_reasons(struct ds *ds, struct json *json, const uint64_t *now,
            const uint64_t *total)
{
    struct json *reasons = json ? json_object_create() : NULL;

    if (!json) {
        ds_put_format(ds, "\n%-24s %10s %10s\n", "reason", "now", "so far");
    }
    for (int i = 1; i < __NFT_OFFLOAD_REASON_MAX; i++) {
        if (json) {
            struct json *both = json_object_create();

            put_figure(NULL, both, "now", now[i]);
            put_figure(NULL, both, "so_far", total[i]);
            json_object_put(reasons, nfo_reason_name(i), both);
        } else if (now[i] || total[i]) {
            ds_put_format(ds, "%-24s %10"PRIu64" %10"PRIu64"\n",
                          nfo_reason_name(i), now[i], total[i]);
        }
    }
    if (json) {
        json_object_put(json, "reasons", reasons);
    }
}

static void
do_stats(struct unixctl_conn *conn, const struct nft_offload *offload,
         int argc OVS_UNUSED, const char *argv[] OVS_UNUSED)
{
    struct json *json = wants_json(conn) ? json_object_create() : NULL;
    uint64_t now[__NFT_OFFLOAD_REASON_MAX] = { 0 };
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct nfo_table_places places;
    struct nfo_table_stats stats;

    nfo_table_stats(offload->table, &stats);
    nfo_table_foreach(offload->table, 0, count_reason, now);
    put_figure(&ds, json, "flows", stats.entries);
    put_figure(&ds, json, "in_hw", stats.in_hw);
    put_figure(&ds, json, "in_hw_ovs", stats.in_hw_of[NFO_SOURCE_OVS]);
    put_figure(&ds, json, "in_hw_flowtable",
               stats.in_hw_of[NFO_SOURCE_FLOWTABLE]);
    put_figure(&ds, json, "guards", stats.guards);
    put_figure(&ds, json, "leftovers", stats.orphans);
    put_figure(&ds, json, "added", stats.added);
    put_figure(&ds, json, "replaced", stats.replaced);
    put_figure(&ds, json, "removed", stats.removed);
    put_figure(&ds, json, "adopted", stats.adopted);
    put_figure(&ds, json, "adopted_replaced", stats.adopted_replaced);
    put_figure(&ds, json, "leftovers_removed", stats.reaped);
    put_figure(&ds, json, "vanished", stats.vanished);
    put_figure(&ds, json, "retried", stats.retried);
    put_figure(&ds, json, "answers_lost", stats.lost);
    nfo_table_places(offload->table, &places);
    put_figure(&ds, json, "waiting", places.waiting);
    if (places.limited) {
        put_figure(&ds, json, "limit", places.limit);
    }
    put_figure(&ds, json, "evicted", places.evicted);
    put_figure(&ds, json, "recalled", places.recalled);
    put_reasons(&ds, json, now, stats.refused);
    reply(conn, &ds, json);
}

/* --- table --- */

/* What lies on a port for a source, or would. */
struct sum {
    int source;
    uint32_t ifindex;
    uint64_t flows, in_hw, packets, bytes;
};

static void
sum_one(void *sums_, const struct nfo_view *view)
{
    struct shash *sums = sums_;
    struct sum *sum;
    char key[32];

    snprintf(key, sizeof key, "%d %010"PRIu32, view->source,
             view->place.ifindex);
    sum = shash_find_data(sums, key);
    if (!sum) {
        sum = xzalloc(sizeof *sum);
        sum->source = view->source;
        sum->ifindex = view->place.ifindex;
        shash_add(sums, key, sum);
    }
    sum->flows++;
    sum->in_hw += view->in_hw;
    sum->packets += view->counters.packets;
    sum->bytes += view->counters.bytes;
}

static struct json *
sum_json(const struct sum *sum, const char *device)
{
    struct json *json = json_object_create();

    json_object_put_string(json, "source", story_source_name(sum->source));
    json_object_put_string(json, "port", device);
    put_figure(NULL, json, "ifindex", sum->ifindex);
    put_figure(NULL, json, "flows", sum->flows);
    put_figure(NULL, json, "in_hw", sum->in_hw);
    put_figure(NULL, json, "packets", sum->packets);
    put_figure(NULL, json, "bytes", sum->bytes);
    return json;
}

static void
do_table(struct unixctl_conn *conn, const struct nft_offload *offload,
         int argc OVS_UNUSED, const char *argv[] OVS_UNUSED)
{
    struct json *json = wants_json(conn) ? json_array_create_empty() : NULL;
    struct shash sums = SHASH_INITIALIZER(&sums);
    struct ds ds = DS_EMPTY_INITIALIZER;
    const struct shash_node **nodes;

    nfo_table_foreach(offload->table, 0, sum_one, &sums);
    nodes = shash_sort(&sums);
    if (!json) {
        ds_put_format(&ds, "%-10s %-16s %10s %10s %14s %16s\n", "source",
                      "port", "flows", "in_hw", "packets", "bytes");
    }
    for (size_t i = 0; i < shash_count(&sums); i++) {
        const struct sum *sum = nodes[i]->data;
        char device[IF_NAMESIZE] = "-";

        if (sum->ifindex) {
            story_device(offload, sum->ifindex, device, sizeof device);
        }
        if (json) {
            json_array_add(json, sum_json(sum, device));
        } else {
            ds_put_format(&ds, "%-10s %-16s %10"PRIu64" %10"PRIu64" %14"PRIu64
                          " %16"PRIu64"\n", story_source_name(sum->source),
                          device, sum->flows, sum->in_hw, sum->packets,
                          sum->bytes);
        }
    }
    free(nodes);
    shash_destroy_free_data(&sums);
    reply(conn, &ds, json);
}

/* --- all of them --- */

typedef void command_fn(struct unixctl_conn *, const struct nft_offload *,
                        int argc, const char *argv[]);

static const struct command {
    const char *name;
    const char *usage;
    int min_args, max_args;
    command_fn *run;
} commands[] = {
    { "nft-offload/flows", "[ovs|flowtable]", 0, 1, do_flows },
    { "nft-offload/why", "UFID|FLOW", 1, 64, do_why },
    { "nft-offload/stats", "", 0, 0, do_stats },
    { "nft-offload/table", "", 0, 0, do_table },
};

static void
command_run(struct unixctl_conn *conn, int argc, const char *argv[],
            void *command_)
{
    const struct command *command = command_;

    ovs_mutex_lock(&mutex);
    if (!attached || !nft_offload_enabled(attached)) {
        unixctl_command_reply_error(conn, "hardware offload is off: set "
                                    "other_config:hw-offload=true");
    } else {
        command->run(conn, attached, argc, argv);
    }
    ovs_mutex_unlock(&mutex);
}

void
command_attach(struct nft_offload *offload)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;

    if (ovsthread_once_start(&once)) {
        for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
            const struct command *c = &commands[i];

            unixctl_command_register(c->name, c->usage, c->min_args,
                                     c->max_args, command_run,
                                     CONST_CAST(struct command *, c));
        }
        ovsthread_once_done(&once);
    }
    ovs_mutex_lock(&mutex);
    attached = offload;
    ovs_mutex_unlock(&mutex);
}

void
command_detach(struct nft_offload *offload)
{
    ovs_mutex_lock(&mutex);
    if (attached == offload) {
        attached = NULL;
    }
    ovs_mutex_unlock(&mutex);
}
