// SPDX-License-Identifier: Apache-2.0
/*
 * flow_message: see flow_message.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/tc_act/tc_pedit.h>
#include <string.h>

#include "flow_message.h"

char message[8192] __attribute__((aligned(8)));

const uint8_t mac_src[6] = { 2, 0, 0, 0, 0, 0x11 };
const uint8_t mac_dst[6] = { 2, 0, 0, 0, 0, 0x22 };
const uint8_t v6_a[16] = { 0xfd, 1, [15] = 1 };
const uint8_t v6_b[16] = { 0xfd, 2, [15] = 2 };
const uint8_t v6_nat[16] = { 0xfd, 9, [7] = 5, [15] = 9 };

void put_mangle(struct nlmsghdr *nlh, uint32_t htype, uint32_t offset,
		const void *mask, const void *value)
{
	struct nft_offload_mangle mangle = { .htype = htype, .offset = offset };

	memcpy(&mangle.mask, mask, 4);
	memcpy(&mangle.value, value, 4);
	mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_MANGLE, sizeof(mangle),
		     &mangle);
}

/* The four words by which the kernel writes both MACs. */
static void put_eth(struct nlmsghdr *nlh)
{
	static const uint8_t all[4], high[4] = { 0, 0, 0xff, 0xff };
	static const uint8_t low[4] = { 0xff, 0xff, 0, 0 };
	uint8_t word[4] = { 0, 0, mac_src[0], mac_src[1] };
	uint8_t word2[4] = { mac_dst[4], mac_dst[5], 0, 0 };

	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 4, low, word);
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 8, all, mac_src + 2);
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 0, all, mac_dst);
	put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_ETH, 4, high, word2);
}

static void put_nat(struct nlmsghdr *nlh, const struct recipe *r, bool src)
{
	static const uint8_t all[4], keep_low[4] = { 0, 0, 0xff, 0xff };
	static const uint8_t keep_high[4] = { 0xff, 0xff, 0, 0 };
	static const uint8_t v4[4] = { 192, 0, 2, 1 };
	uint8_t sport[4] = { 0x12, 0x34 }, dport[4] = { 0, 0, 0x56, 0x78 };
	uint32_t l4 = r->proto == IPPROTO_UDP ? TCA_PEDIT_KEY_EX_HDR_TYPE_UDP :
						TCA_PEDIT_KEY_EX_HDR_TYPE_TCP;
	int i;

	if (r->family == AF_INET6)
		for (i = 0; i < 4; i++)
			put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_IP6,
				   (src ? 8 : 24) + 4 * i, all, v6_nat + 4 * i);
	else
		put_mangle(nlh, TCA_PEDIT_KEY_EX_HDR_TYPE_IP4, src ? 12 : 16,
			   all, v4);
	put_mangle(nlh, l4, 0, src ? keep_low : keep_high, src ? sport : dport);
}

static void put_match(struct nlmsghdr *nlh, const struct recipe *r)
{
	uint8_t proto = r->proto ? r->proto : IPPROTO_TCP;
	bool v6 = r->family == AF_INET6;
	struct nlattr *nest;

	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_FLOW_ATTR_MATCH);
	if (!r->no_iif)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_IIF, IIF);
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_ETH_TYPE,
			 htons(v6 ? ETH_P_IPV6 : ETH_P_IP));
	mnl_attr_put_u8(nlh, NFT_OFFLOAD_MATCH_ATTR_IP_PROTO, proto);
	if (v6) {
		mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV6_SRC, 16, v6_a);
		mnl_attr_put(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV6_DST, 16, v6_b);
	} else {
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV4_SRC,
				 htonl(0x0a000002));
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_MATCH_ATTR_IPV4_DST,
				 htonl(0x0a000102));
	}
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_SPORT, htons(1000));
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_DPORT, htons(80));
	}
	if (proto == IPPROTO_TCP && !r->no_flags) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS, 0);
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_TCP_FLAGS_MASK,
				 htons(0x05));
	}
	if (r->match_tags > 0) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_VLAN_ID, 100);
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_VLAN_TPID,
				 htons(ETH_P_8021AD));
	}
	if (r->match_tags > 1) {
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_CVLAN_ID, 200);
		mnl_attr_put_u16(nlh, NFT_OFFLOAD_MATCH_ATTR_CVLAN_TPID,
				 htons(ETH_P_8021Q));
	}
	if (r->extra_match)
		r->extra_match(nlh);
	mnl_attr_nest_end(nlh, nest);
}

static void put_actions(struct nlmsghdr *nlh, const struct recipe *r)
{
	struct nft_offload_vlan vlan = { .tpid = htons(ETH_P_8021Q) };
	struct nlattr *nest;
	int i;

	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_FLOW_ATTR_ACTIONS);
	put_eth(nlh);
	for (i = 0; i < r->pop; i++)
		mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_VLAN_POP, 0, NULL);
	for (i = 0; i < r->push; i++) {
		vlan.id = 300 + i;
		mnl_attr_put(nlh, NFT_OFFLOAD_ACTION_ATTR_VLAN_PUSH,
			     sizeof(vlan), &vlan);
	}
	if (r->snat)
		put_nat(nlh, r, true);
	if (r->dnat)
		put_nat(nlh, r, false);
	if ((r->snat || r->dnat) && r->family != AF_INET6)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_ACTION_ATTR_CSUM, 1 | 8);
	if (r->extra_action)
		r->extra_action(nlh);
	if (!r->no_redirect)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_ACTION_ATTR_REDIRECT, OIF);
	mnl_attr_nest_end(nlh, nest);
}

struct nlmsghdr *make(const struct recipe *r)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	struct genlmsghdr *genl;
	struct nlattr *nest;

	nlh->nlmsg_type = 30;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = NFT_OFFLOAD_CMD_FLOW_NEW;
	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_ID, 43);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_GEN, 3);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_CT_ID, 77);
	mnl_attr_put_u16(nlh, NFT_OFFLOAD_FLOW_ATTR_CT_ZONE, 5);
	mnl_attr_put_strz(nlh, NFT_OFFLOAD_FLOW_ATTR_TABLE, "filter");
	mnl_attr_put_strz(nlh, NFT_OFFLOAD_FLOW_ATTR_FLOWTABLE, "fast");
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_PRIORITY, -10);
	if (r->mtu)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_MTU, r->mtu);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_PACKETS, 11);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_BYTES, 1100);
	if (!r->no_match)
		put_match(nlh, r);
	if (!r->no_actions)
		put_actions(nlh, r);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

enum nft_offload_reason translate(const struct recipe *r, uint32_t iif_mtu,
				  struct nfo_rule *rule)
{
	struct nfo_flowtable_flow flow;

	assert_int_equal(nfo_flowtable_parse(make(r), &flow), 0);
	return nfo_flowtable_translate(&flow, iif_mtu, rule);
}

void refused(const struct recipe *r, enum nft_offload_reason reason)
{
	struct nfo_rule rule;

	assert_int_equal(translate(r, 0, &rule), reason);
	assert_int_equal(rule.n_actions, 0);
	assert_null(rule.actions);
}

void accepted(const struct recipe *r, struct nfo_rule *rule,
	      const enum nfo_action_type *types, size_t n)
{
	size_t i;

	assert_int_equal(translate(r, 0, rule), NFT_OFFLOAD_REASON_NONE);
	assert_int_equal(rule->n_actions, n);
	for (i = 0; i < n; i++)
		assert_int_equal(rule->actions[i].type, types[i]);
	assert_int_equal(rule->actions[n - 1].port.ifindex, OIF);
}
