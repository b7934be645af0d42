#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cells that disagree on the desired version, by manifests that all count. The higher number
# wins. Where a number was given twice, each goes on by the manifest that it had first, says
# so, and is repaired by those that agree with it.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 17

site_up 0 c1 c2 c3 c4
for store in 1:hba-1.1.0 2:hba-2.0.0 3:hba-3.0.0; do
	store_make --sequence "${store%:*}" --chunk-bytes 262144 "$site/store${store%:*}" \
		"${store#*:}" boot-1.0.0 || bail "no store"
done
cp -r "$site/store2" "$site/store"

# restart CELL DIR: with what is in that store, as if it had never had anything else
restart()
{
	[ ! -e "$site/pid/$1" ] || kill_daemon "$1"
	rm -rf "$site/state/$1"
	flash "$1" "$2"
	new_log "$1"
	forget "$1"
	cell_start "$1" || bail "no cell"
}

# nothing_but CELL VERSION: has run there since it was forgotten, and that has
nothing_but()
{
	ran=$(log_of "$1" | sed -n 's/.*is running with version //p' | sort -u)
	echo "$1 has run $ran"
	[ "$ran" = "$2" ]
}

# ---- two numbers ----------------------------------------------------------------------

for cell in 1 2 3; do
	restart c$cell "$site/store$cell"
done
check "of three manifests that count, the one with the highest number does" \
	cells_run 3.0.0 60 c1 c2 c3
same "who had it has run nothing else" "$(times_said c3 'is running with version [12]')" 0
kill_daemon c3
flash c3 "$site/store2"
forget c1 c2 c3
cell_start c3 || bail "no cell"
check "a cell whose flash has an older one than it has gone by: refused" \
	await_log c3 'site.manifest: .*manifest 2 is older than 3' 20
check "it gets the latest one" cells_run 3.0.0 60 c3
check "and runs nothing else" nothing_but c3 3.0.0

# ---- one number, twice ------------------------------------------------------------------

# By its name, c1 is the first choice of who is to be repaired.
store_make --sequence 3 --chunk-bytes 262144 "$site/twice" hba-1.1.0 boot-1.0.0 ||
	bail "no store"
forget c2 c3
restart c1 "$site/twice"
check "a cell comes that has another manifest of the same number: it runs that" \
	cells_run 1.1.0 40 c1
check "the others say so" \
	await_logs 'manifest 3 of cell c1 wants 1.1.0, and 3.0.0 here' 20 c2 c3
check "so does that one" \
	await_log c1 'manifest 3 of cell c[23] wants 3.0.0, and 1.1.0 here' 20
check "an operator is told" await_problem c2 c2 'the number was given twice'
same "and nothing else happens" \
	"$(times_said c2 'model0 is|rendezvous')$(times_said c3 'model0 is|rendezvous')" 00

kill_daemon c2
kill_daemon c3
rm "$site/flash/c3/hba-3.0.0.mrb"
forget c1 c2 c3
cell_start c3 || bail "no cell"
check "errored, a cell refuses what the other manifest wants" await_log c3 \
	'offer of master c1 is refused: manifest 3 was accepted with other images before' 40
cell_start c2 || bail "no cell"
check "it is repaired by one that agrees" cells_run 3.0.0 60 c3
same "without waiting for the other one" "$(times_said c2 'no other master has served')" 0
check "and has run nothing else" nothing_but c3 3.0.0
# shellcheck disable=SC2016 # for awk
same "who disagrees neither" "$(awk '/c1 is up$/ { delete ran }
	/is running with version/ { ran[$NF] } END { for (v in ran) print v }' \
	"$RESULTS/c1.log")" 1.1.0

restart c4 nothing
check "one that has none takes one of them, as a whole" \
	await_log c4 'this cell is running' 60

# ---- it is settled ------------------------------------------------------------------------

forget c1 c2 c3 c4
store_make --sequence 4 "$site/flash/c2" hba-2.0.0 boot-1.0.0 || bail "no store"
kill -s HUP "$(pid_of c2)"
check "a higher number settles it" cells_run 2.0.0 120 c1 c2 c3 c4
