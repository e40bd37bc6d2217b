// SPDX-License-Identifier: Apache-2.0
/*
 * eswitch: which network devices are ports of which switch. See eswitch.h.
 *
 * The devices are an array sorted by ifindex. Readers hold the lock for
 * reading; the one thread that handles events may read without it, for nobody
 * else writes.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "eswitch.h"

/* Link events come in bursts (64 representors at once): room for many. */
#define BUF_EVENTS	(1024 * 1024)

struct ports {
	struct nfo_port *port;
	size_t n;
	size_t room;
};

struct nfo_eswitch {
	struct nfo_rtnl *rtnl;		/* for dumps */
	struct mnl_socket *events;	/* NULL for a fake */
	int ioctl_fd;			/* for ethtool; -1 for a fake */
	nfo_port_feature_fn *feature;
	nfo_port_driver_fn *driver;
	void *feature_arg;		/* of both */
	pthread_rwlock_t lock;
	struct ports ports;
};

/* Where @ifindex is, or would be, in @ports. */
static size_t ports_find(const struct ports *ports, uint32_t ifindex)
{
	size_t lo = 0, hi = ports->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ports->port[mid].ifindex < ifindex)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The port with @ifindex, or NULL. */
static struct nfo_port *ports_get(const struct ports *ports, uint32_t ifindex)
{
	size_t i = ports_find(ports, ifindex);

	if (i < ports->n && ports->port[i].ifindex == ifindex)
		return &ports->port[i];
	return NULL;
}

/* Puts @port in, in place of one with its ifindex. 0 or -ENOMEM. */
static int ports_put(struct ports *ports, const struct nfo_port *port)
{
	size_t i = ports_find(ports, port->ifindex);

	if (i == ports->n || ports->port[i].ifindex != port->ifindex) {
		if (ports->n == ports->room) {
			size_t room = ports->room ? ports->room * 2 : 64;
			struct nfo_port *p = reallocarray(ports->port, room,
							  sizeof(*p));

			if (!p)
				return -ENOMEM;
			ports->port = p;
			ports->room = room;
		}
		memmove(&ports->port[i + 1], &ports->port[i],
			(ports->n - i) * sizeof(*port));
		ports->n++;
	}
	ports->port[i] = *port;
	return 0;
}

static void ports_remove(struct ports *ports, uint32_t ifindex)
{
	size_t i = ports_find(ports, ifindex);

	ports->n--;
	memmove(&ports->port[i], &ports->port[i + 1],
		(ports->n - i) * sizeof(ports->port[0]));
}

/* Asks for what no link message says; only a switchdev port can have it. */
static void port_complete(struct nfo_eswitch *eswitch, struct nfo_port *port)
{
	const struct nfo_port *old = ports_get(&eswitch->ports, port->ifindex);
	char driver[NFO_DRIVER_MAX] = "";

	if (!port->switch_id_len)
		return;
	port->hw_tc_offload = eswitch->feature(eswitch->feature_arg,
					       port->name) == 1;
	/* A driver that had no name yet may have one now. */
	if (old && old->dialect && old->dialect != &nfo_dialect_generic &&
	    nfo_port_same_switch(old, port)) {
		port->dialect = old->dialect;
		return;
	}
	if (eswitch->driver)
		eswitch->driver(eswitch->feature_arg, port, driver);
	port->dialect = nfo_dialect_find(driver);
}

/* --- all devices --- */

struct refresh {
	struct nfo_eswitch *eswitch;
	struct ports ports;
};

static int refresh_one(void *arg, const struct nlmsghdr *nlh)
{
	struct refresh *refresh = arg;
	struct nfo_port port;
	int err;

	if (!nlh) {
		refresh->ports.n = 0;
		return 0;
	}
	err = nfo_port_parse(nlh, &port);
	if (err)
		return err == -ENOENT ? 0 : err;
	port_complete(refresh->eswitch, &port);
	return ports_put(&refresh->ports, &port);
}

/* Reports what differs between two states. */
static void report(const struct ports *before, const struct ports *after,
		   nfo_eswitch_change_fn *fn, void *arg)
{
	size_t i = 0, j = 0;

	while (fn && (i < before->n || j < after->n)) {
		const struct nfo_port *old = i < before->n ?
			&before->port[i] : NULL;
		const struct nfo_port *new = j < after->n ?
			&after->port[j] : NULL;

		if (old && new && old->ifindex != new->ifindex) {
			if (old->ifindex < new->ifindex)
				new = NULL;
			else
				old = NULL;
		}
		i += !!old;
		j += !!new;
		if (!old || !new || !nfo_port_equal(old, new))
			fn(arg, old, new);
	}
}

int nfo_eswitch_refresh(struct nfo_eswitch *eswitch, nfo_eswitch_change_fn *fn,
			void *arg)
{
	struct {
		struct nlmsghdr nlh;
		struct ifinfomsg info;
		struct nlattr attr;
		uint32_t mask;
	} request = {
		.nlh = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETLINK,
		},
		.attr = {
			.nla_len = sizeof(request.attr) + sizeof(uint32_t),
			.nla_type = IFLA_EXT_MASK,
		},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	struct refresh refresh = { .eswitch = eswitch };
	struct ports before;
	int err;

	err = nfo_rtnl_dump(eswitch->rtnl, &request.nlh, refresh_one, &refresh);
	if (err) {
		free(refresh.ports.port);
		return err;
	}
	pthread_rwlock_wrlock(&eswitch->lock);
	before = eswitch->ports;
	eswitch->ports = refresh.ports;
	pthread_rwlock_unlock(&eswitch->lock);

	report(&before, &eswitch->ports, fn, arg);
	free(before.port);
	return 0;
}

/* --- events --- */

/* Takes one link event in and reports it. 0 or -ENOMEM. */
static int event_one(struct nfo_eswitch *eswitch, const struct nlmsghdr *nlh,
		     nfo_eswitch_change_fn *fn, void *arg)
{
	bool del = nlh->nlmsg_type == RTM_DELLINK;
	struct nfo_port before, after;
	struct nfo_port *old;
	bool had;
	int err = 0;

	if ((!del && nlh->nlmsg_type != RTM_NEWLINK) ||
	    nfo_port_parse(nlh, &after))
		return 0;
	old = ports_get(&eswitch->ports, after.ifindex);
	had = old;
	if (old)
		before = *old;
	if (!del)
		port_complete(eswitch, &after);
	if (del ? !had : had && nfo_port_equal(&before, &after))
		return 0;

	pthread_rwlock_wrlock(&eswitch->lock);
	if (del)
		ports_remove(&eswitch->ports, after.ifindex);
	else
		err = ports_put(&eswitch->ports, &after);
	pthread_rwlock_unlock(&eswitch->lock);
	if (!err && fn)
		fn(arg, had ? &before : NULL, del ? NULL : &after);
	return err;
}

int nfo_eswitch_handle(struct nfo_eswitch *eswitch, nfo_eswitch_change_fn *fn,
		       void *arg)
{
	char buf[32 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool lost = false;
	int err = 0;

	while (eswitch->events) {
		ssize_t len = recv(mnl_socket_get_fd(eswitch->events), buf,
				   sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
		const struct nlmsghdr *nlh = (void *)buf;
		int left = len;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			break;
		if (len < 0 && errno != ENOBUFS)
			return -errno;
		if (len < 0 || (size_t)len > sizeof(buf)) {
			lost = true;
			continue;
		}
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			if (event_one(eswitch, nlh, fn, arg))
				lost = true;
	}
	if (lost)
		err = nfo_eswitch_refresh(eswitch, fn, arg);
	return err;
}

/* --- life --- */

static int events_open(struct nfo_eswitch *eswitch)
{
	int size = BUF_EVENTS;
	int fd;

	eswitch->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!eswitch->events)
		return -errno;
	if (mnl_socket_bind(eswitch->events, 1 << (RTNLGRP_LINK - 1),
			    MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	fd = mnl_socket_get_fd(eswitch->events);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

int nfo_eswitch_create(struct nfo_eswitch **eswitchp)
{
	struct nfo_eswitch *eswitch = calloc(1, sizeof(*eswitch));
	int err;

	if (!eswitch)
		return -ENOMEM;
	pthread_rwlock_init(&eswitch->lock, NULL);
	eswitch->feature = nfo_port_feature;
	eswitch->driver = nfo_port_driver;
	eswitch->feature_arg = &eswitch->ioctl_fd;
	/* Ethtool's ioctl works on any socket; this is the simplest. */
	eswitch->ioctl_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = eswitch->ioctl_fd < 0 ? -errno : 0;
	if (!err)
		err = nfo_rtnl_open(&eswitch->rtnl);
	/* Events first, so that no change falls between them and the dump. */
	if (!err)
		err = events_open(eswitch);
	if (!err)
		err = nfo_eswitch_refresh(eswitch, NULL, NULL);
	if (err) {
		nfo_eswitch_destroy(eswitch);
		return err;
	}
	*eswitchp = eswitch;
	return 0;
}

int nfo_eswitch_create_fake(struct nfo_eswitch **eswitchp,
			    struct nfo_rtnl *rtnl,
			    nfo_port_feature_fn *feature,
			    nfo_port_driver_fn *driver, void *arg)
{
	struct nfo_eswitch *eswitch = calloc(1, sizeof(*eswitch));
	int err;

	if (!eswitch) {
		nfo_rtnl_close(rtnl);
		return -ENOMEM;
	}
	pthread_rwlock_init(&eswitch->lock, NULL);
	eswitch->feature = feature;
	eswitch->driver = driver;
	eswitch->feature_arg = arg;
	eswitch->ioctl_fd = -1;
	eswitch->rtnl = rtnl;
	err = nfo_eswitch_refresh(eswitch, NULL, NULL);
	if (err) {
		nfo_eswitch_destroy(eswitch);
		return err;
	}
	*eswitchp = eswitch;
	return 0;
}

void nfo_eswitch_destroy(struct nfo_eswitch *eswitch)
{
	if (!eswitch)
		return;
	if (eswitch->events)
		mnl_socket_close(eswitch->events);
	if (eswitch->ioctl_fd >= 0)
		close(eswitch->ioctl_fd);
	nfo_rtnl_close(eswitch->rtnl);
	pthread_rwlock_destroy(&eswitch->lock);
	free(eswitch->ports.port);
	free(eswitch);
}

int nfo_eswitch_fd(const struct nfo_eswitch *eswitch)
{
	return eswitch->events ? mnl_socket_get_fd(eswitch->events) : -1;
}

/* --- look-ups --- */

int nfo_eswitch_port(struct nfo_eswitch *eswitch, uint32_t ifindex,
		     struct nfo_port *port)
{
	const struct nfo_port *found;

	pthread_rwlock_rdlock(&eswitch->lock);
	found = ports_get(&eswitch->ports, ifindex);
	if (found)
		*port = *found;
	pthread_rwlock_unlock(&eswitch->lock);
	return found ? 0 : -ENOENT;
}

ssize_t nfo_eswitch_ports(struct nfo_eswitch *eswitch, bool switchdev,
			  struct nfo_port **portsp)
{
	struct nfo_port *ports;
	ssize_t n = 0;

	pthread_rwlock_rdlock(&eswitch->lock);
	ports = calloc(eswitch->ports.n + 1, sizeof(*ports));
	for (size_t i = 0; ports && i < eswitch->ports.n; i++)
		if (!switchdev || eswitch->ports.port[i].switch_id_len ||
		    eswitch->ports.port[i].indirect ||
		    eswitch->ports.port[i].lag)
			ports[n++] = eswitch->ports.port[i];
	pthread_rwlock_unlock(&eswitch->lock);
	*portsp = ports;
	return ports ? n : -ENOMEM;
}

/* What is known while the ends of a rule are looked at. */
struct check {
	struct nfo_eswitch *eswitch;
	struct nfo_port switched;	/* the first port of a switch met */
	char *text;
	size_t size;
};

/* @port, of a switch or @offload: can it be an end of the rule? */
static enum nft_offload_reason check_switched(struct check *check,
					      const struct nfo_port *port,
					      bool offload)
{
	if (!port->switch_id_len) {
		snprintf(check->text, check->size, "%s", port->name);
		return NFT_OFFLOAD_REASON_NOT_SWITCHDEV;
	}
	if (!check->switched.ifindex)
		check->switched = *port;
	if (!nfo_port_same_switch(&check->switched, port)) {
		snprintf(check->text, check->size, "%s and %s",
			 check->switched.name, port->name);
		return NFT_OFFLOAD_REASON_OTHER_SWITCH;
	}
	if (offload && !port->hw_tc_offload) {
		snprintf(check->text, check->size, "%s", port->name);
		return NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF;
	}
	return NFT_OFFLOAD_REASON_NONE;
}

/* A bond is what its members are: all of them. */
static enum nft_offload_reason check_lag(struct check *check,
					 const struct nfo_port *lag,
					 bool offload)
{
	struct nfo_eswitch *eswitch = check->eswitch;
	enum nft_offload_reason reason = NFT_OFFLOAD_REASON_NONE;
	size_t n = 0;

	pthread_rwlock_rdlock(&eswitch->lock);
	for (size_t i = 0; !reason && i < eswitch->ports.n; i++) {
		const struct nfo_port *port = &eswitch->ports.port[i];

		if (port->master != lag->ifindex)
			continue;
		reason = check_switched(check, port, offload);
		n++;
	}
	pthread_rwlock_unlock(&eswitch->lock);
	if (n)
		return reason;
	snprintf(check->text, check->size, "%s has no member", lag->name);
	return NFT_OFFLOAD_REASON_NOT_SWITCHDEV;
}

/*
 * The device with @ifindex as an end of a rule: there, and of a switch?
 * @offload: it holds the rule, and only that one must have the feature on
 * (tc_can_offload() in include/net/pkt_cls.h).
 */
static enum nft_offload_reason check_port(struct check *check, uint32_t ifindex,
					  bool offload, struct nfo_port *port)
{
	if (nfo_eswitch_port(check->eswitch, ifindex, port)) {
		snprintf(check->text, check->size, "ifindex %u", ifindex);
		return NFT_OFFLOAD_REASON_PORT_GONE;
	}
	if (port->lag)
		return check_lag(check, port, offload);
	if (port->indirect && !port->switch_id_len)
		return NFT_OFFLOAD_REASON_NONE;
	return check_switched(check, port, offload);
}

enum nft_offload_reason nfo_eswitch_check(struct nfo_eswitch *eswitch,
					  const struct nfo_rule *rule,
					  const struct nfo_place *place,
					  struct nfo_port *in, char *text,
					  size_t size)
{
	struct check check = { .eswitch = eswitch, .text = text, .size = size };
	enum nft_offload_reason reason;
	struct nfo_port out;

	memset(in, 0, sizeof(*in));
	reason = check_port(&check, place->ifindex, true, in);
	if (reason)
		return reason;
	/* A bond takes rules in its block only, and no other device has one. */
	if (in->lag != place->shared) {
		snprintf(text, size, "%s", in->name);
		return NFT_OFFLOAD_REASON_NOT_SWITCHDEV;
	}

	for (unsigned int i = 0; i < rule->n_actions; i++) {
		const struct nfo_action *action = &rule->actions[i];

		if (action->type != NFO_ACT_REDIRECT &&
		    action->type != NFO_ACT_MIRROR)
			continue;
		if (action->port.ifindex == place->ifindex &&
		    !action->port.ingress) {
			snprintf(text, size, "%s", in->name);
			return NFT_OFFLOAD_REASON_SAME_PORT;
		}
		reason = check_port(&check, action->port.ifindex, false, &out);
		if (reason)
			return reason;
	}
	if (size)
		*text = '\0';
	/* A bond's and a tunnel's rules are for the NIC of their ports. */
	if (!in->switch_id_len) {
		memcpy(in->switch_id, check.switched.switch_id,
		       sizeof(in->switch_id));
		in->switch_id_len = check.switched.switch_id_len;
	}
	if (!in->dialect)
		in->dialect = check.switched.dialect;
	if (!in->dialect)
		in->dialect = &nfo_dialect_generic;
	return NFT_OFFLOAD_REASON_NONE;
}
