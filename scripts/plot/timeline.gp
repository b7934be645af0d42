# SPDX-License-Identifier: GPL-2.0-only
# Latency of each request over time, phases of the swap shaded.
colour(name) = name eq "staging" ? 0xcce5ff : name eq "staged" ? 0xe0e0e0 : \
	name eq "reconciling" ? 0xd5f0d5 : name eq "proving" ? 0xfff2cc : 0xf8c8c8

set multiplot layout 2,1 title "One swap of a 4 MiB image under load"
set border 3
set tics nomirror
set logscale y
set ylabel "latency of a request, ms"
set xlabel "ms from the begin of the blackout"
set key outside top right
stats dir . "/phases" using 1:2 nooutput name "P"
stats dir . "/io" using 2 nooutput name "L"
stats dir . "/blackout" using 2 nooutput name "B"
low = L_min / 2
high = L_max * 2
set yrange [low:high]
set style fill solid 1 noborder

do for [view in "whole blackout"] {
	if (view eq "whole") {
		set xrange [P_min_x - 50:P_max_y + 50]
		set title "the whole update"
	} else {
		set xrange [-5:B_max + 5]
		set title sprintf("around the blackout of %.2f ms", B_max)
	}
	plot dir . "/phases" using 1:(low):1:2:(low):(high):(colour(strcol(3))) \
		with boxxyerror lc rgb variable notitle, \
		dir . "/blackout" using 1:(low):1:2:(low):(high) \
		with boxxyerror lc rgb "#e06060" title "blackout", \
		NaN with boxes lc rgb 0xcce5ff title "staging", \
		NaN with boxes lc rgb 0xe0e0e0 title "staged", \
		NaN with boxes lc rgb 0xd5f0d5 title "reconciling", \
		NaN with boxes lc rgb 0xfff2cc title "proving", \
		dir . "/io" using 1:2 with points pt 7 ps 0.4 lc rgb "#224488" \
		title "request, at its end"
}
unset multiplot
