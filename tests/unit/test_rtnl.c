// SPDX-License-Identifier: Apache-2.0
/*
 * test_rtnl: batches, answers and dumps against a fake kernel.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_tc.h"
#include "rtnl.h"
#include "tc_flower.h"

struct outcome {
	int calls;
	int err;
	char text[64];
	struct nfo_rtnl *requeue;	/* queue one more from inside */
};

static void done(void *arg, int err, const char *text);

/* Queues a rule on port 2 that matches TCP source port @port. */
static void queue_rule(struct nfo_rtnl *rtnl, uint16_t port,
		       struct outcome *outcome)
{
	struct nfo_place place = {
		.ifindex = 2, .prio = 13, .handle = 1 + port,
	};
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	rule.key.eth_type = htons(0x0800);
	rule.mask.eth_type = 0xffff;
	rule.key.ip_proto = IPPROTO_TCP;
	rule.mask.ip_proto = 0xff;
	rule.key.sport = htons(port);
	rule.mask.sport = 0xffff;
	nfo_rule_add_redirect(&rule, 3);
	assert_true(nfo_tc_flower_put(nfo_rtnl_room(rtnl), NFO_RTNL_MSG_MAX,
				      &rule, &place, NULL, NFO_TC_SKIP_SW,
				      NULL) > 0);
	assert_int_equal(nfo_rtnl_queue(rtnl, done, NULL, outcome), 0);
	nfo_rule_uninit(&rule);
}

static void done(void *arg, int err, const char *text)
{
	struct outcome *outcome = arg;

	outcome->calls++;
	outcome->err = err;
	strncpy(outcome->text, text, sizeof(outcome->text) - 1);
	if (outcome->requeue)
		queue_rule(outcome->requeue, 9999, &outcome[1]);
}

static void test_batch(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct outcome outcome[600] = { 0 };

	(void)state;
	for (int i = 0; i < 600; i++)
		queue_rule(rtnl, i, &outcome[i]);
	assert_int_equal(nfo_rtnl_queued(rtnl), 600);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(nfo_rtnl_queued(rtnl), 0);
	assert_int_equal(tc->news, 600);
	assert_int_equal(tc->sends, 3);
	for (int i = 0; i < 600; i++) {
		assert_int_equal(outcome[i].calls, 1);
		assert_int_equal(outcome[i].err, 0);
	}
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

static void test_errors(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct outcome outcome[4] = { 0 };

	(void)state;
	queue_rule(rtnl, 1, &outcome[0]);
	queue_rule(rtnl, 1, &outcome[1]);
	queue_rule(rtnl, 2, &outcome[2]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(outcome[0].err, 0);
	assert_int_equal(outcome[1].err, -EEXIST);
	assert_int_equal(outcome[2].err, 0);

	/* The last one fails: its error is the answer. */
	tc->fail_news = 2;
	tc->fail_err = -EOPNOTSUPP;
	tc->fail_text = "no such thing";
	queue_rule(rtnl, 3, &outcome[0]);
	queue_rule(rtnl, 4, &outcome[1]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(outcome[0].err, -EOPNOTSUPP);
	assert_string_equal(outcome[0].text, "no such thing");
	assert_int_equal(outcome[1].err, -EOPNOTSUPP);
	assert_int_equal(outcome[1].calls, 2);
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

static void test_lost(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct outcome outcome[3] = { 0 };

	(void)state;
	tc->lose = 1;
	for (int i = 0; i < 3; i++)
		queue_rule(rtnl, i, &outcome[i]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(outcome[i].err, NFO_RTNL_LOST);
	/* The next batch is not confused by it. */
	queue_rule(rtnl, 7, &outcome[0]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(outcome[0].err, 0);
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

static void test_smaller(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct outcome outcome[8] = { 0 };
	unsigned int sends;

	(void)state;
	for (int round = 0; round < 2; round++) {
		tc->lose = !round;
		sends = tc->sends;
		for (int i = 0; i < 8; i++)
			queue_rule(rtnl, 8 * round + i, &outcome[i]);
		assert_int_equal(nfo_rtnl_flush(rtnl), 0);
		/* Where eight answers were too many four are asked for. */
		assert_int_equal(tc->sends - sends, round ? 2 : 1);
	}
	for (int i = 0; i < 8; i++)
		assert_int_equal(outcome[i].err, 0);
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

static void test_emsgsize(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct outcome outcome[100] = { 0 };

	(void)state;
	tc->send_max = 2000;
	for (int i = 0; i < 100; i++)
		queue_rule(rtnl, i, &outcome[i]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(tc->news, 100);
	assert_true(tc->sends > 5);

	/* Not even one fits: it fails, alone. */
	tc->send_max = 10;
	queue_rule(rtnl, 200, &outcome[0]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(outcome[0].err, -EMSGSIZE);
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

static void test_requeue(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct outcome outcome[2] = { { .requeue = rtnl } };

	(void)state;
	queue_rule(rtnl, 1, &outcome[0]);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(outcome[1].calls, 0);
	assert_int_equal(nfo_rtnl_queued(rtnl), 1);
	assert_int_equal(nfo_rtnl_flush(rtnl), 0);
	assert_int_equal(outcome[1].calls, 1);
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

struct dump {
	int starts;
	int messages;
};

static int dump_fn(void *arg, const struct nlmsghdr *nlh)
{
	struct dump *dump = arg;

	if (!nlh) {
		dump->starts++;
		dump->messages = 0;
	} else {
		dump->messages++;
	}
	return 0;
}

static void test_dump(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_rtnl *rtnl = fake_tc_rtnl(tc);
	struct {
		struct nlmsghdr nlh;
		struct ifinfomsg info;
	} request = {
		.nlh = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETLINK,
		},
	};
	struct dump dump = { 0 };

	(void)state;
	tc->interrupt = 2;
	assert_int_equal(nfo_rtnl_dump(rtnl, &request.nlh, dump_fn, &dump), 0);
	assert_int_equal(dump.starts, 3);
	assert_int_equal(dump.messages, 6);
	tc->interrupt = 100;
	assert_int_equal(nfo_rtnl_dump(rtnl, &request.nlh, dump_fn, &dump),
			 -EINTR);
	nfo_rtnl_close(rtnl);
	fake_tc_free(tc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_smaller),
		cmocka_unit_test(test_emsgsize),
		cmocka_unit_test(test_requeue),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
