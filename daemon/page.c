// SPDX-License-Identifier: Apache-2.0
/*
 * page: see page.h.
 */
#include "page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int page_add(struct page *page, bool heading, const char *format,
		    va_list args)
{
	struct page_line *lines;

	if (page->n == page->room) {
		size_t room = page->room ? 2 * page->room : 64;

		lines = realloc(page->lines, room * sizeof(*lines));
		if (!lines)
			return -ENOMEM;
		page->lines = lines;
		page->room = room;
	}
	page->lines[page->n].heading = heading;
	vsnprintf(page->lines[page->n].text, PAGE_LINE, format, args);
	page->n++;
	return 0;
}

int page_line(struct page *page, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = page_add(page, false, format, args);
	va_end(args);
	return err;
}

int page_heading(struct page *page, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = page_add(page, true, format, args);
	va_end(args);
	return err;
}

void page_print(const struct page *page)
{
	size_t i;

	for (i = 0; i < page->n; i++)
		puts(page->lines[i].text);
}

void page_clear(struct page *page)
{
	page->n = 0;
}

void page_free(struct page *page)
{
	free(page->lines);
}
