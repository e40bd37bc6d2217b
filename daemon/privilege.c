// SPDX-License-Identifier: Apache-2.0
/*
 * privilege: see privilege.h. By system calls, for four of them do not
 * justify a library more: capget(2), capset(2), prctl(2).
 */
#include "privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int privilege_check(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	if (!(data[0].effective & (1u << CAP_NET_ADMIN)))
		return -EPERM;
	return 0;
}

int privilege_drop(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	int cap;

	/*
	 * The bounding set first: to shrink it takes CAP_SETPCAP. Without that
	 * capability there is nothing exec could gain either, because of
	 * PR_SET_NO_NEW_PRIVS.
	 */
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (cap != CAP_NET_ADMIN)
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* EINVAL: a kernel without ambient capabilities has none to clear. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
	    errno != EINVAL)
		return -errno;

	memset(data, 0, sizeof(data));
	data[0].effective = 1u << CAP_NET_ADMIN;
	data[0].permitted = 1u << CAP_NET_ADMIN;
	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	return 0;
}
