#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench.sh
#
# Run selftests/codeswap/bench.sh in a VM on the stock kernel, and put its
# figures into B/bench.json and a table. Exits 1 if a row that must reach
# something does not. N and ROWS are handed on.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"
. "$TOP/scripts/figures.sh"
export B
cd "$TOP"

out=$B/log/bench.log
figures=$B/log/bench.figures
json=$B/bench.json

# emulator: of the device model alone, on this machine and not in the VM
emulator()
{
	for _ in 1 2 3 4 5; do
		"$B/unit/model_bench"
	done | sed -n 's/^running memory: emulator_mips \([0-9.]*\).*/\1/p' | sort -n | awk '
		{ v[NR] = $1 }
		END {
			m = v[int((NR + 1) / 2)]
			print "figure emulator_mips MIPS", m, 150, m / 150, NR, v[1], m, v[NR], "- -"
		}'
}

to_table()
{
	awk 'BEGIN {
		printf "%-28s %-5s %12s %12s %8s %4s %12s %12s\n", "figure", \
			"unit", "median", "baseline", "ratio", "n", "min", "max"
	}
	{
		printf "%-28s %-5s %12s %12s %8s %4s %12s %12s\n", $2, $3, $4, \
			$5, $6, $7, $8, $10
	}' "$figures"
}

build_bench
mkdir -p "$B/log"
status=0
{ selftests/vm/run.sh --kernel stock --bare --test bench.sh \
	--images "$B/firmware/bench" --pass N --pass ROWS --memory 3G \
	--time-limit 5000 --test-limit 4900 --log "$B/log/bench" ||
	touch "$B/bench.failed"; } | tee "$out"
[ ! -e "$B/bench.failed" ] || status=1
rm -f "$B/bench.failed"
{ grep '^figure ' "$out"; emulator; } >"$figures"
to_json "$figures" >"$json"
to_table
note "the same as JSON: $json"
exit $status
