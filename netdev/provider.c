// SPDX-License-Identifier: Apache-2.0
/*
 * provider: see provider.h.
 *
 * One socket does everything, for the module knows the provider by its
 * socket: answers to requests, dumps and events arrive mixed and are told
 * apart by their sequence number (0 for events).
 *
 * Facts: net/netlink/genetlink.c (control family, its group for families that
 * come and go, whose id is GENL_ID_CTRL; a look-up by name loads the module).
 */
#include "provider_part.h"

#include "clock.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes of flows not read yet; some 10,000 new connections. */
#define PROVIDER_RCVBUF		(16 * 1024 * 1024)
/* Longest wait for an answer to a request, ms. */
#define PROVIDER_WAIT_MS	5000

struct nlmsghdr *nfo_provider_request(struct nfo_provider *provider,
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

int nfo_provider_send(struct nfo_provider *provider,
			 const struct nlmsghdr *nlh)
{
	if (mnl_socket_sendto(provider->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
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
	uint64_t end = nfo_clock_ms() + PROVIDER_WAIT_MS;
	uint64_t now;
	int err;

	provider->text[0] = 0;
	nlh->nlmsg_flags |= NLM_F_ACK;
	provider->wait_seq = nlh->nlmsg_seq;
	provider->wait_err = -ETIMEDOUT;
	err = nfo_provider_send(provider, nlh);
	if (err)
		goto out;
	while (provider->wait_seq) {
		err = nfo_provider_read(provider);
		if (err < 0)
			goto out;
		if (err > 0)
			continue;
		now = nfo_clock_ms();
		if (now >= end)
			break;
		poll(&pollfd, 1, end - now);
	}
	err = provider->wait_err;
out:
	provider->wait_seq = 0;
	return err;
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

	nlh = nfo_provider_request(provider, buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
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
	if (nfo_provider_batch_init(&provider->results,
				NFT_OFFLOAD_CMD_FLOW_RESULT) < 0 ||
	    nfo_provider_batch_init(&provider->stats,
				NFT_OFFLOAD_CMD_FLOW_STATS) < 0 ||
	    nfo_provider_batch_init(&provider->teardowns,
				NFT_OFFLOAD_CMD_FLOW_TEARDOWN) < 0)
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
	free(provider->teardowns.nlh);
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

int nfo_provider_grace(struct nfo_provider *provider, uint32_t grace_ms)
{
	uint8_t buf[256];
	struct nlmsghdr *nlh;

	/* Who is bound may say it again, with another grace. */
	nlh = nfo_provider_request(provider, buf, provider->family,
			       NFT_OFFLOAD_CMD_BIND, 0);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_ATTR_GRACE_MS, grace_ms);
	return provider_transact(provider, nlh);
}

int nfo_provider_bind(struct nfo_provider *provider, uint32_t grace_ms)
{
	int err = nfo_provider_grace(provider, grace_ms);

	if (err)
		return err;
	provider->bound = true;
	return nfo_provider_dump_start(provider);
}

int nfo_provider_unbind(struct nfo_provider *provider, bool flush)
{
	uint8_t buf[256];
	struct nlmsghdr *nlh;

	nfo_provider_batch_send(provider, &provider->results);
	nfo_provider_batch_send(provider, &provider->stats);
	nlh = nfo_provider_request(provider, buf, provider->family,
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
	nlh = nfo_provider_request(provider, buf, provider->family,
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
