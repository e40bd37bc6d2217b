// SPDX-License-Identifier: Apache-2.0
/*
 * software: see software.h.
 */
#include "software.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "netlink.h"
#include "ranking.h"

#define SOFTWARE_PERIOD_MS	1000
#define SOFTWARE_COST		25	/* of its time a dump may take 1 in so many */
#define SOFTWARE_AGAIN_MS	10000	/* after an error */

void software_init(struct software *software, struct connections *connections,
		   struct loop *loop)
{
	memset(software, 0, sizeof(*software));
	software->connections = connections;
	software->loop = loop;
}

/* --- what is told --- */

static void take_counters(struct software *software,
			  struct connection *connection, int dir,
			  const struct nlattr *nest)
{
	const struct nlattr *packets, *bytes;

	packets = netlink_attr(nest, CTA_COUNTERS_PACKETS);
	bytes = netlink_attr(nest, CTA_COUNTERS_BYTES);
	if (!packets || mnl_attr_validate(packets, MNL_TYPE_U64) < 0 ||
	    !bytes || mnl_attr_validate(bytes, MNL_TYPE_U64) < 0)
		return;
	ranking_software(connection, dir, be64toh(mnl_attr_get_u64(packets)),
		       be64toh(mnl_attr_get_u64(bytes)), software->elapsed_ms);
}

void software_take(struct software *software, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr, *nests[2] = { NULL, NULL };
	struct connection *connection = NULL;
	int dir;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
				connection = connections_by_conntrack(
					software->connections,
					ntohl(mnl_attr_get_u32(attr)));
			break;
		case CTA_COUNTERS_ORIG:
			nests[0] = attr;
			break;
		case CTA_COUNTERS_REPLY:
			nests[1] = attr;
			break;
		}
	}
	software->entries++;
	software->counters += nests[0] != NULL;
	for (dir = 0; connection && dir < 2; dir++)
		if (nests[dir])
			take_counters(software, connection, dir, nests[dir]);
}

static int take(const struct nlmsghdr *nlh, void *arg)
{
	software_take(arg, nlh);
	return MNL_CB_OK;
}

/* --- dumps --- */

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The dump has come to its end, or to nothing: @err. */
static void ended(struct software *software, int err)
{
	uint64_t pause_ms = software->cost_us * SOFTWARE_COST / 1000;

	software->asked = false;
	software->next_ms = software->begun_ms +
		(pause_ms > SOFTWARE_PERIOD_MS ? pause_ms : SOFTWARE_PERIOD_MS);
	if (!err) {
		software->counted = software->counters || !software->entries;
		return;
	}
	software->next_ms = software->begun_ms + SOFTWARE_AGAIN_MS;
	software->elapsed_ms = 0;
	software->counted = false;
	if (!software->told)
		log_say(LOG_WARNING, "conntrack does not tell what software forwards (%s): nft-offload top knows hardware only",
			strerror(-err));
	software->told = true;
}

static void software_ready(struct loop_watch *watch, uint32_t events)
{
	struct software *software = (struct software *)
		((char *)watch - offsetof(struct software, watch));
	char buf[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint64_t before = clock_us(CLOCK_THREAD_CPUTIME_ID);
	ssize_t len;
	int ret;

	(void)events;
	len = mnl_socket_recvfrom(software->nl, buf, sizeof(buf));
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	ret = len < 0 ? -1 :
	      mnl_cb_run(buf, len, 0, mnl_socket_get_portid(software->nl), take,
			 software);
	software->cost_us += clock_us(CLOCK_THREAD_CPUTIME_ID) - before;
	if (ret <= 0)
		ended(software, ret < 0 ? -errno : 0);
}

static int software_open(struct software *software)
{
	software->nl = mnl_socket_open2(NETLINK_NETFILTER,
					SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!software->nl)
		return -errno;
	software->watch.fd = mnl_socket_get_fd(software->nl);
	software->watch.ready = software_ready;
	if (mnl_socket_bind(software->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return loop_add(software->loop, &software->watch, EPOLLIN);
}

static int software_send(struct software *software)
{
	char buf[128] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh;

	nlh = netlink_nfnl(buf, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
			   NLM_F_DUMP, AF_UNSPEC);
	/* In a flowtable, and not in hardware. */
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(IPS_OFFLOAD));
	mnl_attr_put_u32(nlh, CTA_STATUS_MASK,
			 htonl(IPS_OFFLOAD | IPS_HW_OFFLOAD));
	return mnl_socket_sendto(software->nl, nlh, nlh->nlmsg_len) < 0 ?
	       -errno : 0;
}

void software_ask(struct software *software, uint64_t now_ms, bool again)
{
	uint64_t before = clock_us(CLOCK_THREAD_CPUTIME_ID);
	int err = 0;

	if (software->asked || (again && now_ms < software->next_ms))
		return;
	software->elapsed_ms = again && software->begun_ms ?
			       now_ms - software->begun_ms : 0;
	software->begun_ms = now_ms;
	software->entries = 0;
	software->counters = 0;
	if (!software->nl)
		err = software_open(software);
	if (!err)
		err = software_send(software);
	software->asked = !err;
	software->cost_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - before;
	if (err) {
		ended(software, err);
		software_close(software);
	}
}

void software_close(struct software *software)
{
	if (!software->nl)
		return;
	loop_del(software->loop, &software->watch);
	mnl_socket_close(software->nl);
	software->nl = NULL;
	software->asked = false;
}
