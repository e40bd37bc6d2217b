/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: what this kernel's flower knows that others do not. It ignores
 * attributes it does not know, so a rule is put in software and read again.
 */
#ifndef NFO_PROBE_H
#define NFO_PROBE_H

#include <stdint.h>

#include "rtnl.h"

/* Flower matches flags of the outer header (TCA_FLOWER_KEY_ENC_FLAGS, 6.11). */
#define NFO_PROBE_ENC_FLAGS	0x01
/* act_tunnel_key sets Don't Fragment (TCA_TUNNEL_KEY_NO_FRAG, 6.3). */
#define NFO_PROBE_ENC_DF	0x02

/*
 * nfo_probe_tunnel: what of NFO_PROBE_ENC_* does this kernel? @ifindex: a device
 * with clsact; for a moment there is a rule in a chain that no packet gets to.
 * Nothing may be queued in @rtnl. Flags or negative errno.
 */
int nfo_probe_tunnel(struct nfo_rtnl *rtnl, uint32_t ifindex);

#endif /* NFO_PROBE_H */
