# SPDX-License-Identifier: GPL-2.0-only
# What bench measured: each row against what it must reach, and blackouts.
set multiplot layout 2,1 title "codeswap: what live swaps cost"
set style fill solid 0.6
set border 3
set tics nomirror

set title "ratio to the baseline, as share of what is allowed (at most 1)"
unset key
set logscale x
set xrange [0.005:5]
set yrange [:] reverse
set offsets 0, 0, 0.6, 0.6
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "red" dt 2
set lmargin 32
plot dir . "/rows" using (0.005):0:(0.005):2:($0 - 0.35):($0 + 0.35):ytic(sprintf("%s %s", strcol(1), strcol(3))) \
	with boxxyerror lc rgb "#4477aa"

reset
set border 3
set tics nomirror
set title "blackout by size of the image and by logins: smallest, median, largest"
unset key
set datafile separator "\t"
set logscale y
set ylabel "microseconds"
set xtics rotate by -20
set offsets 0.5, 0.5, 0, 0
plot dir . "/blackouts" using 0:3:2:4:xtic(1) with yerrorbars pt 7 lc rgb "#4477aa"
unset multiplot
