# SPDX-License-Identifier: Apache-2.0
# kernel-dev: kernels built from Debian's linux-source-6.12 with the project's
# own small configuration: dev, and kasan, which is dev with memory checks.

KERNEL_DEV_SOURCE=linux-source-6.12

# Not needed to build this kernel, and half of the archive.
KERNEL_DEV_EXCLUDE=(
	'*/Documentation/*/*' '*/tools/testing/*' '*/drivers/gpu/drm/amd/*.[ch]'
	'*/sound/*.c' '*/boot/dts/*.dts*'
)

kernel_dev_make()
{
	local kernel=$1 dir=$2 build=$CACHE/kernel/$1/build source
	with_lock kernel-source kernel_dev_source || return
	source=$(echo "$CACHE"/kernel/source/"$KERNEL_DEV_SOURCE")
	mkdir -p "$build"
	step "kernel $kernel: configure" "$CACHE/log/kernel-$kernel-configure" \
		kernel_dev_configure "$kernel" "$source" "$build" || return
	KERNEL_DEV_LOG=$CACHE/log/kernel-$kernel-build
	STEP_PROGRESS=kernel_dev_progress step "kernel $kernel: build (10 to 20 minutes)" \
		"$KERNEL_DEV_LOG" kernel_dev_build "$build" || return
	step "kernel $kernel: install" "$CACHE/log/kernel-$kernel-install" \
		kernel_dev_install "$build" "$dir"
}

kernel_dev_source()
{
	local dir=$CACHE/kernel/source
	[ -e "$dir/done" ] && return 0
	rm -rf "$dir"
	mkdir -p "$dir"
	packages_lists || return
	step "kernel source: download" "$CACHE/log/kernel-source-download" \
		packages_retry kernel_dev_download "$dir" || return
	step "kernel source: unpack" "$CACHE/log/kernel-source-unpack" \
		kernel_dev_unpack "$dir" || return
	touch "$dir/done"
}

kernel_dev_download()
{
	cd "$1" && apt-get -o APT::Sandbox::User=root download "$KERNEL_DEV_SOURCE"
}

kernel_dev_unpack()
{
	local dir=$1
	dpkg-deb --fsys-tarfile "$dir"/*.deb |
		tar -x -O "./usr/src/$KERNEL_DEV_SOURCE.tar.xz" |
		xz -dc -T0 | tar -x -C "$dir" "${KERNEL_DEV_EXCLUDE[@]/#/--exclude=}" || return
	rm "$dir"/*.deb
}

# The fragments that make a kernel, all of them.
kernel_dev_fragments()
{
	printf '%s\n' "$PARTS/dev.config"
	[ "$1" != kasan ] || printf '%s\n' "$PARTS/kasan.config"
}

kernel_dev_configure()
{
	local kernel=$1 source=$2 build=$3 fragments
	fragments=$(kernel_dev_fragments "$kernel")
	make -C "$source" O="$build" tinyconfig || return
	cd "$build" || return
	"$source/scripts/kconfig/merge_config.sh" -m -O "$build" "$build/.config" \
		$fragments || return
	printf 'CONFIG_LOCALVERSION="-%s"\n' "$kernel" >>"$build/.config"
	make -C "$source" O="$build" olddefconfig || return
	kernel_dev_verify "$build/.config" $fragments
}

# kconfig drops an option without a word when what it depends on is missing.
kernel_dev_verify()
{
	local config=$1 line wrong=0
	shift
	while read -r line; do
		case $line in
		CONFIG_*) grep -qxF -- "$line" "$config" ;;
		'# CONFIG_'*) ! grep -q "^$(cut -d' ' -f2 <<<"$line")=" "$config" ;;
		*) continue ;;
		esac || {
			printf 'not as asked for: %s\n' "$line"
			wrong=1
		}
	done < <(cat "$@")
	return $wrong
}

kernel_dev_progress()
{
	printf ', %s objects' "$(grep -cE '^ +(CC|AS|LD|AR)' "$KERNEL_DEV_LOG")"
}

kernel_dev_build()
{
	local build=$1 cc=gcc
	command -v ccache >/dev/null && cc="ccache gcc"
	make -C "$build" -j "$(nproc)" CC="$cc" vmlinux modules
}

# What building modules against this kernel takes, as a copy: the tree itself
# goes on to the next configuration.
kernel_dev_install()
{
	local build=$1 dir=$2 release
	release=$(make -s -C "$build" kernelrelease) || return
	printf '%s\n' "$release" >"$dir/release"
	objcopy --strip-debug "$build/vmlinux" "$dir/vmlinux" || return
	make -C "$build" modules_install INSTALL_MOD_PATH="$dir/install" \
		INSTALL_MOD_STRIP=1 DEPMOD=true || return
	mv "$dir/install/lib/modules/$release/kernel" \
		"$dir/install/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} \
		"$dir/" || return
	rm -rf "$dir/install"
	rsync -a --exclude='*.o' --exclude='*.cmd' --exclude='*.a' \
		--include='/*.config' --include=/.config --include=/Makefile \
		--include=/Module.symvers --include=/include/*** --include=/scripts/*** \
		--include=/arch/ --include=/arch/x86/ --include=/arch/x86/include/*** \
		--include=/tools/ --include=/tools/objtool/ --include=/tools/objtool/objtool \
		--exclude='*' "$build/" "$dir/headers/" || return
	printf '%s\n' "$dir/headers" >"$dir/kdir"
}
