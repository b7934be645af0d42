#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Chunks by multicast from somebody else: under a number of its own, and under the
# master's, with the right hashes and damaged bytes. Nothing of it is kept; with a
# web server beside it a node gets its image in spite of it, and without one when it
# is over.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 13
image=bench/4M-a
site_up 5 master1 liar
store_make "$site/store" $image || bail "no store"
MCAST_PAIR=${MCAST_PAIR:-$B/fleet/mcast_pair}
[ -x "$MCAST_PAIR" ] || bail "$MCAST_PAIR is not built"
master_start master1 --window-ms 1000 --ack-ms 500 --rate 60 -v
node_start node1
run_version 2.0.0 60 node1 >&2 || bail "node1 does not run"
remember node1

# forge WHAT NUMBER: damaged chunks under that number, again and again
forge()
{
	spawn "liar.$1" "$MCAST_PAIR" send --mcastd "$B/helper/codeswap-mcastd" \
		--group 239.255.73.2 --port 7374 --sender "$2" --rate 20000000 \
		--damage 1 --rounds 1000 --timeout 300 "$site/store/4M-a.mrb"
	await_log "liar.$1" pid 20
}

# number_of MASTER: its number in the bulk plane, by an offer, printed
number_of()
{
	lie "$(certificate node)" "$1" "say:$(hello liar node)" "say:$(request liar)" \
		await:offer show | sed -n 's/.*"sender":\([0-9]*\).*/\1/p'
}

number=$(number_of master1)
check "the master's number is in its offers [D3]" test -n "$number"

# ---- another number -------------------------------------------------------

forge stranger $((number % 4294967290 + 2))
newcomer "somebody under another number: a node gets its image [D5]" node2 60 2.0.0
same "and nothing else [D5]" "$(times_said node2 'no chunk of it')" 0
stays "who runs is not disturbed [D4]" node1
kill_daemon liar.stranger

# ---- the master's number --------------------------------------------------

forge double "$number"
node_start node3 -v
check "somebody under the master's number: the node says so [D5]" \
	await_log node3 "4M-a.mrb: [0-9]+ bytes came that are no chunk of it; they are dropped" 60
same "nothing of it runs [D5]" "$(times_said node3 'running')" 0
stays "who runs is not disturbed by that [D4]" node1
kill_daemon liar.double
check "when it is over the node gets its image [D1]" run_version 2.0.0 60 node3

# ---- with a web server ----------------------------------------------------

kill_daemon master1
forget node1
master_start master1 --window-ms 1000 --ack-ms 500 --rate 60 --http-port 8080 -v
await_log node1 "connected with master master1" 30
number=$(number_of master1)
forge double "$number"
node_start node4 -v
check "with a web server: it goes on by HTTP [D7]" await_log node4 "chunks are fetched from http://" 60
check "and gets its image meanwhile [D1]" run_version 2.0.0 60 node4
kill_daemon liar.double
stays "who runs is not disturbed by any of it [D4]" node1
newcomer "and the next one is served by multicast [D1]" node5 60 2.0.0
same "only" "$(times_said node5 'http|no chunk')" 0
