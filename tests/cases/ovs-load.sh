#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# quick: yes
# ovs: yes
# group: ovs
# timeout: 600
#
# The provider in a stock ovs-vswitchd: it is listed and has ports, each
# interface may choose, another version is told in one line and changes
# nothing, and other programs do not notice.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

# show_has PORT PROVIDER: does dpif/offload/show say that it has it?
show_has() {
	ovs-appctl dpif/offload/show > "$WORK/show"
	awk -v port="$1:" -v provider="$2" '
		$1 != "-" { last = $1 }
		$1 == "-" && $2 == port && last == provider { found = 1 }
		END { exit !found }' "$WORK/show"
}

# lines_of PATTERN FILE...: how many lines match.
lines_of() {
	cat "${@:2}" | grep -cE "$1" || :
}

# Other programs: the same output and status, no word, nothing loaded.
programs() {
	local out
	for program in 'sh -c "echo a; exit 3"' 'ovs-vsctl --version' 'ovsdb-server --version' 'ovs-dpctl --version'; do
		bash -c "$program" > "$WORK/plain" 2>&1 || :
		LD_PRELOAD=$OVS_PRELOAD bash -c "$program" > "$WORK/preloaded" 2>&1 || :
		cmp "$WORK/plain" "$WORK/preloaded" || die "$program says: $(cat "$WORK/preloaded")"
	done
	out=$(LD_PRELOAD=$OVS_PRELOAD grep -c nft_offload_provider /proc/self/maps || :)
	[ "$out" = 0 ] || die "the provider is in a program that is not ovs-vswitchd"
	out=$(LD_PRELOAD=$OVS_PRELOAD grep -c nft_offload_ovs /proc/self/maps || :)
	[ "$out" != 0 ] || die "the loader was not preloaded at all"
}

listed() {
	ovs-appctl dpif/offload/classes > "$WORK/classes"
	grep -qE '^nft_offload +system' "$WORK/classes" || die "classes: $(cat "$WORK/classes")"
	! grep -q dummy_x "$WORK/classes" || die "dummy_x is there still"
	show_has "$(rep 0)" nft_offload || die "show: $(cat "$WORK/show")"
}

# Each interface chooses when it is added.
interfaces() {
	local dev choice
	dev=$(rep 1)
	for choice in none tc nft_offload; do
		ovs-vsctl del-port br0 "$dev"
		ovs-vsctl add-port br0 "$dev" -- \
			set Interface "$dev" "other_config:hw-offload-priority=$choice"
		case $choice in
		none)
			! show_has "$dev" nft_offload && ! show_has "$dev" tc ||
				die "none: $(cat "$WORK/show")"
			;;
		*) show_has "$dev" "$choice" || die "$choice: $(cat "$WORK/show")" ;;
		esac
	done
	until_true 60 vm 0 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping" || die "no ping: $(cat "$WORK/ping")"
}

# ours: how many rules of the provider there are on the first port.
ours() {
	tc filter show dev "$(rep 0)" ingress | grep -cE 'pref (1[7-9]|2[0-4]) flower .*handle' || :
}

# left_rules: rules in hardware, and nobody who knows them.
left_rules() {
	until_true 60 eval 'vm 0 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping"; [ "$(ours)" != 0 ]' ||
		die "no rules: $(ovs-appctl dpctl/dump-flows -m)"
	vswitchd_stop
	[ "$(ours)" != 0 ] || die "the rules went with the process"
}

# The one that the provider was built for.
ours_again() {
	vswitchd_stop
	vswitchd_start
	listed
}

# no_rules WHAT: OVS forwards, and there is no rule of the provider.
no_rules() {
	[ "$(ours)" = 0 ] || die "$1: rules stay: $(tc filter show dev "$(rep 0)" ingress)"
	until_true 60 vm 0 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping" || die "$1: no ping: $(tail -n 20 $OVS_LOG)"
}

# without_us WHAT: no_rules, and nft_offload is not in it.
without_us() {
	no_rules "$1"
	! ovs-appctl dpif/offload/classes | sees nft_offload || die "$1: it is loaded"
}

# An OVS that says of itself to be the next patch version: found when the class
# is registered.
other_version() {
	local dir=$WORK/other lib
	mkdir -p "$dir"
	left_rules
	lib=$(readlink -f /usr/lib/libopenvswitch-4.0.so.0)
	sed 's/%s (Open vSwitch) 4\.0\.0/%s (Open vSwitch) 4.0.9/g; s/Open vSwitch Library 4\.0\.0/Open vSwitch Library 4.0.9/g' \
		"$lib" > "$dir/libopenvswitch-4.0.so.0"
	! cmp -s "$lib" "$dir/libopenvswitch-4.0.so.0" || die "the version is not where it is looked for"
	: > $OVS_LOG
	vswitchd_start "LD_LIBRARY_PATH=$dir"
	without_us 4.0.9
	[ "$(lines_of 'nft_offload is not loaded: it was built for Open vSwitch 4\.0\.0, and this is .*4\.0\.9' $OVS_LOG)" = 1 ] ||
		die "4.0.9: $(grep -i offload $OVS_LOG)"
}

# An ovs-vswitchd with another library, here none of the name: found before
# main().
other_library() {
	local dir=$WORK/library name
	mkdir -p "$dir"
	ours_again
	left_rules
	for name in libopenvswitch libofproto libsflow libovsdb; do
		sed 's/-4\.0\.so\.0/-4.9.so.0/g' /usr/lib/$name-4.0.so.0 > "$dir/$name-4.9.so.0"
	done
	sed 's/-4\.0\.so\.0/-4.9.so.0/g' "$(command -v ovs-vswitchd)" > "$dir/ovs-vswitchd"
	chmod +x "$dir/ovs-vswitchd"
	: > $OVS_LOG
	PATH=$dir:$PATH vswitchd_start "LD_LIBRARY_PATH=$dir"
	without_us 4.9
	[ "$(lines_of 'nft_offload is not loaded' "$WORK/vswitchd.err")" = 1 ] ||
		die "4.9: $(cat "$WORK/vswitchd.err")"
}

# What systemd does before the start of an ovs-vswitchd that is not told to use
# the provider, and of one that is.
before_start() {
	sed -n 's/^ExecStartPre=-//p' /lib/systemd/system/ovs-vswitchd.service.d/nft-offload.conf |
		sh > "$WORK/before" 2>&1 || :
}

not_told() {
	ours_again
	left_rules
	before_start
	[ "$(ours)" != 0 ] || die "the rules are to be adopted: $(cat "$WORK/before")"
	ovs-vsctl --no-wait remove Open_vSwitch . other_config hw-offload-priority
	before_start
	vswitchd_start
	ovs-appctl dpif/offload/classes | sees nft_offload || die "it is there to be told"
	! show_has "$(rep 0)" nft_offload || die "show: $(cat "$WORK/show")"
	no_rules "not told: $(cat "$WORK/before")"
}

programs
ovs_bed
listed
ovs_log_clean
interfaces
other_version
other_library
not_told
ovs_down
