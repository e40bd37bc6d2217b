// SPDX-License-Identifier: Apache-2.0
/*
 * monitor: see monitor.h. Sockets and their overruns; what a message means is
 * in monitor_event.c.
 */
#include "monitor_part.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes of events not read yet: a routing daemon that begins sends many. */
#define MONITOR_RCVBUF	(4 * 1024 * 1024)
/* Messages of a socket in a row, at the most. */
#define MONITOR_READS	256

/* The negative errno for a negative error of libnl. */
static int errno_of(int err)
{
	switch (err) {
	case -NLE_NOMEM:
		return -ENOMEM;
	case -NLE_PERM:
	case -NLE_NOACCESS:
		return -EPERM;
	case -NLE_PROTO_MISMATCH:
	case -NLE_AF_NOSUPPORT:
		return -EPROTONOSUPPORT;
	default:
		return -EIO;
	}
}

/* Have the kernel keep more than it would, as far as we may. */
static void grow_buffer(int fd)
{
	int size = MONITOR_RCVBUF;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int monitor_watch(struct nfo_monitor *monitor, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	grow_buffer(fd);
	return epoll_ctl(monitor->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ?
	       -errno : 0;
}

/* A socket of @protocol that hears @groups (ending with 0), for @fn. */
static int monitor_socket(struct nfo_monitor *monitor, struct nl_sock **skp,
			  int protocol, const int *groups,
			  nl_recvmsg_msg_cb_t fn)
{
	struct nl_sock *sk = nl_socket_alloc();
	int err;

	if (!sk)
		return -ENOMEM;
	*skp = sk;
	nl_socket_disable_seq_check(sk);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, fn, monitor);
	err = nl_connect(sk, protocol);
	if (!err)
		err = nl_socket_set_nonblocking(sk);
	for (; !err && *groups; groups++)
		err = nl_socket_add_membership(sk, *groups);
	return err ? errno_of(err) :
		     monitor_watch(monitor, nl_socket_get_fd(sk));
}

static int monitor_open_neighbours(struct nfo_monitor *monitor)
{
	struct nl_cache *cache;
	int err;

	err = nl_cache_mngr_alloc(NULL, NETLINK_ROUTE, 0,
				  &monitor->neighbours);
	if (err)
		return errno_of(err);
	err = nl_cache_alloc_name("route/neigh", &cache);
	if (err)
		return errno_of(err);
	/* Reads those that are there. The cache is the manager's then. */
	err = nl_cache_mngr_add_cache_v2(monitor->neighbours, cache,
					 nfo_monitor_neighbour, monitor);
	if (err) {
		nl_cache_free(cache);
		return errno_of(err);
	}
	return monitor_watch(monitor,
			     nl_cache_mngr_get_fd(monitor->neighbours));
}

static int monitor_open_all(struct nfo_monitor *monitor)
{
	/* RTNLGRP_LINK: membership of VLANs is told by bridges, as a link. */
	static const int route_groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
		RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP,
		RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0,
	};
	static const int ruleset_groups[] = { NFNLGRP_NFTABLES, 0 };
	int err;

	err = monitor_open_neighbours(monitor);
	if (!err)
		err = monitor_socket(monitor, &monitor->routes, NETLINK_ROUTE,
				     route_groups, nfo_monitor_route);
	if (!err)
		err = monitor_socket(monitor, &monitor->ruleset,
				     NETLINK_NETFILTER, ruleset_groups,
				     nfo_monitor_ruleset);
	return err;
}

/* Closing takes the sockets out of the epoll set. */
static void monitor_close_all(struct nfo_monitor *monitor)
{
	if (monitor->neighbours)
		nl_cache_mngr_free(monitor->neighbours);
	nl_socket_free(monitor->routes);
	nl_socket_free(monitor->ruleset);
	monitor->neighbours = NULL;
	monitor->routes = monitor->ruleset = NULL;
}

/* Events were lost, or a socket is broken: everything anew. */
static int monitor_reopen(struct nfo_monitor *monitor)
{
	int err;

	monitor_close_all(monitor);
	err = monitor_open_all(monitor);
	if (err)
		monitor_close_all(monitor);
	monitor_tell_all(monitor);
	return err;
}

/* Reads what @sk has, a bounded amount. 0, or a negative error of libnl. */
static int monitor_read(struct nl_sock *sk)
{
	int n, err = 0;

	for (n = 0; err >= 0 && n < MONITOR_READS; n++)
		err = nl_recvmsgs_default(sk);
	return err == -NLE_AGAIN ? 0 : err;
}

int nfo_monitor_handle(struct nfo_monitor *monitor)
{
	struct epoll_event event;
	int err;

	if (!monitor->routes)
		return monitor_reopen(monitor);
	/* Most of the time the caller has come for something else. */
	if (epoll_wait(monitor->epoll, &event, 1, 0) == 0)
		return 0;
	err = nl_cache_mngr_poll(monitor->neighbours, 0);
	if (err >= 0)
		err = monitor_read(monitor->routes);
	if (err >= 0)
		err = monitor_read(monitor->ruleset);
	return err < 0 ? monitor_reopen(monitor) : 0;
}

int nfo_monitor_open(struct nfo_monitor **monitorp, nfo_monitor_fn *fn,
		     void *arg)
{
	struct nfo_monitor *monitor = calloc(1, sizeof(*monitor));
	int err;

	if (!monitor)
		return -ENOMEM;
	monitor->fn = fn;
	monitor->arg = arg;
	monitor->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = monitor->epoll < 0 ? -errno : monitor_open_all(monitor);
	if (err) {
		nfo_monitor_close(monitor);
		return err;
	}
	*monitorp = monitor;
	return 0;
}

void nfo_monitor_close(struct nfo_monitor *monitor)
{
	if (!monitor)
		return;
	monitor_close_all(monitor);
	if (monitor->epoll >= 0)
		close(monitor->epoll);
	free(monitor);
}

int nfo_monitor_fd(const struct nfo_monitor *monitor)
{
	return monitor->epoll;
}
