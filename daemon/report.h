/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: answers to what people ask over the control socket (control.h), made
 * object by object, so that a million flows take no memory. Each is one line
 * of JSON with a "type"; the last one has the type "end", so that the reader
 * knows that nothing is missing. The words and objects: nft-offloadd(8).
 *
 * nft-offloadd answers so, and the plugin inside ovs-vswitchd.
 */
#ifndef NFT_OFFLOADD_REPORT_H
#define NFT_OFFLOADD_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "table.h"

struct connections;
struct line;
struct nfo_flowtable_source;
struct ranking;
struct report;

/* What only Open vSwitch knows of its flows. */
struct report_datapath {
	/* Members of the flow of @view: how OVS calls and prints it. */
	void (*put)(void *aux, struct line *line, const struct nfo_view *view);
	/* The flow that @text is: a ufid, or as dpctl/dump-flows prints it. */
	bool (*find)(void *aux, const char *text, struct nfo_id *id);
};

/* Whose answers they are. All is the owner's, and used by one thread. */
struct report_host {
	struct nfo_eswitch *eswitch;
	struct nfo_table *table;
	struct connections *connections;
	struct nfo_flowtable_source *source;	/* NULL: not bound */
	struct ranking *ranking;
	const bool *software_counted;	/* by conntrack, for the rates */
	const struct report_datapath *datapath;	/* NULL: none */
	void *aux;			/* of @datapath */
};

/*
 * report_start: begins the answer to @word, which has operands behind it for
 * some. @host must live longer. The caller's to report_end(); NULL for an unknown
 * word or without memory.
 */
struct report *report_start(struct report_host *host, const char *word);

/*
 * report_next: the next line, without its newline, *@len bytes, valid until
 * the next call; NULL after the last. Where memory runs out, the answer stops
 * without an "end".
 */
const char *report_next(struct report *report, size_t *len);

/* report_end: frees it. NULL is fine. */
void report_end(struct report *report);

#endif
