// SPDX-License-Identifier: Apache-2.0
/*
 * line: see line.h.
 */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The least that is asked for. */
#define LINE_ROOM	512

static void append(struct line *line, const char *text, size_t len)
{
	size_t room = line->len + len + 1;
	char *more;

	if (room > line->room) {
		room = room < LINE_ROOM ? LINE_ROOM : 2 * room;
		more = realloc(line->text, room);
		if (!more) {
			line->failed = true;
			return;
		}
		line->text = more;
		line->room = room;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
	line->text[line->len] = '\0';
}

static void append_word(struct line *line, const char *word)
{
	append(line, word, strlen(word));
}

static void append_string(struct line *line, const char *value)
{
	char escaped[8];
	size_t plain;

	append_word(line, "\"");
	for (;;) {
		for (plain = 0; (unsigned char)value[plain] >= ' ' &&
		     value[plain] != '"' && value[plain] != '\\'; plain++)
			;
		append(line, value, plain);
		value += plain;
		if (!*value)
			break;
		snprintf(escaped, sizeof(escaped), "\\u%04x",
			 (unsigned char)*value++);
		append_word(line, escaped);
	}
	append_word(line, "\"");
}

static void append_key(struct line *line, const char *key)
{
	if (line->comma)
		append_word(line, ",");
	append_string(line, key);
	append_word(line, ":");
	line->comma = true;
}

void line_begin(struct line *line)
{
	line->len = 0;
	line->comma = false;
	line->failed = false;
	append_word(line, "{");
}

bool line_end(struct line *line)
{
	append_word(line, "}");
	return !line->failed;
}

void line_free(struct line *line)
{
	free(line->text);
	*line = (struct line){ 0 };
}

void line_string(struct line *line, const char *key, const char *value)
{
	append_key(line, key);
	append_string(line, value);
}

void line_number(struct line *line, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	append_key(line, key);
	append_word(line, text);
}

void line_bool(struct line *line, const char *key, bool value)
{
	append_key(line, key);
	append_word(line, value ? "true" : "false");
}

void line_open(struct line *line, const char *key)
{
	append_key(line, key);
	append_word(line, "{");
	line->comma = false;
}

void line_close(struct line *line)
{
	append_word(line, "}");
	line->comma = true;
}
