/* SPDX-License-Identifier: Apache-2.0 */

/* report: what the provider tells people through OVS's own commands. */

#ifndef REPORT_H
#define REPORT_H 1

struct dpif_offload;
struct ds;
struct json;
struct netdev_custom_stats;

/* Callback of the class, for "dpif/offload/show": ports with their verdicts.
 * 'json' wins where both are given. */
void report_debug(const struct dpif_offload *, struct ds *, struct json *);

/* Callback of the class, for "dpctl/offload-stats-show": the figures of the
 * table, refusals by reason among them.  Returns 0, or EOPNOTSUPP while
 * hw-offload is off. */
int report_global_stats(const struct dpif_offload *,
                        struct netdev_custom_stats *);

#endif /* report.h */
