/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eswitch: which network devices are ports of which switch.
 *
 * Ports of one embedded switch have the same phys_switch_id; which port a
 * device is (uplink "p0", representor "pf0vf3") its phys_port_name says.
 * Device names are never looked at, for udev and people change them.
 *
 * Kept fresh by link events, so a look-up costs no system call. Threads: one
 * thread creates, handles events and destroys; any thread may look up (a read
 * lock, held for a binary search).
 *
 * Links are dumped with our own rtnl and not with libnl's link cache: that one
 * has the attributes (since 3.2.25), but is not made for readers in other
 * threads, would want copying in any case, and could not be tested without a
 * kernel.
 *
 * Which driver a port has, and so its dialect, is asked for once for each.
 *
 * A driver that goes to switchdev mode without registering its uplink anew
 * tells nobody; call nfo_eswitch_refresh() every few seconds for that.
 */
#ifndef NFO_ESWITCH_H
#define NFO_ESWITCH_H

#include <linux/nft_offload.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port.h"
#include "rtnl.h"
#include "rule.h"

struct nfo_eswitch;

/*
 * A device came (@before NULL), changed or went (@after NULL). Both are valid
 * until the function returns. Called without a lock held.
 */
typedef void nfo_eswitch_change_fn(void *arg, const struct nfo_port *before,
				   const struct nfo_port *after);

/*
 * Opens the sockets and reads all devices. *@eswitchp is the caller's to
 * destroy. 0 or negative errno.
 */
int nfo_eswitch_create(struct nfo_eswitch **eswitchp);

/*
 * The same for tests: devices are dumped over @rtnl (which passes to the
 * eswitch), hw-tc-offload is what @feature(@arg) says and the driver's name
 * what @driver(@arg) says (NULL: none is known), there are no events.
 */
int nfo_eswitch_create_fake(struct nfo_eswitch **eswitchp,
			    struct nfo_rtnl *rtnl,
			    nfo_port_feature_fn *feature,
			    nfo_port_driver_fn *driver, void *arg);

/* NULL is fine. */
void nfo_eswitch_destroy(struct nfo_eswitch *eswitch);

/* Readable when nfo_eswitch_handle() has work; -1 for a fake. */
int nfo_eswitch_fd(const struct nfo_eswitch *eswitch);

/*
 * Reads link events without waiting; @fn (may be NULL) is called with @arg for
 * each device that differs from before. After lost events all devices are
 * read again. 0 or negative errno.
 */
int nfo_eswitch_handle(struct nfo_eswitch *eswitch, nfo_eswitch_change_fn *fn,
		       void *arg);

/* Reads all devices again; else like nfo_eswitch_handle(). */
int nfo_eswitch_refresh(struct nfo_eswitch *eswitch, nfo_eswitch_change_fn *fn,
			void *arg);

/* Copies the device with @ifindex to @port. 0 or -ENOENT. Any thread. */
int nfo_eswitch_port(struct nfo_eswitch *eswitch, uint32_t ifindex,
		     struct nfo_port *port);

/*
 * Copies of all devices, sorted by ifindex, at *@portsp (free() it); only
 * switchdev ports, indirect ones and bonds if @switchdev. Their number or
 * -ENOMEM. Any thread.
 */
ssize_t nfo_eswitch_ports(struct nfo_eswitch *eswitch, bool switchdev,
			  struct nfo_port **portsp);

/*
 * May @rule be placed in hardware at @place? NFT_OFFLOAD_REASON_NONE, or why
 * not, as far as ports are concerned: PORT_GONE, NOT_SWITCHDEV, OTHER_SWITCH,
 * HW_TC_OFFLOAD_OFF, SAME_PORT. @text (@size bytes) then names the device. A
 * tunnel device or internal port (nfo_port.indirect) goes with any switch, a
 * bond with that of its members. *@in becomes a copy of the port that holds the
 * rule, empty where there is none; its dialect and switch id are those of the
 * switch that the rule goes to, and if there is no reason against it the dialect
 * is never NULL. Any thread.
 */
enum nft_offload_reason nfo_eswitch_check(struct nfo_eswitch *eswitch,
					  const struct nfo_rule *rule,
					  const struct nfo_place *place,
					  struct nfo_port *in, char *text,
					  size_t size);

#endif /* NFO_ESWITCH_H */
