// SPDX-License-Identifier: Apache-2.0
/*
 * tc_police: see tc_police.h.
 */
#include "tc_police.h"

#include <errno.h>
#include <string.h>

#include "tc_attr.h"
#include "tc_compat.h"

/* Nanoseconds in a tick of the packet scheduler's clock. */
#define TICK_NS		64
#define NS_PER_S	1000000000ull

/*
 * The rate table that act_police.c wants beside a rate in bytes. Since Linux
 * 3.8 nothing reads what is in it.
 */
#define RATE_TABLE_SIZE	1024

/* Longer frames exceed the policer: longer ones there are not, but by GSO. */
#define FRAME_MAX	65535

#define COOKIE_LEN	12
static const uint8_t cookie_head[8] = { 'n', 'f', 't', 'o', 1, NFO_SOURCE_OVS };

/* --- time and amounts --- */

/* How long @amount takes at @rate per second, in ticks. */
static uint64_t ticks_of(uint64_t amount, uint64_t rate)
{
	unsigned __int128 ns = (unsigned __int128)amount * NS_PER_S / rate;
	uint64_t ticks = ns / TICK_NS > UINT64_MAX / TICK_NS ?
			 UINT64_MAX / TICK_NS : (uint64_t)(ns / TICK_NS);

	return ticks ? ticks : 1;
}

/* The way back, rounded: a tick is less than a byte at most rates. */
static uint64_t amount_of(uint64_t ticks, uint64_t rate)
{
	unsigned __int128 n = (unsigned __int128)ticks * TICK_NS * rate;

	return (n + NS_PER_S / 2) / NS_PER_S;
}

/* --- requests --- */

/* A message about actions, up to the first one's attributes. */
struct request {
	struct nfo_tc_writer w;
	struct nlmsghdr *nlh;
	size_t tab;
	size_t action;
};

static void request_start(struct request *r, void *buf, size_t size,
			  uint16_t type, uint16_t flags)
{
	struct tcamsg *tcam;

	*r = (struct request){ .w = { .buf = buf, .size = size } };
	r->nlh = nfo_tc_reserve(&r->w, sizeof(*r->nlh));
	tcam = nfo_tc_reserve(&r->w, sizeof(*tcam));
	if (!r->nlh || !tcam)
		return;
	r->nlh->nlmsg_type = type;
	r->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	tcam->tca_family = AF_UNSPEC;
	r->tab = nfo_tc_nest(&r->w, TCA_ACT_TAB);
	r->action = nfo_tc_nest(&r->w, 1);
	nfo_tc_put_str(&r->w, TCA_ACT_KIND, "police");
}

static int request_end(struct request *r)
{
	nfo_tc_nest_end(&r->w, r->action);
	nfo_tc_nest_end(&r->w, r->tab);
	if (r->w.err)
		return r->w.err;
	r->nlh->nlmsg_len = r->w.len;
	return r->w.len;
}

static void put_limits(struct nfo_tc_writer *w, const struct nfo_police *police)
{
	uint64_t burst = ticks_of(police->burst, police->rate);
	struct tc_police parms = {
		.index = police->index,
		.action = TC_ACT_SHOT,
		.mtu = FRAME_MAX,
	};
	uint8_t table[RATE_TABLE_SIZE] = { 0 };

	if (police->by_packets) {
		nfo_tc_put(w, TCA_POLICE_PKTRATE64, &police->rate, 8);
		nfo_tc_put(w, TCA_POLICE_PKTBURST64, &burst, 8);
	} else {
		parms.burst = burst < UINT32_MAX ? burst : UINT32_MAX;
		parms.rate.rate = police->rate < UINT32_MAX ?
				  police->rate : UINT32_MAX;
		/* Both only so that the kernel does not guess by the table. */
		parms.rate.cell_log = 9;
		parms.rate.linklayer = TC_LINKLAYER_ETHERNET;
		nfo_tc_put(w, TCA_POLICE_RATE, table, sizeof(table));
		if (police->rate > UINT32_MAX)
			nfo_tc_put(w, TCA_POLICE_RATE64, &police->rate, 8);
	}
	nfo_tc_put(w, TCA_POLICE_TBF, &parms, sizeof(parms));
	nfo_tc_put_u32(w, TCA_POLICE_RESULT, TC_ACT_PIPE);
}

int nfo_tc_police_put(void *buf, size_t size, const struct nfo_police *police,
		      uint32_t flags)
{
	uint16_t how = flags & NFO_TC_REPLACE ? NLM_F_REPLACE : NLM_F_EXCL;
	struct nla_bitfield32 act_flags = { 0 };
	uint8_t cookie[COOKIE_LEN] = { 0 };
	struct request r;
	size_t options;

	if (!police->index || !police->rate ||
	    (flags & NFO_TC_SKIP_SW && flags & NFO_TC_SKIP_HW))
		return -EINVAL;
	if (flags & NFO_TC_SKIP_SW)
		act_flags.value |= TCA_ACT_FLAGS_SKIP_SW;
	if (flags & NFO_TC_SKIP_HW)
		act_flags.value |= TCA_ACT_FLAGS_SKIP_HW;
	act_flags.selector = act_flags.value;
	memcpy(cookie, cookie_head, sizeof(cookie_head));
	for (int i = 0; i < 4; i++)
		cookie[8 + i] = police->meter >> (24 - 8 * i);

	request_start(&r, buf, size, RTM_NEWACTION, NLM_F_CREATE | how);
	nfo_tc_put(&r.w, TCA_ACT_COOKIE, cookie, sizeof(cookie));
	if (act_flags.value)
		nfo_tc_put(&r.w, TCA_ACT_FLAGS, &act_flags, sizeof(act_flags));
	options = nfo_tc_nest(&r.w, TCA_ACT_OPTIONS);
	put_limits(&r.w, police);
	nfo_tc_nest_end(&r.w, options);
	return request_end(&r);
}

static int put_one(void *buf, size_t size, uint16_t type, uint32_t index)
{
	struct request r;

	if (!index)
		return -EINVAL;
	request_start(&r, buf, size, type, 0);
	nfo_tc_put_u32(&r.w, TCA_ACT_INDEX, index);
	return request_end(&r);
}

int nfo_tc_police_get(void *buf, size_t size, uint32_t index)
{
	return put_one(buf, size, RTM_GETACTION, index);
}

int nfo_tc_police_del(void *buf, size_t size, uint32_t index)
{
	return put_one(buf, size, RTM_DELACTION, index);
}

int nfo_tc_police_dump(void *buf, size_t size)
{
	struct request r;

	request_start(&r, buf, size, RTM_GETACTION, NLM_F_DUMP);
	return request_end(&r);
}

/* --- answers --- */

static int parse_counters(const struct nlattr *nest,
			  struct nfo_police_info *info)
{
	const struct nlattr *attr = NULL;
	struct gnet_stats_queue queue;
	struct gnet_stats_basic basic;
	bool bad = false, hw = false;

	while ((attr = nfo_tc_next(nfo_tc_data(nest), nfo_tc_len(nest), attr,
				   &bad))) {
		switch (nfo_tc_type(attr)) {
		case TCA_STATS_BASIC:
			memset(&basic, 0, sizeof(basic));
			if (nfo_tc_read(attr, &basic, sizeof(basic)))
				return -EINVAL;
			info->bytes = basic.bytes;
			info->packets = basic.packets;
			hw = false;
			break;
		case TCA_STATS_BASIC_HW:
			/* What hardware counted is in BASIC, too. */
			hw = true;
			break;
		case TCA_STATS_PKT64:
			/* The number before it in full, where 32 bits do not do. */
			if (!hw && nfo_tc_read(attr, &info->packets, 8))
				return -EINVAL;
			break;
		case TCA_STATS_QUEUE:
			if (nfo_tc_read(attr, &queue, sizeof(queue)))
				return -EINVAL;
			info->dropped = queue.drops;
			break;
		default:
			break;
		}
	}
	return bad ? -EINVAL : 0;
}

static int parse_limits(const struct nlattr *options,
			struct nfo_police_info *info)
{
	const struct nlattr *tb[TCA_POLICE_PKTBURST64 + 1];
	struct nfo_police *police = &info->police;
	struct tc_police parms;
	uint64_t burst;

	if (nfo_tc_sort_nest(options, tb, TCA_POLICE_PKTBURST64, NULL) ||
	    nfo_tc_read(tb[TCA_POLICE_TBF], &parms, sizeof(parms)))
		return -EINVAL;
	police->index = parms.index;
	info->bound = parms.bindcnt;
	police->rate = parms.rate.rate;
	burst = parms.burst;
	if (tb[TCA_POLICE_RATE64] &&
	    nfo_tc_read(tb[TCA_POLICE_RATE64], &police->rate, 8))
		return -EINVAL;
	police->by_packets = tb[TCA_POLICE_PKTRATE64];
	if (police->by_packets &&
	    (nfo_tc_read(tb[TCA_POLICE_PKTRATE64], &police->rate, 8) ||
	     nfo_tc_read(tb[TCA_POLICE_PKTBURST64], &burst, 8)))
		return -EINVAL;
	police->burst = amount_of(burst, police->rate);
	return 0;
}

static void parse_cookie(const struct nlattr *attr, struct nfo_police_info *info)
{
	uint8_t cookie[COOKIE_LEN];

	if (nfo_tc_read(attr, cookie, sizeof(cookie)) ||
	    memcmp(cookie, cookie_head, sizeof(cookie_head)))
		return;
	info->ours = true;
	for (int i = 0; i < 4; i++)
		info->police.meter = info->police.meter << 8 | cookie[8 + i];
}

static int parse_action(const struct nlattr *action, nfo_tc_police_fn *fn,
			void *arg)
{
	const struct nlattr *tb[TCA_ACT_IN_HW_COUNT + 1];
	struct nla_bitfield32 flags = { 0 };
	struct nfo_police_info info = { 0 };
	int err;

	if (nfo_tc_sort_nest(action, tb, TCA_ACT_IN_HW_COUNT, NULL) ||
	    !tb[TCA_ACT_KIND])
		return -EINVAL;
	if (nfo_tc_len(tb[TCA_ACT_KIND]) != sizeof("police") ||
	    memcmp(nfo_tc_data(tb[TCA_ACT_KIND]), "police", sizeof("police")))
		return 0;
	if (!tb[TCA_ACT_OPTIONS])
		return -EINVAL;
	err = parse_limits(tb[TCA_ACT_OPTIONS], &info);
	if (!err && tb[TCA_ACT_STATS])
		err = parse_counters(tb[TCA_ACT_STATS], &info);
	if (!err && tb[TCA_ACT_FLAGS])
		err = nfo_tc_read(tb[TCA_ACT_FLAGS], &flags, sizeof(flags));
	if (!err && tb[TCA_ACT_IN_HW_COUNT])
		err = nfo_tc_read(tb[TCA_ACT_IN_HW_COUNT], &info.in_hw_count,
				  4);
	if (err)
		return err;
	info.skip_sw = flags.value & TCA_ACT_FLAGS_SKIP_SW;
	info.skip_hw = flags.value & TCA_ACT_FLAGS_SKIP_HW;
	parse_cookie(tb[TCA_ACT_COOKIE], &info);
	fn(arg, &info);
	return 0;
}

int nfo_tc_police_parse(const struct nlmsghdr *nlh, nfo_tc_police_fn *fn,
			void *arg)
{
	const struct nlattr *tb[TCA_ACT_TAB + 1], *action = NULL;
	const size_t head = NLMSG_LENGTH(sizeof(struct tcamsg));
	bool bad = false;

	if (nlh->nlmsg_len < head ||
	    nfo_tc_sort((const uint8_t *)nlh + head, nlh->nlmsg_len - head, tb,
			TCA_ACT_TAB, NULL))
		return -EINVAL;
	if (!tb[TCA_ACT_TAB])
		return 0;
	while ((action = nfo_tc_next(nfo_tc_data(tb[TCA_ACT_TAB]),
				     nfo_tc_len(tb[TCA_ACT_TAB]), action,
				     &bad)))
		if (parse_action(action, fn, arg))
			return -EINVAL;
	return bad ? -EINVAL : 0;
}
