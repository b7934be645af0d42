#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the kernel build directory to build the modules against: that of the
# running kernel, else the newest one that is installed.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"

running=/lib/modules/$(uname -r)/build
if [ -e "$running/include/generated/utsrelease.h" ]; then
	echo "$running"
	exit
fi

newest=$(for dir in /lib/modules/*/build; do
	[ ! -e "$dir/include/generated/utsrelease.h" ] || echo "$dir"
done | sort -V | tail -n 1)
[ -n "$newest" ] || die "no kernel headers in /lib/modules/*/build:" \
	"run 'make deps', or name a build directory with KDIR="
echo "$newest"
