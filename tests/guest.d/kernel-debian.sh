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
	step "kernel $kernel: download" "$CACHE/log/kernel-$kernel-download" \
		kernel_debian_download "$kernel" "$dir/deb" || return
	step "kernel $kernel: unpack" "$CACHE/log/kernel-$kernel-unpack" \
		kernel_debian_unpack "$dir"
}

# The real packages that a meta package such as linux-image-amd64 stands for.
kernel_debian_packages()
{
	local meta=$1 release
	shift
	release=$("$@" apt-cache show --no-all-versions "linux-image-$meta" |
		sed -n 's/^Depends:.*linux-image-\([^ ,]*\).*/\1/p')
	[ -n "$release" ] || {
		printf 'apt knows no linux-image-%s\n' "$meta"
		return 1
	}
	printf '%s\n' "linux-image-$release" "linux-headers-$release" \
		"linux-headers-${release%-amd64}-common" "linux-kbuild-${release%-amd64}"
}

kernel_debian_download()
{
	local kernel=$1 dir=$2 meta names
	case $kernel in
	stock) meta=6.12-amd64 ;;
	6.1) meta=amd64 ;;
	esac
	packages_lists || return
	names=$(kernel_debian_packages "$meta") || return
	# linux-kbuild of 6.1 goes by the short version.
	[ "$kernel" != 6.1 ] || names=$(sed 's/^linux-kbuild-.*/linux-kbuild-6.1/' <<<"$names")
	mkdir -p "$dir"
	# As root, apt would complain that its own user cannot write there.
	(cd "$dir" && apt-get -o APT::Sandbox::User=root download $names)
}

kernel_debian_unpack()
{
	local dir=$1 deb release modules
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir/unpacked" || return
	done
	modules=$(echo "$dir"/unpacked/lib/modules/*/kernel)
	release=$(basename "${modules%/kernel}")
	printf '%s\n' "$release" >"$dir/release"
	kernel_debian_vmlinux "$dir/unpacked/boot/vmlinuz-$release" "$dir/vmlinux" || return
	mv "${modules%/kernel}"/modules.{builtin,builtin.modinfo,order} "$dir/"
	mv "$modules" "$dir/kernel"
	kernel_debian_prune "$dir/kernel" || return
	kernel_debian_headers "$dir" "$release" || return
	rm -rf "$dir/deb" "$dir"/unpacked/{boot,lib} "$dir/unpacked/usr/share"
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
	tail -c +$((offset + 1)) "$from" | head -c $((length - 4)) |
		$unpack -dc >"$to"
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
