// SPDX-License-Identifier: Apache-2.0
/*
 * client: see client.h.
 */
#include "client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

/* Seconds in which the daemon must say something more. */
#define CLIENT_PATIENCE	10

const char *client_where(const char *path)
{
	return path ? path : CONTROL_SOCKET " or " CONTROL_SOCKET_OVS;
}

static int client_connect(const char *path)
{
	static const struct timeval patience = { .tv_sec = CLIENT_PATIENCE };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int err;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* An error of one who is there says more than that the other one is not. */
static int client_connect_any(void)
{
	int fd = client_connect(CONTROL_SOCKET);
	int other;

	if (fd != -ENOENT && fd != -ECONNREFUSED)
		return fd;
	other = client_connect(CONTROL_SOCKET_OVS);
	return other == -ENOENT ? fd : other;
}

/* Without SIGPIPE: a daemon with too many clients hangs up at once. */
static int client_send(int fd, const char *word)
{
	char line[CONTROL_WORD_MAX];
	size_t len = snprintf(line, sizeof(line), "%s\n", word);

	if (len >= sizeof(line))
		return -EMSGSIZE;
	return send(fd, line, len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/*
 * What client_read() calls with each line of an answer: 1 for the last one, 0 for
 * others, or a negative errno.
 */
typedef int (*client_line)(void *arg, char *line, ssize_t len);

/* Who is told of objects. */
struct client_asker {
	client_object fn;
	void *arg;
};

static int client_take(void *arg, char *line, ssize_t len)
{
	const struct client_asker *asker = arg;
	json_object *object, *type;
	int err;

	if (line[len - 1] != '\n')
		return -EPIPE;
	line[len - 1] = 0;
	object = json_tokener_parse(line);
	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return -EBADMSG;
	}
	if (json_object_object_get_ex(object, "type", &type) &&
	    !strcmp(json_object_get_string(type), "end"))
		err = 1;
	else
		err = asker->fn(asker->arg, line, object);
	json_object_put(object);
	return err;
}

/* Sends @word to who listens at @path; its answer at *@filep. 0 or neg. errno. */
static int client_open(const char *path, const char *word, FILE **filep)
{
	int fd = path ? client_connect(path) : client_connect_any();
	int err;

	if (fd < 0)
		return fd;
	err = client_send(fd, word);
	if (!err) {
		*filep = fdopen(fd, "r");
		if (!*filep)
			err = -ENOMEM;
	}
	if (err)
		close(fd);
	return err;
}

/* Asks for @word; @fn has each line until it says that one is the last. */
static int client_read(const char *path, const char *word, client_line fn,
		       void *arg)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	FILE *file;
	int err;

	err = client_open(path, word, &file);
	if (err)
		return err;
	while (!err) {
		len = getline(&line, &room, file);
		if (len > 0)
			err = fn(arg, line, len);
		else
			err = ferror(file) && errno == EAGAIN ? -ETIMEDOUT :
			      -EPIPE;
	}
	free(line);
	fclose(file);
	return err > 0 ? 0 : err;
}

/* Prints it. @end, a string, is the last one. */
static int client_print(void *end, char *line, ssize_t len)
{
	fwrite(line, 1, len, stdout);
	line[strcspn(line, "\n")] = '\0';
	return !strcmp(line, end);
}

int client_copy(const char *path, const char *word, const char *end)
{
	return client_read(path, word, client_print, (void *)end);
}

/* A text that is being read. */
struct client_memory {
	const char *end;
	size_t max;
	size_t len;
	char *text;
};

static int client_keep(void *arg, char *line, ssize_t len)
{
	struct client_memory *memory = arg;
	char *text;

	if (memory->len + len > memory->max)
		return -EMSGSIZE;
	text = realloc(memory->text, memory->len + len + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text + memory->len, line, len);
	memory->text = text;
	memory->len += len;
	text[memory->len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return !strcmp(line, memory->end);
}

int client_text(const char *path, const char *word, const char *end, size_t max,
		char **textp)
{
	struct client_memory memory = { .end = end, .max = max };
	int err = client_read(path, word, client_keep, &memory);

	if (err) {
		free(memory.text);
		memory.text = NULL;
	}
	*textp = memory.text;
	return err;
}

int client_ask(const char *path, const char *word, client_object fn, void *arg)
{
	struct client_asker asker = { fn, arg };

	return client_read(path, word, client_take, &asker);
}
