// SPDX-License-Identifier: Apache-2.0
/*
 * notify: see notify.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "notify.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

void notify_ready(void)
{
	sd_notify(0, "READY=1");
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

void notify_alive(const char *status)
{
	(void)status;
}

void notify_stopping(void)
{
}
#endif
