#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Offers, acknowledgements and reports that are not true, by somebody who has a good
# certificate: each is refused with a sentence, and nobody else feels it.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 22
site_up 4 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 200 --ack-ms 500 -v
node_start node1
run_version 1.1.0 40 node1 >&2 || bail "node1 does not run"
remember node1
node=$(certificate node)
hello=$(hello liar node)

# ack OFFER MISSING: as JSON, printed
ack()
{
	message ack liar "\"offer\":$1" '"file":"hba-1.1.0.mrb"' "\"missing\":[$2]"
}

# cpu_of NAME: hundredths of a second that the process has had, printed
cpu_of()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$(pid_of "$1")/stat"
}

# ready ERROR: as JSON, printed
ready()
{
	message ready liar '"offer":%offer%' '"file":"hba-1.1.0.mrb"' "\"error\":\"$1\""
}

# heard_as DESCRIPTION PATTERN: what master1 says of the last lie
heard_as()
{
	check "$1" await_log master1 "$2" 20
	forget master1
}

# ---- to a master ----------------------------------------------------------

forget master1
lie "$node" master1 "say:$hello" "say:$(ack 1 '[0,1]')" >&2
heard_as "an acknowledgement by somebody who has not asked: said [D3]" \
	"liar acknowledges offer 1, which is not made to it"
lie "$node" master1 "say:$hello" "say:$(request liar)" "say:$(ack 99 '[0,1]')" >&2
heard_as "of an offer that was not made: said [D3]" \
	"liar acknowledges offer 99, which is not made to it"
lie "$node" master1 "say:$hello" "say:$(request liar nonesuch)" >&2
heard_as "a request for a type that there is not: said [D2]" \
	"liar asks for an image of type nonesuch, which manifest 1 does not have"
same "nobody was sent anything for all that [D4]" "$(times_said master1 'round')" 0

# It takes part, and lacks more chunks than there are in the world.
before=$(cpu_of master1)
lie_in_background most "$node" master1 "say:$hello" "say:$(request liar)" await:offer \
	"many:20:$(ack %offer% '[0,4294967295]')" "say:$(message reset liar '"types":[]')" stay
check "all chunks of the world are missing: the master has read it [D7]" \
	await_log master1 "liar says reset, which a node may not" 60
check "and has not counted them [D7]" at_most 100 $(($(cpu_of master1) - before))
newcomer "a node beside it gets its image [D7]" node2
check "and the operator an answer [D6]" fleet status master1
kill_daemon liar.most
stays "who runs is not disturbed [D4]" node1

# It has failed, says somebody, and that is all that is believed.
forget master1
lie "$node" master1 "say:$hello" "say:$(request liar)" await:offer \
	"say:$(ready 'the moon is full')" >&2
heard_as "a failure that somebody makes up: said [D5]" "liar: the moon is full"
newcomer "others get their images [D5]" node3

# ---- reports --------------------------------------------------------------

# status NAME STATE: without a signature, as JSON, printed
status()
{
	message status "$1" '"module-type":"hba-sim"' "\"state\":\"$2\"" '"version":"9.9.9"' \
		'"progress":100' '"more":0' '"error":""' '"nonce":"%nonce%"' \
		"$status_rest" '"proof":""'
}

# says_of NODE: state and version that the operator is shown of it, printed
says_of()
{
	fleet_table master1 2>"$site/said" | awk -v name="$1" '$1 == name { print $4, $5 }'
}

forget master1
lie_in_background false "$node" master1 "say:$hello" await:query \
	"say:$(status node1 running)" stay
await_log master1 "liar is connected" 20
same "another's report, not signed: the operator does not see it [D6]" \
	"$(says_of node1)" "running 1.1.0"
kill_daemon liar.false
forget master1
lie_in_background silent "$node" master1 "say:$hello" await:query \
	"say:$(status node1 silent)" stay
await_log master1 "liar is connected" 20
same "nor one that it was silent [D6]" "$(says_of node1)" "running 1.1.0"
kill_daemon liar.silent
forget master1
lie_in_background own "$node" master1 "say:$hello" await:query \
	"say:$(status liar running)" stay
await_log master1 "liar is connected" 20
same "of an own one that is not signed only that there was none [D6]" "$(says_of liar)" \
	"silent -"
kill_daemon liar.own

# ---- as a master, with a master's certificate -----------------------------

# offered DESCRIPTION PATTERN JSON [OPTION...]: node4, which wants an image, is
# offered one, and says why it does not take it
offered()
{
	offered_json=$3
	offered_pattern=$2
	offered_as=$1
	shift 3
	forget node4
	false_master offer "$(certificate master)" liar "$@" await:request \
		"say:$offered_json" stay
	check "$offered_as" await_log node4 "$offered_pattern" 20
	kill_daemon liar.offer
	await_log node4 "master liar is gone" 20 >&2
}

kill_daemon master1
node_start node4 -v
await_log node4 "model0 is minimal" 20
offered "an offer of a manifest that nobody knows: said [D3]" \
	"offer of master liar is refused: manifest 7 is not known here" \
	"$(offer liar hba-1.1.0.mrb 7)"
offered "of a file that the manifest does not have: said [D5]" \
	"is refused: manifest 1 has no file hba-9.9.9.mrb" \
	"$(offer liar hba-9.9.9.mrb 1)" --manifest "$site/store/site.manifest"
offered "of another manifest than it says: said [D5]" \
	"is refused: this is manifest 1, and not 2" \
	"$(offer liar hba-1.1.0.mrb 2)" --manifest "$site/store/site.manifest"
offered "to a group that is none: said [D3]" "mcastd: .*(group|address)" \
	"$(offer liar hba-1.1.0.mrb 1 | sed 's/239.255.73.2/10.1.1.1/')" \
	--manifest "$site/store/site.manifest"
offered "a request, which masters do not make: said [D2]" \
	"liar says status, which masters do not" "$(status liar running)"
same "nothing runs on the node after all of it [D5]" \
	"$(grep -c 'is running' "$RESULTS/node4.log")" 0

# Each request is answered at once, and nothing comes: another master is believed.
nothing=$(offer liar hba-1.1.0.mrb 1)
false_master empty "$(certificate master)" liar --manifest "$site/store/site.manifest" \
	--limit 120 await:request "say:$nothing" await:request "say:$nothing" \
	await:request "say:$nothing" await:request "say:$nothing" stay
await_log liar.empty "said" 20
master_start master1 --window-ms 200 --ack-ms 500 -v
forget node4
check "an offer of nothing: the node gets its image from another master [D6]" \
	run_version 1.1.0 50 node4
kill_daemon liar.empty
await_log node1 "connected with master master1" 20 >&2
stays "who runs is not disturbed by any of it [D4]" node1
