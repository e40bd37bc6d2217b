/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink family: what user space may say. */
#ifndef NFT_OFFLOAD_FAMILY_H
#define NFT_OFFLOAD_FAMILY_H

struct genl_family;

extern struct genl_family family;

int family_init(void);
void family_exit(void);

#endif /* NFT_OFFLOAD_FAMILY_H */
