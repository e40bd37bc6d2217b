/* SPDX-License-Identifier: Apache-2.0 */

/* listener: see listener.h. */

#include <config.h>
#include "listener.h"

#include <errno.h>
#include <poll.h>

#include "dirs.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

#include "daemon/control.h"
#include "daemon/line.h"
#include "daemon/loop.h"
#include "daemon/ranking.h"
#include "daemon/report.h"
#include "dpflow.h"
#include "nft.h"
#include "offload.h"
#include "search.h"
#include "story.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_listener);

#define GROUP "nft-offload"

/* Milliseconds. */
#define OPEN_INTERVAL 5000      /* Between two tries to listen, */
#define RATE_INTERVAL 1000      /* and two looks at the counters. */

/* Buffers that go out before other work gets its turn. */
#define TURNS 16

struct listener {
    struct nft_offload *offload;
    struct nft *nft;
    char *path;
    struct loop loop;
    struct control control;
    bool open;                  /* 'control' listens. */
    bool told;                  /* That it does not, once. */
    long long int next_open;
    long long int next_rates;
    struct report_host host;
    struct ranking ranking;
    bool software_counted;      /* Never: conntrack is not asked here. */
    struct ds ufid, flow, actions;
};

/* --- what only OVS knows --- */

static void
datapath_put(void *listener_, struct line *line, const struct nfo_view *view)
{
    struct listener *listener = listener_;
    const char *path;

    if (story_datapath(view, &listener->ufid, &listener->flow,
                       &listener->actions, &path)) {
        line_string(line, "ufid", ds_cstr(&listener->ufid));
        line_string(line, "flow", ds_cstr(&listener->flow));
        line_string(line, "actions", ds_cstr(&listener->actions));
        line_string(line, "path", path);
    }
}

static bool
datapath_find(void *listener_, const char *text, struct nfo_id *id)
{
    struct listener *listener = listener_;

    return search_flow(listener->offload, text, id);
}

static const struct report_datapath datapath = {
    .put = datapath_put,
    .find = datapath_find,
};

static struct connection_rate *
datapath_rate(const struct nfo_view *view)
{
    struct dpflow *flow = view->info;

    return flow ? &flow->rate : NULL;
}

/* --- listening --- */

struct listener *
listener_create(struct nft_offload *offload, struct nft *nft)
{
    struct listener *listener = xzalloc(sizeof *listener);

    listener->offload = offload;
    listener->nft = nft;
    listener->path = xasprintf("%s/"CONTROL_SOCKET_NAME, ovs_rundir());
    listener->loop.fd = -1;
    ranking_init(&listener->ranking, nft_connections(nft), datapath_rate);
    listener->host = (struct report_host) {
        .eswitch = offload->eswitch,
        .table = offload->table,
        .connections = nft_connections(nft),
        .ranking = &listener->ranking,
        .software_counted = &listener->software_counted,
        .datapath = &datapath,
        .aux = listener,
    };
    ds_init(&listener->ufid);
    ds_init(&listener->flow);
    ds_init(&listener->actions);
    return listener;
}

static void
listener_close(struct listener *listener)
{
    if (listener->open) {
        control_close(&listener->control);
        listener->open = false;
    }
    if (listener->loop.fd >= 0) {
        loop_close(&listener->loop);
    }
}

void
listener_destroy(struct listener *listener)
{
    if (listener) {
        listener_close(listener);
        ds_destroy(&listener->ufid);
        ds_destroy(&listener->flow);
        ds_destroy(&listener->actions);
        free(listener->path);
        free(listener);
    }
}

/* For the group, or else for ourselves. */
static int
listener_open_socket(struct listener *listener)
{
    int error = -control_open(&listener->control, listener->path, GROUP);

    if (error == ENOENT || error == EPERM) {
        error = -control_open(&listener->control, listener->path, NULL);
        if (!error) {
            VLOG_INFO("%s is for the user of ovs-vswitchd alone: there is no "
                      "group "GROUP", or ovs-vswitchd is not in it",
                      listener->path);
        }
    }
    return error;
}

static void
listener_open(struct listener *listener)
{
    int error = -loop_open(&listener->loop);

    if (!error) {
        error = listener_open_socket(listener);
        listener->open = !error;
    }
    if (!error) {
        error = -control_serve(&listener->control, &listener->loop,
                               &listener->host);
    }
    if (error) {
        listener_close(listener);
        if (!listener->told) {
            VLOG_WARN("nft-offload cannot ask here, for %s cannot be listened "
                      "at (%s%s); will be tried again", listener->path,
                      ovs_strerror(error),
                      error == EADDRINUSE ? ", by another ovs-vswitchd" : "");
        }
        listener->told = true;
    }
}

static void
listener_rates(struct listener *listener)
{
    long long int now = time_msec();

    if (now >= listener->next_rates) {
        listener->next_rates = now + RATE_INTERVAL;
        ranking_walk(&listener->ranking, listener->offload->table, now);
    }
}

/* Does anybody want anything?  Mostly nobody does. */
static bool
listener_ready(const struct listener *listener)
{
    struct pollfd pollfd = { .fd = listener->loop.fd, .events = POLLIN };

    return poll(&pollfd, 1, 0) > 0;
}

void
listener_run(struct listener *listener)
{
    if (!listener->open) {
        if (time_msec() < listener->next_open) {
            return;
        }
        listener->next_open = time_msec() + OPEN_INTERVAL;
        listener_open(listener);
        if (!listener->open) {
            return;
        }
    }
    listener->host.source = nft_source(listener->nft);
    for (int i = 0; i < TURNS && listener_ready(listener); i++) {
        loop_turn(&listener->loop, 0);
    }
    listener_rates(listener);
}

void
listener_wait(struct listener *listener)
{
    if (!listener->open) {
        poll_timer_wait_until(listener->next_open);
        return;
    }
    poll_fd_wait(listener->loop.fd, POLLIN);
    if (ranking_watched(&listener->ranking)) {
        poll_timer_wait_until(listener->next_rates);
    }
}
