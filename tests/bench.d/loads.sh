# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# loads: the figures that need no ovs-vswitchd: a process for each provider that
# calls it as ovs-vswitchd does (load.c), with four ports of its own. To be sourced.

# sample NAME UNIT WHO VALUE: one measurement; WHO is ours, peer or limit.
sample() {
	printf '%s\t%s\t%s\t%s\n' "$@" >> "$SAMPLES"
}

# rate NAME WHO N SECONDS: a sample of something a second.
rate() {
	sample "$1" 1/s "$2" "$(awk "BEGIN { print $3 / $4 }")"
}

# load_start WHO PROVIDER FIRST-VF
load_start() {
	local n dev ports=()
	for ((n = $3; n < $3 + 4; n++)); do
		dev=$(rep $n)
		ip link set "$dev" up
		ports+=("$dev")
	done
	mkfifo "$WORK/$1.in" "$WORK/$1.out"
	load "$2" "${ports[@]}" < "$WORK/$1.in" > "$WORK/$1.out" 2> "$WORK/$1.err" &
	case $1 in
	ours) exec 3> "$WORK/$1.in" 4< "$WORK/$1.out" ;;
	peer) exec 5> "$WORK/$1.in" 6< "$WORK/$1.out" ;;
	esac
	load_answer "$1"
	[ "$ANSWER" = ready ] || die "load $2: $ANSWER"
}

# load_answer WHO: its next line, as ANSWER.
load_answer() {
	local fd=4
	[ "$1" = ours ] || fd=6
	read -r -t 600 -u $fd ANSWER || die "load: $1 gives no answer: $(cat "$WORK/$1.err")"
}

# ask WHO COMMAND: the answer as ANSWER.
ask() {
	if [ "$1" = ours ]; then
		echo "$2" >&3
	else
		echo "$2" >&5
	fi
	load_answer "$1"
}

# tc_batch_write: FLOWS rules as load.c has them, for `tc -batch`.
tc_batch_write() {
	local in out
	in=$(rep 8) out=$(rep 9)
	ip link set "$in" up
	ip link set "$out" up
	tc qdisc add dev "$in" clsact
	awk -v n="$FLOWS" -v in_="$in" -v out="$out" 'BEGIN {
		for (i = 1; i <= n; i++)
			printf "filter add dev %s ingress prio 5 protocol ip handle %d flower skip_sw" \
				" src_mac 02:00:00:00:00:01 dst_mac 02:00:00:00:00:02" \
				" ip_proto udp src_ip 10.0.0.1 dst_ip 10.128.0.1" \
				" src_port %d dst_port 4789 action mirred egress redirect dev %s\n",
				in_, i, 1024 + i, out
	}' > "$WORK/tc.add"
	sed 's|^filter add|filter del|; s/ flower skip_sw .*/ flower/' "$WORK/tc.add" > "$WORK/tc.del"
}

# tc_batch add|del: runs it; how many seconds as ANSWER.
tc_batch() {
	local start end
	start=$(date +%s%N)
	tc -batch "$WORK/tc.$1" > "$WORK/tc.out" 2>&1 || die "tc -batch: $(head "$WORK/tc.out")"
	end=$(date +%s%N)
	ANSWER=$(awk "BEGIN { print ($end - $start) / 1e9 }")
}

loads_up() {
	modprobe openvswitch
	mkdir -p "$OVS_RUN"
	load_start ours nft_offload 0
	load_start peer tc 4
	tc_batch_write
	ask ours "record 0 $FLOWS"
	[ "$ANSWER" -ge "$FLOWS" ] || die "$ANSWER messages recorded for $FLOWS flows"
}

# One round of WHO: ours or peer.
loads_round() {
	local who=$1 threads
	for threads in 1 4; do
		ask "$who" "put 0 $FLOWS $threads"
		rate "puts, threads: $threads" "$who" "$FLOWS" "$ANSWER"
		ask "$who" "del 0 $FLOWS $threads"
		rate "deletes, threads: $threads" "$who" "$FLOWS" "$ANSWER"
	done
}

loads_limit() {
	local threads
	for threads in 1 4; do
		ask ours "replay put $threads"
		rate "puts, threads: $threads" limit "$FLOWS" "$ANSWER"
		ask ours "replay del $threads"
		rate "deletes, threads: $threads" limit "$FLOWS" "$ANSWER"
	done
}

loads_puts() {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		loads_round ours
		loads_round peer
		loads_limit
		tc_batch add
		rate "puts beside tc -batch" peer "$FLOWS" "$ANSWER"
		tc_batch del
		rate "deletes beside tc -batch" peer "$FLOWS" "$ANSWER"
	done
	# The same once more, for the comparison.
	awk -F '\t' -v OFS='\t' '$3 == "ours" && sub(/, threads: 1/, " beside tc -batch", $1)' \
		"$SAMPLES" > "$WORK/again"
	cat "$WORK/again" >> "$SAMPLES"
}

# N flows in hardware: dumps, and what one takes.
loads_dump() {
	local who=$1 n=$2 before
	ask "$who" memory
	before=$ANSWER
	ask "$who" "put 0 $n 1"
	ask "$who" memory
	sample "memory for a flow, of $n" byte "$who" $(((ANSWER - before) * 1024 / n))
	for _ in 1 2 3; do
		ask "$who" "dump full $n"
		sample "dump of $n" s "$who" "$ANSWER"
		ask "$who" "dump terse $n"
		sample "terse dump of $n" s "$who" "$ANSWER"
	done
	ask "$who" "del 0 $n 1"
}

loads_dumps() {
	local n
	for n in $DUMPS; do
		loads_dump ours "$n"
		loads_dump peer "$n"
	done
}

loads_down() {
	exec 3>&- 5>&-
	wait || die "load: $(cat "$WORK"/{ours,peer}.err)"
	[ "$(rules "$(rep 0)")" = 0 ] || die "rules are left: $(tc filter show dev "$(rep 0)" ingress)"
	[ ! -s "$WORK/ours.err" ] || cat "$WORK/ours.err" >&2
}
