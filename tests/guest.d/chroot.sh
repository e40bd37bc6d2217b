# SPDX-License-Identifier: Apache-2.0
# chroot: a small Debian of another release, to build in what this machine's
# own compiler is too old for.

chroot_dir()
{
	printf '%s\n' "$CACHE/chroot/$1-$(hash_of <"$PARTS/chroot.sh")"
}

# chroot_ensure SUITE PACKAGE...
chroot_ensure()
{
	[ -e "$(chroot_dir "$1")/done" ] || with_lock "chroot-$1" chroot_prepare "$@"
}

chroot_prepare()
{
	local suite=$1 dir
	dir=$(chroot_dir "$suite")
	shift
	[ -e "$dir/done" ] && return 0
	rm -rf "$dir"
	mkdir -p "$CACHE/chroot"
	packages_lists || return
	step "chroot of $suite, with its compiler" "$CACHE/log/chroot-$suite" \
		chroot_make "$suite" "$dir" "$@" && touch "$dir/done"
}

# From the mirror that this machine uses for its own release; nothing of the
# machine's own apt state is touched.
chroot_make()
{
	local suite=$1 dir=$2 conf=$2.conf mirror
	shift 2
	mirror=$(packages_mirror)
	[ -n "$mirror" ] || { echo "apt's configuration names no mirror of bookworm"; return 1; }
	packages_apt_conf >"$conf"
	mmdebstrap --mode=root --variant=apt --aptopt="$conf" \
		--aptopt='Apt::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--skip=cleanup/apt/lists \
		--include="$(IFS=,; printf '%s' "$*")" "$suite" "$dir" "$mirror" || return
	rm "$conf"
	cp /etc/resolv.conf "$dir/etc/resolv.conf"
}

# chroot_run DIR COMMAND...: sees the cache folder at the same path as outside.
chroot_run()
{
	local dir=$1
	shift
	mkdir -p "$dir$CACHE"
	unshare --mount --propagation private sh -c '
		mount --bind "$2" "$1$2" && mount -t proc proc "$1/proc" &&
		cd / && root=$1 && shift 2 && exec chroot "$root" "$@"' \
		- "$dir" "$CACHE" "$@"
}
