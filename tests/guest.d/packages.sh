# SPDX-License-Identifier: Apache-2.0
# packages: the Debian packages that preparing and running guests needs, and
# apt's word on where this machine gets its packages.

PACKAGES=(
	# the guest
	mmdebstrap e2fsprogs busybox-static cpio kmod xz-utils
	zstd util-linux socat
	# kernels and modules
	gcc-12 g++ make bc bison flex libelf-dev libssl-dev dwarves python3
	perl sparse mandoc
	# the project
	autoconf automake libtool pkg-config rsync git ca-certificates
	libmnl-dev libnl-3-dev libnl-route-3-dev libnl-genl-3-dev liburcu-dev
	libjson-c-dev libsystemd-dev libncurses-dev libmicrohttpd-dev libcmocka-dev
)

packages_missing()
{
	local name
	for name in "${PACKAGES[@]}"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null |
			grep -qx installed || printf '%s\n' "$name"
	done
}

# apt can find a package only if its lists were fetched once.
packages_lists()
{
	[ -n "$(apt-cache show --no-all-versions qemu-system-x86 2>/dev/null)" ] ||
		step "apt-get update" "$CACHE/log/apt-update" apt-get update
}

packages_install()
{
	export DEBIAN_FRONTEND=noninteractive
	say "missing packages: $*"
	step "installing $# packages" "$CACHE/log/apt-install" packages_retry \
		apt-get install -y --no-install-recommends --no-upgrade "$@"
}

# Lists that are too old name versions which the mirror no longer has.
packages_retry()
{
	"$@" || { apt-get update && "$@"; }
}

# Looks again only after dpkg changed something on this machine.
packages_ensure()
{
	local stamp=$CACHE/packages state missing
	state="$(stat -c '%i %Y %s' /var/lib/dpkg/status) ${PACKAGES[*]}"
	[ -e "$stamp" ] && [ "$(<"$stamp")" = "$state" ] && return 0
	with_lock packages packages_install_missing || return
	stat -c '%i %Y %s' /var/lib/dpkg/status >"$stamp.new"
	printf '%s %s' "$(<"$stamp.new")" "${PACKAGES[*]}" >"$stamp"
	rm "$stamp.new"
}

packages_install_missing()
{
	local missing
	missing=$(packages_missing)
	[ -z "$missing" ] && return 0
	packages_lists && packages_install $missing
}

# packages_sources CODENAME...: the machine's own sources.list lines for these
# suites.
packages_sources()
{
	local suite
	for suite; do
		apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
			"Created-By: Packages" "Release: $suite"
	done | sort -u
}

# The machine's main mirror, for suites that its own sources do not name.
packages_mirror()
{
	apt-get indextargets --format '$(REPO_URI)' \
		"Created-By: Packages" "Release: bookworm" | head -n 1
}

# How this machine reaches its mirror (proxies, dates), in apt.conf syntax.
packages_apt_conf()
{
	apt-config dump |
		grep -E '^Acquire::(http|https|Check-|Retries|ForceIPv4)[^ ]* "[^"]'
}
