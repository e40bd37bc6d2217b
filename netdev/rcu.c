// SPDX-License-Identifier: Apache-2.0
/*
 * rcu: registration of threads with liburcu. See rcu.h.
 */
#include <pthread.h>
#include <stdbool.h>

#include "rcu.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static __thread bool registered;

/* A thread that was registered ends. */
static void thread_ends(void *arg)
{
	(void)arg;
	if (registered)
		urcu_memb_unregister_thread();
	registered = false;
}

static void key_create(void)
{
	pthread_key_create(&key, thread_ends);
}

void nfo_rcu_register(void)
{
	if (registered)
		return;
	pthread_once(&once, key_create);
	/* Any value but NULL makes the key's destructor run. */
	pthread_setspecific(key, &registered);
	urcu_memb_register_thread();
	registered = true;
}
