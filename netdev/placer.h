/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placer: which entries are in hardware, where not all of them fit. Part of the
 * table; carries out what placement (placement.h) decides.
 *
 * Each switch has a placer. An entry takes part while its rule could be in
 * hardware for all that is known; who needs no place (guards, rules that only
 * software can take) does not. An entry that has none is held like one that was
 * refused, and so is told as one; or its rule lies in software, and it is not held.
 *
 * Placement is told of what becomes of an entry by nfo_placer_sync(), whenever its
 * state is worked out anew, and what it says is to be done is in verdict.c.
 *
 * Locks: see table_private.h. "Placer locked" implies its shard, if an entry is
 * spoken of.
 */
#ifndef NFO_PLACER_H
#define NFO_PLACER_H

#include "table_private.h"
#include <urcu/rculist.h>

struct nfo_placer {
	struct cds_list_head	list;	/* table->placers; stays with the table */
	struct nfo_table	*table;
	uint8_t			switch_id[NFO_SWITCH_ID_MAX];
	uint8_t			switch_id_len;
	unsigned long		waiting; /* entries outside (atomic) */
	pthread_mutex_t		lock;	/* of what follows, and of entry->seat */
	struct nfo_placement	*placement;
	char			text[NFT_OFFLOAD_TEXT_MAX]; /* when it was full */
};

/* --- placer.c --- */

/*
 * Shard locked: @entry's rule goes to the switch of @port, or (no switch id) to
 * none where places are scarce.
 */
void nfo_placer_assign(struct nfo_entry *entry, const struct nfo_port *port);

/* Shard locked: it takes part no more, for it goes to another, or ends. */
void nfo_placer_leave(struct nfo_entry *entry);

/* Shard locked: tells placement what has become of @entry. */
void nfo_placer_sync(struct nfo_entry *entry);

/* Shard locked: so many packets of @entry were seen since the last time. */
void nfo_placer_count(struct nfo_entry *entry, uint64_t packets);

/*
 * Shard locked: the NIC is full, as it said with @text, and @entry held for
 * that. True: placement sees to when it is tried again.
 */
bool nfo_placer_full(struct nfo_entry *entry, const char *text);

/*
 * Shard locked: hardware has not taken @entry's rule, which lies in software, and
 * TC kept to itself why.
 */
void nfo_placer_missing(struct nfo_entry *entry);

/*
 * Shard locked: it was told to take it or say why not, and said @text: that it is
 * @full, or what else may pass @later, or that it cannot. What lies in software
 * stays.
 */
void nfo_placer_refused(struct nfo_entry *entry, bool full, bool later,
			const char *text);

/*
 * Shard locked: @entry's rule was found in the kernel, @skip_hw: in software only.
 * Is that for want of a place?
 */
bool nfo_placer_waits(const struct nfo_entry *entry, bool skip_hw);

/* Nobody uses the table any more. */
void nfo_placer_free_all(struct nfo_table *table);

/* Shard locked: would it be in hardware, if there were room? */
bool nfo_placer_takes_part(const struct nfo_entry *entry);

/* Placer locked: it takes part from now on. 0 or negative errno. */
int nfo_placer_join(struct nfo_entry *entry, bool inside);

/* Shard locked: it waits for a place, or no more. */
void nfo_placer_set_outside(struct nfo_entry *entry, bool outside);

/* Shard locked: it is to be without a place, and says why. */
void nfo_placer_stay_outside(struct nfo_entry *entry);

/* --- verdict.c --- */

/*
 * Shard locked: may @entry, which has no rule in hardware, be put there now?
 * Otherwise it is held, or to be put into software, and comes when a place is
 * free. What others are to do is left in @batch.
 */
bool nfo_verdict_admit(struct nfo_batch *batch, struct nfo_entry *entry);

/* Under RCU, no lock: does what is left in @batch. False: nothing was. */
bool nfo_verdict_carry_out(struct nfo_batch *batch);

#endif /* NFO_PLACER_H */
