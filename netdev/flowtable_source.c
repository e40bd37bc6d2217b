// SPDX-License-Identifier: Apache-2.0
/*
 * flowtable_source: see flowtable_source.h.
 */
#include "flowtable_source.h"

#include "monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct nfo_flowtable_source {
	struct nfo_flowtable_source_config config;
	struct nfo_provider *provider;
	struct nfo_monitor *monitor;	/* NULL: not bound */
	struct nfo_recheck *recheck;
	int epoll;		/* of these three */
	bool synced;		/* the module has told all flows once */
	bool ended;		/* stops, and has removed all rules */
	bool unloaded;		/* the module has gone */
};

/* --- from the module to the table --- */

/* What is known of the device with @ifindex; all 0 if it is not here. */
static struct nfo_port source_port(struct nfo_flowtable_source *source,
				   uint32_t ifindex)
{
	struct nfo_port port = { 0 };

	nfo_eswitch_port(source->config.eswitch, ifindex, &port);
	return port;
}

/*
 * Gives what @rule says of tunnels the UDP port of the device, without which
 * no driver takes it. A tunnel's device and a rule that says nothing of the
 * tunnel do not go together: it would carry the packets of all tunnels of that
 * device, or send without the tunnel's addresses.
 */
static enum nft_offload_reason source_tunnel(const struct nfo_port *in,
					     const struct nfo_port *out,
					     bool keyless,
					     struct nfo_rule *rule,
					     const char **text)
{
	struct nfo_tunnel *set = NULL;

	for (unsigned int i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_TUNNEL_SET)
			set = &rule->actions[i].tunnel;
	*text = "an internal port, or a tunnel's device without \"encap\" in the route or with a place in the flowtable";
	if (in->ifindex && in->indirect != !!rule->mask.tun_id)
		return NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED;
	if (out->ifindex && out->indirect != !!set)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;

	if (in->tunnel_port) {
		rule->key.tun_dport = in->tunnel_port;
		rule->mask.tun_dport = 0xffff;
	}
	if (set)
		set->dport = out->tunnel_port;
	*text = "goes into GRE with an id, but without the word \"key\" in the route";
	if (set && keyless && !out->tunnel_port)
		return NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED;
	*text = NULL;
	return NFT_OFFLOAD_REASON_NONE;
}

/* Tells the table of @flow, which leaves by @out, or of why there is no rule. */
static int source_put(struct nfo_flowtable_source *source,
		      const struct nfo_flowtable_flow *flow,
		      const struct nfo_port *out, bool no_memory)
{
	struct nfo_port in = source_port(source, flow->iif);
	struct nfo_batch *batch = source->config.batch;
	struct nfo_place where = { .ifindex = flow->iif, .shared = in.lag };
	struct nfo_counters told = {
		.packets = flow->packets,
		.bytes = flow->bytes,
	};
	struct nfo_shaper *shaper = source->config.shaper;
	char words[NFT_OFFLOAD_TEXT_MAX];
	enum nft_offload_reason reason;
	const char *text = NULL;
	struct nfo_rule rule;
	int err;

	reason = nfo_flowtable_translate(flow, in.mtu, &rule);
	/* What the module has found out it has said in its own words. */
	if (reason && reason == flow->reason)
		text = flow->text;
	if (!reason)
		reason = source_tunnel(&in, out, flow->keyless, &rule,
				       &text);
	if (!reason && shaper && nfo_shaper_on(shaper, flow->iif, flow->oif,
					       words, sizeof(words))) {
		reason = NFT_OFFLOAD_REASON_QDISC;
		text = words;
	}
	if (no_memory)
		reason = NFT_OFFLOAD_REASON_NO_MEMORY;
	if (reason)
		err = nfo_table_reject(batch, NFO_SOURCE_FLOWTABLE,
				       nfo_id(flow->id), &where, reason, text,
				       &told, NULL);
	else
		err = nfo_table_put(batch, NFO_SOURCE_FLOWTABLE,
				    nfo_id(flow->id), &where, &rule, &told,
				    NULL);
	nfo_rule_uninit(&rule);
	return err;
}

static void source_flow_new(void *aux, const struct nfo_flowtable_flow *told_of)
{
	struct nfo_flowtable_flow flow = *told_of;
	struct nfo_flowtable_source *source = aux;
	const struct nfo_flowtable_source_ops *ops = source->config.ops;
	struct nfo_port out;
	int err = 0;

	/* Told before the module heard that we go: it stays in software. */
	if (source->ended)
		return;
	/* The module's word is from when the flow was made. */
	out = source_port(source, flow.oif);
	if (out.mtu && (!flow.mtu || out.mtu < flow.mtu))
		flow.mtu = out.mtu;
	if (ops->flow_new)
		err = ops->flow_new(source->config.aux, &flow);
	err = source_put(source, &flow, &out, err);
	if (err)
		nfo_provider_result(source->provider, flow.id,
				    NFT_OFFLOAD_STATE_REFUSED,
				    NFT_OFFLOAD_REASON_NO_MEMORY, NULL);
}

static void source_flow_del(void *aux, uint64_t id)
{
	struct nfo_flowtable_source *source = aux;

	/* -ENOENT: there was no memory to keep it. Then nothing is placed. */
	nfo_table_del(source->config.batch, NFO_SOURCE_FLOWTABLE, nfo_id(id));
	if (source->config.ops->flow_del)
		source->config.ops->flow_del(source->config.aux, id);
}

static void source_flow_missed(void *aux, uint64_t id)
{
	struct nfo_flowtable_source *source = aux;

	nfo_table_doubt(source->config.batch, NFO_SOURCE_FLOWTABLE,
			nfo_id(id));
}

static void source_flow_software(void *aux, uint64_t id, uint64_t packets)
{
	struct nfo_flowtable_source *source = aux;

	nfo_table_carried(source->config.table, NFO_SOURCE_FLOWTABLE,
			  nfo_id(id), packets);
}

static void source_software_told(void *aux)
{
	struct nfo_flowtable_source *source = aux;

	nfo_table_place(source->config.batch);
}

static void source_synced(void *aux)
{
	struct nfo_flowtable_source *source = aux;
	struct nfo_batch *batch = source->config.batch;
	ssize_t n;

	if (source->synced)
		return;
	source->synced = true;
	/*
	 * Left-over rules that no flow has claimed by now belong to
	 * connections that ended while nobody looked. What is queued claims
	 * its own first.
	 */
	nfo_table_commit(batch);
	n = nfo_table_reap_sources(batch, NFO_FLOWTABLE_SOURCES);
	if (source->config.ops->synced)
		source->config.ops->synced(source->config.aux, n > 0 ? n : 0);
}

static void source_refused(void *aux, int error)
{
	struct nfo_flowtable_source *source = aux;

	source->unloaded |= error == -ENOENT;
	if (source->config.ops->trouble)
		source->config.ops->trouble(source->config.aux, error,
					    nfo_provider_text(source->provider));
}

static const struct nfo_provider_ops source_provider_ops = {
	.flow_new = source_flow_new,
	.flow_del = source_flow_del,
	.flow_missed = source_flow_missed,
	.flow_software = source_flow_software,
	.software_told = source_software_told,
	.synced = source_synced,
	.refused = source_refused,
};

/* --- from the table to the module --- */

void nfo_flowtable_source_outcome(struct nfo_flowtable_source *source,
				  const struct nfo_view *view)
{
	const struct nfo_flowtable_source_ops *ops = source->config.ops;
	uint64_t id = view->id.lo;

	if (view->source != NFO_SOURCE_FLOWTABLE)
		return;
	if (view->state == NFO_STATE_IN_HW) {
		nfo_provider_result(source->provider, id,
				    NFT_OFFLOAD_STATE_IN_HW,
				    NFT_OFFLOAD_REASON_NONE, NULL);
	} else if (view->state == NFO_STATE_KNOWN && view->reason) {
		nfo_provider_result(source->provider, id,
				    NFT_OFFLOAD_STATE_REFUSED, view->reason,
				    view->text);
		if (ops->flow_refused)
			ops->flow_refused(source->config.aux, view);
	} else if (view->state == NFO_STATE_GONE && view->counters.packets) {
		nfo_provider_last(source->provider, id, view->counters.packets,
				  view->counters.bytes);
	}
}

static void source_counted(void *arg, const struct nfo_view *view)
{
	struct nfo_flowtable_source *source = arg;

	nfo_provider_stats(source->provider, view->id.lo,
			   view->counters.packets, view->counters.bytes,
			   view->counters.idle_ms);
}

void nfo_flowtable_source_count(struct nfo_flowtable_source *source)
{
	nfo_table_changed_counters(source->config.table, NFO_SOURCE_FLOWTABLE,
				   source_counted, source);
	/* An error is one of the socket, and met by others, too. */
	if (nfo_table_waiting(source->config.table))
		nfo_provider_count(source->provider);
}

int nfo_flowtable_source_flush(struct nfo_flowtable_source *source)
{
	const struct nfo_change all = { .kind = NFO_CHANGE_ALL };
	int err;

	if (source->unloaded)
		return 0;
	err = nfo_provider_flush(source->provider);
	/* What was not heard may have been which flows to take away. */
	if (err && source->recheck)
		nfo_recheck_change(source->recheck, &all);
	return err;
}

/* --- rules follow the truth --- */

static void source_changed(void *aux, const struct nfo_change *change)
{
	struct nfo_flowtable_source *source = aux;

	nfo_recheck_change(source->recheck, change);
}

static void source_recheck(void *aux, uint64_t id)
{
	struct nfo_flowtable_source *source = aux;

	nfo_provider_teardown(source->provider, id);
}

/* Does it matter to flows by way of the device? Its MTU: see below. */
static bool source_port_differs(const struct nfo_port *before,
				const struct nfo_port *after)
{
	return before->up != after->up || before->running != after->running ||
	       before->master != after->master ||
	       before->link != after->link ||
	       memcmp(before->mac, after->mac, sizeof(before->mac));
}

/* No route leads to a tunnel's device that a bridge or Open vSwitch has. */
static bool source_takes_rules(const struct nfo_port *port)
{
	if (!port)
		return false;
	return port->external ? !port->master :
				port->switch_id_len && port->hw_tc_offload;
}

/* The bond first: its members' qdiscs are made to share its block. */
static void source_prepare(struct nfo_flowtable_source *source,
			   const struct nfo_port *before,
			   const struct nfo_port *after)
{
	struct nfo_batch *batch = source->config.batch;

	if (!source_takes_rules(after))
		return;
	if (after->master && (!before || before->master != after->master) &&
	    source_port(source, after->master).lag)
		nfo_table_port_prepare(batch, after->master);
	if (!source_takes_rules(before))
		nfo_table_port_prepare(batch, after->ifindex);
}

void nfo_flowtable_source_port_changed(struct nfo_flowtable_source *source,
				       const struct nfo_port *before,
				       const struct nfo_port *after)
{
	struct nfo_change change = { .kind = NFO_CHANGE_DEVICE };

	source_prepare(source, before, after);
	/* No flow can have been made by what was not there. */
	if (!before)
		return;
	if (after && before->mtu != after->mtu)
		nfo_provider_resync(source->provider);
	if (!source->recheck ||
	    (after && !source_port_differs(before, after)))
		return;
	change.ifindex = before->ifindex;
	nfo_recheck_change(source->recheck, &change);
	/* What it lay on does not show any more. */
	change.ifindex = before->link;
	if (change.ifindex && (!after || before->link != after->link))
		nfo_recheck_change(source->recheck, &change);
}

int nfo_flowtable_source_refresh(struct nfo_flowtable_source *source)
{
	int changed;

	if (!source->config.shaper)
		return 0;
	changed = nfo_shaper_refresh(source->config.shaper);
	if (changed > 0)
		nfo_provider_resync(source->provider);
	return changed < 0 ? changed : 0;
}

/* --- the rest --- */

bool nfo_flowtable_source_synced(const struct nfo_flowtable_source *source)
{
	return source->synced;
}

struct nfo_provider *
nfo_flowtable_source_provider(struct nfo_flowtable_source *source)
{
	return source->provider;
}

void nfo_flowtable_source_rechecks(const struct nfo_flowtable_source *source,
				   struct nfo_recheck_counters *counters)
{
	memset(counters, 0, sizeof(*counters));
	if (source->recheck)
		nfo_recheck_counters(source->recheck, counters);
}

int nfo_flowtable_source_fd(const struct nfo_flowtable_source *source)
{
	return source->epoll;
}

/*
 * What the module has said first: flows that it made of what was true before a
 * change have to be known when that is looked at.
 */
int nfo_flowtable_source_receive(struct nfo_flowtable_source *source)
{
	int err = nfo_provider_receive(source->provider);
	int err2 = 0;

	if (source->monitor) {
		err2 = nfo_monitor_handle(source->monitor);
		nfo_recheck_run(source->recheck);
	}
	return err ? err : err2;
}

static int source_watch(struct nfo_flowtable_source *source, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(source->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ?
	       -errno : 0;
}

int nfo_flowtable_source_open(struct nfo_flowtable_source **sourcep,
			      const struct nfo_flowtable_source_config *config)
{
	struct nfo_flowtable_source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	source->config = *config;
	source->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = source->epoll < 0 ? -errno :
	      nfo_provider_open(&source->provider, &source_provider_ops,
				source);
	if (!err)
		err = source_watch(source, nfo_provider_fd(source->provider));
	if (err) {
		nfo_flowtable_source_close(source);
		return err;
	}
	*sourcep = source;
	return 0;
}

void nfo_flowtable_source_close(struct nfo_flowtable_source *source)
{
	if (!source)
		return;
	nfo_monitor_close(source->monitor);
	nfo_recheck_close(source->recheck);
	nfo_provider_close(source->provider);
	if (source->epoll >= 0)
		close(source->epoll);
	free(source);
}

/* From before the first flow on, so that no change of what it is made of is missed. */
static int source_follow(struct nfo_flowtable_source *source)
{
	const struct nfo_flowtable_source_config *config = &source->config;
	int err;

	err = nfo_recheck_open(&source->recheck, config->table,
			       config->eswitch, source_recheck, source);
	if (!err)
		err = nfo_monitor_open(&source->monitor, source_changed,
				       source);
	if (!err)
		err = source_watch(source, nfo_recheck_fd(source->recheck));
	if (!err)
		err = source_watch(source, nfo_monitor_fd(source->monitor));
	return err;
}

int nfo_flowtable_source_bind(struct nfo_flowtable_source *source,
			      uint32_t grace_ms)
{
	int err = source_follow(source);

	return err ? err : nfo_provider_bind(source->provider, grace_ms);
}

int nfo_flowtable_source_stop(struct nfo_flowtable_source *source, bool keep)
{
	struct nfo_batch *batch = source->config.batch;
	int err, ret = 0;

	nfo_table_commit(batch);
	nfo_table_read_counters(batch, 0);
	nfo_flowtable_source_count(source);
	nfo_flowtable_source_flush(source);
	if (!keep) {
		source->ended = true;
		ret = nfo_table_flush(batch, NFO_SOURCE_FLOWTABLE);
	}
	err = nfo_table_disclaim(batch, NFO_FLOWTABLE_SOURCES, !keep);
	if (!ret)
		ret = err;
	if (source->unloaded)
		return ret;
	err = nfo_provider_unbind(source->provider, !keep);
	return ret ? ret : err ? -EPROTO : 0;
}
