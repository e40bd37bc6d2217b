// SPDX-License-Identifier: Apache-2.0
/*
 * agent: see agent.h.
 */
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "flowtable.h"
#include "reason.h"
#include "report_part.h"

/* Refused entries tried again in one second, at most. */
#define AGENT_RETRY_MAX		1024
/* Ports compared with the hardware in one second. */
#define AGENT_RECONCILE_PORTS	1
/* Seconds between full reads of the ports: some changes send no event. */
#define AGENT_REFRESH_TICKS	5

/* @gone: it was there until now. */
static void agent_log_port(const struct nfo_port *port, bool gone)
{
	const char *text = "gone";
	const struct log_field fields[] = {
		{ "NFT_OFFLOAD_PORT", port->name },
		{ "NFT_OFFLOAD_PORT_NAME", port->port_name },
		{ "NFT_OFFLOAD_VERDICT",
		  gone ? "gone" : report_verdict(port, &text) },
	};

	log_say_fields(LOG_INFO, fields, 3, "port %s (%s): %s", port->name,
		       port->port_name[0] ? port->port_name : "no port name",
		       text);
}

/* --- what the source tells --- */

static int agent_flow_new(void *aux, const struct nfo_flowtable_flow *flow)
{
	struct agent *agent = aux;

	return connections_learn(&agent->connections, flow);
}

static void agent_flow_del(void *aux, uint64_t id)
{
	struct agent *agent = aux;

	connections_forget(&agent->connections, id);
}

/* The flow as `nft-offload why` takes it, at @text of CONNECTION_TEXT bytes. */
static void agent_flow_text(const struct agent *agent, uint64_t id, char *text)
{
	const struct connection *connection =
		connections_find(&agent->connections, id);

	if (connection)
		connection_text(connection, id & 1, text);
	else
		snprintf(text, CONNECTION_TEXT, "flow %llu",
			 (unsigned long long)id);
}

/* Of each reason a few, so that a frequent one does not hide the others. */
static void agent_flow_refused(void *aux, const struct nfo_view *view)
{
	struct agent *agent = aux;
	const char *reason = nfo_reason_name(view->reason);
	char flow[CONNECTION_TEXT];
	const struct log_field fields[] = {
		{ "NFT_OFFLOAD_FLOW", flow },
		{ "NFT_OFFLOAD_REASON", reason },
		{ "NFT_OFFLOAD_DRIVER_TEXT", view->text[0] ? view->text : NULL },
	};

	if ((unsigned int)view->reason >= __NFT_OFFLOAD_REASON_MAX ||
	    log_limited(&agent->refused_limits[view->reason], LOG_INFO))
		return;
	agent_flow_text(agent, view->id.lo, flow);
	log_say_fields(LOG_INFO, fields, 3,
		       "%s stays in software: %s: %s%s%s%s", flow, reason,
		       nfo_reason_text(view->reason), view->text[0] ? " (" : "",
		       view->text, view->text[0] ? ")" : "");
}

static void agent_synced(void *aux, uint64_t reaped)
{
	struct agent *agent = aux;

	if (reaped)
		log_say(LOG_NOTICE, "removed %llu rules of flows that ended while no daemon ran",
			(unsigned long long)reaped);
	log_say(LOG_INFO, "%zu connections known to the module",
		agent->connections.n);
}

static void agent_trouble(void *aux, int error, const char *text)
{
	struct agent *agent = aux;

	if (error == -ENOENT) {
		log_say(LOG_ERR, "nft_offload.ko was unloaded: load it again (modprobe nft_offload) and restart nft-offloadd");
		agent->failed = error;
		return;
	}
	log_say_limited(&agent->module_limit, LOG_WARNING,
			"the module refused a message: %s (%s)", text,
			strerror(-error));
}

static const struct nfo_flowtable_source_ops agent_source_ops = {
	.flow_new = agent_flow_new,
	.flow_del = agent_flow_del,
	.flow_refused = agent_flow_refused,
	.synced = agent_synced,
	.trouble = agent_trouble,
};

static void agent_outcome(void *arg, const struct nfo_view *view)
{
	struct agent *agent = arg;

	/* Before and after the source there is nothing to tell of. */
	if (agent->source)
		nfo_flowtable_source_outcome(agent->source, view);
}

/* --- ports --- */

static void agent_port_changed(void *arg, const struct nfo_port *before,
			       const struct nfo_port *after)
{
	struct agent *agent = arg;
	const struct nfo_port *port = after ? after : before;
	const char *was = NULL, *is = NULL;

	if (before)
		report_verdict(before, &was);
	if (after)
		report_verdict(after, &is);
	/* Plain devices come and go by the dozen; ports are worth a line. */
	if (after && was != is &&
	    (after->switch_id_len || (before && before->switch_id_len)))
		agent_log_port(after, false);
	if (!after && before->switch_id_len)
		agent_log_port(before, true);
	nfo_flowtable_source_port_changed(agent->source, before, after);
	nfo_table_port_changed(agent->batch, port->ifindex);
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
		agent_log_port(&ports[i], false);
		nfo_flowtable_source_port_changed(agent->source, NULL,
						  &ports[i]);
	}
	if (!found)
		log_say(LOG_NOTICE, "no switchdev port here: flows stay in software until there is one (devlink dev eswitch set DEV mode switchdev)");
	free(ports);
}

/* --- the loop --- */

static void agent_source_ready(struct loop_watch *watch, uint32_t events)
{
	struct agent *agent = (struct agent *)((char *)watch -
			      offsetof(struct agent, source_watch));
	int err = nfo_flowtable_source_receive(agent->source);

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

	if (!err)
		err = nfo_flowtable_source_flush(agent->source);
	if (err)
		log_say_limited(&agent->error_limit, LOG_WARNING,
				"sending failed, will be made good: %s",
				strerror(-err));
}

static void agent_refresh_qdiscs(struct agent *agent)
{
	int err = nfo_flowtable_source_refresh(agent->source);

	if (err)
		log_say_limited(&agent->error_limit, LOG_ERR,
				"reading qdiscs failed: %s", strerror(-err));
}

/* What `nft-offload top` asks for, while it does. */
static void agent_rates(struct agent *agent)
{
	bool watched = ranking_watched(&agent->ranking);
	uint64_t now = nfo_clock_ms();

	ranking_walk(&agent->ranking, agent->table, now);
	if (watched)
		software_ask(&agent->software, now,
			     agent->ranking.interval_ms != 0);
}

void agent_tick(struct agent *agent)
{
	struct nfo_table_stats stats;
	ssize_t n;

	nfo_table_read_counters(agent->batch, 0);
	agent_rates(agent);
	nfo_flowtable_source_count(agent->source);
	nfo_table_retry(agent->batch, AGENT_RETRY_MAX);
	nfo_table_reconcile(agent->batch, AGENT_RECONCILE_PORTS);
	nfo_table_stats(agent->table, &stats);
	heap_look(&agent->heap, stats.entries);
	if (++agent->ticks % AGENT_REFRESH_TICKS == 0) {
		nfo_eswitch_refresh(agent->eswitch, agent_port_changed, agent);
		agent_refresh_qdiscs(agent);
	}
	if (nfo_flowtable_source_synced(agent->source)) {
		n = nfo_table_reap(agent->batch, agent->grace_ms);
		if (n > 0)
			log_say(LOG_NOTICE, "removed %zd rules of ours that no flow claimed",
				n);
	}
}

/* --- start and stop --- */

static enum agent_fault agent_fault_of(struct agent *agent, int err)
{
	const char *text = "";

	if (agent->source)
		text = nfo_provider_text(
			nfo_flowtable_source_provider(agent->source));

	switch (err) {
	case -ENOENT:
		log_say(LOG_ERR, "the kernel module nft_offload is not loaded: modprobe nft_offload");
		return AGENT_NO_MODULE;
	case -EBUSY:
		log_say(LOG_ERR, "another offload provider is bound to nft_offload in this network namespace (EBUSY): most likely ovs-vswitchd with the nft_offload plugin, which then serves flowtables, too, and this daemon is not needed; or another nft-offloadd");
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
	nfo_flowtable_source_close(agent->source);
	nfo_shaper_close(agent->shaper);
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

	ranking_init(&agent->ranking, &agent->connections, NULL);
	software_init(&agent->software, &agent->connections, agent->loop);
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
	if (!err)
		err = nfo_shaper_open(&agent->shaper, agent->eswitch);
	if (!err)
		nfo_shaper_bypass(agent->shaper, agent->bypass_qdisc);
	return err;
}

static int agent_open_source(struct agent *agent)
{
	const struct nfo_flowtable_source_config config = {
		.eswitch = agent->eswitch,
		.table = agent->table,
		.batch = agent->batch,
		.shaper = agent->shaper,
		.ops = &agent_source_ops,
		.aux = agent,
	};

	return nfo_flowtable_source_open(&agent->source, &config);
}

static int agent_watch(struct agent *agent)
{
	int err;

	agent->source_watch.fd = nfo_flowtable_source_fd(agent->source);
	agent->source_watch.ready = agent_source_ready;
	agent->eswitch_watch.fd = nfo_eswitch_fd(agent->eswitch);
	agent->eswitch_watch.ready = agent_eswitch_ready;
	err = loop_add(agent->loop, &agent->source_watch, EPOLLIN);
	if (!err)
		err = loop_add(agent->loop, &agent->eswitch_watch, EPOLLIN);
	return err;
}

static void agent_prepare_host(struct agent *agent)
{
	agent->host = (struct report_host){
		.eswitch = agent->eswitch,
		.table = agent->table,
		.connections = &agent->connections,
		.source = agent->source,
		.ranking = &agent->ranking,
		.software_counted = &agent->software.counted,
	};
}

enum agent_fault agent_start(struct agent *agent, struct loop *loop,
			     const struct agent_options *options)
{
	enum agent_fault fault;
	ssize_t n = 0;
	int err;

	memset(agent, 0, sizeof(*agent));
	agent->loop = loop;
	agent->grace_ms = options->grace_ms;
	agent->bypass_qdisc = options->bypass_qdisc;

	err = agent_open(agent);
	if (err) {
		log_say(LOG_ERR, "cannot read ports: %s", strerror(-err));
		fault = AGENT_BROKEN;
		goto fail;
	}
	nfo_table_share(agent->table, &options->shares);
	err = agent_open_source(agent);
	if (err) {
		fault = agent_fault_of(agent, err);
		goto fail;
	}
	/* Before binding, for the first flows come with the answer to it. */
	n = nfo_table_read_back(agent->batch);
	if (n < 0) {
		log_say(LOG_ERR, "cannot read rules: %s", strerror(-n));
		fault = AGENT_BROKEN;
		goto fail;
	}
	/* Before the first flow; that it fails is told with the next tick. */
	nfo_shaper_refresh(agent->shaper);
	err = nfo_flowtable_source_bind(agent->source, options->grace_ms);
	if (!err)
		err = agent_watch(agent);
	if (err) {
		fault = agent_fault_of(agent, err);
		goto fail;
	}
	agent_first_ports(agent);
	agent_prepare_host(agent);
	if (n)
		log_say(LOG_NOTICE, "%zd rules of an earlier daemon found; flows that go on keep theirs",
			n);
	return AGENT_FINE;
fail:
	agent_free(agent);
	return fault;
}

void agent_configure(struct agent *agent, const struct agent_options *options)
{
	int err;

	if (options->grace_ms != agent->grace_ms) {
		err = nfo_provider_grace(
			nfo_flowtable_source_provider(agent->source),
			options->grace_ms);
		if (err)
			log_say(LOG_ERR, "the module does not take the grace of %u s, and keeps %u s: %s",
				options->grace_ms / 1000,
				agent->grace_ms / 1000, strerror(-err));
		else
			agent->grace_ms = options->grace_ms;
	}
	if (options->bypass_qdisc != agent->bypass_qdisc) {
		agent->bypass_qdisc = options->bypass_qdisc;
		nfo_shaper_bypass(agent->shaper, agent->bypass_qdisc);
		agent_refresh_qdiscs(agent);
	}
	nfo_table_share(agent->table, &options->shares);
}

void agent_stop(struct agent *agent, bool keep)
{
	int err = nfo_flowtable_source_stop(agent->source, keep);

	if (err == -EPROTO)
		log_say(LOG_WARNING, "the module did not take our leave");
	else if (err)
		log_say(LOG_ERR, "some rules could not be removed (%s): run nft-offload flush",
			strerror(-err));
	software_close(&agent->software);
	loop_del(agent->loop, &agent->source_watch);
	loop_del(agent->loop, &agent->eswitch_watch);
	agent_free(agent);
}
