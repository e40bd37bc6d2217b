/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: asks nft-offloadd, or the plugin inside ovs-vswitchd, over the control
 * socket, for nft-offload and nft-offload-exporter.
 */
#ifndef NFT_OFFLOAD_CLIENT_H
#define NFT_OFFLOAD_CLIENT_H

#include <json-c/json.h>
#include <stddef.h>

/*
 * client_object: called for each object of an answer but the last. @line is
 * its text without newline, @object the same parsed; both until return. 0, or
 * a negative errno that ends the reading.
 */
typedef int (*client_object)(void *arg, const char *line, json_object *object);

/*
 * client_ask: sends @word to who listens at @path (NULL: at CONTROL_SOCKET or, if
 * nobody does, at CONTROL_SOCKET_OVS) and calls @fn with @arg for what it says. 0; -ENOENT or -ECONNREFUSED if no daemon is there, -EACCES if
 * we may not ask, -EPIPE if the answer ends in the middle, -ETIMEDOUT if it does
 * not go on, -EBADMSG if it is no JSON, what @fn returned, or another negative errno.
 */
int client_ask(const char *path, const char *word, client_object fn,
	       void *arg);

/* client_where: @path, or in words where it was asked, for people. */
const char *client_where(const char *path);

/*
 * client_copy: sends @word, whose answer is text that ends with a line @end, and
 * prints it on standard output. 0 or a negative errno, as client_ask().
 */
int client_copy(const char *path, const char *word, const char *end);

/*
 * client_text: the same, but gives that text, newline at its end, at *@textp, the
 * caller's to free. -EMSGSIZE if it has more than @max bytes.
 */
int client_text(const char *path, const char *word, const char *end, size_t max,
		char **textp);

#endif
