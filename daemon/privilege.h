/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privilege: what nft-offloadd and its guard may do, cut down to what they
 * need: CAP_NET_ADMIN, for generic netlink, rtnetlink and large socket
 * buffers.
 */
#ifndef NFT_OFFLOADD_PRIVILEGE_H
#define NFT_OFFLOADD_PRIVILEGE_H

/*
 * privilege_check: 0 if CAP_NET_ADMIN is effective, -EPERM if not, another
 * negative errno if it cannot be found out.
 */
int privilege_check(void);

/*
 * privilege_drop: gives up every capability but CAP_NET_ADMIN for good, and
 * the chance to gain any by exec. 0 or negative errno. For the calling
 * thread: call it before there is a second one.
 */
int privilege_drop(void);

#endif
