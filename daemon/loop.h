/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: waits for file descriptors with epoll and calls who watches them.
 * One thread; a watch may be added, changed or removed from inside any
 * callback, also its own.
 */
#ifndef NFT_OFFLOADD_LOOP_H
#define NFT_OFFLOADD_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_EVENTS	32

struct loop_watch;

/* loop_ready: called with the EPOLL* @events that @watch's fd shows. */
typedef void (*loop_ready)(struct loop_watch *watch, uint32_t events);

/* loop_watch: lives inside its owner; fd and ready are the owner's to set. */
struct loop_watch {
	int fd;
	loop_ready ready;
};

struct loop {
	int fd;
	int n_events;		/* of the turn under way */
	struct epoll_event events[LOOP_EVENTS];
};

/* loop_open: 0 or negative errno. */
int loop_open(struct loop *loop);

/* loop_close: forgets all watches; their fds stay their owners'. */
void loop_close(struct loop *loop);

/* loop_add: watches @watch->fd for @events (EPOLLIN ...). 0 or neg. errno. */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* loop_change: other @events from now on. 0 or negative errno. */
int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* loop_del: @watch is not called again, not even in the turn under way. */
void loop_del(struct loop *loop, struct loop_watch *watch);

/*
 * loop_turn: waits at most @timeout_ms milliseconds (-1: for ever) and calls
 * every watch that is ready, once. 0 or negative errno; a signal is no error.
 */
int loop_turn(struct loop *loop, int timeout_ms);

#endif
