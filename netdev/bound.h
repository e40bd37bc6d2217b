/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bound: who is the module's provider, for one who only asks and works without
 * the module, too. Any thread.
 */
#ifndef NFO_BOUND_H
#define NFO_BOUND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * nfo_bound_module: is nft_offload.ko loaded? To ask for its netlink family by
 * name would load it.
 */
bool nfo_bound_module(void);

/*
 * nfo_bound_ask: the netlink port of the provider that is bound in this network
 * namespace, at *@portid; 0 if none is, or without module. 0 or negative
 * errno.
 */
int nfo_bound_ask(uint32_t *portid);

#endif /* NFO_BOUND_H */
