/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: lines of text, some of them headings.
 */
#ifndef NFT_OFFLOAD_PAGE_H
#define NFT_OFFLOAD_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE_LINE	512	/* bytes of a line with NUL; longer ones are cut */

struct page_line {
	bool heading;
	char text[PAGE_LINE];
};

/* Zero-initialised is empty. */
struct page {
	size_t n;
	size_t room;
	struct page_line *lines;	/* owned */
};

/* page_line: one line more. 0 or -ENOMEM. */
int page_line(struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* page_heading: one that stands out. 0 or -ENOMEM. */
int page_heading(struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* page_print: on standard output. */
void page_print(const struct page *page);

/* page_clear: empty again; page_free: and frees it. */
void page_clear(struct page *page);
void page_free(struct page *page);

#endif
