# SPDX-License-Identifier: GPL-2.0-only
# What demo.sh has seen: progress of each node, and when each chunk came to it.
# Lines "SECONDS NODE PERCENT EVENT" are in data.
set multiplot layout 2,1 title \
	sprintf("%d nodes, one broadcast: its master is killed half-way", first)
set border 3
set tics nomirror
set lmargin 9
set tmargin 3
set rmargin 24
set key outside right top
set xlabel "seconds after power on"
stats data using 1 nooutput name "T"
set xrange [0:T_max * 1.02]
set arrow 1 from killed, graph 0 to killed, graph 1 nohead lc rgb "#cc3311" lw 2
set label 1 "master1 is killed" at killed, graph 1.04 right tc rgb "#cc3311"
set arrow 2 from late, graph 0 to late, graph 1 nohead lc rgb "#888888" dt 2
set label 2 "more nodes, a wrong image" at late, graph 1.04 left tc rgb "#888888"

is(event, name, value) = event eq name ? value : NaN

set ylabel "per cent of the image"
set yrange [0:105]
plot data using 1:3 with steps lw 1 lc rgb "#4477aa" title "a node", \
	data using 1:(is(strcol(4), "running", 100)) with points pt 7 ps 0.5 \
	lc rgb "#228833" title "runs"

unset label 1
unset label 2
set ylabel "node"
set yrange [0:nodes + 1]
plot data using 1:(is(strcol(4), "running", $2)):(T_max * 1.02 - $1):(0) \
	with vectors nohead lw 2 lc rgb "#b8d8b8" notitle, \
	data using 1:(is(strcol(4), "on", $2)) with points pt 6 ps 0.4 lc rgb "#888888" \
	title "minimal state", \
	data using 1:(is(strcol(4), "chunk", $2)) with points pt 5 ps 0.3 lc rgb "#4477aa" \
	title "a chunk came", \
	data using 1:(is(strcol(4), "refused", $2)) with points pt 2 ps 0.8 lc rgb "#cc3311" \
	title "image refused", \
	data using 1:(is(strcol(4), "running", $2)) with points pt 7 ps 0.5 lc rgb "#228833" \
	title "runs"
unset multiplot
