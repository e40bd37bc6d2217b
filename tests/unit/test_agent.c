// SPDX-License-Identifier: Apache-2.0
/*
 * test_agent: the daemon's work between a module that is played here and a
 * fake kernel.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "agent.h"
#include "flow_message.h"
#include "monitor.h"
#include "table_host.h"

/* The module: what it was given, and what it says while it is left. */
static struct {
	const struct nfo_provider_ops *ops;
	void *aux;
	int fds[3];		/* nothing ever comes by them */
	unsigned int in_hw;
	bool new_at_unbind;	/* a last flow comes before the answer */
	unsigned int teardowns;
	uint32_t grace_ms;
} module;

/* The kernel's events, faked: see monitor.h. */
static struct {
	nfo_monitor_fn *fn;
	void *arg;
	bool open;
} kernel;

static struct fake_tc *tc;

static void module_flow_new(void)
{
	struct recipe recipe = { 0 };
	struct nfo_flowtable_flow flow;

	assert_int_equal(nfo_flowtable_parse(make(&recipe), &flow), 0);
	module.ops->flow_new(module.aux, &flow);
}

#define WRAP(type, name, ...)						\
	type __wrap_##name(__VA_ARGS__);				\
	type __wrap_##name(__VA_ARGS__)

WRAP(int, nfo_provider_open, struct nfo_provider **provider,
     const struct nfo_provider_ops *ops, void *aux)
{
	module.ops = ops;
	module.aux = aux;
	*provider = (struct nfo_provider *)&module;
	return 0;
}

WRAP(void, nfo_provider_close, struct nfo_provider *provider)
{
	(void)provider;
}

WRAP(int, nfo_provider_fd, const struct nfo_provider *provider)
{
	(void)provider;
	return module.fds[0];
}

WRAP(int, nfo_provider_bind, struct nfo_provider *provider, uint32_t grace_ms)
{
	(void)provider;
	module.grace_ms = grace_ms;
	return 0;
}

WRAP(int, nfo_provider_grace, struct nfo_provider *provider, uint32_t grace_ms)
{
	(void)provider;
	module.grace_ms = grace_ms;
	return 0;
}

WRAP(int, nfo_provider_unbind, struct nfo_provider *provider, bool flush)
{
	(void)provider;
	(void)flush;
	if (module.new_at_unbind)
		module_flow_new();
	return 0;
}

WRAP(void, nfo_provider_result, struct nfo_provider *provider, uint64_t id,
     enum nft_offload_state state, enum nft_offload_reason reason,
     const char *text)
{
	(void)provider;
	(void)id;
	(void)reason;
	(void)text;
	module.in_hw += state == NFT_OFFLOAD_STATE_IN_HW;
}

WRAP(void, nfo_provider_stats, struct nfo_provider *provider, uint64_t id,
     uint64_t packets, uint64_t bytes, uint64_t idle_ms)
{
	(void)provider;
	(void)id;
	(void)packets;
	(void)bytes;
	(void)idle_ms;
}

WRAP(void, nfo_provider_last, struct nfo_provider *provider, uint64_t id,
     uint64_t packets, uint64_t bytes)
{
	(void)provider;
	(void)id;
	(void)packets;
	(void)bytes;
}

WRAP(int, nfo_provider_flush, struct nfo_provider *provider)
{
	(void)provider;
	return 0;
}

WRAP(void, nfo_provider_teardown, struct nfo_provider *provider, uint64_t id)
{
	(void)provider;
	(void)id;
	module.teardowns++;
}

WRAP(int, nfo_provider_receive, struct nfo_provider *provider)
{
	(void)provider;
	return 0;
}

WRAP(int, nfo_monitor_open, struct nfo_monitor **monitor, nfo_monitor_fn *fn,
     void *arg)
{
	kernel.fn = fn;
	kernel.arg = arg;
	kernel.open = true;
	*monitor = (struct nfo_monitor *)&kernel;
	return 0;
}

WRAP(void, nfo_monitor_close, struct nfo_monitor *monitor)
{
	if (monitor)
		kernel.open = false;
}

WRAP(int, nfo_monitor_fd, const struct nfo_monitor *monitor)
{
	(void)monitor;
	return module.fds[2];
}

WRAP(int, nfo_monitor_handle, struct nfo_monitor *monitor)
{
	(void)monitor;
	return 0;
}

WRAP(int, nfo_rtnl_open, struct nfo_rtnl **rtnl)
{
	*rtnl = fake_tc_rtnl(tc);
	return 0;
}

WRAP(int, nfo_eswitch_create, struct nfo_eswitch **eswitch)
{
	*eswitch = fake_tc_eswitch(tc);
	return 0;
}

WRAP(int, nfo_eswitch_fd, const struct nfo_eswitch *eswitch)
{
	(void)eswitch;
	return module.fds[1];
}

/* A daemon that runs. */
static void begin(struct agent *agent, struct loop *loop)
{
	static const struct agent_options options = {
		.grace_ms = 1000,
		.bypass_qdisc = true,	/* reading them takes a kernel */
	};

	memset(&module, 0, sizeof(module));
	memset(&kernel, 0, sizeof(kernel));
	for (int i = 0; i < 3; i++)
		module.fds[i] = eventfd(0, EFD_CLOEXEC);
	tc = fake_tc_new();
	tc->links[1].ifindex = IIF;
	tc->links[2].ifindex = OIF;
	assert_int_equal(loop_open(loop), 0);
	assert_int_equal(agent_start(agent, loop, &options), AGENT_FINE);
}

/* And with a flow in hardware. */
static void start(struct agent *agent, struct loop *loop)
{
	begin(agent, loop);
	module_flow_new();
	agent_turn(agent);
	assert_int_equal(module.in_hw, 1);
	assert_int_equal(fake_tc_filters(tc, FLOWS), 1);
}

static void stop(struct agent *agent, struct loop *loop, bool keep)
{
	agent_stop(agent, keep);
	assert_false(kernel.open);
	assert_int_equal(fake_tc_filters(tc, 0, 0xffff), keep ? 2 : 0);
	loop_close(loop);
	for (int i = 0; i < 3; i++)
		close(module.fds[i]);
	fake_tc_free(tc);
}

/* A flow that comes before the module has heard that the daemon goes. */
static void test_stop(void **state)
{
	bool keep = *(bool *)*state;
	struct agent agent;
	struct loop loop;

	start(&agent, &loop);
	module.new_at_unbind = true;
	stop(&agent, &loop, keep);
}

/* A change makes the loop turn, once it is due, and the flow is torn down. */
static void test_change(void **state)
{
	struct nfo_change change = { .kind = NFO_CHANGE_DEVICE };
	struct agent agent;
	struct loop loop;

	(void)state;
	start(&agent, &loop);
	assert_true(kernel.open);
	change.ifindex = OIF;
	kernel.fn(kernel.arg, &change);
	assert_int_equal(module.teardowns, 0);
	assert_int_equal(loop_turn(&loop, 60000), 0);
	assert_int_equal(module.teardowns, 1);
	stop(&agent, &loop, false);
}

/* Other options while it runs: the module hears of the grace, once. */
static void test_configure(void **state)
{
	struct agent_options options = { .bypass_qdisc = true };
	struct agent agent;
	struct loop loop;

	(void)state;
	start(&agent, &loop);
	assert_int_equal(module.grace_ms, 1000);
	options.grace_ms = 60000;
	agent_configure(&agent, &options);
	assert_int_equal(module.grace_ms, 60000);
	module.grace_ms = 0;
	agent_configure(&agent, &options);
	assert_int_equal(module.grace_ms, 0);
	stop(&agent, &loop, false);
}

/*
 * A port is told with its verdict, and a refused flow with its addresses, the
 * reason and the driver's words.
 */
static void test_log(void **state)
{
	static const char flow[] = "test_agent: tcp 10.0.0.2:1000 10.0.1.2:80 stays in software: table_full: The NIC's rule table is full";
	int saved = dup(STDERR_FILENO), file = memfd_create("log", 0);
	char text[8192] = "";
	struct agent agent;
	struct loop loop;

	(void)state;
	dup2(file, STDERR_FILENO);
	log_set_level(LOG_INFO);
	begin(&agent, &loop);
	tc->fail_news = 1000;
	tc->fail_err = -ENOSPC;
	tc->fail_text = "no room";
	module_flow_new();
	agent_turn(&agent);
	tc->fail_news = 0;
	stop(&agent, &loop, false);
	log_set_level(LOG_ERR);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
	close(file);
	if (!strstr(text, "test_agent: port port9 (p0): takes rules\n") ||
	    !strstr(text, flow) || !strstr(text, " (no room)\n"))
		fail_msg("it says: %s", text);
}

int main(void)
{
	static bool keep = true, remove;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_stop, &keep),
		cmocka_unit_test_prestate(test_stop, &remove),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_configure),
		cmocka_unit_test(test_log),
	};

	log_open("test_agent", LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
