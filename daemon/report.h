/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: answers to what the command asks over the control socket, made
 * object by object, so that a million flows take no memory. Each is one line
 * of JSON with a "type"; the last one has the type "end", so that the reader
 * knows that nothing is missing. The words and objects: nft-offloadd(8).
 */
#ifndef NFT_OFFLOADD_REPORT_H
#define NFT_OFFLOADD_REPORT_H

#include <stddef.h>

struct agent;
struct report;

/*
 * report_start: begins the answer to @word, which for "why" has the number of
 * a connection behind it. The caller's to report_end();
 * NULL for an unknown word or without memory.
 */
struct report *report_start(struct agent *agent, const char *word);

/*
 * report_next: the next line, without its newline, *@len bytes, valid until
 * the next call; NULL after the last. Where memory runs out, the answer stops
 * without an "end".
 */
const char *report_next(struct report *report, size_t *len);

/* report_end: frees it. NULL is fine. */
void report_end(struct report *report);

#endif
