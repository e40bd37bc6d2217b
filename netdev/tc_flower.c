// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower: whole messages; see tc_flower.h. The match, the actions and the
 * counters are in the files tc_flower_*.c.
 *
 * Facts: tc_new_tfilter(), tc_del_tfilter(), tc_get_tfilter(),
 * tc_dump_tfilter() and tcf_fill_node() of net/sched/cls_api.c.
 */
#include "tc_flower.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

/* tcm_info: priority above, protocol (network byte order) below. */
static uint32_t info_of(uint16_t prio, __be16 protocol)
{
	return TC_H_MAKE((uint32_t)prio << 16, protocol);
}

static struct nlmsghdr *put_head(struct nfo_tc_writer *w, uint16_t type,
				 uint16_t flags, const struct nfo_place *place,
				 __be16 protocol)
{
	struct nlmsghdr *nlh = nfo_tc_reserve(w, NLMSG_HDRLEN);
	struct tcmsg *tcm = nfo_tc_reserve(w, sizeof(*tcm));

	if (!nlh || !tcm)
		return NULL;
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_handle = place->handle;
	tcm->tcm_info = info_of(place->prio, protocol);
	if (place->shared) {
		tcm->tcm_ifindex = (int)TCM_IFINDEX_MAGIC_BLOCK;
		tcm->tcm_block_index = place->ifindex;
	} else {
		tcm->tcm_ifindex = place->ifindex;
		tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, place->egress ?
					    TC_H_MIN_EGRESS :
					    TC_H_MIN_INGRESS);
	}
	return nlh;
}

static int finish(struct nfo_tc_writer *w, struct nlmsghdr *nlh)
{
	if (w->err)
		return w->err;
	nlh->nlmsg_len = w->len;
	return w->len;
}

static bool place_is_whole(const struct nfo_place *place)
{
	/* A block has one hook: that of the ports it is bound to. */
	return place->ifindex && place->prio &&
	       !(place->shared && place->egress);
}

static uint32_t tc_flags(uint32_t flags)
{
	uint32_t tc = 0;

	if (flags & NFO_TC_SKIP_SW)
		tc |= TCA_CLS_FLAGS_SKIP_SW;
	if (flags & NFO_TC_SKIP_HW)
		tc |= TCA_CLS_FLAGS_SKIP_HW;
	if (flags & NFO_TC_VERBOSE)
		tc |= TCA_CLS_FLAGS_VERBOSE;
	return tc;
}

/* A reason for an error of a part, where the errno alone tells it. */
static enum nft_offload_reason reason_of(int err,
					 enum nft_offload_reason unsupported)
{
	switch (err) {
	case -EOPNOTSUPP:
		return unsupported;
	case -E2BIG:
		return NFT_OFFLOAD_REASON_TOO_MANY_ACTIONS;
	default:
		return NFT_OFFLOAD_REASON_INTERNAL;
	}
}

int nfo_tc_flower_put(void *buf, size_t size, const struct nfo_rule *rule,
		      const struct nfo_place *place, const uint8_t *cookie,
		      uint32_t flags, enum nft_offload_reason *reason)
{
	struct nfo_tc_writer w = { .buf = buf, .size = size };
	uint16_t nlm = NLM_F_CREATE;
	enum nft_offload_reason unused;
	struct nlmsghdr *nlh;
	size_t options;

	if (!reason)
		reason = &unused;
	*reason = NFT_OFFLOAD_REASON_NONE;
	if (!rule->n_actions) {
		*reason = NFT_OFFLOAD_REASON_NO_OUTPUT;
		return -EINVAL;
	}
	if (!place_is_whole(place) ||
	    (flags & NFO_TC_SKIP_SW && flags & NFO_TC_SKIP_HW)) {
		*reason = NFT_OFFLOAD_REASON_INTERNAL;
		return -EINVAL;
	}
	if (!(flags & NFO_TC_REPLACE))
		nlm |= NLM_F_EXCL;
	nlh = put_head(&w, RTM_NEWTFILTER, nlm, place, nfo_rule_protocol(rule));
	nfo_tc_put_str(&w, TCA_KIND, "flower");
	nfo_tc_put_u32(&w, TCA_CHAIN, place->chain);
	options = nfo_tc_nest(&w, TCA_OPTIONS);
	nfo_tc_match_put(&w, rule);
	if (w.err) {
		*reason = reason_of(w.err,
				    NFT_OFFLOAD_REASON_MATCH_UNSUPPORTED);
		return w.err;
	}
	if (tc_flags(flags))
		nfo_tc_put_u32(&w, TCA_FLOWER_FLAGS, tc_flags(flags));
	nfo_tc_actions_put(&w, rule, cookie);
	nfo_tc_nest_end(&w, options);
	if (w.err)
		*reason = reason_of(w.err,
				    NFT_OFFLOAD_REASON_ACTION_UNSUPPORTED);
	return finish(&w, nlh);
}

/* A message about the one rule at @place. */
static int put_one(void *buf, size_t size, uint16_t type,
		   const struct nfo_place *place)
{
	struct nfo_tc_writer w = { .buf = buf, .size = size };
	struct nlmsghdr *nlh;

	if (!place_is_whole(place) || !place->handle)
		return -EINVAL;
	/* Protocol 0: whichever the priority has. */
	nlh = put_head(&w, type, 0, place, 0);
	nfo_tc_put_str(&w, TCA_KIND, "flower");
	nfo_tc_put_u32(&w, TCA_CHAIN, place->chain);
	return finish(&w, nlh);
}

int nfo_tc_flower_del(void *buf, size_t size, const struct nfo_place *place)
{
	return put_one(buf, size, RTM_DELTFILTER, place);
}

int nfo_tc_flower_get(void *buf, size_t size, const struct nfo_place *place)
{
	return put_one(buf, size, RTM_GETTFILTER, place);
}

int nfo_tc_flower_dump(void *buf, size_t size, const struct nfo_place *place,
		       bool one_chain, uint32_t flags)
{
	struct nla_bitfield32 terse = {
		.value = TCA_DUMP_FLAGS_TERSE,
		.selector = TCA_DUMP_FLAGS_TERSE,
	};
	struct nfo_tc_writer w = { .buf = buf, .size = size };
	struct nlmsghdr *nlh;

	if (!place->ifindex || (place->shared && place->egress))
		return -EINVAL;
	nlh = put_head(&w, RTM_GETTFILTER, NLM_F_DUMP, place, 0);
	if (one_chain)
		nfo_tc_put_u32(&w, TCA_CHAIN, place->chain);
	if (flags & NFO_TC_TERSE)
		nfo_tc_put(&w, TCA_DUMP_FLAGS, &terse, sizeof(terse));
	return finish(&w, nlh);
}

static void parse_place(const struct tcmsg *tcm, const struct nlattr **tb,
			struct nfo_place *place)
{
	memset(place, 0, sizeof(*place));
	if (tcm->tcm_ifindex == (int)TCM_IFINDEX_MAGIC_BLOCK) {
		place->shared = true;
		place->ifindex = tcm->tcm_block_index;
	} else {
		place->ifindex = tcm->tcm_ifindex;
		place->egress = TC_H_MIN(tcm->tcm_parent) == TC_H_MIN_EGRESS;
	}
	place->prio = TC_H_MAJ(tcm->tcm_info) >> 16;
	place->handle = tcm->tcm_handle;
	/* Absent: chain 0. A length that is wrong: the caller looks. */
	if (tb[TCA_CHAIN])
		nfo_tc_read(tb[TCA_CHAIN], &place->chain, 4);
}

static int parse_info(const struct nlattr **tb, const struct nlattr **opts,
		      struct nfo_tc_info *info)
{
	uint32_t flags = 0;
	const struct nlattr *text = tb[TCA_EXT_WARN_MSG];

	memset(info, 0, sizeof(*info));
	if (text && nfo_tc_len(text) &&
	    !((const char *)nfo_tc_data(text))[nfo_tc_len(text) - 1])
		info->text = nfo_tc_data(text);
	if ((opts[TCA_FLOWER_FLAGS] &&
	     nfo_tc_read(opts[TCA_FLOWER_FLAGS], &flags, 4)) ||
	    (opts[TCA_FLOWER_IN_HW_COUNT] &&
	     nfo_tc_read(opts[TCA_FLOWER_IN_HW_COUNT], &info->in_hw_count, 4)))
		return -EINVAL;
	info->skip_sw = flags & TCA_CLS_FLAGS_SKIP_SW;
	info->skip_hw = flags & TCA_CLS_FLAGS_SKIP_HW;
	info->in_hw = flags & TCA_CLS_FLAGS_IN_HW;
	if (!opts[TCA_FLOWER_ACT])
		return 0;
	return nfo_tc_stats_parse(opts[TCA_FLOWER_ACT], info);
}

static int parse_rule(const struct nlattr **opts, __be16 protocol,
		      struct nfo_rule *rule)
{
	const struct nlattr *actions = opts[TCA_FLOWER_ACT];
	uint16_t i;
	int err;

	opts[TCA_FLOWER_ACT] = NULL;
	opts[TCA_FLOWER_FLAGS] = NULL;
	opts[TCA_FLOWER_IN_HW_COUNT] = NULL;
	err = nfo_tc_match_parse(opts, protocol, rule);
	if (err)
		return err;
	/* Whatever is left narrows the match in a way the model cannot say. */
	for (i = 0; i <= NFO_TCA_FLOWER_LAST; i++)
		if (opts[i])
			return -EOPNOTSUPP;
	if (!actions)
		return -EOPNOTSUPP;
	err = nfo_tc_actions_parse(actions, rule);
	if (err)
		return err;
	nfo_rule_normalise(rule);
	return 0;
}

/* Sorts header and attributes of @nlh; *@tcm points into the message. */
static int parse_head(const struct nlmsghdr *nlh, const struct tcmsg **tcm,
		      const struct nlattr **tb)
{
	size_t head = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(**tcm));

	if ((nlh->nlmsg_type != RTM_NEWTFILTER &&
	     nlh->nlmsg_type != RTM_DELTFILTER) || nlh->nlmsg_len < head)
		return -EINVAL;
	*tcm = (const void *)((const uint8_t *)nlh + NLMSG_HDRLEN);
	return nfo_tc_sort((const uint8_t *)nlh + head, nlh->nlmsg_len - head,
			   tb, TCA_EXT_WARN_MSG, NULL);
}

static bool is_flower(const struct nlattr *kind)
{
	return kind && nfo_tc_len(kind) >= sizeof("flower") &&
	       !memcmp(nfo_tc_data(kind), "flower", sizeof("flower"));
}

int nfo_tc_flower_parse(const struct nlmsghdr *nlh, struct nfo_rule *rule,
			struct nfo_place *place, struct nfo_tc_info *info)
{
	const struct nlattr *opts[NFO_TCA_FLOWER_LAST + 1];
	const struct nlattr *tb[TCA_EXT_WARN_MSG + 1];
	const struct tcmsg *tcm;
	bool unknown = false;
	int err;

	if (rule)
		nfo_rule_init(rule);
	if (info)
		memset(info, 0, sizeof(*info));
	err = parse_head(nlh, &tcm, tb);
	if (err)
		return err;
	if (tb[TCA_CHAIN] && nfo_tc_len(tb[TCA_CHAIN]) != 4)
		return -EINVAL;
	if (place)
		parse_place(tcm, tb, place);
	/* A priority itself is told too, without a rule in it. */
	if (!is_flower(tb[TCA_KIND]) || !tb[TCA_OPTIONS])
		return -EOPNOTSUPP;
	if (nfo_tc_sort_nest(tb[TCA_OPTIONS], opts, NFO_TCA_FLOWER_LAST,
			     &unknown))
		return -EINVAL;
	if (info) {
		err = parse_info(tb, opts, info);
		if (err)
			return err;
	}
	if (!rule)
		return 0;
	err = unknown ? -EOPNOTSUPP :
			parse_rule(opts, TC_H_MIN(tcm->tcm_info), rule);
	if (err)
		nfo_rule_uninit(rule);
	return err;
}
