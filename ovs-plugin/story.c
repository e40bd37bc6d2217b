/* SPDX-License-Identifier: Apache-2.0 */

/* story: see story.h. */

#include <config.h>
#include "story.h"

#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

#include "dpflow.h"
#include "offload.h"
#include "reason.h"

const char *
story_source_name(int source)
{
    return (source == NFO_SOURCE_OVS ? "ovs"
            : source == NFO_SOURCE_FLOWTABLE ? "flowtable"
            : "guard");
}

void
story_device(const struct nft_offload *offload, uint32_t ifindex, char *buf,
             size_t size)
{
    struct nfo_port port;

    if (ifindex && !nfo_eswitch_port(offload->eswitch, ifindex, &port)) {
        ovs_strlcpy(buf, port.name, size);
    } else {
        snprintf(buf, size, "%"PRIu32, ifindex);
    }
}

/* OVS's ufid; of a connection its number and direction. */
static void
put_id(const struct nfo_view *view, struct ds *ds)
{
    ovs_u128 ufid = { .u64 = { .hi = view->id.hi, .lo = view->id.lo } };

    if (view->source == NFO_SOURCE_OVS) {
        odp_format_ufid(&ufid, ds);
    } else {
        ds_put_format(ds, "connection:%"PRIu64"%s", view->id.lo >> 1,
                      view->id.lo & 1 ? ",reply" : ",original");
    }
}

static void
put_rule(const struct nfo_view *view, struct ds *ds)
{
    char *text = view->rule ? nfo_rule_to_new_string(view->rule) : NULL;

    ds_put_cstr(ds, text ? text : "none");
    free(text);
}

static void
put_flow(const struct dpflow *flow, struct ds *ds)
{
    odp_flow_format(flow->key, flow->key_len, flow->mask, flow->mask_len,
                    NULL, ds, false, false);
}

static void
put_actions(const struct dpflow *flow, struct ds *ds)
{
    if (flow->actions_len) {
        format_odp_actions(ds, flow->actions, flow->actions_len, NULL);
    } else {
        ds_put_cstr(ds, "drop");
    }
}

/* What OVS put, if the flow is OVS's. */
static const struct dpflow *
view_flow(const struct nfo_view *view)
{
    return view->source == NFO_SOURCE_OVS ? view->info : NULL;
}

/* Where its packets go now. */
static const char *
path(const struct nfo_view *view)
{
    const struct dpflow *flow = view_flow(view);

    return (view->in_hw ? "hardware"
            : view->state == NFO_STATE_IN_HW ? "tc"
            : flow && dpflow_is_ours(flow) ? "in transition"
            : flow ? "datapath"
            : "software");
}

bool
story_datapath(const struct nfo_view *view, struct ds *ufid, struct ds *flow,
               struct ds *actions, const char **where)
{
    const struct dpflow *dpflow = view_flow(view);

    ds_clear(ufid);
    ds_clear(flow);
    ds_clear(actions);
    if (!dpflow) {
        return false;
    }
    put_id(view, ufid);
    put_flow(dpflow, flow);
    put_actions(dpflow, actions);
    *where = path(view);
    return true;
}

void
story_line(const struct nft_offload *offload, const struct nfo_view *view,
           struct ds *ds)
{
    char device[IF_NAMESIZE];

    put_id(view, ds);
    ds_put_format(ds, ", source:%s, state:%s, path:%s",
                  story_source_name(view->source),
                  nfo_state_name(view->state), path(view));
    if (view->reason) {
        ds_put_format(ds, ", reason:%s", nfo_reason_name(view->reason));
        if (view->text[0]) {
            ds_put_format(ds, ", text:\"%s\"", view->text);
        }
    }
    if (view->place.ifindex) {
        story_device(offload, view->place.ifindex, device, sizeof device);
        ds_put_format(ds, ", port:%s", device);
    }
    if (view->place.handle) {
        ds_put_format(ds, ", hook:%s, chain:%"PRIu32", prio:%"PRIu16
                      ", handle:%#"PRIx32,
                      view->place.egress ? "egress" : "ingress",
                      view->place.chain, view->place.prio,
                      view->place.handle);
    }
    ds_put_format(ds, ", packets:%"PRIu64", bytes:%"PRIu64", idle:%.1fs",
                  view->counters.packets, view->counters.bytes,
                  view->counters.idle_ms / 1000.0);
    if (view->rule) {
        ds_put_cstr(ds, ", rule:");
        put_rule(view, ds);
    }
    ds_put_char(ds, '\n');
}

/* --- JSON --- */

static void
json_put_number(struct json *json, const char *name, uint64_t value)
{
    json_object_put(json, name, json_integer_create(MIN(value, INT64_MAX)));
}

/* Empties 'ds'. */
static void
json_put_ds(struct json *json, const char *name, struct ds *ds)
{
    json_object_put_string(json, name, ds_cstr(ds));
    ds_clear(ds);
}

static struct json *
place_json(const struct nft_offload *offload, const struct nfo_place *place)
{
    struct json *json = json_object_create();
    char device[IF_NAMESIZE];

    story_device(offload, place->ifindex, device, sizeof device);
    json_object_put_string(json, "port", device);
    json_put_number(json, "ifindex", place->ifindex);
    if (place->handle) {
        json_object_put_string(json, "hook",
                               place->egress ? "egress" : "ingress");
        json_put_number(json, "chain", place->chain);
        json_put_number(json, "prio", place->prio);
        json_put_number(json, "handle", place->handle);
    }
    return json;
}

struct json *
story_json(const struct nft_offload *offload, const struct nfo_view *view)
{
    const struct dpflow *flow = view_flow(view);
    struct json *json = json_object_create();
    struct ds ds = DS_EMPTY_INITIALIZER;

    put_id(view, &ds);
    json_put_ds(json, "id", &ds);
    json_object_put_string(json, "source", story_source_name(view->source));
    json_object_put_string(json, "state", nfo_state_name(view->state));
    json_object_put_string(json, "path", path(view));
    json_object_put(json, "in_hw", json_boolean_create(view->in_hw));
    json_object_put_string(json, "reason", nfo_reason_name(view->reason));
    if (view->reason) {
        json_object_put_string(json, "sentence",
                               nfo_reason_text(view->reason));
    }
    json_object_put_string(json, "text", view->text);
    if (view->place.ifindex) {
        json_object_put(json, "place", place_json(offload, &view->place));
    }
    json_put_number(json, "packets", view->counters.packets);
    json_put_number(json, "bytes", view->counters.bytes);
    json_put_number(json, "idle_ms", view->counters.idle_ms);
    if (view->rule) {
        put_rule(view, &ds);
        json_put_ds(json, "rule", &ds);
    }
    if (flow) {
        put_flow(flow, &ds);
        json_put_ds(json, "flow", &ds);
        put_actions(flow, &ds);
        json_put_ds(json, "actions", &ds);
    }
    ds_destroy(&ds);
    return json;
}

/* --- the whole story --- */

static const char *
state_words(const struct nfo_view *view)
{
    switch (view->state) {
    case NFO_STATE_IN_HW:
        return (view->in_hw ? "in hardware: the NIC carries its packets"
                : "in TC's software: no hardware takes it");
    case NFO_STATE_PLACING:
        return "on its way to the hardware";
    case NFO_STATE_REMOVING:
        return "on its way out of the hardware";
    case NFO_STATE_KNOWN:
    case NFO_STATE_GONE:
        break;
    }
    return (view->source == NFO_SOURCE_OVS
            ? "not in hardware: another provider or the kernel's datapath "
              "carries its packets"
            : "not in hardware: software carries its packets");
}

void
story_tell(const struct nft_offload *offload, const struct nfo_view *view,
           struct ds *ds)
{
    const struct dpflow *flow = view_flow(view);
    char device[IF_NAMESIZE];

    put_id(view, ds);
    ds_put_format(ds, "\n  source: %s\n", story_source_name(view->source));
    if (flow) {
        ds_put_cstr(ds, "  flow: ");
        put_flow(flow, ds);
        ds_put_cstr(ds, "\n  actions: ");
        put_actions(flow, ds);
        ds_put_char(ds, '\n');
    }
    ds_put_format(ds, "  state: %s\n", state_words(view));
    if (view->reason) {
        ds_put_format(ds, "  reason: %s: %s\n", nfo_reason_name(view->reason),
                      nfo_reason_text(view->reason));
    }
    if (view->text[0]) {
        ds_put_format(ds, "  text: %s\n", view->text);
    }
    if (view->place.handle) {
        char place[128];

        story_device(offload, view->place.ifindex, device, sizeof device);
        nfo_place_to_string(&view->place, place, sizeof place);
        ds_put_format(ds, "  place: %s (%s)\n", place, device);
    }
    ds_put_cstr(ds, "  rule: ");
    put_rule(view, ds);
    ds_put_format(ds, "\n  hardware counted: %"PRIu64" packets, %"PRIu64
                  " bytes, idle for %.1f s\n", view->counters.packets,
                  view->counters.bytes, view->counters.idle_ms / 1000.0);
}
