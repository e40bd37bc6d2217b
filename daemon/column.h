/* SPDX-License-Identifier: Apache-2.0 */
/*
 * column: rows of text, printed in aligned columns on standard output. Rows
 * are kept and printed some hundred at a time, so that long lists take no
 * memory; columns only get wider on the way.
 */
#ifndef NFT_OFFLOAD_COLUMN_H
#define NFT_OFFLOAD_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#define COLUMN_MAX	12
#define COLUMN_CELL	64	/* bytes of a cell with NUL; longer ones are cut */
#define COLUMN_ROWS	512	/* kept before printing */

struct column_row {
	char *note;		/* a line of its own instead of cells, owned */
	char (*cells)[COLUMN_CELL];	/* owned; NULL with a note */
};

struct column {
	size_t n;			/* columns */
	bool right[COLUMN_MAX];		/* numbers: flush right */
	size_t width[COLUMN_MAX];
	size_t n_rows;
	struct column_row rows[COLUMN_ROWS];
};

/*
 * column_init: @n columns with these @heads, printed as the first row; a head
 * that begins with '>' makes its column flush right. 0 or -ENOMEM.
 */
int column_init(struct column *column, const char *const *heads, size_t n);

/* column_row: n cells, copied. 0 or -ENOMEM. */
int column_row(struct column *column, const char *const *cells);

/* column_note: a line between the rows, indented; copied. 0 or -ENOMEM. */
int column_note(struct column *column, const char *note);

/* column_flush: prints what is kept; to be called at the end, too. */
void column_flush(struct column *column);

#endif
