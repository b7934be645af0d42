#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cells of two sets, with a service: whatever is repaired or updated, without an operator, no
# set goes down while another is not in service.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 21

site_up 0 a1 a2 a3 b1 b2 b3 liar
store_make --chunk-bytes 262144 "$site/store" hba-1.1.0 boot-1.0.0 || bail "no store"
cells="a1 a2 a3 b1 b2 b3"
members="a1/A a2/A a3/A b1/B b2/B b3/B"

# start CELL...: in the set that it is called by
start()
{
	for start_cell in "$@"; do
		cell_in "$(echo "$start_cell" | tr ab AB | cut -c1)" "$start_cell" || return 1
	done
}

# shellcheck disable=SC2086 # lists of words
start $cells || bail "no cells"
# shellcheck disable=SC2086
check "they run, and are in service" \
	await_logs 'this machine is in service' 40 $cells

# ---- repair -------------------------------------------------------------------------

for cell in a2 b2; do
	kill_daemon $cell KILL
	rm -f "$site/up/$cell"
	echo "0 $cell stop" >>"$site/calls/all"
	damage "$site/flash/$cell/hba-1.1.0.mrb"
done
: >"$site/calls/all.before"
mv "$site/calls/all" "$site/calls/all.before"
grep ' start$' "$site/calls/all.before" | grep -v ' [ab]2 ' >"$site/calls/all"
# shellcheck disable=SC2086
forget $cells
start a2 b2 || bail "no cells"
check "one of each set is errored" await_logs 'this cell is errored' 20 a2 b2
check "both are repaired" cells_run 1.1.0 60 a2 b2
check "and go into service" await_logs 'this machine is in service' 20 a2 b2
# shellcheck disable=SC2086
check "no set was without service meanwhile" never_without $members
same "by one cell" "$(grep -c ' stop$' "$site/calls/all")" 1
giver=$(sed -n 's/.* \(..\) stop$/\1/p' "$site/calls/all")
check "which is in service again" await_log "$giver" 'this machine is in service' 30

# ---- the last one of a set stays ----------------------------------------------------

for cell in a2 a3; do
	kill_daemon $cell KILL
	rm -f "$site/up/$cell"
done
for cell in b1 b2 b3; do
	kill_daemon $cell KILL
	damage "$site/flash/$cell/hba-1.1.0.mrb"
done
# shellcheck disable=SC2086
forget $cells
start b1 || bail "no cell"
await_log b1 'this cell is errored' 20 || bail "it is not"
check "the only one that serves does not leave to repair others" \
	await_log a1 'this cell stays in service: b[123] of set B is not in service' 30
same "its service was not stopped" "$(times_said a1 'draining')" 0
start a2 || bail "no cell"
check "when another one serves, one of them does" cells_run 1.1.0 60 b1
start a3 b2 b3 || bail "no cells"
# shellcheck disable=SC2086
check "and all run in the end" cells_run 1.1.0 90 a2 a3 b1 b2 b3
check "in service" await_logs 'this machine is in service' 30 a2 a3 b1 b2 b3
check "nobody says any longer why it stays" await_problem a1 a1 '^$'

# ---- update, by themselves ------------------------------------------------------------

await_log a1 'this machine is in service' 30 || bail "a1 is not in service"
: >"$site/calls/all"
for cell in $cells; do
	echo "0 $cell start" >>"$site/calls/all"
done
# shellcheck disable=SC2086
forget $cells
store_make --sequence 2 --chunk-bytes 262144 "$site/flash/a1" hba-2.0.0 boot-1.0.0 ||
	bail "no store"
kill -s HUP "$(pid_of a1)"
# shellcheck disable=SC2086
check "a new version goes to all cells of both sets" cells_run 2.0.0 120 $cells
# shellcheck disable=SC2086
check "which are in service again" await_logs 'this machine is in service' 30 $cells
# shellcheck disable=SC2086
check "no set was down while another was not in service" never_without $members
check "each was out" test "$(grep -c ' stop$' "$site/calls/all")" -ge 6
same "nothing else has run" "$(grep -hE 'is running with version' "$RESULTS"/[ab]?.log |
	grep -vc 'version [12]\.[01]\.0')" 0

# ---- one that is no member any more -----------------------------------------------------

kill_daemon b3 KILL
# shellcheck disable=SC2086
forget a1 a2 a3 b1 b2
check "a member that is dead keeps the other set in service" \
	await_problem a1 b3 'is a member of set B, and not connected'
check "until an operator says at one cell that it is none" \
	order a1 forget 0 0 "" 0 "" b3
check "which all cells are told" \
	await_logs 'b3 is no member any more' 10 a1 a2 a3 b1 b2
