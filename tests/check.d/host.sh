# SPDX-License-Identifier: Apache-2.0
# host: the groups that need no guest: unit tests, `make distcheck`, modules
# for each kernel without a warning, fuzzers, style, packages.

# Host groups, and what each one is selected by.
host_groups()
{
	printf '%s\n' guest style build-stock unit placement fuzz
	! drawn dist || printf '%s\n' dist
	# Seven minutes: with --full, or when it is named.
	[ -z "$ALL" ] && [ ${#NAMES[@]} -eq 0 ] && [ -z "$LIST" ] || printf '%s\n' package
	[ -z "$ALL" ] || printf '%s\n' build-6.1 build-7.2
}

# host_run GROUP...: those that are selected.  Unit tests and distcheck work in
# one folder for each checkout, so not for two tests/check at a time.
host_run()
{
	local group lock=check-${BUILD##*/}
	for group; do
		selected "$group" "${group%%-*}" || continue
		case $group in
		build-*) timed "$group" "$LOGS/$group.log" host_build "${group#build-}" ;;
		unit) with_lock "$lock" host_unit ;;
		package) package_run ;;
		placement) timed placement "$LOGS/placement.log" host_placement ;;
		dist) timed dist "$LOGS/dist.log" with_lock "$lock" host_dist ;;
		style) style_run ;;
		fuzz) fuzz_run ;;
		guest) selftest_run ;;
		esac
	done
}

# The user-space build of tests/guest --ovs, brought up to date.
host_build_user()
{
	ovs_ensure || return
	build_with_ovs
	with_lock "build-${BUILD##*/}" host_build_user_locked
}

host_build_user_locked()
{
	mkdir -p "$BUILD"
	build_copy && build_user
}

# One result for each test of automake's.
host_unit()
{
	local log=$LOGS/unit.log start=$EPOCHREALTIME status=0 word name count=0
	if ! host_build_user >"$log" 2>&1; then
		result fail unit "$(since "$start")" "user space does not build" "$log"
		return
	fi
	if [ ! -e "$BUILD_USER/Makefile" ]; then
		result skip unit 0 "there is no configure.ac yet"
		return
	fi
	make -C "$BUILD_USER" -j "$(nproc)" check >>"$log" 2>&1 || status=$?
	while read -r word name; do
		count=$((count + 1))
		case $word in
		PASS: | XFAIL:) result ok "unit/${name##*/}" - '' ;;
		SKIP:) result skip "unit/${name##*/}" - "see $log" ;;
		*) result fail "unit/${name##*/}" - "${word%:}" "$BUILD_USER/${name%.*}.log" ;;
		esac
	done < <(grep -E '^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): ' "$log")
	if [ $status -ne 0 ] && ! grep -qE '^(FAIL|XPASS|ERROR): ' "$log"; then
		result fail unit "$(since "$start")" "make check: status $status" "$log"
	elif [ $count -eq 0 ]; then
		result skip unit "$(since "$start")" "make check has no tests"
	fi
}

# What docs/placement.md says of who gets a place holds, on small sizes.
host_placement()
{
	local seed
	for seed in 1 2 3; do
		"$SRC/tests/bench" placement --check --seed $seed --rate 200 --seconds 60 --warm 40 \
			--table 10% --table 1% --table 50% --table 110% || return 1
	done
}

host_dist()
{
	host_build_user || return
	[ -e "$BUILD_USER/Makefile" ] || { echo "there is no configure.ac yet"; return 77; }
	make -C "$BUILD_USER" distcheck DISTCHECK_CONFIGURE_FLAGS=--without-kmod
}

# A warning fails it, so it is built apart from what the guests use.
host_build()
{
	local kernel=$1
	[ -e "$SRC/kmod/Makefile" ] || { echo "there is no kmod/Makefile yet"; return 77; }
	kernel_ensure "$kernel" || return
	with_lock "warn-${BUILD##*/}-$kernel" host_build_locked
}

host_build_locked()
{
	local dir=$BUILD/warn-${KERNEL_DIR##*/}
	build_kmod_copy "$dir" || return
	rm -rf "$dir/install"
	BUILD_KCFLAGS=-Werror BUILD_W=1 build_kmod_make "$dir"
}
