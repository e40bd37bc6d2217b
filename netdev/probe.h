/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: what this kernel's flower knows that others do not. It ignores
 * attributes it does not know, so a rule is put in software and read again.
 */
#ifndef NFO_PROBE_H
#define NFO_PROBE_H

#include <stdint.h>

#include "rtnl.h"

/*
 * nfo_probe_tunnel_flags: does flower match flags of the outer header
 * (TCA_FLOWER_KEY_ENC_FLAGS, 6.11)? @ifindex: a device with clsact; for a moment
 * there is a rule in a chain that no packet gets to. Nothing may be queued in
 * @rtnl. 1, 0 or negative errno.
 */
int nfo_probe_tunnel_flags(struct nfo_rtnl *rtnl, uint32_t ifindex);

#endif /* NFO_PROBE_H */
