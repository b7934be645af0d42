#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each type of message, by somebody with a good certificate, cut at every length and
# with random bytes changed: to a master, to nodes and to masters by a master, and as
# datagrams. Whoever gets one says so, lives, and serves the next.
#
# SEED		of the random bytes; default 1
# RANDOM_WAYS	messages with random bytes for each type; default 100
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 20
seed=${SEED:-1}
random=${RANDOM_WAYS:-100}
site_up 6 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 200
node_start node1
run_version 1.1.0 40 node1 >&2 || bail "node1 does not run"
remember node1
node=$(certificate node)

# message_of TYPE NAME: one that is as it should be, but that it means nobody who is
# there, printed
message_of()
{
	case $1 in
	hello) hello "$2" node ;;
	request) request "$2" nonesuch ;;
	offer) offer "$2" hba-9.9.9.mrb ;;
	ack) message ack "$2" '"offer":1' '"file":"hba-1.1.0.mrb"' '"missing":[[0,1]]' ;;
	ready) message ready "$2" '"offer":1' '"file":"hba-1.1.0.mrb"' '"error":""' ;;
	status) message status "$2" '"module-type":"hba-sim"' '"state":"running"' \
		'"version":"9.9.9"' '"progress":100' '"more":0' '"error":""' \
		'"nonce":"00"' "$status_rest" '"proof":""' ;;
	reset) message reset "$2" '"types":["nonesuch"]' ;;
	query) message query "$2" '"nonce":"00"' ;;
	esac
}

# damaged NAME TYPE...: as words of a liar, with the options, in "$damaged"
damaged()
{
	damaged_name=$1
	shift
	damaged=
	for type in "$@"; do
		damaged="$damaged fuzz:$(message_of "$type" "$damaged_name")"
	done
}

# all_were_said WHAT SECONDS LEAST: the liar has tried all ways, and so many
all_were_said()
{
	await_log "liar.$1" '^[0-9]+ of [0-9]+ messages' "$2" || return 1
	log_of "liar.$1" | awk -v least="$3" '
		/ messages/ { print; exit $1 < $3 || $1 < least }'
}

newcomer_runs()
{
	node_start "$1" && run_version 1.1.0 40 "$1"
}

# ---- to a master ----------------------------------------------------------

# One who is there already, and one whose first words these are.
forget master1
damaged liar request offer ack ready status query
# shellcheck disable=SC2086 # a list of words
lie_in_background node "$node" master1 --random "$random" --seed "$seed" \
	"say:$(hello liar node)" $damaged
damaged liar hello reset query
# shellcheck disable=SC2086 # a list of words
lie_in_background operator "$(certificate operator)" master1 --random "$random" \
	--seed "$seed" $damaged
check "a node says all that is wrong to a master [D2]" all_were_said node 60 1500
check "and an operator [D8]" all_were_said operator 60 500
check "the master says what it was: cut [D2]" said master1 \
	"liar is closed: a message that is no JSON: .* at byte [0-9]+"
check "malformed [D2]" said master1 "the field '[a-z-]+' is missing or malformed"
check "empty [D2]" said master1 "it announces a message of 0 bytes; 1 to 65536 are taken"
echo "# $(times_said master1 .) lines in its log"
check "the master is there [D6]" fleet status master1
check "and serves the next [D1]" newcomer_runs node2
stays "who runs is not disturbed [D4]" node1

# ---- by a master ----------------------------------------------------------

# One for each type, with whom all who are there are connected, and again as soon
# as they have had enough of a message.
for node in node3 node4 node5; do
	node_start $node
done
run_version 1.1.0 40 node3 node4 node5 >&2
remember node3
types="hello offer reset query status"
for type in $types; do
	damaged "$type" "$type"
	# shellcheck disable=SC2086 # a list of words
	false_master "$type" "$(certificate master "$type")" "$type" --every 50 \
		--random $((random / 2)) --seed "$seed" $damaged
done
for type in $types; do
	check "a master says all that is wrong to nodes and masters: $type [D5]" \
		all_were_said "$type" 60 150
done
check "a node says what it was: cut [D5]" said node1 \
	"master [a-z]+ is gone: a message that is no JSON: .* at byte [0-9]+"
check "a master says so, too [D6]" said master1 \
	"master [a-z]+ is gone: a message that is no JSON: .* at byte [0-9]+"
stays "who runs is not disturbed [D4]" node1
stays "nor another one [D4]" node3

# ---- datagrams ------------------------------------------------------------

forget node1
check "damaged hellos" in_node liar "$LIAR" --random 500 --seed "$seed" --count 1 \
	--datagram "$(hello liar node)" "fuzz:$(hello liar master)"
check "and afterwards the next one is served [D1]" newcomer_runs node6
stays "who runs is not disturbed [D4]" node1
