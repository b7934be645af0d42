#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who says nothing, or too slowly, or too much, or never comes to an end: with and
# without a certificate. The master says so, and the others do not feel it.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 27
site_up 5 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 1000 --ack-ms 500 -v
node_start node1
run_version 1.1.0 40 node1 >&2 || bail "node1 does not run"
remember node1
node=$(certificate node)
hello=$(hello liar node)
to=$(address master1 mgmt):7373

# memory_of NAME: in KiB, printed
memory_of()
{
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$(pid_of "$1")/status"
}

# ---- without a certificate ------------------------------------------------

forget master1
spawn liar.silent "$LIAR" --to "$to" --limit 40 --silent 50
spawn liar.slow "$LIAR" --to "$to" --limit 25 --trickle 300
await_log liar.silent connected 20 >&2
newcomer "beside 50 who say nothing a node gets its image [D7]" node2
check "those 50 are sent away [D7]" await_log liar.silent "^closed 50 of 50" 40
check "as is who says it byte by byte [D7]" await_log liar.slow "^closed" 40
same "each with a sentence [D7]" "$(times_said master1 \
	'connection of somebody is closed: it has not shown who it is within 10 s')" 51

# ---- with one -------------------------------------------------------------

# sent_away DESCRIPTION PATTERN WORD...: and the master says why
sent_away()
{
	away=$1
	away_pattern=$2
	shift 2
	forget master1
	check "$away: closed [D7]" lie "$node" master1 "say:$hello" "$@" closed
	check "said" await_log master1 "connection of liar is closed: $away_pattern" 20
}

size=$(memory_of master1)
sent_away "a message of 4 GiB" \
	"it announces a message of 4294967295 bytes; 1 to 65536 are taken" \
	length:4294967295 bytes:100000
sent_away "one of 64 KiB and a byte" "it announces a message of 65537 bytes" \
	length:65537 bytes:65537
sent_away "of nothing" "it announces a message of 0 bytes" length:0
sent_away "of blanks" "a message that is no JSON" length:65536 bytes:65536
sent_away "too many in a second" "it says more than 20 messages in a second" \
	"many:400:$(request liar nonesuch)"
sent_away "too many hellos in a second" "it says more than 20 messages in a second" \
	"many:400:$hello"
deep=$(awk 'BEGIN { for (i = 0; i < 30000; i++) printf "[" }')
sent_away "of brackets" "a message that is no JSON" "say:$deep"
check "the master has not grown by it [D7]" at_most $((size + 24576)) "$(memory_of master1)"

# Messages that have begun, and never end; and masters that announce much.
for i in 1 2 3; do
	lie_in_background endless$i "$(certificate node liar$i)" master1 \
		"say:$(hello liar$i node)" length:65536 bytes:65000 stay
done
false_master big "$(certificate master)" liar await:hello length:9437185 stay
false_master never "$(certificate master never)" never await:hello length:9437184 \
	bytes:9000000 stay
newcomer "beside messages without an end a node gets its image [D7]" node3
check "a node says that a master announces too much [D5]" await_log node3 \
	"master liar is gone: it announces a message of 9437185 bytes; 1 to 9437184 are taken" 20
for what in endless1 endless2 endless3 big never; do
	kill_daemon liar.$what
done
stays "who runs is not disturbed [D4]" node1

# ---- who does not answer --------------------------------------------------

# One is stopped after it has asked, and the others ask, and never answer an offer.
node_start node5
await_log master1 "node5 asks for" 30
freeze node5
for i in 1 2 3; do
	lie_in_background mute$i "$(certificate node liar$i)" master1 \
		"say:$(hello liar$i node)" "say:$(request liar$i)" stay
done
forget master1
newcomer "beside nodes that never acknowledge one gets its image [D7]" node4
check "the master says who does not answer [D7]" \
	await_log master1 "hba-1.1.0.mrb: liar1 does not answer; it has to ask again" 30
check "the one that was stopped, too [D7]" \
	await_log master1 "hba-1.1.0.mrb: node5 does not answer; it has to ask again" 30
for i in 1 2 3; do
	kill_daemon liar.mute$i
done
thaw node5
check "when it goes on, it gets its image [D1]" run_version 1.1.0 50 node5

# ---- who dies while it is asked ----------------------------------------------

false_master dying "$(certificate master)" liar await:query reset
await_log liar.dying '^port ' 10 || bail "no false master"
port=$(log_of liar.dying | sed -n 's/^port //p')
refuses "a master that dies when it is asked: an operator is told so [D8]" \
	"master at .*, port $port: .*(reset|closed)" in_node operator codeswap fleet status \
	--master "$(address liar mgmt):$port" --tls "$(certificate operator)"
kill_daemon liar.dying
