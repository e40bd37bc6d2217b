/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rcu: liburcu's memb flavour for threads that are not ours.
 *
 * That flavour wants each reader registered. Threads of the program we live in
 * know nothing of that, so the first nfo_rcu_lock() of a thread registers it,
 * and the end of the thread takes it off again. Why memb: see table.h.
 *
 * Internal to the library.
 */
#ifndef NFO_RCU_H
#define NFO_RCU_H

#include <urcu/urcu-memb.h>

/* Registers the calling thread, once. */
void nfo_rcu_register(void);

/* Begins a read-side section; nests, never waits. */
static inline void nfo_rcu_lock(void)
{
	nfo_rcu_register();
	urcu_memb_read_lock();
}

static inline void nfo_rcu_unlock(void)
{
	urcu_memb_read_unlock();
}

#endif /* NFO_RCU_H */
