#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: check
# timeout: 300
#
# nft-offload-exporter: as a user without any right but the group, it answers by
# HTTP with what nft-offload metrics prints; while the daemon is gone with 503, and
# without the group, too. It survives many clients at once.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

URL=http://127.0.0.1:19310
# exporter OPTION...: in the background, as nobody with these groups.
exporter() {
	setpriv --reuid 65534 --regid 65534 "$1" --bounding-set=-all --no-new-privs \
		nft-offload-exporter "${@:2}" > "$WORK/exporter.log" 2>&1 &
	EXPORTER=$!
	until_true 30 grep -q '^nft-offload-exporter: answers at' "$WORK/exporter.log" || die "$(cat "$WORK/exporter.log")"
}
get() { curl -s -o "$WORK/body" -w '%{http_code} %{content_type}' "$@"; }

groupadd -r nft-offload 2> /dev/null || getent group nft-offload > /dev/null || echo 'nft-offload:x:990:' >> /etc/group
gid=$(getent group nft-offload | cut -d: -f3)
ip link set lo up
bed_up
daemon_start --group nft-offload
ruleset
exporter --groups="$gid"
[ "$(get $URL/metrics)" = '200 application/openmetrics-text; version=1.0.0; charset=utf-8' ] || die "$(cat "$WORK/body")"
nft-offload metrics > "$WORK/metrics"
diff <(sed 's/ [0-9]*$//' "$WORK/metrics") <(sed 's/ [0-9]*$//' "$WORK/body") || die "another text than the command has"
grep -q '^nft_offload_flows_refused{reason="table_full"} 0$' "$WORK/body" || die "$(cat "$WORK/body")"
# A connection more, which it tells within seconds.
ip netns exec vm1 udpflow recv 5001 --for 600 > /dev/null &
until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :5001' | grep -q ."
ip netns exec vm0 udpflow send 10.0.1.2 5001 100000 --pps 20 --warmup 3 > /dev/null 2>&1 &
told() { get $URL/metrics > "$WORK/status" && grep -qx 'nft_offload_flows{state="in_hw"} 2' "$WORK/body"; }
until_true 60 told || die "$(cat "$WORK/body")"

echo "--- forty clients that say nothing do not stop it for long"
python3 - <<'PY'
import socket, time, urllib.request
idle = [socket.create_connection(("127.0.0.1", 19310)) for _ in range(40)]
end = time.time() + 120
while True:
    try:
        assert urllib.request.urlopen("http://127.0.0.1:19310/metrics", timeout=5).read().endswith(b"# EOF\n")
        break
    except OSError:
        assert time.time() < end, "no answer"
PY

echo "--- the daemon goes and comes"
daemon_stop
sleep 1
[ "$(get $URL/metrics)" = '503 text/plain; charset=utf-8' ] || die "$(cat "$WORK/body")"
grep -q 'does not answer: No such file or directory' "$WORK/body" || die "$(cat "$WORK/body")"
daemon_start --group nft-offload
until_true 30 sh -c "curl -sf $URL/metrics > /dev/null" || die "it does not come back"
reap TERM "$EXPORTER"

echo "--- without the group"
exporter --clear-groups --listen '[::1]:19311'
[ "$(get 'http://[::1]:19311/metrics')" = '503 text/plain; charset=utf-8' ] || die "anybody is told"
grep -q 'Permission denied' "$WORK/body" || die "$(cat "$WORK/body")"
status=0
nft-offload-exporter --listen '[::1]:19311' > "$WORK/second" 2>&1 || status=$?
[ $status = 1 ] || die "status $status: $(cat "$WORK/second")"
grep -q 'cannot listen at \[::1\]:19311: Address already in use' "$WORK/second" || die "$(cat "$WORK/second")"
status=0
nft-offload-exporter --listen nowhere > "$WORK/second" 2>&1 || status=$?
[ $status = 2 ] || die "status $status: $(cat "$WORK/second")"
# shellcheck disable=SC2046
reap KILL $(jobs -p | grep -vx "$DAEMON")
bed_down
