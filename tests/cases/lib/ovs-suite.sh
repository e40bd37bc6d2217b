#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ovs-suite: runs in the guest, for tests/ovs-suite: Open vSwitch's own
# system-offloads-testsuite, with its tc provider or with ours.
#
#   ovs-suite.sh tc|nft_offload [TESTSUITE-ARGUMENT...]
#
# Prints a line "NUMBER RESULT NAME" for each test: ok, fail or skip; fails if
# one does.  What a test that failed left behind is put into /job/out/suite.
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
	suite_vswitchd > $DIR/bin/ovs-vswitchd
	for tool in appctl dpctl ofctl vsctl; do
		suite_tool ovs-$tool > $DIR/bin/ovs-$tool
	done
	chmod +x $DIR/bin/ovs-*
	# What the tests take for granted where OVS is developed.
	mkdir -p /var/run/netns
}

# suite_tool NAME: a client of ovs-vswitchd as the suite finds it. It does not say
# that the machine is slow, which the suite would take for an error. What was set
# to have our provider does not show.
suite_tool() {
	echo '#!/bin/bash'
	[ "$PROVIDER $1" != "nft_offload ovs-vsctl" ] || cat <<-'SCRIPT'
		case " $* " in
		*' list open '*)
			set -o pipefail
			/usr/bin/ovs-vsctl "$@" | sed -E 's/, hw-offload-priority="nft_offload,tc"|, tc-policy=none//g'
			exit
		esac
	SCRIPT
	echo "exec /usr/bin/$1 -v{timeval,coverage,poll_loop}:console:off \"\$@\""
}

# The ovs-vswitchd that the suite finds first. It is quiet on the console, too;
# the log says all, and that is looked through with more patience at the end of
# each test.
#
# With our provider: the suite starts it when the database has just been
# initialized. Rules may lie on any device, as with tc: its devices are veth. A
# policy that the test has set stays, `add` does not change a key.
suite_vswitchd() {
	echo '#!/bin/sh'
	[ "$PROVIDER" = tc ] || cat <<-'SCRIPT'
		ovs-vsctl --no-wait add Open_vSwitch . other_config tc-policy=none \
			'hw-offload-priority="nft_offload,tc"' || exit
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
			cp -r "$DIR/tests/$SUITE.dir/$(printf %03d "$number")" /job/out/suite/
	done
}

suite_prepare
cd $DIR/tests || exit
bash ./$SUITE -C $DIR/tests "AUTOTEST_PATH=$DIR/bin:/usr/sbin:/usr/bin" "$@" \
	< /dev/null 2> $DIR/stderr | tee $DIR/stdout | suite_results | suite_keep | tee $DIR/results
[ -s $DIR/results ] || {
	cat $DIR/stdout $DIR/stderr
	exit 1
}
! grep -q '^[0-9]* fail' $DIR/results
