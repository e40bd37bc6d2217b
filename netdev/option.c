// SPDX-License-Identifier: Apache-2.0
/*
 * option: see option.h.
 */
#include "option.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/nft_offload.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "share.h"

static const char *const words_bool[] = { "false", "true", NULL };
static const char *const words_level[] = {
	"err", "warning", "notice", "info", "debug", NULL
};

static const struct nfo_option_info infos[NFO_OPTION_COUNT] = {
	[NFO_OPTION_BYPASS_QDISC] = {
		.key = "bypass-qdisc", .words = words_bool,
		.min = 0, .max = 1, .initial = 0,
		.help = "offload also where packets would bypass a shaping qdisc of a port",
	},
	[NFO_OPTION_GRACE] = {
		.key = "grace", .unit = "seconds",
		.min = 0, .max = NFT_OFFLOAD_GRACE_MAX_MS / 1000,
		.initial = NFT_OFFLOAD_GRACE_DEFAULT_MS / 1000,
		.help = "how long flows and rules outlive a daemon that died",
	},
	[NFO_OPTION_LOG_LEVEL] = {
		.key = "log-level", .words = words_level,
		.min = LOG_ERR, .max = LOG_DEBUG, .initial = LOG_INFO,
		.help = "what is logged: this and what is more important",
	},
	[NFO_OPTION_SHARE_FLOWTABLE] = {
		.key = "share-flowtable", .unit = "percent",
		.min = 0, .max = 50, .initial = NFO_SHARE_PERCENT,
		.help = "the part of a NIC's table that is there for connections of flowtables",
	},
	[NFO_OPTION_SHARE_OVS] = {
		.key = "share-ovs", .unit = "percent",
		.min = 0, .max = 50, .initial = NFO_SHARE_PERCENT,
		.help = "the part of a NIC's table that is there for flows of Open vSwitch",
	},
	[NFO_OPTION_SHARE_PORTS] = {
		.key = "share-ports", .unit = "percent",
		.min = 0, .max = 100, .initial = NFO_SHARE_PERCENT,
		.help = "the part of a NIC's table that all ports have in equal parts",
	},
};

const struct nfo_option_info *nfo_option_info(enum nfo_option option)
{
	return &infos[option];
}

int nfo_option_find(const char *key)
{
	int option;

	for (option = 0; option < NFO_OPTION_COUNT; option++)
		if (!strcmp(infos[option].key, key))
			return option;
	return -ENOENT;
}

void nfo_options_init(struct nfo_options *options)
{
	int option;

	for (option = 0; option < NFO_OPTION_COUNT; option++)
		options->value[option] = infos[option].initial;
}

/* Digits only, at most 9 of them, which fit: no sign, no space, no 0x. */
static bool parse_number(const struct nfo_option_info *info, const char *word,
			 uint32_t *value)
{
	size_t len = strlen(word);

	if (!len || len > 9 || strspn(word, "0123456789") != len)
		return false;
	*value = 0;
	for (; *word; word++)
		*value = *value * 10 + (*word - '0');
	return *value >= info->min && *value <= info->max;
}

static bool parse_word(const struct nfo_option_info *info, const char *word,
		       uint32_t *value)
{
	uint32_t i;

	for (i = 0; info->words[i]; i++) {
		if (strcmp(info->words[i], word))
			continue;
		*value = info->min + i;
		return true;
	}
	return false;
}

/* "a, b or c" */
static void tell_words(const struct nfo_option_info *info, char *cure,
		       size_t size)
{
	size_t i, len;

	len = snprintf(cure, size, "give %s", info->words[0]);
	for (i = 1; info->words[i] && len < size; i++)
		len += snprintf(cure + len, size - len, "%s%s",
				info->words[i + 1] ? ", " : " or ",
				info->words[i]);
}

int nfo_option_set(struct nfo_options *options, enum nfo_option option,
		   const char *word, char *cure, size_t size)
{
	const struct nfo_option_info *info = &infos[option];
	uint32_t value;

	if (info->words ? parse_word(info, word, &value) :
			  parse_number(info, word, &value)) {
		options->value[option] = value;
		return 0;
	}
	if (info->words)
		tell_words(info, cure, size);
	else
		snprintf(cure, size, "give whole %s from %" PRIu32 " to %" PRIu32,
			 info->unit ? info->unit : "numbers", info->min,
			 info->max);
	return -EINVAL;
}

void nfo_option_text(const struct nfo_options *options, enum nfo_option option,
		     char *text, size_t size)
{
	const struct nfo_option_info *info = &infos[option];
	uint32_t value = options->value[option];

	if (info->words)
		snprintf(text, size, "%s", info->words[value - info->min]);
	else
		snprintf(text, size, "%" PRIu32, value);
}
