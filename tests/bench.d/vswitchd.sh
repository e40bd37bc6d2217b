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

# vswitchd_fill FLOWS SECONDS [PPS]: as many_fill(); how many seconds it takes as
# ANSWER.
vswitchd_fill() {
	local start status=0
	start=$(date +%s%N)
	many_fill "$@" || status=1
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
	vswitchd_fill 100000 600 || vswitchd_short "$1" 100000
	for ((i = 0; i < 30; i++)); do
		limit=$(many_show limit)
		[ -n "$least" ] && [ "$limit" -ge "$least" ] || least=$limit
		sleep 1
	done
	sample "flows in ovs-vswitchd, of 100000" "" "$1" "$(many_show current)"
	sample "flow limit then" "" "$1" "$least"
}

# vswitchd_short WHO FLOWS: says why a figure is missing.
vswitchd_short() {
	echo "$1: $(many_show current) of $2 flows in time; $(tr -s '\n ' ' ' < "$WORK/upcall")" >&2
	ovs-appctl dpctl/offload-stats-show | grep -v ': *0$' >&2
}

# vswitchd_run WHO PROVIDER
vswitchd_run() {
	vswitchd_up "$2"
	if vswitchd_fill 5000 120 5000; then
		rate "puts by upcalls" "$1" 5000 "$ANSWER"
	else
		vswitchd_short "$1" 5000
	fi
	if vswitchd_fill 10000 120; then
		sleep 5
		[ "$(flows | wc -l)" -ge 10000 ] || die "$2: not in hardware: $(flows ovs | head)"
		vswitchd_cpu "$CPU_SECONDS"
		sample "CPU of ovs-vswitchd, 10000 flows" % "$1" "$ANSWER"
	else
		vswitchd_short "$1" 10000
	fi
	[ -z "$MANY" ] || vswitchd_many "$1"
	ovs-appctl exit --cleanup
	until_true 120 eval '! vswitchd_pid > /dev/null' || die "ovs-vswitchd does not end"
	ovs_down
}

vswitchd_runs() {
	many_vms
	vswitchd_run ours nft_offload
	vswitchd_run peer tc
}
