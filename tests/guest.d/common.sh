# SPDX-License-Identifier: Apache-2.0
# common: what every part of tests/guest uses: cache folder, messages,
# steps that tell how long they take, locks, and clean-up at the end.

CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/nft-offload
PARTS=$SRC/tests/guest.d

EXIT_USAGE=2	# wrong command line
EXIT_SPLAT=123	# the kernel reported a fault while the script ran
EXIT_DEAD=125	# the guest panicked, hung or could not be prepared
EXIT_BUILD=126	# the project does not build

say()
{
	printf 'guest: %s\n' "$*" >&2
}

# die STATUS MESSAGE...
die()
{
	local status=$1
	shift
	say "$*"
	exit "$status"
}

# What has to happen however we end; run in reverse order by run_at_exit.
AT_EXIT=()

at_exit()
{
	AT_EXIT=("$1" "${AT_EXIT[@]}")
}

run_at_exit()
{
	local command
	for command in "${AT_EXIT[@]}"; do
		eval "$command"
	done
	AT_EXIT=()
}

# The process group of the step that runs now, if any: a signal ends it too.
STEP_PID=

kill_step()
{
	# It may just have ended by itself, which is as good.
	[ -z "$STEP_PID" ] || kill -- "-$STEP_PID" 2>/dev/null
	STEP_PID=
}

trap_signals()
{
	at_exit kill_step
	trap run_at_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# Prints a line once a step has taken 2 s and then every 10 s.  Sleeps inside
# the shell, so that killing it leaves no sleep(1) behind.
ticker()
{
	local label=$1 progress=$2 start=$SECONDS wait=2 nothing
	trap - EXIT INT TERM HUP
	exec {nothing}<> <(:)
	while ! read -rt "$wait" -u "$nothing"; do
		say "$label: $((SECONDS - start)) s$($progress)"
		wait=10
	done
}

# step LABEL LOG COMMAND...: runs COMMAND with its output in LOG; the end of
# LOG is shown if it fails.  STEP_PROGRESS may name a function that prints
# more about how far it is.
step()
{
	local label=$1 log=$2 start=$SECONDS ticker status=0
	shift 2
	mkdir -p "${log%/*}"
	ticker "$label" "${STEP_PROGRESS:-:}" &
	ticker=$!
	set -m	# a process group of its own, for kill_step
	"$@" >"$log" 2>&1 </dev/null &
	STEP_PID=$!
	set +m
	wait "$STEP_PID" || status=$?
	STEP_PID=
	kill "$ticker"
	wait "$ticker" 2>/dev/null
	if [ $status -ne 0 ]; then
		say "$label: FAILED after $((SECONDS - start)) s, status $status; the end of $log:"
		tail -n 60 "$log" >&2
	elif [ $((SECONDS - start)) -ge 2 ]; then
		say "$label: done in $((SECONDS - start)) s"
	fi
	return $status
}

# with_lock NAME COMMAND...: one at a time, over all tests/guest of this cache.
with_lock()
{
	local file=$CACHE/lock/$1 fd status=0
	shift
	mkdir -p "$CACHE/lock"
	exec {fd}>"$file"
	if ! flock -n "$fd"; then
		say "waiting for another tests/guest that prepares ${file##*/}"
		flock "$fd"
	fi
	"$@" || status=$?
	exec {fd}>&-
	return $status
}

# Short hash of standard input, for names of cached things.
hash_of()
{
	sha256sum | cut -c1-12
}
