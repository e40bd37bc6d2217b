// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_dialect: any bytes as a TC message, and the rule that they are said to
 * each NIC. What is said must be nothing that the driver gets wrong, mean what
 * the rule means, be taken by TC, and come out the same when said again.
 *
 * For libFuzzer; seeds are those of fuzz_tc_flower.
 */
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "dialect_judge.h"
#include "tc_flower.h"

static void check(const char *wrong, const char *who)
{
	if (!wrong)
		return;
	fprintf(stderr, "%s: %s\n", who, wrong);
	abort();
}

/* Says @rule to one NIC. */
static void say(const struct dialect_judge *judge, const struct nfo_rule *rule)
{
	static const struct nfo_dialect_place place;
	static const struct nfo_place where = { .ifindex = 1, .prio = 1 };
	static const uint8_t cookie[NFO_COOKIE_LEN];
	static uint32_t out[NFO_TC_FLOWER_MSG_MAX / 4];
	const struct nfo_dialect *dialect;
	const struct nfo_rule *told;
	struct nfo_said said, again;
	char driver[32];

	snprintf(driver, sizeof(driver), "eswsim-%s", judge->name);
	dialect = nfo_dialect_find(driver);
	if (nfo_dialect_say(dialect, rule, &place, &said)) {
		check(*said.text ? NULL : "refused without words", judge->name);
		return;
	}
	told = said.same ? rule : &said.rule;
	check(judge->wrong(told), judge->name);
	check(dialect_other_meaning(rule, told), judge->name);
	check(nfo_tc_flower_put(out, sizeof(out), told, &where, cookie, 0,
				NULL) > 0 ? NULL : "cannot be put", judge->name);
	if (dialect->output != NFO_OUTPUT_IN) {
		check(nfo_dialect_say(dialect, told, &place, &again) ?
		      "refused when said again" : NULL, judge->name);
		check(again.same ? NULL : "said otherwise again", judge->name);
		nfo_rule_uninit(&again.rule);
	}
	nfo_rule_uninit(&said.rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *nlh;
	struct nfo_rule rule;

	if (size < sizeof(*nlh))
		return 0;
	nlh = malloc(size);
	check(nlh ? NULL : "no memory", "fuzz");
	memcpy(nlh, data, size);
	nlh->nlmsg_len = size;
	nlh->nlmsg_type = RTM_NEWTFILTER;
	if (!nfo_tc_flower_parse(nlh, &rule, NULL, NULL)) {
		for (int i = 0; i < DIALECT_JUDGES; i++)
			say(&dialect_judges[i], &rule);
		nfo_rule_uninit(&rule);
	}
	free(nlh);
	return 0;
}
