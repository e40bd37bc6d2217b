/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that a connection's packets pass on the way to the wire. */
#ifndef NFT_OFFLOAD_PATH_H
#define NFT_OFFLOAD_PATH_H

#include <linux/types.h>

struct flow_offload;

int path_port(const struct flow_offload *offload, u8 dir);

#endif /* NFT_OFFLOAD_PATH_H */
