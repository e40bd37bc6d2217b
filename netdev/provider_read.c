// SPDX-License-Identifier: Apache-2.0
/*
 * provider_read: what the module says to the provider: events, dumps, errors.
 *
 * Facts: net/netlink/genetlink.c (control family), net/netlink/af_netlink.c
 * (ENOBUFS, one dump per socket at a time).
 */
#include "provider_part.h"
#include "clock.h"
#include "flowtable.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Datagrams of one nfo_provider_receive(), so that others get a turn. */
#define PROVIDER_READ_MAX	256
/* A dump takes at least so long before it is given up, ms. */
#define PROVIDER_STUCK_MS	1000

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
	/* An event, and nothing is new. */
	if (!changed && !nlh->nlmsg_seq &&
	    told.state == NFT_OFFLOAD_STATE_IN_HW)
		provider->ops->flow_missed(provider->aux, told.id);
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

int nfo_provider_dump_start(struct nfo_provider *provider)
{
	uint8_t buf[NLMSG_SPACE(GENL_HDRLEN)];
	struct nlmsghdr *nlh;
	int err;

	if (provider->dump_seq)
		return 0;
	if (nfo_provider_counting(provider)) {
		provider->resync = true;
		return 0;
	}
	nlh = nfo_provider_request(provider, buf, provider->family,
			       NFT_OFFLOAD_CMD_FLOW_GET, NLM_F_DUMP);
	err = nfo_provider_send(provider, nlh);
	if (err)
		return err;
	provider->dump_seq = nlh->nlmsg_seq;
	provider->dump_begun = nfo_clock_ms();
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
	provider->dump_ended = nfo_clock_ms();
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

void nfo_provider_dump_unstick(struct nfo_provider *provider)
{
	if (!provider->stuck || provider->stuck != provider->dump_seq ||
	    nfo_clock_ms() - provider->dump_begun < PROVIDER_STUCK_MS)
		return;
	provider->dump_torn = true;
	provider_dump_end(provider);
}

/* --- what software carries --- */

/* Between two, and of the time that one takes. */
#define COUNT_MS	1000
#define COUNT_SHARE	10
/* After that it is given up: nothing more will come. */
#define COUNT_STUCK_MS	5000

bool nfo_provider_counting(const struct nfo_provider *provider)
{
	return provider->count_seq &&
	       nfo_clock_ms() - provider->count_begun < COUNT_STUCK_MS;
}

int nfo_provider_count(struct nfo_provider *provider)
{
	uint8_t buf[NLMSG_SPACE(GENL_HDRLEN)];
	uint64_t now = nfo_clock_ms();
	struct nlmsghdr *nlh;
	int err;

	/* A socket has one dump at a time, and what was lost comes first. */
	if (!provider->bound || provider->dump_seq || provider->resync ||
	    nfo_provider_counting(provider) || now < provider->count_next)
		return 0;
	nlh = nfo_provider_request(provider, buf, provider->family,
				   NFT_OFFLOAD_CMD_FLOW_COUNT, NLM_F_DUMP);
	err = nfo_provider_send(provider, nlh);
	if (err)
		return err;
	provider->count_seq = nlh->nlmsg_seq;
	provider->count_begun = now;
	provider->count_next = now + COUNT_MS;
	return 0;
}

static void provider_count_end(struct nfo_provider *provider)
{
	uint64_t now = nfo_clock_ms();
	uint64_t next = now + (now - provider->count_begun) * COUNT_SHARE;

	provider->count_seq = 0;
	if (next > provider->count_next)
		provider->count_next = next;
	provider->ops->software_told(provider->aux);
}

static void provider_flow_count(struct nfo_provider *provider,
				const struct nlmsghdr *nlh)
{
	struct nfo_flowtable_flow told;
	struct nfo_provider_flow *flow;
	uint64_t packets = 0;

	if (nfo_flowtable_parse(nlh, &told) < 0) {
		provider->counters.malformed++;
		return;
	}
	flow = nfo_provider_flow_find(&provider->flows, told.id);
	if (!flow || flow->deleted)
		return;
	if (!told.counted)
		packets = told.idle_ms <= COUNT_MS ? NFO_PROVIDER_UNCOUNTED : 0;
	else if (flow->heard && told.packets > flow->software)
		packets = told.packets - flow->software;
	flow->software = told.packets;
	flow->heard = true;
	if (packets)
		provider->ops->flow_software(provider->aux, told.id, packets);
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
	provider->count_seq = 0;
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
	} else if (provider->count_seq &&
		   nlh->nlmsg_seq == provider->count_seq && error->error) {
		provider_count_end(provider);
	} else if (error->error) {
		provider_read_text(provider, nlh);
		provider->counters.refused++;
		/* What was answered is not known there; a dump shows that. */
		if (error->error == -ENOMEM || error->error == -ENOBUFS)
			provider->resync = true;
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
		else if (nlh->nlmsg_seq == provider->count_seq)
			provider_count_end(provider);
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
	case NFT_OFFLOAD_CMD_FLOW_COUNT:
		provider_flow_count(provider, nlh);
		break;
	case NFT_OFFLOAD_CMD_GET:
		if (provider->wait_status &&
		    nlh->nlmsg_seq == provider->wait_seq)
			provider_status_read(nlh, provider->wait_status);
		break;
	}
}

int nfo_provider_read(struct nfo_provider *provider)
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
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			provider->congested = false;
			provider->stuck = provider->dump_seq;
			return 0;
		}
		if (errno != ENOBUFS)
			return -errno;
		provider->counters.overruns++;
		provider->dump_torn = true;
		provider->resync = true;
		provider->congested = true;
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

int nfo_provider_receive(struct nfo_provider *provider)
{
	int err;
	int i;

	for (i = 0; i < PROVIDER_READ_MAX; i++) {
		err = nfo_provider_read(provider);
		if (err <= 0)
			return err;
	}
	return 0;
}
