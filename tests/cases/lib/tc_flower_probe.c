// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_probe: puts the rules of the unit tests into a real kernel (in
 * software), reads them back and compares.
 *
 *	tc_flower_probe all DEV OUT	one after the other; says what differs
 *	tc_flower_probe put NAME DEV OUT	puts one and leaves it there
 *	tc_flower_probe kernel DEV	what of NFO_PROBE_* this kernel does
 *
 * DEV needs a clsact qdisc. A policer of index CORPUS_POLICER must be there.
 * Exit code 0, 1 where a rule was refused or came back different, 2 for wrong
 * usage or no socket.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "probe.h"
#include "rtnl.h"
#include "rule_corpus.h"
#include "tc_flower.h"

static const uint8_t cookie[NFO_COOKIE_LEN] = "tc_flower_probe";
static uint32_t request[NFO_TC_FLOWER_MSG_MAX / 4];
static uint32_t reply[32768 / 4];
static struct mnl_socket *nl;

/* The kernel's version as major * 100 + minor. */
static int kernel_version(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}

/* The kernel's own words in an error message, or "". */
static const char *words(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*error);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - sizeof(error->msg);
	mnl_attr_for_each(attr, nlh, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			return mnl_attr_get_str(attr);
	return "";
}

/*
 * Sends the @len bytes in request and waits for the end of the answer. The
 * last RTM_NEWTFILTER with a handle stays in reply, *@got tells where. 0 or a
 * negative errno; *@text: the kernel's words.
 */
static int talk(int len, uint16_t flags, struct nlmsghdr **got,
		const char **text)
{
	static uint32_t kept[sizeof(reply) / 4];
	struct nlmsghdr *nlh = (void *)request;
	int n;

	*text = "";
	if (len < 0)
		return len;
	nlh->nlmsg_flags |= flags;
	if (mnl_socket_sendto(nl, request, len) < 0)
		return -errno;
	for (;;) {
		n = mnl_socket_recvfrom(nl, reply, sizeof(reply));
		if (n < 0)
			return -errno;
		for (nlh = (void *)reply; mnl_nlmsg_ok(nlh, n);
		     nlh = mnl_nlmsg_next(nlh, &n)) {
			const struct nlmsgerr *error;

			if (nlh->nlmsg_type == NLMSG_DONE)
				return 0;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				error = mnl_nlmsg_get_payload(nlh);
				*text = words(nlh);
				return error->error;
			}
			if (nlh->nlmsg_type != RTM_NEWTFILTER || !got)
				continue;
			if (!((struct tcmsg *)NLMSG_DATA(nlh))->tcm_handle)
				continue;
			memcpy(kept, nlh, nlh->nlmsg_len);
			*got = (void *)kept;
		}
	}
}

static int complain(const char *name, const char *what, int err,
		    const char *text)
{
	printf("%s: %s: %s%s%s\n", name, what, strerror(-err), *text ? ": " : "",
	       text);
	return 1;
}

/* Compares what the kernel told of the rule with what was put. */
static int compare(const char *name, const struct nlmsghdr *got,
		   const struct nfo_rule *rule, const struct nfo_place *place)
{
	char want[4096], have[4096];
	struct nfo_tc_info info;
	struct nfo_place where;
	struct nfo_rule back;
	int err;

	err = nfo_tc_flower_parse(got, &back, &where, &info);
	if (err)
		return complain(name, "read back", err, "");
	nfo_rule_to_string(rule, want, sizeof(want));
	nfo_rule_to_string(&back, have, sizeof(have));
	if (!nfo_rule_equal(rule, &back)) {
		printf("%s: put  %s\n%s: has  %s\n", name, want, name, have);
		err = 1;
	}
	if (memcmp(&where, place, sizeof(where)) || !info.has_times ||
	    !info.has_cookie || memcmp(info.cookie, cookie, sizeof(cookie)) ||
	    !info.skip_hw || info.in_hw || info.packets) {
		printf("%s: another place, cookie, flag or counter\n", name);
		err = 1;
	}
	nfo_rule_uninit(&back);
	return err;
}

/* A terse dump has place, cookie and counters, and no rule. */
static int compare_terse(const char *name, const struct nfo_place *place)
{
	struct nlmsghdr *got = NULL;
	struct nfo_tc_info info;
	struct nfo_place where;
	const char *text;
	int err;

	err = talk(nfo_tc_flower_dump(request, sizeof(request), place, true,
				      NFO_TC_TERSE), 0, &got, &text);
	if (err || !got)
		return complain(name, "terse dump", err, text);
	err = nfo_tc_flower_parse(got, NULL, &where, &info);
	if (err || memcmp(&where, place, sizeof(where)) || !info.has_cookie ||
	    memcmp(info.cookie, cookie, sizeof(cookie)))
		return complain(name, "terse dump differs", err, "");
	return 0;
}

static int put(const struct nfo_rule *rule, const struct nfo_place *place,
	       uint32_t flags, const char **text)
{
	return talk(nfo_tc_flower_put(request, sizeof(request), rule, place,
				      cookie, flags | NFO_TC_SKIP_HW, NULL),
		    NLM_F_ACK, NULL, text);
}

/* The life of one rule: put, twice, replaced, read, deleted, twice. */
static int try_rule(const struct corpus_entry *entry, struct nfo_place *place,
		    uint32_t out)
{
	struct nlmsghdr *got = NULL;
	struct nfo_rule rule;
	const char *text;
	int err, failed = 0;

	nfo_rule_init(&rule);
	entry->make(&rule, out);
	nfo_rule_normalise(&rule);
	err = put(&rule, place, 0, &text);
	if (err) {
		failed = complain(entry->name, "put", err, text);
		goto out;
	}
	err = put(&rule, place, 0, &text);
	if (err != -EEXIST)
		failed |= complain(entry->name, "put twice", err, text);
	err = put(&rule, place, NFO_TC_REPLACE, &text);
	if (err)
		failed |= complain(entry->name, "replace", err, text);
	err = talk(nfo_tc_flower_get(request, sizeof(request), place),
		   NLM_F_ACK, &got, &text);
	if (err || !got)
		failed |= complain(entry->name, "get", err, text);
	else
		failed |= compare(entry->name, got, &rule, place);
	failed |= compare_terse(entry->name, place);
	err = talk(nfo_tc_flower_del(request, sizeof(request), place),
		   NLM_F_ACK, NULL, &text);
	if (err)
		failed |= complain(entry->name, "delete", err, text);
	err = talk(nfo_tc_flower_del(request, sizeof(request), place),
		   NLM_F_ACK, NULL, &text);
	if (err != -ENOENT)
		failed |= complain(entry->name, "delete twice", err, text);
out:
	nfo_rule_uninit(&rule);
	return failed;
}

static int try_all(uint32_t dev, uint32_t out)
{
	struct nfo_place place = { .ifindex = dev, .chain = 2 };
	size_t i, tried = 0, bad = 0, late = 0;

	for (i = 0; i < corpus_size; i++) {
		if (corpus[i].kernel > kernel_version()) {
			late++;
			continue;
		}
		/* A priority has one protocol: each rule its own. */
		place.prio = i + 1;
		place.handle = 0x100 + i;
		bad += try_rule(&corpus[i], &place, out);
		tried++;
	}
	printf("%zu rules came back equal, %zu did not, %zu need a newer kernel\n",
	       tried - bad, bad, late);
	return bad != 0;
}

static int put_named(const char *name, uint32_t dev, uint32_t out)
{
	struct nfo_place place = { .ifindex = dev, .prio = 9, .handle = 1 };
	struct nfo_rule rule;
	const char *text;
	size_t i;
	int err;

	for (i = 0; i < corpus_size && strcmp(corpus[i].name, name); i++)
		;
	if (i == corpus_size) {
		fprintf(stderr, "no rule %s\n", name);
		return 2;
	}
	nfo_rule_init(&rule);
	corpus[i].make(&rule, out);
	nfo_rule_normalise(&rule);
	err = put(&rule, &place, NFO_TC_REPLACE, &text);
	nfo_rule_uninit(&rule);
	return err ? complain(name, "put", err, text) : 0;
}

static int say_kernel(const char *dev)
{
	struct nfo_rtnl *rtnl;
	int known = nfo_rtnl_open(&rtnl);

	if (!known) {
		known = nfo_probe_tunnel(rtnl, if_nametoindex(dev));
		nfo_rtnl_close(rtnl);
	}
	if (known < 0) {
		fprintf(stderr, "%s: %s\n", dev, strerror(-known));
		return 1;
	}
	printf("enc_flags=%d enc_df=%d\n", !!(known & NFO_PROBE_ENC_FLAGS),
	       !!(known & NFO_PROBE_ENC_DF));
	return 0;
}

int main(int argc, char **argv)
{
	bool all = argc == 4 && !strcmp(argv[1], "all");
	bool one = argc == 5 && !strcmp(argv[1], "put");
	uint32_t dev, out;
	int on = 1;

	if (argc == 3 && !strcmp(argv[1], "kernel"))
		return say_kernel(argv[2]);
	if (!all && !one) {
		fprintf(stderr,
			"usage: %s all DEV OUT | put NAME DEV OUT | kernel DEV\n",
			argv[0]);
		return 2;
	}
	dev = if_nametoindex(argv[argc - 2]);
	out = if_nametoindex(argv[argc - 1]);
	nl = mnl_socket_open(NETLINK_ROUTE);
	if (!dev || !out || !nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID)) {
		perror(argv[0]);
		return 2;
	}
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on));
	return all ? try_all(dev, out) : put_named(argv[2], dev, out);
}
