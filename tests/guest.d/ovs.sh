# SPDX-License-Identifier: Apache-2.0
# ovs: Open vSwitch for a guest, with --ovs: Debian's source of it, built shared
# as RPM distributions do.  It ends as a folder with
#   source/    the source,
#   build/     where it was built: what the project is configured with, and
#              where OVS's own tests run; the guest has both at the same path
#   ovs.tar    what `make install` gives, stripped, for the guest
#   version    its version
#   done       it is complete

OVS_SUITE=sid
OVS_PACKAGE=openvswitch-source

# Nothing of what this machine happens to have and the guest has not; Python
# where the guest has it.
OVS_CONFIGURE=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var
	--enable-shared --disable-static --disable-ssl --disable-libcapng --disable-afxdp
	ac_cv_lib_unbound_ub_ctx_create=no ac_cv_lib_unwind_unw_backtrace=no
	PYTHON3=/usr/bin/python3 "CFLAGS=-O2 -g1")

# What it is made from: a change of it makes it anew.
ovs_inputs()
{
	printf '%s\n' $OVS_SUITE $OVS_PACKAGE "${OVS_CONFIGURE[@]}"
	declare -f ovs_unpack ovs_configure ovs_build ovs_install
}

ovs_find()
{
	OVS_DIR=$CACHE/ovs/$(ovs_inputs | hash_of)
}

ovs_ensure()
{
	ovs_find
	[ -e "$OVS_DIR/done" ] || with_lock ovs ovs_make
}

ovs_make()
{
	[ -e "$OVS_DIR/done" ] && return 0
	rm -rf "$OVS_DIR"
	mkdir -p "$OVS_DIR"
	packages_lists || return
	step "Open vSwitch: download" "$CACHE/log/ovs-download" ovs_download "$OVS_DIR" &&
		step "Open vSwitch: unpack" "$CACHE/log/ovs-unpack" ovs_unpack "$OVS_DIR" &&
		step "Open vSwitch: configure" "$CACHE/log/ovs-configure" ovs_configure "$OVS_DIR" &&
		STEP_PROGRESS=ovs_progress step "Open vSwitch: build (2 to 5 minutes)" \
			"$CACHE/log/ovs-build" ovs_build "$OVS_DIR" &&
		step "Open vSwitch: install" "$CACHE/log/ovs-install" ovs_install "$OVS_DIR" || return
	touch "$OVS_DIR/done"
	# A former one can still be in use by a running guest, so not at once.
	find "$CACHE/ovs" -mindepth 1 -maxdepth 1 -mtime +2 ! -path "$OVS_DIR" -exec rm -rf {} +
}

# With lists and a cache of its own; of the machine's apt it reads how to reach
# the mirror.
ovs_download()
{
	local dir=$1/apt apt
	mkdir -p "$dir"/{lists/partial,archives/partial,parts}
	printf 'deb %s %s main\n' "$(packages_mirror)" $OVS_SUITE >"$dir/sources.list"
	apt=(apt-get -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir"
		-o "Dir::Cache::archives=$dir/archives"
		-o "Dir::Etc::sourcelist=$dir/sources.list" -o "Dir::Etc::sourceparts=$dir/parts"
		-o APT::Sandbox::User=root -o Debug::NoLocking=true)
	cd "$dir" && "${apt[@]}" update && "${apt[@]}" download $OVS_PACKAGE
}

ovs_unpack()
{
	local dir=$1
	dpkg-deb -x "$dir"/apt/*.deb "$dir/unpacked" &&
		mv "$dir/unpacked/usr/src/openvswitch" "$dir/source" || return
	rm -rf "$dir/unpacked" "$dir/apt"
}

ovs_configure()
{
	local dir=$1
	mkdir -p "$dir/build"
	cd "$dir/build" && "$dir/source/configure" "${OVS_CONFIGURE[@]}"
}

ovs_progress()
{
	printf ', %s objects' "$(find "$OVS_DIR/build" -name '*.o' | wc -l)"
}

# Its own suite comes with the source; what that needs besides.
ovs_build()
{
	local dir=$1
	make -C "$dir/build" -j "$(nproc)" &&
		make -C "$dir/build" tests/atconfig tests/atlocal
}

ovs_install()
{
	local dir=$1 stage=$1/stage
	make -C "$dir/build" install DESTDIR="$stage" || return
	rm -rf "$stage"/usr/{include,share/man,lib/pkgconfig} "$stage"/usr/lib/*.la
	mkdir -p "$stage/etc/openvswitch" "$stage/var/log/openvswitch"
	find "$stage/usr" -type f -perm /111 -exec sh -c '
		for file; do
			head -c 4 "$file" | grep -q ELF || continue
			strip --strip-unneeded "$file" || exit
		done' - {} + || return
	build_archive "$stage" "$dir/ovs.tar" || return
	rm -rf "$stage"
	sed -n 's/^#define VERSION "\(.*\)"/\1/p' "$dir/build/config.h" >"$dir/version"
}
