/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member: what an object of the daemon's answers says, for the commands that show
 * it. What is not there is "", 0 or false.
 */
#ifndef NFT_OFFLOAD_MEMBER_H
#define NFT_OFFLOAD_MEMBER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* member_text, member_number, member_bool: the member @key; as @object lives. */
const char *member_text(json_object *object, const char *key);
uint64_t member_number(json_object *object, const char *key);
bool member_bool(json_object *object, const char *key);

/*
 * member_endpoint: "10.0.0.1:80", "[2001:db8::1]:80" at @buf (@size bytes, cut), of
 * the members @address and @port; no port for protocols without. @buf.
 */
const char *member_endpoint(char *buf, size_t size, json_object *object,
			    const char *address, const char *port);

#endif
