# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Figures of bench.sh: how many measurements, their median, what it is compared with,
# and what it must reach, as lines that scripts/figures.sh describes.

# ---- numbers ----------------------------------------------------------------

# summary FILE: how many numbers, the smallest, the one in the middle, the largest
summary()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END {
		print NR, v[1], v[int((NR + 1) / 2)], v[NR] }'
}

median()
{
	summary "$1" | cut -d' ' -f3
}

# calc EXPRESSION: of awk, printed
calc()
{
	awk "BEGIN { printf \"%.6g\\n\", $1 }"
}

# largest FILE
largest()
{
	summary "$1" | cut -d' ' -f4
}

# figure NAME UNIT [BASELINE [LIMIT [largest]]]: of the numbers in $RESULTS/NAME, one a
# line; the ratio of the median (or of the largest) to the baseline is to be at most
# LIMIT
figure()
{
	[ -s "$RESULTS/$1" ] || bail "$1 was not measured"
	figure_value=$("${5:-median}" "$RESULTS/$1")
	figure_against="- -"
	if [ -n "${3:-}" ]; then
		figure_against="$3 $(awk -v a="$figure_value" -v b="$3" \
			'BEGIN { printf "%.4f\n", b ? a / b : 0 }')"
	fi
	set -- "$1" "$2" "$(summary "$RESULTS/$1")" "${4:--}"
	case $4 in
	-) echo "figure $1 $2 $figure_value $figure_against $3 - -" ;;
	*) echo "figure $1 $2 $figure_value $figure_against $3 most $4" ;;
	esac
}

# ---- all of them --------------------------------------------------------------

to_table()
{
	awk 'BEGIN {
		form = "%-34s %-6s %10s %10s %8s %3s %10s %10s  %s\n"
		printf form, "figure", "unit", "value", "baseline", "ratio", "n", \
			"min", "max", "ratio is to be"
	}
	{
		printf form, $2, $3, $4, $5, $6, $7, $8, $10, \
			$12 == "-" ? "" : "at most " $12 ($6 > $12 ? ": MISSED" : "")
	}' "$1"
}

# ---- rows ---------------------------------------------------------------------

# one_row SECONDS ROW [ARGUMENT...]: in a site of its own; its figures are added to
# $figures
one_row()
{
	row_limit=$1
	shift
	row=$(echo "$*" | tr ' ' -)
	echo "== $*"
	mkdir -p "$rows/$row"
	row_status=0
	# In the background, so that a signal is not kept waiting.
	RESULTS=$rows/$row timeout --foreground -k 20 "$row_limit" "$0" "$@" \
		>"$rows/$row.log" 2>&1 </dev/null &
	current=$!
	wait $current || row_status=$?
	current=
	grep -E '^(figure|#|not ok)' "$rows/$row.log" || true
	grep '^figure ' "$rows/$row.log" >>"$figures" || true
	[ $row_status -eq 0 ] && return
	echo "not ok: $row was not measured, see $rows/$row.log"
	status=1
}

# stopped: by a signal; the row ends before this does
stopped()
{
	[ -z "$current" ] || {
		kill -s TERM "$current"
		wait "$current" || true
	}
	exit 1
}

# all_rows: one after the other, and then a table
all_rows()
{
	rows=$B/fleet/bench
	figures=$rows/figures
	status=0
	current=
	trap stopped HUP INT TERM
	rm -rf "$rows"
	mkdir -p "$rows"
	: >"$figures"
	for all_row in ${ROWS:-wire unicast late failover quiet daemons repair \
		parallel rolling live}; do
		if [ "$all_row" = wire ]; then
			for all_size in $SIZES; do
				one_row 900 wire "$all_size"
			done
		else
			one_row 900 "$all_row"
		fi
	done
	to_json "$figures" >"$B/bench-fleet.json"
	echo
	to_table "$figures"
	note "the same as JSON: $B/bench-fleet.json"
	return $status
}
