#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench-plot.sh
#
# Draw, as SVG and PNG into B/plot: what scripts/bench.sh measured, and a
# timeline of one swap under load, which is run in a VM for it.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"
export B
cd "$TOP"

figures=$B/log/bench.figures
trace=$B/log/timeline.log
plot=$B/plot

# rows: name, share of what is allowed (1: just so), ratio, sense, limit
rows()
{
	awk '$12 != "-" && $6 > 0 {
		print $2, ($11 == "most" ? $6 / $12 : $12 / $6), $6, $11, $12
	}' "$figures"
}

# blackouts: what it depends on, smallest, median, largest
blackouts()
{
	sed -n 's/^figure blackout_\([a-z]*\)_\([0-9KM]*\) /\1 \2 /p' "$figures" |
		awk '{ print ($1 == "size" ? $2 "iB" : $2 " logins"), $8, $9, $10 }' OFS='\t'
}

# Milliseconds from where the blackout begins.
timeline()
{
	build_bench
	selftests/vm/run.sh --kernel stock --bare --test timeline.sh \
		--images "$B/firmware/bench" --memory 2G --time-limit 400 \
		--log "$B/log/timeline" >"$trace" ||
		die "the swap for the timeline failed, see $trace"
	awk '
	$1 == "phase" && $3 == "quiescing" { zero = $2 }
	{ line[NR] = $0 }
	END {
		for (i = 1; i <= NR; i++) {
			$0 = line[i]
			if ($1 == "phase" && phases)
				print (began - zero) / 1000, ($2 - zero) / 1000, phase >phases_file
			if ($1 == "phase") {
				phases = $3 != "idle"
				began = $2
				phase = $3
			} else if ($1 == "io") {
				print ($2 - zero) / 1000, $3 / 1000 >io_file
			} else if ($1 == "blackout") {
				print 0, $2 / 1000000 >blackout_file
			}
		}
	}' phases_file="$plot/phases" io_file="$plot/io" \
		blackout_file="$plot/blackout" "$trace"
	for part in io phases blackout; do
		[ -s "$plot/$part" ] || die "no timeline in $trace: no $part"
	done
}

# draw NAME WIDTH HEIGHT: by scripts/plot/NAME.gp
draw()
{
	for kind in svg png; do
		terminal="svg noenhanced size $2,$3 dynamic background 'white'"
		[ $kind = svg ] || terminal="pngcairo noenhanced size $2,$3"
		gnuplot -e "set terminal $terminal; dir = '$plot'" \
			-e "set output '$plot/$1.$kind'" "scripts/plot/$1.gp" ||
			die "gnuplot cannot draw $1"
	done
	note "drawn: $plot/$1.svg and .png"
}

[ -s "$figures" ] || die "nothing to draw: please run 'make bench' first"
mkdir -p "$plot"
rows >"$plot/rows"
blackouts >"$plot/blackouts"
[ -s "$plot/rows" ] || die "the last 'make bench' ended before its first row"
draw figures 900 800
timeline
draw timeline 1000 800
