/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: the options (option.h) of the daemon: what the file says, and over
 * it what the command line says.
 *
 * The file: nft-offload.conf(5). It is read by a process with CAP_NET_ADMIN, so
 * only if nobody but root, or the user that the daemon runs as, can have written
 * it; and nothing of it is taken that is not exactly as it should be: printable
 * ASCII, lines and file of limited length, known keys, each once.
 */
#ifndef NFT_OFFLOADD_SETTINGS_H
#define NFT_OFFLOADD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "option.h"

/* Where the file is if not told otherwise: in /etc, as packages are built. */
#define SETTINGS_FILE	NFT_OFFLOAD_SYSCONFDIR "/nft-offload/nft-offload.conf"

struct settings {
	const char *path;	/* borrowed */
	bool must_exist;	/* the path was given by the user */
	struct nfo_options options;	/* what holds now */
	struct nfo_options fixed;	/* by the command line, where */
	bool is_fixed[NFO_OPTION_COUNT];	/* this says so */
};

/* settings_fault: told of what is wrong at line @line, 0: with the file. */
typedef void settings_fault(void *arg, const char *path, unsigned int line,
			    const char *text);

/* settings_init: the initial values, and the file at its usual place. */
void settings_init(struct settings *settings);

/*
 * settings_fix: the command line says that @key is @word, whatever the file says.
 * 0, or -EINVAL with what would have been right in @cure (@size bytes).
 */
int settings_fix(struct settings *settings, const char *key, const char *word,
		 char *cure, size_t size);

/*
 * settings_read: reads the file, at the start or again. A key that is not there
 * has its initial value; but where a line is wrong, all that right lines do not
 * say keeps the value that it had. A file that cannot be read changes nothing;
 * that there is none is no fault unless @must_exist. Each fault is told to @fault
 * with @arg. The number of them.
 */
unsigned int settings_read(struct settings *settings, settings_fault *fault,
			   void *arg);

#endif
