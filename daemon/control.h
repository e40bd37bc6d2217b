/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the socket over which people ask nft-offloadd how it is.
 *
 * A client sends one line with one word (flows, stats, ports, version; why and
 * the number of a connection), gets lines of JSON, and the connection is closed.
 * Nothing can be changed this way, and nothing but that line is parsed here. A client that reads slowly
 * costs one buffer and holds up nobody.
 *
 * A lock file beside the socket tells a second daemon from a socket that a
 * dead one has left behind.
 */
#ifndef NFT_OFFLOADD_CONTROL_H
#define NFT_OFFLOADD_CONTROL_H

#include <stdint.h>

#include "loop.h"

/* Where the daemon listens and the command asks, if not told otherwise. */
#define CONTROL_SOCKET		"/run/nft-offload/nft-offload.sock"

#define CONTROL_CLIENTS_MAX	16

struct agent;
struct control_client;

struct control {
	struct loop *loop;
	struct agent *agent;
	const char *path;	/* borrowed */
	int lock_fd;
	struct loop_watch watch;
	struct control_client *clients[CONTROL_CLIENTS_MAX];
};

/*
 * control_open: takes the lock and listens at @path, which must outlive
 * @control; its directory is made if only that is missing. Members of @group
 * (a name, or NULL) may connect besides the owner. Nobody is answered before
 * control_serve(). 0; -EADDRINUSE if a daemon has the lock, else a negative
 * errno; -ENOENT for an unknown group.
 */
int control_open(struct control *control, const char *path,
		 const char *group);

/* control_serve: answers from now on, out of @agent. 0 or negative errno. */
int control_serve(struct control *control, struct loop *loop,
		  struct agent *agent);

/*
 * control_hang_up: drops all clients and hears no new ones, for the agent is
 * about to go. The lock stays.
 */
void control_hang_up(struct control *control);

/* control_close: hangs up and removes the socket. */
void control_close(struct control *control);

#endif
