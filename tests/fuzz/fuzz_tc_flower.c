// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_tc_flower: any bytes as a TC message. Reading must do no harm, and a
 * rule that was read must come out the same when it is put and read again.
 *
 * For libFuzzer (clang -fsanitize=fuzzer,address,undefined). Built with
 * -DFUZZ_SEEDS, with any compiler, it is a program that writes the rules of
 * the unit tests as seeds into the folder that is its argument.
 */
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule_corpus.h"
#include "tc_flower.h"

#ifndef FUZZ_SEEDS

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t out[NFO_TC_FLOWER_MSG_MAX / 4];
	static const struct nfo_place place = { .ifindex = 1, .prio = 1 };
	static const uint8_t cookie[NFO_COOKIE_LEN];
	struct nfo_place where;
	struct nfo_rule rule, back;
	struct nfo_tc_info info;
	struct nlmsghdr *nlh;
	char text[64];
	int len;

	if (size < sizeof(*nlh))
		return 0;
	/* A copy of just that size, so that reading past it is seen. */
	nlh = malloc(size);
	check(nlh != NULL, "no memory");
	memcpy(nlh, data, size);
	nlh->nlmsg_len = size;
	nlh->nlmsg_type = RTM_NEWTFILTER;
	if (!nfo_tc_flower_parse(nlh, &rule, &where, &info)) {
		nfo_rule_to_string(&rule, text, sizeof(text));
		len = nfo_tc_flower_put(out, sizeof(out), &rule, &place,
					cookie, 0, NULL);
		check(len > 0, "what was read cannot be put");
		check(!nfo_tc_flower_parse((void *)out, &back, NULL, NULL),
		      "what was put cannot be read");
		check(nfo_rule_equal(&rule, &back), "not the same rule");
		check(nfo_rule_hash(&rule) == nfo_rule_hash(&back),
		      "not the same hash");
		nfo_rule_uninit(&back);
		nfo_rule_uninit(&rule);
	}
	free(nlh);
	return 0;
}

#else

static int write_seed(const char *folder, const struct corpus_entry *entry)
{
	static uint32_t msg[NFO_TC_FLOWER_MSG_MAX / 4];
	struct nfo_place place = { .ifindex = 1, .prio = 1, .handle = 1 };
	struct nfo_rule rule;
	char name[4096];
	FILE *file;
	int len, ok;

	nfo_rule_init(&rule);
	entry->make(&rule, 2);
	nfo_rule_normalise(&rule);
	len = nfo_tc_flower_put(msg, sizeof(msg), &rule, &place, NULL, 0,
				NULL);
	nfo_rule_uninit(&rule);
	snprintf(name, sizeof(name), "%s/%s", folder, entry->name);
	file = fopen(name, "wb");
	if (len < 0 || !file) {
		perror(name);
		return 1;
	}
	ok = fwrite(msg, len, 1, file) == 1;
	return fclose(file) || !ok;
}

int main(int argc, char **argv)
{
	int failed = 0;
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (i = 0; i < corpus_size; i++)
		failed |= write_seed(argv[1], &corpus[i]);
	return failed;
}

#endif
