#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes in redundant sets: one that is ordered to go to another version goes out of service
# first, and does that only when all other sets are in service. Orders count from whoever
# has the highest epoch.
. "$(dirname "$0")/site.sh"
. "$fleet/orders.sh"

plan 39

site_up 4 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 200 -v -v
node_in A node1 || bail "no node"
node_in A node2 || bail "no node"
node_in B node3 || bail "no node"
node_in B node4 || bail "no node"
check "they run" run_version 1.1.0 40 node1 node2 node3 node4
check "and go into service" \
	await_logs 'this machine is in service' 10 node1 node2 node3 node4
same "their services have been started, once each" \
	"$(cat "$site"/calls/node?)" "$(printf 'start\n%.0s' 1 2 3 4)"
check "the master knows their sets" \
	await_log master1 'node4 is in set B' 10
check "an operator is told" await_table master1 '^node3 node hba-sim running 1.1.0' 10

# ---- by order ----------------------------------------------------------------

store_make --sequence 2 "$site/store" hba-2.0.0 || bail "no store"
reload master1 || bail "the store is not read"
check "an order to update is passed on" order master1 update 1 1 desk1 2 reboot node1
check "the node asks whether it may go" await_log master1 'node1 of set A may go out' 10
check "and carries it out" await_outcome node1 1 'done' 40
same "its service has been stopped before, and started afterwards" \
	"$(calls node1)" "start stop start "
check "in that order" \
	awk '/is draining/ { d = NR } /model0 is reset by order/ { r = NR }
	     /model0 is running with version 2.0.0/ { v = NR }
	     /is in service/ { s = NR } END { exit !(d < r && r < v && v < s) }' \
	"$RESULTS/node1.log"
same "nobody else was disturbed" \
	"$(times_said node2 'reset')$(times_said node3 'reset')$(times_said node4 'reset')" 000
check "the same order again is the same order" \
	order master1 update 1 1 desk1 2 reboot node1
same "the operator is told that it is done" \
	"$(fleet status master1 --json | python3 -c '
import json, sys
print(*[(a["order"], a["outcome"], a["set"], a["service"], a["desired"], a["holder"])
	for a in json.load(sys.stdin) if a["node"] == "node1"])')" \
	"(1, 'done', 'A', 'in', '2.0.0', 'desk1')"
same "its service was not stopped again" "$(calls node1)" "start stop start "

# ---- one set at a time ----------------------------------------------------------

touch "$site/sick/node1"
check "a service that does not serve is noticed" \
	await_log node1 'this machine is not serving: .*status ended with status 1' 10
check "one of another set then stays" order master1 update 2 1 desk1 2 reboot node3
check "and says why" await_outcome node3 2 \
	'refused: node1 of set A is not in service: its device is running' 10
same "its service was not stopped" "$(calls node3)" "start "
check "one of the same set goes" order master1 update 3 1 desk1 2 reboot node2
check "and is updated" await_outcome node2 3 'done' 40
forget node1 node3
rm "$site/sick/node1"
await_log node1 'this machine is in service' 20 || bail "it is not well again"
order master1 update 4 1 desk1 2 reboot node3
check "when that is well again, the other one goes" await_outcome node3 4 'done' 40

kill_daemon node2 KILL
await_log master1 'node2 (has gone|is closed)' 20 || bail "it is not noticed"
order master1 update 5 1 desk1 2 reboot node4
check "one of another set is dead: it stays" await_outcome node4 5 \
	'refused: node2 of set A is not in service: it is not connected' 10
check "an operator says that the dead one is none any more" \
	order master1 forget 0 0 "" 0 "" node2
check "the master says so" await_log master1 'node2 is no member any more' 10

# ---- a service that does not stop -----------------------------------------------------

touch "$site/busy/node4"
order master1 update 6 1 desk1 2 reboot node4
check "a service that does not stop: it stays" await_outcome node4 6 \
	'refused: .*stop ended with status 1' 10
same "and runs what it has run" "$(state_of master1 node4)" running
rm "$site/busy/node4"
order master1 update 7 1 desk1 2 reboot node4
check "when it does, it goes" await_outcome node4 7 'done' 40

# ---- who may give orders -----------------------------------------------------------------

forget node1
order master1 update 8 1 desk2 3 reboot node1
check "an order in another's epoch" await_outcome node1 8 \
	"refused: an order of desk2 in epoch 1, which is desk1's" 10
order master1 update 9 5 desk2 2 reboot node1
check "one in a higher epoch" await_log node1 'by desk2 from now on, in epoch 5' 10
check "which has been carried out already" await_outcome node1 9 'done' 10
order master1 update 10 1 desk1 3 reboot node1
check "the lower one does not count any more" await_outcome node1 10 \
	'refused: an order of desk1 in epoch 1; epoch 5 of desk2 counts' 10
kill_daemon node1
forget node1
node_in A node1 || bail "no node"
await_log node1 'this machine is in service' 40 || bail "it is not in service"
order master1 update 11 1 desk1 3 reboot node1
check "nor after a restart" await_outcome node1 11 'refused: .*epoch 5 of desk2 counts' 10
order master1 update 12 0 "" 3 reboot node1
check "an order of nobody" await_outcome node1 12 'refused: an order of nobody' 10
same "its service was not stopped by any of these" "$(calls node1)" "start stop start start "

# ---- what cannot be carried out --------------------------------------------------------------

store_make --sequence 3 "$site/store" hba-2.0.0-bad-version || bail "no store"
reload master1 || bail "the store is not read"
forget node1 node3
order master1 update 13 5 desk2 3 reboot node1
check "an image that does not run" await_outcome node1 13 'failed: model0: the image says' 40
check "its service is out, and the operator is told" \
	await_table master1 '^node1 node hba-sim minimal - ' 20
order master1 update 14 5 desk2 3 reboot node3
check "so nobody else goes" await_outcome node3 14 \
	'refused: node1 of set A is going out of service, or is not back' 10
same "who runs is not disturbed" "$(times_said node3 'reset')" 0
order master1 dance 15 5 desk2 3 "" node3
check "an order that nobody knows" await_log node3 "is 'dance', which nodes do not know" 10
