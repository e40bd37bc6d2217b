#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# ovs: yes
# group: check
# timeout: 600
#
# nft-offload check on a host with Open vSwitch: without the plugin, with one for
# another version, without the words in other_config; each named, with a cure.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

# finds CHECK TEXT: a finding about ovs-vswitchd that is not fine.
finds() {
	nft-offload check --json > "$WORK/findings" || :
	FOUND=$(jq -c "select(.type == \"finding\" and .check == \"$1\" and .subject == \"ovs-vswitchd\" and
		.verdict != \"ok\" and (.text | test(\"$2\")))" "$WORK/findings")
	[ -n "$FOUND" ] || die "no finding $1 with '$2': $(nft-offload check)"
	echo "ok: $(jq -r '.text + " -- " + .cure' <<< "$FOUND")"
}
# cure: the command that was printed; what systemd would restart is restarted here.
cure() {
	local text
	text=$(jq -r .cure <<< "$FOUND")
	eval "${text%%;*}"
}

# other_version: ovs-vswitchd that says of itself to be the next patch version.
other_version() {
	mkdir "$WORK/other"
	sed 's/%s (Open vSwitch) 4\.0\.0/%s (Open vSwitch) 4.0.9/g; s/Open vSwitch Library 4\.0\.0/Open vSwitch Library 4.0.9/g' \
		"$(readlink -f /usr/lib/libopenvswitch-4.0.so.0)" > "$WORK/other/libopenvswitch-4.0.so.0"
	vswitchd_start "LD_LIBRARY_PATH=$WORK/other"
}

nic_up 2
ovsdb_start
modprobe openvswitch
ovs-vswitchd --detach --no-chdir --pidfile --log-file 2> "$WORK/vswitchd.err"
finds ovs 'without the nft_offload plugin'
vswitchd_stop
other_version
finds ovs_version 'not the version'
vswitchd_stop
vswitchd_start
finds ovs 'hw-offload is not true'
cure
finds ovs 'does not name nft_offload'
cure
vswitchd_stop
vswitchd_start
nft-offload check > "$WORK/check" || [ $? = 1 ] || die "all is right: $(cat "$WORK/check")"
grep -q '^ok .*ovs-vswitchd: has the nft_offload plugin' "$WORK/check" || die "$(cat "$WORK/check")"
cat "$WORK/check"
ovs_down
bed_down
