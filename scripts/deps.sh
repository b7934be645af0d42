#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: deps.sh [virtme|plot|install|boot|fleet|figures|cells]
#
# Install what the build and the tests need and this system lacks. Asks
# nothing. On systems without apt it prints what is needed. With "virtme", also
# what virtme-ng needs; with "plot", what bench-plot needs; with "install", what
# check-install needs; with "boot", what check-boot and demo-root need; with "fleet", what
# check-fleet needs; with "figures", what demo-fleet and bench-fleet need; with "cells",
# what demo-cells needs.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"

# Debian's names. Ubuntu has the same, apart from the kernel headers.
packages='
gcc binutils libc6-dev make git file perl python3 kmod cpio xz-utils zstd
clang lld llvm libclang-rt-dev
libnl-3-dev libnl-genl-3-dev libelf-dev libjson-c-dev libssl-dev pkg-config
libevent-dev libcurl4-openssl-dev libnorm-dev libseccomp-dev nettle-dev libncurses-dev
qemu-system-x86 qemu-system-misc busybox-static fio
bc bison flex openssl keyutils
sparse shellcheck clang-format clang-tidy python3-yaml python3-jsonschema
python3-docutils
'
# virtme-ng is written in Python and has udev find its ports. Names that a
# release does not know are left out.
packages_virtme='python3-argcomplete python3-requests python3-pkg-resources udev'
packages_plot='gnuplot-nox'
# Newer kernels' headers come with what pahole makes type information from.
packages_boot='debootstrap e2fsprogs'
packages_fleet='iproute2 iptables procps util-linux python3 etcd-server tmux'
packages_figures='gnuplot-nox curl uftp udpcast haproxy wrk'
packages_cells='gnuplot-nox haproxy wrk'
packages_install='dkms pahole'

print_list()
{
	note "this system has no apt; please install what Debian calls:"
	for package in $packages linux-headers; do
		echo "  $package" >&2
	done
}

installed()
{
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
		grep -qx installed
}

# A virtual package (pkg-config, on newer systems) is there when what
# provides it is.
provided()
{
	[ "$1" = pkg-config ] && command -v pkg-config >/dev/null
}

known()
{
	apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

have_headers()
{
	"$TOP/scripts/kdir.sh" >/dev/null 2>&1
}

headers_package()
{
	case $(os_field ID) in
	ubuntu) echo linux-headers-generic ;;
	*) echo "linux-headers-$(dpkg --print-architecture)" ;;
	esac
}

missing()
{
	for package in $packages; do
		installed "$package" || provided "$package" || echo "$package"
	done
	for package in $optional; do
		installed "$package" || ! known "$package" || echo "$package"
	done
	have_headers || headers_package
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

install_packages()
{
	# shellcheck disable=SC2086 # a list of words
	as_root apt-get install -y -q --no-install-recommends \
		-o Dpkg::Options::=--force-confold $1 >&2
}

case ${1:-} in
virtme) optional=$packages_virtme ;;
plot) optional=$packages_plot ;;
boot) optional=$packages_boot ;;
install) optional=$packages_install ;;
fleet) optional=$packages_fleet ;;
figures) optional="$packages_fleet $packages_figures" ;;
cells) optional="$packages_fleet $packages_cells" ;;
*) optional= ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	print_list
	exit 0
fi

list=$(missing | tr '\n' ' ')
[ -n "$list" ] || exit 0
note "installing: $list"
if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
	die "not root, and sudo would ask for a password: please run" \
	    "'sudo apt-get install --no-install-recommends $list' once"
fi

# The package lists may be missing, or older than what the archive still
# holds: then they are fetched and the installation is tried once more.
if ! install_packages "$list"; then
	note "fetching the package lists anew"
	as_root apt-get update -q >&2
	list=$(missing | tr '\n' ' ')
	install_packages "$list" ||
		die "apt-get could not install: $list"
fi
