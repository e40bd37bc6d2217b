/* SPDX-License-Identifier: Apache-2.0 */

/* story: what is known of one flow, for people (text) and machines (JSON).
 *
 * Functions that take a view may be called while the library's RCU holds it,
 * and do not wait. */

#ifndef STORY_H
#define STORY_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;
struct json;
struct nfo_view;
struct nft_offload;

/* "ovs", "flowtable"; static. */
const char *story_source_name(int source);

/* The name of the device 'ifindex', or its number, in 'buf'. */
void story_device(const struct nft_offload *, uint32_t ifindex, char *buf,
                  size_t size);

/* What OVS put, as text: how it calls the flow and prints it, at 'ufid', 'flow'
 * and 'actions', which are emptied first, and in a word where its packets go.
 * False if OVS does not know the flow. */
bool story_datapath(const struct nfo_view *, struct ds *ufid, struct ds *flow,
                    struct ds *actions, const char **path);

/* The flow in one line, with the newline. */
void story_line(const struct nft_offload *, const struct nfo_view *,
                struct ds *);

/* The same as a JSON object, and more: what OVS put, as text. */
struct json *story_json(const struct nft_offload *, const struct nfo_view *);

/* The whole story in several lines: what OVS put, what became of it, why, and
 * what can be done. */
void story_tell(const struct nft_offload *, const struct nfo_view *,
                struct ds *);

#endif /* story.h */
