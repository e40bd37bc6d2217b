/* SPDX-License-Identifier: Apache-2.0 */

/* tape: see tape.h. */

#include <config.h>
#include "tape.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gang.h"
#include "ovs-thread.h"
#include "util.h"

/* Larger ones gain nothing that could be measured; what is echoed has to find
 * room in the socket. */
#define BATCH_BYTES (512 * 1024)
#define BATCH_ECHOES 256
#define BUF_SOCKET (4 * 1024 * 1024)
#define BUF_RECV (64 * 1024)

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct tape *recording OVS_GUARDED_BY(mutex);

/* Rules that are put or deleted: other threads read counters meanwhile. */
static void
tape_add(struct tape *tape, const void *data, int left)
{
    const struct nlmsghdr *nlh = data;

    for (; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
        size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

        if (nlh->nlmsg_type != RTM_NEWTFILTER
            && nlh->nlmsg_type != RTM_DELTFILTER) {
            continue;
        }
        while (tape->allocated - tape->used < len) {
            tape->data = x2nrealloc(tape->data, &tape->allocated, 1);
        }
        memcpy(tape->data + tape->used, nlh, len);
        tape->used += len;
        tape->n++;
    }
}

ssize_t sendto(int fd, const void *data, size_t len, int flags,
               const struct sockaddr *to, socklen_t to_len);

/* Takes the place of libc's for all libraries of this process. */
ssize_t
sendto(int fd, const void *data, size_t len, int flags,
       const struct sockaddr *to, socklen_t to_len)
{
    static ssize_t (*real)(int, const void *, size_t, int,
                           const struct sockaddr *, socklen_t);

    if (!real) {
        *(void **) &real = dlsym(RTLD_NEXT, "sendto");
    }
    ovs_mutex_lock(&mutex);
    if (recording) {
        tape_add(recording, data, len);
    }
    ovs_mutex_unlock(&mutex);
    return real(fd, data, len, flags, to, to_len);
}

void
tape_record(struct tape *tape)
{
    tape->used = tape->n = 0;
    ovs_mutex_lock(&mutex);
    recording = tape;
    ovs_mutex_unlock(&mutex);
}

void
tape_stop(void)
{
    ovs_mutex_lock(&mutex);
    recording = NULL;
    ovs_mutex_unlock(&mutex);
}

/* One thread's share. */
struct share {
    char *data;
    size_t len;
};

static int
share_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int size = BUF_SOCKET, one = 1;

    if (fd < 0
        || setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size)
        || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)
        || setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one)) {
        ovs_fatal(errno, "no netlink socket");
    }
    return fd;
}

/* As many messages of 'data' as one batch takes, ready to be sent. */
static size_t
share_fill(char *data, size_t len, uint32_t seq)
{
    struct nlmsghdr *last = NULL;
    size_t used = 0, echoes = 0;

    while (used < len) {
        struct nlmsghdr *nlh = (void *) (data + used);
        size_t one = NLMSG_ALIGN(nlh->nlmsg_len);

        echoes += (nlh->nlmsg_flags & NLM_F_ECHO) != 0;
        if (used + one > BATCH_BYTES || echoes > BATCH_ECHOES) {
            break;
        }
        nlh->nlmsg_flags &= ~NLM_F_ACK;
        nlh->nlmsg_seq = seq;
        last = nlh;
        used += one;
    }
    last->nlmsg_flags |= NLM_F_ACK;
    return used;
}

/* Echoes, and then the error of a message or the answer to the last one. */
static void
share_answer(int fd, char *buf)
{
    for (;;) {
        const struct nlmsghdr *nlh = (const void *) buf;
        ssize_t n = recv(fd, buf, BUF_RECV, 0);

        if (n < 0) {
            ovs_fatal(errno, "no answer to a batch");
        }
        for (; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n)) {
            const struct nlmsgerr *answer = NLMSG_DATA(nlh);

            if (nlh->nlmsg_type != NLMSG_ERROR) {
                continue;
            } else if (answer->error) {
                ovs_fatal(-answer->error, "a message was refused");
            }
            return;
        }
    }
}

static void
share_run(void *share_, struct gang *gang)
{
    struct share *share = share_;
    int fd = share_open();
    char *buf = xmalloc(BUF_RECV);
    uint32_t seq = 0;

    gang_meet(gang);
    for (size_t i = 0; i < share->len;) {
        size_t n = share_fill(share->data + i, share->len - i, ++seq);

        if (send(fd, share->data + i, n, 0) < 0) {
            ovs_fatal(errno, "a batch of %"PRIuSIZE" bytes", n);
        }
        share_answer(fd, buf);
        i += n;
    }
    gang_meet(gang);
    close(fd);
    free(buf);
}

double
tape_replay(struct tape *tape, size_t n_threads)
{
    struct share *shares = xcalloc(n_threads, sizeof *shares);
    size_t from = 0;
    double seconds;

    for (size_t i = 0; i < n_threads; i++) {
        size_t to = tape->used / n_threads * (i + 1), end = from;

        while (end < tape->used && (end < to || i == n_threads - 1)) {
            struct nlmsghdr *nlh = (void *) (tape->data + end);

            end += NLMSG_ALIGN(nlh->nlmsg_len);
        }
        shares[i].data = tape->data + from;
        shares[i].len = end - from;
        from = end;
    }
    seconds = gang_run("replay", share_run, shares, sizeof *shares, n_threads);
    free(shares);
    return seconds;
}
