// SPDX-License-Identifier: Apache-2.0
/*
 * fake_qdisc: the clsact qdiscs of fake_tc's links. See fake_qdisc.h.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "fake_qdisc.h"

static uint32_t block_of(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	uint32_t block = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct tcmsg))
		if (mnl_attr_get_type(attr) == TCA_INGRESS_BLOCK)
			block = mnl_attr_get_u32(attr);
	return block;
}

static void tell(struct fake_qdisc_reply *reply, uint32_t block,
		 const struct nlmsghdr *request)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(reply);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct tcmsg));
	nlh->nlmsg_type = RTM_NEWQDISC;
	nlh->nlmsg_seq = request->nlmsg_seq;
	if (block)
		mnl_attr_put_u32(nlh, TCA_INGRESS_BLOCK, block);
}

int fake_qdisc(struct fake_tc *tc, const struct nlmsghdr *nlh,
	       struct fake_qdisc_reply *reply)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	int i;

	for (i = 0; i < FAKE_LINKS; i++)
		if (tc->links[i].ifindex == (uint32_t)tcm->tcm_ifindex)
			break;
	if (i == FAKE_LINKS)
		return -ENODEV;
	if (nlh->nlmsg_type == RTM_NEWQDISC) {
		if (tc->links[i].qdisc)
			return -EEXIST;
		if (tc->links[i].taken)
			return -EBUSY;
		tc->links[i].qdisc = true;
		tc->links[i].block = block_of(nlh);
		return 0;
	}
	if (!tc->links[i].qdisc)
		return -ENOENT;
	if (nlh->nlmsg_type == RTM_GETQDISC) {
		/* As the kernel does. */
		if (!(nlh->nlmsg_flags & NLM_F_ECHO))
			return 0;
		tell(reply, tc->links[i].block, nlh);
	} else {
		tc->links[i].qdisc = false;
		tc->links[i].block = 0;
	}
	return 0;
}

bool fake_qdisc_shares(const struct fake_tc *tc, uint32_t block)
{
	for (int i = 0; i < FAKE_LINKS; i++)
		if (tc->links[i].block == block)
			return true;
	return false;
}
