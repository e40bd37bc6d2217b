/* SPDX-License-Identifier: Apache-2.0 */

/* search: see search.h. */

#include <config.h>
#include "search.h"

#include <string.h>

#include "netdev.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "uuid.h"

#include "dpflow.h"
#include "offload.h"

/* The flow that is asked about, as dpctl/dump-flows prints it. */
struct search {
    const char *text;           /* Without spaces. */
    const struct hmap *names;   /* Of ports; NULL: their numbers. */
    bool verbose;               /* -m */
    struct ds ds;
    bool found;
    struct nfo_id id;
};

static void
search_one(void *search_, const struct nfo_view *view)
{
    struct search *search = search_;
    const struct dpflow *flow = view->info;

    if (search->found || !flow) {
        return;
    }
    ds_clear(&search->ds);
    odp_flow_format(flow->key, flow->key_len, flow->mask, flow->mask_len,
                    search->names, &search->ds, search->verbose, false);
    if (!strcmp(ds_cstr(&search->ds), search->text)) {
        search->found = true;
        search->id = view->id;
    }
}

/* Cuts off what comes behind the key, and removes spaces. */
static void
trim_flow(char *text)
{
    char *end = strstr(text, "packets:");
    char *to = text;

    if (!end) {
        end = strstr(text, "actions:");
    }
    if (end) {
        *end = '\0';
    }
    for (const char *from = text; *from; from++) {
        if (!strchr(" \t\n", *from)) {
            *to++ = *from;
        }
    }
    while (to > text && to[-1] == ',') {
        to--;
    }
    *to = '\0';
}

/* Looks for the flow 'text'.  By its letters: what is printed without -m lacks
 * parts of the key, so it cannot be made a flow again. */
static bool
search_text(const struct nft_offload *offload, const char *text,
            struct nfo_id *id)
{
    struct hmap names = HMAP_INITIALIZER(&names);
    struct search search = { .ds = DS_EMPTY_INITIALIZER };
    const struct dpif_offload_port *port;
    char *copy = xstrdup(text);

    trim_flow(copy);
    search.text = copy;
    DPIF_OFFLOAD_PORT_FOR_EACH (port, &offload->up) {
        odp_portno_names_set(&names, port->port_no,
                             CONST_CAST(char *,
                                        netdev_get_name(port->netdev)));
    }
    for (int i = 0; i < 4 && !search.found; i++) {
        search.names = i & 1 ? NULL : &names;
        search.verbose = !(i & 2);
        nfo_table_foreach(offload->table, NFO_SOURCE_OVS, search_one,
                          &search);
    }
    *id = search.id;
    odp_portno_names_destroy(&names);
    hmap_destroy(&names);
    ds_destroy(&search.ds);
    free(copy);
    return search.found;
}

bool
search_flow(const struct nft_offload *offload, const char *text,
            struct nfo_id *id)
{
    struct uuid uuid;
    ovs_u128 ufid;
    int n;

    /* 0: no ufid is there.  A bare one will do, too. */
    n = odp_ufid_from_string(text, &ufid);
    if (!n && uuid_from_string(&uuid, text)) {
        memcpy(&ufid, &uuid, sizeof ufid);
        n = UUID_LEN;
    }
    if (n > 0) {
        *id = dpflow_id(&ufid);
        return true;
    }
    return search_text(offload, text, id);
}
