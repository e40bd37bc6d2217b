// SPDX-License-Identifier: Apache-2.0
/*
 * say: what is sent of a rule. See table_private.h.
 *
 * A source's rule stays what it is: entries are found by it, shown by it and
 * derived from it. What lies in the kernel is the rule in the words of the
 * NIC's driver; all that is compared with the kernel is compared with that, and
 * its match is what the cookie tells. Saying the same rule gives the same words
 * in every process, so that the next one knows its rules again.
 */
#include <stdio.h>

#include "table_private.h"

void nfo_entry_unsay(struct nfo_entry *entry)
{
	nfo_body_unref(entry->said);
	entry->said = NULL;
}

static bool is_same(const struct nfo_body *a, const struct nfo_body *b)
{
	return a && a->hw_only == b->hw_only && nfo_body_equal(a, b);
}

/*
 * @body, whose reference passes, is what is said. If the same lies there, or is
 * on its way, it is that: then nothing will have to be sent.
 */
static void say(struct nfo_entry *entry, struct nfo_body *body)
{
	struct nfo_body *same = NULL;

	if (entry->op.type && is_same(entry->op.body, body))
		same = entry->op.body;
	else if (entry->slot && is_same(entry->slot->body, body))
		same = entry->slot->body;
	else if (is_same(entry->said, body))
		same = entry->said;
	if (same) {
		nfo_body_unref(body);
		body = nfo_body_ref(same);
	}
	nfo_entry_unsay(entry);
	entry->said = body;
}

enum nft_offload_reason nfo_entry_say(struct nfo_entry *entry,
				      const struct nfo_dialect *dialect,
				      char *text, size_t size)
{
	struct nfo_body *wanted = entry->wanted;
	struct nfo_dialect_place place = {
		.chain = wanted->place.chain,
		.indirect = entry->indirect,
	};
	enum nft_offload_reason reason;
	struct nfo_body *body;
	struct nfo_said said;

	entry->dialect = dialect;
	if (!dialect) {
		say(entry, nfo_body_ref(wanted));
		return NFT_OFFLOAD_REASON_NONE;
	}
	reason = nfo_dialect_say(dialect, &wanted->rule, &place, &said);
	if (reason) {
		snprintf(text, size, "%s", said.text);
		nfo_entry_unsay(entry);
		return reason;
	}
	body = said.same ? nfo_body_ref(wanted) :
		nfo_body_new(entry->source, &wanted->place, &said.rule);
	nfo_rule_uninit(&said.rule);
	if (!body) {
		nfo_entry_unsay(entry);
		return NFT_OFFLOAD_REASON_NO_MEMORY;
	}
	/* It is nobody else's yet where it differs from what is wanted. */
	if (!said.same)
		body->hw_only = said.hw_only;
	say(entry, body);
	return NFT_OFFLOAD_REASON_NONE;
}
