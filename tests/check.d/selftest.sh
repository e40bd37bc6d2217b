# SPDX-License-Identifier: Apache-2.0
# selftest: the group `guest`, what tests/guest promises of its exit status and
# output.  Nothing of the project is in these guests.

SELFTESTS="output command panic hang abort warn usage build"

selftest_run()
{
	local name
	for name in $SELFTESTS; do
		timed "guest/$name" "$LOGS/guest-$name.log" "selftest_$name"
	done
}

# expect STATUS OPTION... SCRIPT...: runs tests/guest.
expect()
{
	local status=0 should=$1
	shift
	"$SRC/tests/guest" --build none "$@" || status=$?
	[ "$status" = "$should" ] || {
		echo "tests/guest $*: exit status $status, should be $should"
		return 1
	}
}

# expect_saying TEXT STATUS OPTION... SCRIPT...: and prints TEXT.
expect_saying()
{
	local text=$1 out=$LOGS/selftest.out status=0
	shift
	expect "$@" >"$out" 2>&1 || status=$?
	cat "$out"
	grep -qF -- "$text" "$out" || {
		echo "it does not say: $text"
		return 1
	}
	return $status
}

# Status, arguments, both outputs, and a file brought out.
selftest_output()
{
	local dir=$LOGS/selftest
	mkdir -p "$dir"
	cat >"$dir/script" <<-'SCRIPT'
		echo "out $1"
		echo "err $2" >/dev/stderr
		[ -e $NFT_OFFLOAD_SRC/tests/guest ] && [ "$(id -u)" = 0 ] || exit 1
		echo brought >/job/out/file
		exit 3
	SCRIPT
	NFT_OFFLOAD_OUT=$dir expect 3 "$dir/script" 'a  b' "c'd" >"$dir/out" 2>"$dir/err" || {
		cat "$dir/out" "$dir/err"
		return 1
	}
	diff <(echo 'out a  b') "$dir/out" && grep -qx "err c'd" "$dir/err" &&
		diff <(echo brought) "$dir/file"
}

selftest_command()
{
	expect 0 true && expect 1 false
}

selftest_panic()
{
	expect_saying 'Kernel panic' 125 bash -c 'echo c >/proc/sysrq-trigger'
}

selftest_hang()
{
	expect_saying 'sleep 1000' 125 --timeout 30 sleep 1000
}

# A checkout of its own, in which QEMU aborts the first time, or every time, or
# stands still.
selftest_abort()
{
	local dir=$LOGS/abort status=0
	mkdir -p "$dir/tests"
	cp -r "$SRC/tests/guest" "$SRC/tests/guest.d" "$dir/tests/"
	cat >>"$dir/tests/guest.d/boot.sh" <<-'END'
		[ -z "${STILLS:-}" ] || BOOT_PATIENCE=60
		timeout()
		{
			echo >>"$JOB/boots"
			[ "$(wc -l <"$JOB/boots")" -gt "${ABORTS:-0}" ] || kill -ABRT "$BASHPID"
			[ "$(wc -l <"$JOB/boots")" -gt "${STILLS:-0}" ] || exec sleep 1000
			command timeout "$@"
		}
	END
	ABORTS=1 "$dir/tests/guest" --build none true || return
	ABORTS=2 "$dir/tests/guest" --build none true || status=$?
	[ $status = 125 ] || return
	[ -z "$FULL" ] || STILLS=1 "$dir/tests/guest" --build none true
}

# Also when the script hides what the kernel said.
selftest_warn()
{
	expect_saying 'cut here' 123 --kernel dev bash -c 'modprobe lkdtm &&
		echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT && dmesg -C'
}

selftest_usage()
{
	expect 2 && expect 2 --kernel none true && expect 2 --timeout never true &&
		expect 2 ./no-such-file && expect 0 --help
}

# A checkout of its own, with a module that does not compile.
selftest_build()
{
	local dir=$LOGS/broken status=0
	[ -e "$SRC/kmod/Makefile" ] || { echo "there is no kmod/Makefile yet"; return 77; }
	rm -rf "$dir"
	mkdir -p "$dir/tests" "$dir/kmod"
	cp -r "$SRC/tests/guest" "$SRC/tests/guest.d" "$dir/tests/"
	cp "$SRC/kmod/Makefile" "$dir/kmod/"
	echo 'obj-m += broken.o' >"$dir/kmod/Kbuild"
	echo '#error broken on purpose' >"$dir/kmod/broken.c"
	"$dir/tests/guest" true >"$dir/log" 2>&1 || status=$?
	cat "$dir/log"
	rm -rf "$CACHE/build/$(hash_of <<<"$dir")"
	[ $status = 126 ] && grep -q 'broken on purpose' "$dir/log"
}
