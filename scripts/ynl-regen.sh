#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: ynl-regen.sh [--compare]
#
# Write the uapi header of the netlink family from its specification, with
# the kernel's own generator; or only say whether it is what it would be.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"
cd "$TOP"

spec=Documentation/netlink/specs/codeswap.yaml
header=include/uapi/linux/codeswap.h

source=$("$TOP/scripts/fetch.sh" source)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The generator looks for its schema one directory above the specification,
# and names the specification by its path below the directory that has a file
# MAINTAINERS.
fresh=$work/codeswap.h
mkdir -p "$work/${spec%/*}"
touch "$work/MAINTAINERS"
cp "$spec" "$work/$spec"
cp "$source/Documentation/netlink/genetlink.yaml" "$work/${spec%/*}/.."
PYTHONDONTWRITEBYTECODE=1 timeout 60 python3 \
	"$source/tools/net/ynl/pyynl/ynl_gen_c.py" --mode uapi --header \
	--spec "$work/$spec" -o "$fresh"

case ${1:-} in
--compare)
	diff -u "$header" "$fresh" ||
		die "$header is not what $spec says: run 'make uapi'"
	;;
'')
	cmp -s "$header" "$fresh" || cat "$fresh" >"$header"
	;;
*)
	note "usage: ynl-regen.sh [--compare]"
	exit 2
	;;
esac
