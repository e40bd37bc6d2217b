# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# vswitchd: the figures of a whole ovs-vswitchd: flows that packets make it put,
# what 10,000 cost it, how many it allows itself. To be sourced after loads.sh
# and many.sh.

# vswitchd_up PROVIDER
vswitchd_up() {
	local without=()
	[ "$1" != tc ] || without=(env -u LD_PRELOAD)
	ovsdb_start hw-offload=true "hw-offload-priority=$1" tc-policy=skip_sw max-idle=3600000
	vswitchd_start "${without[@]}"
	ovs-vsctl add-br br0
	many_bridge
}

# vswitchd_fill FLOWS SECONDS: as many_fill(); how many seconds it takes as ANSWER.
vswitchd_fill() {
	local start status=0
	start=$(date +%s%N)
	many_fill "$1" "$2" || status=1
	ANSWER=$(awk "BEGIN { print ($(date +%s%N) - $start) / 1e9 }")
	return $status
}

# vswitchd_ticks: CPU time so far, in ticks.
vswitchd_ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$(vswitchd_pid)/stat"
}

# vswitchd_cpu SECONDS: percent of one CPU as ANSWER.
vswitchd_cpu() {
	local start
	start=$(vswitchd_ticks)
	sleep "$1"
	ANSWER=$(awk "BEGIN { print ($(vswitchd_ticks) - $start) * 100 / $(getconf CLK_TCK) / $1 }")
}

# vswitchd_many WHO: 100,000 flows, as far as the provider can; then half a minute.
vswitchd_many() {
	local i limit least=
	vswitchd_fill 100000 400 || echo "$1: $(many_show current) of 100000 flows after 400 s" >&2
	for ((i = 0; i < 30; i++)); do
		limit=$(many_show limit)
		[ -n "$least" ] && [ "$limit" -ge "$least" ] || least=$limit
		sleep 1
	done
	sample "flows in ovs-vswitchd, of 100000" "" "$1" "$(many_show current)"
	sample "flow limit then" "" "$1" "$least"
}

# vswitchd_run WHO PROVIDER
vswitchd_run() {
	vswitchd_up "$2"
	vswitchd_fill 5000 120 || die "$2: $(many_show current) of 5000 flows: $(tail "$OVS_LOG")"
	rate "puts by upcalls" "$1" 5000 "$ANSWER"
	vswitchd_fill 10000 240 || die "$2: $(many_show current) of 10000 flows: $(tail "$OVS_LOG")"
	sleep 5
	[ "$(flows | wc -l)" -ge 10000 ] || die "$2: not in hardware: $(flows ovs | head)"
	vswitchd_cpu "$CPU_SECONDS"
	sample "CPU of ovs-vswitchd, 10000 flows" % "$1" "$ANSWER"
	[ -z "$MANY" ] || vswitchd_many "$1"
	ovs-appctl exit --cleanup
	until_true 60 eval '! vswitchd_pid' || die "ovs-vswitchd does not end"
	ovs_down
}

vswitchd_runs() {
	many_vms
	vswitchd_run ours nft_offload
	vswitchd_run peer tc
}
