#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: modules.sh KDIR [DIRECTORY [MAKE-ARGUMENT...]]
#
# Build the modules against the kernel build directory KDIR. kbuild writes
# beside the sources, so it is given a tree of links to them in DIRECTORY
# (default: one per kernel release in the build directory): one source tree
# serves several kernels and stays clean. The adapter's boot ROM, which is
# made with the firmware, goes into the module.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"

[ $# -ge 1 ] || { note "usage: modules.sh KDIR [DIRECTORY [ARGUMENT...]]"; exit 2; }
kdir=$1
[ -e "$kdir/include/generated/utsrelease.h" ] ||
	die "$kdir is not a prepared kernel build directory:" \
	    "it has no include/generated/utsrelease.h"
mirror=${2:-$B/modules-$(release_of "$kdir")}
rom=$B/firmware/rom.bin
if [ $# -ge 2 ]; then shift 2; else shift; fi

mkdir -p "$mirror"
# A source that is gone leaves a link to nothing, and its objects are stale.
find "$mirror" -xtype l -delete
[ -e "$rom" ] || die "$rom is not there: run 'make firmware' first"
cp -rsf "$TOP/Kbuild" "$TOP/kmod" "$TOP/include" "$mirror/"
exec make -C "$kdir" M="$mirror" CODESWAP_ROM="$rom" modules "$@"
