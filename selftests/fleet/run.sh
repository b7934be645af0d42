#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: run.sh [TEST...]
#        run.sh --one WORK TEST
#
# Run the tests of sites of many nodes, each in namespaces of its own; all that
# are there, or those that are named (rolls or rolls.sh). A test may have a line
# "# time limit: 600 s"; the limit is 300 otherwise. Afterwards nothing of it may be
# left. Two run side by side (JOBS), since most of their time they wait; --one is for
# that. Prints TAP, test by test, and as the last line "N passed, N failed, N skipped"; the exit
# status is 1 on any failure.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$TOP/scripts/common.sh"
export B
here=$TOP/selftests/fleet
logs=$B/fleet
PATH=/usr/sbin:/sbin:$PATH

# all_tests: what is executable and no program that is used otherwise; printed
all_tests()
{
	for test in "$here"/*.sh; do
		[ -x "$test" ] || continue
		case ${test##*/} in
		run.sh | demo.sh | demo-cells.sh | bench.sh) ;;
		*) basename "$test" .sh ;;
		esac
	done
}

# seen_here: what a test could have left in the namespaces of this shell; printed
seen_here()
{
	ip -o link show type veth 2>/dev/null | awk -F': ' '{ print "interface " $2 }' |
		grep -E ' (mgmt|bulk)' || true
	ip netns list 2>/dev/null | awk '{ print "namespace " $1 }' |
		grep -E ' (node[0-9]+|operator)$' || true
	find "$own/tmp" -mindepth 1 -maxdepth 1 | sed 's/^/file /'
}

# processes_of RUN: of all that were started with this number; printed
processes_of()
{
	grep -lsz "^FLEET_RUN=$1\$" /proc/[0-9]*/environ | cut -d/ -f3 |
	while read -r pid; do
		# One that was ending while we looked is none.
		name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
		echo "process $pid $name"
	done
}

# left_by RUN: printed
left_by()
{
	seen_here >"$own/after"
	grep -vxFf "$own/before" "$own/after" || true
	processes_of "$1"
}

# limit_of FILE: seconds
limit_of()
{
	limit=$(sed -n 's/^# time limit: \([0-9]*\) s$/\1/p' "$1" | head -n 1)
	echo "${limit:-300}"
}

# run_test NAME: framed for scripts/tap-totals.awk
run_test()
{
	run=$$.$1
	file=$here/$1.sh
	results=$logs/$1
	own=$(mktemp -d "$work/XXX")
	rm -rf "$results"
	mkdir -p "$results" "$own/tmp"
	seen_here >"$own/before"
	status=0
	echo "# begin $1"
	# In the background, so that a signal is not kept waiting.
	FLEET_RUN=$run RESULTS=$results TMPDIR=$own/tmp timeout --foreground \
		-k 20 "$(limit_of "$file")" "$file" </dev/null &
	current=$!
	wait $current || status=$?
	current=
	[ $status -ne 124 ] ||
		echo "# it did not end within $(limit_of "$file") s"
	left_by "$run" >"$own/left"
	if [ -s "$own/left" ]; then
		sed 's/^/not ok - it left /' "$own/left"
		status=1
	fi
	echo "# end $1 status $status"
}

# stopped: by a signal; the test, or the tests, end before this does
stopped()
{
	[ -z "$current" ] || {
		kill -s TERM "$current" "-$current" 2>/dev/null || true
		wait "$current" || true
	}
	exit 1
}

current=
trap stopped HUP INT TERM
if [ "${1:-}" = --one ]; then
	work=$2
	run_test "$3" >"$work/$3.tap"
	exit
fi

# results: of each, when it has ended
results()
{
	echo "# tests$tests"
	while read -r test; do
		cat "$work/$test.tap"
	done <"$work/ended"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$logs"
[ -x "$B/helper/codeswap" ] || die "$B/helper/codeswap is not built"

if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046 # a list of words
	set -- $(all_tests)
fi
tests=
for test; do
	tests="$tests $(basename "$test" .sh)"
done
mkfifo "$work/ended"
# In a group of their own, so that a signal reaches all.
# shellcheck disable=SC2016,SC2086 # for the inner shell; a list of words
printf '%s\n' $tests | setsid xargs -P "${JOBS:-2}" -I '{}' sh -c '
	"$1" --one "$2" "$3" 3>&-
	echo "$3" >&3' - "$here/run.sh" "$work" '{}' 3>"$work/ended" &
current=$!
results | tee "$logs/tap" &
wait $! || true
wait $current || true
current=
awk -v names=1 -f "$TOP/scripts/tap-totals.awk" "$logs/tap"
