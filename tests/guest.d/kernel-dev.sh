# SPDX-License-Identifier: Apache-2.0
# kernel-dev: kernels built from Debian's linux-source-6.12 with the project's
# own small configuration.

kernel_dev_make()
{
	die "$EXIT_DEAD" "kernel $1 is not there yet"
}
