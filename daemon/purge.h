/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge: takes away the rules that a daemon, or an ovs-vswitchd with the
 * provider, has left behind. For the guard process and for "nft-offload
 * flush"; works without daemon and without module. Needs CAP_NET_ADMIN.
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

/*
 * purge_rules: removes all rules of @sources (bits as in nfo_table_config). How
 * many, or a negative errno.
 */
ssize_t purge_rules(uint32_t sources);

#endif
