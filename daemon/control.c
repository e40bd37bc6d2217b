// SPDX-License-Identifier: Apache-2.0
/*
 * control: see control.h.
 */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* Objects are made until so many bytes wait for the reader. */
#define CONTROL_BUFFER		(64 * 1024)
/* A client that did not move for so long makes room for a new one, s. */
#define CONTROL_STUCK		5

struct control_client {
	struct control *control;
	struct loop_watch watch;
	time_t moved;		/* CLOCK_MONOTONIC, s */
	char word[CONTROL_WORD_MAX];
	size_t word_len;
	struct report *report;	/* NULL while the word is not complete */
	char *out;		/* bytes for the client */
	size_t out_len;
	size_t out_sent;
	size_t out_room;
};

static time_t control_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void control_client_drop(struct control_client *client)
{
	struct control *control = client->control;
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i] == client)
			control->clients[i] = NULL;
	loop_del(control->loop, &client->watch);
	close(client->watch.fd);
	report_end(client->report);
	free(client->out);
	free(client);
}

/* Reads the word. 1 when it is there, 0 if not yet, -1: drop the client. */
static int control_client_read(struct control_client *client)
{
	char *newline;
	ssize_t got;

	got = recv(client->watch.fd, client->word + client->word_len,
		   sizeof(client->word) - client->word_len - 1, MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (!got)
		return -1;
	client->word_len += got;
	client->word[client->word_len] = 0;
	newline = memchr(client->word, '\n', client->word_len);
	if (!newline)
		return client->word_len < sizeof(client->word) - 1 ? 0 : -1;
	*newline = 0;
	return 1;
}

/* Makes lines until the buffer is full or the answer ends. 0 or -ENOMEM. */
static int control_client_fill(struct control_client *client)
{
	const char *line;
	size_t len, room;
	char *out;

	client->out_len = 0;
	client->out_sent = 0;
	while (client->out_len < CONTROL_BUFFER) {
		line = report_next(client->report, &len);
		if (!line)
			break;
		if (client->out_len + len + 1 > client->out_room) {
			room = client->out_len + len + 1 + CONTROL_BUFFER;
			out = realloc(client->out, room);
			if (!out)
				return -ENOMEM;
			client->out = out;
			client->out_room = room;
		}
		memcpy(client->out + client->out_len, line, len);
		client->out_len += len;
		client->out[client->out_len++] = '\n';
	}
	return 0;
}

/*
 * Sends one buffer's worth, so that other work gets its turn in between; the
 * loop comes back while the client can take more. 0, or -1 when done or lost.
 */
static int control_client_write(struct control_client *client)
{
	ssize_t sent;

	if (client->out_sent == client->out_len) {
		if (control_client_fill(client) < 0 || !client->out_len)
			return -1;
	}
	sent = send(client->watch.fd, client->out + client->out_sent,
		    client->out_len - client->out_sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	client->out_sent += sent;
	client->moved = control_now();
	return 0;
}

static void control_client_ready(struct loop_watch *watch, uint32_t events)
{
	struct control_client *client = (struct control_client *)
		((char *)watch - offsetof(struct control_client, watch));
	struct control *control = client->control;
	int got;

	if (events & (EPOLLERR | EPOLLHUP)) {
		control_client_drop(client);
		return;
	}
	if (client->report) {
		if (control_client_write(client) < 0)
			control_client_drop(client);
		return;
	}
	got = control_client_read(client);
	if (!got)
		return;
	if (got > 0)
		client->report = report_start(control->host, client->word);
	if (!client->report ||
	    loop_change(control->loop, watch, EPOLLOUT) < 0)
		control_client_drop(client);
}

/* A free place for a client; maybe that of one that is stuck. Or -1. */
static int control_place(struct control *control)
{
	struct control_client *stuck = NULL;
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (!control->clients[i])
			return i;
		if (!stuck || control->clients[i]->moved < stuck->moved)
			stuck = control->clients[i];
	}
	if (control_now() - stuck->moved < CONTROL_STUCK)
		return -1;
	control_client_drop(stuck);
	return control_place(control);
}

static void control_ready(struct loop_watch *watch, uint32_t events)
{
	struct control *control = (struct control *)
		((char *)watch - offsetof(struct control, watch));
	struct control_client *client;
	int place;
	int fd;

	fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	place = control_place(control);
	client = place < 0 ? NULL : calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	client->control = control;
	client->moved = control_now();
	client->watch.fd = fd;
	client->watch.ready = control_client_ready;
	if (loop_add(control->loop, &client->watch, EPOLLIN) < 0) {
		close(fd);
		free(client);
		return;
	}
	control->clients[place] = client;
}

/* Makes the directory that @path is in, if its parent is there. */
static int control_directory(const char *path)
{
	char *directory = strdup(path);
	char *slash;
	int err = 0;

	if (!directory)
		return -ENOMEM;
	slash = strrchr(directory, '/');
	if (slash && slash != directory) {
		*slash = 0;
		if (mkdir(directory, 0755) < 0 && errno != EEXIST)
			err = -errno;
	}
	free(directory);
	return err;
}

/* The lock is never unlinked, for a lock on a gone file is worth nothing. */
static int control_lock(const char *path)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	int err;
	int fd;

	snprintf(name, sizeof(name), "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int control_listen(const char *path, const char *group)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct group *entry = NULL;
	int err = 0;
	int fd;

	if (group) {
		entry = getgrnam(group);
		if (!entry)
			return -ENOENT;
	}
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Under the lock, so it is a dead daemon's. */
	unlink(path);
	/* No umask(), which is all threads': nobody is heard before listen(). */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (entry && chown(path, -1, entry->gr_gid) < 0) ||
	    chmod(path, 0660) < 0)
		err = -errno;
	if (!err && listen(fd, CONTROL_CLIENTS_MAX) < 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int control_open(struct control *control, const char *path, const char *group)
{
	int err;

	memset(control, 0, sizeof(*control));
	control->path = path;
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	err = control_directory(path);
	if (err)
		return err;
	control->lock_fd = control_lock(path);
	if (control->lock_fd < 0)
		return control->lock_fd;
	control->watch.ready = control_ready;
	control->watch.fd = control_listen(path, group);
	if (control->watch.fd < 0) {
		close(control->lock_fd);
		return control->watch.fd;
	}
	return 0;
}

int control_serve(struct control *control, struct loop *loop,
		  struct report_host *host)
{
	control->loop = loop;
	control->host = host;
	return loop_add(loop, &control->watch, EPOLLIN);
}

void control_hang_up(struct control *control)
{
	int i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i])
			control_client_drop(control->clients[i]);
	if (control->loop)
		loop_del(control->loop, &control->watch);
}

void control_close(struct control *control)
{
	control_hang_up(control);
	unlink(control->path);
	close(control->watch.fd);
	close(control->lock_fd);
}
