/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_host: what the tests of the table have in common: a host with a fake
 * kernel and one process that has a table, flows to put there, and a record of
 * what the table tells about them.
 */
#ifndef TABLE_HOST_H
#define TABLE_HOST_H

#include <stdint.h>

#include "fake_tc.h"
#include "table.h"

#define FLOWTABLE	NFO_SOURCE_FLOWTABLE
#define SOURCES		(1U << FLOWTABLE)
#define GUARDS		NFO_BAND_PRIO_GUARD, NFO_BAND_PRIO_FLOWTABLE - 1
#define FLOWS		NFO_BAND_PRIO_FLOWTABLE, NFO_BAND_PRIO_OVS - 1

/* The table's clock; only tests move it. */
extern uint64_t clock_ms;
/* What the next process' table is made with; SOURCES and 0. */
extern uint32_t host_sources;
extern uint32_t host_flags;
/* What the driver of the next host's ports is called; NULL: nobody knows. */
extern const char *host_driver;
/* How many infos the table has given back. */
extern unsigned int infos_freed;

/* What the last reports said. */
struct told {
	unsigned int calls;
	unsigned int in_hw;
	unsigned int known;
	unsigned int gone;
	enum nfo_state state;
	enum nft_offload_reason reason;
	char text[NFT_OFFLOAD_TEXT_MAX];
	struct nfo_counters counters;
	struct nfo_place place;
	char history[64];	/* a letter each: H(w), K(nown), G(one) */
};

/* Records @view in the struct told that @arg points to. */
void view_fn(void *arg, const struct nfo_view *view);

/* A host: kernel, ports, one process with a table and a batch. */
struct host {
	struct fake_tc *tc;
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;
	struct nfo_table *table;
	struct nfo_batch *batch;
	struct told told;
};

struct host *host_new(void);
void host_free(struct host *host);

/* The process begins, as after a restart. */
void process_start(struct host *host);
/* It ends and leaves its rules. */
void process_stop(struct host *host);

/* A routed TCP flow by source port @id, MAC of the next hop @mac, to @out. */
void make_rule(struct nfo_rule *rule, uint64_t id, uint8_t mac, uint32_t out);

/* Puts flow @id from port @in to @out by @batch, and does not commit. */
int put_by(struct nfo_batch *batch, uint64_t id, uint8_t mac, uint32_t in,
	   uint32_t out, const struct nfo_counters *told, void *info);
/* Puts flow @id from port 2 to 3 and commits. */
void put(struct host *host, uint64_t id, uint8_t mac);
/* Deletes it and commits. */
void del(struct host *host, uint64_t id);

/*
 * Puts a rule of Open vSwitch for @type, by destination @id, at @where, to port
 * @out or to chain @next if not 0, and commits.
 */
void put_ovs_at(struct host *host, uint64_t id, const struct nfo_place *where,
		uint16_t type, uint32_t out, uint32_t next);
/* The state of Open vSwitch's flow @id, with all else in @seen. */
enum nfo_state state_of(struct host *host, uint64_t id);
extern struct nfo_view seen;

struct nfo_table_stats stats(struct host *host);
/* What the table says of flow @id now. */
void look(struct host *host, uint64_t id, struct told *told);

#endif /* TABLE_HOST_H */
