/* SPDX-License-Identifier: Apache-2.0 */

/* provider_host: a host for tests of the provider: three ports of one switch over
 * a fake kernel, a datapath that says yes to all, and the provider as OVS opens
 * it.  For programs linked with --wrap=nfo_rtnl_open, nfo_eswitch_create and
 * nfo_eswitch_fd; they fail by cmocka. */

#ifndef PROVIDER_HOST_H
#define PROVIDER_HOST_H 1

#include "dpif-offload-provider.h"
#include "dpif-provider.h"
#include "openvswitch/ofpbuf.h"

/* Port N is device N + 1 of the fake kernel: 2, 3, 4 of one switch. */
#define HOST_PORTS 3

struct fake_tc;

struct provider_host {
    struct fake_tc *tc;
    struct dpif dpif;
    struct dpif_offload *offload;
    struct netdev *netdevs[HOST_PORTS];
    unsigned int dpif_dels;     /* Flows that the datapath was to delete. */
};

/* The one there is. */
extern struct provider_host host;

/* The group setup of cmocka: network devices, once. */
int provider_host_group_setup(void **state);

/* A kernel without rules; and its end. */
void provider_host_boot(void);
void provider_host_shutdown(void);

/* A process begins: OVS opens its datapath, whose ports are there.  With
 * 'hw_offload', which may be NULL, it sets other_config:hw-offload. */
void provider_host_start(const char *hw_offload);

/* Sets other_config:hw-offload. */
void provider_host_configure(const char *hw_offload);

/* The process ends and leaves its rules. */
void provider_host_stop(void);

/* The teardown of a test: both ends. */
int provider_host_teardown(void **state);

/* --- flows --- */

/* A flow as text says it, and an operation on it. */
struct flow_text {
    struct ofpbuf key, mask, actions;
    ovs_u128 ufid;
    struct dpif_flow_stats stats;
    struct dpif_op op;
    struct dpif_op *opp;
};

/* 'flow' and 'actions' as ovs-appctl dpctl/add-flow takes them. */
void flow_text_init(struct flow_text *, uint32_t id, const char *flow,
                    const char *actions);
void flow_text_uninit(struct flow_text *);

/* Makes 'op' a put. */
void flow_text_put(struct flow_text *, enum dpif_flow_put_flags);

/* Hands 'op' to the provider.  Returns its error; -1: not the provider's. */
int flow_text_operate(struct flow_text *);

/* Puts a new flow: the provider must take it, or leave it to others. */
void provider_host_put(uint32_t id, const char *flow, const char *actions,
                       bool taken);

#endif /* PROVIDER_HOST_H */
