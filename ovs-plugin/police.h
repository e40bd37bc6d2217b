/* SPDX-License-Identifier: Apache-2.0 */

/* police: policers in the kernel, one at a time and with an answer.
 *
 * Each function sends one message over 'rtnl', which must not be in use, and
 * waits for what the kernel says.  Returns 0 or a positive errno. */

#ifndef POLICE_H
#define POLICE_H 1

#include <stdint.h>

#include "tc_police.h"

struct nfo_rtnl;

/* Makes the policer, or with NFO_TC_REPLACE in 'flags' (NFO_TC_*) changes it.
 * EEXIST if its index is taken. */
int police_put(struct nfo_rtnl *, const struct nfo_police *, uint32_t flags);

/* Reads the policer into '*info'. */
int police_get(struct nfo_rtnl *, uint32_t index, struct nfo_police_info *);

/* Removes it.  EPERM if a rule uses it. */
int police_del(struct nfo_rtnl *, uint32_t index);

#endif /* police.h */
