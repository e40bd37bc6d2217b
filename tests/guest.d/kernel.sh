# SPDX-License-Identifier: Apache-2.0
# kernel: the kernels a guest can run.  However one is made, it ends as a
# folder with
#   vmlinux       what QEMU boots (PVH), uncompressed
#   release       its `uname -r`
#   kernel/       its modules, as under /lib/modules/RELEASE
#   modules.img   the same as a file system image, for the guest
#   kdir          a text file: the folder to build modules against
#   chroot        optional, a text file: the chroot to build modules in
#   done          it is complete

. "$PARTS/kernel-debian.sh"
. "$PARTS/kernel-dev.sh"

KERNELS="stock dev kasan 6.1 7.2"

# What the kernel is made from: a change of it makes the kernel anew.
kernel_inputs()
{
	cat "$PARTS/kernel.sh"
	case $1 in
	dev) cat "$PARTS/kernel-dev.sh" "$PARTS/dev.config" ;;
	kasan) cat "$PARTS/kernel-dev.sh" "$PARTS/dev.config" "$PARTS/kasan.config" ;;
	*) cat "$PARTS/kernel-debian.sh" ;;
	esac
}

# KERNEL_DIR is set once here, as every warm start needs it several times.
kernel_find()
{
	KERNEL_DIR=$CACHE/kernel/$1/$(kernel_inputs "$1" | hash_of)
}

kernel_ensure()
{
	kernel_find "$1"
	[ -e "$KERNEL_DIR/done" ] || with_lock "kernel-$1" kernel_make "$1"
}

kernel_make()
{
	local kernel=$1
	[ -e "$KERNEL_DIR/done" ] && return 0
	rm -rf "$KERNEL_DIR"
	mkdir -p "$KERNEL_DIR"
	case $kernel in
	dev | kasan) kernel_dev_make "$kernel" "$KERNEL_DIR" ;;
	*) kernel_debian_make "$kernel" "$KERNEL_DIR" ;;
	esac || return
	step "kernel $kernel: module image" "$CACHE/log/kernel-$kernel-image" \
		kernel_image "$KERNEL_DIR" || return
	touch "$KERNEL_DIR/done"
	# A former one can still be in use by a running guest, so not at once.
	find "$CACHE/kernel/$kernel" -mindepth 1 -maxdepth 1 -mtime +2 \
		! -path "$KERNEL_DIR" ! -name build -exec rm -rf {} +
}

kernel_image()
{
	local dir=$1
	mkdir -p "$dir/image"
	mv "$dir/kernel" "$dir/image/kernel"
	mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$dir/image" \
		"$dir/modules.img" "$(($(du -sm "$dir/image" | cut -f1) * 3 / 2 + 16))M" || return
	mv "$dir/image/kernel" "$dir/kernel"
	rmdir "$dir/image"
}

# The initramfs holds a busybox and the modules that reach the root image.
INITRAMFS_MODULES="virtio_pci virtio_blk virtio_console 9pnet_virtio 9p ext4 crc32c_generic"

kernel_initramfs()
{
	printf '%s/initramfs-%s\n' "$KERNEL_DIR" \
		"$(cat "$PARTS/initramfs-init" "$PARTS/init" "$PARTS/kernel.sh" | hash_of)"
}

kernel_initramfs_ensure()
{
	local file
	file=$(kernel_initramfs)
	[ -e "$file" ] || with_lock "kernel-$1" kernel_initramfs_make "$file"
}

kernel_initramfs_make()
{
	local file=$1 dir name
	[ -e "$file" ] && return 0
	dir=$(mktemp -d "$CACHE/initramfs.XXXXXX")
	at_exit "rm -rf '$dir'"
	mkdir -p "$dir"/{bin,dev,proc,root,modules}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for name in sh mount insmod cp mkdir sleep switch_root cat; do
		ln -s busybox "$dir/bin/$name"
	done
	cp "$PARTS/initramfs-init" "$dir/init"
	cp "$PARTS/init" "$dir/guest-init"
	kernel_initramfs_modules "$dir" || return
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$file.new" || return
	rm -rf "$dir"
	mv "$file.new" "$file"
}

# Lists the modules in loading order; those built in have no file.
kernel_initramfs_modules()
{
	local dir=$1 release name word path rest base=$1/depmod
	release=$(<"$KERNEL_DIR/release")
	mkdir -p "$base/lib/modules/$release"
	ln -s "$KERNEL_DIR/kernel" "$base/lib/modules/$release/kernel"
	cp "$KERNEL_DIR"/modules.* "$base/lib/modules/$release/"
	rm -f "$base/lib/modules/$release/modules.img"
	depmod -b "$base" "$release" || return
	: >"$dir/modules/order"
	for name in $INITRAMFS_MODULES; do
		# A kernel without the module has it built in, or fails at boot.
		modprobe -d "$base" -S "$release" --show-depends "$name" 2>/dev/null |
		while read -r word path rest; do
			[ "$word" = insmod ] || continue
			grep -qx "${path##*/}" "$dir/modules/order" && continue
			cp "$path" "$dir/modules/"
			printf '%s\n' "${path##*/}" >>"$dir/modules/order"
		done
	done
	rm -rf "$base"
}
