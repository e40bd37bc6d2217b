// SPDX-License-Identifier: Apache-2.0
/*
 * test_eswitch: ports, and which rules they allow.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <net/if.h>		/* linux/if_tunnel.h wants it first */
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>

#include "eswitch.h"
#include "fake_tc.h"

struct changes {
	int came;
	int changed;
	int went;
};

static void change(void *arg, const struct nfo_port *before,
		   const struct nfo_port *after)
{
	struct changes *changes = arg;

	changes->came += !before;
	changes->went += !after;
	changes->changed += before && after;
}

/* What a rule from @in to @out (0: drop) is told. */
static enum nft_offload_reason check(struct nfo_eswitch *eswitch, uint32_t in,
				     uint32_t out, char *text)
{
	struct nfo_place place = { .ifindex = in };
	enum nft_offload_reason reason;
	struct nfo_port port;
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	if (out)
		nfo_rule_add_redirect(&rule, out);
	else
		nfo_rule_add_plain(&rule, NFO_ACT_DROP);
	reason = nfo_eswitch_check(eswitch, &rule, &place, &port, text,
				   64);
	nfo_rule_uninit(&rule);
	return reason;
}

static void test_check(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_eswitch *eswitch;
	char text[64];

	(void)state;
	tc->links[3].tc_offload = false;
	eswitch = fake_tc_eswitch(tc);
	assert_non_null(eswitch);
	assert_int_equal(check(eswitch, 1, 2, text), 0);
	assert_string_equal(text, "");
	assert_int_equal(check(eswitch, 1, 0, text), 0);
	assert_int_equal(check(eswitch, 99, 2, text),
			 NFT_OFFLOAD_REASON_PORT_GONE);
	assert_int_equal(check(eswitch, 1, 99, text),
			 NFT_OFFLOAD_REASON_PORT_GONE);
	assert_int_equal(check(eswitch, 6, 2, text),
			 NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
	assert_string_equal(text, "port6");
	assert_int_equal(check(eswitch, 1, 6, text),
			 NFT_OFFLOAD_REASON_NOT_SWITCHDEV);
	assert_int_equal(check(eswitch, 1, 5, text),
			 NFT_OFFLOAD_REASON_OTHER_SWITCH);
	assert_string_equal(text, "port1 and port5");
	assert_int_equal(check(eswitch, 4, 1, text),
			 NFT_OFFLOAD_REASON_HW_TC_OFFLOAD_OFF);
	/* As an output it need not have it. */
	assert_int_equal(check(eswitch, 1, 4, text), 0);
	assert_int_equal(check(eswitch, 1, 1, text),
			 NFT_OFFLOAD_REASON_SAME_PORT);
	nfo_eswitch_destroy(eswitch);
	fake_tc_free(tc);
}

static void test_refresh(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_eswitch *eswitch = fake_tc_eswitch(tc);
	struct changes changes = { 0 };
	struct nfo_port port, *ports;

	(void)state;
	assert_int_equal(nfo_eswitch_refresh(eswitch, change, &changes), 0);
	assert_int_equal(changes.came + changes.went + changes.changed, 0);
	tc->links[0].ifindex = 0;
	tc->links[1].tc_offload = false;
	tc->links[6].ifindex = 77;
	assert_int_equal(nfo_eswitch_refresh(eswitch, change, &changes), 0);
	assert_int_equal(changes.came, 1);
	assert_int_equal(changes.went, 1);
	assert_int_equal(changes.changed, 1);
	assert_int_equal(nfo_eswitch_port(eswitch, 1, &port), -ENOENT);
	assert_int_equal(nfo_eswitch_port(eswitch, 77, &port), 0);
	assert_string_equal(port.name, "port77");
	assert_int_equal(port.mtu, 1500);
	assert_true(port.up);
	assert_int_equal(nfo_eswitch_ports(eswitch, false, &ports), 6);
	free(ports);
	assert_int_equal(nfo_eswitch_ports(eswitch, true, &ports), 4);
	assert_int_equal(ports[0].ifindex, 2);
	assert_int_equal(ports[3].ifindex, 5);
	free(ports);
	nfo_eswitch_destroy(eswitch);
	fake_tc_free(tc);
}

/* On the kernel this runs on: no rights needed. */
static void test_real(void **state)
{
	struct nfo_eswitch *eswitch;
	struct nfo_port *ports;
	ssize_t n;

	(void)state;
	assert_int_equal(nfo_eswitch_create(&eswitch), 0);
	assert_true(nfo_eswitch_fd(eswitch) >= 0);
	assert_int_equal(nfo_eswitch_handle(eswitch, NULL, NULL), 0);
	n = nfo_eswitch_ports(eswitch, false, &ports);
	assert_true(n >= 0);
	/* Must not fail where there are features at all. */
	for (ssize_t i = 0; i < n; i++) {
		int fd = nfo_eswitch_fd(eswitch);
		int on = nfo_port_feature(&fd, ports[i].name);

		assert_true(on <= 1);
	}
	free(ports);
	nfo_eswitch_destroy(eswitch);
}

/* What a device of @kind is, with @value as attribute @type of its data. */
static void kind_is(const char *kind, uint16_t type, uint16_t value,
		    bool indirect, bool lag, uint16_t tunnel_port)
{
	char buf[256] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *info, *data;
	struct nfo_port port;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	nlh->nlmsg_type = RTM_NEWLINK;
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	if (type)
		mnl_attr_put_u16(nlh, type, value);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	assert_int_equal(nfo_port_parse(nlh, &port), 0);
	assert_int_equal(port.indirect, indirect);
	assert_int_equal(port.lag, lag);
	assert_int_equal(port.tunnel_port, tunnel_port);
}

/* Is a device of @kind external, with attribute @type of @size bytes, all 1s? */
static bool is_external(const char *kind, uint16_t type, size_t size)
{
	char buf[256] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	static const uint8_t on[1] = { 1 };
	struct nlattr *info, *data;
	struct nfo_port port;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	nlh->nlmsg_type = RTM_NEWLINK;
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put(nlh, type, size, on);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	assert_int_equal(nfo_port_parse(nlh, &port), 0);
	return port.external;
}

/* Of which NIC is a port, as IFLA_DEVLINK_PORT (62) says it? */
static void devlink_is(const char *bus, const char *dev, const char *devlink)
{
	char buf[256] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *nest;
	struct nfo_port port;

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	nlh->nlmsg_type = RTM_NEWLINK;
	nest = mnl_attr_nest_start(nlh, 62);
	if (bus)
		mnl_attr_put_strz(nlh, 1, bus);
	mnl_attr_put_strz(nlh, 2, dev);
	mnl_attr_nest_end(nlh, nest);
	assert_int_equal(nfo_port_parse(nlh, &port), 0);
	assert_string_equal(port.devlink, devlink);
}

static void test_devlink(void **state)
{
	(void)state;
	devlink_is("pci", "0002:1c:00.0", "pci/0002:1c:00.0");
	devlink_is(NULL, "0002:1c:00.0", "");
	devlink_is("a bus of a long name", "and a device of a name as long", "");
}

/* Asked for once; asked again where nothing was known. */
static void test_driver(void **state)
{
	struct fake_tc *tc = fake_tc_new();
	struct nfo_eswitch *eswitch;
	struct changes changes = { 0 };
	struct nfo_port port;

	(void)state;
	eswitch = fake_tc_eswitch(tc);
	assert_int_equal(nfo_eswitch_port(eswitch, 2, &port), 0);
	assert_ptr_equal(port.dialect, &nfo_dialect_generic);
	tc->driver = "mlx5e_rep";
	assert_int_equal(nfo_eswitch_refresh(eswitch, change, &changes), 0);
	assert_int_equal(changes.changed, 5);
	assert_int_equal(nfo_eswitch_port(eswitch, 2, &port), 0);
	assert_string_equal(port.dialect->name, "mlx5");
	tc->driver = "ice";
	assert_int_equal(nfo_eswitch_refresh(eswitch, change, &changes), 0);
	assert_int_equal(changes.changed, 5);
	/* On another switch it is another port. */
	tc->links[1].switch_id = 9;
	assert_int_equal(nfo_eswitch_refresh(eswitch, change, &changes), 0);
	assert_int_equal(nfo_eswitch_port(eswitch, 2, &port), 0);
	assert_string_equal(port.dialect->name, "ice");
	/* Of no switch, it speaks to nobody. */
	assert_int_equal(nfo_eswitch_port(eswitch, 6, &port), 0);
	assert_null(port.dialect);
	nfo_eswitch_destroy(eswitch);
	fake_tc_free(tc);
}

static void test_external(void **state)
{
	(void)state;
	assert_true(is_external("vxlan", IFLA_VXLAN_COLLECT_METADATA, 1));
	assert_false(is_external("vxlan", IFLA_VXLAN_LEARNING, 1));
	assert_true(is_external("geneve", IFLA_GENEVE_COLLECT_METADATA, 0));
	assert_false(is_external("geneve", IFLA_GENEVE_TTL, 1));
	assert_true(is_external("gretap", IFLA_GRE_COLLECT_METADATA, 0));
	assert_true(is_external("ip6gretap", IFLA_GRE_COLLECT_METADATA, 0));
	assert_false(is_external("gretap", IFLA_GRE_TTL, 1));
	assert_false(is_external("veth", IFLA_GRE_COLLECT_METADATA, 0));
}

static void test_kind(void **state)
{
	(void)state;
	kind_is("vxlan", IFLA_VXLAN_PORT, 4789, true, false, 4789);
	kind_is("geneve", IFLA_GENEVE_PORT, 6081, true, false, 6081);
	kind_is("gretap", IFLA_VXLAN_PORT, 4789, true, false, 0);
	kind_is("vxlan", 0, 0, true, false, 0);
	kind_is("bond", 0, 0, false, true, 0);
	kind_is("veth", IFLA_VXLAN_PORT, 4789, false, false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_external),
		cmocka_unit_test(test_devlink),
		cmocka_unit_test(test_driver),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
