# SPDX-License-Identifier: Apache-2.0
# result: a line of each test, and the count.  Several run at once, each in a
# subshell: what they count is in a file, and a lock keeps their lines apart.

# result STATUS NAME SECONDS WHY [LOG]: STATUS is ok, fail or skip; SECONDS is -
# where they are not known.
result()
{
	local status=$1 name=$2 time=" ($3 s)" why=$4 log=${5:-} lock
	[ "$3" != - ] || time=
	exec {lock}>"$LOGS/lock"
	flock "$lock"
	printf '%s %s\n' "$status" "$name" >>"$LOGS/results"
	case $status in
	ok) printf 'ok   %s%s\n' "$name" "$time" ;;
	skip) printf 'skip %s%s: %s\n' "$name" "$time" "$why" ;;
	*)
		printf 'FAIL %s%s: %s\n' "$name" "$time" "$why"
		[ -z "$log" ] || ! [ -e "$log" ] || result_tail "$log"
		;;
	esac
	exec {lock}>&-
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

result_count()
{
	grep -c "^$1 " "$LOGS/results"
}

# The last line of all.  Nothing run is no success.
result_end()
{
	local passed failed
	touch "$LOGS/results"
	passed=$(result_count ok)
	failed=$(result_count fail)
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$(result_count skip)"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
