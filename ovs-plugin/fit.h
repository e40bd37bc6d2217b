/* SPDX-License-Identifier: Apache-2.0 */

/* fit: is the Open vSwitch that runs the one that the provider was built for?
 *
 * OVS promises nothing about its private headers between any two versions. */

#ifndef FIT_H
#define FIT_H 1

/* For 'init' of struct dpif_offload_class: called by the main thread when the
 * class is registered, with logging set up.  Returns 0, or EPROTO after one
 * line in the log; OVS then goes on without the provider, and without the
 * rules of an earlier process that had it. */
int fit_check(void);

#endif /* fit.h */
