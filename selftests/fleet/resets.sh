#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A site without redundancy is updated by loading the master and rebooting all
# nodes, or those of a type; the others go on.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 19

site_up 4 master1
kind_of_model nic --type nic >"$site/nic" || bail "no other type"
nic=$B/firmware/hba-2.0.0-bad-type.mrb
nic_node()
{
	node_start_kind "$(cat "$site/nic")" "$@"
}

store_make "$site/store" hba-1.1.0 "$nic" || bail "no store"
master_start master1 --window-ms 1000 -v
start_nodes node1 node2 node3 || bail "no nodes"
nic_node node4 -v || bail "no nodes"
run_version 1.1.0 40 node1 node2 node3 || bail "the nodes do not run"
run_version 2.0.0 40 node4 || bail "the node of the other type does not run"

# ---- the master is loaded --------------------------------------------------

store_make --sequence 2 "$site/store" hba-2.0.0 "$nic" || bail "no store"
forget master1 node1 node2 node3 node4
reload master1 || bail "the store is not read"
check "the master has the new one" said master1 'manifest 2 with 2 files, all of'
same "that alone changes nothing [D8]" \
	"$(fleet_table master1 | awk '$4 == "running" { print $1 $5 }' | tr '\n' ' ')" \
	"node11.1.0 node21.1.0 node31.1.0 node42.0.0 "

# ---- those of a type -------------------------------------------------------

for node in $(nodes 1); do
	model_of "$node" >"$site/$node.model"
done
check "reset of a type [D8]" fleet reset master1 hba-sim
check "all of that type are told [D8]" \
	await_logs 'model0 is reset by order of master master1' 30 node1 node2 node3
check "they are in the boot program again [D8]" \
	await_logs 'model0 is minimal' 30 node1 node2 node3
check "ask again [D8]" \
	await_log master1 'node1 asks for hba-2.0.0.mrb' 30
check "and run the new one [D8]" run_version 2.0.0 40 node1 node2 node3
same "that of another type was not disturbed [D8]" "$(times_said node4 'model0')" 0
same "nor has its process ended" "$(model_of node4)" "$(cat "$site/node4.model")"
same "it is running [D8]" "$(state_of master1 node4)" running
same "they came by one broadcast" "$(broadcasts master1)" 1

# ---- all -------------------------------------------------------------------

forget master1 node1 node2 node3 node4
check "reset of all [D8]" fleet reset master1
check "the master says how many, and by whose order" \
	said master1 'reset of 4 nodes by order of operator'
check "all run again [D8]" run_version 2.0.0 40 node1 node2 node3 node4
check "and were in the boot program" \
	await_logs 'model0 is minimal' 1 node1 node2 node3 node4

# ---- what is not done -------------------------------------------------------

forget master1 node1 node4
check "reset of a type that nobody has" fleet reset master1 nonesuch
await_log master1 'reset of [0-9]* nodes by order' 30 || bail "no reset"
same "all nodes go on [D8]" "$(fleet_table master1 | grep -c ' running ')" 4
same "none was reset" "$(times_said node1 reset; times_said node4 reset)" "0
0"
refuses "a node may not reset others" "of a node; an operator's is needed" \
	in_node node1 codeswap fleet reset --master "$(address master1 mgmt)" \
		--tls "$(tls_of node1 node)"
