// SPDX-License-Identifier: Apache-2.0
/*
 * scan: which rules in the kernel are ours. See table_private.h.
 *
 * Ours is what lies in our bands and has our cookie; anything else is never
 * touched.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "table_private.h"

struct scan {
	nfo_scan_fn *fn;
	void *arg;
};

static int scan_one(void *arg, const struct nlmsghdr *nlh)
{
	const struct scan *scan = arg;
	struct nfo_found found;
	int err;

	/* A dump that starts anew tells all again; takers bear that. */
	if (!nlh || nlh->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	err = nfo_tc_flower_parse(nlh, &found.rule, &found.place, &found.info);
	if (err && err != -EOPNOTSUPP)
		return err == -ENOMEM ? err : 0;
	found.decoded = !err;
	err = 0;
	/* The head of a priority is told, too; it has no handle. */
	if (found.place.handle && nfo_band_has(found.place.prio) &&
	    found.info.has_cookie &&
	    nfo_cookie_read(found.info.cookie, &found.source, &found.hash))
		err = scan->fn(scan->arg, &found);
	nfo_rule_uninit(&found.rule);
	return err;
}

/* Dumps all filters at @place, of whatever kind, to @fn. */
static int scan_dump(struct nfo_rtnl *rtnl, const struct nfo_place *place,
		     nfo_rtnl_dump_fn *fn, void *arg)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	int err = nfo_tc_flower_dump(buf, sizeof(buf), place, false, 0);

	if (err > 0)
		err = nfo_rtnl_dump(rtnl, (struct nlmsghdr *)buf, fn, arg);
	/* No qdisc, no filters; no device, none either. */
	return err == -ENODEV || err == -EINVAL || err == -ENOENT ? 0 : err;
}

int nfo_scan_port(struct nfo_rtnl *rtnl, const struct nfo_port *port,
		  nfo_scan_fn *fn, void *arg)
{
	struct nfo_place place = {
		.ifindex = port->ifindex,
		.shared = port->lag,
	};
	struct scan scan = { fn, arg };
	int err = 0;

	for (int egress = 0; egress < 2 - port->lag && !err; egress++) {
		place.egress = egress;
		err = scan_dump(rtnl, &place, scan_one, &scan);
	}
	return err;
}

int nfo_scan_remove(struct nfo_rtnl *rtnl, const struct nfo_place *place,
		    nfo_rtnl_done_fn *done, void *arg)
{
	void *room = nfo_rtnl_room(rtnl);
	int len = room ? nfo_tc_flower_del(room, NFO_RTNL_MSG_MAX, place) :
		-ENOMEM;

	return len < 0 ? len : nfo_rtnl_queue(rtnl, done, NULL, arg);
}

/* --- without a table --- */

static int survey_one(void *arg, const struct nlmsghdr *nlh)
{
	struct nfo_survey *survey = arg;
	const struct tcmsg *tcm;
	struct nfo_found found;
	uint16_t prio;
	bool ours;

	if (!nlh) {
		memset(survey, 0, sizeof(*survey));
		return 0;
	}
	tcm = mnl_nlmsg_get_payload(nlh);
	if (nlh->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*tcm) || !tcm->tcm_handle)
		return 0;
	prio = tcm->tcm_info >> 16;
	nfo_tc_flower_parse(nlh, NULL, NULL, &found.info);
	ours = nfo_band_has(prio) && found.info.has_cookie &&
	       nfo_cookie_read(found.info.cookie, &found.source, &found.hash);
	if (ours)
		survey->ours++;
	else if (nfo_band_has(prio))
		survey->among++;
	else if (prio < NFO_BAND_PRIO_END)
		survey->before++;
	else
		survey->behind++;
	return 0;
}

int nfo_table_survey(struct nfo_rtnl *rtnl, const struct nfo_port *port,
		     struct nfo_survey *survey)
{
	struct nfo_place place = {
		.ifindex = port->ifindex,
		.shared = port->lag,
	};

	memset(survey, 0, sizeof(*survey));
	return scan_dump(rtnl, &place, survey_one, survey);
}

struct purge {
	uint32_t sources;
	struct nfo_place *places;
	size_t n;
	size_t room;
	ssize_t removed;
};

static int purge_one(void *arg, struct nfo_found *found)
{
	struct purge *purge = arg;

	if (!(purge->sources & 1U << found->source))
		return 0;
	if (purge->n == purge->room) {
		size_t room = purge->room ? purge->room * 2 : 256;
		struct nfo_place *places = reallocarray(purge->places, room,
							sizeof(*places));

		if (!places)
			return -ENOMEM;
		purge->places = places;
		purge->room = room;
	}
	purge->places[purge->n++] = found->place;
	return 0;
}

static void purge_done(void *arg, int err, const char *text)
{
	struct purge *purge = arg;

	(void)text;
	if (!err)
		purge->removed++;
}

/* In which order rules go. */
enum purge_stage {
	PURGE_FLOWS,	/* what leads to chains before the chains: else packets
			 * would go where nothing is
			 */
	PURGE_CHAINS,
	PURGE_GUARDS,	/* no flow's rule is ever without its guard */
	PURGE_END,
};

static enum purge_stage purge_stage(const struct nfo_place *place)
{
	if (place->prio < NFO_BAND_PRIO_FLOWTABLE)
		return PURGE_GUARDS;
	return place->chain ? PURGE_CHAINS : PURGE_FLOWS;
}

static int purge_queue(struct nfo_rtnl *rtnl, struct purge *purge,
		       enum purge_stage stage)
{
	int err = 0;

	for (size_t i = 0; i < purge->n && !err; i++)
		if (purge_stage(&purge->places[i]) == stage)
			err = nfo_scan_remove(rtnl, &purge->places[i],
					      purge_done, purge);
	return err;
}

ssize_t nfo_table_purge(struct nfo_rtnl *rtnl, struct nfo_eswitch *eswitch,
			uint32_t sources)
{
	struct purge purge = { .sources = sources };
	struct nfo_port *ports;
	int ret = 0;
	ssize_t n;
	int err;

	/* Guards are there for the flowtable source only. */
	if (sources & 1U << NFO_SOURCE_FLOWTABLE)
		purge.sources |= 1U << NFO_SOURCE_GUARD;
	/* Devices that are no switchdev ports any more may still have some. */
	n = nfo_eswitch_ports(eswitch, false, &ports);
	if (n < 0)
		return n;
	for (ssize_t i = 0; i < n; i++) {
		err = nfo_scan_port(rtnl, &ports[i], purge_one, &purge);
		if (err && !ret)
			ret = err;
	}
	free(ports);
	err = 0;
	for (int stage = 0; stage < PURGE_END && !err; stage++)
		err = purge_queue(rtnl, &purge, stage);
	if (err && !ret)
		ret = err;
	err = nfo_rtnl_flush(rtnl);
	if (err && !ret)
		ret = err;
	free(purge.places);
	return ret ? ret : purge.removed;
}

ssize_t nfo_table_purge_all(uint32_t sources)
{
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;
	ssize_t n;

	n = nfo_eswitch_create(&eswitch);
	if (n)
		return n;
	n = nfo_rtnl_open(&rtnl);
	if (!n) {
		n = nfo_table_purge(rtnl, eswitch, sources);
		nfo_rtnl_close(rtnl);
	}
	nfo_eswitch_destroy(eswitch);
	return n;
}
