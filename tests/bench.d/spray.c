/* SPDX-License-Identifier: Apache-2.0 */

/* spray: new UDP flows, for tests/bench.
 *
 *     spray ADDRESS FLOWS PPS
 *
 * Sends one packet after the other, each to another port of ADDRESS and then of
 * the addresses that follow it, FLOWS in all, and starts anew, until it is
 * killed; PPS packets a second, in bursts of 32. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BURST 32
#define PORT 1024
#define PORTS 50000

static void
burst_wait(struct timespec *next, long pps)
{
    next->tv_nsec += BURST * 1000000000L / pps;
    next->tv_sec += next->tv_nsec / 1000000000L;
    next->tv_nsec %= 1000000000L;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    unsigned int flows, pps;
    struct timespec next;
    struct in_addr first;
    int fd;

    if (argc != 4 || !inet_aton(argv[1], &first)
        || sscanf(argv[2], "%u", &flows) != 1 || !flows
        || sscanf(argv[3], "%u", &pps) != 1 || !pps) {
        fputs("usage: spray ADDRESS FLOWS PPS\n", stderr);
        return 2;
    }
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) {
        perror("spray: socket");
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (unsigned int i = 0; ; i++) {
        unsigned int flow = i % flows;

        to.sin_addr.s_addr = htonl(ntohl(first.s_addr) + flow / PORTS);
        to.sin_port = htons(PORT + flow % PORTS);
        if (sendto(fd, "spray", 5, 0, (struct sockaddr *) &to, sizeof to) < 0
            && errno != ENOBUFS) {
            perror("spray: sendto");
            return 1;
        }
        if (i % BURST == BURST - 1) {
            burst_wait(&next, pps);
        }
    }
}
