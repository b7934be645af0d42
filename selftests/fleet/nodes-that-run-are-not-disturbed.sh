#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes that run ignore what is broadcast for others: none of it arrives at their
# machine, and their devices see nothing of it.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 14
image=bench/4M-a

site_up 4 master1
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 60000 --window-limit-ms 60000 --expect 2 -v -v
start_nodes node1 node2 || bail "no nodes"
run_version 1.1.0 40 node1 node2 || bail "the nodes do not run"
await_end_of hba-1.1.0.mrb master1 30 || bail "the broadcast does not end"

# undisturbed NODE: it was not, since it was forgotten
undisturbed()
{
	same "$1: the same process [D4]" "$(model_of "$1")" "$(cat "$site/$1.model")"
	check "$1: running on, with what it had [D4]" running_on "$1"
	same "$1: its device was not touched [D4]" "$(times_said "$1" 'model0')" 0
}

running_on()
{
	fleet_table master1 | tee "$site/table" |
		grep -q "^$1 node hba-sim running 1.1.0 100 " || {
		cat "$site/table"
		return 1
	}
}

for node in node1 node2; do
	model_of $node >"$site/$node.model"
done
# The manifest that a node went by is not what counts: there is a newer one.
store_make --sequence 2 "$site/store" $image || bail "no store"
forget master1 node1 node2
reload master1 || bail "the store is not read"

before_1=$(rx_bytes node1 bulk0)
before_2=$(rx_bytes node2 bulk0)
before_3=$(rx_bytes node3 bulk0)
start_nodes node3 node4 || bail "no nodes"
check "others get their image" run_version 2.0.0 40 node3 node4
check "by a broadcast to these two [D4]" \
	said master1 'broadcast of 4M-a.mrb to 2 nodes'
got_3=$(($(rx_bytes node3 bulk0) - before_3))
got_1=$(($(rx_bytes node1 bulk0) - before_1))
got_2=$(($(rx_bytes node2 bulk0) - before_2))
echo "# bytes at node1 $got_1, node2 $got_2, node3 $got_3"
check "a node that receives gets all of it" at_least "$(size_of $image)" $got_3
check "node1: at most a thousandth of that [D4]" at_most $((got_3 / 1000)) $got_1
check "node2: at most a thousandth of that [D4]" at_most $((got_3 / 1000)) $got_2
undisturbed node1
undisturbed node2

# ---- an offer is no reason to join -----------------------------------------

same "they were not even told of it [D4]" \
	"$(times_said node1 '4M-a'; times_said node2 '4M-a')" "0
0"
same "nor has one of them joined [D4]" \
	"$(bridge mdb show dev bulk | grep 239.255.73.2 | grep -c 'port bulk-node[12] ')" 0
forget master1 node1 node2 node3 node4
fleet reset master1 || bail "no reset"
check "only when they are reset they get the new one [D4]" \
	run_version 2.0.0 40 node1 node2 node3 node4
