// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_flowtable: any bytes as a FLOW_NEW message. Nothing may be read beyond
 * them, and a rule that comes out must be whole: normalised, with an output
 * as its last action, and with TTL decremented.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flowtable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rule(const struct nfo_rule *rule)
{
	bool decrements = false;
	struct nfo_rule copy;
	int i;

	if (nfo_rule_copy(&copy, rule) < 0)
		return;
	nfo_rule_normalise(&copy);
	if (!nfo_rule_equal(&copy, rule) || !rule->n_actions)
		abort();
	for (i = 0; i < rule->n_actions; i++)
		decrements |= rule->actions[i].type == NFO_ACT_DEC_TTL;
	if (!decrements ||
	    rule->actions[rule->n_actions - 1].type != NFO_ACT_REDIRECT)
		abort();
	nfo_rule_uninit(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nfo_flowtable_flow flow;
	struct nlmsghdr *nlh;
	struct nfo_rule rule;

	if (size > 65536)
		return 0;
	nlh = malloc(NLMSG_HDRLEN + size);
	if (!nlh)
		return 0;
	memset(nlh, 0, NLMSG_HDRLEN);
	nlh->nlmsg_len = NLMSG_HDRLEN + size;
	memcpy((uint8_t *)nlh + NLMSG_HDRLEN, data, size);
	if (nfo_flowtable_parse(nlh, &flow) == 0) {
		if (nfo_flowtable_translate(&flow, 1500, &rule) ==
		    NFT_OFFLOAD_REASON_NONE)
			check_rule(&rule);
		nfo_rule_uninit(&rule);
	}
	free(nlh);
	return 0;
}
