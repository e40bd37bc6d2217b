// SPDX-License-Identifier: Apache-2.0
/*
 * probe: see probe.h.
 */
#include "probe.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "band.h"
#include "cookie.h"
#include "tc_flower.h"

struct probe {
	int err;	/* of the put */
	int known;	/* NFO_PROBE_*: what came back */
};

static void put_done(void *arg, int err, const char *text)
{
	struct probe *probe = arg;

	(void)text;
	probe->err = err;
}

static void done(void *arg, int err, const char *text)
{
	(void)arg;
	(void)err;
	(void)text;
}

static void get_reply(void *arg, const struct nlmsghdr *nlh)
{
	struct probe *probe = arg;
	struct nfo_rule rule;

	if (nlh->nlmsg_type != RTM_NEWTFILTER ||
	    nfo_tc_flower_parse(nlh, &rule, NULL, NULL))
		return;
	if (rule.mask.tun_flags)
		probe->known |= NFO_PROBE_ENC_FLAGS;
	if (rule.n_actions && rule.actions[0].type == NFO_ACT_TUNNEL_SET &&
	    rule.actions[0].tunnel.flags & NFO_TUN_DF)
		probe->known |= NFO_PROBE_ENC_DF;
	nfo_rule_uninit(&rule);
}

/* Queues the message that was built in @len bytes of room. */
static int queue(struct nfo_rtnl *rtnl, int len, nfo_rtnl_done_fn *fn,
		 nfo_rtnl_reply_fn *reply, struct probe *probe)
{
	return len < 0 ? len : nfo_rtnl_queue(rtnl, fn, reply, probe);
}

static int queue_all(struct nfo_rtnl *rtnl, const struct nfo_place *place,
		     const struct nfo_rule *rule, struct probe *probe)
{
	uint8_t cookie[NFO_COOKIE_LEN];
	void *room = nfo_rtnl_room(rtnl);
	int err;

	if (!room)
		return -ENOMEM;
	/* Ours, so that it is removed should we die in between. */
	nfo_cookie_write(cookie, NFO_SOURCE_OVS, nfo_rule_hash(rule));
	err = queue(rtnl, nfo_tc_flower_put(room, NFO_RTNL_MSG_MAX, rule, place,
					    cookie, NFO_TC_SKIP_HW, NULL),
		    put_done, NULL, probe);
	room = err ? NULL : nfo_rtnl_room(rtnl);
	if (room)
		err = queue(rtnl, nfo_tc_flower_get(room, NFO_RTNL_MSG_MAX,
						    place),
			    done, get_reply, probe);
	room = err ? NULL : nfo_rtnl_room(rtnl);
	if (room)
		err = queue(rtnl, nfo_tc_flower_del(room, NFO_RTNL_MSG_MAX,
						    place),
			    done, NULL, probe);
	return !err && !room ? -ENOMEM : err;
}

/*
 * Puts @rule, which gets an end, gets and deletes it, and frees it: NFO_PROBE_*
 * of it that are left.
 */
static int ask(struct nfo_rtnl *rtnl, uint32_t ifindex, struct nfo_rule *rule)
{
	const struct nfo_place place = {
		.ifindex = ifindex,
		.chain = NFO_BAND_CHAIN_PROBE,
		.prio = NFO_BAND_PRIO_OVS,
		.handle = NFO_BAND_HANDLE_MAX,
	};
	struct probe probe = { .known = 0 };
	int err, sent;

	err = nfo_rule_add_plain(rule, NFO_ACT_DROP);
	nfo_rule_normalise(rule);
	if (!err)
		err = queue_all(rtnl, &place, rule, &probe);
	sent = nfo_rtnl_flush(rtnl);
	nfo_rule_uninit(rule);
	if (err || sent)
		return err ? err : sent;
	/* An old one may refuse what it does not know: that is an answer, too. */
	return probe.err ? 0 : probe.known;
}

static int ask_flags(struct nfo_rtnl *rtnl, uint32_t ifindex)
{
	struct nfo_rule rule;

	nfo_rule_init(&rule);
	rule.key.eth_type = htons(ETH_P_IP);
	rule.mask.eth_type = 0xffff;
	rule.key.tun_id = htonl(1);
	rule.mask.tun_id = 0xffffffff;
	rule.key.tun_ipv4_dst = htonl(INADDR_LOOPBACK);
	rule.mask.tun_ipv4_dst = 0xffffffff;
	rule.key.tun_flags = NFO_TUN_CSUM;
	rule.mask.tun_flags = NFO_TUN_CSUM;
	return ask(rtnl, ifindex, &rule);
}

static int ask_df(struct nfo_rtnl *rtnl, uint32_t ifindex)
{
	const struct in_addr local = { htonl(INADDR_LOOPBACK) };
	struct nfo_action set = {
		.type = NFO_ACT_TUNNEL_SET,
		.tunnel = { .id = htonl(1), .has_id = true, .flags = NFO_TUN_DF },
	};
	struct nfo_rule rule;
	int ret;

	memcpy(&set.tunnel.src, &local, sizeof(local));
	memcpy(&set.tunnel.dst, &local, sizeof(local));
	nfo_rule_init(&rule);
	ret = nfo_rule_add(&rule, &set);
	if (ret) {
		nfo_rule_uninit(&rule);
		return ret;
	}
	return ask(rtnl, ifindex, &rule);
}

int nfo_probe_tunnel(struct nfo_rtnl *rtnl, uint32_t ifindex)
{
	int flags = ask_flags(rtnl, ifindex);
	int df = ask_df(rtnl, ifindex);

	if (flags < 0 || df < 0)
		return flags < 0 ? flags : df;
	return flags | df;
}
