/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen: a page of text on the whole terminal (ncurses), shown again and again.
 * One at a time; the process' terminal belongs to it while it is open.
 */
#ifndef NFT_OFFLOAD_SCREEN_H
#define NFT_OFFLOAD_SCREEN_H

#include "page.h"

/*
 * screen_open: takes the terminal. 0; -ENOTTY if standard input or output are
 * none, or one that ncurses does not know, or nft-offload was built without.
 */
int screen_open(void);

/* screen_rows: how many lines there is room for. */
unsigned int screen_rows(void);

/* screen_show: shows @page, as much of it as there is room for. */
void screen_show(const struct page *page);

/*
 * screen_key: waits at most @timeout_ms milliseconds for a key. That; 0 if none
 * came, or the terminal has another size now; 'q' also for SIGINT and SIGTERM.
 */
int screen_key(int timeout_ms);

/* screen_close: gives the terminal back as it was. */
void screen_close(void);

#endif
