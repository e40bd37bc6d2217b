// SPDX-License-Identifier: Apache-2.0
/*
 * loop: see loop.h.
 */
#include "loop.h"

#include <errno.h>
#include <unistd.h>

int loop_open(struct loop *loop)
{
	loop->n_events = 0;
	loop->fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->fd < 0 ? -errno : 0;
}

void loop_close(struct loop *loop)
{
	close(loop->fd);
	loop->fd = -1;
}

static int loop_control(struct loop *loop, int op, struct loop_watch *watch,
			uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(loop->fd, op, watch->fd, &event) < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	return loop_control(loop, EPOLL_CTL_ADD, watch, events);
}

int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	return loop_control(loop, EPOLL_CTL_MOD, watch, events);
}

void loop_del(struct loop *loop, struct loop_watch *watch)
{
	int i;

	loop_control(loop, EPOLL_CTL_DEL, watch, 0);
	/* Its owner may free it now: what is pending for it must go too. */
	for (i = 0; i < loop->n_events; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

int loop_turn(struct loop *loop, int timeout_ms)
{
	struct loop_watch *watch;
	int i;

	loop->n_events = epoll_wait(loop->fd, loop->events, LOOP_EVENTS,
				    timeout_ms);
	if (loop->n_events < 0) {
		loop->n_events = 0;
		return errno == EINTR ? 0 : -errno;
	}
	for (i = 0; i < loop->n_events; i++) {
		watch = loop->events[i].data.ptr;
		if (watch)
			watch->ready(watch, loop->events[i].events);
	}
	loop->n_events = 0;
	return 0;
}
