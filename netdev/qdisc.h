/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qdisc: the messages about the one that holds a device's filters, clsact.
 *
 * Facts: net/sched/sch_api.c: without a kind RTM_GETQDISC and RTM_DELQDISC find
 * an ingress qdisc as well, which has the same parent; qdisc_get_notify(), which
 * tells the group, and the one who asks only by NLM_F_ECHO. Pure. Internal to the
 * library.
 */
#ifndef NFO_QDISC_H
#define NFO_QDISC_H

#include <stdint.h>

/*
 * nfo_qdisc_put: writes the message @type at @buf (aligned; 128 bytes are
 * enough). RTM_NEWQDISC: makes clsact on @ifindex, its ingress in the shared
 * block @block unless that is 0; EEXIST if there is one. RTM_GETQDISC,
 * RTM_DELQDISC: of @ifindex; @block is not looked at.
 */
void nfo_qdisc_put(void *buf, uint16_t type, uint32_t ifindex, uint32_t block);

#endif /* NFO_QDISC_H */
