# SPDX-License-Identifier: Apache-2.0
# root: the guest's root image, Debian bookworm as the build machine is, so
# that what was built outside runs inside.

ROOT_PACKAGES=(
	bash coreutils procps iproute2 nftables conntrack tcpdump ethtool iperf3 jq
	python3 iputils-ping iputils-arping socat netcat-openbsd kmod strace
	util-linux mount bsdextrautils psmisc gawk findutils valgrind libc6-dbg
	libmnl0 libnl-3-200 libnl-route-3-200 libnl-genl-3-200 libjson-c5 liburcu8
	libsystemd0 libncursesw6 libmicrohttpd12 libcmocka0 libasan8 libubsan1
	# the packages' units, by tests/check.d/package.d/guest
	systemd
	# Open vSwitch's own tests
	curl diffutils iptables lftp ncat python3-netaddr python3-pyftpdlib
	python3-pyparsing python3-sortedcontainers
)
ROOT_SIZE=2G	# sparse

root_key()
{
	hash_of <"$PARTS/root.sh"
}

root_image()
{
	printf '%s\n' "$CACHE/root/$(root_key).img"
}

root_ensure()
{
	[ -e "$(root_image)" ] || with_lock root root_make
}

root_make()
{
	local image dir
	image=$(root_image)
	[ -e "$image" ] && return 0
	mkdir -p "$CACHE/root"
	dir=$(mktemp -d "$CACHE/root/tree.XXXXXX")
	at_exit "rm -rf '$dir'"
	step "root image: packages" "$CACHE/log/root" packages_retry root_bootstrap "$dir" &&
		step "root image: file system" "$CACHE/log/root-mkfs" \
			root_mkfs "$dir" "$image" || return
	rm -rf "$dir"
	# Those of other recipes may be in use by another checkout.
	find "$CACHE/root" -name '*.img' ! -path "$image" -mtime +2 -delete
}

root_bootstrap()
{
	local dir=$1 conf=$1.conf
	packages_lists || return
	rm -rf "$dir"	# of a former try
	packages_apt_conf >"$conf"
	packages_sources bookworm bookworm-updates bookworm-security |
		mmdebstrap --mode=root --variant=essential --aptopt="$conf" \
			--dpkgopt='path-exclude=/usr/share/doc/*' \
			--dpkgopt='path-exclude=/usr/share/man/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' \
			--include="$(IFS=,; printf '%s' "${ROOT_PACKAGES[*]}")" \
			bookworm "$dir" - || return
	rm -f "$conf"
	root_configure "$dir"
}

root_configure()
{
	local dir=$1
	printf 'guest\n' >"$dir/etc/hostname"
	printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$dir/etc/hosts"
	: >"$dir/etc/fstab"
	# Where the guest's init mounts things.
	mkdir -p "$dir/src" "$dir/job" "$dir/usr/lib/modules"
	rm -rf "$dir"/var/cache/apt/* "$dir"/var/lib/apt/lists/*
}

root_mkfs()
{
	local dir=$1 image=$2
	rm -f "$image.new"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$dir" "$image.new" "$ROOT_SIZE" &&
		mv "$image.new" "$image"
}
