/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_qdisc: the clsact qdiscs of fake_tc's links, with the block that they
 * share. For fake_tc.c.
 */
#ifndef FAKE_QDISC_H
#define FAKE_QDISC_H

#include <linux/netlink.h>

#include "fake_tc.h"

struct fake_qdisc_reply {
	struct nlmsghdr nlh;
	char data[64];
};

/*
 * Does what a RTM_*QDISC says. 0 or negative errno; @reply is what is to be told
 * before that, if its length is not 0.
 */
int fake_qdisc(struct fake_tc *tc, const struct nlmsghdr *nlh,
	       struct fake_qdisc_reply *reply);

/* Does a link share @block? */
bool fake_qdisc_shares(const struct fake_tc *tc, uint32_t block);

#endif /* FAKE_QDISC_H */
