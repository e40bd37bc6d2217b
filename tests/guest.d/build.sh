# SPDX-License-Identifier: Apache-2.0
# build: the project, built and installed for a guest.  Works on a private
# copy of the checkout's sources, one per checkout, so that make has to do only
# what changed and the checkout stays clean.

BUILD=$CACHE/build/$(hash_of <<<"$SRC")
BUILD_COPY=$BUILD/src	# the copy
BUILD_USER=$BUILD/user	# user space: built here,
BUILD_STAGE=$BUILD/stage	# installed here
BUILD_TAR=$BUILD/user.tar
BUILD_CONFIGURE=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var
	--without-kmod --enable-test-tools)

# With the provider for the Open vSwitch in $OVS_DIR: a build of its own, beside
# the one without.
build_with_ovs()
{
	[ "$BUILD_USER" = "$BUILD/user" ] || return 0
	BUILD_USER=$BUILD/user-ovs BUILD_STAGE=$BUILD/stage-ovs BUILD_TAR=$BUILD/user-ovs.tar
	BUILD_CONFIGURE+=("--with-ovs-source=$OVS_DIR/source" "--with-ovs-build=$OVS_DIR/build")
}

# Everything of the checkout that git does not ignore; all files of an export.
build_files()
{
	cd "$SRC" || return
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -co --exclude-standard
	else
		find . -type f -printf '%P\n'
	fi | LC_ALL=C sort -u | while IFS= read -r file; do
		# A tracked file may have just been removed.
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}

# Tells whether anything has changed, without reading the files.  The guest
# sees tests in the checkout itself.
build_fingerprint()
{
	{
		cat "$PARTS/build.sh"
		cd "$SRC" || return
		build_files | grep -vE '^tests/((bench\.d|cases|differential\.d)/.*\.(sh|py)$|bench$|differential$|guest|check|demo)|^docs/' |
			tr '\n' '\0' | xargs -0 -r stat -c '%n %Y %s'
	} | hash_of
}

# build_ensure KERNEL WHAT: WHAT is all, user, kmod or none.  Ends with archives
# for the guest in the job folder: kmod.tar, what belongs below /lib/modules,
# and user.tar, the rest; links, so that a later build does not take them away.
build_ensure()
{
	local kernel=$1 what=$2 id=build-${BUILD##*/} tar=$BUILD/none-$1.tar of=none
	mkdir -p "$BUILD"
	BUILD_FINGERPRINT=$(build_fingerprint)
	case $what in
	all | user) with_lock "$id" build_user_ensure || return ;;
	esac
	case $what in
	all | kmod)
		tar=$BUILD/kmod-$kernel.tar of=$BUILD_FINGERPRINT
		;;
	esac
	with_lock "$id-$kernel" build_kmod_ensure "$kernel" "$tar" "$of"
}

# build_fresh ARCHIVE OF: was it made of this?
build_fresh()
{
	[ -e "$1" ] && [ "$2" = "$(cat "$1.of")" ]
}

build_user_ensure()
{
	local tar=$BUILD_TAR of
	of="$BUILD_FINGERPRINT ${BUILD_CONFIGURE[*]}"
	if ! build_fresh "$tar" "$of"; then
		rm -f "$tar"
		build_copy && build_user || return
		mkdir -p "$BUILD_STAGE"
		step "archive" "$BUILD/log/archive" build_archive "$BUILD_STAGE" "$tar" || return
		printf '%s\n' "$of" >"$tar.of"
	fi
	ln "$tar" "$JOB/user.tar"
}

build_kmod_dir()
{
	printf '%s\n' "$BUILD/kmod-$1-${KERNEL_DIR##*/}"
}

# For `none` it holds only what depmod says of the kernel's own modules.
build_kmod_ensure()
{
	local kernel=$1 tar=$2 of="$3 ${KERNEL_DIR##*/}" dir install
	if ! build_fresh "$tar" "$of"; then
		rm -f "$tar"
		dir=$(build_kmod_dir "$kernel")
		install=$dir/install
		if [ "$3" = none ]; then
			install=$dir/none
			rm -rf "$install"
		else
			build_kmod_copy "$dir" && build_kmod "$kernel" "$dir" || return
		fi
		step "depmod" "$BUILD/log/depmod-$kernel" build_depmod "$install" || return
		step "archive" "$BUILD/log/archive-$kernel" build_archive "$install" "$tar" || return
		printf '%s\n' "$of" >"$tar.of"
	fi
	ln "$tar" "$JOB/kmod.tar"
}

build_copy()
{
	mkdir -p "$BUILD_COPY"
	build_files >"$BUILD/files.new"
	build_sync "$BUILD/files" "$BUILD_COPY"
}

# build_sync LIST DIR: brings the files of LIST.new from the checkout to DIR.
# Those of LIST, the former time, that are in it no more go; what was built
# there stays.
build_sync()
{
	local list=$1 dir=$2 file
	if [ -e "$list" ]; then
		LC_ALL=C comm -23 "$list" "$list.new" | while IFS= read -r file; do
			rm -f "$dir/$file"
		done
	fi
	rsync -a --files-from="$list.new" "$SRC/" "$dir/" && mv "$list.new" "$list"
}

build_user()
{
	if ! [ -e "$BUILD_COPY/configure.ac" ]; then
		say "no configure.ac: user space is left out"
		return 0
	fi
	if ! [ -e "$BUILD_COPY/configure" ]; then
		step "build: autoreconf" "$BUILD/log/autoreconf" \
			autoreconf -i "$BUILD_COPY" || return
	fi
	mkdir -p "$BUILD_USER"
	if ! [ -e "$BUILD_USER/config.status" ] ||
	    [ "${BUILD_CONFIGURE[*]}" != "$(cat "$BUILD_USER/configured-with" 2>&1)" ]; then
		step "build: configure" "$BUILD/log/configure" build_configure || return
	fi
	step "build: user space" "$BUILD/log/user" build_user_make
}

build_configure()
{
	cd "$BUILD_USER" || return
	"$BUILD_COPY/configure" "${BUILD_CONFIGURE[@]}" || return
	printf '%s\n' "${BUILD_CONFIGURE[*]}" >configured-with
}

build_user_make()
{
	rm -rf "$BUILD_STAGE"
	make -C "$BUILD_USER" -j "$(nproc)" &&
		make -C "$BUILD_USER" install DESTDIR="$BUILD_STAGE"
}

# Kbuild builds in place, so each kernel has its copy of kmod/.
build_kmod()
{
	local kernel=$1 dir=$2
	rm -rf "$dir/install"
	if ! [ -e "$dir/kmod/Makefile" ]; then
		say "no kmod/Makefile: kernel modules are left out"
		return 0
	fi
	step "build: kernel modules for $kernel" "$BUILD/log/kmod-$kernel" \
		build_kmod_make "$dir"
}

build_kmod_copy()
{
	local dir=$1 list=$1/files
	mkdir -p "$dir"
	build_files | grep '^kmod/' >"$list.new"
	build_sync "$list" "$dir"
}

build_kmod_make()
{
	local mods=$1 kdir in=()
	kdir=$(<"$KERNEL_DIR/kdir")
	[ ! -e "$KERNEL_DIR/chroot" ] || in=(chroot_run "$(<"$KERNEL_DIR/chroot")")
	"${in[@]}" make -C "$mods/kmod" -j "$(nproc)" KDIR="$kdir" \
		KCFLAGS="${BUILD_KCFLAGS:-}" W="${BUILD_W:-}" modules || return
	# Debian's kernels would have them compressed, which only takes time.
	"${in[@]}" make -C "$mods/kmod" KDIR="$kdir" CONFIG_MODULE_COMPRESS_XZ= \
		INSTALL_MOD_PATH="$mods/install" modules_install
}

# The kernel's own modules take part by a link, which in the guest leads to
# their image.
build_depmod()
{
	local install=$1 release
	release=$(<"$KERNEL_DIR/release")
	mkdir -p "$install/lib/modules/$release"
	rm -f "$install/lib/modules/$release"/{build,source}
	cp "$KERNEL_DIR"/modules.{builtin,builtin.modinfo,order} \
		"$install/lib/modules/$release/" || return
	ln -sfn "$KERNEL_DIR/kernel" "$install/lib/modules/$release/kernel"
	depmod -b "$install" "$release" || return
	ln -sfn /run/modules/kernel "$install/lib/modules/$release/kernel"
}

build_archive()
{
	local dir=$1 tar=$2
	tar -c --owner=0 --group=0 -C "$dir" -f "$tar.new" . && mv "$tar.new" "$tar"
}
