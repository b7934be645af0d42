#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check.sh BOOTSTRAP.o - is it fit to run at any address, on its own?
set -eu

object=$1
readelf=${READELF:-llvm-readelf}
nm=${NM:-llvm-nm}

fail() {
	echo "$object: $1" >&2
	exit 1
}

undefined=$("$nm" -u "$object" | tr -s ' \n' ' ')
[ -z "${undefined# }" ] ||
	fail "the bootstrap needs symbols from outside:$undefined"

writable=$("$readelf" -S -W "$object" |
	   awk '$2 == ".bootstrap.writable" || $3 == ".bootstrap.writable" { print }' |
	   grep -Ev ' 000000 00 ' || true)
[ -z "$writable" ] || fail "the bootstrap has writable data: $writable"

# Only what is relative to the program counter may be left to the linker.
absolute=$("$readelf" -r -W "$object" | awk '/R_RISCV_/ { print $3 }' |
	   sort -u |
	   grep -Ev '^R_RISCV_(PCREL_HI20|PCREL_LO12_[IS]|CALL|CALL_PLT|BRANCH|JAL)$' |
	   tr '\n' ' ' || true)
[ -z "$absolute" ] ||
	fail "the bootstrap depends on where it lies: relocations $absolute"
