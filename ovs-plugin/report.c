/* SPDX-License-Identifier: Apache-2.0 */

/* report: see report.h. */

#include <config.h>
#include "report.h"

#include <errno.h>

#include "netdev-provider.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

#include "offload.h"
#include "port.h"
#include "reason.h"

/* The words for 'port', which may have just gone. */
static const char *
port_words(const struct nft_offload *offload,
           const struct dpif_offload_port *port, struct nfo_port *nfo_port)
{
    if (!nft_offload_enabled(offload)) {
        return "hw-offload is off";
    }
    if (port->ifindex < 0
        || nfo_eswitch_port(offload->eswitch, port->ifindex, nfo_port)) {
        return nfo_reason_text(NFT_OFFLOAD_REASON_PORT_GONE);
    }
    return port_verdict(offload, nfo_port);
}

static void
debug_json(const struct nft_offload *offload, struct json *json)
{
    struct json *ports = json_object_create();
    const struct dpif_offload_port *port;
    struct nfo_port nfo_port;

    DPIF_OFFLOAD_PORT_FOR_EACH (port, &offload->up) {
        struct json *object = json_object_create();

        json_object_put(object, "port_no",
                        json_integer_create(odp_to_u32(port->port_no)));
        json_object_put(object, "ifindex",
                        json_integer_create(port->ifindex));
        json_object_put_string(object, "verdict",
                               port_words(offload, port, &nfo_port));
        json_object_put(ports, netdev_get_name(port->netdev), object);
    }
    json_object_put(json, "ports", ports);
}

void
report_debug(const struct dpif_offload *offload_, struct ds *ds,
             struct json *json)
{
    const struct nft_offload *offload = nft_offload_cast(offload_);
    const struct dpif_offload_port *port;
    struct nfo_port nfo_port;

    if (json) {
        debug_json(offload, json);
        return;
    }
    DPIF_OFFLOAD_PORT_FOR_EACH (port, offload_) {
        ds_put_format(ds, "  - %s: port_no: %u, ifindex: %d: %s\n",
                      netdev_get_name(port->netdev), port->port_no,
                      port->ifindex, port_words(offload, port, &nfo_port));
    }
}

static void
stats_put(struct netdev_custom_stats *stats, const char *name, uint64_t value)
{
    struct netdev_custom_counter *counter = &stats->counters[stats->size++];

    counter->value = value;
    ovs_strlcpy(counter->name, name, sizeof counter->name);
}

int
report_global_stats(const struct dpif_offload *offload_,
                    struct netdev_custom_stats *stats)
{
    const struct nft_offload *offload = nft_offload_cast(offload_);
    struct nfo_table_stats table;
    const struct {
        const char *name;
        const uint64_t *value;
    } figures[] = {
        { "Flows known", &table.entries },
        { "Flows in hardware", &table.in_hw },
        { "Rules of an earlier process", &table.orphans },
        { "Rules added", &table.added },
        { "Rules replaced", &table.replaced },
        { "Rules removed", &table.removed },
        { "Rules adopted", &table.adopted },
        { "Rules adopted with other actions", &table.adopted_replaced },
        { "Rules of an earlier process removed", &table.reaped },
        { "Rules found missing", &table.vanished },
        { "Answers lost", &table.lost },
    };

    if (!nft_offload_enabled(offload)) {
        return EOPNOTSUPP;
    }
    nfo_table_stats(offload->table, &table);
    stats->label = xstrdup(dpif_offload_name(offload_));
    stats->size = 0;
    stats->counters = xcalloc(ARRAY_SIZE(figures) + __NFT_OFFLOAD_REASON_MAX,
                              sizeof *stats->counters);
    for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
        stats_put(stats, figures[i].name, *figures[i].value);
    }
    for (int i = 1; i < __NFT_OFFLOAD_REASON_MAX; i++) {
        if (table.refused[i]) {
            char *name = xasprintf("Refused: %s", nfo_reason_name(i));

            stats_put(stats, name, table.refused[i]);
            free(name);
        }
    }
    return 0;
}
