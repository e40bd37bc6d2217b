// SPDX-License-Identifier: Apache-2.0
/*
 * test_line: what is written as an object reads back as one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "line.h"

/* Quotes, a backslash, control characters, letters of two bytes. */
#define ODD "a \"b\" c:\\d\n\t\x01/\x7f \xc3\xa9"

static json_object *member(json_object *object, const char *key)
{
	json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

static void test_members(void **state)
{
	struct line line = { 0 };
	json_object *object, *inner;

	(void)state;
	/* The second one has nothing of the first. */
	line_begin(&line);
	line_string(&line, "gone", "x");
	assert_true(line_end(&line));
	line_begin(&line);
	line_string(&line, "text", ODD);
	line_open(&line, "inner");
	line_number(&line, "most", UINT64_MAX);
	line_close(&line);
	line_open(&line, "none");
	line_close(&line);
	line_bool(&line, ODD, true);
	assert_true(line_end(&line));
	assert_int_equal(line.len, strlen(line.text));
	assert_null(strchr(line.text, '\n'));

	object = json_tokener_parse(line.text);
	assert_int_equal(json_object_object_length(object), 4);
	assert_string_equal(json_object_get_string(member(object, "text")),
			    ODD);
	inner = member(object, "inner");
	assert_true(json_object_get_uint64(member(inner, "most")) ==
		    UINT64_MAX);
	assert_int_equal(json_object_object_length(member(object, "none")), 0);
	assert_true(json_object_get_boolean(member(object, ODD)));
	json_object_put(object);
	line_free(&line);
}

/* Longer than what is asked for at first, again and again. */
static void test_long(void **state)
{
	static char text[100000];
	struct line line = { 0 };
	json_object *object;

	(void)state;
	memset(text, '"', sizeof(text) - 1);
	for (int i = 0; i < 2; i++) {
		line_begin(&line);
		line_string(&line, "text", text);
		assert_true(line_end(&line));
	}
	object = json_tokener_parse(line.text);
	assert_string_equal(json_object_get_string(member(object, "text")),
			    text);
	json_object_put(object);
	line_free(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
