#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: kasan dev
# full: yes
# group: eswsim
# timeout: 900
# smp: 1
#
# A hundred virtual NICs come and go under traffic, one after the other.
set -euo pipefail
CYCLES=100 exec "$(dirname "$0")/eswsim-platform.sh" cycles
