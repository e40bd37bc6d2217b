// SPDX-License-Identifier: Apache-2.0
/*
 * notify: see notify.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "notify.h"

#ifdef HAVE_SYSTEMD
#include <inttypes.h>
#include <stdint.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_alive(const char *status)
{
	sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", status);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
#else
void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_alive(const char *status)
{
	(void)status;
}

void notify_stopping(void)
{
}
#endif
