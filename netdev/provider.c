// SPDX-License-Identifier: Apache-2.0
/*
 * provider: see provider.h.
 *
 * One socket does everything, for the module knows the provider by its
 * socket: answers to requests, dumps and events arrive mixed and are told
 * apart by their sequence number (0 for events).
 *
 * Facts: net/netlink/genetlink.c (control family, its group for families that
 * go, whose id is GENL_ID_CTRL; a look-up by name loads the module),
 * net/netlink/af_netlink.c (ENOBUFS, one dump per socket at a time).
 */
#include "provider.h"
#include "provider_flow.h"
#include "flowtable.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Bytes of one read; the kernel fills at most 32 KiB of a dump. */
#define PROVIDER_READ_SIZE	(64 * 1024)
/* Datagrams of one nfo_provider_receive(), so that others get a turn. */
#define PROVIDER_READ_MAX	256
/* Bytes of flows not read yet; some 10,000 new connections. */
#define PROVIDER_RCVBUF		(16 * 1024 * 1024)
/* Longest wait for an answer to a request, ms. */
#define PROVIDER_WAIT_MS	5000
/* A torn dump is repeated at most this often, ms. */
#define PROVIDER_RESYNC_MS	1000
/* Bytes of the largest flow in an answer, nest and all. */
#define PROVIDER_ANSWER_SIZE	(64 + NFT_OFFLOAD_TEXT_MAX)

/* provider_batch: a message of answers that is being filled. */
struct provider_batch {
	uint8_t cmd;		/* FLOW_RESULT or FLOW_STATS */
	unsigned int n;		/* flows in it */
	struct nlmsghdr *nlh;
	struct nlattr *nest;
};

struct nfo_provider {
	struct mnl_socket *nl;
	const struct nfo_provider_ops *ops;
	void *aux;
	uint16_t family;
	bool bound;
	uint32_t seq;		/* of the last request */
	struct nfo_provider_flows flows;
	struct provider_batch results;
	struct provider_batch stats;
	struct nfo_provider_counters counters;
	char text[256];		/* the module's words about our last request */

	/* The request that somebody waits for. */
	uint32_t wait_seq;	/* 0: none */
	int wait_err;
	struct nfo_provider_status *wait_status;

	/* The dump. */
	uint32_t dump_seq;	/* 0: none under way */
	uint32_t round;		/* counts dumps; flows carry the one they saw */
	bool dump_torn;		/* this one may have missed flows */
	bool resync;		/* another one is wanted */
	bool retell;		/* and is to tell every flow, changed or not */
	bool retelling;		/* the one under way does */
	uint64_t dump_ended;	/* ms */

	uint8_t *buf;		/* PROVIDER_READ_SIZE bytes */
};

static uint64_t provider_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* A generic netlink request at @buf; the caller adds attributes. */
static struct nlmsghdr *provider_request(struct nfo_provider *provider,
					 void *buf, uint16_t family,
					 uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	/* 0 is what events have. */
	if (!++provider->seq)
		provider->seq = 1;
	nlh->nlmsg_seq = provider->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = family == GENL_ID_CTRL ? 1 : NFT_OFFLOAD_GENL_VERSION;
	return nlh;
}

static int provider_send(struct nfo_provider *provider,
			 const struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(provider->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
}

/* --- what the module tells --- */

static void provider_flow_new(struct nfo_provider *provider,
			      const struct nlmsghdr *nlh)
{
	struct nfo_flowtable_flow told;
	struct nfo_provider_flow *flow;
	bool changed = false;

	if (nfo_flowtable_parse(nlh, &told) < 0) {
		provider->counters.malformed++;
		return;
	}
	flow = nfo_provider_flow_find(&provider->flows, told.id);
	if (flow && flow->deleted)
		return;
	if (!flow) {
		flow = nfo_provider_flow_add(&provider->flows, told.id);
		if (!flow) {
			provider->resync = true;
			return;
		}
		flow->packets = told.packets;
		flow->bytes = told.bytes;
		changed = true;
	}
	flow->round = provider->round;
	/* A dump may lag behind an event that overtook it. */
	if ((int32_t)(told.gen - flow->gen) < 0)
		return;
	if (told.gen != flow->gen || told.state != flow->state ||
	    provider->retelling)
		changed = true;
	flow->gen = told.gen;
	flow->state = told.state;
	if (changed)
		provider->ops->flow_new(provider->aux, &told);
}

static void provider_flow_del(struct nfo_provider *provider,
			      const struct nlmsghdr *nlh)
{
	struct nfo_flowtable_flow told;
	struct nfo_provider_flow *flow;

	if (nfo_flowtable_parse(nlh, &told) < 0) {
		provider->counters.malformed++;
		return;
	}
	flow = nfo_provider_flow_find(&provider->flows, told.id);
	if (flow && !flow->deleted)
		provider->ops->flow_del(provider->aux, told.id);
	if (!provider->dump_seq) {
		if (flow)
			nfo_provider_flow_del(&provider->flows, flow);
		return;
	}
	if (!flow)
		flow = nfo_provider_flow_add(&provider->flows, told.id);
	if (flow)
		flow->deleted = true;
	else
		provider->dump_torn = true;
}

static void provider_status_read(const struct nlmsghdr *nlh,
				 struct nfo_provider_status *status)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case NFT_OFFLOAD_ATTR_PORTID:
			if (!mnl_attr_validate(attr, MNL_TYPE_U32))
				status->portid = mnl_attr_get_u32(attr);
			break;
		case NFT_OFFLOAD_ATTR_FLOWS_KNOWN:
			if (!mnl_attr_validate(attr, MNL_TYPE_U32))
				status->flows_known = mnl_attr_get_u32(attr);
			break;
		case NFT_OFFLOAD_ATTR_FLOWS_IN_HW:
			if (!mnl_attr_validate(attr, MNL_TYPE_U32))
				status->flows_in_hw = mnl_attr_get_u32(attr);
			break;
		case NFT_OFFLOAD_ATTR_RESULTS_STALE:
			if (!mnl_attr_validate(attr, MNL_TYPE_U64))
				status->results_stale = mnl_attr_get_u64(attr);
			break;
		case NFT_OFFLOAD_ATTR_MESSAGES_LOST:
			if (!mnl_attr_validate(attr, MNL_TYPE_U64))
				status->messages_lost = mnl_attr_get_u64(attr);
			break;
		}
	}
}

/* --- the dump --- */

/* Asks for all flows, unless an answer is still coming. */
static int provider_dump_start(struct nfo_provider *provider)
{
	uint8_t buf[NLMSG_SPACE(GENL_HDRLEN)];
	struct nlmsghdr *nlh;
	int err;

	if (provider->dump_seq)
		return 0;
	nlh = provider_request(provider, buf, provider->family,
			       NFT_OFFLOAD_CMD_FLOW_GET, NLM_F_DUMP);
	err = provider_send(provider, nlh);
	if (err)
		return err;
	provider->dump_seq = nlh->nlmsg_seq;
	provider->dump_torn = false;
	provider->resync = false;
	provider->retelling = provider->retell;
	provider->retell = false;
	provider->round++;
	return 0;
}

/* Sweeping: a flow that the whole dump did not mention is gone. */
static bool provider_unseen(void *arg, struct nfo_provider_flow *flow)
{
	struct nfo_provider *provider = arg;

	if (flow->deleted)
		return true;
	if (provider->dump_torn || flow->round == provider->round)
		return false;
	provider->counters.swept++;
	provider->ops->flow_del(provider->aux, flow->id);
	return true;
}

static void provider_dump_end(struct nfo_provider *provider)
{
	provider->dump_seq = 0;
	provider->dump_ended = provider_now();
	provider->retell |= provider->retelling && provider->dump_torn;
	provider->retelling = false;
	nfo_provider_flows_sweep(&provider->flows, provider_unseen, provider);
	if (provider->dump_torn) {
		provider->resync = true;
		return;
	}
	provider->counters.resyncs++;
	provider->ops->synced(provider->aux);
}

/* --- reading --- */

static bool provider_delete_flow(void *arg, struct nfo_provider_flow *flow)
{
	struct nfo_provider *provider = arg;

	if (!flow->deleted)
		provider->ops->flow_del(provider->aux, flow->id);
	return true;
}

/* The module is being unloaded. */
static void provider_family_gone(struct nfo_provider *provider)
{
	nfo_provider_flows_sweep(&provider->flows, provider_delete_flow,
				 provider);
	provider->dump_seq = 0;
	provider->resync = false;
	provider->bound = false;
	provider->family = 0;
	provider->ops->refused(provider->aux, -ENOENT);
}

static void provider_read_control(struct nfo_provider *provider,
				  const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	const char *name = NULL;
	uint16_t id = 0;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == CTRL_ATTR_FAMILY_ID &&
		    !mnl_attr_validate(attr, MNL_TYPE_U16))
			id = mnl_attr_get_u16(attr);
		if (type == CTRL_ATTR_FAMILY_NAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			name = mnl_attr_get_str(attr);
	}
	if (!name || strcmp(name, NFT_OFFLOAD_GENL_NAME))
		return;
	if (genl->cmd == CTRL_CMD_DELFAMILY && id == provider->family)
		provider_family_gone(provider);
	else if (nlh->nlmsg_seq && nlh->nlmsg_seq == provider->wait_seq)
		provider->family = id;
}

/* The module's words about an error (NLMSGERR_ATTR_MSG). */
static void provider_read_text(struct nfo_provider *provider,
			       const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	unsigned int offset = sizeof(*error);
	const struct nlattr *attr;

	provider->text[0] = 0;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&error->msg);
	if (nlh->nlmsg_len < NLMSG_HDRLEN + NLMSG_ALIGN(offset))
		return;
	mnl_attr_for_each(attr, nlh, offset)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			strncat(provider->text, mnl_attr_get_str(attr),
				sizeof(provider->text) - 1);
}

static void provider_read_error(struct nfo_provider *provider,
				const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*error))
		return;
	if (nlh->nlmsg_seq == provider->wait_seq) {
		provider_read_text(provider, nlh);
		provider->wait_seq = 0;
		provider->wait_err = error->error;
	} else if (provider->dump_seq &&
		   nlh->nlmsg_seq == provider->dump_seq && error->error) {
		provider->dump_torn = true;
		provider_dump_end(provider);
	} else if (error->error) {
		provider_read_text(provider, nlh);
		provider->counters.refused++;
		provider->ops->refused(provider->aux, error->error);
	}
}

static void provider_read_message(struct nfo_provider *provider,
				  const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	bool dumped = provider->dump_seq &&
		      nlh->nlmsg_seq == provider->dump_seq;

	if (dumped && (nlh->nlmsg_flags & NLM_F_DUMP_INTR))
		provider->dump_torn = true;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		provider_read_error(provider, nlh);
		return;
	}
	if (nlh->nlmsg_type == NLMSG_DONE) {
		if (dumped)
			provider_dump_end(provider);
		return;
	}
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE ||
	    nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return;
	if (nlh->nlmsg_type == GENL_ID_CTRL) {
		provider_read_control(provider, nlh);
		return;
	}
	if (nlh->nlmsg_type != provider->family)
		return;

	switch (genl->cmd) {
	case NFT_OFFLOAD_CMD_FLOW_NEW:
		provider_flow_new(provider, nlh);
		break;
	case NFT_OFFLOAD_CMD_FLOW_DEL:
		provider_flow_del(provider, nlh);
		break;
	case NFT_OFFLOAD_CMD_GET:
		if (provider->wait_status &&
		    nlh->nlmsg_seq == provider->wait_seq)
			provider_status_read(nlh, provider->wait_status);
		break;
	}
}

/* One datagram. 1, 0 if there was none, or negative errno. */
static int provider_read(struct nfo_provider *provider)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	const struct nlmsghdr *nlh;
	ssize_t got;
	int left;

	got = recvfrom(mnl_socket_get_fd(provider->nl), provider->buf,
		       PROVIDER_READ_SIZE, MSG_DONTWAIT,
		       (struct sockaddr *)&from, &from_len);
	if (got < 0) {
		if (errno == EINTR)
			return 1;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		if (errno != ENOBUFS)
			return -errno;
		provider->counters.overruns++;
		provider->dump_torn = true;
		provider->resync = true;
		return 1;
	}
	/* Only the kernel has something to say here. */
	if (from.nl_pid)
		return 1;
	left = got;
	nlh = (const struct nlmsghdr *)provider->buf;
	while (mnl_nlmsg_ok(nlh, left)) {
		provider_read_message(provider, nlh);
		nlh = mnl_nlmsg_next(nlh, &left);
	}
	return 1;
}

/*
 * Sends @nlh and reads until its answer is there; what else comes in between
 * is handled as ever. Overruns while waiting lose an answer only with much
 * bad luck; then it times out.
 */
static int provider_transact(struct nfo_provider *provider,
			     struct nlmsghdr *nlh)
{
	struct pollfd pollfd = {
		.fd = mnl_socket_get_fd(provider->nl),
		.events = POLLIN,
	};
	uint64_t end = provider_now() + PROVIDER_WAIT_MS;
	uint64_t now;
	int err;

	provider->text[0] = 0;
	nlh->nlmsg_flags |= NLM_F_ACK;
	provider->wait_seq = nlh->nlmsg_seq;
	provider->wait_err = -ETIMEDOUT;
	err = provider_send(provider, nlh);
	if (err)
		goto out;
	while (provider->wait_seq) {
		err = provider_read(provider);
		if (err < 0)
			goto out;
		if (err > 0)
			continue;
		now = provider_now();
		if (now >= end)
			break;
		poll(&pollfd, 1, end - now);
	}
	err = provider->wait_err;
out:
	provider->wait_seq = 0;
	return err;
}

int nfo_provider_receive(struct nfo_provider *provider)
{
	int err;
	int i;

	for (i = 0; i < PROVIDER_READ_MAX; i++) {
		err = provider_read(provider);
		if (err <= 0)
			return err;
	}
	return 0;
}

/* --- answering --- */

static int provider_batch_send(struct nfo_provider *provider,
			       struct provider_batch *batch)
{
	int err;

	if (!batch->n)
		return 0;
	mnl_attr_nest_end(batch->nlh, batch->nest);
	batch->n = 0;
	if (!provider->family)
		return -ENOENT;
	err = provider_send(provider, batch->nlh);
	/* The states of the flows will differ, so a dump tells them again. */
	if (err)
		provider->resync = true;
	return err;
}

/* Begins the nest of one more flow; provider_batch_end() ends it. */
static struct nlattr *provider_batch_begin(struct nfo_provider *provider,
					   struct provider_batch *batch,
					   uint64_t id)
{
	struct nlattr *nest;

	if (batch->n == NFT_OFFLOAD_BATCH_MAX)
		provider_batch_send(provider, batch);
	if (!batch->n) {
		batch->nlh = provider_request(provider, batch->nlh,
					      provider->family, batch->cmd, 0);
		batch->nest = mnl_attr_nest_start(batch->nlh,
						  NFT_OFFLOAD_ATTR_FLOWS);
	}
	batch->n++;
	nest = mnl_attr_nest_start(batch->nlh, NFT_OFFLOAD_ATTR_FLOW);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_ID, id);
	return nest;
}

void nfo_provider_result(struct nfo_provider *provider, uint64_t id,
			 enum nft_offload_state state,
			 enum nft_offload_reason reason, const char *text)
{
	struct provider_batch *batch = &provider->results;
	char cut[NFT_OFFLOAD_TEXT_MAX];
	struct nfo_provider_flow *flow;
	struct nlattr *nest;

	flow = nfo_provider_flow_find(&provider->flows, id);
	if (!flow || flow->deleted)
		return;
	flow->state = state;
	nest = provider_batch_begin(provider, batch, id);
	mnl_attr_put_u32(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_GEN, flow->gen);
	mnl_attr_put_u8(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_STATE, state);
	if (state == NFT_OFFLOAD_STATE_REFUSED) {
		mnl_attr_put_u32(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_REASON,
				 reason);
		if (text && text[0]) {
			cut[0] = 0;
			strncat(cut, text, sizeof(cut) - 1);
			mnl_attr_put_strz(batch->nlh,
					  NFT_OFFLOAD_FLOW_ATTR_TEXT, cut);
		}
	}
	mnl_attr_nest_end(batch->nlh, nest);
}

void nfo_provider_stats(struct nfo_provider *provider, uint64_t id,
			uint64_t packets, uint64_t bytes, uint64_t idle_ms)
{
	struct provider_batch *batch = &provider->stats;
	struct nfo_provider_flow *flow;
	struct nlattr *nest;

	flow = nfo_provider_flow_find(&provider->flows, id);
	if (!flow || flow->deleted ||
	    (packets <= flow->packets && bytes <= flow->bytes))
		return;
	if (packets > flow->packets)
		flow->packets = packets;
	if (bytes > flow->bytes)
		flow->bytes = bytes;
	nest = provider_batch_begin(provider, batch, id);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_PACKETS,
			 flow->packets);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_BYTES, flow->bytes);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_IDLE_MS, idle_ms);
	mnl_attr_nest_end(batch->nlh, nest);
}

int nfo_provider_flush(struct nfo_provider *provider)
{
	int err = provider_batch_send(provider, &provider->results);
	int err2 = provider_batch_send(provider, &provider->stats);

	if (provider->resync && provider->bound &&
	    provider_now() - provider->dump_ended >= PROVIDER_RESYNC_MS)
		provider_dump_start(provider);
	return err ? err : err2;
}

void nfo_provider_resync(struct nfo_provider *provider)
{
	provider->resync = true;
	provider->retell = true;
}

/* --- opening and binding --- */

static int provider_batch_init(struct provider_batch *batch, uint8_t cmd)
{
	batch->cmd = cmd;
	batch->nlh = calloc(1, NLMSG_SPACE(GENL_HDRLEN) + NLA_HDRLEN +
			    NFT_OFFLOAD_BATCH_MAX * PROVIDER_ANSWER_SIZE);
	return batch->nlh ? 0 : -ENOMEM;
}

static int provider_socket_open(struct nfo_provider *provider)
{
	int group = GENL_ID_CTRL;
	int size = PROVIDER_RCVBUF;
	int on = 1;
	int fd;

	provider->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!provider->nl)
		return -errno;
	if (mnl_socket_bind(provider->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	fd = mnl_socket_get_fd(provider->nl);
	/* Beyond net.core.rmem_max with CAP_NET_ADMIN, else as far as it goes. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* Texts are a help, no need: older kernels have none. */
	mnl_socket_setsockopt(provider->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(provider->nl, NETLINK_CAP_ACK, &on, sizeof(on));
	if (mnl_socket_setsockopt(provider->nl, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return -errno;
	return 0;
}

static int provider_resolve(struct nfo_provider *provider)
{
	uint8_t buf[256];
	struct nlmsghdr *nlh;
	int err;

	nlh = provider_request(provider, buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
			       0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NFT_OFFLOAD_GENL_NAME);
	err = provider_transact(provider, nlh);
	if (!err && !provider->family)
		err = -ENOENT;
	return err;
}

int nfo_provider_open(struct nfo_provider **providerp,
		      const struct nfo_provider_ops *ops, void *aux)
{
	struct nfo_provider *provider;
	int err = -ENOMEM;

	provider = calloc(1, sizeof(*provider));
	if (!provider)
		return -ENOMEM;
	provider->ops = ops;
	provider->aux = aux;
	provider->buf = malloc(PROVIDER_READ_SIZE);
	if (!provider->buf)
		goto fail;
	if (nfo_provider_flows_init(&provider->flows) < 0)
		goto fail;
	if (provider_batch_init(&provider->results,
				NFT_OFFLOAD_CMD_FLOW_RESULT) < 0 ||
	    provider_batch_init(&provider->stats,
				NFT_OFFLOAD_CMD_FLOW_STATS) < 0)
		goto fail;
	err = provider_socket_open(provider);
	if (!err)
		err = provider_resolve(provider);
	if (err)
		goto fail;
	*providerp = provider;
	return 0;
fail:
	nfo_provider_close(provider);
	return err;
}

void nfo_provider_close(struct nfo_provider *provider)
{
	if (!provider)
		return;
	if (provider->nl)
		mnl_socket_close(provider->nl);
	if (provider->flows.buckets)
		nfo_provider_flows_free(&provider->flows);
	free(provider->results.nlh);
	free(provider->stats.nlh);
	free(provider->buf);
	free(provider);
}

int nfo_provider_fd(const struct nfo_provider *provider)
{
	return mnl_socket_get_fd(provider->nl);
}

const char *nfo_provider_text(const struct nfo_provider *provider)
{
	return provider->text;
}

int nfo_provider_bind(struct nfo_provider *provider, uint32_t grace_ms)
{
	uint8_t buf[256];
	struct nlmsghdr *nlh;
	int err;

	nlh = provider_request(provider, buf, provider->family,
			       NFT_OFFLOAD_CMD_BIND, 0);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_ATTR_GRACE_MS, grace_ms);
	err = provider_transact(provider, nlh);
	if (err)
		return err;
	provider->bound = true;
	return provider_dump_start(provider);
}

int nfo_provider_unbind(struct nfo_provider *provider, bool flush)
{
	uint8_t buf[256];
	struct nlmsghdr *nlh;

	provider_batch_send(provider, &provider->results);
	provider_batch_send(provider, &provider->stats);
	nlh = provider_request(provider, buf, provider->family,
			       NFT_OFFLOAD_CMD_UNBIND, 0);
	if (flush)
		mnl_attr_put(nlh, NFT_OFFLOAD_ATTR_FLUSH, 0, NULL);
	provider->bound = false;
	return provider_transact(provider, nlh);
}

int nfo_provider_status(struct nfo_provider *provider,
			struct nfo_provider_status *status)
{
	uint8_t buf[256];
	struct nlmsghdr *nlh;
	int err;

	memset(status, 0, sizeof(*status));
	nlh = provider_request(provider, buf, provider->family,
			       NFT_OFFLOAD_CMD_GET, 0);
	provider->wait_status = status;
	err = provider_transact(provider, nlh);
	provider->wait_status = NULL;
	return err;
}

void nfo_provider_counters(const struct nfo_provider *provider,
			   struct nfo_provider_counters *counters)
{
	*counters = provider->counters;
}
