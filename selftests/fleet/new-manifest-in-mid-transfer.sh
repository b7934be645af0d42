#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A master is loaded with something newer while it broadcasts: nodes that were half
# done get the newer image, those that were done go on with what they have.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 9
chunks=17

site_up 4 master1
store_make --chunk-bytes 262144 "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 500 --rate 10 -v -v
start_nodes node4 || bail "no node"
run_version 1.1.0 40 node4 || bail "the node does not run"

store_make --sequence 2 --chunk-bytes 262144 "$site/store" bench/4M-a || bail "no store"
forget master1 node4
reload master1 || bail "the store is not read"
start_nodes node1 node2 || bail "no nodes"
await_log master1 ": 5 of $chunks chunks are sent" 40 || bail "nothing is sent"
store_make --sequence 3 --chunk-bytes 262144 "$site/store" bench/4M-b || bail "no store"
forget master1
check "in mid-transfer there is a newer manifest [D8]" reload master1
check "the nodes run by it [D8]" run_version 2.0.0 50 node1 node2
same "they have the newer image" "$(times_said node1 '4M-b.mrb is here') \
$(times_said node2 '4M-b.mrb is here')" "1 1"
same "and never had the older one" "$(times_said node1 '4M-a.mrb is here') \
$(times_said node2 '4M-a.mrb is here')" "0 0"
same "that was found out, not waited for" \
	"$(times_said node1 'nothing has come for'
	times_said node2 'nothing has come for')" "0
0"
check "the operator is told" await_table master1 \
	'^node1 node hba-sim running 2.0.0 100 3 True' 30
same "who was done is not disturbed [D4]" "$(times_said node4 'model0')" 0
start_nodes node3 || bail "no node"
check "who comes later gets the newer one" run_version 2.0.0 40 node3
same "and only that" "$(times_said node3 'is here')" 1
