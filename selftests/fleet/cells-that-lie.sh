#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Somebody with a cell's certificate lies about its version: it says that it has what is
# desired, or something later. And a cell whose flash has been changed while it runs believes
# that it has what is desired. Others are repaired all the same, and nothing but what the
# signed manifest wants runs anywhere.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 19

site_up 0 c1 c2 c3 liar
store_make --chunk-bytes 262144 "$site/store" bench/4M-a boot-1.0.0 || bail "no store"
file=4M-a.mrb

# lying SEQUENCE WORD...: one that says to all who ask, and to c1 to c3, that it is at the
# rendezvous with that manifest, and so is the first choice; the WORDs follow to who asks
lying()
{
	lying_hello=$(hello liar master | sed "s/\"sequence\":0/\"sequence\":$1/")
	lying_status=$(message status liar '"module-type":"hba-sim"' '"state":"rendezvous"' \
		'"version":"2.0.0"' '"progress":100' '"more":0' '"error":""' '"nonce":""' \
		"$status_rest" '"proof":""' | sed "s/\"sequence\":0/\"sequence\":$1/")
	shift
	lying_tls=$(certificate master)
	false_master giver "$lying_tls" liar --manifest "$site/store/site.manifest" \
		"say:$lying_hello" "$@" stay
	for lying_to in c1 c2 c3; do
		lie_in_background "to-$lying_to" "$lying_tls" $lying_to "say:$lying_hello" \
			"say:$lying_status" stay
	done
}

honest()
{
	for honest_what in giver to-c1 to-c2 to-c3; do
		kill_daemon "liar.$honest_what"
	done
}

# errored CELL: it starts without firmware in its flash
errored()
{
	kill_daemon "$1"
	rm -f "$site/flash/$1/$file"
	forget c1 c2 c3
	cell_start "$1" || bail "no cell"
}

# nothing_else: than what is desired has run in any of them, and that is in the flash
nothing_else()
{
	for else_cell in c1 c2 c3; do
		! grep 'is running with version' "$RESULTS/$else_cell.log" |
			grep -v 'version 2.0.0$' || return 1
		cmp "$site/store/$file" "$site/flash/$else_cell/$file" || return 1
	done
}

for cell in c1 c2 c3; do
	cell_start $cell || bail "no cell"
done
cells_run 2.0.0 40 c1 c2 c3 || bail "they do not run"

# ---- it says that it has something later ----------------------------------------------

lying 99
await_logs 'connected with master liar' 20 c1 c2 c3 || bail "nobody hears the liar"
errored c3
check "a cell that is said to have a later manifest, and gives nothing: another one gives" \
	await_log c3 "$file is kept" 60
check "and the errored cell runs" cells_run 2.0.0 30 c3
check "so does the one that gave" await_table c3 '^c1 master hba-sim running 2.0.0' 40
check "nothing else has run" nothing_else
same "and what the liar says makes nobody give up its own manifest" \
	"$(for cell in c1 c2 c3; do times_said $cell 'manifest 99 is accepted'; done | tr -d '\n')" 000
honest

# ---- it says that it has what is desired, and gives something else ----------------------

mkdir "$site/www"
cp "$(image_file bench/4M-b)" "$site/www/$file"
spawn liar.web busybox httpd -f -p "$(address liar mgmt):8080" -h "$site/www"
lying 1 await:request "say:$(offer liar $file 1 |
	sed "s,\"url\":\"\",\"url\":\"http://$(address liar mgmt):8080/\",")"
await_logs 'connected with master liar' 20 c1 c2 c3 || bail "nobody hears the liar"
errored c3
check "a cell that says that it has what is desired is followed" \
	await_log c3 "$file is offered by master liar" 30
check "what it gives is compared with the manifest, and dropped" \
	await_log c3 'this is not the chunk of the manifest|no chunk of it' 40
same "none of it runs" "$(times_said c3 'model0 is loading')" 0
check "another one gives" await_log c3 "$file is kept" 60
check "and the errored cell runs" cells_run 2.0.0 30 c3
check "nothing else has run" nothing_else
honest
kill_daemon liar.web

# ---- it believes it itself ----------------------------------------------------------------

await_table c3 '^c1 master hba-sim running 2.0.0' 40 || bail "c1 does not run"
await_table c3 '^c2 master hba-sim running 2.0.0' 40 || bail "c2 does not run"
cp "$(image_file bench/4M-b)" "$site/flash/c1/$file"
errored c3
check "one whose flash was changed while it ran goes to give" \
	await_log c1 'goes to the rendezvous, to repair others' 30
check "at the rendezvous it finds that out [C6]" await_log c1 'this cell is errored' 30
same "before it has sent any of it [C6]" "$(times_said c1 "$file: round")" 0
check "a third one gives" await_log c2 "$file: round 1" 40
check "to both: the one that asked first runs" cells_run 2.0.0 40 c3
check "so does the other one" cells_run 2.0.0 40 c1
check "nothing else has run" nothing_else
check "which the others see" \
	await_table c2 '^c1 master hba-sim running 2.0.0' 20
