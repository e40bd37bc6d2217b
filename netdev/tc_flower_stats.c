// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_stats: cookie, counters and times out of a rule's actions.
 *
 * Facts: tcf_action_dump_terse() of net/sched/act_api.c (kind, counters and
 * cookie, in every dump), net/core/gen_stats.c (BASIC counts software and
 * hardware, BASIC_HW hardware alone; PKT64 follows whichever it extends),
 * tcf_tm_dump() of include/net/act_api.h (times since, in USER_HZ, 1/100 s).
 */
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

/* One tick of USER_HZ, the same on every architecture Linux has a NIC for. */
#define TICK_MS	10

/* The attribute with struct tcf_t in each kind's options. */
static const struct {
	const char	*kind;
	uint16_t	attr;
} times[] = {
	{ "gact", TCA_GACT_TM },
	{ "mirred", TCA_MIRRED_TM },
	{ "pedit", TCA_PEDIT_TM },
	{ "csum", TCA_CSUM_TM },
	{ "vlan", TCA_VLAN_TM },
	{ "mpls", TCA_MPLS_TM },
	{ "tunnel_key", TCA_TUNNEL_KEY_TM },
	{ "ct", TCA_CT_TM },
	{ "police", TCA_POLICE_TM },
	{ "skbedit", TCA_SKBEDIT_TM },
	{ "sample", TCA_SAMPLE_TM },
};

static int parse_counters(const struct nlattr *nest, struct nfo_tc_info *info)
{
	const struct nlattr *attr = NULL;
	uint64_t *packets = NULL, wide;
	struct gnet_stats_basic basic;
	bool bad = false;

	while ((attr = nfo_tc_next(nfo_tc_data(nest), nfo_tc_len(nest), attr,
				   &bad))) {
		switch (nfo_tc_type(attr)) {
		case TCA_STATS_BASIC:
		case TCA_STATS_BASIC_HW:
			memset(&basic, 0, sizeof(basic));
			if (nfo_tc_read(attr, &basic, sizeof(basic)))
				return -EINVAL;
			packets = &info->packets;
			if (nfo_tc_type(attr) == TCA_STATS_BASIC_HW) {
				packets = &info->hw_packets;
				info->hw_bytes = basic.bytes;
			} else {
				info->bytes = basic.bytes;
			}
			*packets = basic.packets;
			break;
		case TCA_STATS_PKT64:
			if (nfo_tc_read(attr, &wide, sizeof(wide)))
				return -EINVAL;
			if (packets)
				*packets = wide;
			break;
		default:
			break;
		}
	}
	return bad ? -EINVAL : 0;
}

static int parse_times(const struct nlattr *kind, const struct nlattr *opts,
		       struct nfo_tc_info *info)
{
	const struct nlattr *tb[TCA_POLICE_TM + 1];
	const char *name = nfo_tc_data(kind);
	size_t len = strnlen(name, nfo_tc_len(kind)), i;
	struct tcf_t tm;

	if (nfo_tc_sort_nest(opts, tb, TCA_POLICE_TM, NULL))
		return -EINVAL;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (strlen(times[i].kind) != len ||
		    memcmp(times[i].kind, name, len) || !tb[times[i].attr])
			continue;
		if (nfo_tc_read(tb[times[i].attr], &tm, sizeof(tm)))
			return -EINVAL;
		info->has_times = true;
		info->age_ms = tm.install * TICK_MS;
		info->idle_ms = tm.lastuse * TICK_MS;
	}
	return 0;
}

static int parse_action(const struct nlattr **tb, struct nfo_tc_info *info)
{
	int err = 0;

	if (tb[TCA_ACT_STATS])
		err = parse_counters(tb[TCA_ACT_STATS], info);
	if (!err && tb[TCA_ACT_KIND] && tb[TCA_ACT_OPTIONS])
		err = parse_times(tb[TCA_ACT_KIND], tb[TCA_ACT_OPTIONS], info);
	return err;
}

int nfo_tc_stats_parse(const struct nlattr *nest, struct nfo_tc_info *info)
{
	const struct nlattr *actions[TCA_ACT_MAX_PRIO + 1];
	const struct nlattr *tb[TCA_ACT_COOKIE + 1];
	int i, err;

	if (nfo_tc_sort_nest(nest, actions, TCA_ACT_MAX_PRIO, NULL))
		return -EINVAL;
	/* The one with a cookie of our length, or else the first. */
	for (i = 1; i <= TCA_ACT_MAX_PRIO && actions[i]; i++) {
		if (nfo_tc_sort_nest(actions[i], tb, TCA_ACT_COOKIE, NULL))
			return -EINVAL;
		if (nfo_tc_read(tb[TCA_ACT_COOKIE], info->cookie,
				NFO_COOKIE_LEN))
			continue;
		info->has_cookie = true;
		return parse_action(tb, info);
	}
	if (!actions[1])
		return 0;
	err = nfo_tc_sort_nest(actions[1], tb, TCA_ACT_COOKIE, NULL);
	return err ? err : parse_action(tb, info);
}
