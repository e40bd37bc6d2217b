/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: the figures of `nft-offload stats` as OpenMetrics text, for
 * Prometheus and its kind. Names: nft-offloadd(8).
 *
 * Facts: https://github.com/OpenObservability/OpenMetrics, specification 1.0
 * (families in one block, counters end with _total, the last line is # EOF).
 */
#ifndef NFT_OFFLOADD_METRICS_H
#define NFT_OFFLOADD_METRICS_H

struct report_host;

/*
 * metrics_text: all families, made of the figures of @host as they are now. The
 * caller's to free; NULL without memory. It ends with "# EOF", without newline.
 */
char *metrics_text(const struct report_host *host);

#endif
