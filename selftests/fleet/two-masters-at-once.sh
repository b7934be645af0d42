#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A network that falls into two: each part has a master, and both serve. When it is one
# again, one of them serves, and nobody who runs was disturbed; no more than when
# nodes lose all masters, and come back in the middle of a transfer.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 19
image=bench/4M-a
site_up 7 master1 master2
store_make "$site/store" $image || bail "no store"
master_start master1 --window-ms 500 --rate 40 -v
master_start master2 --window-ms 500 --rate 40 -v
node_start node1
node_start node2
run_version 2.0.0 60 node1 node2 >&2 || bail "no node runs"
await_log master2 "connected with master master1" 20
remember node1
remember node2

# serving MASTER: what it says of itself, printed
serving()
{
	fleet_table "$1" | awk -v name="$1" '$1 == name && $2 == "master" { print $4 }'
}

# await_serving MASTER STATE SECONDS
await_serving()
{
	uptime_s
	serving_until=$((uptime + $3))
	while state=$(serving "$1"); [ "$state" != "$2" ]; do
		uptime_s
		[ "$uptime" -le $serving_until ] || return 1
		sleep 0.2
	done
}

# ---- apart ----------------------------------------------------------------

same "one of two serves [D6]" "$(serving master1)" serving
forget master1 master2 node1 node2
split master2 node2 node4 operator || bail "no split"
check "in the other part the other one does [D6]" await_serving master2 serving 40
node_start node3
node_start node4
check "both parts get their images [D6]" run_version 2.0.0 60 node3 node4
check "each by its own master" said master1 "node3 has 4M-a.mrb"
check "and the other by the other" said master2 "node4 has 4M-a.mrb"
same "once each [D3]" "$(broadcasts master1) $(broadcasts master2)" "1 1"
check "each has said that the other is gone [D6]" await_logs "master master[12] is gone" 20 \
	master1 master2

# ---- together again -------------------------------------------------------

heal || bail "not healed"
check "together again one of them stands by [D6]" await_serving master2 standby 40
same "and the other serves [D6]" "$(serving master1)" serving
forget master1 master2
newcomer "a node gets its image [D1]" node5 60 2.0.0
same "from one master [D6]" "$(broadcasts master1) $(broadcasts master2)" "1 0"
await_log node2 "connected with master master1" 30 >&2
stays "who ran in the one part was not disturbed [D4]" node1
stays "nor in the other [D4]" node2
same "nor did anybody hear an order to [D4]" "$(times_said node1 'is reset|is minimal')" 0

# ---- nodes without a master -----------------------------------------------

# In the middle of a transfer: master and node see nothing of each other.
forget master1 master2 node2
kill_daemon master2
node_start node6 -v
await_log node6 "[1-8] of 9 chunks are missing" 40
split node6 node2 || bail "no split"
check "a node that loses its master in the middle says so [D6]" await_log node6 \
	"4M-a.mrb: master master1 has died; [0-9] of 9 chunks are missing" 40
newcomer "others get their image meanwhile [D6]" node7 60 2.0.0
heal || bail "not healed"
check "back again it gets the rest [D6]" run_version 2.0.0 60 node6
await_log node2 "connected with master master1" 30 >&2
stays "who ran and lost its master was not disturbed [D4]" node2
check "one image after another, and not twice [D4]" at_most 1 \
	"$(times_said node6 'is loading')"
