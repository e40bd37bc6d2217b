# SPDX-License-Identifier: Apache-2.0
# build: the project, built and installed for a guest.  Works on a private
# copy of the checkout's sources, one per checkout, so that make has to do only
# what changed and the checkout stays clean.

BUILD=$CACHE/build/$(hash_of <<<"$SRC")
BUILD_COPY=$BUILD/src	# the copy
BUILD_USER=$BUILD/user	# user space: built here,
BUILD_STAGE=$BUILD/stage	# installed here
BUILD_CONFIGURE=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var
	--without-kmod --enable-test-tools)

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
	cat "$PARTS/build.sh"
	printf '%s\n' "$KERNEL_DIR" "$BUILD_WHAT"
	cd "$SRC" || return
	build_files | grep -vE '^tests/(cases/.*\.(sh|py)$|guest|check|demo)|^docs/' |
		tr '\n' '\0' | xargs -0 -r stat -c '%n %Y %s'
}

# build_ensure KERNEL WHAT: WHAT is all, user, kmod or none.
build_ensure()
{
	BUILD_WHAT=$2
	with_lock "build-${BUILD##*/}" build_make "$1"
}

# Ends with the archive for the guest as $JOB/project.tar, a link, so that a
# later build does not take it away.
build_make()
{
	local kernel=$1 tar=$BUILD/project-$1.tar fingerprint
	mkdir -p "$BUILD"
	fingerprint=$(build_fingerprint | hash_of)
	if ! [ -e "$tar" ] || [ "$fingerprint" != "$(cat "$tar.of")" ]; then
		rm -f "$tar"
		build_all "$kernel" "$tar" || return
		printf '%s\n' "$fingerprint" >"$tar.of"
	fi
	ln "$tar" "$JOB/project.tar"
}

build_all()
{
	local kernel=$1 tar=$2 mods
	mods=$BUILD/kmod-$kernel-${KERNEL_DIR##*/}
	build_copy || return
	rm -rf "$BUILD/root" && mkdir -p "$BUILD/root"
	case $BUILD_WHAT in
	all | user) build_user || return ;;
	esac
	case $BUILD_WHAT in
	all | kmod) build_kmod "$kernel" "$mods" || return ;;
	*) rm -rf "$mods/install" ;;
	esac
	step "depmod" "$BUILD/log/depmod" build_depmod "$mods/install" || return
	step "archive" "$BUILD/log/archive" build_archive "$mods/install" "$tar"
}

# Files that went from the checkout go from the copy; what was built in the
# copy (autotools' output) stays.
build_copy()
{
	local list=$BUILD/files file
	build_files >"$list.new"
	mkdir -p "$BUILD_COPY"
	if [ -e "$list" ]; then
		LC_ALL=C comm -23 "$list" "$list.new" | while IFS= read -r file; do
			rm -f "$BUILD_COPY/$file"
		done
	fi
	rsync -a --files-from="$list.new" "$SRC/" "$BUILD_COPY/" &&
		mv "$list.new" "$list"
}

build_user()
{
	if ! [ -e "$BUILD_COPY/configure.ac" ]; then
		say "no configure.ac: user space is left out"
		rm -rf "$BUILD_STAGE"
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

# Kbuild builds in place, so each kernel has its copy of kmod/.  It stands
# beside links to the rest, as it may include headers from there.
build_kmod()
{
	local kernel=$1 mods=$2
	rm -rf "$mods/install"
	if ! [ -e "$BUILD_COPY/kmod/Makefile" ]; then
		say "no kmod/Makefile: kernel modules are left out"
		return 0
	fi
	build_kmod_copy "$mods" || return
	step "build: kernel modules for $kernel" "$BUILD/log/kmod-$kernel" \
		build_kmod_make "$mods"
}

build_kmod_copy()
{
	local mods=$1 list=$1/files file
	mkdir -p "$mods"
	grep '^kmod/' "$BUILD/files" >"$list.new"
	if [ -e "$list" ]; then
		LC_ALL=C comm -23 "$list" "$list.new" | while IFS= read -r file; do
			rm -f "$mods/$file"
		done
	fi
	rsync -a --files-from="$list.new" "$BUILD_COPY/" "$mods/" &&
		mv "$list.new" "$list"
}

build_kmod_make()
{
	local mods=$1 kdir in=()
	kdir=$(<"$KERNEL_DIR/kdir")
	[ ! -e "$KERNEL_DIR/chroot" ] || in=(chroot_run "$(<"$KERNEL_DIR/chroot")")
	"${in[@]}" make -C "$mods/kmod" -j "$(nproc)" KDIR="$kdir" \
		KCFLAGS="${BUILD_KCFLAGS:-}" modules || return
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
	local install=$1 tar=$2 parts=(-C "$1" .)
	[ ! -d "$BUILD_STAGE" ] || [ "$BUILD_WHAT" = kmod ] || parts+=(-C "$BUILD_STAGE" .)
	tar -c --owner=0 --group=0 -f "$tar.new" "${parts[@]}" &&
		mv "$tar.new" "$tar"
}
