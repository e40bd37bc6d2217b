/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the socket over which people ask nft-offloadd, or the plugin inside
 * ovs-vswitchd, how it is.
 *
 * A client sends one line with a word and its operands, gets lines of JSON
 * (report.h), and the connection is closed. Nothing can be changed this way,
 * and nothing but that line is parsed here. A client that reads slowly costs one
 * buffer and holds up nobody.
 *
 * A lock file beside the socket tells a second process from a socket that a
 * dead one has left behind.
 */
#ifndef NFT_OFFLOADD_CONTROL_H
#define NFT_OFFLOADD_CONTROL_H

#include <stdint.h>

#include "loop.h"

/* Where the daemon listens, and the command asks first. */
#define CONTROL_SOCKET		"/run/nft-offload/nft-offload.sock"
/* Where the plugin listens: in the run directory of Open vSwitch, which is */
#define CONTROL_SOCKET_NAME	"nft-offload.sock"
/* this one on all distributions; asked if nobody listens at the other one. */
#define CONTROL_SOCKET_OVS	"/run/openvswitch/" CONTROL_SOCKET_NAME
/* The longest line of a client, with newline and NUL: a flow as OVS prints it. */
#define CONTROL_WORD_MAX	4096

#define CONTROL_CLIENTS_MAX	16

struct control_client;
struct report_host;

struct control {
	struct loop *loop;
	struct report_host *host;
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

/* control_serve: answers from now on, out of @host. 0 or negative errno. */
int control_serve(struct control *control, struct loop *loop,
		  struct report_host *host);

/*
 * control_hang_up: drops all clients and hears no new ones, for the host is
 * about to go. The lock stays.
 */
void control_hang_up(struct control *control);

/* control_close: hangs up and removes the socket. */
void control_close(struct control *control);

#endif
