// SPDX-License-Identifier: Apache-2.0
/*
 * provider_probe: a provider without a NIC, to test nft_offload.ko with.
 *
 *   provider_probe bind [--answer in_hw|refused|none] [--grace MS]
 *                       [--rcvbuf BYTES]
 *   provider_probe observe | dump | get
 *   provider_probe fuzz SEED COUNT
 *
 * bind: binds, prints each message that comes as a line (see probe_print) and
 * answers each flow. Takes commands from stdin, one per line, and says "ok
 * COMMAND" or "error COMMAND: ERRNO: the kernel's words" when it is done:
 *
 *   answer in_hw|refused|none   how to answer from now on; flows known, too
 *   count PACKETS BYTES IDLE    reports these totals for all flows known
 *   dump                        asks for all flows
 *   unbind, flush, bind         leaves without and with FLUSH; comes back
 *   unknown ID                  reports counters of a flow with this id
 *   stop, start                 stops and starts to read messages
 *   fuzz SEED COUNT             sends garbage by this socket
 *   quit                        exits (end of input does that too)
 *
 * observe prints what the multicast group says; dump and get print and exit.
 * fuzz sends garbage without being bound. Exit 0: fine; 1: refused by the
 * kernel or no module, with one line to say so; 2: usage.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux/nft_offload.h"
#include "probe_fuzz.h"
#include "probe_print.h"
#include "probe_socket.h"

#define FLOWS_MAX 200000
#define LINE_SIZE 256

struct flow {
	uint64_t id;
	uint32_t gen;
	bool fresh;	/* not answered yet */
};

struct probe {
	struct probe_socket sock;
	uint8_t answer;		/* enum nft_offload_state; KNOWN: none */
	bool stopped;
	uint32_t grace_ms;
	unsigned int n_flows;
	struct flow flows[FLOWS_MAX];
};

static struct probe probe;

static int fail(const char *what, int err)
{
	fprintf(stderr, "provider_probe: %s: %s%s%s\n", what, strerror(-err),
		probe.sock.text[0] ? ": " : "", probe.sock.text);
	return 1;
}

static void flow_put(uint64_t id, uint32_t gen)
{
	struct flow *flow = probe.flows;
	unsigned int i;

	for (i = 0; i < probe.n_flows && flow[i].id != id; i++)
		;
	if (i == FLOWS_MAX)
		return;
	if (i == probe.n_flows)
		probe.n_flows++;
	flow[i].id = id;
	flow[i].gen = gen;
	flow[i].fresh = true;
}

static void flow_del(uint64_t id)
{
	unsigned int i;

	for (i = 0; i < probe.n_flows; i++) {
		if (probe.flows[i].id == id) {
			probe.flows[i] = probe.flows[--probe.n_flows];
			return;
		}
	}
}

/* Remembers what can be placed: what has actions. */
static void take_flow(uint8_t command, const struct nlattr *nest)
{
	bool placeable = false;
	const struct nlattr *attr;
	uint32_t gen = 0;
	uint64_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case NFT_OFFLOAD_FLOW_ATTR_ID:
			id = mnl_attr_get_u64(attr);
			break;
		case NFT_OFFLOAD_FLOW_ATTR_GEN:
			gen = mnl_attr_get_u32(attr);
			break;
		case NFT_OFFLOAD_FLOW_ATTR_ACTIONS:
			placeable = true;
			break;
		}
	}
	if (command == NFT_OFFLOAD_CMD_FLOW_DEL)
		flow_del(id);
	else if (command == NFT_OFFLOAD_CMD_FLOW_NEW && placeable)
		flow_put(id, gen);
}

static void take_message(const struct nlmsghdr *nlh, void *data)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	(void)data;
	probe_print(nlh);
	mnl_attr_for_each(attr, nlh, sizeof(*genl)) {
		if (mnl_attr_get_type(attr) == NFT_OFFLOAD_ATTR_FLOW)
			take_flow(genl->cmd, attr);
	}
}

static int ask(struct nlmsghdr *nlh)
{
	return probe_socket_ask(&probe.sock, nlh, take_message, NULL);
}

static void put_answer(struct nlmsghdr *nlh, const struct flow *flow)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW);

	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_ID, flow->id);
	mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_GEN, flow->gen);
	mnl_attr_put_u8(nlh, NFT_OFFLOAD_FLOW_ATTR_STATE, probe.answer);
	if (probe.answer == NFT_OFFLOAD_STATE_REFUSED) {
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_FLOW_ATTR_REASON,
				 NFT_OFFLOAD_REASON_TABLE_FULL);
		mnl_attr_put_strz(nlh, NFT_OFFLOAD_FLOW_ATTR_TEXT,
				  "the probe refuses");
	}
	mnl_attr_nest_end(nlh, nest);
}

struct totals {
	uint64_t packets, bytes, idle_ms;
};

static void put_count(struct nlmsghdr *nlh, uint64_t id,
		      const struct totals *totals)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOW);

	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_ID, id);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_PACKETS, totals->packets);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_BYTES, totals->bytes);
	mnl_attr_put_u64(nlh, NFT_OFFLOAD_FLOW_ATTR_IDLE_MS, totals->idle_ms);
	mnl_attr_nest_end(nlh, nest);
}

/* All flows in batches: counters if @totals, else answers to fresh flows. */
static int send_batches(const struct totals *totals)
{
	static char buffer[PROBE_BUFFER];
	uint8_t command = totals ? NFT_OFFLOAD_CMD_FLOW_STATS :
				   NFT_OFFLOAD_CMD_FLOW_RESULT;
	unsigned int i = 0, n;
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	int err = 0;

	while (!err && i < probe.n_flows) {
		nlh = probe_socket_request(&probe.sock, buffer, command,
					   NLM_F_ACK);
		nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOWS);
		for (n = 0; i < probe.n_flows && n < NFT_OFFLOAD_BATCH_MAX; i++) {
			struct flow *flow = &probe.flows[i];

			if (totals) {
				put_count(nlh, flow->id, totals);
				n++;
			} else if (flow->fresh) {
				put_answer(nlh, flow);
				flow->fresh = false;
				n++;
			}
		}
		mnl_attr_nest_end(nlh, nest);
		if (n)
			err = ask(nlh);
	}
	return err;
}

static int send_unknown(uint64_t id)
{
	struct totals totals = { 1, 1, 0 };
	char buffer[256];
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	nlh = probe_socket_request(&probe.sock, buffer,
				   NFT_OFFLOAD_CMD_FLOW_STATS, NLM_F_ACK);
	nest = mnl_attr_nest_start(nlh, NFT_OFFLOAD_ATTR_FLOWS);
	put_count(nlh, id, &totals);
	mnl_attr_nest_end(nlh, nest);
	return ask(nlh);
}

static int send_command(uint8_t command, uint16_t flags, bool flush)
{
	char buffer[256];
	struct nlmsghdr *nlh;

	nlh = probe_socket_request(&probe.sock, buffer, command, flags);
	if (command == NFT_OFFLOAD_CMD_BIND)
		mnl_attr_put_u32(nlh, NFT_OFFLOAD_ATTR_GRACE_MS, probe.grace_ms);
	if (flush)
		mnl_attr_put(nlh, NFT_OFFLOAD_ATTR_FLUSH, 0, NULL);
	return ask(nlh);
}

static int set_answer(const char *word)
{
	unsigned int i;

	if (!strcmp(word, "in_hw"))
		probe.answer = NFT_OFFLOAD_STATE_IN_HW;
	else if (!strcmp(word, "refused"))
		probe.answer = NFT_OFFLOAD_STATE_REFUSED;
	else if (!strcmp(word, "none"))
		probe.answer = NFT_OFFLOAD_STATE_KNOWN;
	else
		return -EINVAL;
	for (i = 0; i < probe.n_flows; i++)
		probe.flows[i].fresh = true;
	return 0;
}

/* One line of stdin. Returns 0 or a negative errno. */
static int do_command(const char *word, char **rest)
{
	struct totals totals;

	if (!strcmp(word, "answer"))
		return rest[0] ? set_answer(rest[0]) : -EINVAL;
	if (!strcmp(word, "count") && rest[0] && rest[1] && rest[2]) {
		totals.packets = strtoull(rest[0], NULL, 0);
		totals.bytes = strtoull(rest[1], NULL, 0);
		totals.idle_ms = strtoull(rest[2], NULL, 0);
		return send_batches(&totals);
	}
	if (!strcmp(word, "unknown") && rest[0])
		return send_unknown(strtoull(rest[0], NULL, 0));
	if (!strcmp(word, "fuzz") && rest[0] && rest[1])
		return probe_fuzz(&probe.sock, strtoul(rest[0], NULL, 0),
				  strtoul(rest[1], NULL, 0));
	if (!strcmp(word, "dump"))
		return send_command(NFT_OFFLOAD_CMD_FLOW_GET, NLM_F_DUMP, false);
	if (!strcmp(word, "bind"))
		return send_command(NFT_OFFLOAD_CMD_BIND, NLM_F_ACK, false);
	if (!strcmp(word, "unbind") || !strcmp(word, "flush"))
		return send_command(NFT_OFFLOAD_CMD_UNBIND, NLM_F_ACK,
				    word[0] == 'f');
	if (!strcmp(word, "stop") || !strcmp(word, "start")) {
		probe.stopped = word[2] == 'o';
		return 0;
	}
	return -EINVAL;
}

/* Returns false at "quit" and at the end of input. */
static bool take_line(void)
{
	char line[LINE_SIZE], *words[5] = { NULL }, *save = NULL;
	int err, i;

	if (!fgets(line, sizeof(line), stdin))
		return false;
	words[0] = strtok_r(line, " \n", &save);
	for (i = 1; words[i - 1] && i < 4; i++)
		words[i] = strtok_r(NULL, " \n", &save);
	if (!words[0])
		return true;
	if (!strcmp(words[0], "quit"))
		return false;
	err = do_command(words[0], words + 1);
	if (err == -ENOBUFS)
		printf("overrun\n");
	if (err)
		printf("error %s: %s: %s\n", words[0], strerror(-err),
		       probe.sock.text);
	else
		printf("ok %s\n", words[0]);
	fflush(stdout);
	return true;
}

/* Reads until nothing is there; says so if messages were lost. */
static int drain(void)
{
	int err;

	do {
		err = probe_socket_read(&probe.sock, false, take_message, NULL);
		if (err == -ENOBUFS) {
			printf("overrun\n");
			fflush(stdout);
			err = 0;
		}
	} while (!err);
	return err == -EAGAIN ? 0 : err;
}

static int run(bool commands)
{
	struct pollfd fds[2] = {
		{ .fd = mnl_socket_get_fd(probe.sock.nl), .events = POLLIN },
		{ .fd = commands ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int err;

	/* fgets must not keep a second line that poll does not see. */
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		fds[0].fd = probe.stopped ? -1 : mnl_socket_get_fd(probe.sock.nl);
		if (poll(fds, 2, -1) < 0)
			return fail("poll", -errno);
		err = probe.stopped ? 0 : drain();
		if (fds[1].revents && !take_line())
			return 0;
		if (!err && probe.answer && !probe.stopped)
			err = send_batches(NULL);
		if (err) {
			printf("error answer: %s: %s\n", strerror(-err),
			       probe.sock.text);
			fflush(stdout);
		}
	}
}

static int main_bind(int argc, char **argv)
{
	static const struct option options[] = {
		{ "answer", required_argument, NULL, 'a' },
		{ "grace", required_argument, NULL, 'g' },
		{ "rcvbuf", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int option, size, err;

	probe.grace_ms = NFT_OFFLOAD_GRACE_DEFAULT_MS;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a' && set_answer(optarg))
			return 2;
		if (option == 'g')
			probe.grace_ms = strtoul(optarg, NULL, 0);
		if (option == 'r') {
			size = atoi(optarg);
			setsockopt(mnl_socket_get_fd(probe.sock.nl), SOL_SOCKET,
				   SO_RCVBUF, &size, sizeof(size));
		}
		if (option == '?')
			return 2;
	}
	err = send_command(NFT_OFFLOAD_CMD_BIND, NLM_F_ACK, false);
	if (err)
		return fail("bind", err);
	printf("bound\n");
	fflush(stdout);
	return run(true);
}

static int main_observe(void)
{
	if (mnl_socket_setsockopt(probe.sock.nl, NETLINK_ADD_MEMBERSHIP,
				  &probe.sock.group, sizeof(probe.sock.group)))
		return fail("observe", -errno);
	printf("observing\n");
	fflush(stdout);
	return run(false);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	int err = probe_socket_open(&probe.sock);

	if (err)
		return fail("family nft_offload", err);
	if (!strcmp(word, "bind"))
		return main_bind(argc - 1, argv + 1);
	if (!strcmp(word, "observe"))
		return main_observe();
	if (!strcmp(word, "dump"))
		err = send_command(NFT_OFFLOAD_CMD_FLOW_GET, NLM_F_DUMP, false);
	else if (!strcmp(word, "get"))
		err = send_command(NFT_OFFLOAD_CMD_GET, NLM_F_ACK, false);
	else if (!strcmp(word, "fuzz") && argc == 4)
		err = probe_fuzz(&probe.sock, strtoul(argv[2], NULL, 0),
				 strtoul(argv[3], NULL, 0));
	else
		return 2;
	return err ? fail(word, err) : 0;
}
