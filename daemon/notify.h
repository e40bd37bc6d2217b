/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: tells the service manager how nft-offloadd is (sd_notify(3)).
 * Without libsystemd, or when not started by systemd, nothing happens.
 */
#ifndef NFT_OFFLOADD_NOTIFY_H
#define NFT_OFFLOADD_NOTIFY_H

/* notify_ready: start-up, or reading the configuration again, is over. */
void notify_ready(void);

/* notify_reloading: the configuration is being read again. */
void notify_reloading(void);

/* notify_alive: the loop turns; @status is one line for systemctl status. */
void notify_alive(const char *status);

/* notify_stopping: the end has begun. */
void notify_stopping(void);

#endif
