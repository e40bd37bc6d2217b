// SPDX-License-Identifier: Apache-2.0
/*
 * finding: see finding.h.
 */
#include "finding.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

static const char *const verdicts[] = {
	[FINDING_OK] = "ok",
	[FINDING_WARNING] = "warning",
	[FINDING_ERROR] = "error",
};

static void put_string(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

/* Prints @object as a line and frees it. */
static void print_object(struct findings *findings, json_object *object)
{
	const char *text = object ? json_object_to_json_string_ext(object,
						JSON_C_TO_STRING_PLAIN |
						JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;

	if (!text || puts(text) < 0)
		findings->failed = true;
	json_object_put(object);
}

static void print_json(struct findings *findings,
		       const struct finding *finding, const char *text)
{
	json_object *object = json_object_new_object();

	if (object) {
		put_string(object, "type", "finding");
		put_string(object, "verdict", verdicts[finding->verdict]);
		put_string(object, "check", finding->check);
		put_string(object, "subject", finding->subject);
		put_string(object, "text", text);
		if (finding->cure)
			put_string(object, "cure", finding->cure);
	}
	print_object(findings, object);
}

void findings_add(struct findings *findings, const struct finding *finding,
		  const char *format, ...)
{
	char text[1024];
	va_list args;

	findings->n[finding->verdict]++;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (findings->json) {
		print_json(findings, finding, text);
		return;
	}
	printf("%-8s %s: %s\n", verdicts[finding->verdict], finding->subject,
	       text);
	if (finding->cure)
		printf("%-8s   %s\n", "", finding->cure);
}

enum finding_verdict findings_end(struct findings *findings)
{
	enum finding_verdict worst = FINDING_OK;
	json_object *object;

	for (int i = 0; i <= FINDING_ERROR; i++)
		if (findings->n[i])
			worst = i;
	if (!findings->json) {
		printf("%u fine, %u warnings, %u errors\n",
		       findings->n[FINDING_OK], findings->n[FINDING_WARNING],
		       findings->n[FINDING_ERROR]);
		return worst;
	}
	object = json_object_new_object();
	if (object) {
		put_string(object, "type", "end");
		put_string(object, "verdict", verdicts[worst]);
		for (int i = 0; i <= FINDING_ERROR; i++)
			json_object_object_add(object, verdicts[i],
				json_object_new_int64(findings->n[i]));
	}
	print_object(findings, object);
	return worst;
}
