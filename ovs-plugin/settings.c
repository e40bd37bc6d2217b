/* SPDX-License-Identifier: Apache-2.0 */

/* settings: see settings.h. */

#include <config.h>
#include "settings.h"

#include <string.h>

#include "openvswitch/vlog.h"
#include "smap.h"
#include "util.h"

#include "option.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_settings);

#define PREFIX "nft-offload-"

/* OVS tells of its configuration anew with every change of anything in it. */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 12);

/* These are nft-offloadd's: what OVS logs vlog says, and queues of a port that
 * OVS switches to are OVS's own. */
static bool
is_daemons(enum nfo_option option)
{
    return option == NFO_OPTION_BYPASS_QDISC
           || option == NFO_OPTION_LOG_LEVEL;
}

static void
set_one(struct nfo_options *options, enum nfo_option option,
        const char *word)
{
    struct nfo_options old = *options;
    char cure[128], is[32];

    if (nfo_option_set(options, option, word, cure, sizeof cure)) {
        nfo_option_text(&old, option, is, sizeof is);
        VLOG_WARN_RL(&rl, "other_config:" PREFIX "%s=%s: %s; it is %s still",
                     nfo_option_info(option)->key, word, cure, is);
    } else if (options->value[option] != old.value[option]) {
        VLOG_INFO("other_config:" PREFIX "%s is %s now",
                  nfo_option_info(option)->key, word);
    }
}

void
settings_update(struct nfo_options *options, const struct smap *other_config)
{
    const struct smap_node *node;
    struct nfo_options initial;

    nfo_options_init(&initial);
    for (int i = 0; i < NFO_OPTION_COUNT; i++) {
        char *key = xasprintf(PREFIX "%s", nfo_option_info(i)->key);
        const char *word = smap_get(other_config, key);

        if (!word) {
            options->value[i] = initial.value[i];
        } else if (is_daemons(i)) {
            VLOG_WARN_RL(&rl, "other_config:%s is for nft-offloadd only",
                         key);
        } else {
            set_one(options, i, word);
        }
        free(key);
    }
    SMAP_FOR_EACH (node, other_config) {
        if (!strncmp(node->key, PREFIX, strlen(PREFIX))
            && nfo_option_find(node->key + strlen(PREFIX)) < 0) {
            VLOG_WARN_RL(&rl, "other_config:%s is no key of the provider; "
                         "see nft-offload.conf(5)", node->key);
        }
    }
}
