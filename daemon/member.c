// SPDX-License-Identifier: Apache-2.0
/*
 * member: see member.h.
 */
#include "member.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *member_text(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
	       json_object_get_string(value) : "";
}

uint64_t member_number(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) ?
	       json_object_get_uint64(value) : 0;
}

bool member_bool(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
	       json_object_get_boolean(value);
}

const char *member_endpoint(char *buf, size_t size, json_object *object,
			    const char *address, const char *port)
{
	const char *text = member_text(object, address);
	uint64_t number = member_number(object, port);

	if (!number)
		snprintf(buf, size, "%s", text);
	else
		snprintf(buf, size, strchr(text, ':') ? "[%s]:%" PRIu64 :
			 "%s:%" PRIu64, text, number);
	return buf;
}
