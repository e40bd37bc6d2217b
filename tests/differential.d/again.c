// SPDX-License-Identifier: Apache-2.0
/* again: see again.h. */
#include "again.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rtnl.h"
#include "tc_flower.h"

/* A message, aligned as netlink wants it. */
union message {
	struct nlmsghdr	head;
	uint8_t		bytes[NFO_RTNL_MSG_MAX];
};

static int print_entry(const struct ruleset_entry *entry, FILE *to)
{
	static union message message;
	struct nfo_place place = {
		.ifindex = entry->port + 1,
		.chain = entry->chain,
		.prio = entry->prio,
		.handle = 1,
	};
	int i, len = nfo_tc_flower_put(&message, sizeof(message), &entry->rule, &place,
				       NULL, 0, NULL);

	if (len < 0)
		return len;
	fprintf(to, "%u:%u:%u:", entry->port, entry->chain, entry->prio);
	for (i = 0; i < len; i++)
		fprintf(to, "%02x", message.bytes[i]);
	fputc('/', to);
	return 0;
}

int again_print(const struct ruleset *set, const struct frame *frame, FILE *to)
{
	unsigned int i;
	int err = 0;

	fputs(set->both ? "b/" : "h/", to);
	for (i = 0; !err && i < set->n; i++)
		if (set->entries[i].there)
			err = print_entry(&set->entries[i], to);
	fprintf(to, "%u:", frame->port);
	frame_print(frame, to);
	return err;
}

/* Two hex digits for each byte, up to a slash; how many bytes, or -EINVAL. */
static int read_hex(const char *text, uint8_t *bytes, size_t size)
{
	const size_t digits = strspn(text, "0123456789abcdef");
	size_t i;

	if (!digits || digits % 2 || digits / 2 > size || (text[digits] && text[digits] != '/'))
		return -EINVAL;
	for (i = 0; i < digits / 2; i++)
		sscanf(text + 2 * i, "%2hhx", &bytes[i]);
	return digits / 2;
}

static bool is_port(const struct ruleset *set, uint32_t number)
{
	return number && number <= set->n_ports + TUNNEL_KINDS;
}

/* Does the rule lead to what a side has? */
static bool leads_home(const struct ruleset *set, const struct nfo_rule *rule)
{
	unsigned int i;

	for (i = 0; i < rule->n_actions; i++) {
		const struct nfo_action *a = &rule->actions[i];

		if ((a->type == NFO_ACT_REDIRECT || a->type == NFO_ACT_MIRROR) &&
		    !is_port(set, a->port.ifindex))
			return false;
	}
	return true;
}

/* "PORT:CHAIN:PRIO:RULE" */
static int read_entry(struct ruleset *set, const char *text)
{
	static union message message;
	struct ruleset_entry *entry = &set->entries[set->n];
	unsigned int port, chain, prio;
	int at = 0, len, err;

	if (set->n == RULESET_MAX || sscanf(text, "%u:%u:%u:%n", &port, &chain, &prio, &at) != 3 ||
	    !at || !is_port(set, port + 1))
		return -EINVAL;
	len = read_hex(text + at, message.bytes, sizeof(message));
	if (len < (int)sizeof(message.head) || message.head.nlmsg_len != (uint32_t)len)
		return -EINVAL;
	memset(entry, 0, sizeof(*entry));
	entry->port = port;
	entry->chain = chain;
	entry->prio = prio;
	err = nfo_tc_flower_parse(&message.head, &entry->rule, NULL, NULL);
	if (err)
		return err == -ENOMEM ? err : -EINVAL;
	set->n++;
	return leads_home(set, &entry->rule) ? 0 : -EINVAL;
}

/* "PORT:PACKET" */
static int read_packet(const struct ruleset *set, struct frame *frame, const char *text)
{
	unsigned int port;
	int at = 0, len;

	if (sscanf(text, "%u:%n", &port, &at) != 1 || !at || port >= set->n_ports)
		return -EINVAL;
	len = read_hex(text + at, frame->bytes, sizeof(frame->bytes));
	if (len < FRAME_MIN)
		return -EINVAL;
	frame->len = len;
	frame->port = port;
	return 0;
}

int again_read(struct ruleset *set, struct frame *frame, const char *word)
{
	const char *next;
	int err = 0;

	if ((word[0] != 'h' && word[0] != 'b') || word[1] != '/')
		return -EINVAL;
	set->both = word[0] == 'b';
	for (word += 2; !err && (next = strchr(word, '/')); word = next + 1)
		err = read_entry(set, word);
	return err ? err : read_packet(set, frame, word);
}
