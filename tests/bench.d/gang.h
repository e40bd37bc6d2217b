/* SPDX-License-Identifier: Apache-2.0 */

/* gang: threads that begin and end together, and the time between. */

#ifndef GANG_H
#define GANG_H 1

#include <stddef.h>

struct gang;

/* What a thread does with its share.  It calls gang_meet() twice: before what
 * is timed and after. */
typedef void gang_fn(void *share, struct gang *);

/* Waits for all others. */
void gang_meet(struct gang *);

/* Runs 'fn' in 'n' threads called 'name', each with one of 'shares', which are
 * 'size' bytes long.  Returns the seconds between the two meetings. */
double gang_run(const char *name, gang_fn *fn, void *shares, size_t size,
                size_t n);

#endif /* gang.h */
