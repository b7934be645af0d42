#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A cell that has what is desired tells the others, which acknowledge that and are
# updated: by themselves where their auto-update flag says so, else when an operator approves.
# What is not signed by those whom a cell trusts it does not go by, whoever says so.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 39

site_up 0 c1 c2 c3 liar
store_make --chunk-bytes 262144 "$site/store" hba-1.1.0 boot-1.0.0 || bail "no store"

# install SEQUENCE IMAGE [OPTION...]: into the flash of c1
install()
{
	install_sequence=$1
	install_image=$2
	shift 2
	store_make --sequence "$install_sequence" --chunk-bytes 262144 "$@" \
		"$site/flash/c1" "$install_image" boot-1.0.0 || return 1
	kill -s HUP "$(pid_of c1)"
	await_log c1 'looking at the store anew' 10
}

# ---- by themselves ------------------------------------------------------------------

for cell in c1 c2 c3; do
	cell_start $cell || bail "no cell"
done
cells_run 1.1.0 40 c1 c2 c3 || bail "they do not run"
forget c1 c2 c3
check "a newer version is installed at one cell" install 2 hba-2.0.0
check "that one is updated [C6]" cells_run 2.0.0 40 c1
check "and tells the others [C4]" await_logs 'cell c1 has manifest 2' 20 c2 c3
check "which are updated [C4]" cells_run 2.0.0 60 c2 c3
check "they went to the rendezvous for that [C5]" \
	said c2 'this cell goes to the rendezvous, to be updated'
check "so did the one that gave it [C5]" \
	said c1 'this cell goes to the rendezvous, to repair others'
check "it ran the desired version before it gave it [C6]" \
	awk '/running with version 2.0.0/ && !r { r = NR } /broadcast of/ { b = NR }
	     END { exit !(r && r < b) }' "$RESULTS/c1.log"
check "it runs again" await_log c1 'this cell is running' 30
check "what was sent was kept" cmp "$site/flash/c1/hba-2.0.0.mrb" "$site/flash/c3/hba-2.0.0.mrb"
check "with the manifest" cmp "$site/flash/c1/site.manifest" "$site/flash/c3/site.manifest"
kill_daemon c2
forget c1 c2 c3
cell_start c2 || bail "no cell"
check "after a restart it runs what it was updated to" cells_run 2.0.0 40 c2
same "for which nobody was asked [C9]" \
	"$(times_said c1 'rendezvous')$(times_said c3 'rendezvous')" 00

# ---- by an operator ------------------------------------------------------------------

for cell in c1 c2 c3; do
	check "auto-update is switched off at $cell" order $cell auto-off 1 0 desk 0 "" $cell
	await_log $cell 'auto-update is off' 10 || bail "it is not"
done
forget c1 c2 c3
install 3 hba-3.0.0 || bail "not installed"
check "then a cell waits for an operator [C4]" \
	await_table c1 '^c1 master hba-sim running 2.0.0' 20
check "who is told why" await_problem c1 c1 'manifest 3 is here; an operator has to approve it'
same "and nothing has happened" "$(times_said c1 'model0 is')" 0
order c1 approve 2 0 desk 0 "" c1
check "approved, it is updated [C4]" cells_run 3.0.0 40 c1
same "the others are not" "$(times_said c2 'model0 is')$(times_said c3 'model0 is')" 00
order c1 approve 3 0 desk 0 "" c1 c2
check "one other and the one that gives: that is updated, too" cells_run 3.0.0 60 c2
same "the third one is not" "$(times_said c3 'model0 is')" 0
order c1 auto-on 4 0 desk 0 ""
check "auto-update is switched on everywhere: so is the third [C4]" cells_run 3.0.0 60 c3
check "the flag is kept" grep -q '"auto-update":.*true' "$site/state/c3/settings.json"

# ---- the flag is damaged ----------------------------------------------------------------

kill_daemon c3
sed -i 's/"auto-update":.*true/"auto-update": "perhaps"/' "$site/state/c3/settings.json"
rm "$site/flash/c3/hba-3.0.0.mrb"
forget c1 c2 c3
cell_start c3 || bail "no cell"
check "a damaged flag is said" await_log c3 'auto-update is neither true nor false' 10
check "and counts as off: a cell with errored firmware waits" \
	await_log c3 'this cell is errored, and waits for an operator' 20
await_table c1 '^c3 master hba-sim waiting' 20 || bail "the others do not know"
order c1 auto-off 5 0 desk 0 "" c1 c2
await_logs 'auto-update is off' 10 c1 c2 || bail "it is not"
order c1 approve 6 0 desk 0 "" c3
check "for an operator, who approves; and is told that nobody else may give" \
	await_problem c1 c3 'corrupt, or another version; no cell offers it: approve one that'
order c1 auto-on 7 0 desk 0 "" c1 c2
check "until somebody may" cells_run 3.0.0 60 c3
await_log c1 'this cell is running' 30 || bail "who gave it does not run again"

# ---- without an acknowledgement -----------------------------------------------------------

# silent: somebody who says that its firmware is errored, and asks for nothing
silent()
{
	lie "$(certificate master)" c1 "say:$(hello liar master)" \
		"say:$(message status liar '"module-type":"hba-sim"' '"state":"errored"' \
			'"version":""' '"progress":0' '"more":0' '"error":""' '"nonce":""' \
			"$status_rest" '"proof":""')" "$@" >"$site/said"
}

forget c1
silent say:"$(message request liar '"types":["nonesuch"]')" || bail "no liar"
await_log c1 'liar asks for an image of type nonesuch' 10 || bail "not heard"
same "who only says that it is errored is offered nothing [C4]" \
	"$(times_said c1 'liar asks for hba-3.0.0.mrb')" 0
order c1 ack-off 8 0 desk 0 "" c1
check "unless the acknowledgement is configured away [C4]" \
	await_log c1 'no-acknowledge is on' 10
check "then it is offered at once [C4]" silent await:offer
cells_run 3.0.0 60 c1 || bail "it does not run again"
order c1 ack-on 9 0 desk 0 "" c1

# ---- those who lie, and who disagree --------------------------------------------------------

forget c2
false_master pusher "$(certificate master)" liar --manifest "$site/flash/c1/site.manifest" \
	await:hello "say:$(message update liar '"manifest":%manifest%' |
		sed 's/"sequence":0/"sequence":9/')" stay
check "a cell that says that it has a later manifest than it has is not believed" \
	await_log c2 'cell liar has manifest 9' 20
check "and refused" await_log c2 'what cell liar has is refused: this is manifest 3, and not 9' 10
same "nobody goes to the rendezvous for it" "$(times_said c2 'rendezvous')" 0
kill_daemon liar.pusher

forget c1 c2 c3
install 4 hba-2.0.0 --sign author=other --sign operator=operator || bail "not installed"
check "a manifest that the wrong people have signed: refused where it is installed" \
	await_log c1 'site.manifest: .*author' 10
same "all run what they have run" \
	"$(times_said c1 'model0 is')$(times_said c2 'model0 is')$(times_said c3 'model0 is')" 000

# ---- a manifest that lacks something -------------------------------------------------------

kill_daemon c1
store_make --sequence 5 "$site/flash/c1" boot-1.0.0 || bail "no store"
forget c1
cell_start c1 || bail "no cell"
check "a manifest without firmware: the cell says so" \
	await_problem c2 c1 'manifest 5 has no image of type hba-sim; install one that has'
same "once" "$(times_said c1 'this cell is errored')" 1
forget c1
install 6 hba-2.0.0 || bail "not installed"
check "and runs what the next one has" cells_run 2.0.0 40 c1
