/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge: takes away the rules that a daemon has left behind. For the guard
 * process and for "nft-offload flush"; works without daemon and without
 * module. Needs CAP_NET_ADMIN.
 */
#ifndef NFT_OFFLOADD_PURGE_H
#define NFT_OFFLOADD_PURGE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * purge_bound: the netlink port of the provider that is bound in this network
 * namespace, at *@portid; 0 if none is, or without module. 0 or negative
 * errno.
 */
int purge_bound(uint32_t *portid);

/* purge_rules: removes them all. How many, or a negative errno. */
ssize_t purge_rules(void);

#endif
