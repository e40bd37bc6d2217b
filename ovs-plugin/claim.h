/* SPDX-License-Identifier: Apache-2.0 */

/* claim: rules that an earlier ovs-vswitchd has left become flows of this one.
 *
 * A ufid is a hash with a secret of the process, so OVS will never put these
 * flows again by the names that they had.  So each rule is translated back
 * and shown in dumps as a flow with a name of now; the first revalidation
 * looks it up in the OpenFlow tables as it does with flows that it finds in
 * the kernel's datapath, and keeps, changes or deletes it.  Meanwhile hardware
 * goes on forwarding.
 *
 * Not all at once: a dump that takes long makes OVS cut its flow limit, and
 * then it deletes flows, these first (udpif_revalidator() in
 * ofproto/ofproto-dpif-upcall.c). */

#ifndef CLAIM_H
#define CLAIM_H 1

struct nft_offload;

/* Does that for some of the rules that can be flows, for a tenth of a second;
 * called at the beginning of each dump until all are done.  What recirculates
 * cannot: the recirculation ids were the other process's.  That was removed
 * before, by claim_prepare().  The rest is left to the grace period, which
 * begins after the last.  Any thread; 'offload' is enabled. */
void claim_leftovers(struct nft_offload *);

/* Reads back what there is, and removes what recirculates.  At start-up,
 * before anything is put. */
void claim_prepare(struct nft_offload *);

#endif /* claim.h */
