/* SPDX-License-Identifier: Apache-2.0 */
/* probe_print: a message of the family as one line of text. */
#ifndef PROBE_PRINT_H
#define PROBE_PRINT_H

#include <libmnl/libmnl.h>

void probe_print(const struct nlmsghdr *nlh);

#endif /* PROBE_PRINT_H */
