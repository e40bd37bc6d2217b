// SPDX-License-Identifier: Apache-2.0
/*
 * lag: the ingress block that the members of a bond share. See lag.h.
 */
#include "lag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "qdisc.h"
#include "tc_flower.h"

/* An answer about one qdisc. */
struct answer {
	int err;
	uint32_t block;	/* that it shares; 0: none */
};

static void answer_done(void *arg, int err, const char *text)
{
	struct answer *answer = arg;

	(void)text;
	answer->err = err;
}

static void answer_reply(void *arg, const struct nlmsghdr *nlh)
{
	struct answer *answer = arg;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWQDISC)
		return;
	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg))
		if (mnl_attr_get_type(attr) == TCA_INGRESS_BLOCK &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			answer->block = mnl_attr_get_u32(attr);
}

/* Asks @type (RTM_*QDISC) about @member's, with @block if that is not 0. */
static int ask(struct nfo_rtnl *rtnl, uint16_t type, uint32_t member,
	       uint32_t block, struct answer *answer)
{
	void *room = nfo_rtnl_room(rtnl);
	int err;

	if (!room)
		return -ENOMEM;
	*answer = (struct answer){ .err = -EIO };
	nfo_qdisc_put(room, type, member, block);
	err = nfo_rtnl_queue(rtnl, answer_done, answer_reply, answer);
	if (!err)
		err = nfo_rtnl_flush(rtnl);
	return err ? err : answer->err;
}

static int count_one(void *arg, const struct nlmsghdr *nlh)
{
	const struct tcmsg *tcm;

	if (!nlh) {
		*(size_t *)arg = 0;
		return 0;
	}
	tcm = mnl_nlmsg_get_payload(nlh);
	/* The head of a priority has no handle. */
	*(size_t *)arg += tcm->tcm_handle != 0;
	return 0;
}

/* How many filters @member has, or negative errno. */
static ssize_t filters(struct nfo_rtnl *rtnl, uint32_t member)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nfo_place place = { .ifindex = member };
	ssize_t sum = 0;
	size_t n = 0;
	int err;

	for (int egress = 0; egress < 2; egress++) {
		place.egress = egress;
		err = nfo_tc_flower_dump(buf, sizeof(buf), &place, false, 0);
		if (err > 0)
			err = nfo_rtnl_dump(rtnl, (struct nlmsghdr *)buf,
					    count_one, &n);
		/* An ingress qdisc has no egress. */
		if (err < 0 && err != -EINVAL)
			return err;
		sum += n;
		n = 0;
	}
	return sum;
}

int nfo_lag_bind(struct nfo_rtnl *rtnl, uint32_t member, uint32_t block)
{
	struct answer answer;
	ssize_t n;
	int err;

	err = ask(rtnl, RTM_NEWQDISC, member, block, &answer);
	if (err != -EEXIST)
		return err;
	err = ask(rtnl, RTM_GETQDISC, member, 0, &answer);
	if (err || answer.block == block)
		return err;
	n = filters(rtnl, member);
	if (n)
		return n < 0 ? n : -EBUSY;
	err = ask(rtnl, RTM_DELQDISC, member, 0, &answer);
	if (err)
		return err;
	return ask(rtnl, RTM_NEWQDISC, member, block, &answer);
}

int nfo_lag_unbind(struct nfo_rtnl *rtnl, uint32_t member, uint32_t block)
{
	struct answer answer;
	int err;

	err = ask(rtnl, RTM_GETQDISC, member, 0, &answer);
	/* No qdisc, or no device any more. */
	if (err == -ENOENT || err == -EINVAL || err == -ENODEV)
		return 0;
	if (err || answer.block != block)
		return err;
	err = ask(rtnl, RTM_DELQDISC, member, 0, &answer);
	return err ? err : 1;
}
