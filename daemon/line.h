/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line: an object of JSON on one line, written member by member.
 *
 * Of our own, for the plugin answers with it, too, inside ovs-vswitchd: there
 * json-c cannot be, since libopenvswitch has functions of the same names
 * (json_object_put() and others) that mean something else. Nobody privileged
 * reads JSON.
 *
 * Facts: RFC 8259, section 7 (what has to be escaped in a string). Not locked.
 */
#ifndef NFT_OFFLOAD_LINE_H
#define NFT_OFFLOAD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	char *text;	/* owned, with NUL; NULL: nothing yet */
	size_t len;
	size_t room;
	bool comma;	/* a member comes before the next one */
	bool failed;	/* no memory: what there is is not all */
};

/* line_begin: a new object; what was there before is forgotten. */
void line_begin(struct line *line);

/* line_end: it is complete. false: memory ran out on the way. */
bool line_end(struct line *line);

/* line_free: frees its memory. */
void line_free(struct line *line);

/*
 * Members, called @key. @value is of UTF-8, or of bytes that the reader has to
 * bear.
 */
void line_string(struct line *line, const char *key, const char *value);
void line_number(struct line *line, const char *key, uint64_t value);
void line_bool(struct line *line, const char *key, bool value);

/* line_open, line_close: members in between are those of the object @key. */
void line_open(struct line *line, const char *key);
void line_close(struct line *line);

#endif
