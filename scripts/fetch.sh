#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: fetch.sh stock RELEASE | headers SUITE | source | virtme
#
# Fetch packages of the distribution's archive that are used but not
# installed, unpack them into the cache, and print where they lie.
#
#   stock    the distribution's kernel RELEASE, with its modules:
#            DIR/boot/vmlinuz-RELEASE and DIR/lib/modules/RELEASE
#   headers  what modules are built against, of the kernel that SUITE has, for
#            example bookworm-backports: the kernel build directory
#   source   a kernel source tree: KSRC, else the version KSRC_VERSION, else
#            the newest in the cache, else (or for KSRC_VERSION=newest) the
#            newest in the archive
#   virtme   virtme-ng, which older Debian releases do not have
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
work=

cleanup()
{
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# A place that apt's unprivileged download user can reach and write to.
make_work()
{
	[ -n "$work" ] || work=$(mktemp -d "${TMPDIR:-/tmp}/codeswap.XXXXXX")
	chmod 1777 "$work"
}

require_apt()
{
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		die "this system has no apt: $1"
	fi
}

# other_suite SUITE: let apt in this process look at SUITE and at nothing
# else, with lists of its own; the system's configuration stays as it is.
# The archive is the one that the system itself uses.
other_suite()
{
	make_work
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	codename=$(os_field VERSION_CODENAME)
	# shellcheck disable=SC2016 # the fields are apt's
	archive=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' |
		awk -v suite="$codename" '$2 == suite { print $1; exit }')
	[ -n "$archive" ] ||
		die "apt knows no archive of '$codename' to fetch $1 from"

	option=signed-by=$keyring
	[ "${UNSIGNED_ARCHIVE:-}" != yes ] || option=trusted=yes
	echo "deb [$option] $archive $1 main" >"$work/sources.list"
	cat >"$work/apt.conf" <<-EOF
	Dir::State::Lists "$work/lists";
	Dir::Etc::SourceList "$work/sources.list";
	Dir::Etc::SourceParts "/nonexistent";
	Dir::Cache "$work/cache";
	Acquire::Languages "none";
	EOF
	export APT_CONFIG="$work/apt.conf"
	apt-get update -q -o APT::Update::Error-Mode=any >&2 ||
		die "the suite $1 cannot be read, or its signature cannot be" \
		    "checked against $keyring: install a newer" \
		    "debian-archive-keyring, or accept an unchecked archive" \
		    "with UNSIGNED_ARCHIVE=yes"
}

# download PACKAGE: print the path of the downloaded file
download()
{
	make_work
	(cd "$work" && apt-get download -q "$1" >&2) || return 1
	find "$work" -maxdepth 1 -name "$1_*.deb"
}

known()
{
	apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

# A kernel that the system's own suite does not have is one of its backports.
look_where_kernel_is()
{
	known "linux-image-$1" || [ "$(os_field ID)" != debian ] ||
		other_suite "$(os_field VERSION_CODENAME)-backports"
}

# unpack_stock RELEASE DIR: the image, and the modules where they are a
# package of their own.
unpack_stock()
{
	look_where_kernel_is "$1"
	for package in "linux-image-$1" "linux-image-$1-unsigned" \
		       "linux-image-unsigned-$1"; do
		known "$package" || continue
		file=$(download "$package") || continue
		dpkg-deb -x "$file" "$2"
		break
	done
	[ -e "$2/boot/vmlinuz-$1" ] ||
		die "the archive has no kernel image for the release $1 of" \
		    "the headers: name other headers with KDIR="
	if known "linux-modules-$1"; then
		dpkg-deb -x "$(download "linux-modules-$1")" "$2"
	fi
	[ -e "$2/lib" ] || ln -s usr/lib "$2/lib"
	depmod -b "$2" -F "$2/boot/System.map-$1" "$1"
}

fetch_stock()
{
	dir=$CACHE/stock-$1
	if [ -e "$dir/complete" ]; then
		echo "$dir"
		return
	fi
	if [ -r "/boot/vmlinuz-$1" ] && [ -e "/lib/modules/$1/modules.dep" ]; then
		echo /
		return
	fi
	require_apt "install the kernel $1 with its modules"
	lock "stock-$1"
	if [ ! -e "$dir/complete" ]; then
		note "fetching the stock kernel $1"
		rm -rf "$dir"
		mkdir -p "$dir"
		unpack_stock "$1" "$dir"
		touch "$dir/complete"
	fi
	echo "$dir"
}

# depends_of PACKAGE PREFIX...: which packages it needs of those that are named so
depends_of()
{
	package=$1
	shift
	for prefix; do
		apt-cache depends --important "$package" |
			sed -n "s/^ *Depends: \\($prefix.*\\)/\\1/p"
	done
}

# The headers are made to lie in the root directory: their Makefiles name each
# other with the whole path.
mend_paths()
{
	find "$1/usr/src" -type f \( -name Makefile -o -name .kernelvariables \) \
		-exec sed -i -E "s,/usr/(src|lib)/linux-,$1&,g" '{}' +
}

# unpack_headers SUITE DIR: print nothing; DIR/build is the build directory
unpack_headers()
{
	other_suite "$1"
	headers=$(depends_of "linux-headers-$(dpkg --print-architecture)" linux-headers-)
	[ -n "$headers" ] || die "the suite $1 has no kernel headers"
	note "fetching $headers"
	for package in "$headers" $(depends_of "$headers" linux-headers- linux-kbuild-); do
		file=$(download "$package") ||
			die "$package cannot be fetched from the suite $1"
		dpkg-deb -x "$file" "$2"
	done
	mend_paths "$2"
	ln -s "usr/src/$headers" "$2/build"
	[ -e "$2/build/include/generated/utsrelease.h" ] ||
		die "$headers is not a kernel build directory"
}

fetch_headers()
{
	dir=$CACHE/headers-$1
	if [ ! -e "$dir/complete" ]; then
		require_apt "name a kernel build directory with KDIR="
		lock "headers-$1"
	fi
	if [ ! -e "$dir/complete" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		unpack_headers "$1" "$dir"
		touch "$dir/complete"
	fi
	readlink -f "$dir/build"
}

# The newest source packages of Debian are in the backports of its newest
# release; what was built there is unpacked, not installed, so it serves
# older releases as well.
newest_source()
{
	apt-cache search --names-only '^linux-source-[0-9.]+$' |
		sed -n 's/^linux-source-\([0-9.]*\) .*/\1/p' | sort -V |
		tail -n 1
}

unpack_source()
{
	tarball=./usr/src/linux-source-$1.tar.xz
	file=$(download "linux-source-$1") ||
		die "the archive has no linux-source-$1"
	note "unpacking linux-source-$1"
	rm -rf "$2"
	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$file" | tar -xO "$tarball" |
		tar -xJ --strip-components=1 -C "$2"
	[ -e "$2/Makefile" ] || die "linux-source-$1 holds no $tarball"
	touch "$2/.complete"
}

cached_source()
{
	for stamp in "$CACHE"/source-*/.complete; do
		[ ! -e "$stamp" ] || dirname "$stamp"
	done | sort -V | tail -n 1
}

fetch_source()
{
	if [ -n "${KSRC:-}" ]; then
		[ -e "$KSRC/scripts/checkpatch.pl" ] ||
			die "KSRC=$KSRC is not a kernel source tree"
		echo "$KSRC"
		return
	fi
	version=${KSRC_VERSION:-}
	lock source
	dir=$CACHE/source-$version
	[ -n "$version" ] || dir=$(cached_source)
	if [ -z "$dir" ] || [ ! -e "$dir/.complete" ]; then
		require_apt "name a kernel source tree with KSRC="
		[ "$(os_field ID)" != debian ] || other_suite trixie-backports
		case $version in
		''|newest) version=$(newest_source) ;;
		esac
		[ -n "$version" ] || die "the archive has no linux-source" \
			"package: name a kernel source tree with KSRC="
		dir=$CACHE/source-$version
		[ -e "$dir/.complete" ] || unpack_source "$version" "$dir"
	fi
	echo "$dir"
}

fetch_virtme()
{
	if command -v vng >/dev/null; then
		dirname "$(dirname "$(command -v vng)")"
		return
	fi
	dir=$CACHE/virtme-ng
	require_apt "install virtme-ng"
	lock virtme
	if [ ! -e "$dir/complete" ]; then
		[ "$(os_field ID)" != debian ] || other_suite trixie
		file=$(download virtme-ng) ||
			die "the archive has no virtme-ng"
		rm -rf "$dir"
		mkdir -p "$dir"
		dpkg-deb -x "$file" "$dir"
		touch "$dir/complete"
	fi
	echo "$dir/usr"
}

case "${1:-} $#" in
'stock 2') fetch_stock "$2" ;;
'headers 2') fetch_headers "$2" ;;
'source 1') fetch_source ;;
'virtme 1') fetch_virtme ;;
*)
	note "usage: fetch.sh stock RELEASE | headers SUITE | source | virtme"
	exit 2
	;;
esac
