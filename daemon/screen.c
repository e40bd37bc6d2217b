// SPDX-License-Identifier: Apache-2.0
/*
 * screen: see screen.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "screen.h"

#include <errno.h>

#ifdef HAVE_NCURSES
#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static SCREEN *screen;
static volatile sig_atomic_t screen_ended;

static void screen_end(int number)
{
	(void)number;
	screen_ended = 1;
}

/* So that whoever ends us finds the terminal as it was. */
static void screen_signals(void)
{
	struct sigaction action = { .sa_handler = screen_end };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int screen_open(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return -ENOTTY;
	screen_signals();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	return 0;
}

unsigned int screen_rows(void)
{
	return LINES > 0 ? LINES : 0;
}

void screen_show(const struct page *page)
{
	size_t i;

	erase();
	for (i = 0; i < page->n && i < screen_rows(); i++) {
		const struct page_line *line = &page->lines[i];

		if (line->heading)
			attron(A_REVERSE);
		mvaddnstr(i, 0, line->text, COLS);
		/* The bar goes to the edge. */
		if (line->heading && (int)strlen(line->text) < COLS)
			hline(' ' | A_REVERSE, COLS);
		attroff(A_REVERSE);
	}
	refresh();
}

int screen_key(int timeout_ms)
{
	int key;

	timeout(timeout_ms);
	key = getch();
	if (screen_ended)
		return 'q';
	return key == ERR || key == KEY_RESIZE ? 0 : key;
}

void screen_close(void)
{
	endwin();
	delscreen(screen);
}
#else
int screen_open(void)
{
	return -ENOTTY;
}

unsigned int screen_rows(void)
{
	return 0;
}

void screen_show(const struct page *page)
{
	(void)page;
}

int screen_key(int timeout_ms)
{
	(void)timeout_ms;
	return 'q';
}

void screen_close(void)
{
}
#endif
