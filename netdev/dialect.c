// SPDX-License-Identifier: Apache-2.0
/*
 * dialect: what a NIC's driver takes, and how it wants to be told. See
 * dialect.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialect_part.h"

/* As kmod/eswsim calls itself where it simulates another driver. */
#define SIMULATED	"eswsim-"

const struct nfo_dialect *nfo_dialect_find(const char *driver)
{
	size_t len = strlen(SIMULATED);

	if (!driver)
		return &nfo_dialect_generic;
	for (const struct nfo_dialect *const *at = nfo_dialects; *at; at++) {
		if (!strncmp(driver, SIMULATED, len) &&
		    !strcmp(driver + len, (*at)->name))
			return *at;
		for (int i = 0; i < 4 && (*at)->drivers[i]; i++)
			if (!strcmp(driver, (*at)->drivers[i]))
				return *at;
	}
	return &nfo_dialect_generic;
}

bool nfo_dialect_is_full(const struct nfo_dialect *dialect, int err)
{
	if (err < 0)
		err = -err;
	for (int i = 0; i < 4 && dialect->full[i]; i++)
		if (dialect->full[i] == err)
			return true;
	return false;
}

bool nfo_dialect_ttl_safe(const struct nfo_rule *rule)
{
	/* One of the upper bits has to be 1. */
	return rule->mask.ttl & rule->key.ttl & 0xfe;
}

bool nfo_saying_refuse(struct nfo_saying *saying, const char *format, ...)
{
	int len = snprintf(saying->text, NFT_OFFLOAD_TEXT_MAX, "%s: ",
			   saying->dialect->name);
	va_list args;

	va_start(args, format);
	vsnprintf(saying->text + len, NFT_OFFLOAD_TEXT_MAX - len, format, args);
	va_end(args);
	return false;
}

/* A port that stands for what the host receives there, to one without any. */
static bool say_received(struct nfo_saying *saying)
{
	const struct nfo_rule *rule = saying->rule;

	if (saying->dialect->output == NFO_OUTPUT_BOTH)
		return true;
	for (unsigned int i = 0; i < rule->n_actions; i++)
		if ((rule->actions[i].type == NFO_ACT_REDIRECT ||
		     rule->actions[i].type == NFO_ACT_MIRROR) &&
		    rule->actions[i].port.ingress)
			return nfo_saying_refuse(saying, "cannot hand packets to a port as if received there");
	return true;
}

/*
 * Must a rule lie in software as well? As in batch.c, which knows why: on a
 * device that is no driver's, in later chains, with ct or a policer.
 */
static bool say_once(struct nfo_saying *saying)
{
	if (saying->hw_only &&
	    (saying->place->indirect || saying->place->chain ||
	     nfo_rule_has(saying->rule, NFO_ACT_CT) ||
	     nfo_rule_has(saying->rule, NFO_ACT_POLICE)))
		return nfo_saying_refuse(saying, "wants words that software would get wrong");
	return true;
}

enum nft_offload_reason nfo_dialect_say(const struct nfo_dialect *dialect,
					const struct nfo_rule *rule,
					const struct nfo_dialect_place *place,
					struct nfo_said *said)
{
	struct nfo_saying saying = {
		.dialect = dialect,
		.place = place,
		.rule = &said->rule,
		.text = said->text,
	};
	int err;

	memset(said, 0, sizeof(*said));
	nfo_rule_init(&said->rule);
	said->same = true;
	if (dialect->unknown)
		return NFT_OFFLOAD_REASON_NONE;
	if (nfo_rule_copy(&said->rule, rule))
		return NFT_OFFLOAD_REASON_NO_MEMORY;
	if (!say_received(&saying))
		goto refuse;
	err = nfo_saying_rephrase(&saying);
	if (err == -ENOMEM) {
		nfo_rule_uninit(&said->rule);
		return NFT_OFFLOAD_REASON_NO_MEMORY;
	}
	if (err) {
		nfo_saying_refuse(&saying, "needs more actions than TC takes");
		goto refuse;
	}
	nfo_rule_normalise(&said->rule);
	if (!nfo_saying_match(&saying) || !nfo_saying_actions(&saying) ||
	    !nfo_saying_sets(&saying) || !say_once(&saying))
		goto refuse;
	said->hw_only = saying.hw_only;
	said->same = nfo_rule_equal(&said->rule, rule);
	if (said->same)
		nfo_rule_uninit(&said->rule);
	return NFT_OFFLOAD_REASON_NONE;
refuse:
	nfo_rule_uninit(&said->rule);
	return NFT_OFFLOAD_REASON_NIC_UNABLE;
}
