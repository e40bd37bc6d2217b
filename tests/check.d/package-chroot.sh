# SPDX-License-Identifier: Apache-2.0
# package-chroot: a Debian bookworm with what building and judging packages
# takes, as the build dependencies name it. Of its own, so that a dependency
# which is not named is found out, and this machine stays as it is.

PACKAGE_TOOLS=(
	# what packaging/debian/control wants
	build-essential debhelper dh-dkms autoconf automake libtool pkg-config
	libmnl-dev libnl-3-dev libnl-route-3-dev liburcu-dev libjson-c-dev
	libsystemd-dev libncurses-dev libmicrohttpd-dev libcmocka-dev
	# beside it
	rpm rpmlint lintian dkms gcc-12 shellcheck systemd kmod mandoc cpio
	fakeroot xz-utils bash-completion libelf1 dwarves
)

package_chroot()
{
	printf '%s\n' "$CACHE/chroot/package-$(
		{ cat "$PARTS/chroot.sh"; printf '%s\n' "${PACKAGE_TOOLS[@]}"; } | hash_of)"
}

package_chroot_ensure()
{
	[ -e "$(package_chroot)/done" ] || with_lock chroot-package package_chroot_make
}

package_chroot_make()
{
	local dir
	dir=$(package_chroot)
	[ -e "$dir/done" ] && return 0
	rm -rf "$CACHE"/chroot/package-*
	mkdir -p "$CACHE/chroot"
	packages_lists || return
	step "chroot for packages" "$CACHE/log/chroot-package" \
		chroot_make bookworm "$dir" "${PACKAGE_TOOLS[@]}" && touch "$dir/done"
}

# in_chroot COMMAND...: as root, with $CACHE at its own path.
in_chroot()
{
	chroot_run "$(package_chroot)" "$@"
}
