/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devlink: what the kernel's devlink says of a NIC.
 *
 * Facts: net/devlink/dev.c (devlink_nl_eswitch_get_doit()).
 */
#ifndef NFT_OFFLOAD_DEVLINK_H
#define NFT_OFFLOAD_DEVLINK_H

/*
 * devlink_eswitch_mode: the eswitch mode of the device @dev ("0000:03:00.0") of
 * @bus ("pci"): DEVLINK_ESWITCH_MODE_* of linux/devlink.h. A negative errno if
 * it cannot be had; -EOPNOTSUPP if it has no eswitch.
 */
int devlink_eswitch_mode(const char *bus, const char *dev);

#endif
