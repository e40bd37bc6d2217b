/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnl: rtnetlink requests in batches, and dumps.
 *
 * A struct nfo_rtnl is one socket with a queue. It is not locked: each thread
 * has its own. Requests are queued with a function that is called with the
 * kernel's answer; nfo_rtnl_flush() sends the queue in as few system calls as
 * the socket's send buffer allows.
 *
 * Facts: net/core/rtnetlink.c and net/netlink/af_netlink.c. The kernel works
 * on a request inside sendmsg(), so when that returns every answer is in the
 * receive queue and nothing here ever waits. A request that fails is always
 * answered; one that succeeds only if it asks for it. So only the last of a
 * batch asks: its answer proves that all errors of the batch have been read.
 */
#ifndef NFO_RTNL_H
#define NFO_RTNL_H

#include <errno.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nfo_rtnl;

/*
 * The error of a request whose answer was lost (ENOBUFS on the socket): the
 * kernel may or may not have done it. Read it back to know. No errno that
 * rtnetlink answers with by itself.
 */
#define NFO_RTNL_LOST	(-ENODATA)

/* The largest request, in bytes; nfo_rtnl_room() gives as much. */
#define NFO_RTNL_MSG_MAX 16384

/* How requests and answers travel. Tests put a fake kernel here. */
struct nfo_rtnl_transport {
	/* Sends @len bytes. 0 or negative errno (-EMSGSIZE: send less). */
	int (*send)(void *arg, const void *buf, size_t len);
	/*
	 * Reads one datagram of at most @size bytes without waiting. Its
	 * length, -EAGAIN if there is none, -ENOBUFS if some were lost, or
	 * another negative errno.
	 */
	ssize_t (*recv)(void *arg, void *buf, size_t size);
	void (*close)(void *arg);
	void *arg;
};

/*
 * The answer to a request: @err is 0, a negative errno or NFO_RTNL_LOST,
 * @text the kernel's or driver's words about it ("" if none), valid until the
 * function returns. Called in the order of queueing, after all replies of the
 * same batch. May queue further requests, which go out with the next
 * flush; must not flush or dump itself.
 */
typedef void nfo_rtnl_done_fn(void *arg, int err, const char *text);

/* A message that came as part of an answer (an echo, a GET), before done. */
typedef void nfo_rtnl_reply_fn(void *arg, const struct nlmsghdr *nlh);

/*
 * A message of a dump. With @nlh NULL the dump starts (again, if it was
 * interrupted): forget what came so far. 0, or a negative errno that becomes
 * the result of the dump; the rest of it is read and not delivered.
 */
typedef int nfo_rtnl_dump_fn(void *arg, const struct nlmsghdr *nlh);

/* A socket in the calling thread's network namespace. 0 or negative errno. */
int nfo_rtnl_open(struct nfo_rtnl **rtnlp);

/* The same over another transport, whose close is called in the end. */
int nfo_rtnl_open_transport(struct nfo_rtnl **rtnlp,
			    const struct nfo_rtnl_transport *transport);

/* Closes. What is queued is not sent and its functions are not called. */
void nfo_rtnl_close(struct nfo_rtnl *rtnl);

/*
 * Room for one request of up to NFO_RTNL_MSG_MAX bytes at the queue's end,
 * aligned. Build the message there, then nfo_rtnl_queue(). NULL: no memory.
 */
void *nfo_rtnl_room(struct nfo_rtnl *rtnl);

/*
 * Queues the message built in nfo_rtnl_room() (its nlmsg_len says how long it
 * is); its sequence number is set at the flush, and NLM_F_ACK where there is no
 * other way to know: set it for words that come with a success. @done is called
 * once for it; @reply (may be NULL) for each message that comes with the
 * answer. 0 or -ENOMEM.
 */
int nfo_rtnl_queue(struct nfo_rtnl *rtnl, nfo_rtnl_done_fn *done,
		   nfo_rtnl_reply_fn *reply, void *arg);

/* How many requests are queued. */
size_t nfo_rtnl_queued(const struct nfo_rtnl *rtnl);

/*
 * Sends what is queued at the time of the call and calls each done function.
 * Returns 0 if all was sent, or the negative errno of the socket; then the
 * requests that were not sent have got it as their error.
 */
int nfo_rtnl_flush(struct nfo_rtnl *rtnl);

/*
 * Sends the dump request @nlh (NLM_F_DUMP set; flags and sequence number are
 * completed here) and calls @fn for each message. Does not touch the queue.
 * An interrupted dump is repeated a few times. 0, the kernel's or the
 * function's negative errno, -EINTR if it never came through whole,
 * -ENOBUFS if parts were lost.
 */
int nfo_rtnl_dump(struct nfo_rtnl *rtnl, struct nlmsghdr *nlh,
		  nfo_rtnl_dump_fn *fn, void *arg);

#endif /* NFO_RTNL_H */
