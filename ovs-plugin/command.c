/* SPDX-License-Identifier: Apache-2.0 */

/* command: see command.h. */

#include <config.h>
#include "command.h"

#include <errno.h>

#include "netdev.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/shash.h"
#include "ovs-thread.h"
#include "simap.h"
#include "unixctl.h"
#include "util.h"
#include "uuid.h"

#include "dpflow.h"
#include "offload.h"
#include "reason.h"
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

/* The flow that is asked about. */
struct search {
    struct match match;
    bool found;
    struct nfo_id id;
};

static void
search_one(void *search_, const struct nfo_view *view)
{
    struct search *search = search_;
    const struct dpflow *flow = view->info;
    struct match match;

    if (search->found || !flow
        || parse_key_and_mask_to_match(flow->key, flow->key_len, flow->mask,
                                       flow->mask_len, &match)) {
        return;
    }
    if (match_equal(&match, &search->match)) {
        search->found = true;
        search->id = view->id;
    }
}

/* Makes 'match' of a flow as dpctl/dump-flows prints it: what comes behind the
 * key is not looked at.  Returns an error to be freed, or NULL. */
static char *
parse_flow(const struct nft_offload *offload, const char *text,
           struct match *match)
{
    struct simap names = SIMAP_INITIALIZER(&names);
    const struct dpif_offload_port *port;
    struct ofpbuf key, mask;
    char *copy = xstrdup(text);
    char *error = NULL;
    char *end = strstr(copy, "packets:");

    if (!end) {
        end = strstr(copy, "actions:");
    }
    if (end) {
        *end = '\0';
    }
    DPIF_OFFLOAD_PORT_FOR_EACH (port, &offload->up) {
        simap_put(&names, netdev_get_name(port->netdev),
                  odp_to_u32(port->port_no));
    }
    ofpbuf_init(&key, 0);
    ofpbuf_init(&mask, 0);
    if (odp_flow_from_string(copy, &names, &key, &mask, &error)) {
        error = error ? error : xstrdup("syntax error");
    } else if (parse_key_and_mask_to_match(key.data, key.size, mask.data,
                                           mask.size, match)) {
        error = xstrdup("not a flow of the datapath");
    }
    ofpbuf_uninit(&key);
    ofpbuf_uninit(&mask);
    simap_destroy(&names);
    free(copy);
    return error;
}

/* Finds the id of what 'text' names.  Returns an error to be freed, or NULL;
 * '*found' says whether there is such a flow. */
static char *
find_flow(const struct nft_offload *offload, const char *text,
          struct nfo_id *id, bool *found)
{
    struct search search = { .found = false };
    struct uuid uuid;
    ovs_u128 ufid;
    char *error;
    int n;

    /* 0: no ufid is there.  A bare one will do, too. */
    n = odp_ufid_from_string(text, &ufid);
    if (!n && uuid_from_string(&uuid, text)) {
        memcpy(&ufid, &uuid, sizeof ufid);
        n = UUID_LEN;
    }
    if (n < 0) {
        return xstrdup("malformed ufid");
    } else if (n > 0) {
        *id = dpflow_id(&ufid);
        *found = true;
        return NULL;
    }
    error = parse_flow(offload, text, &search.match);
    if (!error) {
        nfo_table_foreach(offload->table, NFO_SOURCE_OVS, search_one,
                          &search);
        *found = search.found;
        *id = search.id;
    }
    return error;
}

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
    bool found = false;
    struct nfo_id id;
    char *error;

    /* A shell takes a flow with spaces for several words. */
    for (int i = 1; i < argc; i++) {
        ds_put_format(&text, "%s%s", i > 1 ? " " : "", argv[i]);
    }
    error = find_flow(offload, ds_cstr(&text), &id, &found);
    ds_destroy(&text);
    if (wants_json(conn)) {
        listing.json = json_object_create();
    }
    if (!error && (!found || nfo_table_get(offload->table, NFO_SOURCE_OVS, id,
                                           tell_one, &listing))) {
        error = xstrdup("no such flow is known here: it has ended, or OVS "
                        "never offered it to nft_offload, as is the case "
                        "where its port is another provider's (see "
                        "dpif/offload/show, and hw-offload-priority of the "
                        "Interface)");
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
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
