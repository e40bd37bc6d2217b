# SPDX-License-Identifier: Apache-2.0
# fuzz: the group `fuzz`: each libFuzzer program for a bounded time, from the
# rules and flows of the unit tests and from a seed that is printed.  With
# NFT_OFFLOAD_FUZZ_SEED set it is that seed.

FUZZ_PACKAGES=(clang-14 libclang-rt-14-dev)
# Names and seconds; two minutes in all, most for the translators of OVS flows.
FUZZERS=(translate:50 back:40 tc_flower:10 dialect:10 flowtable:10)
FUZZ_BUILD=$BUILD/fuzz

fuzz_run()
{
	local fuzzer seed
	timed fuzz/build "$LOGS/fuzz-build.log" fuzz_build || return
	for fuzzer in "${FUZZERS[@]}"; do
		seed=${NFT_OFFLOAD_FUZZ_SEED:-$((SRANDOM % 2147483647 + 1))}
		printf '     fuzz/%s: NFT_OFFLOAD_FUZZ_SEED=%s\n' "${fuzzer%:*}" "$seed"
		timed "fuzz/${fuzzer%:*}" "$LOGS/fuzz-${fuzzer%:*}.log" \
			fuzz_one "${fuzzer%:*}" "${fuzzer#*:}" "$seed"
	done
}

fuzz_build()
{
	with_lock packages fuzz_packages && ovs_ensure || return
	with_lock "build-${BUILD##*/}" fuzz_build_locked
}

fuzz_packages()
{
	local PACKAGES=("${FUZZ_PACKAGES[@]}")
	packages_install_missing
}

fuzz_build_locked()
{
	local configure=(CC=clang-14 --enable-fuzz --without-kmod
		"--with-ovs-source=$OVS_DIR/source" "--with-ovs-build=$OVS_DIR/build")
	build_copy || return
	[ -e "$BUILD_COPY/configure" ] || autoreconf -i "$BUILD_COPY" || return
	mkdir -p "$FUZZ_BUILD"
	cd "$FUZZ_BUILD" || return
	if ! [ -e config.status ] || [ "${configure[*]}" != "$(cat configured-with 2>&1)" ]; then
		"$BUILD_COPY/configure" "${configure[@]}" || return
		printf '%s\n' "${configure[*]}" >configured-with
	fi
	make -j "$(nproc)" fuzz_{translate,back,tc_flower,dialect,flowtable} \
		seeds_{translate,back,tc_flower,dialect}
}

# fuzz_one NAME SECONDS SEED: what makes it fail is left beside the log.
fuzz_one()
{
	local name=$1 seeds=$LOGS/fuzz-$1.seeds corpus=$LOGS/fuzz-$1.corpus
	mkdir -p "$seeds" "$corpus"
	[ ! -e "$FUZZ_BUILD/seeds_$name" ] || "$FUZZ_BUILD/seeds_$name" "$seeds" || return
	"$FUZZ_BUILD/fuzz_$name" -seed="$3" -max_total_time="$2" -max_len=4096 -timeout=20 \
		-print_final_stats=1 -artifact_prefix="$LOGS/fuzz-$name." "$corpus" "$seeds" ||
		return 1	# libFuzzer's own is that of a skipped test
	rm -rf "$corpus" "$seeds"
}
