// SPDX-License-Identifier: Apache-2.0
/*
 * rtnl: rtnetlink requests in batches, and dumps. See rtnl.h.
 *
 * The queue is one buffer of messages, one behind the other as they go onto
 * the wire, and an array with a slot for each. A flush cuts it into batches of
 * at most BATCH_MAX messages and as many bytes as the socket takes; the
 * sequence number of a message says which slot an answer belongs to.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rtnl.h"

/*
 * Messages in one send. More gain nothing (measured: 64 to 256 flower rules
 * gain 6 %), and each may be answered by an error of about 1 KB in the
 * receive buffer's accounting.
 */
#define BATCH_MAX	256
/* Bytes in one send: what the kernel can copy without large allocations. */
#define BATCH_BYTES	(128 * 1024)
#define BUF_SOCKET	(4 * 1024 * 1024)
/* Largest datagram the kernel sends us (dumps: 32 KB, af_netlink.c). */
#define BUF_RECV	(64 * 1024)
#define DUMP_TRIES	5

struct slot {
	size_t offset;		/* of the message in the queue's buffer */
	nfo_rtnl_done_fn *done;
	nfo_rtnl_reply_fn *reply;
	void *arg;
	bool answered;
	int err;
	char *text;		/* NULL: none */
};

struct queue {
	char *buf;
	size_t used;
	size_t size;
	struct slot *slots;
	size_t n;
	size_t room;
};

struct nfo_rtnl {
	struct nfo_rtnl_transport transport;
	struct queue queue;
	size_t batch_bytes;	/* adapted to what the socket takes ... */
	size_t batch_max;	/* ... and to how many answers it holds */
	uint32_t seq;		/* of the last message sent */
	char recv_buf[BUF_RECV] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* --- the socket --- */

static int socket_send(void *arg, const void *buf, size_t len)
{
	while (mnl_socket_sendto(arg, buf, len) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static ssize_t socket_recv(void *arg, void *buf, size_t size)
{
	ssize_t n;

	do {
		n = recv(mnl_socket_get_fd(arg), buf, size,
			 MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* Cut off is as good as lost: what is missing is not known. */
	return (size_t)n > size ? -ENOBUFS : n;
}

static void socket_close(void *arg)
{
	mnl_socket_close(arg);
}

/*
 * The forced variants pass the system's limit but need CAP_NET_ADMIN, so both
 * are tried; with less the batches are just smaller.
 */
static void socket_buffers(int fd)
{
	int size = BUF_SOCKET;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int nfo_rtnl_open(struct nfo_rtnl **rtnlp)
{
	struct nfo_rtnl_transport transport = {
		.send = socket_send,
		.recv = socket_recv,
		.close = socket_close,
	};
	struct mnl_socket *socket;
	int one = 1;
	int err;

	socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &one,
				  sizeof(one)) < 0 ||
	    mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &one,
				  sizeof(one)) < 0) {
		err = -errno;
		mnl_socket_close(socket);
		return err;
	}
	socket_buffers(mnl_socket_get_fd(socket));

	transport.arg = socket;
	err = nfo_rtnl_open_transport(rtnlp, &transport);
	if (err)
		mnl_socket_close(socket);
	return err;
}

int nfo_rtnl_open_transport(struct nfo_rtnl **rtnlp,
			    const struct nfo_rtnl_transport *transport)
{
	struct nfo_rtnl *rtnl = calloc(1, sizeof(*rtnl));

	if (!rtnl)
		return -ENOMEM;
	rtnl->transport = *transport;
	rtnl->batch_bytes = BATCH_BYTES;
	rtnl->batch_max = BATCH_MAX;
	*rtnlp = rtnl;
	return 0;
}

void nfo_rtnl_close(struct nfo_rtnl *rtnl)
{
	if (!rtnl)
		return;
	if (rtnl->transport.close)
		rtnl->transport.close(rtnl->transport.arg);
	free(rtnl->queue.buf);
	free(rtnl->queue.slots);
	free(rtnl);
}

/* --- the queue --- */

void *nfo_rtnl_room(struct nfo_rtnl *rtnl)
{
	struct queue *queue = &rtnl->queue;

	if (queue->size - queue->used < NFO_RTNL_MSG_MAX) {
		size_t size = queue->size * 2 + NFO_RTNL_MSG_MAX;
		char *buf = realloc(queue->buf, size);

		if (!buf)
			return NULL;
		queue->buf = buf;
		queue->size = size;
	}
	return queue->buf + queue->used;
}

int nfo_rtnl_queue(struct nfo_rtnl *rtnl, nfo_rtnl_done_fn *done,
		   nfo_rtnl_reply_fn *reply, void *arg)
{
	struct queue *queue = &rtnl->queue;
	const struct nlmsghdr *nlh;

	if (queue->n == queue->room) {
		size_t room = queue->room ? queue->room * 2 : 64;
		struct slot *slots = reallocarray(queue->slots, room,
						  sizeof(*slots));

		if (!slots)
			return -ENOMEM;
		queue->slots = slots;
		queue->room = room;
	}
	nlh = (const struct nlmsghdr *)(queue->buf + queue->used);
	queue->slots[queue->n++] = (struct slot){
		.offset = queue->used,
		.done = done,
		.reply = reply,
		.arg = arg,
	};
	queue->used += NLMSG_ALIGN(nlh->nlmsg_len);
	return 0;
}

size_t nfo_rtnl_queued(const struct nfo_rtnl *rtnl)
{
	return rtnl->queue.n;
}

/* --- answers --- */

/* The words that go with the answer @nlh, or "". */
static const char *answer_text(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*answer);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	/* Without NLM_F_CAPPED the whole request comes before the text. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (answer->msg.nlmsg_len < sizeof(answer->msg))
			return "";
		skip += answer->msg.nlmsg_len - sizeof(answer->msg);
	}
	if (skip > mnl_nlmsg_get_payload_len(nlh))
		return "";
	mnl_attr_for_each(attr, nlh, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	return "";
}

/* Keeps the answer of a slot, the first one. */
static void slot_answer(struct slot *slot, int err, const char *text)
{
	if (slot->answered)
		return;
	slot->answered = true;
	slot->err = err;
	/* Without memory the words are lost, the error is not. */
	slot->text = *text ? strdup(text) : NULL;
}

/* Tells it, in the order of queueing: later ones may rely on earlier ones. */
static void slots_tell(struct slot *slots, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slot *slot = &slots[i];

		slot->done(slot->arg, slot->err, slot->text ? slot->text : "");
		free(slot->text);
	}
}

/*
 * Hands message @nlh to the slot among @slots[@n] it belongs to; the first has
 * sequence number @seq. Returns whether it was the answer to the last one.
 */
static bool answer_one(struct slot *slots, size_t n, uint32_t seq,
		       const struct nlmsghdr *nlh)
{
	uint32_t i = nlh->nlmsg_seq - seq;
	const struct nlmsgerr *answer;

	/* What is left over of an earlier batch. */
	if (i >= n)
		return false;
	if (nlh->nlmsg_type != NLMSG_ERROR) {
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && slots[i].reply)
			slots[i].reply(slots[i].arg, nlh);
		return false;
	}
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*answer))
		return false;
	answer = mnl_nlmsg_get_payload(nlh);
	slot_answer(&slots[i], answer->error, answer_text(nlh));
	return i == n - 1;
}

/*
 * Reads the answers to @slots[@n]. Those without one have succeeded if the
 * last one's came and nothing was lost, and are unknown otherwise.
 */
static void answers_read(struct nfo_rtnl *rtnl, struct slot *slots, size_t n,
			 uint32_t seq)
{
	bool complete = false;
	bool lost = false;

	for (;;) {
		ssize_t len = rtnl->transport.recv(rtnl->transport.arg,
						   rtnl->recv_buf, BUF_RECV);
		const struct nlmsghdr *nlh = (void *)rtnl->recv_buf;
		int left = len;

		if (len == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (len <= 0)
			break;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			complete |= answer_one(slots, n, seq, nlh);
		if (complete && !lost)
			break;
	}
	for (size_t i = 0; i < n; i++)
		slot_answer(&slots[i],
			    complete && !lost ? 0 : NFO_RTNL_LOST, "");
	/* What is asked next must not be lost by its number again. */
	if (lost || !complete)
		rtnl->batch_max = n > 1 ? n / 2 : 1;
	else if (rtnl->batch_max < BATCH_MAX)
		rtnl->batch_max++;
}

/* --- the flush --- */

/* How many of @slots[@n] go into one send, and its length; at least 1. */
static size_t batch_fill(const struct nfo_rtnl *rtnl, const char *buf,
			 const struct slot *slots, size_t n, size_t *len)
{
	size_t i;

	*len = 0;
	for (i = 0; i < n && i < rtnl->batch_max; i++) {
		const struct nlmsghdr *nlh = (void *)(buf + slots[i].offset);
		size_t one = NLMSG_ALIGN(nlh->nlmsg_len);

		if (i && *len + one > rtnl->batch_bytes)
			break;
		*len += one;
	}
	return i;
}

/* Numbers the messages of a batch; the last one asks for an answer. */
static void batch_number(char *buf, const struct slot *slots, size_t n,
			 uint32_t seq)
{
	for (size_t i = 0; i < n; i++) {
		struct nlmsghdr *nlh = (void *)(buf + slots[i].offset);

		nlh->nlmsg_seq = seq + i;
		nlh->nlmsg_pid = 0;
		if (i == n - 1)
			nlh->nlmsg_flags |= NLM_F_ACK;
	}
}

/*
 * Sends the first of @slots[@n]; smaller batches from now on where the socket
 * refuses the size. How many were sent, or negative errno.
 */
static ssize_t batch_send(struct nfo_rtnl *rtnl, char *buf,
			  struct slot *slots, size_t n, uint32_t *seq)
{
	size_t len, k;
	int err;

	for (;;) {
		k = batch_fill(rtnl, buf, slots, n, &len);
		*seq = rtnl->seq + 1;
		batch_number(buf, slots, k, *seq);
		err = rtnl->transport.send(rtnl->transport.arg,
					   buf + slots[0].offset, len);
		if (err != -EMSGSIZE || k == 1)
			break;
		rtnl->batch_bytes = len / 2;
	}
	if (err)
		return err;
	rtnl->seq += k;
	return k;
}

int nfo_rtnl_flush(struct nfo_rtnl *rtnl)
{
	struct queue queue = rtnl->queue;
	uint32_t seq;
	int err = 0;

	/* Functions called from here may queue: that starts a new queue. */
	rtnl->queue = (struct queue){ 0 };

	for (size_t i = 0; i < queue.n;) {
		ssize_t n = batch_send(rtnl, queue.buf, queue.slots + i,
				       queue.n - i, &seq);

		if (n == -EMSGSIZE) {
			/* One message alone too large: its own failure. */
			slot_answer(&queue.slots[i], n, "");
			slots_tell(&queue.slots[i++], 1);
			continue;
		}
		if (n < 0) {
			err = n;
			for (size_t j = i; j < queue.n; j++)
				slot_answer(&queue.slots[j], err, "");
			slots_tell(&queue.slots[i], queue.n - i);
			break;
		}
		answers_read(rtnl, queue.slots + i, n, seq);
		slots_tell(&queue.slots[i], n);
		i += n;
	}

	/* Keep the memory, unless the functions have queued meanwhile. */
	if (!rtnl->queue.buf) {
		queue.used = 0;
		queue.n = 0;
		free(rtnl->queue.slots);
		rtnl->queue = queue;
	} else {
		free(queue.buf);
		free(queue.slots);
	}
	return err;
}

/* --- dumps --- */

struct dump {
	nfo_rtnl_dump_fn *fn;
	void *arg;
	uint32_t seq;
	int err;		/* the function's */
	bool interrupted;
	bool done;
};

/* One message of a dump. */
static void dump_one(struct dump *dump, const struct nlmsghdr *nlh)
{
	const int *err = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_seq != dump->seq)
		return;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		dump->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
		dump->done = true;
		/* Both carry the kernel's verdict as their first int. */
		if (!dump->err && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*err))
			dump->err = *err;
	} else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && !dump->err) {
		dump->err = dump->fn(dump->arg, nlh);
	}
}

/* Reads a dump to its end. 0 or the socket's negative errno. */
static int dump_read(struct nfo_rtnl *rtnl, struct dump *dump)
{
	bool lost = false;

	while (!dump->done) {
		ssize_t len = rtnl->transport.recv(rtnl->transport.arg,
						   rtnl->recv_buf, BUF_RECV);
		const struct nlmsghdr *nlh = (void *)rtnl->recv_buf;
		int left = len;

		if (len == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (len == -EAGAIN || !len)
			return -ENOBUFS;
		if (len < 0)
			return len;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			dump_one(dump, nlh);
	}
	return lost ? -ENOBUFS : 0;
}

int nfo_rtnl_dump(struct nfo_rtnl *rtnl, struct nlmsghdr *nlh,
		  nfo_rtnl_dump_fn *fn, void *arg)
{
	int err;

	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_pid = 0;
	for (int i = 0; i < DUMP_TRIES; i++) {
		struct dump dump = { .fn = fn, .arg = arg };

		err = fn(arg, NULL);
		if (err)
			return err;
		dump.seq = ++rtnl->seq;
		nlh->nlmsg_seq = dump.seq;
		err = rtnl->transport.send(rtnl->transport.arg, nlh,
					   nlh->nlmsg_len);
		if (!err)
			err = dump_read(rtnl, &dump);
		if (!err)
			err = dump.err;
		if (err || !dump.interrupted)
			return err;
	}
	return -EINTR;
}
