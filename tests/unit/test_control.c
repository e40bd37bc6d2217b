// SPDX-License-Identifier: Apache-2.0
/*
 * test_control: the daemon's control socket and the command's end of it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "connection.h"
#include "control.h"
#include "report.h"
#include "table_host.h"

/* More than a socket's buffer and the control's take. */
#define CONNECTIONS	4000

static char directory[] = "/tmp/nft-offload-XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", directory);
	return 0;
}

static int teardown(void **state)
{
	char lock[sizeof(path) + 8];

	(void)state;
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	return rmdir(directory);
}

static int client_new(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)), 0);
	return fd;
}

/* The daemon ends while somebody reads its flows at leisure. */
static void test_stop(void **state)
{
	struct nfo_flowtable_flow flow = { .table = "t", .flowtable = "f" };
	struct host *host = host_new();
	struct control control;
	struct connections connections;
	struct report_host of = {
		.eswitch = host->eswitch,
		.table = host->table,
		.connections = &connections,
	};
	struct loop loop;
	char buf[4096];
	int fd;

	(void)state;
	assert_int_equal(connections_init(&connections), 0);
	for (flow.id = 0; flow.id < 2 * CONNECTIONS; flow.id++)
		assert_int_equal(connections_learn(&connections, &flow),
				 0);
	assert_int_equal(loop_open(&loop), 0);
	assert_int_equal(control_open(&control, path, NULL), 0);
	assert_int_equal(control_serve(&control, &loop, &of), 0);
	fd = client_new();
	assert_int_equal(send(fd, "flows\n", 6, 0), 6);
	for (int i = 0; i < 100; i++)
		assert_int_equal(loop_turn(&loop, 0), 0);

	control_hang_up(&control);
	connections_free(&connections);
	/* What was sent is there, and then the end; nobody new is heard. */
	assert_true(recv(fd, buf, sizeof(buf), 0) > 0);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	close(fd);
	fd = client_new();
	assert_int_equal(loop_turn(&loop, 0), 0);
	close(fd);
	control_close(&control);
	loop_close(&loop);
	host_free(host);
}


/* The other end hangs up before the command has said a word. */
static int listener = -1;

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	int ret = __real_connect(fd, address, len);

	if (!ret && listener >= 0)
		close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	return ret;
}

static int no_object(void *arg, const char *line, json_object *object)
{
	(void)arg;
	(void)line;
	(void)object;
	return 0;
}

/* The daemon has too many clients: the command hears of it, and lives. */
static void test_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(client_ask(path, "flows", no_object, NULL), -EPIPE);
	close(listener);
	listener = -1;
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
