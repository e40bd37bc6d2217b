/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bound: who is the module's provider, for one who only asks and works without
 * daemon and without module, too.
 */
#ifndef NFT_OFFLOADD_BOUND_H
#define NFT_OFFLOADD_BOUND_H

#include <stdint.h>

/*
 * bound_ask: the netlink port of the provider that is bound in this network
 * namespace, at *@portid; 0 if none is, or without module. 0 or negative
 * errno.
 */
int bound_ask(uint32_t *portid);

#endif
