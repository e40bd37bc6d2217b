// SPDX-License-Identifier: Apache-2.0
/*
 * dialect_probe: what is said to a NIC, it takes. Usage:
 *
 *	dialect_probe IN OUT
 *
 * Puts the rules of the unit tests' corpora one by one on port IN, to port OUT,
 * for hardware alone. Each must be refused by the dialect of the port's driver
 * or be taken by the driver; one that was taken must be known again by the next
 * process, and not be sent once more. Says how many of each there were; exits
 * with 1 and a line for each rule where it is not so. Rules that need more than
 * two ports (tunnels, policers, conntrack, chains, mirrors) are left out.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "dialect_corpus.h"
#include "reason.h"
#include "rule_field.h"
#include "table.h"

#define SOURCE	NFO_SOURCE_OVS

struct probe {
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;
	struct nfo_table *table;
	struct nfo_batch *batch;
	uint32_t in;
	uint32_t out;
	/* What was told last. */
	enum nfo_state state;
	enum nft_offload_reason reason;
	char text[NFT_OFFLOAD_TEXT_MAX];
};

static void told(void *arg, const struct nfo_view *view)
{
	struct probe *probe = arg;

	probe->state = view->state;
	probe->reason = view->reason;
	snprintf(probe->text, sizeof(probe->text), "%s", view->text);
}

static int start(struct probe *probe)
{
	struct nfo_table_config config = {
		.eswitch = probe->eswitch,
		.sources = 1U << SOURCE,
	};
	int err = nfo_rtnl_open(&probe->rtnl);

	if (!err)
		err = nfo_table_create(&probe->table, &config);
	if (!err)
		err = nfo_batch_open(&probe->batch, probe->table, probe->rtnl,
				     told, probe);
	return err;
}

static void stop(struct probe *probe)
{
	nfo_batch_close(probe->batch);
	nfo_table_destroy(probe->table);
	nfo_rtnl_close(probe->rtnl);
}

/* Has it a place, and can two ports of one NIC show what becomes of it? */
static bool is_fit(const struct nfo_rule *rule)
{
	static const enum nfo_action_type others[] = {
		NFO_ACT_GOTO, NFO_ACT_MIRROR, NFO_ACT_TUNNEL_SET,
		NFO_ACT_TUNNEL_RELEASE, NFO_ACT_CT, NFO_ACT_POLICE,
		NFO_ACT_CHECK_PKT_LEN, NFO_ACT_SKBEDIT_PTYPE, NFO_ACT_SAMPLE,
	};

	if (!nfo_band_prio(SOURCE, nfo_rule_protocol(rule)))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (nfo_rule_has(rule, others[i]))
			return false;
	for (size_t i = 0; i < nfo_n_fields; i++)
		if ((!strncmp(nfo_fields[i].name, "enc_", 4) ||
		     !strncmp(nfo_fields[i].name, "ct_", 3) ||
		     !strcmp(nfo_fields[i].name, "vxlan_gbp")) &&
		    !nfo_field_empty((const char *)&rule->mask +
				     nfo_fields[i].offset, nfo_fields[i].size))
			return false;
	return !rule->geneve;
}

static void put(struct probe *probe, const struct nfo_rule *rule)
{
	const struct nfo_place where = { .ifindex = probe->in };

	probe->state = NFO_STATE_GONE;
	if (!nfo_table_put(probe->batch, SOURCE, nfo_id(1), &where, rule, NULL,
			   NULL))
		nfo_table_commit(probe->batch);
}

/* Lies @rule there, and does the next process know it? NULL: yes. */
static const char *adopts(struct probe *probe, const struct nfo_rule *rule)
{
	struct nfo_table_stats stats;

	stop(probe);
	if (start(probe))
		return "no second table";
	if (nfo_table_read_back(probe->batch) != 1)
		return "it is not read back";
	put(probe, rule);
	nfo_table_stats(probe->table, &stats);
	if (probe->state != NFO_STATE_IN_HW)
		return "it is not in hardware for the next process";
	return stats.adopted == 1 && !stats.added && !stats.replaced ? NULL :
	       "the next process sends it again";
}

/* 1: in hardware, 0: not to be said, -1: not as it should be. */
static int try_rule(struct probe *probe, const struct corpus_entry *entry)
{
	const char *wrong = NULL;
	struct nfo_rule rule;
	int ret = 0;

	nfo_rule_init(&rule);
	entry->make(&rule, probe->out);
	nfo_rule_normalise(&rule);
	if (!is_fit(&rule))
		goto out;
	put(probe, &rule);
	if (probe->state == NFO_STATE_IN_HW) {
		ret = 1;
		wrong = adopts(probe, &rule);
	} else if (probe->reason != NFT_OFFLOAD_REASON_NIC_UNABLE) {
		wrong = nfo_reason_name(probe->reason);
	}
	if (wrong) {
		fprintf(stderr, "%s: %s %s\n", entry->name, wrong, probe->text);
		ret = -1;
	}
	nfo_table_clear(probe->batch);
out:
	nfo_rule_uninit(&rule);
	return ret;
}

int main(int argc, char **argv)
{
	struct probe probe = { 0 };
	unsigned int n[3] = { 0 };
	struct nfo_port port;

	if (argc != 3) {
		fprintf(stderr, "usage: dialect_probe IN OUT\n");
		return 2;
	}
	probe.in = if_nametoindex(argv[1]);
	probe.out = if_nametoindex(argv[2]);
	if (nfo_eswitch_create(&probe.eswitch) || start(&probe) ||
	    nfo_eswitch_port(probe.eswitch, probe.in, &port) || !port.dialect) {
		fprintf(stderr, "dialect_probe: no port of a NIC\n");
		return 1;
	}
	for (size_t i = 0; i < corpus_size; i++)
		n[1 + try_rule(&probe, &corpus[i])]++;
	for (size_t i = 0; i < dialect_corpus_size; i++)
		n[1 + try_rule(&probe, &dialect_corpus[i])]++;
	printf("%s: %u rules in hardware and known again, %u not told or left out, %u wrong\n",
	       port.dialect->name, n[2], n[1], n[0]);
	stop(&probe);
	nfo_eswitch_destroy(probe.eswitch);
	return n[0] || !n[2];
}
