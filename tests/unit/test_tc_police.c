// SPDX-License-Identifier: Apache-2.0
/*
 * test_tc_police: a policer comes back as it was put, with its mark; counters
 * are read; broken messages do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tc_attr.h"
#include "tc_compat.h"
#include "tc_police.h"

/* What nfo_tc_police_parse() tells, at most so many. */
struct heard {
	struct nfo_police_info infos[4];
	size_t n;
};

static void hear(void *arg, const struct nfo_police_info *info)
{
	struct heard *heard = arg;

	assert_true(heard->n < 4);
	heard->infos[heard->n++] = *info;
}

static uint32_t message[NFO_TC_POLICE_MSG_MAX / 4];

static struct nfo_police_info again(const struct nfo_police *police,
				    uint32_t flags)
{
	struct nlmsghdr *nlh = (void *)message;
	struct heard heard = { .n = 0 };
	int len = nfo_tc_police_put(message, sizeof(message), police, flags);

	assert_true(len > 0);
	assert_int_equal(nlh->nlmsg_len, len);
	assert_int_equal(nlh->nlmsg_type, RTM_NEWACTION);
	assert_int_equal(nfo_tc_police_parse(nlh, hear, &heard), 0);
	assert_int_equal(heard.n, 1);
	return heard.infos[0];
}

static void comes_back(void **state)
{
	struct nfo_police police = {
		.index = 0x20000007,
		.meter = 0x01020304,
		.rate = 125000,
		.burst = 40000,
	};
	struct nlmsghdr *nlh = (void *)message;
	struct nfo_police_info info;

	(void)state;
	info = again(&police, NFO_TC_SKIP_SW);
	assert_true(nlh->nlmsg_flags & NLM_F_EXCL);
	assert_true(info.ours && info.skip_sw && !info.skip_hw);
	assert_int_equal(info.police.index, police.index);
	assert_int_equal(info.police.meter, police.meter);
	assert_int_equal(info.police.rate, 125000);
	assert_int_equal(info.police.burst, 40000);
	assert_false(info.police.by_packets);

	info = again(&police, NFO_TC_REPLACE);
	assert_true(nlh->nlmsg_flags & NLM_F_REPLACE);
	assert_false(nlh->nlmsg_flags & NLM_F_EXCL);
	assert_false(info.skip_sw || info.skip_hw);

	police.by_packets = true;
	police.rate = 1000;
	police.burst = 250;
	info = again(&police, NFO_TC_SKIP_HW);
	assert_true(info.police.by_packets && info.skip_hw);
	assert_int_equal(info.police.rate, 1000);
	assert_int_equal(info.police.burst, 250);
}

/* 400 Gbit/s does not fit 32 bits; a burst of hours does not fit the field. */
static void large_and_small(void **state)
{
	struct nfo_police police = {
		.index = 1,
		.rate = 50000000000ull,
		.burst = 50000000000ull,
	};
	struct nfo_police_info info;

	(void)state;
	info = again(&police, 0);
	assert_int_equal(info.police.rate, police.rate);
	assert_int_equal(info.police.burst, police.burst);

	police.rate = 1;
	police.burst = UINT32_MAX;
	info = again(&police, 0);
	/* 2^32 ticks of 64 ns. */
	assert_int_equal(info.police.burst, 275);

	/* A burst is never nothing: the kernel has no such policer. */
	police.by_packets = true;
	police.rate = UINT64_MAX;
	police.burst = 0;
	again(&police, 0);
}

static void refused(void **state)
{
	struct nfo_police police = { .index = 1, .rate = 1 };
	uint32_t flags = NFO_TC_SKIP_SW | NFO_TC_SKIP_HW;

	(void)state;
	assert_int_equal(nfo_tc_police_put(message, sizeof(message), &police,
					   flags), -EINVAL);
	assert_int_equal(nfo_tc_police_put(message, 64, &police, 0),
			 -EMSGSIZE);
	police.rate = 0;
	assert_int_equal(nfo_tc_police_put(message, sizeof(message), &police,
					   0), -EINVAL);
	assert_int_equal(nfo_tc_police_get(message, sizeof(message), 0),
			 -EINVAL);
	assert_int_equal(nfo_tc_police_del(message, sizeof(message), 0),
			 -EINVAL);
}

/* One action as the kernel tells it, put into @w. */
static void put_told(struct nfo_tc_writer *w, uint16_t at, const char *kind,
		     const char *cookie, uint32_t index)
{
	struct gnet_stats_basic basic = { .bytes = 3000, .packets = 30 };
	struct gnet_stats_basic hw = { .bytes = 2000, .packets = 20 };
	struct gnet_stats_queue queue = { .drops = 7, .overlimits = 9 };
	struct tc_police parms = { .index = index, .bindcnt = 2 };
	uint64_t packets = 1ull << 33, hw_packets = 1ull << 34;
	size_t action, nest;

	action = nfo_tc_nest(w, at);
	nfo_tc_put_str(w, TCA_ACT_KIND, kind);
	nest = nfo_tc_nest(w, TCA_ACT_STATS);
	nfo_tc_put(w, TCA_STATS_BASIC, &basic, sizeof(basic));
	nfo_tc_put(w, TCA_STATS_PKT64, &packets, sizeof(packets));
	nfo_tc_put(w, TCA_STATS_BASIC_HW, &hw, sizeof(hw));
	nfo_tc_put(w, TCA_STATS_PKT64, &hw_packets, sizeof(hw_packets));
	nfo_tc_put(w, TCA_STATS_QUEUE, &queue, sizeof(queue));
	nfo_tc_nest_end(w, nest);
	nfo_tc_put(w, TCA_ACT_COOKIE, cookie, strlen(cookie));
	nfo_tc_put_u32(w, TCA_ACT_IN_HW_COUNT, 1);
	nest = nfo_tc_nest(w, TCA_ACT_OPTIONS);
	nfo_tc_put(w, TCA_POLICE_TBF, &parms, sizeof(parms));
	nfo_tc_nest_end(w, nest);
	nfo_tc_nest_end(w, action);
}

/* A dump as of net/sched/act_api.c: actions are numbered from 0. */
static size_t make_dump(void *buf, size_t size)
{
	struct nfo_tc_writer w = { .buf = buf, .size = size };
	struct nlmsghdr *nlh = nfo_tc_reserve(&w, sizeof(*nlh));
	size_t tab;

	nfo_tc_reserve(&w, sizeof(struct tcamsg));
	nfo_tc_put_u32(&w, TCA_ROOT_COUNT, 3);
	tab = nfo_tc_nest(&w, TCA_ACT_TAB);
	put_told(&w, 0, "police", "somebody's 1", 5);
	put_told(&w, 1, "gact", "somebody's 2", 6);
	put_told(&w, 2, "police", "nfto", 8);
	nfo_tc_nest_end(&w, tab);
	assert_int_equal(w.err, 0);
	nlh->nlmsg_len = w.len;
	return w.len;
}

static void counters(void **state)
{
	struct heard heard = { .n = 0 };

	(void)state;
	make_dump(message, sizeof(message));
	assert_int_equal(nfo_tc_police_parse((void *)message, hear, &heard),
			 0);
	assert_int_equal(heard.n, 2);
	assert_int_equal(heard.infos[0].police.index, 5);
	assert_int_equal(heard.infos[1].police.index, 8);
	/* Cookies of another length or with other bytes are not ours. */
	assert_false(heard.infos[0].ours || heard.infos[1].ours);
	assert_int_equal(heard.infos[0].packets, 1ull << 33);
	assert_int_equal(heard.infos[0].bytes, 3000);
	assert_int_equal(heard.infos[0].dropped, 7);
	assert_int_equal(heard.infos[0].bound, 2);
	assert_int_equal(heard.infos[0].in_hw_count, 1);
	assert_int_equal(heard.infos[0].police.rate, 0);
}

/* Cut at every length, and each byte changed: no access outside. */
static void broken(void **state)
{
	size_t len = make_dump(message, sizeof(message));
	struct nlmsghdr *copy = malloc(len);

	(void)state;
	assert_non_null(copy);
	for (size_t cut = sizeof(*copy); cut < len; cut += 4) {
		struct nlmsghdr *part = malloc(cut);
		struct heard heard = { .n = 0 };

		assert_non_null(part);
		memcpy(part, message, cut);
		part->nlmsg_len = cut;
		nfo_tc_police_parse(part, hear, &heard);
		/* The last policer is whole only in the whole message. */
		assert_true(heard.n < 2);
		free(part);
	}
	for (size_t i = sizeof(*copy); i < len; i++) {
		struct heard heard = { .n = 0 };

		memcpy(copy, message, len);
		((uint8_t *)copy)[i] ^= 0xff;
		nfo_tc_police_parse(copy, hear, &heard);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(large_and_small),
		cmocka_unit_test(refused),
		cmocka_unit_test(counters),
		cmocka_unit_test(broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
