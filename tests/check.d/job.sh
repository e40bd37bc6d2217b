# SPDX-License-Identifier: Apache-2.0
# job: things done at the same time, one more than there are processors: guests
# wait a good deal of their time.

JOBS=()

# job COMMAND...: starts it as soon as there is room.  In a process group of its
# own, so that what it started can be ended with it.
job()
{
	job_wait "$(nproc)"
	set -m
	(
		AT_EXIT=()
		trap_signals
		"$@"
	) </dev/null &
	JOBS+=($!)
	set +m
}

# job_wait MAX: until no more than that many are left.
job_wait()
{
	local pid left
	while [ ${#JOBS[@]} -gt "$1" ]; do
		left=()
		for pid in "${JOBS[@]}"; do
			! kill -0 "$pid" 2>/dev/null || left+=("$pid")
		done
		JOBS=("${left[@]}")
		[ ${#JOBS[@]} -le "$1" ] || sleep 0.5
	done
}

job_kill()
{
	local pid
	for pid in "${JOBS[@]}"; do
		# It may be at its end by itself.
		kill -- "-$pid" 2>/dev/null
	done
}
