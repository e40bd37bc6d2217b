# SPDX-License-Identifier: Apache-2.0
# splat: finds what a kernel reports about itself in its log: WARN, BUG, oops,
# KASAN, UBSAN, lockdep, RCU stalls, hung tasks, and kmemleak's list.

# splat_log: the kernel's whole log, as dmesg prints it, for use in the guest.
# From /dev/kmsg, as `dmesg -C` in a script does not hide anything there.
splat_log()
{
	# At the end of the log dd gets, and tells, "Resource temporarily
	# unavailable".
	dd if=/dev/kmsg iflag=nonblock bs=16384 status=none 2>/dev/null |
		awk '
		/^ / { next }	# a record'"'"'s dictionary
		{
			at = index($0, ";")
			split(substr($0, 1, at), field, ",")
			text = substr($0, at + 1)
			gsub(/\\x0a/, "\n", text)
			printf "[%5d.%06d] %s\n", field[3] / 1000000,
				field[3] % 1000000, text
		}'
}

# splat_lines: reads a kernel log, prints each report with what follows it.
# A report starts with one of the lines below; the lines after it are shown
# too, as a report's end looks different in each case.
splat_lines()
{
	awk '
	function starts(line) {
		# Said at boot by a healthy kernel.
		if (line ~ /Unprivileged eBPF is enabled|Spectre V2 :/)
			return 0
		return line ~ /\[ cut here \]|WARNING: |BUG: |BUG at |Oops: |Oops - / ||
			line ~ /general protection fault|Unable to handle kernel|unable to handle/ ||
			line ~ /KASAN: |UBSAN: |KFENCE: |ODEBUG: |refcount_t: |Kernel panic/ ||
			line ~ /INFO: task .* blocked for more|INFO: rcu|rcu: INFO: .*(stall|detected)/ ||
			line ~ /INFO: trying to register non-static|INFO: possible/ ||
			line ~ /unregister_netdevice: waiting for|kmemleak: [1-9][0-9]* new/ ||
			line ~ /page allocation failure|soft lockup|hard LOCKUP|slab.*corrupt/
	}
	starts($0) { if (left <= 0 && found++) print "--"; left = 60 }
	left-- > 0 && shown++ < 400 { print }
	END { exit found > 0 }'
}

# splat_report DMESG [KMEMLEAK]: prints the reports to stderr; fails if there
# are any.
splat_report()
{
	local status=0
	splat_lines <"$1" >&2 || status=1
	if [ -s "${2:-/dev/null}" ]; then
		say "kmemleak:"
		head -n 200 "$2" >&2
		status=1
	fi
	return $status
}
