# SPDX-License-Identifier: GPL-2.0-only
# What demo-cells.sh has seen: what each cell was in at which time, and how many requests were
# answered. Lines "FROM TO ROW STATE" are in data, "SECONDS N" in rate; marks are seconds.
set multiplot title "Eight cells of two sets: repaired, and taken to a new version"
set border 3
set tics nomirror
set lmargin 9
set rmargin 26
set key outside right top
set style fill solid noborder
stats data using 2 nooutput name "T"
set xrange [0:T_max]
do for [i = 1:words(marks)] {
	at = real(word(marks, i))
	set arrow i from at, graph 0 to at, graph 1 nohead lc rgb "#888888" dt 2
}

texts = '"four broken ones" "roll-out" "stopped" "resumed" "a2 loses its cable"'
is(state, name, value) = state eq name ? value : NaN
names = "starting errored rendezvous serves-1.0.0 serves-1.1.0 serves-2.0.0 draining sick"
colours = "#bbbbbb #cc3311 #ee7733 #88ccee #4477aa #228833 #ddcc77 #aa3377"
titles = '"boots, or starts" "firmware errored" "at the rendezvous" "serves with 1.0.0" \
	"serves with 1.1.0" "serves with 2.0.0" "drained" "service not well"'

set size 1, 0.66
set origin 0, 0.32
set tmargin 3
set yrange [8.6:0.4]
set ytics ("a1" 1, "a2" 2, "a3" 3, "a4" 4, "b1" 5, "b2" 6, "b3" 7, "b4" 8)
set ylabel "cell"
set format x ""
do for [i = 1:words(marks)] {
	set label i word(texts, i) at real(word(marks, i)), graph 1.02 + 0.04 * (i % 2) left
}
plot for [i = 1:words(names)] data using \
	(($1 + $2) / 2):(is(strcol(4), word(names, i), $3)):1:2:($3 - 0.35):($3 + 0.35) \
	with boxxyerror lc rgb word(colours, i) title word(titles, i)

set size 1, 0.34
set origin 0, 0
set tmargin 1
do for [i = 1:words(marks)] {
	unset label i
}
set format x "%g"
set xlabel "seconds after the first cells were powered on"
set ylabel "requests/s"
set yrange [0:*]
set ytics auto
plot rate using 1:2 with steps lw 2 lc rgb "#4477aa" title "answered"
unset multiplot
