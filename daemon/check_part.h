/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_part: what the parts of check share: check.c (the order of things),
 * check_kernel.c, check_port.c, check_flowtable.c, check_ovs.c. Each part adds
 * findings on its own subject.
 */
#ifndef NFT_OFFLOAD_CHECK_PART_H
#define NFT_OFFLOAD_CHECK_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "eswitch.h"
#include "finding.h"
#include "ruleset.h"

/* What ovs-vswitchd is like on this host. */
struct check_ovs {
	pid_t pid;		/* 0: does not run */
	bool loader;		/* was started with the plugin's loader */
	bool plugin;		/* and that has registered the provider */
	bool hw_offload;	/* other_config:hw-offload=true */
	char priority[128];	/* other_config:hw-offload-priority, or "" */
};

struct check {
	struct findings findings;
	struct nfo_eswitch *eswitch;
	struct nfo_port *ports;		/* all devices of this namespace */
	ssize_t n_ports;
	struct ruleset ruleset;
	struct check_ovs ovs;
	uint32_t portid;		/* of the module's provider; 0: none */
};

/* The device @name, or NULL. */
const struct nfo_port *check_port_named(const struct check *check,
					const char *name);

/* Is a device of a flowtable with flags offload called @name? */
bool check_port_wanted(const struct check *check, const char *name);

/* Reads the first line of @path into @text (@size bytes), without newline. */
bool check_read_line(const char *path, char *text, size_t size);

void check_kernel(struct check *check);
void check_module(struct check *check);
void check_ports(struct check *check);
void check_flowtables(struct check *check);
void check_ovs_read(struct check_ovs *ovs);
void check_ovs(struct check *check);

#endif
