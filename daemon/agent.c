// SPDX-License-Identifier: Apache-2.0
/*
 * agent: see agent.h.
 */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flowtable.h"
#include "reason.h"

/* Refused entries tried again in one second, at most. */
#define AGENT_RETRY_MAX		1024
/* Ports compared with the hardware in one second. */
#define AGENT_RECONCILE_PORTS	1
/* Seconds between full reads of the ports: some changes send no event. */
#define AGENT_REFRESH_TICKS	5

const char *agent_verdict(const struct nfo_port *port, const char **text)
{
	enum nft_offload_reason reason = NFT_OFFLOAD_REASON_NONE;

	if (!port->switch_id_len)
		reason = NFT_OFFLOAD_REASON_NOT_SWITCHDEV;
	else if (!port->hw_tc_offload)
		reason = NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF;
	if (!reason) {
		*text = "takes rules";
		return "ok";
	}
	*text = nfo_reason_text(reason);
	return nfo_reason_name(reason);
}

static void agent_log_port(const struct nfo_port *port)
{
	const char *text;

	agent_verdict(port, &text);
	log_say(LOG_INFO, "port %s (%s): %s", port->name,
		port->port_name[0] ? port->port_name : "no port name", text);
}

/* --- from the module to the table --- */

/*
 * The MTU of a device in bytes, 0 if it is not here. The module's own word is
 * from when the flow was made; this one is of now.
 */
static uint32_t agent_mtu(struct agent *agent, uint32_t ifindex)
{
	struct nfo_port port;

	return nfo_eswitch_port(agent->eswitch, ifindex, &port) < 0 ? 0 :
	       port.mtu;
}

static void agent_flow_new(void *aux, const struct nfo_flowtable_flow *told_of)
{
	struct nfo_flowtable_flow narrowed = *told_of;
	const struct nfo_flowtable_flow *flow = &narrowed;
	struct nfo_place where = { .ifindex = flow->iif };
	struct nfo_counters told = {
		.packets = flow->packets,
		.bytes = flow->bytes,
	};
	enum nft_offload_reason reason;
	struct agent *agent = aux;
	struct nfo_rule rule;
	uint32_t mtu;
	int err;

	/* Told before the module heard that we go: it stays in software. */
	if (agent->cleared)
		return;
	mtu = agent_mtu(agent, flow->oif);
	if (mtu && (!flow->mtu || mtu < flow->mtu))
		narrowed.mtu = mtu;
	err = connections_learn(&agent->connections, flow);
	reason = nfo_flowtable_translate(flow, agent_mtu(agent, flow->iif),
					 &rule);
	if (err)
		reason = NFT_OFFLOAD_REASON_NO_MEMORY;
	if (reason)
		err = nfo_table_reject(agent->batch, NFO_SOURCE_FLOWTABLE,
				       nfo_id(flow->id), &where, reason, NULL,
				       &told, NULL);
	else
		err = nfo_table_put(agent->batch, NFO_SOURCE_FLOWTABLE,
				    nfo_id(flow->id), &where, &rule, &told,
				    NULL);
	nfo_rule_uninit(&rule);
	if (err)
		nfo_provider_result(agent->provider, flow->id,
				    NFT_OFFLOAD_STATE_REFUSED,
				    NFT_OFFLOAD_REASON_NO_MEMORY, NULL);
}

static void agent_flow_del(void *aux, uint64_t id)
{
	struct agent *agent = aux;

	/* -ENOENT: there was no memory to keep it. Then nothing is placed. */
	nfo_table_del(agent->batch, NFO_SOURCE_FLOWTABLE, nfo_id(id));
	connections_forget(&agent->connections, id);
}

static void agent_synced(void *aux)
{
	struct agent *agent = aux;
	ssize_t n;

	if (agent->synced)
		return;
	agent->synced = true;
	/*
	 * Left-over rules that no flow has claimed by now belong to
	 * connections that ended while nobody looked. What is queued claims
	 * its own first.
	 */
	nfo_table_commit(agent->batch);
	n = nfo_table_reap(agent->batch, 0);
	if (n > 0)
		log_say(LOG_NOTICE, "removed %zd rules of flows that ended while no daemon ran",
			n);
	log_say(LOG_INFO, "%zu connections known to the module",
		agent->connections.n);
}

static void agent_refused(void *aux, int error)
{
	struct agent *agent = aux;

	if (error == -ENOENT) {
		log_say(LOG_ERR, "nft_offload.ko was unloaded: load it again (modprobe nft_offload) and restart nft-offloadd");
		agent->failed = error;
		return;
	}
	log_say_limited(&agent->module_limit, LOG_WARNING,
			"the module refused a message: %s (%s)",
			nfo_provider_text(agent->provider), strerror(-error));
}

static const struct nfo_provider_ops agent_provider_ops = {
	.flow_new = agent_flow_new,
	.flow_del = agent_flow_del,
	.synced = agent_synced,
	.refused = agent_refused,
};

/* --- from the table to the module --- */

static void agent_outcome(void *arg, const struct nfo_view *view)
{
	struct agent *agent = arg;
	uint64_t id = view->id.lo;

	if (view->source != NFO_SOURCE_FLOWTABLE)
		return;
	if (view->state == NFO_STATE_IN_HW) {
		nfo_provider_result(agent->provider, id,
				    NFT_OFFLOAD_STATE_IN_HW,
				    NFT_OFFLOAD_REASON_NONE, NULL);
	} else if (view->state == NFO_STATE_KNOWN && view->reason) {
		nfo_provider_result(agent->provider, id,
				    NFT_OFFLOAD_STATE_REFUSED, view->reason,
				    view->text);
		log_say_limited(&agent->refused_limit, LOG_INFO,
				"flow %llu stays in software: %s%s%s",
				(unsigned long long)id,
				nfo_reason_text(view->reason),
				view->text[0] ? ": " : "", view->text);
	}
}

static void agent_counted(void *arg, const struct nfo_view *view)
{
	struct agent *agent = arg;

	nfo_provider_stats(agent->provider, view->id.lo,
			   view->counters.packets, view->counters.bytes,
			   view->counters.idle_ms);
}

static void agent_tell_counters(struct agent *agent)
{
	nfo_table_read_counters(agent->batch, 0);
	nfo_table_changed_counters(agent->table, NFO_SOURCE_FLOWTABLE,
				   agent_counted, agent);
}

/* --- ports --- */

/*
 * A port can take rules now. Its qdisc is made at once, and not with its first
 * rule, when packets would be lost. Without memory the first rule makes it.
 */
static void agent_port_ready(struct agent *agent, const struct nfo_port *port)
{
	if (port->switch_id_len && port->hw_tc_offload)
		nfo_table_port_prepare(agent->batch, port->ifindex);
}

static void agent_port_changed(void *arg, const struct nfo_port *before,
			       const struct nfo_port *after)
{
	struct agent *agent = arg;
	const struct nfo_port *port = after ? after : before;
	const char *was = NULL, *is = NULL;

	if (before)
		agent_verdict(before, &was);
	if (after)
		agent_verdict(after, &is);
	/* Plain devices come and go by the dozen; ports are worth a line. */
	if (after && was != is &&
	    (after->switch_id_len || (before && before->switch_id_len)))
		agent_log_port(after);
	if (after && was != is)
		agent_port_ready(agent, after);
	nfo_table_port_changed(agent->batch, port->ifindex);
	if (before && after && before->mtu != after->mtu)
		nfo_provider_resync(agent->provider);
}

/* At start: each port with its verdict. */
static void agent_first_ports(struct agent *agent)
{
	struct nfo_port *ports;
	bool found = false;
	ssize_t n, i;

	n = nfo_eswitch_ports(agent->eswitch, true, &ports);
	if (n < 0)
		return;
	for (i = 0; i < n; i++) {
		if (!ports[i].switch_id_len)
			continue;
		found = true;
		agent_log_port(&ports[i]);
		agent_port_ready(agent, &ports[i]);
	}
	if (!found)
		log_say(LOG_NOTICE, "no switchdev port here: flows stay in software until there is one (devlink dev eswitch set DEV mode switchdev)");
	free(ports);
}

/* --- the loop --- */

static void agent_provider_ready(struct loop_watch *watch, uint32_t events)
{
	struct agent *agent = (struct agent *)((char *)watch -
			      offsetof(struct agent, provider_watch));
	int err = nfo_provider_receive(agent->provider);

	if (err)
		log_say_limited(&agent->error_limit, LOG_ERR,
				"reading from the module failed: %s",
				strerror(-err));
}

static void agent_eswitch_ready(struct loop_watch *watch, uint32_t events)
{
	struct agent *agent = (struct agent *)((char *)watch -
			      offsetof(struct agent, eswitch_watch));
	int err = nfo_eswitch_handle(agent->eswitch, agent_port_changed, agent);

	if (err)
		log_say_limited(&agent->error_limit, LOG_ERR,
				"reading link events failed: %s",
				strerror(-err));
}

void agent_turn(struct agent *agent)
{
	int err = nfo_table_commit(agent->batch);

	if (!err && !agent->failed)
		err = nfo_provider_flush(agent->provider);
	if (err)
		log_say_limited(&agent->error_limit, LOG_WARNING,
				"sending failed, will be made good: %s",
				strerror(-err));
}

void agent_tick(struct agent *agent)
{
	ssize_t n;

	agent_tell_counters(agent);
	nfo_table_retry(agent->batch, AGENT_RETRY_MAX);
	nfo_table_reconcile(agent->batch, AGENT_RECONCILE_PORTS);
	if (++agent->ticks % AGENT_REFRESH_TICKS == 0)
		nfo_eswitch_refresh(agent->eswitch, agent_port_changed, agent);
	if (agent->synced) {
		n = nfo_table_reap(agent->batch, agent->grace_ms);
		if (n > 0)
			log_say(LOG_NOTICE, "removed %zd rules of ours that no flow claimed",
				n);
	}
}

/* --- start and stop --- */

static enum agent_fault agent_fault_of(struct agent *agent, int err)
{
	const char *text = agent->provider ?
			   nfo_provider_text(agent->provider) : "";

	switch (err) {
	case -ENOENT:
		log_say(LOG_ERR, "the kernel module nft_offload is not loaded: modprobe nft_offload");
		return AGENT_NO_MODULE;
	case -EBUSY:
		log_say(LOG_ERR, "another offload provider is bound to nft_offload in this network namespace (EBUSY): stop it first");
		return AGENT_OTHER_PROVIDER;
	case -EPERM:
		log_say(LOG_ERR, "not permitted: nft-offloadd needs CAP_NET_ADMIN; start it as root");
		return AGENT_NO_RIGHT;
	default:
		log_say(LOG_ERR, "cannot bind to nft_offload: %s%s%s",
			text, text[0] ? ": " : "", strerror(-err));
		return AGENT_BROKEN;
	}
}

static void agent_free(struct agent *agent)
{
	/* The batch and the table call back while they go; the rest last. */
	nfo_batch_close(agent->batch);
	nfo_table_destroy(agent->table);
	nfo_provider_close(agent->provider);
	if (agent->rtnl)
		nfo_rtnl_close(agent->rtnl);
	nfo_eswitch_destroy(agent->eswitch);
	if (agent->connections.buckets)
		connections_free(&agent->connections);
}

static int agent_open(struct agent *agent)
{
	struct nfo_table_config config = { .sources = AGENT_SOURCES };
	int err;

	err = connections_init(&agent->connections);
	if (!err)
		err = nfo_eswitch_create(&agent->eswitch);
	if (!err)
		err = nfo_rtnl_open(&agent->rtnl);
	config.eswitch = agent->eswitch;
	if (!err)
		err = nfo_table_create(&agent->table, &config);
	if (!err)
		err = nfo_batch_open(&agent->batch, agent->table, agent->rtnl,
				     agent_outcome, agent);
	return err;
}

static int agent_watch(struct agent *agent)
{
	int err;

	agent->provider_watch.fd = nfo_provider_fd(agent->provider);
	agent->provider_watch.ready = agent_provider_ready;
	agent->eswitch_watch.fd = nfo_eswitch_fd(agent->eswitch);
	agent->eswitch_watch.ready = agent_eswitch_ready;
	err = loop_add(agent->loop, &agent->provider_watch, EPOLLIN);
	if (!err)
		err = loop_add(agent->loop, &agent->eswitch_watch, EPOLLIN);
	return err;
}

enum agent_fault agent_start(struct agent *agent, struct loop *loop,
			     uint32_t grace_ms)
{
	enum agent_fault fault;
	ssize_t n = 0;
	int err;

	memset(agent, 0, sizeof(*agent));
	agent->loop = loop;
	agent->grace_ms = grace_ms;

	err = nfo_provider_open(&agent->provider, &agent_provider_ops, agent);
	if (err) {
		fault = agent_fault_of(agent, err);
		goto fail;
	}
	err = agent_open(agent);
	/* Before binding, for the first flows come with the answer to it. */
	if (!err) {
		n = nfo_table_read_back(agent->batch);
		err = n < 0 ? n : 0;
	}
	if (err) {
		log_say(LOG_ERR, "cannot read ports and rules: %s",
			strerror(-err));
		fault = AGENT_BROKEN;
		goto fail;
	}
	err = nfo_provider_bind(agent->provider, grace_ms);
	if (!err)
		err = agent_watch(agent);
	if (err) {
		fault = agent_fault_of(agent, err);
		goto fail;
	}
	agent_first_ports(agent);
	if (n)
		log_say(LOG_NOTICE, "%zd rules of an earlier daemon found; flows that go on keep theirs",
			n);
	return AGENT_FINE;
fail:
	agent_free(agent);
	return fault;
}

void agent_stop(struct agent *agent, bool keep)
{
	int err;

	agent_turn(agent);
	agent_tell_counters(agent);
	if (!agent->failed)
		nfo_provider_flush(agent->provider);
	if (!keep) {
		agent->cleared = true;
		err = nfo_table_clear(agent->batch);
		if (err)
			log_say(LOG_ERR, "some rules could not be removed (%s): run nft-offload flush",
				strerror(-err));
	}
	if (!agent->failed) {
		err = nfo_provider_unbind(agent->provider, !keep);
		if (err)
			log_say(LOG_WARNING, "unbinding failed: %s",
				strerror(-err));
	}
	loop_del(agent->loop, &agent->provider_watch);
	loop_del(agent->loop, &agent->eswitch_watch);
	agent_free(agent);
}
