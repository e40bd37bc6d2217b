// SPDX-License-Identifier: Apache-2.0
/* bridge: see bridge.h. Facts: ovs-ofctl(8), ovs-actions(7). */
#include "bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ofrule.h"

#define RULES_FILE	"/tmp/differential.rules"
/* The source address has a part in what is done, so each is a flow of its own. */
#define BELL_RULE	"priority=65535,dl_type=0x88b5," \
			"actions=move:NXM_OF_ETH_SRC[0..31]->NXM_NX_REG0[],IN_PORT\n"

static char rule[8192], command[16384];

/* The datapath forgets at once what came of rules that are no more. */
static int run(void)
{
	return system(command) ? -EINVAL :
	       system("ovs-appctl revalidator/purge >&2") ? -EINVAL : 0;
}

int bridge_load(const struct ruleset *set)
{
	FILE *to = fopen(RULES_FILE, "w");
	unsigned int i;

	if (!to)
		return -errno;
	fputs(BELL_RULE, to);
	for (i = 0; i < set->n; i++) {
		const struct ruleset_entry *entry = &set->entries[i];

		if (!entry->there)
			continue;
		ofrule_write(&entry->rule, entry->port + 1, entry->prio, rule, sizeof(rule));
		fprintf(to, "%s\n", rule);
	}
	if (fclose(to))
		return -errno;
	snprintf(command, sizeof(command),
		 "for b in hbr sbr; do ovs-ofctl -O OpenFlow15 replace-flows $b %s >&2 || exit 1; done",
		 RULES_FILE);
	return run();
}

int bridge_put(const struct ruleset *set, unsigned int i, bool there)
{
	const struct ruleset_entry *entry = &set->entries[i];

	ofrule_write(&entry->rule, entry->port + 1, entry->prio, rule, sizeof(rule));
	if (!there)
		*strstr(rule, ",actions=") = '\0';
	snprintf(command, sizeof(command),
		 "for b in hbr sbr; do ovs-ofctl -O OpenFlow15 %s $b '%s' >&2 || exit 1; done",
		 there ? "add-flow" : "--strict del-flows", rule);
	return run();
}
