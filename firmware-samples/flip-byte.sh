#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# flip-byte.sh FROM TO OFFSET - copy a file with the lowest bit of one byte
# turned over.
set -eu

byte=$(od -An -tu1 -j "$3" -N 1 "$1" | tr -d ' ')
cp "$1" "$2"
# shellcheck disable=SC2059 # the format is the byte
printf "\\$(printf '%03o' $((byte ^ 1)))" |
	dd of="$2" bs=1 seek="$3" conv=notrunc status=none
