#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# ovs: yes
# group: ovs
# full: yes
# timeout: 3000
#
# As ovs-suite.sh: all 22 of system-offloads-traffic.at that pass with tc, and
# ten others.
#
#   ovs-suite-full.sh [SEED]
exec "$(dirname "$0")/ovs-suite.sh" 22 10 "$@"
