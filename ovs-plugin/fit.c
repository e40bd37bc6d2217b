/* SPDX-License-Identifier: Apache-2.0 */

/* fit: see fit.h. */

#include <config.h>
#include "fit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/vlog.h"
#include "util.h"

#include "table.h"

VLOG_DEFINE_THIS_MODULE(nft_offload_fit);

#define BUILT_FOR VERSION VERSION_SUFFIX

/* ovs_get_program_version() ends with the version of the library, whether the
 * program has the same (ovs_set_program_name() of OVS's lib/util.c). */
static bool
version_fits(const char *version)
{
    size_t len = strlen(version), n = strlen(BUILT_FOR);

    return len > n
           && version[len - n - 1] == ' '
           && !strcmp(version + len - n, BUILT_FOR);
}

/* The hash functions are inline and differ with the processor compiled for
 * (-march, -msse4.2): then we would find nothing in the library's maps. */
static bool
hash_fits(void)
{
    static const uint32_t word = 0x6e66746f;

    return hash_bytes(&word, sizeof word, 1)
           == hash_finish(hash_add(1, word), sizeof word);
}

/* After the line that says why this Open vSwitch is without us.  Here, for by
 * now ovs-vswitchd may be a user who has the right to do that only himself. */
static int
unfit(void)
{
    ssize_t n = nfo_table_purge_all(1u << NFO_SOURCE_OVS);

    if (n < 0) {
        VLOG_ERR("rules of an earlier ovs-vswitchd may be in hardware still "
                 "(%s): run nft-offload flush ovs", ovs_strerror(-n));
    }
    return EPROTO;
}

int
fit_check(void)
{
    const char *version = ovs_get_program_version();

    if (!version_fits(version)) {
        const char *line = strrchr(version, '\n');

        VLOG_ERR("nft_offload is not loaded: it was built for Open vSwitch "
                 BUILT_FOR", and this is %s; Open vSwitch runs on without it",
                 line ? line + 1 : version);
        return unfit();
    }
    if (!hash_fits()) {
        VLOG_ERR("nft_offload is not loaded: it was compiled for another "
                 "processor than this Open vSwitch (-march, -msse4.2); "
                 "Open vSwitch runs on without it");
        return unfit();
    }
    return 0;
}
