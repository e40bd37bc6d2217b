/* SPDX-License-Identifier: Apache-2.0 */

/* dump: the flows of this provider, for revalidators and people.
 *
 * Out of memory: which flows there are is written down once, when the dump
 * begins; its threads then share that list and look each flow up.  Nothing
 * waits for the kernel, so a dump of any size costs no system call. */

#ifndef DUMP_H
#define DUMP_H 1

#include <stdbool.h>

struct dpif_flow;
struct dpif_offload;
struct dpif_offload_flow_dump;
struct dpif_offload_flow_dump_thread;

/* Callbacks of the class: dpif-offload-provider.h. */
struct dpif_offload_flow_dump *dump_create(const struct dpif_offload *,
                                           bool terse);
int dump_next(struct dpif_offload_flow_dump_thread *, struct dpif_flow *,
              int max_flows);
int dump_destroy(struct dpif_offload_flow_dump *);
struct dpif_offload_flow_dump_thread *dump_thread_create(
    struct dpif_offload_flow_dump *);
void dump_thread_destroy(struct dpif_offload_flow_dump_thread *);

#endif /* dump.h */
