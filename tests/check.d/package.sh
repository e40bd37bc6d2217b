# SPDX-License-Identifier: Apache-2.0
# package: the group `package`: a tarball by `make dist`, and of that all RPM and
# Debian packages, which are then judged, installed and removed again. They are
# built in a chroot of their own (package-chroot.sh), with what comes with the
# tarball and nothing of the checkout.

PACKAGE=$BUILD/package

package_run()
{
	local kernel release
	timed package/dist "$LOGS/package-dist.log" with_lock "check-${BUILD##*/}" package_dist || return
	kernel=$(<"$KERNEL_DIR/kdir") release=$(<"$KERNEL_DIR/release")
	timed package/rpm "$LOGS/package-rpm.log" package_do rpm "$PACKAGE/rpm" "$OVS_DIR" "$kernel" "$release"
	timed package/deb "$LOGS/package-deb.log" package_do deb "$PACKAGE/deb" "$OVS_DIR" || return
	timed package/units "$LOGS/package-units.log" package_do units "$PACKAGE/deb"
	timed package/dkms "$LOGS/package-dkms.log" package_do dkms "$PACKAGE/deb" "$kernel" "$release"
	timed package/openwrt "$LOGS/package-openwrt.log" package_do openwrt "$PACKAGE/openwrt" "$PACKAGE/deb"
	timed package/guest "$LOGS/package-guest.log" package_guest
}

# Sets OVS_DIR and KERNEL_DIR for the others. One version is everywhere.
package_dist()
{
	package_chroot_ensure && kernel_ensure stock && host_build_user || return
	package_versions || return
	rm -rf "$PACKAGE"
	mkdir -p "$PACKAGE"
	make -C "$BUILD_USER" dist || return
	mv "$BUILD_USER"/nft-offload-*.tar.xz "$PACKAGE/" &&
		tar -xJf "$PACKAGE"/nft-offload-*.tar.xz -C "$PACKAGE"
}

# package_do SCRIPT ARG...: one of package.d, out of the tarball, with its path
# as the first argument.
package_do()
{
	local script=$1 tarball
	shift
	tarball=$(echo "$PACKAGE"/nft-offload-*.tar.xz)
	in_chroot "${tarball%.tar.xz}/tests/check.d/package.d/$script" "$tarball" "$@"
}

# Without what `make install` would bring: the packages are to bring it.
package_guest()
{
	local dir=$PACKAGE/guest
	mkdir -p "$dir"
	cp "$PACKAGE"/deb/{libnft-offload0,nft-offload}{_*.deb,.second} \
		"$PACKAGE"/deb/nft-offload-exporter_*.deb "$dir/" &&
		make -C "$BUILD_USER" udpflow && cp "$BUILD_USER/udpflow" "$dir/" || return
	NFT_OFFLOAD_OUT=$dir "$SRC/tests/guest" --build kmod --timeout 900 \
		"$SRC/tests/check.d/package.d/guest"
}

package_versions()
{
	local file version
	version=$(sed -n 's/^AC_INIT(\[nft-offload\], \[\(.*\)\])/\1/p' "$SRC/configure.ac")
	for file in rpm/nft-offload.spec rpm/kmod-nft-offload.spec openwrt/Makefile; do
		grep -qxE "(Version|PKG_VERSION): *=?$version" "$SRC/packaging/$file" ||
			{ echo "packaging/$file: not of version $version"; return 1; }
	done
	head -n 1 "$SRC/packaging/debian/changelog" | grep -qF "($version-1)" ||
		{ echo "packaging/debian/changelog: not of version $version"; return 1; }
}
