// SPDX-License-Identifier: Apache-2.0
/*
 * shaper: qdiscs that hardware would bypass. See shaper.h.
 */
#include "shaper.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtnl.h"

/* One qdisc, or one filter that sends packets to an ifb. */
struct shape {
	uint32_t ifindex;
	bool ingress;
	char name[IF_NAMESIZE];	/* the qdisc's kind; the ifb's name */
};

struct shapes {
	struct shape *shape;
	size_t n;
	size_t room;
};

struct nfo_shaper {
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;	/* opened by the first look */
	bool bypass;
	struct shapes shapes;
};

/* A dump under way. */
struct look {
	struct nfo_shaper *shaper;
	struct shapes shapes;
	size_t keep;		/* what was found before this dump */
	uint32_t ifindex;	/* whose filters; in a shared block they do not say */
};

static int shapes_add(struct shapes *shapes, uint32_t ifindex, bool ingress,
		      const char *name)
{
	struct shape *shape;

	if (shapes->n == shapes->room) {
		size_t room = shapes->room ? shapes->room * 2 : 16;

		shape = reallocarray(shapes->shape, room, sizeof(*shape));
		if (!shape)
			return -ENOMEM;
		shapes->shape = shape;
		shapes->room = room;
	}
	shape = &shapes->shape[shapes->n++];
	memset(shape, 0, sizeof(*shape));
	shape->ifindex = ifindex;
	shape->ingress = ingress;
	snprintf(shape->name, sizeof(shape->name), "%s", name);
	return 0;
}

static bool shapes_equal(const struct shapes *a, const struct shapes *b)
{
	return a->n == b->n &&
	       (!a->n || !memcmp(a->shape, b->shape, a->n * sizeof(*a->shape)));
}

/* Attribute @type of @attrs, or NULL. */
static const struct nlattr *find(const struct nlattr *attrs, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, attrs)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

/* TCA_KIND of a qdisc, filter or chain, or NULL; with *@optionsp TCA_OPTIONS. */
static const char *kind_of(const struct nlmsghdr *nlh,
			   const struct nlattr **optionsp)
{
	const struct nlattr *attr;
	const char *kind = NULL;

	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg)) {
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			kind = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == TCA_OPTIONS && optionsp)
			*optionsp = attr;
	}
	return kind;
}

/* --- qdiscs --- */

/* Does no more than keep packets until the device takes them? */
static bool is_plain(const char *kind)
{
	static const char *const plain[] = {
		"noqueue", "noop", "pfifo_fast", "pfifo", "bfifo", "fq",
		"fq_codel", "mq",
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(kind, plain[i]))
			return true;
	return false;
}

static int look_qdisc(void *arg, const struct nlmsghdr *nlh)
{
	const struct tcmsg *tcm;
	struct look *look = arg;
	const char *kind;

	if (!nlh) {
		look->shapes.n = look->keep;
		return 0;
	}
	tcm = mnl_nlmsg_get_payload(nlh);
	if (nlh->nlmsg_type != RTM_NEWQDISC ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*tcm) ||
	    tcm->tcm_parent == TC_H_INGRESS)
		return 0;
	kind = kind_of(nlh, NULL);
	if (!kind || is_plain(kind))
		return 0;
	return shapes_add(&look->shapes, tcm->tcm_ifindex, false, kind);
}

/* --- redirections --- */

/* The attribute of @kind's options that has its actions; 0: unknown. */
static uint16_t actions_type(const char *kind)
{
	static const struct {
		const char *kind;
		uint16_t type;
	} kinds[] = {
		{ "matchall", TCA_MATCHALL_ACT }, { "u32", TCA_U32_ACT },
		{ "flower", TCA_FLOWER_ACT }, { "basic", TCA_BASIC_ACT },
		{ "bpf", TCA_BPF_ACT }, { "fw", TCA_FW_ACT },
		{ "flow", TCA_FLOW_ACT },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i].kind))
			return kinds[i].type;
	return 0;
}

/* The device that @action sends packets to instead; 0: none. */
static uint32_t redirects_to(const struct nlattr *action)
{
	const struct nlattr *kind = find(action, TCA_ACT_KIND);
	const struct nlattr *options = find(action, TCA_ACT_OPTIONS);
	const struct nlattr *parms;
	const struct tc_mirred *mirred;

	if (!kind || !options ||
	    mnl_attr_validate(kind, MNL_TYPE_NUL_STRING) < 0 ||
	    strcmp(mnl_attr_get_str(kind), "mirred"))
		return 0;
	parms = find(options, TCA_MIRRED_PARMS);
	if (!parms || mnl_attr_get_payload_len(parms) < sizeof(*mirred))
		return 0;
	mirred = mnl_attr_get_payload(parms);
	return mirred->eaction == TCA_EGRESS_REDIR ? mirred->ifindex : 0;
}

static int look_filter(void *arg, const struct nlmsghdr *nlh)
{
	const struct nlattr *options = NULL, *actions, *action;
	struct look *look = arg;
	struct nfo_port to;
	const char *kind;

	if (!nlh) {
		look->shapes.n = look->keep;
		return 0;
	}
	if (nlh->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct tcmsg))
		return 0;
	kind = kind_of(nlh, &options);
	if (!kind || !options || !actions_type(kind))
		return 0;
	actions = find(options, actions_type(kind));
	if (!actions)
		return 0;
	mnl_attr_for_each_nested(action, actions)
		if (!nfo_eswitch_port(look->shaper->eswitch,
				      redirects_to(action), &to) && to.ifb)
			return shapes_add(&look->shapes, look->ifindex, true,
					  to.name);
	return 0;
}

/* --- both --- */

static int look_at(struct look *look, uint16_t type, uint32_t ifindex,
		   nfo_rtnl_dump_fn *fn)
{
	char buf[64] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	int err;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	if (ifindex)
		tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	look->keep = look->shapes.n;
	look->ifindex = ifindex;
	err = nfo_rtnl_dump(look->shaper->rtnl, nlh, fn, look);
	/* No qdisc, no filters; no device, none either. */
	if (ifindex && (err == -ENODEV || err == -EINVAL || err == -ENOENT))
		return 0;
	return err;
}

/* Filters of switchdev ports, if there is anything that they could lead to. */
static int look_at_filters(struct look *look)
{
	struct nfo_port *ports;
	bool ifb = false;
	ssize_t n;
	int err = 0;

	n = nfo_eswitch_ports(look->shaper->eswitch, false, &ports);
	if (n < 0)
		return n;
	for (ssize_t i = 0; i < n; i++)
		ifb |= ports[i].ifb;
	for (ssize_t i = 0; i < n && ifb && !err; i++)
		if (ports[i].switch_id_len)
			err = look_at(look, RTM_GETTFILTER, ports[i].ifindex,
				      look_filter);
	free(ports);
	return err;
}

static int look_at_all(struct look *look)
{
	struct nfo_shaper *shaper = look->shaper;
	int err = 0;

	if (!shaper->rtnl)
		err = nfo_rtnl_open(&shaper->rtnl);
	if (!err)
		err = look_at(look, RTM_GETQDISC, 0, look_qdisc);
	if (!err)
		err = look_at_filters(look);
	return err;
}

void nfo_shaper_bypass(struct nfo_shaper *shaper, bool bypass)
{
	shaper->bypass = bypass;
}

int nfo_shaper_refresh(struct nfo_shaper *shaper)
{
	struct look look = { .shaper = shaper };
	bool changed;
	int err;

	/* Those that may be bypassed are as good as not there. */
	err = shaper->bypass ? 0 : look_at_all(&look);
	if (err) {
		free(look.shapes.shape);
		return err;
	}
	changed = !shapes_equal(&shaper->shapes, &look.shapes);
	free(shaper->shapes.shape);
	shaper->shapes = look.shapes;
	return changed;
}

/* Is @ifindex @device, or a member of it, a bond? */
static bool is_of(const struct nfo_shaper *shaper, uint32_t ifindex,
		  uint32_t device)
{
	struct nfo_port port;

	if (ifindex == device)
		return true;
	return !nfo_eswitch_port(shaper->eswitch, ifindex, &port) &&
	       port.master && port.master == device &&
	       !nfo_eswitch_port(shaper->eswitch, device, &port) && port.lag;
}

bool nfo_shaper_on(const struct nfo_shaper *shaper, uint32_t iif, uint32_t oif,
		   char *text, size_t size)
{
	for (size_t i = 0; i < shaper->shapes.n; i++) {
		const struct shape *shape = &shaper->shapes.shape[i];
		struct nfo_port port = { 0 };

		if (!is_of(shaper, shape->ifindex, shape->ingress ? iif : oif))
			continue;
		nfo_eswitch_port(shaper->eswitch, shape->ifindex, &port);
		snprintf(text, size, shape->ingress ?
			 "%s is redirected to %s" : "%s has %s",
			 port.name, shape->name);
		return true;
	}
	return false;
}

int nfo_shaper_open(struct nfo_shaper **shaperp, struct nfo_eswitch *eswitch)
{
	struct nfo_shaper *shaper = calloc(1, sizeof(*shaper));

	if (!shaper)
		return -ENOMEM;
	shaper->eswitch = eswitch;
	*shaperp = shaper;
	return 0;
}

void nfo_shaper_close(struct nfo_shaper *shaper)
{
	if (!shaper)
		return;
	if (shaper->rtnl)
		nfo_rtnl_close(shaper->rtnl);
	free(shaper->shapes.shape);
	free(shaper);
}
