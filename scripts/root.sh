#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: root.sh
#
# Make a small root file system of this distribution, once, and print the
# directory that it is in: systemd, udev, dracut and initramfs-tools, and the
# libraries that the helper is linked with. Needs root's rights, to unpack
# packages with their owners.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"

# dracut-core and initramfs-tools go together; dracut would take its place.
packages='systemd-sysv udev dbus kmod busybox zstd dracut-core initramfs-tools iproute2'
libraries='libnl-genl-3-dev libelf-dev libjson-c-dev libssl-dev libevent-dev
libcurl4-openssl-dev libnorm-dev libseccomp-dev nettle-dev libncurses-dev'

# What programs that are built with the development packages need to run.
runtime()
{
	# shellcheck disable=SC2086 # a list of words
	apt-cache depends --no-recommends --no-suggests $libraries |
		sed -n 's/^ *Depends: \(lib.*\)$/\1/p' | grep -v -e '-dev$' |
		sort -u
}

# archive SUITE: the one that this system itself uses
archive()
{
	# shellcheck disable=SC2016 # the fields are apt's
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' |
		awk -v suite="$1" '$2 == suite { print $1; exit }'
}

make_root()
{
	suite=$(os_field VERSION_CODENAME)
	url=$(archive "$suite")
	[ -n "$url" ] || die "apt knows no archive of '$suite' to make a root" \
		"file system from"
	note "making a root file system of $suite"
	rm -rf "$dir"
	mkdir -p "$dir"
	if ! debootstrap --variant=minbase \
		--include="$(echo "$include" | tr ' ' ',')" "$suite" \
		"$dir/root" "$url" >"$dir/log" 2>&1; then
		tail -n 5 "$dir/log" >&2
		die "debootstrap failed: $dir/log says why"
	fi
	rm -f "$dir"/root/var/cache/apt/archives/*.deb
	touch "$dir/complete"
}

command -v apt-get >/dev/null ||
	die "this system has no apt to make a root file system with"
[ "$(id -u)" = 0 ] ||
	die "a root file system is made with root's rights: run this as root"
include=$(echo "$packages $(runtime)" | tr -s '\n ' '  ')
key=$(echo "$include" | cksum | cut -d ' ' -f 1)
dir=$CACHE/root-$(os_field VERSION_CODENAME)-$key
lock root
[ -e "$dir/complete" ] || make_root
echo "$dir/root"
