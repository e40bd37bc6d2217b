// SPDX-License-Identifier: Apache-2.0
/*
 * qdisc: the messages about the one that holds a device's filters. See qdisc.h.
 */
#include "qdisc.h"

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

void nfo_qdisc_put(void *buf, uint16_t type, uint32_t ifindex, uint32_t block)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = TC_H_CLSACT;
	/* Without it others hear the answer, but not who has asked. */
	if (type == RTM_GETQDISC)
		nlh->nlmsg_flags |= NLM_F_ECHO;
	if (type != RTM_NEWQDISC)
		return;
	nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
	if (block)
		mnl_attr_put_u32(nlh, TCA_INGRESS_BLOCK, block);
}
