/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_socket: a generic netlink socket of the family "nft_offload", for
 * provider_probe. One thread.
 */
#ifndef PROBE_SOCKET_H
#define PROBE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <libmnl/libmnl.h>

#define PROBE_BUFFER 65536

/* Takes a message of the family; @data as given to probe_socket_read(). */
typedef void probe_socket_cb(const struct nlmsghdr *nlh, void *data);

/*
 * struct probe_socket: @group is the multicast group's id, @error and @text
 * are the kernel's answer to the last request, @done says that it has come.
 */
struct probe_socket {
	struct mnl_socket *nl;
	uint16_t family;
	uint32_t group;
	uint32_t seq;
	bool done;
	int error;
	char text[256];
	char buffer[PROBE_BUFFER];
};

int probe_socket_open(struct probe_socket *sock);
void probe_socket_close(struct probe_socket *sock);
struct nlmsghdr *probe_socket_request(struct probe_socket *sock, void *buffer,
				      uint8_t command, uint16_t flags);
int probe_socket_send(struct probe_socket *sock, const struct nlmsghdr *nlh);
int probe_socket_read(struct probe_socket *sock, bool wait,
		      probe_socket_cb *cb, void *data);
int probe_socket_ask(struct probe_socket *sock, const struct nlmsghdr *nlh,
		     probe_socket_cb *cb, void *data);

#endif /* PROBE_SOCKET_H */
