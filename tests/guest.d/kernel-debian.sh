# SPDX-License-Identifier: Apache-2.0
# kernel-debian: kernels out of Debian's packages, downloaded and unpacked but
# never installed: this machine stays as it is, and its version stays the one
# that the modules are built for.

# Modules of no use in the guest: most of the size, and of depmod's time.
KERNEL_DEBIAN_PRUNE=(
	sound drivers/gpu drivers/media drivers/infiniband drivers/scsi
	drivers/staging drivers/iio drivers/hid drivers/usb drivers/mtd
	drivers/net/wireless drivers/net/can drivers/net/usb drivers/ata
	drivers/hwmon drivers/input drivers/bluetooth drivers/comedi
	drivers/md drivers/target drivers/message drivers/isdn drivers/video
	drivers/edac drivers/mmc drivers/thunderbolt drivers/power drivers/leds
	drivers/platform drivers/accel drivers/firewire drivers/soundwire
	drivers/regulator drivers/mfd drivers/pinctrl drivers/crypto
	net/bluetooth net/mac80211 net/wireless net/can net/nfc
)
KERNEL_DEBIAN_FS="ext4 jbd2 9p netfs overlayfs autofs fuse mbcache.ko fscache"
KERNEL_DEBIAN_NICS="intel" # of drivers/net/ethernet: igb, for SR-IOV by QEMU

kernel_debian_make()
{
	local kernel=$1 dir=$2
	if [ "$kernel" = 7.2 ]; then
		chroot_ensure sid linux-headers-amd64 make || return
	fi
	step "kernel $kernel: download" "$CACHE/log/kernel-$kernel-download" \
		packages_retry kernel_debian_download "$kernel" "$dir" || return
	step "kernel $kernel: unpack" "$CACHE/log/kernel-$kernel-unpack" \
		kernel_debian_unpack "$kernel" "$dir"
}

# The release that a meta package such as linux-image-amd64 stands for.
# Further arguments: how to run apt-cache.
kernel_debian_release()
{
	local meta=$1 release
	shift
	release=$("$@" apt-cache show --no-all-versions "linux-image-$meta" |
		sed -n 's/^Depends:.*linux-image-\([^ ,]*\).*/\1/p')
	[ -n "$release" ] || {
		printf 'apt knows no linux-image-%s\n' "$meta" >&2
		return 1
	}
	printf '%s\n' "$release"
}

kernel_debian_download()
{
	local kernel=$1 dir=$2 release image names in=()
	mkdir -p "$dir/deb"
	case $kernel in
	stock)
		packages_lists && release=$(kernel_debian_release 6.12-amd64) || return
		names="linux-headers-$release linux-headers-${release%-amd64}-common
			linux-kbuild-${release%-amd64}"
		;;
	6.1)
		packages_lists && release=$(kernel_debian_release amd64) || return
		names="linux-headers-$release linux-headers-${release%-amd64}-common
			linux-kbuild-6.1"
		;;
	7.2)	# its headers are installed in the chroot
		in=(chroot_run "$(chroot_dir sid)")
		release=$(kernel_debian_release amd64 "${in[@]}") || return
		image="linux-base-$release linux-binary-$release linux-modules-$release" names=
		[ "${release#7.2}" != "$release" ] || printf 'sid has %s by now\n' "$release"
		;;
	esac
	printf '%s\n' "$release" >"$dir/release"
	# As root: apt's own user could not write there.
	"${in[@]}" sh -c 'cd "$1" && shift && apt-get -o APT::Sandbox::User=root download "$@"' \
		- "$dir/deb" ${image:-linux-image-$release} $names
}

kernel_debian_unpack()
{
	local kernel=$1 dir=$2 deb release modules
	release=$(<"$dir/release")
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir/unpacked" || return
	done
	modules=$dir/unpacked/lib/modules/$release
	[ -e "$modules" ] || modules=$dir/unpacked/usr/lib/modules/$release
	kernel_debian_vmlinux "$(find "$dir/unpacked" -name "vmlinuz*")" "$dir/vmlinux" || return
	mv "$modules"/modules.{builtin,builtin.modinfo,order} "$modules/kernel" "$dir/" || return
	kernel_debian_prune "$dir/kernel" || return
	if [ "$kernel" = 7.2 ]; then
		printf '/usr/src/linux-headers-%s\n' "$release" >"$dir/kdir"
		chroot_dir sid >"$dir/chroot"
		rm -rf "$dir/unpacked"
	else
		kernel_debian_headers "$dir" "$release" || return
		rm -rf "$dir"/unpacked/{boot,lib} "$dir/unpacked/usr/share"
	fi
	rm -rf "$dir/deb"
}

# A bzImage carries the vmlinux compressed; its header (Documentation/arch/x86/
# boot.rst) says where.  The last 4 bytes are the size, not of the stream.
kernel_debian_vmlinux()
{
	local from=$1 to=$2 sectors offset length unpack
	sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$from")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$from")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$from")
	offset=$(((sectors + 1) * 512 + offset))
	case $(od -An -tx1 -j $offset -N 4 "$from") in
	' 28 b5 2f fd') unpack=zstd ;;
	' fd 37 7a 58') unpack=xz ;;
	*) unpack=gzip ;;
	esac
	dd if="$from" bs=1M iflag=skip_bytes,count_bytes skip=$offset \
		count=$((length - 4)) status=none | $unpack -dc >"$to"
}

kernel_debian_prune()
{
	local dir=$1 name
	for name in "${KERNEL_DEBIAN_PRUNE[@]}"; do
		rm -rf "${dir:?}/$name"
	done
	find "$dir/fs" -mindepth 1 -maxdepth 1 \
		$(printf ' ! -name %s' $KERNEL_DEBIAN_FS) ! -name 'mbcache*' -exec rm -rf {} +
	find "$dir/drivers/net/ethernet" -mindepth 1 -maxdepth 1 \
		$(printf ' ! -name %s' $KERNEL_DEBIAN_NICS) -exec rm -rf {} +
	find "$dir" -name '*.ko.xz' -print0 | xargs -0 -r -n 50 -P "$(nproc)" unxz
}

# The headers name themselves by absolute paths under /usr.
kernel_debian_headers()
{
	local dir=$1 release=$2 headers
	headers=$dir/unpacked/usr/src/linux-headers-$release
	sed -i "s,/usr/src/,$dir/unpacked/usr/src/," "$headers/Makefile"
	printf '%s\n' "$headers" >"$dir/kdir"
}
