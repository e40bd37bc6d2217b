/* SPDX-License-Identifier: Apache-2.0 */

/* operate: puts, deletes and gets of datapath flows.
 *
 * All puts and deletes of one call go out together: each is queued in the
 * thread's batch, one commit sends them in as few messages as possible, and
 * only then is op->error filled in. */

#ifndef OPERATE_H
#define OPERATE_H 1

#include <stddef.h>

struct dpif;
struct dpif_offload;
struct dpif_op;

/* Callback of the class.  An operation that this provider does not take keeps
 * its negative 'error', for the next provider or the datapath.  Any thread. */
void nft_offload_operate(struct dpif *, const struct dpif_offload *,
                         struct dpif_op **, size_t n_ops);

#endif /* operate.h */
