// SPDX-License-Identifier: Apache-2.0
/*
 * column: see column.h.
 */
#include "column.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int column_init(struct column *column, const char *const *heads, size_t n)
{
	const char *cells[COLUMN_MAX];
	size_t i;

	memset(column, 0, sizeof(*column));
	column->n = n;
	for (i = 0; i < n; i++) {
		column->right[i] = heads[i][0] == '>';
		cells[i] = heads[i] + column->right[i];
	}
	return column_row(column, cells);
}

/* A free row, after printing if there was none. */
static struct column_row *column_new(struct column *column)
{
	if (column->n_rows == COLUMN_ROWS)
		column_flush(column);
	return &column->rows[column->n_rows];
}

int column_row(struct column *column, const char *const *cells)
{
	struct column_row *row = column_new(column);
	size_t i, len;

	row->note = NULL;
	row->cells = malloc(column->n * sizeof(*row->cells));
	if (!row->cells)
		return -ENOMEM;
	for (i = 0; i < column->n; i++) {
		snprintf(row->cells[i], COLUMN_CELL, "%s", cells[i]);
		len = strlen(row->cells[i]);
		if (len > column->width[i])
			column->width[i] = len;
	}
	column->n_rows++;
	return 0;
}

int column_note(struct column *column, const char *note)
{
	struct column_row *row = column_new(column);

	row->cells = NULL;
	row->note = strdup(note);
	if (!row->note)
		return -ENOMEM;
	column->n_rows++;
	return 0;
}

static void column_print(const struct column *column,
			 const struct column_row *row)
{
	int width;
	size_t i;

	for (i = 0; i < column->n; i++) {
		width = column->width[i];
		if (column->right[i])
			printf("%*s", width, row->cells[i]);
		else if (i + 1 < column->n)
			printf("%-*s", width, row->cells[i]);
		else
			fputs(row->cells[i], stdout);
		fputs(i + 1 < column->n ? "  " : "\n", stdout);
	}
}

void column_flush(struct column *column)
{
	struct column_row *row;
	size_t i;

	for (i = 0; i < column->n_rows; i++) {
		row = &column->rows[i];
		if (row->note)
			printf("    %s\n", row->note);
		else
			column_print(column, row);
		free(row->note);
		free(row->cells);
	}
	column->n_rows = 0;
}
