#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the debug kernel in the cache, unless it is there, and print its build
# directory; KDEBUG_BUILD names one that is ready. A changed configuration
# or source gets a directory of its own.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"

config=$TOP/selftests/vm/debug-kernel.config
image=arch/x86/boot/bzImage

if [ -n "${KDEBUG_BUILD:-}" ]; then
	for file in $image Module.symvers; do
		[ -e "$KDEBUG_BUILD/$file" ] ||
			die "KDEBUG_BUILD=$KDEBUG_BUILD lacks $file"
	done
	echo "$KDEBUG_BUILD"
	exit
fi

source=$("$TOP/scripts/fetch.sh" source)
version=$(make -s -C "$source" kernelversion)
sum=$(sha256sum "$config" | cut -c 1-12)
dir=$CACHE/debug-$version-$sum
lock "debug-$version-$sum"
if [ ! -e "$dir/complete" ]; then
	note "building the debug kernel $version, once, about 7 minutes" \
	     "on two processors; log: $dir/build.log"
	mkdir -p "$dir"
	{
		make -C "$source" O="$dir" KCONFIG_ALLCONFIG="$config" allnoconfig &&
		nice make -C "$source" O="$dir" -j"$(nproc)" bzImage modules_prepare
	} >"$dir/build.log" 2>&1 || {
		tail -n 20 "$dir/build.log" >&2
		die "the debug kernel does not build, see $dir/build.log"
	}
	# No module of the kernel is built, so vmlinux exports all there is.
	cp "$dir/vmlinux.symvers" "$dir/Module.symvers"
	touch "$dir/complete"
fi
echo "$dir"
