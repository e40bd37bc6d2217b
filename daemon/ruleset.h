/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset: what of the nftables ruleset of this network namespace matters to
 * offload: its flowtables, its chains with hardware rules of their own, and whether
 * there are conntrack helpers.
 *
 * Facts: net/netfilter/nf_tables_api.c (nf_tables_fill_flowtable_info(),
 * nf_tables_fill_chain_info(), nf_tables_fill_obj_info()). Reading takes
 * CAP_NET_ADMIN.
 */
#ifndef NFT_OFFLOAD_RULESET_H
#define NFT_OFFLOAD_RULESET_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hook's device; a prefix of names is told with a '*' behind it. */
struct ruleset_device {
	char name[IF_NAMESIZE + 1];
};

/* A flowtable, or a base chain. */
struct ruleset_hook {
	uint8_t family;		/* NFPROTO_* */
	char *table;
	char *name;
	bool offload;		/* flags offload */
	uint32_t use;		/* rules that name it, as "flow add" does */
	struct ruleset_device *devices;
	size_t n_devices;
};

struct ruleset {
	struct ruleset_hook *flowtables;
	size_t n;
	struct ruleset_hook *chains;	/* those with flags offload */
	size_t n_chains;
	size_t helpers;		/* objects of type "ct helper" */
};

/*
 * ruleset_read: fills @ruleset, the caller's to free. 0 or negative errno;
 * none at all, and 0, where the kernel has no nf_tables.
 */
int ruleset_read(struct ruleset *ruleset);

/* ruleset_free: frees what is in it. */
void ruleset_free(struct ruleset *ruleset);

/*
 * ruleset_has_device: is a device of @hook called @name, or does its name begin as
 * one of these says?
 */
bool ruleset_has_device(const struct ruleset_hook *hook, const char *name);

/* ruleset_family: "inet", "ip", "ip6", ...; static. */
const char *ruleset_family(uint8_t family);

#endif
