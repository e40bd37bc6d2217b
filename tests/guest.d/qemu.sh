# SPDX-License-Identifier: Apache-2.0
# qemu: the emulator, from bookworm-backports.  Bookworm's own, 7.2, translates
# code while another processor of the guest rewrites it: when the kernel
# switches a static key, a guest with two of them dies now and then by a
# breakpoint that is no longer there.  8.1 and later lock the page first.
#
# It is unpacked into the cache with all that it needs and the machine lacks,
# not installed.

QEMU_SUITE=bookworm-backports

qemu_dir()
{
	printf '%s\n' "$CACHE/qemu/$(hash_of <"$PARTS/qemu.sh")"
}

qemu_ensure()
{
	QEMU_DIR=$(qemu_dir)
	[ -e "$QEMU_DIR/done" ] || with_lock qemu qemu_make
}

qemu_make()
{
	[ -e "$QEMU_DIR/done" ] && return 0
	rm -rf "$QEMU_DIR"
	mkdir -p "$QEMU_DIR"
	packages_lists || return
	step "qemu: download" "$CACHE/log/qemu-download" qemu_download "$QEMU_DIR/apt" || return
	step "qemu: unpack" "$CACHE/log/qemu-unpack" qemu_unpack "$QEMU_DIR" || return
	touch "$QEMU_DIR/done"
}

# With lists and a cache of its own; of the machine's apt it reads what is
# installed and how to reach the mirror.
qemu_download()
{
	local dir=$1 apt
	mkdir -p "$dir"/{lists/partial,archives/partial,parts}
	{
		packages_sources bookworm bookworm-updates bookworm-security
		printf 'deb %s %s main\n' "$(packages_mirror)" $QEMU_SUITE
	} >"$dir/sources.list"
	apt=(apt-get -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir"
		-o "Dir::Cache::archives=$dir/archives"
		-o "Dir::Etc::sourcelist=$dir/sources.list" -o "Dir::Etc::sourceparts=$dir/parts"
		-o APT::Sandbox::User=root -o Debug::NoLocking=true)
	"${apt[@]}" update && "${apt[@]}" install --download-only -y \
		--no-install-recommends --reinstall -t $QEMU_SUITE qemu-system-x86
}

qemu_unpack()
{
	local dir=$1 deb
	for deb in "$dir"/apt/archives/*.deb; do
		dpkg-deb -x "$deb" "$dir" || return
	done
	rm -rf "$dir/apt" "$dir/usr/share/doc" "$dir/usr/share/man"
	qemu_words
	"${QEMU[@]}" --version
}

# Fills QEMU with the words that run it.
qemu_words()
{
	local lib=lib/x86_64-linux-gnu
	QEMU=(env "LD_LIBRARY_PATH=$QEMU_DIR/usr/$lib:$QEMU_DIR/$lib"
		"$QEMU_DIR/usr/bin/qemu-system-x86_64"
		-L "$QEMU_DIR/usr/share/qemu" -L "$QEMU_DIR/usr/share/seabios")
}
