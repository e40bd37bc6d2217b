/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: `nft-offload check`, a read-only look at this host: what stands in
 * the way of offload, and what would cure it. Asks the kernel, the module and
 * Open vSwitch, not the daemon: it is for hosts where nothing works yet.
 */
#ifndef NFT_OFFLOAD_CHECK_H
#define NFT_OFFLOAD_CHECK_H

#include <stdbool.h>

/*
 * check_run: looks, and prints what it finds, as JSON (one object per line) if
 * @json. The worst verdict (enum finding_verdict: 0 fine, 1 warnings, 2 will
 * not offload), or the negative errno of not being able to look. -EPERM
 * without CAP_NET_ADMIN.
 */
int check_run(bool json);

#endif
