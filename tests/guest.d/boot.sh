# SPDX-License-Identifier: Apache-2.0
# boot: one guest, from its job folder to its exit code.

# boot_job COMMAND: makes the job folder, $JOB.  COMMAND is what the guest's
# shell will run.
boot_job_make()
{
	mkdir -p "$CACHE/jobs"
	boot_job_sweep
	JOB=$(mktemp -d "$CACHE/jobs/$$.XXXXXX")
	at_exit 'boot_kill; rm -rf "$JOB"'
	mkdir "$JOB/share" "$JOB/share/out"
}

# Folders of runs that were killed the hard way.
boot_job_sweep()
{
	local dir pid
	for dir in "$CACHE"/jobs/*; do
		pid=${dir##*/}
		[ ! -d "$dir" ] || kill -0 "${pid%%.*}" 2>/dev/null || rm -rf "$dir"
	done
}

boot_kill()
{
	[ -z "${QEMU_PID:-}" ] || kill "$QEMU_PID" 2>/dev/null
	QEMU_PID=
}

# boot_command SCRIPT ARG...: a script of the checkout runs where it lies, so
# that it finds what is beside it; another is copied; what is no file is a
# command of the guest.
boot_command()
{
	local script=$1 path
	shift
	if [ -f "$script" ]; then
		path=$(realpath "$script")
		case $path in
		"$SRC"/*)
			script=/src/${path#"$SRC"/}
			;;
		*)
			script=/job/${path##*/}
			cp "$path" "$JOB/share/${path##*/}"
			;;
		esac
		# Not everyone makes a script executable.
		[ -x "$path" ] || set -- "$script" "$@"
		[ -x "$path" ] || script=bash
	fi
	printf '%q ' exec "$script" "$@" >"$JOB/share/command"
	printf '\n' >>"$JOB/share/command"
}

boot_share()
{
	printf '%s\n' -virtfs "local,path=$2,mount_tag=$1,security_model=none,multidevs=remap$3"
}

boot_disk()
{
	printf '%s\n' -drive "if=virtio,format=raw,cache=unsafe,file=$1,$2"
}

# Adds to QEMU what this guest is.
boot_qemu_words()
{
	local smp=$1 mem=$2 disks
	mapfile -t disks < <(
		boot_disk "$(root_image)" snapshot=on
		boot_disk "$KERNEL_DIR/modules.img" readonly=on
		boot_disk "$JOB/kmod.tar" readonly=on
		[ ! -e "$JOB/user.tar" ] || boot_disk "$JOB/user.tar" readonly=on
		[ -z "$OVS" ] || boot_disk "$OVS_DIR/ovs.tar" readonly=on
		boot_share job "$JOB/share" ''
		boot_share src "$SRC" ,readonly=on
		[ -z "$OVS" ] || boot_share ovs "$OVS_DIR" ,readonly=on
		[ -z "${NFT_OFFLOAD_OUT:-}" ] || boot_share out "$NFT_OFFLOAD_OUT" ''
	)
	QEMU+=(-accel tcg,thread=multi -cpu max -M q35
		-smp "$smp" -m "$mem" -nodefaults -no-user-config -display none
		-no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04
		-kernel "$KERNEL_DIR/vmlinux" -initrd "$(kernel_initramfs)"
		-append "$KERNEL_WORDS tsc_early_khz=$(boot_tsc_khz)"
		-device virtio-serial-pci
		-chardev "file,id=console,path=$JOB/console" -device virtconsole,chardev=console
		-chardev "file,id=out,path=$JOB/out" -device virtserialport,chardev=out,name=out
		-chardev "file,id=err,path=$JOB/err" -device virtserialport,chardev=err,name=err
		"${disks[@]}")
}

# slab_nomerge: a cache that others share cannot be chosen for faults.
KERNEL_WORDS="console=hvc0 panic=-1 quiet mitigations=off nokaslr tsc=reliable \
no_timer_check random.trust_cpu=on rcupdate.rcu_expedited=1 \
cryptomgr.notests log_buf_len=4M slab_nomerge net.ifnames=0 watchdog_thresh=60"

# The rate of this machine's time stamp counter; kept, as it stays the same.  0,
# for the guest to find out, where it cannot be had.
boot_tsc_khz()
{
	local file
	file=$CACHE/tsc-$(hash_of < <(cat "$PARTS/tsc.c"; grep -m1 '^model name' /proc/cpuinfo))
	if [ ! -s "$file" ]; then
		gcc-12 -O2 -o "$JOB/tsc" "$PARTS/tsc.c" && "$JOB/tsc" >"$JOB/khz" || {
			echo 0
			return
		}
		mv "$JOB/khz" "$file"
	fi
	cat "$file"
}

# Runs the guest.  QEMU has been seen to abort by itself while the guest's kernel
# sets up its devices (an assertion of msix_table_mmio_write()), and on a busy
# machine to stand still: as long as nothing of SCRIPT has run, a second guest
# does what the first should have.
boot_run()
{
	printf '%s\n' "$1" >"$JOB/share/timeout"
	boot_once "$1"
	[ ! -e "$JOB/share/started" ] || return 0
	if [ "$BOOT_STATUS" = 134 ]; then
		say "QEMU aborted before the guest was up; once more. It said:"
	elif [ -e "$JOB/late" ]; then
		say "the guest was not up in $BOOT_PATIENCE s; once more. It said:"
	else
		return 0
	fi
	boot_words
	boot_once "$1"
}

# What QEMU and the kernel's console said last.
boot_words()
{
	cat "$JOB/qemu" >&2
	[ ! -e "$JOB/console" ] || tr -d '\r' <"$JOB/console" | tail -n 100 >&2
}

# Ends a guest that does not begin with SCRIPT within $BOOT_PATIENCE seconds. A
# slow one takes a minute, and beside four others on two processors it was three.
BOOT_PATIENCE=300
boot_watch()
{
	local pid=$1 end=$((SECONDS + BOOT_PATIENCE))
	while [ ! -e "$JOB/share/started" ] && kill -0 "$pid" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			: >"$JOB/late"
			kill "$pid" 2>/dev/null
		fi
		sleep 1
	done
}

# Its output comes through two pipes, so that it is complete when they end.
boot_once()
{
	local timeout=$1 out err
	rm -f "$JOB/out" "$JOB/err" "$JOB/console"
	mkfifo "$JOB/out" "$JOB/err"
	cat "$JOB/out" &
	out=$!
	cat "$JOB/err" >&2 &
	err=$!
	TMPDIR=$JOB timeout --kill-after=5 "$timeout" "${QEMU[@]}" \
		</dev/null >"$JOB/qemu" 2>&1 &
	QEMU_PID=$!
	boot_watch "$QEMU_PID" &
	# 1 is what isa-debug-exit gives, 124 the time-out; boot_result looks
	# at what the guest left behind instead.
	BOOT_STATUS=0
	wait "$QEMU_PID" || BOOT_STATUS=$?
	QEMU_PID=
	if [ -e "$JOB/console" ]; then
		wait "$out" "$err"
	else
		kill "$out" "$err"	# QEMU did not start
	fi
}

# An interactive shell instead of a script, on a console of its own.
boot_shell()
{
	local tty
	tty=$(stty -g) || die "$EXIT_USAGE" "--shell needs a terminal"
	at_exit "stty '$tty'"
	: >"$JOB/share/shell"
	: >"$JOB/share/command"
	say "a shell of the guest; exit or Ctrl-D ends it"
	stty raw -echo
	"${QEMU[@]}" -chardev stdio,id=shell,signal=off \
		-device virtconsole,chardev=shell 2>"$JOB/qemu"
	BOOT_STATUS=$?
	stty "$tty"
}

# The exit status of the whole run.
boot_result()
{
	local timeout=$1 status
	if ! [ -e "$JOB/share/status" ]; then
		boot_died "$timeout"
		return "$EXIT_DEAD"
	fi
	status=$(<"$JOB/share/status")
	if ! splat_report "$JOB/share/dmesg" "$JOB/share/kmemleak"; then
		say "the kernel reported a fault (above); the script itself ended with $status"
		return "$EXIT_SPLAT"
	fi
	return "$status"
}

boot_died()
{
	if [ "$BOOT_STATUS" = 124 ] || [ "$BOOT_STATUS" = 137 ]; then
		say "no end within $1 s (--timeout): slow, or hung; the kernel's last lines:"
	else
		say "the guest died (QEMU ended with $BOOT_STATUS); the kernel's last lines:"
	fi
	[ -e "$JOB/share/started" ] || say "SCRIPT had not begun"
	boot_words
}
