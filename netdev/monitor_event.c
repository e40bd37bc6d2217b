// SPDX-License-Identifier: Apache-2.0
/*
 * monitor_event: what an event of the kernel means for flows.
 *
 * Facts: net/core/neighbour.c, net/bridge/br_fdb.c (fdb_fill_info; told when an
 * entry comes, goes or moves, not when it is refreshed),
 * net/bridge/br_netlink.c (br_ifinfo_notify), net/ipv4/fib_semantics.c
 * (rtmsg_fib), net/ipv6/route.c, net/core/fib_rules.c, net/ipv4/nexthop.c,
 * net/netfilter/nf_tables_api.c. The kernel takes routes away silently when a
 * device goes down or loses its last IPv4 address (fib_sync_down_dev,
 * fib_sync_down_addr): the eswitch tells of the one, RTM_DELADDR of the other.
 */
#include "monitor_part.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/route/neighbour.h>
#include <string.h>

/* The states in which a neighbour has an address (NUD_VALID in the kernel). */
#define NEIGHBOUR_VALID	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | \
			 NUD_PROBE | NUD_STALE | NUD_DELAY)

static void monitor_tell(struct nfo_monitor *monitor,
			 const struct nfo_change *change)
{
	monitor->fn(monitor->arg, change);
}

static int tell_device(struct nfo_monitor *monitor, uint32_t ifindex)
{
	const struct nfo_change change = {
		.kind = NFO_CHANGE_DEVICE,
		.ifindex = ifindex,
	};

	monitor_tell(monitor, &change);
	return NL_OK;
}

/* --- neighbours and FDB --- */

/* The Ethernet address that packets for @object go to. False: there is none. */
static bool neighbour_mac(struct nl_object *object, uint8_t mac[6])
{
	struct rtnl_neigh *neigh = (struct rtnl_neigh *)object;
	struct nl_addr *addr;

	if (!neigh)
		return false;
	if (rtnl_neigh_get_family(neigh) != AF_BRIDGE &&
	    !(rtnl_neigh_get_state(neigh) & NEIGHBOUR_VALID))
		return false;
	addr = rtnl_neigh_get_lladdr(neigh);
	if (!addr || nl_addr_get_len(addr) != 6)
		return false;
	memcpy(mac, nl_addr_get_binary_addr(addr), 6);
	return true;
}

/*
 * Flows to the address that was valid before are concerned where it is not any
 * more. An entry of a bridge has its address for a key: whatever happens to it,
 * the port may be another one.
 */
void nfo_monitor_neighbour(struct nl_cache *cache, struct nl_object *before,
			   struct nl_object *after, uint64_t diff, int action,
			   void *monitor)
{
	struct nfo_change change = { .kind = NFO_CHANGE_MAC };
	struct nl_object *any = after ? after : before;
	uint8_t mac[6];

	if (rtnl_neigh_get_family((struct rtnl_neigh *)any) == AF_BRIDGE) {
		if (neighbour_mac(any, change.mac))
			monitor_tell(monitor, &change);
		return;
	}
	if (!neighbour_mac(before, change.mac))
		return;
	if (neighbour_mac(after, mac) && !memcmp(mac, change.mac, sizeof(mac)))
		return;
	monitor_tell(monitor, &change);
}

/* --- routes --- */

/* The payload of @nlh as a header of @size bytes, or NULL. */
static const void *header(const struct nlmsghdr *nlh, size_t size)
{
	return nlmsg_valid_hdr(nlh, size) ? nlmsg_data(nlh) : NULL;
}

static int event_route(struct nfo_monitor *monitor, struct nlmsghdr *nlh)
{
	struct nfo_change change = { .kind = NFO_CHANGE_PREFIX };
	const struct rtmsg *route = header(nlh, sizeof(*route));
	struct nlattr *dst;
	int len;

	if (!route || route->rtm_flags & RTM_F_CLONED)
		return NL_OK;
	if (route->rtm_family != AF_INET && route->rtm_family != AF_INET6)
		return NL_OK;
	change.family = route->rtm_family;
	change.len = route->rtm_dst_len;
	dst = nlmsg_find_attr(nlh, sizeof(*route), RTA_DST);
	len = dst ? nla_len(dst) : 0;
	if (len > (int)sizeof(change.addr))
		return NL_OK;
	if (dst)
		memcpy(&change.addr, nla_data(dst), len);
	monitor_tell(monitor, &change);
	return NL_OK;
}

static int event_address(struct nfo_monitor *monitor,
			 const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *address = header(nlh, sizeof(*address));

	return address ? tell_device(monitor, address->ifa_index) : NL_OK;
}

/* A bridge speaks of its port: its VLANs, its state. */
static int event_link(struct nfo_monitor *monitor, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *link = header(nlh, sizeof(*link));

	if (!link || link->ifi_family != AF_BRIDGE)
		return NL_OK;
	return tell_device(monitor, link->ifi_index);
}

int nfo_monitor_route(struct nl_msg *msg, void *monitor)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);

	switch (nlh->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return event_route(monitor, nlh);
	case RTM_DELADDR:
		return event_address(monitor, nlh);
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return event_link(monitor, nlh);
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		monitor_tell_all(monitor);
	}
	return NL_OK;
}

/* --- the ruleset --- */

/*
 * A verdict on a connection may have hung on any rule, chain or element of a
 * set, or on a table's not being dormant: what is not known to be harmless
 * counts. Elements that packets add, and those that time out, are told by
 * nobody.
 */
int nfo_monitor_ruleset(struct nl_msg *msg, void *monitor)
{
	uint16_t type = nlmsg_hdr(msg)->nlmsg_type;

	if (type >> 8 != NFNL_SUBSYS_NFTABLES)
		return NL_OK;
	switch (type & 0xff) {
	case NFT_MSG_NEWGEN:
	case NFT_MSG_TRACE:
	/* Counters, quotas; a set that no rule has yet. */
	case NFT_MSG_NEWOBJ:
	case NFT_MSG_NEWSET:
	/* nft_offload.ko is called for these. */
	case NFT_MSG_NEWFLOWTABLE:
	case NFT_MSG_DELFLOWTABLE:
		return NL_OK;
	}
	monitor_tell_all(monitor);
	return NL_OK;
}
