/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_corpus: rules that between them use every match field and every action
 * of the model. For the unit tests of rule and tc_flower, and for the check
 * against a real kernel (tests/cases/lib/tc_flower_probe.c).
 */
#ifndef RULE_CORPUS_H
#define RULE_CORPUS_H

#include <stddef.h>

#include "rule.h"

struct corpus_entry {
	const char	*name;
	/* Fills the initialised rule; packets go out of @ifindex. */
	void		(*make)(struct nfo_rule *rule, uint32_t ifindex);
	/* Not before this kernel: major * 100 + minor; 0: any. */
	int		kernel;
};

extern const struct corpus_entry corpus[];
extern const size_t corpus_size;

/* A policer with this index must be there before rule "police" is put. */
#define CORPUS_POLICER	0x20000001

#endif /* RULE_CORPUS_H */
