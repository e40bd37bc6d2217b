/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider: the generic netlink client of nft_offload.ko. Binds as the one
 * provider of this network namespace, is told of flows, answers which of
 * them hardware carries, and how much.
 *
 * Not locked: one thread at a time per provider; callbacks come from inside
 * nfo_provider_receive() and nfo_provider_bind(), in the caller's thread.
 *
 * Messages can be lost (ENOBUFS, when flows come faster than they are read).
 * Then everything is asked for again, and flows that the answer does not
 * mention are reported as deleted, so that the caller needs no second way of
 * hearing of flows.
 */
#ifndef NFO_PROVIDER_H
#define NFO_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/nft_offload.h>

struct nfo_flowtable_flow;
struct nfo_provider;

/* nfo_provider_ops: what the caller wants to hear. All must be there. */
struct nfo_provider_ops {
	/*
	 * A new flow, a changed one, or one whose state in the module is not
	 * what was answered: place it, and answer. @flow only until return.
	 */
	void (*flow_new)(void *aux, const struct nfo_flowtable_flow *flow);
	/* The flow has ended: remove its rule, answer nothing. */
	void (*flow_del)(void *aux, uint64_t id);
	/*
	 * A flow that was answered to be in hardware has had a packet come
	 * to software.
	 */
	void (*flow_missed)(void *aux, uint64_t id);
	/* Software has carried @packets more of the flow: see below. */
	void (*flow_software)(void *aux, uint64_t id, uint64_t packets);
	/* And that was all of them, for this time. */
	void (*software_told)(void *aux);
	/* All flows there were at bind, or at a loss, have been told. */
	void (*synced)(void *aux);
	/*
	 * The module refuses what we send (@error, negative errno; -ENOENT:
	 * it was unloaded, and every flow has been reported deleted). Its
	 * words: nfo_provider_text().
	 */
	void (*refused)(void *aux, int error);
};

/* nfo_provider_status: the module's own figures of this namespace. */
struct nfo_provider_status {
	uint32_t portid;	/* netlink port of the bound provider, 0: none */
	uint32_t flows_known;
	uint32_t flows_in_hw;
	uint64_t results_stale;	/* answers about flows that were gone */
	uint64_t messages_lost;	/* flows the provider's socket did not take */
};

/* nfo_provider_counters: what this client went through. */
struct nfo_provider_counters {
	uint64_t overruns;	/* ENOBUFS seen */
	uint64_t resyncs;	/* dumps completed */
	uint64_t swept;		/* flows found gone by a dump */
	uint64_t malformed;	/* messages that say no flow id */
	uint64_t refused;	/* of our messages, by the module */
};

/*
 * nfo_provider_open: a client that calls @ops with @aux, not bound yet.
 * @provider is the caller's to close. 0; -ENOENT if the module is not
 * loaded, else a negative errno of the socket.
 */
int nfo_provider_open(struct nfo_provider **provider,
		      const struct nfo_provider_ops *ops, void *aux);

/* nfo_provider_close: frees it; flows are not reported. NULL is fine. */
void nfo_provider_close(struct nfo_provider *provider);

/* nfo_provider_fd: becomes readable when nfo_provider_receive() has work. */
int nfo_provider_fd(const struct nfo_provider *provider);

/*
 * nfo_provider_bind: becomes the provider and asks for all flows there are;
 * they come by nfo_provider_receive(). After our death the module waits
 * @grace_ms milliseconds before flows go back to software. 0; -EBUSY if
 * another provider is bound, -EPERM without CAP_NET_ADMIN, -ETIMEDOUT after
 * 5 s without an answer, or another negative errno.
 */
int nfo_provider_bind(struct nfo_provider *provider, uint32_t grace_ms);

/*
 * nfo_provider_grace: another grace for the bound provider, @grace_ms
 * milliseconds. 0 or negative errno.
 */
int nfo_provider_grace(struct nfo_provider *provider, uint32_t grace_ms);

/*
 * nfo_provider_unbind: is no provider any more. @flush: flows go back to
 * software at once (the rules are gone); otherwise after the grace, unless
 * another provider binds before. Answers not sent yet are sent first. 0 or
 * negative errno.
 */
int nfo_provider_unbind(struct nfo_provider *provider, bool flush);

/*
 * nfo_provider_status: asks the module. Works unbound, too. 0 or negative
 * errno.
 */
int nfo_provider_status(struct nfo_provider *provider,
			struct nfo_provider_status *status);

/*
 * nfo_provider_receive: reads what is there, a bounded amount, and calls
 * @ops. 0, also when nothing was there; or a negative errno of the socket.
 */
int nfo_provider_receive(struct nfo_provider *provider);

/*
 * nfo_provider_result: answers for flow @id, with the generation it was told
 * last. @reason and @text (the driver's words, may be NULL; cut to
 * NFT_OFFLOAD_TEXT_MAX) go with NFT_OFFLOAD_STATE_REFUSED. Kept until
 * nfo_provider_flush() or until a message is full. An unknown id is ignored:
 * the flow has ended meanwhile.
 */
void nfo_provider_result(struct nfo_provider *provider, uint64_t id,
			 enum nft_offload_state state,
			 enum nft_offload_reason reason, const char *text);

/*
 * nfo_provider_stats: what hardware carried of flow @id since it was told
 * of, and how long ago (@idle_ms, milliseconds) the last packet was. Sent
 * only if there are more packets or bytes than told before. Kept like results.
 */
void nfo_provider_stats(struct nfo_provider *provider, uint64_t id,
			uint64_t packets, uint64_t bytes, uint64_t idle_ms);

/*
 * nfo_provider_last: what hardware carried in all of flow @id, which has ended
 * and whose rule has gone, for the module to count what it was not told. Kept
 * like results.
 */
void nfo_provider_last(struct nfo_provider *provider, uint64_t id,
		       uint64_t packets, uint64_t bytes);

/*
 * nfo_provider_teardown: the connection of flow @id leaves the flowtable, for
 * what it was made of has changed; the module reports both its flows deleted,
 * and new ones if the next packet is admitted. Kept like results. An unknown id
 * is ignored.
 */
void nfo_provider_teardown(struct nfo_provider *provider, uint64_t id);

/*
 * nfo_provider_flush: sends what is kept, and asks for all flows again where
 * that is due. To be called after nfo_provider_receive() and at least once a
 * second. 0 or negative errno; flows whose answers could not be sent are told
 * again.
 */
int nfo_provider_flush(struct nfo_provider *provider);

/*
 * nfo_provider_resync: has every flow told again, also those that did not
 * change, for what they were judged by (an MTU, say) has. Goes out with a
 * nfo_provider_flush().
 */
void nfo_provider_resync(struct nfo_provider *provider);

/*
 * nfo_provider_count: asks the module what software has carried of the flows that
 * are not in hardware, unless it was asked less than a second ago: @ops hear of
 * those that had packets. A flow whose packets nobody counts is taken to have had
 * NFO_PROVIDER_UNCOUNTED if it had any. 0 or negative errno.
 */
#define NFO_PROVIDER_UNCOUNTED	10
int nfo_provider_count(struct nfo_provider *provider);

/* nfo_provider_text: the module's words about the last error; "" if none. */
const char *nfo_provider_text(const struct nfo_provider *provider);

/* nfo_provider_counters: a copy. */
void nfo_provider_counters(const struct nfo_provider *provider,
			   struct nfo_provider_counters *counters);

#endif
