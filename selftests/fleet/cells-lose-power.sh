#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# time limit: 600 s
#
# Power is lost, or a cable cut, at each step of a repair, on either side: at the end all
# cells run what is desired, and none has run anything else.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

site_up 0 c1 c2 c3
store_make --chunk-bytes 262144 "$site/store" bench/4M-a boot-1.0.0 || bail "no store"

# At each of these moments of the cell that is repaired, and of the one that gives.
moments_of_taker="this_cell_is_booting
this_cell_is_at_the_rendezvous
this_cell_is_errored
4M-a.mrb_is_offered
1[0-5]_of_17_chunks_are_missing
[1-5]_of_17_chunks_are_missing
4M-a.mrb_is_kept
starting_its_firmware
model0_is_running"
moments_of_giver="to_repair_others
model0_is_minimal
this_cell_is_at_the_rendezvous
broadcast_of_4M-a.mrb
4_of_17_chunks_are_sent
1[0-5]_of_17_chunks_are_sent
c3_has_4M-a.mrb"
num=$(printf '%s\n%s\n' "$moments_of_taker" "$moments_of_giver" | wc -l)
plan $((num * 3 + 9))

for cell in c1 c2; do
	cell_start $cell --rate 40 || bail "no cell"
done
cells_run 2.0.0 40 c1 c2 || bail "they do not run"

# nothing_else CELL: has run there since it was forgotten
nothing_else()
{
	! log_of "$1" | grep 'is running with version' | grep -v 'version 2.0.0$'
}

whole_or_none()
{
	[ ! -e "$site/flash/c3/4M-a.mrb" ] ||
		cmp "$site/flash/c3/4M-a.mrb" "$site/store/4M-a.mrb"
}

# empty CELL: it has no power, and its flash no firmware
empty()
{
	kill_daemon "$1" KILL 2>/dev/null
	flash "$1"
	rm "$site/flash/$1/4M-a.mrb"
	forget "$1"
}

cell_start c3 --rate 40 || bail "no cell"
cells_run 2.0.0 40 c3 || bail "it does not run"
for moment in $moments_of_taker; do
	moment=$(echo "$moment" | tr _ ' ')
	empty c3
	cell_start c3 --rate 40 || bail "no cell"
	await_log c3 "$moment" 40 >&2 || bail "c3 never comes to: $moment"
	kill_daemon c3 KILL
	# Not all of a file, or none of it.
	check "power is lost when '$moment': what is in the flash is whole" whole_or_none
	cell_start c3 --rate 40 || bail "no cell"
	check "it runs when that is back" cells_run 2.0.0 60 c3
	check "and has run nothing else" nothing_else c3
	# Whoever was giving runs again.
	await_table c3 '^c1 master hba-sim running' 40 >&2
	await_table c3 '^c2 master hba-sim running' 40 >&2
done

for moment in $moments_of_giver; do
	moment=$(echo "$moment" | tr _ ' ')
	empty c3
	forget c1 c2
	cell_start c3 --rate 40 || bail "no cell"
	await_log c1 "$moment" 40 >&2 || bail "c1 never comes to: $moment"
	kill_daemon c1 KILL
	check "power of the one that gives is lost when '$moment': another one gives" \
		cells_run 2.0.0 60 c3
	check "nothing else has run" nothing_else c3
	cell_start c1 --rate 40 || bail "no cell"
	check "and it runs when its power is back" cells_run 2.0.0 40 c1
	await_table c3 '^c2 master hba-sim running' 40 >&2
done

# ---- cables ---------------------------------------------------------------------------

empty c3
unplug c3 mgmt
cell_start c3 --rate 40 || bail "no cell"
check "errored, and no management interconnect: it waits" \
	await_log c3 'this cell is errored' 20
same "and runs nothing" "$(times_said c3 'model0 is loading')" 0
plug c3 mgmt
check "until that is there again" cells_run 2.0.0 60 c3

empty c3
cell_start c3 --rate 40 || bail "no cell"
await_log c3 '1[0-2] of 17 chunks are missing' 40 >&2 || bail "nothing comes"
unplug c3 bulk
check "the high-speed interconnect is cut half-way: the rest by the other one" \
	await_log c3 'chunks are fetched from http://10.71' 40
check "and it runs" cells_run 2.0.0 60 c3
plug c3 bulk

kill_daemon c3
forget c3
unplug c3 mgmt
unplug c3 bulk
cell_start c3 || bail "no cell"
check "both are cut, and the flash is well: it runs" cells_run 2.0.0 40 c3
plug c3 mgmt
plug c3 bulk
check "the others see it again" await_table c1 '^c3 master hba-sim running' 40

# ---- an expired manifest ------------------------------------------------------------------

for cell in c1 c2 c3; do
	kill_daemon $cell KILL
	forget $cell
done
store_make --sequence 2 --chunk-bytes 262144 --issued 2020-01-01T00:00:00Z \
	--expires 2020-02-01T00:00:00Z "$site/old" bench/4M-b boot-1.0.0 || bail "no store"
for cell in c1 c2 c3; do
	flash $cell "$site/old"
	sed -i 's/"sequence": *[0-9]*/"sequence": 2/; s/"images"/"of-before"/' \
		"$site/state/$cell/settings.json"
done
rm "$site/flash/c3/4M-b.mrb"
for cell in c1 c2 c3; do
	cell_start $cell || bail "no cell"
done
check "the manifest in the flash has expired: what is there runs" cells_run 2.0.0 40 c1 c2
same "but nobody gets anything by it" "$(times_said c3 'is offered')" 0
