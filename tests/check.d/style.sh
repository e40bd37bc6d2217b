# SPDX-License-Identifier: Apache-2.0
# style: what every file of the project has to look like.

STYLE_LINES=600	# a file of code that is longer does more than one thing

# What checkpatch says that does not apply outside the kernel's own tree.
STYLE_IGNORE=FILE_PATH_CHANGES,LINUX_VERSION_CODE,CONFIG_DESCRIPTION,EMBEDDED_FILENAME
# Compatibility macros: they compare versions, and leave arguments unused.
STYLE_IGNORE+=,CONSTANT_COMPARISON,MACRO_ARG_UNUSED,CONST_STRUCT

style_run()
{
	timed style/spdx "$LOGS/style-spdx.log" style_spdx
	timed style/size "$LOGS/style-size.log" style_size
	timed style/man "$LOGS/style-man.log" style_man
	timed style/checkpatch "$LOGS/style-checkpatch.log" style_checkpatch
	timed style/sparse "$LOGS/style-sparse.log" style_sparse
}

# Code and configuration; a text such as a licence or a README needs no line.  In
# some of Debian's files it would be no comment.
style_files()
{
	build_files | grep -vE '^(LICENSES/|COPYING|LICENSE)|\.(md|json|svg|bin)$|^tests/.*/corpus/|^packaging/debian/(changelog|copyright|source/format)$'
}

style_spdx()
{
	local file wrong=0
	while read -r file; do
		[ -s "$SRC/$file" ] || continue
		head -n 3 "$SRC/$file" | grep -q SPDX-License-Identifier: && continue
		printf '%s: no SPDX-License-Identifier at its head\n' "$file"
		wrong=1
	done < <(style_files)
	return $wrong
}

style_size()
{
	local file lines wrong=0
	while read -r file; do
		lines=$(wc -l <"$SRC/$file")
		[ "$lines" -le $STYLE_LINES ] && continue
		printf '%s: %s lines, %s at most\n' "$file" "$lines" $STYLE_LINES
		wrong=1
	done < <(style_files | grep -E '\.(c|h|sh|py|am|ac)$|^tests/(guest|check|demo)')
	return $wrong
}

# No warning of mandoc's; that it does not know other programs' pages is none.
style_man()
{
	local file wrong=0
	while read -r file; do
		mandoc -Tlint -W warning "$SRC/$file" || wrong=1
	done < <(build_files | grep -E '^docs/man/.*\.[0-9]$')
	return $wrong
}

# checkpatch's own exit status counts its mere remarks (CHECK) too: they are
# shown, errors and warnings fail.
style_checkpatch()
{
	local files out=$LOGS/checkpatch.out status=0
	files=$(build_files | grep -E '^kmod/.*\.[ch]$') || { echo "no kernel code yet"; return 77; }
	with_lock kernel-source kernel_dev_source || return
	# It leaves a file where it is run.
	files=$(sed "s|^|$SRC/|" <<<"$files")
	(cd "$LOGS" && perl "$CACHE/kernel/source/$KERNEL_DEV_SOURCE/scripts/checkpatch.pl" \
		--no-tree -f --strict --terse --show-types --ignore "$STYLE_IGNORE" \
		$files) >"$out" 2>&1 || status=$?
	cat "$out"
	grep -qE ': (ERROR|WARNING):' "$out" && return 1
	[ $status -eq 0 ] || grep -q ': CHECK:' "$out"
}

# Byte order, address spaces, user pointers, locks: what sparse says of our files
# with the headers of the dev kernel.
style_sparse()
{
	kernel_ensure dev || return
	with_lock "sparse-${BUILD##*/}" style_sparse_locked
}

style_sparse_locked()
{
	local dir=$BUILD/sparse-${KERNEL_DIR##*/} out=$LOGS/sparse.out status=0
	mkdir -p "$BUILD"
	build_kmod_copy "$dir" || return
	make -C "$dir/kmod" -j "$(nproc)" KDIR="$(<"$KERNEL_DIR/kdir")" C=2 modules \
		>"$out" 2>&1 || status=$?
	cat "$out"
	! grep -qE '^[^ ]*kmod/[^ ]*: (warning|error):' "$out" && return $status
}
