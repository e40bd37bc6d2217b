# SPDX-License-Identifier: Apache-2.0
# cases: the test cases of tests/cases, run in guests.  Comments at the head of
# a case say how:
#   # kernel: dev stock   where it runs (dev); the quick run takes the first only
#   # quick: yes          with every run; others are drawn by lot (draw.sh)
#   # full: yes           only with --full
#   # timeout: 120        seconds (120)
#   # smp: 1              processors of the guest (2)
#   # group: flow         a name for several cases
#   # ovs: yes            the guest has Open vSwitch (tests/guest --ovs)
# With --full a case finds NFT_OFFLOAD_FULL=yes in its environment and takes
# the time it wants.

CASES=$SRC/tests/cases

# case_field NAME FIELD DEFAULT: from the comments before the first command.
case_field()
{
	local value
	value=$(sed -n "/^#/!q; s/^# $2: *//p" "$CASES/$1.sh" | head -n 1)
	printf '%s\n' "${value:-$3}"
}

case_names()
{
	local file
	for file in "$CASES"/*.sh; do
		[ ! -e "$file" ] || basename "$file" .sh
	done
}

# case_kernels NAME: where it runs this time.
case_kernels()
{
	local kernels
	read -ra kernels < <(case_field "$1" kernel dev)
	[ -z "$KERNEL" ] || kernels=("$KERNEL")
	[ -n "$ALL" ] || kernels=("${kernels[0]}")
	printf '%s\n' "${kernels[@]}"
}

# case_has_turn NAME: without --full.
case_has_turn()
{
	! selected_by_name "$1" || return 0
	[ "$(case_field "$1" full no)" = no ] || return 1
	[ "$(case_field "$1" quick no)" = yes ] || drawn "$1"
}

# cases_for_draw: names of those that take part.
cases_for_draw()
{
	local name
	for name in $(case_names); do
		[ "$(case_field "$name" full no)" = yes ] ||
			[ "$(case_field "$name" quick no)" = yes ] || printf '%s\n' "$name"
	done
}

# cases_all: a line KERNEL NAME GROUP SMP OVS SECONDS for each run of a case.
cases_all()
{
	local name kernel seconds
	for name in $(case_names); do
		[ -n "$ALL" ] || case_has_turn "$name" || continue
		for kernel in $(case_kernels "$name"); do
			seconds=$(case_field "$name" timeout 120)
			# Memory checks take their time.
			[ "$kernel" != kasan ] || seconds=$((seconds * 3))
			printf '%s %s %s %s %s %s\n' "$kernel" "$name" \
				"$(case_field "$name" group -)" "$(case_field "$name" smp 2)" \
				"$(case_field "$name" ovs no)" "$seconds"
		done
	done
}

# cases_jobs KERNEL...: starts those that are selected, on these kernels: a job
# for each number of processors, with Open vSwitch and without; and for each group
# on the kernels that check themselves, where all takes longer. What may take
# longest begins, so that no row is alone in the end.
cases_jobs()
{
	local kernel name group smp ovs seconds key row
	declare -A work=() limit=()
	while read -r kernel name group smp ovs seconds; do
		[[ " $* " == *" $kernel "* ]] || continue
		selected "$kernel/$name" "$name" "$group" cases || continue
		row=all
		[[ "$kernel" != @(dev|kasan) ]] || row=$group
		key="$kernel $smp $ovs $row"
		work[$key]+=" $name:$seconds"
		limit[$key]=$((${limit[$key]:-0} + seconds))
	done < <(cases_all)
	while read -r seconds key; do
		job cases_run ${key% *} ${work[$key]}
	done < <(for key in "${!limit[@]}"; do
		printf '%s %s\n' "${limit[$key]}" "$key"
	done | sort -rn)
}

# cases_run KERNEL SMP OVS NAME:SECONDS...: until all have run, in as many guests
# as it takes.
cases_run()
{
	local kernel=$1 before status=0
	GUEST=(--kernel "$kernel" --smp "$2")
	[ "$3" != yes ] || GUEST+=(--ovs)
	shift 3
	LEFT=("$@")
	"$SRC/tests/guest" "${GUEST[@]}" --prepare || status=$?
	case $status in
	0) ;;
	"$EXIT_BUILD") cases_fail_all "$kernel" "the project does not build" ;;
	*) cases_fail_all "$kernel" "the guest could not be prepared" ;;
	esac
	while [ ${#LEFT[@]} -gt 0 ]; do
		before=${#LEFT[@]}
		cases_run_guest "$kernel"
		# A guest in which no case comes to its end will not do better.
		[ ${#LEFT[@]} -lt "$before" ] || cases_fail_all "$kernel" "the guest does not run it"
	done
}

cases_fail_all()
{
	local item
	for item in "${LEFT[@]}"; do
		result fail "$1/${item%:*}" 0 "$2"
	done
	LEFT=()
}

# One guest, started with the options in GUEST: takes from LEFT what has run
# there.
cases_run_guest()
{
	local kernel=$1 item total=120 out=$LOGS/$1 running='' word name seconds why log
	for item in "${LEFT[@]}"; do
		total=$((total + ${item##*:} + 60))
	done
	mkdir -p "$out"
	log=$(mktemp "$out/guest.XXXXXX")
	while read -r word name seconds why; do
		case $word in
		run)
			running=$name
			started=$EPOCHREALTIME
			;;
		ok | fail | skip)
			result "$word" "$kernel/$name" "$seconds" "$why" "$out/$name.log"
			running=
			cases_done "$name"
			;;
		esac
	done < <(NFT_OFFLOAD_OUT=$out "$SRC/tests/guest" "${GUEST[@]}" \
		--timeout "$total" "$SRC/tests/check.d/driver" ${FULL:+--full} "${LEFT[@]}" 2>"$log")
	if [ -n "$running" ]; then
		# It took the guest along: what the kernel said last is there.
		cat "$log" >>"$out/$running.log"
		result fail "$kernel/$running" "$(since "$started")" "the guest died" \
			"$out/$running.log"
		cases_done "$running"
	fi
	cat "$log" >>"$out/guests.log"
	rm "$log"
}

cases_done()
{
	local item rest=()
	for item in "${LEFT[@]}"; do
		[ "${item%:*}" = "$1" ] || rest+=("$item")
	done
	LEFT=("${rest[@]}")
}
