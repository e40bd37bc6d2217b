/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flowtable_part: the parts flowtable is made of. Private to the library.
 */
#ifndef NFO_FLOWTABLE_PART_H
#define NFO_FLOWTABLE_PART_H

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stddef.h>

#include "flowtable.h"

/* The largest VLAN id there is. */
#define FLOWTABLE_VID_MAX	4094

/* 0 if @attr has @size bytes, or -EBADMSG. */
static inline int flowtable_size(const struct nlattr *attr, size_t size)
{
	return mnl_attr_get_payload_len(attr) == size ? 0 : -EBADMSG;
}

/*
 * flowtable_action.c: adds to @rule, which has its match, the actions that
 * @nest (of nft_offload_action_attr) comes to.
 */
enum nft_offload_reason
nfo_flowtable_actions(const struct nlattr *nest, struct nfo_rule *rule);

#endif
