# SPDX-License-Identifier: Apache-2.0
# result: counts what passed and failed, and prints a line of each.

PASSED=0 FAILED=0 SKIPPED=0

# result STATUS NAME SECONDS WHY [LOG]: STATUS is ok, fail or skip; SECONDS is -
# where they are not known.
result()
{
	local status=$1 name=$2 time=" ($3 s)" why=$4 log=${5:-}
	[ "$3" != - ] || time=
	case $status in
	ok)
		PASSED=$((PASSED + 1))
		printf 'ok   %s%s\n' "$name" "$time"
		;;
	skip)
		SKIPPED=$((SKIPPED + 1))
		printf 'skip %s%s: %s\n' "$name" "$time" "$why"
		;;
	*)
		FAILED=$((FAILED + 1))
		printf 'FAIL %s%s: %s\n' "$name" "$time" "$why"
		[ -z "$log" ] || ! [ -e "$log" ] || result_tail "$log"
		;;
	esac
}

result_tail()
{
	printf '     the end of %s:\n' "$1"
	tail -n 60 "$1" | tr -d '\r' | sed 's/^/     | /'
}

# timed NAME LOG COMMAND...: one test that is a command of this machine.
timed()
{
	local name=$1 log=$2 start=$EPOCHREALTIME status=0
	shift 2
	mkdir -p "${log%/*}"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ $status -eq 0 ]; then
		result ok "$name" "$(since "$start")" ''
	elif [ $status -eq 77 ]; then
		result skip "$name" "$(since "$start")" "$(tail -n 1 "$log")"
	else
		result fail "$name" "$(since "$start")" "exit status $status" "$log"
	fi
	return $status
}

since()
{
	awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $1 }"
}

# The last line of all.  Nothing run is no success.
result_end()
{
	printf '%d passed, %d failed, %d skipped\n' $PASSED $FAILED $SKIPPED
	[ $FAILED -eq 0 ] && [ $PASSED -gt 0 ]
}
