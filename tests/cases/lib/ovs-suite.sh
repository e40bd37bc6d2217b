#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ovs-suite: runs in the guest, for tests/ovs-suite: Open vSwitch's own
# system-offloads-testsuite, with its tc provider or with ours.
#
#   ovs-suite.sh tc|nft_offload [TESTSUITE-ARGUMENT...]
#
# Prints a line "NUMBER RESULT NAME" for each test: ok, fail or skip; fails if
# one does, twice.  What that one left behind is put into /job/out/suite.
set -uo pipefail

PROVIDER=$1
shift
DIR=/tmp/suite
SUITE=system-offloads-testsuite

# A folder to run in, as the one where OVS was built is read-only.  Programs are
# those installed, but for what only the tests have.
suite_prepare() {
	local tool
	mkdir -p $DIR/tests $DIR/bin
	cp "$OVS_DIR"/build/tests/{atconfig,atlocal} "$OVS_DIR/source/tests/$SUITE" $DIR/tests/ || exit
	ln -s "$OVS_DIR"/build/tests/.libs/{ovstest,test-ovsdb} $DIR/bin/
	# Quick to end, as 8 and 9 need it; atlocal asks for it before the path is set.
	ln -s /usr/bin/ncat $DIR/bin/nc
	# 20 looks at flows that go when they are idle for so long.
	sed -i 's/other_config:max-idle=2000/other_config:max-idle=20000/' $DIR/tests/$SUITE
	[ "$PROVIDER" = tc ] || suite_adapt
	suite_vswitchd > $DIR/bin/ovs-vswitchd
	for tool in appctl dpctl ofctl vsctl; do
		suite_tool ovs-$tool > $DIR/bin/ovs-$tool
	done
	suite_ping > $DIR/bin/ping
	suite_qinq > $DIR/bin/suite-qinq
	chmod +x $DIR/bin/{ovs-*,ping,suite-qinq}
	# What the tests take for granted where OVS is developed.
	mkdir -p /var/run/netns
}

# suite_adapt: the text of the suite for our provider, where it is that of tc.
# 14, 18: to skip them with an old kernel, they look into the log for what tc found.
# 19: OVS asks for one tag (vlan-limit), tc's rule is about the second, too. Ours is
#     OVS's flow, so that ARP and IPv4 share one.
# 21: it shows the provider by its name.
# 22: tc takes 16 actions, ours 32: the last flow is in hardware, too.
suite_adapt() {
	local one='vlan\(vid=4094,pcp=0\),encap\(eth_type\(0x0800\)\), packets:0, bytes:0, used:0.001s'
	# shellcheck disable=SC2016
	sed -E -i -e 's/^\(! grep -q "probe tc: (vxlan gbp is|enc flags are) supported\." ovs-vswitchd\.log\)/(false)/' \
		-e '/^#AT_START_19$/,/^#AT_STOP_19$/{' \
		-e '/type=tc,offloaded/s/grep \\?"eth_type\(0x0800\)\\?"/suite-qinq/' \
		-e "s/$one/vlan(vid=4094),encap(eth_type(0x8100))/; }" \
		-e '/^#AT_START_21$/,/^#AT_STOP_21$/{' \
		-e 's/^  tc$/  nft_offload/; s/"tc\\"/"nft_offload\\"/; }' \
		-e '/^#AT_START_22$/,/^#AT_STOP_22$/{' \
		-e 's/type=tc  \| grep (\\?")/type=ovs | grep \1/; s/type=ovs \| grep -q/type=tc | grep -q/; }' \
		$DIR/tests/$SUITE
}

# Which flows of 802.1ad there are, each kind once. What is in the encap() that
# OVS's mask does not reach is shown as if it mattered: not here.
suite_qinq() {
	cat <<-'SCRIPT'
		#!/bin/sh
		sed -nE '/eth_type\(0x88a8\)/{
		s/(encap\(eth_type\(0x8100\)),encap.*, packets.*, actions/\1), actions/
		s/^.*(in_port\(.\),)eth\([^)]*\)/\1eth(macs)/; s/actions:.*/actions:output/; p; }' | sort -u
	SCRIPT
}

# suite_tool NAME: a client of ovs-vswitchd as the suite finds it. It does not say
# that the machine is slow, which the suite would take for an error. It does not
# show what was set for suite_vswitchd, nor what our provider says of each port,
# nor tc, which is there but has no ports.
suite_tool() {
	echo '#!/bin/bash'
	echo 'set -o pipefail'
	case $PROVIDER/$1 in
	*/ovs-vsctl)
		suite_filter ovs-vsctl '*" list open "*' \
			's/, (hw-offload-priority=nft_offload|min-revalidate-pps="0"|tc-policy=none)//g'
		;;
	nft_offload/ovs-appctl)
		suite_filter ovs-appctl '*" dpif/offload/show "*' \
			's/(ifindex: [0-9]+): [^\n]*/\1/g; s/,\n *"verdict": "[^"]*"//g; s/\n  tc\n/\n/; s/,\n *"tc"(: \{\s*\})?//g'
		;;
	esac
	echo "exec /usr/bin/$1 -v{timeval,coverage,poll_loop}:console:off \"\$@\""
}

# suite_filter NAME PATTERN EXPRESSION: a piece of script; what NAME says with
# arguments that match PATTERN goes through sed.
suite_filter() {
	printf '%s\n' "case \" \$* \" in" "$2) /usr/bin/$1 \"\$@\" | sed -Ez '$3'; exit ;;" 'esac'
}

# The tests count that one packet of ten went by upcall, and put packets a tenth
# of a second apart: here an upcall may take longer. While ten are under way the
# neighbour shall not be asked for again: 11 would drop that.
suite_ping() {
	cat <<-'SCRIPT'
		#!/bin/bash
		for file in /proc/sys/net/ipv4/neigh/*/delay_first_probe_time; do
			echo 60 > $file
		done
		for arg; do
			shift
			[ "$arg" != 0.1 ] || arg=0.7
			set -- "$@" "$arg"
		done
		exec /usr/bin/ping "$@"
	SCRIPT
}

# The ovs-vswitchd that the suite finds first. It is quiet on the console, too;
# the log says all, and that is looked through with more patience at the end of
# each test.  Where a round of the revalidators takes long, they delete flows with
# few packets rather than change them: not here.
#
# With our provider: the suite starts it when the database has just been
# initialized. Rules may lie on any device, as with tc: its devices are veth. A
# policy that the test has set stays, `add` does not change a key.
suite_vswitchd() {
	echo '#!/bin/sh'
	echo 'ovs-vsctl --no-wait add Open_vSwitch . other_config min-revalidate-pps=0 || exit'
	[ "$PROVIDER" = tc ] || cat <<-'SCRIPT'
		ovs-vsctl --no-wait add Open_vSwitch . other_config tc-policy=none \
			hw-offload-priority=nft_offload || exit
		LD_PRELOAD=/usr/lib/nft-offload/nft_offload_ovs.so
		export LD_PRELOAD
	SCRIPT
	echo 'exec /usr/sbin/ovs-vswitchd "$@" -vconsole:off'
}

# "  3: offloads - tc-policy configuration    FAILED (file.at:96)" as
# "3 fail offloads - tc-policy configuration", as they come.
suite_results() {
	sed -unE 's/^ *([0-9]+): (.*[^ ]) +(ok|FAILED|skipped|expected failure|UNEXPECTED PASS)( .*)?$/\1 \3 \2/p' |
		sed -u 's/^\([0-9]*\) FAILED/\1 fail/; s/^\([0-9]*\) skipped/\1 skip/; s/^\([0-9]*\) UNEXPECTED PASS/\1 fail/'
}

# What a test that failed has left behind, in time: the guest may be ended early.
suite_keep() {
	local number result name
	mkdir -p /job/out/suite
	while read -r number result name; do
		echo "$number $result $name"
		[ "$result" != fail ] ||
			cp -rT "$DIR/tests/$SUITE.dir/$(printf %03d "$number")" "/job/out/suite/$number"
	done
}

# suite_run TESTSUITE-ARGUMENT...: results as they come.
suite_run() {
	PATH=$DIR/bin:$PATH bash ./$SUITE -C $DIR/tests "AUTOTEST_PATH=$DIR/bin:/usr/sbin:/usr/bin" "$@" \
		< /dev/null 2> $DIR/stderr | tee $DIR/stdout | suite_results
}

main() {
	local failed
	suite_prepare
	cd $DIR/tests || exit
	suite_run "$@" | suite_keep | tee $DIR/first | grep --line-buffered -v '^[0-9]* fail '
	[ -s $DIR/first ] || {
		cat $DIR/stdout $DIR/stderr
		return 1
	}
	# Many depend on the time that something takes: who fails has a second try.
	mapfile -t failed < <(sed -n 's/^\([0-9]*\) fail .*/\1/p' $DIR/first)
	[ ${#failed[@]} -gt 0 ] || return 0
	echo "again: ${failed[*]}" >&2
	suite_run "${failed[@]}" | suite_keep | tee $DIR/second
	! grep -q '^[0-9]* fail ' $DIR/second
}

main "$@"; exit	# on one line: bash reads on while it runs
