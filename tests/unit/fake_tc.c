// SPDX-License-Identifier: Apache-2.0
/*
 * fake_tc: as much of the kernel's TC as the table's tests need. See
 * fake_tc.h.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "band.h"
#include "fake_qdisc.h"
#include "fake_tc.h"
#include "tc_flower.h"

/* One datagram to be received, or a loss (err). */
struct datagram {
	struct datagram *next;
	int err;
	size_t len;
	char data[];
};

struct fake_socket {
	struct fake_tc *tc;
	struct datagram *first;
	struct datagram **last;
	bool losing;
};

static void push(struct fake_socket *socket, const void *data, size_t len,
		 int err)
{
	struct datagram *d = malloc(sizeof(*d) + len);

	d->next = NULL;
	d->err = err;
	d->len = len;
	memcpy(d->data, data, len);
	*socket->last = d;
	socket->last = &d->next;
}

static void answer(struct fake_socket *socket, const struct nlmsghdr *request,
		   int err, const char *text)
{
	char buf[512] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	if (socket->losing)
		return;
	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_seq = request->nlmsg_seq;
	nlh->nlmsg_flags = NLM_F_CAPPED;
	e->error = err;
	e->msg = *request;
	if (text) {
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	}
	push(socket, buf, nlh->nlmsg_len, 0);
}

static void done(struct fake_socket *socket, const struct nlmsghdr *request)
{
	char buf[64] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	mnl_nlmsg_put_extra_header(nlh, sizeof(int));
	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_seq = request->nlmsg_seq;
	push(socket, buf, nlh->nlmsg_len, 0);
}

/* --- filters as the kernel tells them --- */

/* Copies an action and adds counters. */
static void copy_action(struct nlmsghdr *to, const struct nlattr *action,
			const struct fake_filter *filter)
{
	struct gnet_stats_basic basic = {
		.bytes = filter->bytes,
		.packets = filter->packets,
	};
	struct nlattr *nest = mnl_attr_nest_start(to,
						  mnl_attr_get_type(action));
	const struct nlattr *attr;
	struct nlattr *stats;

	mnl_attr_for_each_nested(attr, action)
		mnl_attr_put(to, attr->nla_type, mnl_attr_get_payload_len(attr),
			     mnl_attr_get_payload(attr));
	stats = mnl_attr_nest_start(to, TCA_ACT_STATS);
	mnl_attr_put(to, TCA_STATS_BASIC, sizeof(basic), &basic);
	mnl_attr_nest_end(to, stats);
	mnl_attr_nest_end(to, nest);
}

static void copy_options(struct nlmsghdr *to, const struct nlattr *options,
			 const struct fake_filter *filter)
{
	struct nlattr *nest = mnl_attr_nest_start(to, TCA_OPTIONS);
	const struct nlattr *attr, *action;
	struct nlattr *actions;
	uint32_t flags = 0;

	mnl_attr_for_each_nested(attr, options) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_FLOWER_ACT:
			actions = mnl_attr_nest_start(to, TCA_FLOWER_ACT);
			mnl_attr_for_each_nested(action, attr)
				copy_action(to, action, filter);
			mnl_attr_nest_end(to, actions);
			break;
		case TCA_FLOWER_FLAGS:
			flags = mnl_attr_get_u32(attr);
			break;
		default:
			mnl_attr_put(to, attr->nla_type,
				     mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr));
			break;
		}
	}
	flags |= filter->not_in_hw || flags & TCA_CLS_FLAGS_SKIP_HW ?
		TCA_CLS_FLAGS_NOT_IN_HW : TCA_CLS_FLAGS_IN_HW;
	mnl_attr_put_u32(to, TCA_FLOWER_FLAGS, flags);
	mnl_attr_nest_end(to, nest);
}

static void tell(struct fake_socket *socket, const struct fake_filter *filter,
		 uint16_t type, const struct nlmsghdr *request)
{
	char buf[NFO_TC_FLOWER_MSG_MAX * 2] __attribute__((aligned(4))) = { 0 };
	const struct nlmsghdr *put = (struct nlmsghdr *)filter->msg;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	const struct nlattr *attr;

	if (socket->losing)
		return;
	memcpy(tcm, mnl_nlmsg_get_payload(put), sizeof(*tcm));
	nlh->nlmsg_type = type;
	nlh->nlmsg_seq = request->nlmsg_seq;
	nlh->nlmsg_flags = request->nlmsg_flags & NLM_F_DUMP ? NLM_F_MULTI : 0;
	mnl_attr_for_each(attr, put, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			copy_options(nlh, attr, filter);
		else
			mnl_attr_put(nlh, attr->nla_type,
				     mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr));
	}
	push(socket, buf, nlh->nlmsg_len, 0);
}


/* --- requests --- */

static struct fake_filter *find(struct fake_tc *tc, const struct tcmsg *tcm)
{
	for (int i = 0; i < FAKE_FILTERS; i++) {
		struct fake_filter *f = &tc->filters[i];
		const struct tcmsg *put;

		if (!f->used)
			continue;
		put = mnl_nlmsg_get_payload((struct nlmsghdr *)f->msg);
		if (put->tcm_ifindex == tcm->tcm_ifindex &&
		    put->tcm_parent == tcm->tcm_parent &&
		    TC_H_MAJ(put->tcm_info) == TC_H_MAJ(tcm->tcm_info) &&
		    put->tcm_handle == tcm->tcm_handle)
			return f;
	}
	return NULL;
}

static void note(struct fake_tc *tc, const struct nfo_place *place,
		 char guard, char flow)
{
	size_t len = strlen(tc->log);

	if (len + 1 < sizeof(tc->log))
		tc->log[len] = place->prio < NFO_BAND_PRIO_FLOWTABLE ?
			guard : flow;
}

static void clear(struct fake_filter *f)
{
	nfo_rule_uninit(&f->rule);
	free(f->msg);
	memset(f, 0, sizeof(*f));
}

static int injected(struct fake_tc *tc, const struct nfo_place *place,
		    bool exists, const char **text)
{
	bool guard = place->prio < NFO_BAND_PRIO_FLOWTABLE;

	*text = tc->fail_text;
	if (tc->fail_guards && guard)
		return tc->fail_err;
	if (tc->fail_news && !guard) {
		tc->fail_news--;
		return tc->fail_err;
	}
	*text = NULL;
	if (exists && tc->fail_replaces)
		return -EEXIST;
	return 0;
}

static bool is_taken(const struct fake_tc *tc, uint32_t ifindex)
{
	for (int i = 0; i < FAKE_LINKS; i++)
		if (tc->links[i].ifindex == ifindex)
			return tc->links[i].taken;
	return false;
}

static bool is_indirect(const struct fake_tc *tc, uint32_t ifindex)
{
	for (int i = 0; i < FAKE_LINKS; i++)
		if (tc->links[i].ifindex == ifindex)
			return tc->links[i].indirect;
	return false;
}

static int put_filter(struct fake_socket *socket, const struct nlmsghdr *nlh,
		      const char **text)
{
	struct fake_tc *tc = socket->tc;
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct fake_filter *old = find(tc, tcm);
	struct fake_filter *free_one = NULL;
	struct nfo_tc_info info;
	struct nfo_place place;
	struct nfo_rule rule;
	unsigned int n = 0;
	bool full;
	int err;

	err = nfo_tc_flower_parse(nlh, &rule, &place, &info);
	if (err)
		return err;
	err = injected(tc, &place, old, text);
	if (!err && place.shared && !fake_qdisc_shares(tc, place.ifindex))
		err = -EINVAL;
	if (!err && info.skip_sw && is_indirect(tc, place.ifindex))
		err = -EOPNOTSUPP;
	if (!err && old && nlh->nlmsg_flags & NLM_F_EXCL)
		err = -EEXIST;
	if (!err && is_taken(tc, place.ifindex))
		err = -EINVAL;
	for (int i = 0; i < FAKE_FILTERS && !err; i++) {
		struct fake_filter *f = &tc->filters[i];

		n += f->used && !f->not_in_hw;
		if (!f->used && !free_one)
			free_one = f;
		if (f->used && f != old && f->place.prio == place.prio &&
		    f->place.ifindex == place.ifindex &&
		    f->place.chain == place.chain &&
		    nfo_rule_match_equal(&f->rule, &rule))
			err = -EEXIST;
	}
	full = tc->capacity && n >= tc->capacity && !info.skip_hw;
	if (!err && full && info.skip_sw)
		err = -ENOSPC;
	if (err) {
		nfo_rule_uninit(&rule);
		return err;
	}
	for (int i = 0; i < FAKE_LINKS; i++)
		if (tc->links[i].ifindex == place.ifindex &&
		    !tc->links[i].qdisc)
			tc->no_qdisc++;
	if (old) {
		tc->replaces++;
		clear(old);
		free_one = old;
	}
	tc->news++;
	note(tc, &place, 'G', 'F');
	free_one->used = true;
	free_one->place = place;
	free_one->rule = rule;
	free_one->not_in_hw = full || info.skip_hw;
	free_one->msg = malloc(nlh->nlmsg_len);
	memcpy(free_one->msg, nlh, nlh->nlmsg_len);
	if (tc->undriven && is_indirect(tc, place.ifindex)) {
		free_one->not_in_hw = true;
		*text = tc->undriven;
	}
	if (nlh->nlmsg_flags & NLM_F_ECHO)
		tell(socket, free_one, RTM_NEWTFILTER, nlh);
	return 0;
}

static int del_filter(struct fake_socket *socket, const struct nlmsghdr *nlh)
{
	struct fake_tc *tc = socket->tc;
	struct fake_filter *f = find(tc, mnl_nlmsg_get_payload(nlh));

	if (!f)
		return -ENOENT;
	if (tc->fail_dels) {
		tc->fail_dels--;
		return -EBUSY;
	}
	tc->dels++;
	note(tc, &f->place, 'g', 'f');
	if (nlh->nlmsg_flags & NLM_F_ECHO)
		tell(socket, f, RTM_DELTFILTER, nlh);
	clear(f);
	return 0;
}

static void dump_filters(struct fake_socket *socket, const struct nlmsghdr *nlh)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct fake_tc *tc = socket->tc;

	for (unsigned int ms = 0; ms < __atomic_load_n(&tc->dump_ms, __ATOMIC_RELAXED); ms++)
		usleep(1000);
	for (int i = 0; i < FAKE_FILTERS; i++) {
		const struct fake_filter *f = &tc->filters[i];
		const struct tcmsg *put;

		if (!f->used)
			continue;
		put = mnl_nlmsg_get_payload((struct nlmsghdr *)f->msg);
		if (put->tcm_ifindex == tcm->tcm_ifindex &&
		    put->tcm_parent == tcm->tcm_parent &&
		    (!TC_H_MAJ(tcm->tcm_info) ||
		     TC_H_MAJ(put->tcm_info) == TC_H_MAJ(tcm->tcm_info)))
			tell(socket, f, RTM_NEWTFILTER, nlh);
	}
	done(socket, nlh);
}

static void dump_links(struct fake_socket *socket,
		       const struct nlmsghdr *request)
{
	struct fake_tc *tc = socket->tc;
	bool interrupt = tc->interrupt && tc->interrupt--;

	for (int i = 0; i < FAKE_LINKS; i++) {
		char buf[256] __attribute__((aligned(4))) = { 0 };
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct ifinfomsg *info;
		struct nlattr *nest;
		char name[IF_NAMESIZE];

		if (!tc->links[i].ifindex)
			continue;
		info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
		info->ifi_index = tc->links[i].ifindex;
		info->ifi_flags = IFF_UP;
		nlh->nlmsg_type = RTM_NEWLINK;
		nlh->nlmsg_seq = request->nlmsg_seq;
		nlh->nlmsg_flags = NLM_F_MULTI |
			(interrupt ? NLM_F_DUMP_INTR : 0);
		snprintf(name, sizeof(name), "port%u", info->ifi_index);
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
		mnl_attr_put_u32(nlh, IFLA_MTU, 1500);
		if (tc->links[i].switch_id) {
			mnl_attr_put(nlh, IFLA_PHYS_SWITCH_ID, 1,
				     &tc->links[i].switch_id);
			mnl_attr_put_strz(nlh, IFLA_PHYS_PORT_NAME, "p0");
		}
		if (tc->links[i].master)
			mnl_attr_put_u32(nlh, IFLA_MASTER,
					 tc->links[i].master);
		if (tc->links[i].link)
			mnl_attr_put_u32(nlh, IFLA_LINK, tc->links[i].link);
		if (tc->links[i].indirect || tc->links[i].lag) {
			nest = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
			mnl_attr_put_strz(nlh, IFLA_INFO_KIND,
					  tc->links[i].lag ? "bond" : "vxlan");
			mnl_attr_nest_end(nlh, nest);
		}
		push(socket, buf, nlh->nlmsg_len, 0);
	}
	done(socket, request);
}

static void request(struct fake_socket *socket, const struct nlmsghdr *nlh)
{
	struct fake_qdisc_reply reply = { .nlh.nlmsg_len = 0 };
	struct fake_tc *tc = socket->tc;
	const char *text = NULL;
	struct fake_filter *f;
	int err = 0;

	switch (nlh->nlmsg_type) {
	case RTM_NEWTFILTER:
		err = put_filter(socket, nlh, &text);
		break;
	case RTM_DELTFILTER:
		err = del_filter(socket, nlh);
		break;
	case RTM_NEWQDISC:
	case RTM_GETQDISC:
	case RTM_DELQDISC:
		err = fake_qdisc(tc, nlh, &reply);
		if (reply.nlh.nlmsg_len)
			push(socket, &reply, reply.nlh.nlmsg_len, 0);
		break;
	case RTM_GETLINK:
		dump_links(socket, nlh);
		return;
	case RTM_GETACTION:	/* of its own there are none */
		done(socket, nlh);
		return;
	case RTM_GETTFILTER:
		if ((nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
			dump_filters(socket, nlh);
			return;
		}
		tc->gets++;
		f = find(tc, mnl_nlmsg_get_payload(nlh));
		if (f)
			tell(socket, f, RTM_NEWTFILTER, nlh);
		err = f ? 0 : -ENOENT;
		break;
	}
	if (err || nlh->nlmsg_flags & NLM_F_ACK)
		answer(socket, nlh, err, text);
}

/* --- transport --- */

static int fake_send(void *arg, const void *buf, size_t len)
{
	struct fake_socket *socket = arg;
	struct fake_tc *tc = socket->tc;
	const struct nlmsghdr *nlh = buf;
	int left = len;

	if (tc->send_max && len > tc->send_max)
		return -EMSGSIZE;
	pthread_mutex_lock(&tc->lock);
	tc->sends++;
	socket->losing = tc->lose && tc->lose--;
	if (socket->losing)
		push(socket, "", 0, -ENOBUFS);
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		request(socket, nlh);
	pthread_mutex_unlock(&tc->lock);
	return 0;
}

static ssize_t fake_recv(void *arg, void *buf, size_t size)
{
	struct fake_socket *socket = arg;
	struct datagram *d = socket->first;
	ssize_t ret;

	if (!d)
		return -EAGAIN;
	ret = d->err ? d->err : (ssize_t)d->len;
	if (d->len > size)
		abort();
	memcpy(buf, d->data, d->len);
	socket->first = d->next;
	if (!d->next)
		socket->last = &socket->first;
	free(d);
	return ret;
}

static void fake_close(void *arg)
{
	char buf[NFO_TC_FLOWER_MSG_MAX * 2];

	while (fake_recv(arg, buf, sizeof(buf)) != -EAGAIN)
		;
	free(arg);
}

static int fake_feature(void *arg, const char *name)
{
	struct fake_tc *tc = arg;
	unsigned int ifindex = atoi(name + 4);

	for (int i = 0; i < FAKE_LINKS; i++)
		if (tc->links[i].ifindex == ifindex)
			return tc->links[i].tc_offload;
	return -ENODEV;
}

static void fake_driver(void *arg, const struct nfo_port *port,
			char driver[NFO_DRIVER_MAX])
{
	const struct fake_tc *tc = arg;

	(void)port;
	snprintf(driver, NFO_DRIVER_MAX, "%s", tc->driver ? tc->driver : "");
}

struct nfo_rtnl *fake_tc_rtnl(struct fake_tc *tc)
{
	struct fake_socket *socket = calloc(1, sizeof(*socket));
	struct nfo_rtnl_transport transport = {
		fake_send, fake_recv, fake_close, socket,
	};
	struct nfo_rtnl *rtnl = NULL;

	socket->tc = tc;
	socket->last = &socket->first;
	nfo_rtnl_open_transport(&rtnl, &transport);
	return rtnl;
}

struct nfo_eswitch *fake_tc_eswitch(struct fake_tc *tc)
{
	struct nfo_eswitch *eswitch = NULL;

	nfo_eswitch_create_fake(&eswitch, fake_tc_rtnl(tc), fake_feature,
				fake_driver, tc);
	return eswitch;
}

struct fake_tc *fake_tc_new(void)
{
	struct fake_tc *tc = calloc(1, sizeof(*tc));

	pthread_mutex_init(&tc->lock, NULL);
	for (int i = 0; i < 6; i++) {
		tc->links[i].ifindex = i + 1;
		tc->links[i].switch_id = i < 4 ? 7 : i == 4 ? 8 : 0;
		tc->links[i].tc_offload = true;
	}
	return tc;
}

void fake_tc_free(struct fake_tc *tc)
{
	for (int i = 0; i < FAKE_FILTERS; i++)
		if (tc->filters[i].used)
			clear(&tc->filters[i]);
	pthread_mutex_destroy(&tc->lock);
	free(tc);
}

unsigned int fake_tc_filters(struct fake_tc *tc, unsigned int first,
			     unsigned int last)
{
	unsigned int n = 0;

	for (int i = 0; i < FAKE_FILTERS; i++)
		n += tc->filters[i].used &&
		     tc->filters[i].place.prio >= first &&
		     tc->filters[i].place.prio <= last;
	return n;
}

struct fake_filter *fake_tc_first(struct fake_tc *tc, unsigned int first,
				  unsigned int last)
{
	for (int i = 0; i < FAKE_FILTERS; i++)
		if (tc->filters[i].used &&
		    tc->filters[i].place.prio >= first &&
		    tc->filters[i].place.prio <= last)
			return &tc->filters[i];
	return NULL;
}

void fake_tc_drop(struct fake_tc *tc, struct fake_filter *filter)
{
	pthread_mutex_lock(&tc->lock);
	clear(filter);
	pthread_mutex_unlock(&tc->lock);
}
