/* SPDX-License-Identifier: Apache-2.0 */

/* search: which flow of Open vSwitch people mean. */

#ifndef SEARCH_H
#define SEARCH_H 1

#include <stdbool.h>

#include "table.h"

struct nft_offload;

/* Finds the id of what 'text' names, a ufid or a flow as dpctl/dump-flows prints
 * it; it may be no flow's all the same.  Any thread, under OVS's RCU. */
bool search_flow(const struct nft_offload *, const char *text,
                 struct nfo_id *);

#endif /* search.h */
