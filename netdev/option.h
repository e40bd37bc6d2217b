/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option: what people may set, one table for all hosts: in a file where there
 * is nft-offloadd (nft-offload.conf(5)), for Open vSwitch in its database, as
 * other_config:nft-offload-KEY. A new key is one row here and one in the man page,
 * which a test compares.
 *
 * No function keeps state; any thread.
 */
#ifndef NFO_OPTION_H
#define NFO_OPTION_H

#include <stddef.h>
#include <stdint.h>

enum nfo_option {
	NFO_OPTION_BYPASS_QDISC,	/* bool */
	NFO_OPTION_GRACE,		/* s */
	NFO_OPTION_LOG_LEVEL,		/* LOG_ERR to LOG_DEBUG (syslog.h) */
	NFO_OPTION_SHARE_FLOWTABLE,	/* percent, as the next two */
	NFO_OPTION_SHARE_OVS,
	NFO_OPTION_SHARE_PORTS,
	NFO_OPTION_COUNT,
};

/* The value of each option. */
struct nfo_options {
	uint32_t value[NFO_OPTION_COUNT];
};

/* One row of the table. Everything is static. */
struct nfo_option_info {
	const char *key;
	/*
	 * NULL: a whole number. Else words, ended by NULL, of which the first
	 * stands for @min, the second for @min + 1 and so on.
	 */
	const char *const *words;
	const char *unit;	/* of a number; NULL: none */
	uint32_t min;
	uint32_t max;
	uint32_t initial;	/* if nobody says anything */
	const char *help;	/* half a sentence */
};

/* nfo_option_info: the row of @option, which must be one. */
const struct nfo_option_info *nfo_option_info(enum nfo_option option);

/* nfo_option_find: the option with this key, or -ENOENT. */
int nfo_option_find(const char *key);

/* nfo_options_init: everything as if nobody had said anything. */
void nfo_options_init(struct nfo_options *options);

/*
 * nfo_option_set: gives @option of @options the value that @word says. 0; or
 * -EINVAL, the value stays as it was, and @cure (@size bytes, cut) says what
 * would have been right ("give whole seconds from 0 to 600").
 */
int nfo_option_set(struct nfo_options *options, enum nfo_option option,
		   const char *word, char *cure, size_t size);

/* nfo_option_text: the value as people write it, without unit, at @text. */
void nfo_option_text(const struct nfo_options *options, enum nfo_option option,
		     char *text, size_t size);

#endif /* NFO_OPTION_H */
